"""Loads the states that the arguments of a comparison name."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from dataikuapi.iac import State
from dataikuapi.iac.backends import open_backend as open_location
from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.context import Settings, open_backend, open_manager
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.editing import with_project_keys
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.sources.opening import GIT_PREFIX

__all__ = ["LoadedSource", "load_pair", "load_source", "with_one_key"]

T = TypeVar("T")

_PREFIXED = re.compile(r"(version|env|live):(.*)", re.DOTALL)


class LoadedSource(NamedTuple):
    """One side of a comparison.

    Args:
        state: what it says.
        environment: the name of the environment whose state it is, if it is one.
        is_project: whether it is one project whose key is a matter of the folder.
    """

    state: State
    environment: str | None = None
    is_project: bool = False


def load_pair(
    settings: Settings, old: str, new: str | None, git_dir: Path | None = None
) -> tuple[State, State]:
    """Return the two states of a comparison.

    Where both are of environments, the projects of the second one bear the keys that
    they have in the first one. Where one is a project in files, its key is that of the
    other side, if that has one project.

    Args:
        settings: the options.
        old: a serial, the name of an environment, a path, or another source.
        new: likewise; ``None`` for the stored state.
        git_dir: the repository of revisions.

    Raises:
        UsageError: if a word has two meanings.
        StateNotFoundError: if there is no such state.
        SourceError: if there is no such project.
    """
    before = load_source(settings, old, git_dir)
    if new is None:
        after = LoadedSource(open_backend(settings).load())
    else:
        after = load_source(settings, new, git_dir)
    if before.environment is not None and after.environment is not None:
        keys = _keys_between(settings, after.environment, before.environment)
        return before.state, with_project_keys(after.state, keys)
    return with_one_key(before, after)


def with_one_key(before: LoadedSource, after: LoadedSource) -> tuple[State, State]:
    """Return both states, with a project in files under the key of the other side."""
    old, new = before.state.project_keys(), after.state.project_keys()
    is_free = before.is_project or after.is_project
    if not is_free or len(old) != 1 or len(new) != 1:
        return before.state, after.state
    if after.is_project:
        return before.state, with_project_keys(after.state, {new[0]: old[0]})
    return with_project_keys(before.state, {old[0]: new[0]}), after.state


def load_source(
    settings: Settings, word: str, git_dir: Path | None = None
) -> LoadedSource:
    """Return what one argument of a comparison names.

    Args:
        settings: the options.
        word: see :func:`load_pair`.
        git_dir: the repository of revisions.

    Raises:
        UsageError: if the word has two meanings.
        StateNotFoundError: if there is no such state.
        SourceError: if there is no such project.
    """
    match = _PREFIXED.fullmatch(word)
    if word.isdecimal() or (match and match[1] == "version"):
        serial = _checked(values.serial, match[2] if match else word)
        return LoadedSource(open_backend(settings).load_version(serial))
    if match:
        name = _checked(check_environment, match[2])
        if match[1] == "live":
            return LoadedSource(_read_live(settings, name), name)
        return LoadedSource(open_backend(settings, name).load(), name)
    if word.startswith(GIT_PREFIX):
        return LoadedSource(open_files(word, git_dir=git_dir).read(), is_project=True)
    is_file, is_environment = os.path.lexists(word), _is_environment(settings, word)
    if is_file and is_environment:
        raise UsageError(
            f"{word} is an environment and a file: write env:{word} or ./{word}"
        )
    if is_environment:
        return LoadedSource(open_backend(settings, word).load(), word)
    if not is_file and not _is_path(word):
        known = ", ".join(settings.configuration.environments) or "none configured"
        raise StateNotFoundError(
            f"no environment and no file {word!r}; environments: {known}"
        )
    path = _checked(values.file, word)
    if path.is_dir() or path.suffix == ".zip" or _is_missing_folder(path):
        return LoadedSource(open_files(word).read(), is_project=True)
    return LoadedSource(open_location(path).load())


def _is_missing_folder(path: Path) -> bool:
    """Return whether there is nothing, and it would not be a state file."""
    return not os.path.lexists(path) and path.suffix != ".json"


def _read_live(settings: Settings, name: str) -> State:
    """Read the instance of an environment: the projects that are configured, or all."""
    selected = replace(settings, environment=name, state_file=None)
    keys = list(selected.selected.project_keys.values())
    return open_manager(selected, ()).sync_all(keys or None)


def _checked(check: Callable[[str], T], value: str) -> T:
    try:
        return check(value)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _is_path(word: str) -> bool:
    return "/" in word or "\\" in word or word.endswith(".json")


def _is_environment(settings: Settings, word: str) -> bool:
    """Return whether a word is the name of an environment that has a state."""
    if _is_path(word):
        return False
    if settings.configuration.environments:
        return word in settings.configuration.environments
    try:
        return open_backend(settings, check_environment(word)).exists()
    except ValueError:
        return False


def _keys_between(settings: Settings, source: str, target: str) -> dict[str, str]:
    """Return the project keys of one environment, each with that in another one."""
    known = settings.configuration.environment(target).project_keys
    others = settings.configuration.environment(source).project_keys
    return {key: known[name] for name, key in others.items() if name in known}
