"""The command that compares environments as far as they are to be equal: compare."""

from dataclasses import replace
from pathlib import Path

import click

from dataikuapi.iac import DiffEngine, State
from dataikuapi.iac.analysis.hiding import without_derived
from dataikuapi.iac.cli.code_form import code_keys
from dataikuapi.iac.cli.context import Settings, read_rules
from dataikuapi.iac.cli.help import COMPARES, Command
from dataikuapi.iac.cli.options import (
    allow_unknown,
    file_options,
    ignore_option,
    output_options,
    report_options,
    state_options,
)
from dataikuapi.iac.cli.parameters import SOURCE
from dataikuapi.iac.cli.rendering import write_comparison
from dataikuapi.iac.cli.sources import (
    FileOptions,
    LoadedSource,
    load_both,
    with_one_key,
)
from dataikuapi.iac.models import ResourceDiffs
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.overlay import NO_OVERLAY, Overlay, level_overlays
from dataikuapi.iac.project_keys import with_project_keys

__all__ = ["compare"]


@click.command(
    cls=Command,
    exit_codes=COMPARES,
    examples=(
        "dataiku-iac compare dev prod           # the stored states",
        "dataiku-iac compare live:dev live:prod # the instances",
        "dataiku-iac compare ./SHOP live:prod   # the code, and an instance",
    ),
)
@click.argument("old", type=SOURCE, metavar="OLD")
@click.argument("new", type=SOURCE, metavar="NEW")
@file_options
@report_options
@ignore_option
@allow_unknown
@state_options
@output_options
@click.pass_obj
def compare(
    settings: Settings,
    old: str,
    new: str,
    format_name: str,
    hide_derived: bool,
    ignore: Path | None,
    allow_unknown: bool,
    project_key: str | None,
    git_dir: Path | None,
) -> ExitCode:
    """Compare environments, apart from configured differences.

    OLD and NEW are as for diff. Values that dataiku-iac.yaml sets for an environment
    (project keys, connections, code environments, variables, patches) are not shown
    while they are as configured. Ids have the project keys of the code.
    """
    options = FileOptions(project_key, git_dir)
    sources = load_both(settings, old, new, options)
    before, after = (_in_code_keys(settings, each) for each in sources)
    states = with_one_key(before, after)
    overlays = _overlay(settings, before), _overlay(settings, after)
    leveled = level_overlays(states[0], overlays[0], states[1], overlays[1])
    unmatched = leveled.unmatched_old, leveled.unmatched_new
    for source, entries in zip((before, after), unmatched, strict=True):
        for entry in entries:
            settings.note(f"environment {source.environment}: {entry} matches nothing")
    engine = DiffEngine(ignore=read_rules(settings, ignore))
    diffs = engine.diff(leveled.old, leveled.new)
    if hide_derived:
        diffs = without_derived(diffs)
    sides = f"{_described(states[0], old)} and {_described(states[1], new)}"
    diffs.title = f"{sides}: {_share(diffs)}"
    return write_comparison(diffs, format_name, settings, allow_unknown)


def _in_code_keys(settings: Settings, source: LoadedSource) -> LoadedSource:
    if source.environment is None:
        return source
    environment = settings.configuration.environment(source.environment)
    state = with_project_keys(source.state, code_keys(environment))
    return replace(source, state=state)


def _overlay(settings: Settings, source: LoadedSource) -> Overlay:
    if source.environment is None:
        return NO_OVERLAY
    return settings.configuration.environment(source.environment).overlay


def _described(state: State, word: str) -> str:
    return f"{word} (serial {state.serial})" if state.lineage else word


def _share(diffs: ResourceDiffs) -> str:
    """Say how many of the objects on either side are equal."""
    equal = sum(not diff.has_changed for diff in diffs)
    total = len(diffs)
    share = f" ({equal / total:.1%})" if total else ""
    return f"{equal:,} of {total:,} objects are equal{share}"
