"""The commands that read DSS: sync, drift and refresh."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from dataikuapi.iac import DiffEngine, State, StateManager
from dataikuapi.iac.analysis import without_derived
from dataikuapi.iac.analysis.summary import count_by_type
from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.context import (
    Settings,
    open_manager,
    read_projects,
    read_rules,
)
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import COMPARES, READS, Command
from dataikuapi.iac.cli.incomplete import finished, nothing_done
from dataikuapi.iac.cli.options import (
    allow_unknown,
    dry_run_option,
    host_options,
    ids_argument,
    ignore_option,
    message_option,
    output_options,
    reading_options,
    report_options,
    state_options,
    type_option,
)
from dataikuapi.iac.cli.output import write_error, write_text
from dataikuapi.iac.cli.parameters import FILE, PROJECT_KEY, TEXT, Checked
from dataikuapi.iac.cli.rendering import saved_as, write_diffs
from dataikuapi.iac.cli.wording import without_python
from dataikuapi.iac.console import printable
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.exceptions import StateConflictError, SyncError
from dataikuapi.iac.models import ResourceDiffs, UnreadableResource
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.reports.excerpts import WIDTH, words, wrapped
from dataikuapi.iac.reports.formatting import (
    counted,
    unknown_lines,
)
from dataikuapi.iac.reports.unwatched import unsupported_lines
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.users import count_users
from dataikuapi.iac.types import TYPES

__all__ = ["drift", "exit_code_of", "read_drift", "read_keys", "refresh", "sync"]

Keys = tuple[str, ...]
T = TypeVar("T")


@click.command(
    cls=Command,
    exit_codes=READS,
    examples=(
        "dataiku-iac sync",
        "dataiku-iac sync --project SHOP -m 'before the release'",
        "dataiku-iac -e prod sync --keep-going",
        "dataiku-iac sync --dry-run",
        "dataiku-iac sync --instance",
    ),
)
@host_options
@reading_options
@type_option
@report_options
@allow_unknown
@dry_run_option
@click.option(
    "--keep-going",
    is_flag=True,
    help="Save what can be read where some objects cannot.",
)
@message_option
@state_options
@output_options
@click.pass_obj
def sync(
    settings: Settings,
    projects: Keys,
    is_instance: bool,
    types: Keys,
    format_name: str,
    hide_derived: bool,
    allow_unknown: bool,
    dry_run: bool,
    keep_going: bool,
    message: str | None,
) -> ExitCode:
    """Read DSS, save the state, and show what changed in it."""
    keys = read_keys(settings, projects, is_instance)
    manager = open_manager(settings, types, message)

    def read_and_save() -> tuple[State, ResourceDiffs | None]:
        state = _read(manager, keys, types, keep_going, settings)
        diffs = manager.preview_save(state) if manager.backend.exists() else None
        if not dry_run:
            manager.save_state(state)
        return state, diffs

    state, diffs = _read_again_on_conflict(read_and_save, settings)
    with saved_as(None if dry_run else state):
        write_summary = write_text if format_name == "text" else write_error
        users = count_users(manager.client) if INSTANCE in keys else None
        write_summary(_summary(state, dry_run, users))
        if diffs is not None:
            shown = without_derived(diffs) if hide_derived else diffs
            write_diffs(shown, format_name, settings)
    return finished(state, allow_unknown, "the state")


def read_keys(settings: Settings, projects: Keys, is_instance: bool) -> list[str]:
    """Return the keys of what to read: projects, what is in none, or both."""
    return [*projects, INSTANCE] if is_instance else read_projects(settings, projects)


def _read(
    manager: StateManager,
    projects: list[str],
    types: Keys,
    keep_going: bool,
    settings: Settings,
) -> State:
    """Read projects, or all; with ``keep_going``, what can be read of them."""
    try:
        return manager.sync_all(
            projects or None,
            types=types or None,
            on_error="keep" if keep_going else "raise",
            progress=settings.shows_progress,
        )
    except SyncError as error:
        host = describe_host(manager.client)
        raise nothing_done(error, host, "saved", "save", "sync") from error


def _summary(state: State, dry_run: bool, users: int | None) -> str:
    read = count_by_type(
        resource for resource in state if resource.resource_id not in state.unknown
    )
    unknown = [UnreadableResource(*item) for item in sorted(state.unknown.items())]
    saved = "nothing saved" if dry_run else f"saved as serial {state.serial}"
    lines = [
        *wrapped(words(f"read {read}; {saved}"), WIDTH, "  "),
        *([] if users is None else [f"{counted(users, 'user')}: counted, not read"]),
        *unknown_lines(unknown),
        *unsupported_lines(state.unsupported),
    ]
    return "\n".join(printable(without_python(line)) for line in lines)


@click.command(
    cls=Command,
    exit_codes=COMPARES,
    examples=(
        "dataiku-iac drift",
        "dataiku-iac drift 'dataset.SHOP.raw_*'",
        "dataiku-iac drift --project SHOP --format markdown --output drift.md",
        "dataiku-iac drift --baseline .dataikuignore --reason 'agreed' --author ann",
    ),
)
@ids_argument
@reading_options
@type_option
@host_options
@report_options
@ignore_option
@allow_unknown
@click.option("--baseline", type=FILE, help="Append rules that accept this drift.")
@click.option("--author", type=TEXT, help="Recorded in the rules of the baseline.")
@click.option("--reason", type=TEXT, help="Recorded in the rules of the baseline.")
@click.option(
    "--expires",
    type=Checked("date", values.day),
    help="Last day on which the baseline applies, e.g. 2027-01-31.",
)
@state_options
@output_options
@click.pass_obj
def drift(
    settings: Settings,
    ids: Keys,
    projects: Keys,
    is_instance: bool,
    types: Keys,
    format_name: str,
    hide_derived: bool,
    ignore: Path | None,
    allow_unknown: bool,
    baseline: Path | None,
    author: str | None,
    reason: str | None,
    expires: date | None,
) -> ExitCode:
    """Compare DSS with the stored state, and store nothing."""
    if expires and expires < utc_now().date():
        raise UsageError(f"--expires {expires} is in the past")
    keys = read_keys(settings, projects, is_instance)
    report = read_drift(settings, keys, ids, types, ignore, hide_derived)
    write_diffs(report.diffs, format_name, settings)
    if baseline:
        added = report.write_baseline(
            baseline, author=author, reason=reason, expires=expires
        )
        settings.note(f"added {counted(added, 'rule')} to {baseline}")
    return exit_code_of(report, allow_unknown)


def read_drift(
    settings: Settings,
    keys: list[str],
    ids: Keys,
    types: Keys,
    ignore: Path | None,
    hide_derived: bool,
) -> DriftReport:
    """Compare DSS with the stored state, as the options say.

    Args:
        settings: the options of all commands.
        keys: of projects; if there are none, all in the state.
        ids: of objects, or patterns; if there are none, all.
        types: those that were named.
        ignore: the file with ignore rules.
        hide_derived: whether to leave out what DSS changed by itself.
    """
    report = open_manager(settings, _named_types(ids, types)).drift(
        keys or None,
        ids=ids or None,
        types=types or None,
        ignore=read_rules(settings, ignore),
        progress=settings.shows_progress,
    )
    return report.without_derived() if hide_derived else report


def exit_code_of(report: DriftReport, allow_unknown: bool) -> ExitCode:
    """Return the exit code for a drift report."""
    is_incomplete = report.is_incomplete and not allow_unknown
    return ExitCode.from_comparison(len(report) > 0, is_incomplete)


@click.command(
    cls=Command,
    exit_codes=READS,
    examples=(
        "dataiku-iac refresh",
        "dataiku-iac refresh dataset.SHOP.orders 'recipe.SHOP.compute_*'",
        "dataiku-iac refresh --dry-run",
        "dataiku-iac refresh --confirm-removed OLD_PROJECT",
    ),
)
@ids_argument
@reading_options
@type_option
@host_options
@report_options
@allow_unknown
@dry_run_option
@click.option(
    "--confirm-removed",
    type=PROJECT_KEY,
    multiple=True,
    help="A project that is known to be deleted; may be repeated.",
)
@message_option
@state_options
@output_options
@click.pass_obj
def refresh(
    settings: Settings,
    ids: Keys,
    projects: Keys,
    is_instance: bool,
    types: Keys,
    format_name: str,
    hide_derived: bool,
    allow_unknown: bool,
    dry_run: bool,
    confirm_removed: Keys,
    message: str | None,
) -> ExitCode:
    """Update the stored state to match DSS, and show what changed.

    Without ids, all projects in the state are read.
    """
    keys = read_keys(settings, projects, is_instance)
    manager = open_manager(settings, _named_types(ids, types), message)

    def read_and_save() -> State:
        return manager.refresh(
            ids or None,
            projects=keys or None,
            types=types or None,
            confirm_removed=confirm_removed,
            dry_run=dry_run,
            progress=settings.shows_progress,
        )

    # A storage that keeps no versions cannot say later what a save has replaced.
    is_known = dry_run or Capability.HISTORY not in manager.backend.capabilities
    known = manager.load_state() if is_known else None
    after = _read_again_on_conflict(read_and_save, settings)
    before = _replaced(manager, after) if known is None else known
    with saved_as(None if dry_run else after):
        diffs = DiffEngine().diff(before, after)
        shown = without_derived(diffs) if hide_derived else diffs
        write_diffs(shown, format_name, settings)
    return finished(after, allow_unknown, "the state")


def _named_types(ids: Keys, types: Keys) -> Keys:
    """Return the types that options or ids name, to be read whatever the file says.

    Raises:
        UsageError: if an id is of a type that ``--type`` leaves out.
    """
    kinds = {text: text.partition(".")[0] for text in ids}
    named = {text: kind for text, kind in kinds.items() if kind in TYPES}
    for text, kind in named.items():
        if types and kind not in types:
            raise UsageError(f"{text} is not of type {' or '.join(types)}: drop --type")
    return types or tuple(named.values())


def _replaced(manager: StateManager, saved: State) -> State:
    """Return what a save replaced: others may have saved before and after it."""
    versions = manager.backend.history()
    return next(each for each in versions if each.serial < saved.serial).load()


def _read_again_on_conflict(read_and_save: Callable[[], T], settings: Settings) -> T:
    """Read and save; once more if others saved the same objects meanwhile."""
    try:
        return read_and_save()
    except StateConflictError as error:
        settings.note(f"reading again: {error}")
        return read_and_save()
