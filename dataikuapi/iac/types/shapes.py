"""Checks what DSS returned, before anything is concluded from it.

The client builds its handles from any JSON: it takes ``{}`` or ``""`` for an empty
list. So there are two checks. A :class:`Shape` is declared for each response, by its
path, and checks the JSON as it arrives. The functions check what the client made of it,
which also comes from clients that do not use HTTP.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, unquote

from dataikuapi.iac.exceptions import UnexpectedResponseError

__all__ = [
    "ListShape",
    "ObjectShape",
    "Shape",
    "UnexpectedShapeError",
    "UnusableName",
    "expect_items",
    "expect_object",
    "expect_text",
    "expect_type",
    "match_path",
    "path_segment",
]

_KINDS: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}


class UnexpectedShapeError(UnexpectedResponseError):
    """The client returned JSON of an unexpected shape; says which.

    The caller of a resource type raises an UnexpectedResponseError from it, with the
    host and the object.
    """


class Shape(Protocol):
    """What a response of DSS has to look like."""

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check a response.

        Args:
            value: the JSON.
            requested: the parameters in the path, such as the key of the project.

        Raises:
            UnexpectedShapeError: if it is not a response to that request.
        """


@dataclass(frozen=True)
class ObjectShape:
    """An object.

    Args:
        required: keys, and the type of their values. Strings are not empty.
        optional: keys that may be missing or null, and the type of their values.
        identity: keys whose value is a parameter in the path, where they are present.
        foreign: keys that objects of other types have, and these never.
    """

    required: Mapping[str, type] = field(default_factory=dict)
    optional: Mapping[str, type] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)
    foreign: Iterable[str] = ()

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check keys, types and identity."""
        expect_type(value, dict)
        for key, expected in self.required.items():
            if not isinstance(value.get(key), expected) or value[key] == "":
                raise UnexpectedShapeError(f"expected {_KINDS[expected]} under {key}")
        for key, expected in self.optional.items():
            if value.get(key) is not None:
                expect_type(value[key], expected, f" under {key}")
        for key, parameter in self.identity.items():
            if key in value and value[key] != requested[parameter]:
                raise UnexpectedShapeError(f"{key} is {_excerpt(value[key])}")
        for key in self.foreign:
            if key in value:
                raise UnexpectedShapeError(f"{key} belongs to another type of object")


@dataclass(frozen=True)
class ListShape:
    """An array of objects.

    Args:
        key: has the name of each.
        item: what each looks like otherwise.
    """

    key: str
    item: ObjectShape

    def check(self, value: Any, requested: Mapping[str, str]) -> None:
        """Check each item."""
        expect_type(value, list)
        for item in value:
            self.item.check(item, requested)
            if self.key not in item:
                raise UnexpectedShapeError(f"expected objects with {self.key}")


class UnusableName(str):
    """The key in a listing of an item that has no usable name.

    Attributes:
        reason: why the item cannot be read.
        is_anonymous: whether the item could be any object of the listing.
    """

    reason = ""
    is_anonymous = False

    @classmethod
    def quoting(cls, name: object) -> "UnusableName":
        """Return a name that cannot be part of an id, as JSON that can."""
        text = _excerpt(name).replace(".", r"\u002e")
        key = cls(text)
        key.reason = f"{text} cannot be a name"
        key.is_anonymous = not isinstance(name, str) or not name
        return key

    @classmethod
    def duplicate(cls, name: str) -> "UnusableName":
        """Return a name that a listing has twice."""
        key = cls(name)
        key.reason = "it is listed more than once"
        return key


def expect_type(value: Any, expected: type, where: str = "") -> None:
    """Check the type of a JSON value.

    Raises:
        UnexpectedShapeError: if it has another one.
    """
    if not isinstance(value, expected):
        got = next((_KINDS[kind] for kind in _KINDS if isinstance(value, kind)), None)
        raise UnexpectedShapeError(
            f"expected {_KINDS[expected]}{where}, got {got or _excerpt(value)}"
        )


def expect_object(value: Any, *keys: str) -> dict[str, Any]:
    """Return a JSON object as a new dict, after a check of these keys.

    Args:
        value: what the client returned; the items of its lists are subclasses of dict.
        *keys: have to be present, each with a non-empty string.

    Raises:
        UnexpectedShapeError: if it is not an object, or a key is missing.
    """
    expect_type(value, dict)
    for key in keys:
        if not isinstance(value.get(key), str) or not value[key]:
            raise UnexpectedShapeError(f"expected a string under {key}")
    return dict(value)


def expect_items(
    value: Any, key: str, *, without: str = ""
) -> dict[str, dict[str, Any]]:
    """Return the objects of a listing, by their value of this key.

    Where that is not a usable name, or two items have the same, the key of the dict is
    an :class:`UnusableName`, so that one odd object does not hide the others.

    Args:
        value: what the client returned.
        key: has the name of each object.
        without: characters that a name cannot have.

    Raises:
        UnexpectedShapeError: if it is not an array of objects, or one lacks the key.
    """
    expect_type(value, list)
    items: dict[str, dict[str, Any]] = {}
    for name, item in _named(value, key, without):
        is_duplicate = items.pop(name, None) is not None
        if is_duplicate and not isinstance(name, UnusableName):
            items[UnusableName.duplicate(name)] = item
        else:
            items[name] = item
    return items


def _named(
    items: list[Any], key: str, without: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in items:
        document = expect_object(item)
        if key not in document:
            raise UnexpectedShapeError(f"expected objects with {key}")
        name = document[key]
        usable = _is_usable(name) and not set(name) & set(without)
        yield name if usable else UnusableName.quoting(name), document


def _is_usable(name: object) -> bool:
    """Return whether a name can be in an id, in a path and in a state."""
    # A selection and a rule write * for all objects.
    if not isinstance(name, str) or name in ("", "*"):
        return False
    return name.isprintable() or not any(map(_is_control, name))


def _is_control(character: str) -> bool:
    return character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff"


def expect_text(value: Any) -> str | None:
    """Return a string or ``None``.

    Raises:
        UnexpectedShapeError: if it is something else.
    """
    if value is not None:
        expect_type(value, str)
    return value  # type: ignore[no-any-return]  # Checked by expect_type().


def path_segment(name: str) -> str:
    """Return a name as one segment of a path; the client does not quote names.

    Raises:
        UnexpectedShapeError: if no URL can have that segment.
    """
    if name in (".", ".."):  # HTTP clients resolve these, quoted or not.
        raise UnexpectedShapeError(f"no URL can name an object {name!r}")
    return quote(name, safe="")


def match_path(template: str, path: str) -> Mapping[str, str] | None:
    """Return the parameters in a path; ``None`` if it is another path.

    Args:
        template: with parameters such as ``{name}``; one that ends in ``:path``, at the
            end, also matches slashes.
        path: may be followed by a query, which does not count.
    """
    expected = template.strip("/").split("/")
    segments = path.partition("?")[0].strip("/").split("/")
    if expected[-1].endswith(":path}") and len(segments) >= len(expected):
        rest = len(expected) - 1
        segments = [*segments[:rest], "/".join(segments[rest:])]
    if len(expected) != len(segments):
        return None
    parameters = {}
    for name, segment in zip(expected, segments, strict=True):
        if name.startswith("{"):
            parameters[name.strip("{}").removesuffix(":path")] = unquote(segment)
        elif name != segment:
            return None
    return parameters


_EXCERPT_LENGTH = 80


def _excerpt(value: Any) -> str:
    return json.dumps(value, default=repr)[:_EXCERPT_LENGTH]
