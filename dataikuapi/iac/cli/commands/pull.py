"""The command that writes projects to folders: pull."""

from collections.abc import Sequence
from pathlib import Path

import click

from dataikuapi.iac import State
from dataikuapi.iac.cli.code_form import (
    code_keys,
    folder_of,
    without_environment,
)
from dataikuapi.iac.cli.context import Settings, open_manager, read_projects
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.help import PLAIN, Command
from dataikuapi.iac.cli.incomplete import finished, nothing_done
from dataikuapi.iac.cli.options import (
    allow_unknown,
    dry_run_option,
    host_options,
    output_options,
    project_option,
    state_options,
)
from dataikuapi.iac.cli.output import write_error, write_text
from dataikuapi.iac.cli.parameters import FOLDER, TEXT, TYPE
from dataikuapi.iac.cli.sources import stored_ids
from dataikuapi.iac.console import printable
from dataikuapi.iac.exceptions import SyncError
from dataikuapi.iac.live_ids import with_code_ids
from dataikuapi.iac.models import UnreadableResource
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.project_keys import with_project_keys
from dataikuapi.iac.reports.formatting import unknown_lines
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.sources.marker import MARKER
from dataikuapi.iac.sources.pull import (
    Pull,
    PullResult,
    prepare_pull,
    require_no_conflicts,
)
from dataikuapi.iac.sources.pull_plan import without_place
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.registry import PROJECT, default_types

__all__ = ["pull"]

_EXIT_CODES = {
    **PLAIN,
    1: "error, or somebody changed files that would be replaced; nothing was written",
    3: "written, but some objects or permissions could not be read "
    "(0 with --allow-unknown)",
}


@click.command(
    cls=Command,
    exit_codes=_EXIT_CODES,
    examples=(
        "dataiku-iac pull --project SHOP",
        "dataiku-iac pull ./projects --project SHOP --project CRM",
        "dataiku-iac pull --project SHOP --git-commit -m 'what ann changed'",
        "dataiku-iac -e prod pull --dry-run",
    ),
)
@click.argument("folder", type=FOLDER, required=False, metavar="[FOLDER]")
@project_option
@click.option(
    "--type",
    "types",
    type=TYPE,
    multiple=True,
    help="Only this type, and the project itself; may be repeated.",
)
@click.option(
    "--local-variables",
    is_flag=True,
    help="Write local variables too, which hold for one instance only.",
)
@click.option(
    "--force", is_flag=True, help="Replace and remove also files that you changed."
)
@click.option(
    "--keep-going",
    is_flag=True,
    help="Write what can be read, and have a file, where some objects cannot.",
)
@dry_run_option
@click.option(
    "--git-commit",
    is_flag=True,
    help="Commit the files that pull wrote and removed, and no others.",
)
@click.option("-m", "--message", type=TEXT, help="Message of the commit.")
@host_options
@allow_unknown
@state_options
@output_options
@click.pass_obj
def pull(
    settings: Settings,
    folder: Path | None,
    projects: tuple[str, ...],
    types: tuple[str, ...],
    local_variables: bool,
    force: bool,
    keep_going: bool,
    dry_run: bool,
    git_commit: bool,
    message: str | None,
    allow_unknown: bool,
) -> ExitCode:
    """Write projects to folders, in the layout of DSS's own git.

    FOLDER is that of the project if there is one; of several, each gets a folder in it,
    named by project key. By default, they go where dataiku-iac.yaml says, or into the
    current folder. Values that it sets for the environment, such as connections, are
    not written. Nothing is written if somebody changed a file that
    would be replaced.
    """
    if message is not None and not git_commit:
        raise UsageError("-m is the message of a commit: add --git-commit")
    keys = read_projects(settings, projects or _project_of(settings, folder))
    names = code_keys(settings.selected)
    read = _read(settings, keys, _types(settings, types), keep_going)
    read = with_code_ids(read, stored_ids(settings))
    state = with_project_keys(read, names)
    targets = _targets(settings, state, [names.get(key, key) for key in keys], folder)
    state = without_environment(settings, state, targets)
    for key in targets if keep_going else ():
        state.unknown.update(without_place(state, key))
    pulls = [
        prepare_pull(
            state, path, project_key=key, force=force, local_files=local_variables
        )
        for key, path in targets.items()
    ]
    for each in pulls if git_commit else ():
        each.require_repository()
    results = [each.result for each in pulls]
    if dry_run:
        _report(settings, results, "nothing written")
    if not force:
        require_no_conflicts(results)
    if not dry_run:
        for each in pulls:
            each.write()
        _report(settings, results, "")
    if git_commit and not dry_run:
        _commit(settings, pulls, message)
    unread = [UnreadableResource(*item) for item in sorted(state.unknown.items())]
    for line in unknown_lines(unread):
        write_error(line)
    return finished(state, allow_unknown, "the files")


def _types(settings: Settings, names: Sequence[str]) -> list[str]:
    """Return the types to read; without the project, a folder is not that of one."""
    without_files = [name for name in names if TYPES[name].layout is None]
    if without_files:
        raise UsageError(
            f"{', '.join(without_files)}: such objects have no files in the layout in "
            "which DSS commits projects to git"
        )
    if names:
        return [PROJECT.name, *names]
    watched = {PROJECT.name, *(settings.configuration.types or default_types())}
    return [
        name
        for name, kind in TYPES.items()
        if kind.layout is not None and name in watched
    ]


def _read(
    settings: Settings, keys: list[str], types: list[str], keep_going: bool
) -> State:
    """Read projects, or all; with ``keep_going``, what can be read of them."""
    manager = open_manager(settings, types)
    try:
        return manager.sync_all(
            keys or None, types=types, progress=settings.shows_progress
        )
    except SyncError as error:
        if keep_going and error.state.resources:
            return error.state
        host = describe_host(manager.client)
        raise nothing_done(error, host, "written", "write", "pull") from error


def _project_of(settings: Settings, folder: Path | None) -> tuple[str, ...]:
    """Return the key of the project that was pulled into a folder, if one was."""
    if folder is None or not (folder / MARKER).is_file():
        return ()
    key = open_files(str(folder)).project_key
    return (settings.selected.project_keys.get(key, key),)


def _targets(
    settings: Settings, state: State, keys: list[str], folder: Path | None
) -> dict[str, Path]:
    """Return the folder of each project that was read, by its key in the code."""
    if folder is None:
        return {key: folder_of(settings, key) for key in state.project_keys()}
    if len(keys) == 1 and keys == state.project_keys():
        return {keys[0]: folder}
    return {key: folder / key for key in state.project_keys()}


def _report(settings: Settings, results: list[PullResult], note: str) -> None:
    """Write one line for each file that is not as it was, and one for each project."""
    for result in results:
        lines = [] if settings.quiet else list(_lines(result))
        counts = [
            f"{len(result.written):,} written",
            f"{len(result.removed):,} removed",
            f"{len(result.unchanged):,} unchanged",
        ]
        if result.kept:
            counts.append(f"{len(result.kept):,} left, since they could not be read")
        if note:
            counts.append(note)
        lines.append(f"{result.project_key} in {result.folder}: {', '.join(counts)}")
        write_text("\n".join(map(printable, lines)))


def _lines(result: PullResult) -> list[str]:
    signs = {
        **dict.fromkeys(result.added, "+"),
        **dict.fromkeys(result.modified, "~"),
        **dict.fromkeys(result.removed, "-"),
        **dict.fromkeys(result.kept, "?"),
    }
    lines = []
    for path in sorted(signs):
        change = result.conflicts.get(path)
        why = f" ({change} since it was pulled)" if change else ""
        lines.append(f"  {signs[path]} {path}{why}")
    return lines


def _commit(settings: Settings, pulls: list[Pull], message: str | None) -> None:
    for each in pulls:
        key = each.result.project_key
        if each.commit(message or f"Pull {key} from DSS"):
            settings.note(f"committed {key}")
        else:
            settings.note(f"nothing to commit of {key}")
