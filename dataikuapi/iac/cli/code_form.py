"""Leads from what an environment has to the form of its code, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import NamedTuple

from dataikuapi.iac import Source, State
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.sources import FileOptions, open_word, stored_ids, stored_state
from dataikuapi.iac.config import Environment
from dataikuapi.iac.editing import only_projects
from dataikuapi.iac.live_ids import with_code_ids
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.overlay import apply_overlay, remove_overlay
from dataikuapi.iac.plan.promotion import Promotion
from dataikuapi.iac.project_keys import moved_id, with_project_keys
from dataikuapi.iac.sources import open_files

__all__ = [
    "Wanted",
    "code_keys",
    "folder_of",
    "wanted",
    "without_environment",
]


class Wanted(NamedTuple):
    """What an environment is to have.

    Args:
        state: with its project keys, and what its overlay sets.
        promotion: of which environment it is, if it is another one's.
    """

    state: State
    promotion: Promotion | None = None


def code_keys(environment: Environment) -> dict[str, str]:
    """Return the keys of an environment's projects, each with that in the code."""
    return {key: name for name, key in environment.project_keys.items()}


def folder_of(settings: Settings, key: str) -> Path:
    """Return the folder of a project: the configured one, or one named by its key."""
    return settings.configuration.sources.get(key) or Path(key)


def without_environment(
    settings: Settings, state: State, folders: Mapping[str, Path]
) -> State:
    """Return what was read of the selected environment as the code should have it.

    Args:
        settings: the options.
        state: what was read, with the keys that the code has for the projects.
        folders: where the code of each project is, or is going to be.

    Raises:
        OverlayError: if it is not certain what the code should say, or two entries set
            the same value.
        SourceError: if there is code, and it cannot be read.
    """
    if not settings.selected.overlay:
        return state
    code = _code_in(folders.items())
    return _without_overlay(settings, state, settings.selected, code)


def _without_overlay(
    settings: Settings, state: State, target: Environment, code: State
) -> State:
    shared = remove_overlay(state, target.overlay, code)
    for entry in apply_overlay(shared, target.overlay).unmatched:
        settings.note(
            f"environment {target.name}: {entry} matches nothing of what was read"
        )
    return shared


def wanted(settings: Settings, word: str | None, options: FileOptions) -> Wanted:
    """Return what the selected environment is to have.

    What another environment has is led back to the form of the code first.

    Args:
        settings: the options.
        word: what says it, as for diff; ``None`` for the folders that are configured.
        options: of projects in files.

    Raises:
        UsageError: if there is no such source, or it has no project that both have.
        OverlayError: if two entries of the overlay set the same value.
        SourceError: if there is code, and it cannot be read.
    """
    target, other = settings.selected, None
    if word is None:
        code = _configured(settings, options)
    else:
        source = open_word(settings, word, options)
        if source.environment not in (None, target.name):
            other = source.environment
            code = _code_of(settings, source, str(other))
        elif not source.is_project:  # As the environment has it, with its own values.
            return Wanted(source.read())
        else:
            code = source.read()
    expected = apply_overlay(code, target.overlay)
    for entry in expected.unmatched:
        settings.note(f"environment {target.name}: {entry} matches nothing")
    state = with_project_keys(expected.state, target.project_keys)
    if other is None:
        return Wanted(state)
    places = {
        moved_id(rid, target.project_keys): found
        for rid, found in expected.places.items()
    }
    return Wanted(state, Promotion(other, places))


def _code_of(settings: Settings, source: Source, name: str) -> State:
    """Return what another environment has as the code should have it.

    Only the projects that the selected environment has as well.
    """
    origin, target = settings.configuration.environment(name), settings.selected
    found = with_code_ids(source.read(), stored_ids(settings, name))
    found = with_project_keys(found, code_keys(origin))
    shared = [
        key
        for key in found.project_keys()
        if all(key in (env.project_keys or [key]) for env in (origin, target))
    ]
    if not shared:
        raise UsageError(
            f"{source.word} has no project that {target.name} has as well: "
            "dataiku-iac.yaml says in project_keys which those are"
        )
    for key in found.project_keys():
        if key not in shared:
            settings.note(f"{key} is left out: not both environments have it")
    code = only_projects(found, shared)
    if not origin.overlay:
        return code
    # What the origin alone has otherwise is that of the code, or else of the target.
    own = with_project_keys(with_code_ids(stored_state(settings)), code_keys(target))
    held = _code_in((key, folder_of(settings, key)) for key in shared)
    own.resources.update(held.resources)
    return _without_overlay(settings, code, origin, own)


def _configured(settings: Settings, options: FileOptions) -> State:
    """Return what is in the folders of all projects that are held as code."""
    folders = settings.configuration.sources
    if not folders:
        raise UsageError(
            "nothing says what is wanted: name a SOURCE such as ./SHOP, or configure "
            "projects in dataiku-iac.yaml"
        )
    states = [
        open_word(settings, f"{folder.parent}/{folder.name}", options).read()
        for folder in folders.values()
    ]
    resources = {key: item for state in states for key, item in state.resources.items()}
    scopes = [state.scope for state in states if state.scope is not None]
    unknown = {key: why for state in states for key, why in state.unknown.items()}
    return replace(
        states[0],
        resources=resources,
        unknown=unknown,
        scope=reduce(Scope.merge, scopes),
    )


def _code_in(folders: Iterable[tuple[str, Path]]) -> State:
    code = State()
    for key, folder in folders:
        if (folder / "params.json").exists():
            source = open_files(str(folder), project_key=key)
            found = source.read(may_be_interrupted=True)
            code.resources.update(found.resources)
    return code
