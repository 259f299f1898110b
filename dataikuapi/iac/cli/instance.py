"""The commands that read DSS: sync, drift and refresh."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable

from dataikuapi.iac import DataikuIaCError, DiffEngine, State, StateManager
from dataikuapi.iac.cli.context import open_manager, read_project, read_rules
from dataikuapi.iac.cli.output import is_terminal, write_error, write_text
from dataikuapi.iac.cli.rendering import saved_as, write_diffs
from dataikuapi.iac.cli.wording import without_python
from dataikuapi.iac.console import printable
from dataikuapi.iac.exceptions import StateConflictError, SyncError
from dataikuapi.iac.models import ResourceId, UnreadableResource
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.reports.formatting import counted, unknown_lines
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.types import TYPES

__all__ = ["drift", "refresh", "sync"]


def sync(arguments: argparse.Namespace) -> ExitCode:
    """Read a project, or all projects, and save the state."""
    project = read_project(arguments)
    manager = open_manager(arguments)

    def read_and_save() -> State:
        state = _read(manager, project, arguments.keep_going)
        manager.save_state(state)
        return state

    state = _read_again_on_conflict(read_and_save)
    with saved_as(state):
        write_text(_summary(state))
    return _finished(state, arguments)


def _read(manager: StateManager, project: str | None, keep_going: bool) -> State:
    """Read a project, or all; with ``keep_going``, what can be read of them."""
    try:
        return manager.sync_all(
            None if project is None else [project], progress=is_terminal(sys.stderr)
        )
    except SyncError as error:
        if keep_going and error.state.resources:
            return error.state
        raise _nothing_saved(manager, error) from error


def _nothing_saved(manager: StateManager, error: SyncError) -> DataikuIaCError:
    failures = "".join(f"\n  {key}: {why}" for key, why in error.failures.items())
    next_step = "\nTo save what can be read: dataiku-iac sync --keep-going"
    count = len(error.failures)
    what = "object or listing" if count == 1 else "objects or listings"
    return DataikuIaCError(
        f"{count:,} {what} of {describe_host(manager.client)} could not be read, so "
        f"nothing was saved:{failures}"
        f"{next_step if error.state.resources else ''}"
    )


def _summary(state: State) -> str:
    counts = Counter(resource.resource_type for resource in state.list_resources())
    read = ", ".join(
        f"{count:,} {kind if count == 1 else TYPES[kind].plural}"
        for kind, count in sorted(counts.items())
    )
    unknown = [UnreadableResource(*item) for item in sorted(state.unknown.items())]
    lines = [f"read {read}; saved as serial {state.serial}", *unknown_lines(unknown)]
    return "\n".join(printable(without_python(line)) for line in lines)


def drift(arguments: argparse.Namespace) -> ExitCode:
    """Compare DSS with the stored state; the exit code is 0, 2 or 3."""
    project = read_project(arguments)
    report = open_manager(arguments).drift(
        project, ignore=read_rules(arguments), progress=is_terminal(sys.stderr)
    )
    write_diffs(report.diffs, arguments)
    if arguments.baseline:
        added = report.write_baseline(
            arguments.baseline,
            author=arguments.author,
            reason=arguments.reason,
            expires=arguments.expires,
        )
        write_error(f"added {counted(added, 'rule')} to {arguments.baseline}")
    is_incomplete = report.is_incomplete and not arguments.allow_unknown
    return ExitCode.from_comparison(bool(report), is_incomplete)


def refresh(arguments: argparse.Namespace) -> ExitCode:
    """Update the stored state to match DSS, and show what changed."""
    manager = open_manager(arguments)

    def read_and_save() -> State:
        return manager.refresh(
            arguments.ids or None,
            confirm_removed=arguments.confirm_removed,
            progress=is_terminal(sys.stderr),
        )

    after = _read_again_on_conflict(read_and_save)
    # What it replaced: others may have saved since it began, and since it ended.
    versions = manager.backend.history()
    before = next(each for each in versions if each.serial < after.serial).load()
    with saved_as(after):
        write_diffs(DiffEngine().diff(before, after), arguments)
    return _finished(after, arguments)


def _finished(state: State, arguments: argparse.Namespace) -> ExitCode:
    """Warn of attributes that could not be read; return the exit code of a save."""
    found: dict[tuple[str, str], list[str]] = {}
    for resource_id, names in sorted(state.unknown_in_part.items()):
        kind = ResourceId.parse(resource_id).resource_type
        for name in names:
            found.setdefault((name, kind), []).append(resource_id)
    for (name, kind), ids in found.items():
        noun = kind if len(ids) == 1 else TYPES[kind].plural
        warning = (
            f"warning: the API key may not read the {name} of {len(ids):,} {noun}; "
            "those in the state, if any, were kept:"
        )
        lines = [
            warning,
            *(f"    ? {resource_id}" for resource_id in ids),
        ]
        write_error("\n".join(lines))
    is_incomplete = bool(state.unknown or found) and not arguments.allow_unknown
    return ExitCode.from_comparison(False, is_incomplete)


def _read_again_on_conflict(read_and_save: Callable[[], State]) -> State:
    """Read and save; once more if others saved the same objects meanwhile."""
    try:
        return read_and_save()
    except StateConflictError as error:
        write_error(f"reading again: {error}")
        return read_and_save()
