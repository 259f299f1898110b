"""The commands that need no DSS: diff, show, history, restore and verify."""

import argparse
import json
from pathlib import Path

from dataikuapi.iac import DiffEngine, LocalFileBackend, State
from dataikuapi.iac.backends import StateVersion
from dataikuapi.iac.cli.context import open_backend, read_rules
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.output import write_document, write_error, write_text
from dataikuapi.iac.cli.rendering import saved_as, write_diffs
from dataikuapi.iac.console import printable, printable_json
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
)
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.reports.formatting import counted

__all__ = ["diff", "history", "restore", "show", "verify"]


def diff(arguments: argparse.Namespace) -> ExitCode:
    """Compare two states: files or stored versions; the exit code is 0, 2 or 3."""
    backend = open_backend(arguments)
    old = _version(backend, arguments.old)
    new = backend.load() if arguments.new is None else _version(backend, arguments.new)
    diffs = DiffEngine(ignore=read_rules(arguments)).diff(old, new)
    write_diffs(diffs, arguments)
    is_different = any(diff.has_changed for diff in diffs)
    is_incomplete = bool(diffs.unknown or diffs.unknown_in_part)
    return ExitCode.from_comparison(
        is_different, is_incomplete and not arguments.allow_unknown
    )


def _version(backend: LocalFileBackend, version: int | Path) -> State:
    if isinstance(version, int):
        return backend.load_version(version)
    return LocalFileBackend(version).load()


def show(arguments: argparse.Namespace) -> ExitCode:
    """List the resources in the stored state, or print one of them."""
    state = open_backend(arguments).load()
    if arguments.id is None:
        _list_resources(state)
        return ExitCode.SUCCESS
    requested = state.get_resource(arguments.id)
    if requested is None:
        raise UsageError(
            f"no {arguments.id} in the state; list what is in it: dataiku-iac show"
        )
    write_document(printable_json(json.dumps(requested.to_dict(), indent=2)))
    return ExitCode.SUCCESS


def _list_resources(state: State) -> None:
    lines = [repr(state)]
    for resource in state.list_resources():
        editor = resource.metadata.last_modified_by
        by = f"  (by {editor})" if editor else ""
        lines.append(f"{resource.resource_id}{by}")
    write_text("\n".join(map(printable, lines)))


def history(arguments: argparse.Namespace) -> ExitCode:
    """List the stored versions, newest first."""
    backend = open_backend(arguments)
    versions = backend.history()
    lines = []
    try:
        state = backend.load()
        lines = [f"serial {state.serial}  {format_time(state.updated_at)}  current"]
    except (StateNotFoundError, StateCorruptedError, StateReadError) as error:
        if not versions:
            raise
        write_error(f"warning: {error}")
    for version in versions:
        about = f"{_contents(version)}, {version.size:,} bytes, {version.name}"
        lines.append(f"serial {version.serial}  {format_time(version.time)}  {about}")
    write_text("\n".join(map(printable, lines)))
    return ExitCode.SUCCESS


def _contents(version: StateVersion) -> str:
    try:
        return counted(version.resources, "resource")
    except DataikuIaCError:  # Corrupted, unreadable, or pruned in the meantime.
        return "cannot be read"


def restore(arguments: argparse.Namespace) -> ExitCode:
    """Restore an older version; the current one stays in the history."""
    backend = open_backend(arguments)
    replaced = _problem_of(backend)
    state = backend.restore(arguments.serial)
    with saved_as(state):
        write_text(f"restored serial {arguments.serial} as serial {state.serial}")
    if replaced:
        write_error(f"warning: {replaced}")
    return ExitCode.SUCCESS


def _problem_of(backend: LocalFileBackend) -> str:
    """Return what is wrong with the stored state, if anything."""
    try:
        backend.load()
    except StateNotFoundError:
        return f"{backend.state_file} was missing"
    except StateCorruptedError:
        return f"{backend.state_file} was not a valid state; the history has a copy"
    return ""


def verify(arguments: argparse.Namespace) -> ExitCode:
    """Check the stored state and its backups, and list all problems."""
    backend = open_backend(arguments)
    problems = backend.verify()
    if not backend.exists():
        problems.insert(0, f"there is no state at {backend.state_file}")
    found = counted(len(problems), "problem") if problems else "no problems"
    lines = [*problems, f"{found} found"]
    write_text("\n".join(map(printable, lines)))
    return ExitCode.ERROR if problems else ExitCode.SUCCESS
