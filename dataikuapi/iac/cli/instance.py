"""The commands that read DSS: sync, drift and refresh."""

import argparse
import sys
from collections import Counter

from dataikuapi.iac import DiffEngine, State
from dataikuapi.iac.cli.context import open_manager, read_project, read_rules
from dataikuapi.iac.cli.exits import INCOMPLETE
from dataikuapi.iac.cli.output import is_terminal, write_error, write_text
from dataikuapi.iac.cli.rendering import saved_as, write_diffs

__all__ = ["drift", "refresh", "sync"]


def sync(arguments: argparse.Namespace) -> int:
    """Read a project, or all projects, and save the state."""
    project = read_project(arguments)
    manager = open_manager(arguments)
    state = manager.sync_all(
        None if project is None else [project], progress=is_terminal(sys.stderr)
    )
    manager.save_state(state)
    with saved_as(state):
        write_text(_summary(state))
    return 0


def _summary(state: State) -> str:
    counts = Counter(resource.resource_type for resource in state.list_resources())
    read = ", ".join(
        f"{count} {kind}{'s' if count > 1 else ''}"
        for kind, count in sorted(counts.items())
    )
    return f"read {read or 'nothing'}; saved as serial {state.serial}"


def drift(arguments: argparse.Namespace) -> int:
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
        write_error(f"added {added} rules to {arguments.baseline}")
    return report.exit_code


def refresh(arguments: argparse.Namespace) -> int:
    """Update the stored state to match DSS, and show what changed."""
    manager = open_manager(arguments)
    before = manager.load_state()
    after = manager.refresh(
        arguments.ids or None,
        confirm_removed=arguments.confirm_removed,
        progress=is_terminal(sys.stderr),
    )
    with saved_as(after):
        write_diffs(DiffEngine().diff(before, after), arguments)
    return INCOMPLETE if after.unknown else 0
