"""Texts at paths in attributes: code that is not searched for secrets, and others."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.cleaning import ANY
from dataikuapi.iac.types.secrets.pairs import label_of

__all__ = ["with_changed_texts", "with_texts_of", "without_texts"]

_Path = tuple[str, ...]


def without_texts(
    attributes: dict[str, JSON], paths: Iterable[_Path]
) -> dict[str, JSON]:
    """Return attributes with empty texts at these paths.

    Args:
        attributes: not modified.
        paths: names of members, :data:`~dataikuapi.iac.types.cleaning.ANY` for all of
            an object; lists along a path are traversed. What is there and is not a text
            stays.
    """
    for path in paths:
        attributes = cast(dict[str, JSON], _emptied(attributes, path))
    return attributes


def with_texts_of(
    original: dict[str, JSON], changed: dict[str, JSON], paths: Iterable[_Path]
) -> dict[str, JSON]:
    """Return changed attributes with the texts that :func:`without_texts` took out.

    Args:
        original: the attributes before.
        changed: without the texts. Where a value around one was replaced as a whole,
            that text is not put back.
        paths: as for :func:`without_texts`.
    """
    for path in paths:
        changed = cast(dict[str, JSON], _restored(original, changed, path))
    return changed


def with_changed_texts(
    attributes: dict[str, JSON],
    paths: Iterable[_Path],
    change: Callable[[str, _Path], str],
) -> dict[str, JSON]:
    """Return attributes with other texts at these paths.

    Args:
        attributes: not modified.
        paths: as for :func:`without_texts`.
        change: returns another text; it gets the path with the labels of items, too.
    """
    for path in paths:
        attributes = cast(dict[str, JSON], _changed(attributes, path, change, ()))
    return attributes


def _changed(
    value: Any, path: _Path, change: Callable[[str, _Path], str], place: _Path
) -> Any:
    if isinstance(value, list):
        return [
            _changed(item, path, change, (*place, label_of(item))) for item in value
        ]
    if not path:
        return change(value, place) if isinstance(value, str) else value
    inner = {
        name: _changed(value[name], path[1:], change, (*place, name))
        for name in _names(value, path[0])
    }
    return {**value, **inner} if inner else value


def _emptied(value: Any, path: _Path) -> Any:
    if isinstance(value, list):
        return [_emptied(item, path) for item in value]
    if not path:
        return "" if isinstance(value, str) else value
    inner = {name: _emptied(value[name], path[1:]) for name in _names(value, path[0])}
    return {**value, **inner} if inner else value


def _restored(original: Any, changed: Any, path: _Path) -> Any:
    if isinstance(original, list) and isinstance(changed, list):
        pairs = zip(original, changed, strict=True)
        return [_restored(old, new, path) for old, new in pairs]
    if not path:
        return original if isinstance(original, str) and changed == "" else changed
    names = set(_names(original, path[0])) & set(_names(changed, path[0]))
    inner = {name: _restored(original[name], changed[name], path[1:]) for name in names}
    return {**changed, **inner} if inner else changed


def _names(value: Any, name: str) -> list[str]:
    """Return the members of a value that a name in a path stands for."""
    if not isinstance(value, dict):
        return []
    return list(value) if name == ANY else [name] * (name in value)
