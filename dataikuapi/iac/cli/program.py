"""Runs one command, and turns errors into messages and exit codes."""

import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread

import click
from click.shell_completion import shell_complete
from dataikuapi.utils import DataikuException
from urllib3.exceptions import InsecureRequestWarning

from dataikuapi.iac.cli.commands.setup import COMPLETION_VARIABLE, PROGRAM
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.errors import OutputError, UsageError
from dataikuapi.iac.cli.output import discard, flush, require_stdout, write_error
from dataikuapi.iac.cli.rendering import write_error_document
from dataikuapi.iac.cli.root import dataiku_iac
from dataikuapi.iac.exceptions import ConfigurationError, ConfirmedRemovalError
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
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        return shell_complete(
            dataiku_iac, {}, PROGRAM, COMPLETION_VARIABLE, instruction
        )
    try:
        require_stdout()
        with _ended_in_order():
            code = _run(sys.argv[1:] if argv is None else list(argv))
        flush()
        return code
    except click.UsageError as error:
        return _report_usage(error)
    except (UsageError, ConfigurationError, ConfirmedRemovalError) as error:
        return _report_error(str(error), ExitCode.USAGE)
    except (DataikuException, OutputError) as error:
        return _report_error(str(error), ExitCode.ERROR)
    except BrokenPipeError:
        discard(sys.stdout)
        return ExitCode.ERROR
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: CI sends it to a canceled job."""
    # Only the main thread says what signals do; and somebody may have said it already.
    is_free = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not is_free or current_thread() is not main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(arguments: list[str]) -> int:
    """Run one command; click's own main() handles Ctrl-C and errors otherwise."""
    try:
        with (
            warnings.catch_warnings(),
            dataiku_iac.make_context(PROGRAM, arguments, obj=Settings()) as ctx,
        ):
            # The command says it once, in its own words.
            warnings.simplefilter("ignore", InsecureRequestWarning)
            return _invoke(ctx)
    except click.exceptions.Exit as end:  # --help and --version
        return end.exit_code


def _invoke(ctx: click.Context) -> int:
    """Run the command; where it fails, its report is an error.

    Raises:
        DataikuException: as the command does.
    """
    try:
        code: int = dataiku_iac.invoke(ctx)
        return code
    except (ConfigurationError, ConfirmedRemovalError):
        raise  # They are usage errors.
    except DataikuException as error:
        write_error_document(error, ctx.ensure_object(Settings))
        raise


def _report_usage(error: click.UsageError) -> ExitCode:
    message = error.format_message()
    if isinstance(error, click.BadParameter) and error.param and error.message:
        message = f"{_name(error.param)}: {error.message}"
    _report_error(message, ExitCode.USAGE)
    if error.ctx is not None:
        path = error.ctx.command_path
        write_error(f"{error.ctx.get_usage()}\nTry {path} --help")
    return ExitCode.USAGE


def _name(parameter: click.Parameter) -> str:
    """Return an option or argument as the help shows it, e.g. ``--host`` or ``ID``."""
    if isinstance(parameter, click.Argument):
        return str(parameter.metavar).strip("[].")
    return max(parameter.opts, key=len)


def _report_error(message: str, code: ExitCode) -> ExitCode:
    write_error(f"error: {message}")
    return code
