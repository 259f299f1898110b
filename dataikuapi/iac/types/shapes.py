"""Checks the shape of what the client returned."""

from typing import Any

__all__ = ["UnexpectedShapeError", "expect_items", "expect_object", "expect_text"]


class UnexpectedShapeError(Exception):
    """The client returned JSON of an unexpected shape.

    The caller adds host and object: it raises an UnexpectedResponseError instead.
    """


def expect_object(value: Any, *keys: str) -> dict[str, Any]:
    """Return a JSON object as a new dict, after a check of these keys.

    Args:
        value: what the client returned; the items of its lists are subclasses of dict.
        *keys: have to be present, each with a non-empty string.

    Raises:
        UnexpectedShapeError: if it is not an object, or a key is missing.
    """
    if not isinstance(value, dict):
        raise UnexpectedShapeError(f"expected an object, got {type(value).__name__}")
    for key in keys:
        if not isinstance(value.get(key), str) or not value[key]:
            raise UnexpectedShapeError(f"expected an object with {key}")
    return dict(value)


def expect_items(value: Any, key: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a listing, by their value of this key.

    Raises:
        UnexpectedShapeError: if it is not an array of objects, or one lacks the key.
    """
    if not isinstance(value, list):
        raise UnexpectedShapeError(f"expected an array, got {type(value).__name__}")
    return {item[key]: item for item in (expect_object(item, key) for item in value)}


def expect_text(value: Any) -> str | None:
    """Return a string or ``None``.

    Raises:
        UnexpectedShapeError: if it is something else.
    """
    if value is not None and not isinstance(value, str):
        raise UnexpectedShapeError(f"expected a string, got {type(value).__name__}")
    return value
