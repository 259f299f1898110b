"""Loads the states that the arguments of a comparison name."""

import os
import re
from collections.abc import Callable
from typing import TypeVar

from dataikuapi.iac import State
from dataikuapi.iac.backends import open_backend as open_location
from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.context import Settings, open_backend
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.editing import with_project_keys
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models.environments import check_environment

__all__ = ["load_pair"]

T = TypeVar("T")

_PREFIXED = re.compile(r"(version|env):(.*)", re.DOTALL)


def load_pair(settings: Settings, old: str, new: str | None) -> tuple[State, State]:
    """Return the two states of a comparison.

    Where both are of environments, the projects of the second one bear the keys that
    they have in the first one.

    Args:
        settings: the options.
        old: a serial, the name of an environment, or a path.
        new: likewise; ``None`` for the stored state.

    Raises:
        UsageError: if a word has two meanings.
        StateNotFoundError: if there is no such state.
    """
    before, first = _load(settings, old)
    if new is None:
        return before, open_backend(settings).load()
    after, second = _load(settings, new)
    if first is not None and second is not None:
        after = with_project_keys(after, _keys_between(settings, second, first))
    return before, after


def _load(settings: Settings, word: str) -> tuple[State, str | None]:
    """Return a state, and the name of its environment if that was the word."""
    match = _PREFIXED.fullmatch(word)
    if word.isdecimal() or (match and match[1] == "version"):
        serial = _checked(values.serial, match[2] if match else word)
        return open_backend(settings).load_version(serial), None
    if match:
        name = _checked(check_environment, match[2])
        return open_backend(settings, name).load(), name
    is_file, is_environment = os.path.lexists(word), _is_environment(settings, word)
    if is_file and is_environment:
        raise UsageError(
            f"{word} is an environment and a file: write env:{word} or ./{word}"
        )
    if is_environment:
        return open_backend(settings, word).load(), word
    if not is_file and not _is_path(word):
        known = ", ".join(settings.configuration.environments) or "none configured"
        raise StateNotFoundError(
            f"no environment and no file {word!r}; environments: {known}"
        )
    return open_location(_checked(values.file, word)).load(), None


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
