"""The commands that look into the stored state, or edit it without reading DSS."""

import click

from dataikuapi.iac import State, StateBackend, migrate
from dataikuapi.iac.backends.holder import user_name
from dataikuapi.iac.cli.context import Settings, open_backend, open_stored
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import Command, Group
from dataikuapi.iac.cli.options import (
    message_option,
    output_options,
    selection_options,
    state_options,
)
from dataikuapi.iac.cli.output import write_error, write_text
from dataikuapi.iac.cli.parameters import RESOURCE_ID, STORED, TEXT_OR_ID
from dataikuapi.iac.cli.rendering import saved_as
from dataikuapi.iac.cli.selection import require_resource, select, write_resource
from dataikuapi.iac.console import printable
from dataikuapi.iac.editing import move_object, remove_objects
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.models.save_note import SaveNote, set_note
from dataikuapi.iac.models.urls import shown_location
from dataikuapi.iac.reports.formatting import counted
from dataikuapi.iac.sync.progress import progress_bar

__all__ = ["state"]


@click.group(cls=Group, no_args_is_help=False)
def state() -> None:
    """List, show, remove or move objects of the stored state.

    It can also be moved to another place. DSS is not read, and nothing in it is
    changed. Each change is a new version, so dataiku-iac restore undoes it.
    """


@state.command(
    "list",
    cls=Command,
    examples=(
        "dataiku-iac state list",
        "dataiku-iac state list --type recipe --project SHOP",
    ),
)
@selection_options
@state_options
@output_options
@click.pass_obj
def list_ids(
    settings: Settings, types: tuple[str, ...], projects: tuple[str, ...]
) -> ExitCode:
    """List the ids in the state, one per line."""
    found = select(open_backend(settings).load(), types, projects)
    if found:
        write_text("\n".join(printable(resource.resource_id) for resource in found))
    return ExitCode.SUCCESS


@state.command(
    "show", cls=Command, examples=("dataiku-iac state show dataset.SHOP.orders",)
)
@click.argument("resource_id", type=TEXT_OR_ID, metavar="ID")
@state_options
@output_options
@click.pass_obj
def show_one(settings: Settings, resource_id: str) -> ExitCode:
    """Print one resource as JSON."""
    write_resource(open_backend(settings).load(), resource_id)
    return ExitCode.SUCCESS


@state.command(
    "rm",
    cls=Command,
    examples=("dataiku-iac state rm dataset.SHOP.tmp -m 'not ours'",),
)
@click.argument("ids", nargs=-1, required=True, type=RESOURCE_ID, metavar="ID...")
@message_option
@state_options
@output_options
@click.pass_obj
def remove(settings: Settings, ids: tuple[str, ...], message: str | None) -> ExitCode:
    """Remove objects from the state; with a project, what is in it goes too.

    They stay in DSS, so the next drift of the project reports them as added.
    """
    backend = open_backend(settings)
    with backend.lock("state rm"):
        stored = backend.load()
        for resource_id in ids:
            require_resource(stored, resource_id)
        edited = remove_objects(stored, ids)
        _save(backend, edited, message or f"state rm {' '.join(ids)}")
    removed = counted(len(stored.resources) - len(edited.resources), "object")
    _report(f"removed {removed} from the state", edited)
    return ExitCode.SUCCESS


@state.command(
    "mv",
    cls=Command,
    examples=(
        "dataiku-iac state mv dataset.SHOP.orders dataset.SHOP.orders_raw",
        "dataiku-iac state mv project.SHOP project.STORE",
    ),
)
@click.argument("old", type=RESOURCE_ID, metavar="OLD")
@click.argument("new", type=RESOURCE_ID, metavar="NEW")
@message_option
@state_options
@output_options
@click.pass_obj
def move(settings: Settings, old: str, new: str, message: str | None) -> ExitCode:
    """Give an object another id, as after a rename in DSS.

    With a project, all that is in it moves too. The next drift then compares the object
    with what it was, instead of reporting it as removed and added.
    """
    backend = open_backend(settings)
    with backend.lock("state mv"):
        stored = backend.load()
        require_resource(stored, old)
        try:
            edited = move_object(stored, old, new)
        except ValueError as error:
            raise UsageError(str(error)) from error
        _save(backend, edited, message or f"state mv {old} {new}")
    _report(f"moved {old} to {new}", edited)
    return ExitCode.SUCCESS


@state.command(
    "migrate",
    cls=Command,
    examples=(
        "dataiku-iac state migrate .dataiku/state/prod.state.json s3://team/prod.json",
        "dataiku-iac state migrate env:prod postgresql://db.example.com/states",
    ),
)
@click.argument("source", type=STORED, metavar="SOURCE")
@click.argument("target", type=STORED, metavar="TARGET")
@click.option(
    "--allow-loss",
    is_flag=True,
    help="Go on if TARGET keeps no history or no journal, and SOURCE has one.",
)
@state_options
@output_options
@click.pass_obj
def migrate_state(
    settings: Settings, source: str, target: str, allow_loss: bool
) -> ExitCode:
    """Move a state to another storage, with its history and its journal of applies.

    SOURCE and TARGET are paths, URLs, or env:NAME for what dataiku-iac.yaml says. All
    is read back and compared. SOURCE is locked meanwhile, and not changed; TARGET has
    to be empty. If it was interrupted, the same command goes on.
    """
    origin, place = open_stored(settings, source), open_stored(settings, target)
    with progress_bar(settings.shows_progress, "migrate", "version") as count:
        moved = migrate(origin, place, allow_loss=allow_loss, progress=count)
    for sentence in moved.left:
        write_error(f"warning: not moved: {sentence}")
    versions = counted(len(moved.versions), "version")
    lines = counted(moved.journal_entries, "line")
    text = (
        f"moved serial {moved.versions[-1]} to {shown_location(target)}: "
        f"{versions} and {lines} of the journal, read back and compared. From now on, "
        f"use it: {shown_location(source)} is as it was"
    )
    write_text(printable(text))
    return ExitCode.SUCCESS


def _save(backend: StateBackend, edited: State, message: str) -> None:
    """Save an edited state, and record who edited it and why."""
    set_note(edited, SaveNote(by=user_name()))
    backend.save_message = message
    backend.save(edited)


def _report(text: str, saved: State) -> None:
    with saved_as(saved):
        write_text(f"{text}; saved as serial {saved.serial}")
