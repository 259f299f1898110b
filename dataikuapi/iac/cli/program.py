"""Runs one command, and turns errors into messages and exit codes."""

import sys
from collections.abc import Sequence

from dataikuapi.utils import DataikuException

from dataikuapi.iac.cli.exits import (
    ERROR,
    INTERRUPTED,
    USAGE,
    OutputError,
    UsageError,
)
from dataikuapi.iac.cli.output import discard, flush, require_stdout, write_error
from dataikuapi.iac.cli.parser import build_parser
from dataikuapi.iac.exceptions import ConfirmedRemovalError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    An exception that is not an error of the user, of DSS or of the machine is a bug,
    and not caught: Python shows where it happened, and exits with 1.

    Args:
        argv: the arguments; those of the process when omitted.

    Returns:
        The exit code.
    """
    try:
        require_stdout()
        arguments = build_parser().parse_args(argv)
        code: int = arguments.run(arguments)
        flush()
        return code
    except (UsageError, ConfirmedRemovalError) as error:
        return _report_error(error, USAGE)
    except (DataikuException, OutputError) as error:
        return _report_error(error, ERROR)
    except BrokenPipeError:
        discard(sys.stdout)
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED


def _report_error(error: Exception, code: int) -> int:
    write_error(f"error: {error}")
    return code
