"""The command line: arguments in, exit code out.

``python -m dataikuapi.iac`` and ``dataiku-iac`` keep the state of a Dataiku DSS in a
file, and tell what changed. The API key comes from DATAIKU_API_KEY, or is asked for.

Exit codes: 0 all is well, and in sync; 1 an error; 2 there is drift, or a difference;
3 no drift among what could be read, but something could not be; 64 wrong usage.
"""

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
    DiffEngine,
    LocalFileBackend,
    State,
    StateManager,
    read_ignore_file,
)
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

_RENDER: dict[str, Callable[[ResourceDiffs], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": render_json,
    "junit": render_junit,
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 64 (EX_USAGE), since 2 means drift."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process when left out.

    Returns:
        The exit code.
    """
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except ValueError as error:  # What can never be right: a malformed id, say.
        if isinstance(error, DataikuException):
            return _failed(error, ERROR)
        return _failed(error, USAGE)
    except DataikuException as error:
        return _failed(error, ERROR)
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would say so at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    except KeyboardInterrupt:
        return 130  # As a shell says of a command that SIGINT ended.


def _failed(error: Exception, code: int) -> int:
    lines = "\n".join(map(printable, str(error).split("\n")))
    print(f"error: {lines}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dataiku-iac",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], int], name: str) -> _Parser:
        summary = str(run.__doc__).partition("\n")[0]
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        _add_place(made)
        return made

    for run, name in ((_sync, "sync"), (_drift, "drift"), (_refresh, "refresh")):
        _add_instance(command(run, name))
    shown = [commands.choices[name] for name in ("drift", "refresh")]
    difference = command(_diff, "diff")
    for made in (*shown, difference):
        _add_output(made)
    for made in (commands.choices["drift"], difference):
        made.add_argument(
            "--ignore",
            metavar="FILE",
            help="rules of what not to watch [.dataikuignore, if it is there]",
        )
    drift = commands.choices["drift"]
    drift.add_argument(
        "--baseline", metavar="FILE", help="add rules that accept this very drift"
    )
    drift.add_argument("--author", help="goes into the rules of the baseline")
    drift.add_argument("--reason", help="goes into the rules of the baseline")
    drift.add_argument(
        "--expires",
        type=date.fromisoformat,
        help="last day of the baseline: 2027-01-31",
    )
    refresh = commands.choices["refresh"]
    refresh.add_argument("ids", nargs="*", metavar="ID", help="all, when left out")
    refresh.add_argument(
        "--confirm-removed",
        action="append",
        default=[],
        metavar="KEY",
        help="a project that was deleted for certain; may be repeated",
    )
    version = "a serial, or a file"
    difference.add_argument("old", help=version)
    difference.add_argument("new", nargs="?", help=f"{version} [the stored state]")
    command(_show, "show").add_argument("id", nargs="?", help="one resource, as JSON")
    command(_history, "history")
    command(_restore, "restore").add_argument("serial", type=int)
    command(_verify, "verify")
    return parser


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environment",
        default=os.environ.get("DATAIKU_ENVIRONMENT", "dev"),
        help="e.g. dev or prod [DATAIKU_ENVIRONMENT, or dev]",
    )
    parser.add_argument(
        "--state-file",
        metavar="FILE",
        help="[.dataiku/state/ENVIRONMENT.state.json]",
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
        help="[DATAIKU_PROJECT, or all: of DSS to sync, of the state for drift]",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=_RENDER, default="text")
    parser.add_argument("--no-color", action="store_true")


def _sync(arguments: argparse.Namespace) -> int:
    """Read a project, or all, and save the state."""
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
    """Compare DSS with the stored state; exit with 0, 2 or 3."""
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
    """Take over what is in DSS into the stored state, and show what that changed."""
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
    """Compare two states, or versions of the stored one; exit with 0 or 2."""
    backend = _backend(arguments)
    old = _version(backend, arguments.old)
    new = _version(backend, arguments.new) if arguments.new else backend.load()
    diffs = DiffEngine(ignore=_rules(arguments)).diff(old, new)
    _print(diffs, arguments)
    unchanged = len(diffs.of_type(ChangeType.UNCHANGED))
    return DIFFERENT if len(diffs) > unchanged else 0


def _show(arguments: argparse.Namespace) -> int:
    """List the resources of the stored state, or print one."""
    state = _backend(arguments).load()
    if arguments.id is None:
        print(printable(repr(state)))
        for resource in state.list_resources():
            who = resource.metadata.last_modified_by
            print(printable(f"{resource.resource_id}{f'  (by {who})' if who else ''}"))
        return 0
    wanted = state.get_resource(arguments.id)
    if wanted is None:
        raise ValueError(f"there is no {arguments.id} in the state; see: show")
    print(json.dumps(wanted.to_dict(), indent=2))
    return 0


def _history(arguments: argparse.Namespace) -> int:
    """List the stored versions, newest first."""
    backend = _backend(arguments)
    state = backend.load()
    print(f"serial {state.serial}  {format_time(state.updated_at)}  stored now")
    for version in backend.history():
        told = f"{version.resources} resources, {version.size:,} bytes, {version.name}"
        print(f"serial {version.serial}  {format_time(version.time)}  {told}")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    """Store an older version again; the present one stays in the history."""
    state = _backend(arguments).restore(arguments.serial)
    print(f"serial {arguments.serial} is stored again, as serial {state.serial}")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    """Say all that is wrong with the stored state and its versions."""
    problems = _backend(arguments).verify()
    for problem in problems:
        print(printable(problem))
    print("nothing is wrong" if not problems else f"{len(problems)} problems")
    return ERROR if problems else 0


def _backend(arguments: argparse.Namespace) -> LocalFileBackend:
    usual = default_state_file(arguments.environment)
    return LocalFileBackend(arguments.state_file or usual)


def _manager(arguments: argparse.Namespace) -> StateManager:
    if not arguments.host:
        raise ValueError("say where DSS is: --host, or DATAIKU_HOST")
    key = os.environ.get("DATAIKU_API_KEY")
    if not key:
        if not sys.stdin.isatty():
            raise ValueError("put the API key into the environment: DATAIKU_API_KEY")
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
