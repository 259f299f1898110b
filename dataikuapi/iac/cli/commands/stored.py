"""The commands that need no DSS: diff, show, history, restore and verify."""

from pathlib import Path

import click

from dataikuapi.iac import DiffEngine, Resource, State, StateBackend
from dataikuapi.iac.analysis import without_derived
from dataikuapi.iac.analysis.dangling import dangling_references
from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.cli.applies import applies_document, apply_lines
from dataikuapi.iac.cli.context import Settings, open_backend, read_rules
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import COMPARES, Command
from dataikuapi.iac.cli.options import (
    allow_unknown,
    file_options,
    ignore_option,
    output_options,
    report_options,
    selection_options,
    state_options,
)
from dataikuapi.iac.cli.output import write_error, write_text
from dataikuapi.iac.cli.parameters import SERIAL, SOURCE, TEXT_OR_ID
from dataikuapi.iac.cli.rendering import saved_as, write_comparison
from dataikuapi.iac.cli.selection import select, write_json, write_resource
from dataikuapi.iac.cli.sources import FileOptions, load_pair
from dataikuapi.iac.cli.versions import history_lines
from dataikuapi.iac.console import printable
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateNotFoundError,
)
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.reports.dangling import dangling_lines
from dataikuapi.iac.reports.formatting import counted

__all__ = ["diff", "history", "restore", "show", "verify"]


@click.command(
    cls=Command,
    exit_codes=COMPARES,
    examples=(
        "dataiku-iac diff 7           # version 7 and the stored state",
        "dataiku-iac diff old.json new.json --format json",
        "dataiku-iac diff dev prod    # the states of two environments",
        "dataiku-iac diff ./SHOP live:dev",
        "dataiku-iac diff git:HEAD~1:SHOP git:HEAD:SHOP",
    ),
)
@click.argument("old", type=SOURCE, metavar="OLD")
@click.argument("new", type=SOURCE, metavar="[NEW]", required=False)
@file_options
@report_options
@ignore_option
@allow_unknown
@state_options
@output_options
@click.pass_obj
def diff(
    settings: Settings,
    old: str,
    new: str | None,
    format_name: str,
    hide_derived: bool,
    ignore: Path | None,
    allow_unknown: bool,
    project_key: str | None,
    git_dir: Path | None,
) -> ExitCode:
    """Compare two states, wherever they come from.

    OLD and NEW are serials of stored versions, names of environments, paths or URLs of
    states, folders or archives of a project, git:REV[:PATH] for a revision of one, or
    live:NAME for what is in the DSS of an environment now; NEW is the stored state by
    default. Where a word could be two of these, write version:7, env:dev or ./dev.
    """
    before, after = load_pair(settings, old, new, FileOptions(project_key, git_dir))
    diffs = DiffEngine(ignore=read_rules(settings, ignore)).diff(before, after)
    if hide_derived:
        diffs = without_derived(diffs)
    return write_comparison(diffs, format_name, settings, allow_unknown)


@click.command(
    cls=Command,
    examples=(
        "dataiku-iac show",
        "dataiku-iac show dataset.SHOP.orders",
        "dataiku-iac show --type recipe --project SHOP --format json",
    ),
)
@click.argument("resource_id", type=TEXT_OR_ID, required=False, metavar="[ID]")
@selection_options
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    help="Format of the output [text; json with an ID].",
)
@state_options
@output_options
@click.pass_obj
def show(
    settings: Settings,
    resource_id: str | None,
    types: tuple[str, ...],
    projects: tuple[str, ...],
    format_name: str | None,
) -> ExitCode:
    """List the objects in the stored state, or print one as JSON."""
    state = open_backend(settings).load()
    if resource_id is not None:
        write_resource(state, resource_id)
        return ExitCode.SUCCESS
    selected = select(state, types, projects)
    if format_name == "json":
        write_json([resource.to_dict() for resource in selected])
    else:
        _list_resources(state, selected)
    return ExitCode.SUCCESS


def _list_resources(state: State, selected: list[Resource]) -> None:
    lines = [repr(state)]
    for resource in selected:
        editor = resource.metadata.last_modified_by
        by = f"  (by {editor})" if editor else ""
        name = display_name(resource)
        lines.append(f"{resource.resource_id}{f'  {name}' if name else ''}{by}")
    write_text("\n".join(map(printable, lines)))


@click.command(
    cls=Command,
    examples=("dataiku-iac history", "dataiku-iac history --applies --format json"),
)
@click.option(
    "--applies",
    is_flag=True,
    help="List the applies instead: who applied what, and how it ended.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Format of the applies [text].",
)
@state_options
@output_options
@click.pass_obj
def history(settings: Settings, applies: bool, format_name: str) -> ExitCode:
    """List the stored versions, newest first.

    Each has what changed, who saved it, and why. The signs count the objects that were
    added, modified and removed since the version before. The applies are those in the
    journal beside the state, newest first.
    """
    if format_name == "json" and not applies:
        raise UsageError("--format json is for the applies; add --applies")
    backend = open_backend(settings)
    if format_name == "json":
        write_json(applies_document(backend.journal()))
        return ExitCode.SUCCESS
    lines = apply_lines(backend.journal()) if applies else history_lines(backend)
    write_text("\n".join(map(printable, lines)))
    return ExitCode.SUCCESS


@click.command(cls=Command, examples=("dataiku-iac restore 7",))
@click.argument("serial", type=SERIAL, metavar="SERIAL")
@state_options
@output_options
@click.pass_obj
def restore(settings: Settings, serial: int) -> ExitCode:
    """Restore an older version; the history keeps the current one."""
    backend = open_backend(settings)
    replaced = _problem_of(backend, settings.display_location)
    backend.save_message = f"restore serial {serial}"
    state = backend.restore(serial)
    with saved_as(state):
        write_text(f"restored serial {serial} as serial {state.serial}")
    if replaced:
        write_error(f"warning: {replaced}")
    return ExitCode.SUCCESS


def _problem_of(backend: StateBackend, location: str) -> str:
    """Return what is wrong with the stored state, if anything."""
    try:
        backend.load()
    except StateNotFoundError:
        return f"{location} was missing"
    except StateCorruptedError:
        return f"{location} was not a valid state; the history has a copy"
    return ""


@click.command(
    cls=Command, examples=("dataiku-iac verify", "dataiku-iac -e prod verify")
)
@state_options
@output_options
@click.pass_obj
def verify(settings: Settings) -> ExitCode:
    """Check the stored state and its backups, and list all problems.

    References to objects that do not exist are listed, too. They are no problem of the
    state: DSS has them as well.
    """
    backend = open_backend(settings)
    problems = backend.verify()
    if not backend.exists():
        problems.insert(0, f"there is no state at {settings.display_location}")
    found = counted(len(problems), "problem") if problems else "no problems"
    lines = [*problems, *_dangling(backend, problems), f"{found} found"]
    write_text("\n".join(map(printable, lines)))
    return ExitCode.ERROR if problems else ExitCode.SUCCESS


def _dangling(backend: StateBackend, problems: list[str]) -> list[str]:
    """Return a line for each reference to nothing, in a state that loads."""
    if problems:
        return []
    return list(dangling_lines(dangling_references(backend.load())))
