"""Brings what an environment has into the form of its code."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from dataikuapi.iac import State
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.config import Environment
from dataikuapi.iac.overlay import remove_overlay
from dataikuapi.iac.sources import open_files

__all__ = ["code_keys", "folder_of", "without_environment"]


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
        OverlayError: if it is not certain what the code should say.
        SourceError: if there is code, and it cannot be read.
    """
    overlay = settings.selected.overlay
    if not overlay:
        return state
    return remove_overlay(state, overlay, _code_in(folders.items()))


def _code_in(folders: Iterable[tuple[str, Path]]) -> State:
    code = State()
    for key, folder in folders:
        if (folder / "params.json").exists():
            source = open_files(str(folder), project_key=key)
            code.resources.update(source.read().resources)
    return code
