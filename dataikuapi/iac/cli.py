"""The command-line interface, as ``dataiku-iac`` and ``python -m dataikuapi.iac``."""

import argparse
import getpass
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from dataikuapi.dssclient import DSSClient
from dataikuapi.utils import DataikuException

from dataikuapi.iac import (
    ChangeType,
    DataikuIaCError,
    DiffEngine,
    LocalFileBackend,
    State,
    StateManager,
    __version__,
    read_ignore_file,
)
from dataikuapi.iac.backends import StateVersion
from dataikuapi.iac.backends.local import default_state_file
from dataikuapi.iac.ignore.file import default_rules
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import ResourceDiffs
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.reports import (
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.reports.formatting import printable
from dataikuapi.iac.reports.text import wants_color

__all__ = ["main"]

DIFFERENT, ERROR, USAGE = 2, 1, 64

_DESCRIPTION = """\
Track the configuration of a Dataiku DSS instance: record it, and see what changed.
"""

_EPILOG = """\
The API key is read from DATAIKU_API_KEY, or prompted for.

exit codes:
  0   success, and no drift or difference
  1   error
  2   drift, or a difference
  3   no drift found, but some objects could not be read
  64  usage error
"""

_RENDER: dict[str, Callable[[ResourceDiffs], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": render_json,
    "junit": render_junit,
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the error and exit with 64 (EX_USAGE), since 2 means drift."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process when omitted.

    Returns:
        The exit code.
    """
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except DataikuException as error:
        return _report_error(error, ERROR)
    except ValueError as error:  # An invalid argument: a malformed id, say.
        return _report_error(error, USAGE)
    except BrokenPipeError:
        # The reader closed the pipe; at exit, Python would report that while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    except KeyboardInterrupt:
        return 130  # What a shell reports of a command that SIGINT ended.


def _report_error(error: Exception, code: int) -> int:
    lines = "\n".join(map(printable, str(error).split("\n")))
    print(f"error: {lines}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dataiku-iac",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"%(prog)s {__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], int], name: str) -> _Parser:
        summary = str(run.__doc__).partition("\n")[0]
        subparser = commands.add_parser(name, help=summary, description=summary)
        subparser.set_defaults(run=run)
        _add_state(subparser)
        return subparser

    for run, name in ((_sync, "sync"), (_drift, "drift"), (_refresh, "refresh")):
        _add_instance(command(run, name))
    drift, refresh = commands.choices["drift"], commands.choices["refresh"]
    diff = command(_diff, "diff")
    for subparser in (drift, refresh, diff):
        _add_output(subparser)
    for subparser in (drift, diff):
        subparser.add_argument(
            "--ignore",
            metavar="FILE",
            help="file with ignore rules [.dataikuignore, if it exists]",
        )
    drift.add_argument(
        "--baseline",
        metavar="FILE",
        help="append rules that accept the current drift",
    )
    drift.add_argument("--author", help="recorded in the rules of the baseline")
    drift.add_argument("--reason", help="recorded in the rules of the baseline")
    drift.add_argument(
        "--expires",
        type=date.fromisoformat,
        metavar="DATE",
        help="last day on which the baseline applies, e.g. 2027-01-31",
    )
    refresh.add_argument("ids", nargs="*", metavar="ID", help="resource ids [all]")
    refresh.add_argument(
        "--confirm-removed",
        action="append",
        default=[],
        metavar="KEY",
        help="a project that is known to be deleted; may be repeated",
    )
    version = "a serial, or a state file"
    diff.add_argument("old", help=version)
    diff.add_argument("new", nargs="?", help=f"{version} [the stored state]")
    command(_show, "show").add_argument("id", nargs="?", help="print one, as JSON")
    command(_history, "history")
    command(_restore, "restore").add_argument("serial", type=int)
    command(_verify, "verify")
    return parser


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environment",
        default=os.environ.get("DATAIKU_ENVIRONMENT", "dev"),
        help="name of the environment [DATAIKU_ENVIRONMENT, or dev]",
    )
    parser.add_argument(
        "--state-file",
        metavar="FILE",
        help="the state file [.dataiku/state/ENVIRONMENT.state.json]",
    )


def _add_instance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        default=os.environ.get("DATAIKU_HOST"),
        help="URL of DSS [DATAIKU_HOST]",
    )
    if parser.prog.endswith("refresh"):
        return
    parser.add_argument(
        "--project",
        default=os.environ.get("DATAIKU_PROJECT"),
        metavar="KEY",
        help="project key [DATAIKU_PROJECT, or all: sync takes those in DSS, drift "
        "those in the state]",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=_RENDER, default="text")
    parser.add_argument("--no-color", action="store_true")


def _sync(arguments: argparse.Namespace) -> int:
    """Read a project, or all projects, and save the state."""
    manager = _manager(arguments)
    projects = [arguments.project] if arguments.project else None
    state = manager.sync_all(projects, progress=sys.stderr.isatty())
    manager.save_state(state)
    counts = Counter(resource.resource_type for resource in state.list_resources())
    read = ", ".join(
        f"{count} {kind}{'s' if count > 1 else ''}"
        for kind, count in sorted(counts.items())
    )
    print(f"read {read or 'nothing'}; saved as serial {state.serial}")
    return 0


def _drift(arguments: argparse.Namespace) -> int:
    """Compare DSS with the stored state; the exit code is 0, 2 or 3."""
    manager = _manager(arguments)
    report = manager.drift(
        arguments.project, ignore=_rules(arguments), progress=sys.stderr.isatty()
    )
    _print(report.diffs, arguments)
    if arguments.baseline:
        added = report.write_baseline(
            arguments.baseline,
            author=arguments.author,
            reason=arguments.reason,
            expires=arguments.expires,
        )
        print(f"added {added} rules to {arguments.baseline}", file=sys.stderr)
    return report.exit_code


def _refresh(arguments: argparse.Namespace) -> int:
    """Update the stored state to match DSS, and show what changed."""
    manager = _manager(arguments)
    before = manager.load_state()
    after = manager.refresh(
        arguments.ids or None,
        confirm_removed=arguments.confirm_removed,
        progress=sys.stderr.isatty(),
    )
    _print(DiffEngine().diff(before, after), arguments)
    return 3 if after.unknown else 0


def _diff(arguments: argparse.Namespace) -> int:
    """Compare two states: files or stored versions; the exit code is 0 or 2."""
    backend = _backend(arguments)
    old = _version(backend, arguments.old)
    new = _version(backend, arguments.new) if arguments.new else backend.load()
    diffs = DiffEngine(ignore=_rules(arguments)).diff(old, new)
    _print(diffs, arguments)
    unchanged = len(diffs.of_type(ChangeType.UNCHANGED))
    return DIFFERENT if len(diffs) > unchanged else 0


def _show(arguments: argparse.Namespace) -> int:
    """List the resources in the stored state, or print one of them."""
    state = _backend(arguments).load()
    if arguments.id is None:
        print(printable(repr(state)))
        for resource in state.list_resources():
            editor = resource.metadata.last_modified_by
            by = f"  (by {editor})" if editor else ""
            print(printable(f"{resource.resource_id}{by}"))
        return 0
    requested = state.get_resource(arguments.id)
    if requested is None:
        raise ValueError(
            f"no {arguments.id} in the state; list what is in it: dataiku-iac show"
        )
    print(json.dumps(requested.to_dict(), indent=2))
    return 0


def _history(arguments: argparse.Namespace) -> int:
    """List the stored versions, newest first."""
    backend = _backend(arguments)
    state = backend.load()
    print(f"serial {state.serial}  {format_time(state.updated_at)}  current")
    for version in backend.history():
        text = f"{_contents(version)}, {version.size:,} bytes, {version.name}"
        print(f"serial {version.serial}  {format_time(version.time)}  {text}")
    return 0


def _contents(version: StateVersion) -> str:
    try:
        return f"{version.resources} resources"
    except DataikuIaCError:  # Corrupted, unreadable, or pruned in the meantime.
        return "cannot be read"


def _restore(arguments: argparse.Namespace) -> int:
    """Restore an older version; the current one stays in the history."""
    state = _backend(arguments).restore(arguments.serial)
    print(f"restored serial {arguments.serial} as serial {state.serial}")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    """Check the stored state and its backups, and list all problems."""
    problems = _backend(arguments).verify()
    for problem in problems:
        print(printable(problem))
    print(f"{len(problems)} problems found" if problems else "no problems found")
    return ERROR if problems else 0


def _backend(arguments: argparse.Namespace) -> LocalFileBackend:
    default = default_state_file(arguments.environment)
    return LocalFileBackend(arguments.state_file or default)


def _manager(arguments: argparse.Namespace) -> StateManager:
    if not arguments.host:
        raise ValueError("no DSS URL: pass --host or set DATAIKU_HOST")
    key = os.environ.get("DATAIKU_API_KEY")
    if not key:
        if not sys.stdin.isatty():
            raise ValueError("no API key: set DATAIKU_API_KEY")
        key = getpass.getpass(f"API key for {arguments.host}: ")
    client = DSSClient(arguments.host, key)
    return StateManager(_backend(arguments), client, arguments.environment)


def _version(backend: LocalFileBackend, name: str) -> State:
    if name.isdecimal():
        return backend.load_version(int(name))
    return LocalFileBackend(Path(name)).load()


def _rules(arguments: argparse.Namespace) -> list[IgnoreRule]:
    return read_ignore_file(arguments.ignore) if arguments.ignore else default_rules()


def _print(diffs: ResourceDiffs, arguments: argparse.Namespace) -> None:
    if arguments.format == "text":
        in_color = wants_color(sys.stdout) and not arguments.no_color
        print(render_text(diffs, color=in_color))
    else:
        print(_RENDER[arguments.format](diffs))


if __name__ == "__main__":
    sys.exit(main())
