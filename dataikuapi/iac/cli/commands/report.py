"""The command that writes a report to a file: report."""

from pathlib import Path

import click

from dataikuapi.iac.cli.commands.instance import exit_code_of, read_drift, read_keys
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.help import COMPARES, Command
from dataikuapi.iac.cli.options import (
    allow_unknown,
    display_options,
    file_argument,
    host_options,
    ignore_option,
    page_options,
    reading_options,
    state_options,
    type_option,
)
from dataikuapi.iac.cli.rendering import write_diffs
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.reports.formatting import summary_line

__all__ = ["report"]


@click.command(
    cls=Command,
    exit_codes=COMPARES,
    examples=(
        "dataiku-iac report drift.html",
        "dataiku-iac report drift.html --project SHOP --hide-derived",
        "dataiku-iac report --format markdown drift.md",
    ),
)
@file_argument
@reading_options
@type_option
@host_options
@page_options
@ignore_option
@allow_unknown
@state_options
@display_options
@click.pass_obj
def report(
    settings: Settings,
    projects: tuple[str, ...],
    is_instance: bool,
    types: tuple[str, ...],
    format_name: str,
    hide_derived: bool,
    ignore: Path | None,
    allow_unknown: bool,
) -> ExitCode:
    """Write a page about what differs from the stored state.

    FILE has what drift reports, and nothing is stored. Other comparisons write such a
    page with --format html.
    """
    keys = read_keys(settings, projects, is_instance)
    found = read_drift(settings, keys, (), types, ignore, hide_derived)
    write_diffs(found.diffs, format_name, settings)
    settings.note(summary_line(found.diffs))
    return exit_code_of(found, allow_unknown)
