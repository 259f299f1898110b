"""Checks that what DSS returned has the shape of what it was asked for."""

from typing import Any

__all__ = ["UnexpectedShapeError", "expect_items", "expect_object", "expect_text"]


class UnexpectedShapeError(Exception):
    """JSON that DSS does not return there; whoever asked knows which host it was."""


def expect_object(value: Any, *keys: str) -> dict[str, Any]:
    """Return a JSON object that has these keys, as a dict of its own.

    Args:
        value: what the client returned; its list items are subclasses of dict.
        *keys: each has to be there, with a non-empty text.

    Raises:
        UnexpectedShapeError: if it is something else.
    """
    if not isinstance(value, dict):
        raise UnexpectedShapeError(f"expected an object, got {type(value).__name__}")
    for key in keys:
        if not isinstance(value.get(key), str) or not value[key]:
            raise UnexpectedShapeError(f"an object without {key}")
    return dict(value)


def expect_items(value: Any, key: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a listing by the text that each has under this key.

    Raises:
        UnexpectedShapeError: if it is not a list of objects that all have one.
    """
    if not isinstance(value, list):
        raise UnexpectedShapeError(f"expected an array, got {type(value).__name__}")
    return {item[key]: item for item in (expect_object(item, key) for item in value)}


def expect_text(value: Any) -> str | None:
    """Return a text, or ``None`` where there is none.

    Raises:
        UnexpectedShapeError: if it is something else.
    """
    if value is not None and not isinstance(value, str):
        raise UnexpectedShapeError(f"expected a text, got {type(value).__name__}")
    return value
