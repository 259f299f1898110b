"""Declares the commands, their options and arguments."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from typing import NoReturn

from dataikuapi.iac import __version__
from dataikuapi.iac.cli import instance, stored, values
from dataikuapi.iac.cli.output import write_error, write_text
from dataikuapi.iac.cli.rendering import FORMATS
from dataikuapi.iac.models.exit_codes import ExitCode

__all__ = ["build_parser"]

_DESCRIPTION = """\
Track the configuration of a Dataiku DSS instance: record it, and see what changed.
"""

_EPILOG = """\
The API key is read from DATAIKU_API_KEY, or prompted for. An environment variable that
is empty counts as not set; an empty value of an option is a usage error.

exit codes:
  0   success, and no drift or difference
  1   error
  2   drift, or a difference
  3   no drift found, but some objects, or a project's permissions, could not be read
      (0 with --allow-unknown)
  64  usage error
"""

Command = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the error and exit with 64 (EX_USAGE), since 2 means drift."""
        write_error(f"{self.format_usage()}{self.prog}: error: {message}")
        sys.exit(ExitCode.USAGE)

    def print_help(self, file: object = None) -> None:
        """Print the help as commands print their output."""
        write_text(self.format_help().rstrip("\n"))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; ``run`` of what it parses is the function of the command."""
    parser = _Parser(
        prog="dataiku-iac",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"%(prog)s {__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Command) -> argparse.ArgumentParser:
        summary = str(run.__doc__).partition("\n")[0]
        subparser = commands.add_parser(run.__name__, help=summary, description=summary)
        subparser.set_defaults(run=run)
        _add_state(subparser)
        return subparser

    _add_sync(command(instance.sync))
    _add_drift(command(instance.drift))
    _add_refresh(command(instance.refresh))
    _add_diff(command(stored.diff))
    show = command(stored.show)
    show.add_argument("id", nargs="?", type=values.text, help="print one, as JSON")
    command(stored.history)
    command(stored.restore).add_argument("serial", type=values.serial)
    command(stored.verify)
    return parser


def _add_sync(parser: argparse.ArgumentParser) -> None:
    _add_host(parser)
    _add_project(parser)
    _add_allow_unknown(parser)
    parser.add_argument(
        "--keep-going",
        action="store_true",
        help="save what can be read where some objects cannot",
    )


def _add_drift(parser: argparse.ArgumentParser) -> None:
    _add_host(parser)
    _add_project(parser)
    _add_output(parser)
    _add_ignore(parser)
    parser.add_argument(
        "--baseline",
        type=values.file,
        metavar="FILE",
        help="append rules that accept the current drift",
    )
    for name in ("--author", "--reason"):
        parser.add_argument(
            name, type=values.text, help="recorded in the rules of the baseline"
        )
    parser.add_argument(
        "--expires",
        type=date.fromisoformat,
        metavar="DATE",
        help="last day on which the baseline applies, e.g. 2027-01-31",
    )


def _add_refresh(parser: argparse.ArgumentParser) -> None:
    _add_host(parser)
    _add_output(parser)
    parser.add_argument(
        "ids",
        nargs="*",
        type=values.resource_id,
        metavar="ID",
        help="resource ids [all]",
    )
    parser.add_argument(
        "--confirm-removed",
        action="append",
        default=[],
        type=values.project_key,
        metavar="KEY",
        help="a project that is known to be deleted; may be repeated",
    )


def _add_diff(parser: argparse.ArgumentParser) -> None:
    _add_output(parser)
    _add_ignore(parser)
    version = "a serial, or a state file"
    parser.add_argument("old", type=values.version, help=version)
    parser.add_argument(
        "new", nargs="?", type=values.version, help=f"{version} [the stored state]"
    )


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environment",
        type=values.environment,
        metavar="NAME",
        help="name of the environment [DATAIKU_ENVIRONMENT, or dev]",
    )
    parser.add_argument(
        "--state-file",
        type=values.file,
        metavar="FILE",
        help="the state file [.dataiku/state/ENVIRONMENT.state.json]",
    )


def _add_host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", type=values.host, metavar="URL", help="URL of DSS [DATAIKU_HOST]"
    )


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project",
        type=values.project_key,
        metavar="KEY",
        help="project key [DATAIKU_PROJECT, or all: sync takes those in DSS, drift "
        "those in the state]",
    )


def _add_ignore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ignore",
        type=values.file,
        metavar="FILE",
        help="file with ignore rules [.dataikuignore, if it exists]",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--no-color", action="store_true")
    _add_allow_unknown(parser)


def _add_allow_unknown(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-unknown",
        action="store_true",
        help="exit with 0, not 3, where objects or permissions could not be read and "
        "nothing else is to be reported",
    )
