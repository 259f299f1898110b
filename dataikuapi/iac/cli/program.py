"""Runs one command, and turns errors into messages and exit codes."""

import sys
from collections.abc import Sequence

from dataikuapi.utils import DataikuException

from dataikuapi.iac.cli.errors import OutputError, UsageError
from dataikuapi.iac.cli.output import discard, flush, require_stdout, write_error
from dataikuapi.iac.cli.parser import build_parser
from dataikuapi.iac.exceptions import ConfirmedRemovalError
from dataikuapi.iac.models.exit_codes import ExitCode

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
        return _report_error(error, ExitCode.USAGE)
    except (DataikuException, OutputError) as error:
        return _report_error(error, ExitCode.ERROR)
    except BrokenPipeError:
        discard(sys.stdout)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _report_error(error: Exception, code: ExitCode) -> ExitCode:
    write_error(f"error: {error}")
    return code
