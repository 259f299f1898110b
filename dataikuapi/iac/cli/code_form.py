"""Leads from what an environment has to the form of its code, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path

from dataikuapi.iac import State
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.sources import FileOptions, open_word
from dataikuapi.iac.config import Environment
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.overlay import apply_overlay, remove_overlay
from dataikuapi.iac.project_keys import with_project_keys
from dataikuapi.iac.sources import open_files

__all__ = ["code_keys", "folder_of", "wanted_state", "without_environment"]


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
    target = settings.selected
    if not target.overlay:
        return state
    shared = remove_overlay(state, target.overlay, _code_in(folders.items()))
    for entry in apply_overlay(shared, target.overlay).unmatched:
        settings.note(
            f"environment {target.name}: {entry} matches nothing of what was read"
        )
    return shared


def wanted_state(settings: Settings, word: str | None, options: FileOptions) -> State:
    """Return what the selected environment is to have.

    Args:
        settings: the options.
        word: what says it, as for diff; ``None`` for the folders that are configured.
        options: of projects in files.

    Raises:
        UsageError: if there is no such source, or it is that of another environment.
        OverlayError: if two entries of the overlay set the same value.
        SourceError: if there is code, and it cannot be read.
    """
    target = settings.selected
    if word is None:
        code = _configured(settings, options)
    else:
        source = open_word(settings, word, options)
        if source.environment not in (None, target.name):
            raise UsageError(
                f"{word} is another environment than {target.name}: pull it, and plan "
                "its folder"
            )
        if not source.is_project:
            return source.read()  # As the environment has it, with its own values.
        code = source.read()
    expected = apply_overlay(code, target.overlay)
    for entry in expected.unmatched:
        settings.note(f"environment {target.name}: {entry} matches nothing")
    return with_project_keys(expected.state, target.project_keys)


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
