"""Changes inside a configuration: what changed, and at which path."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from dataikuapi.iac.models.json_values import JSON

__all__ = [
    "Change",
    "Changes",
    "Neighbors",
    "PathSegment",
    "ValueChangeType",
    "format_path",
    "member_names",
    "pointer_token",
]

_PLAIN_NAME = re.compile(r"[^\W\d][\w-]*")
_PLAIN_KEY = re.compile(r"[^\W\d][\w.-]*")


class ValueChangeType(Enum):
    """What happened to a value; ``str()`` is its sign."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    MOVED = "moved"

    def __str__(self) -> str:
        """Return the sign: ``+``, ``-``, ``~``, or ``>`` for a move."""
        return _SIGNS[self]


_SIGNS = {
    ValueChangeType.ADDED: "+",
    ValueChangeType.REMOVED: "-",
    ValueChangeType.MODIFIED: "~",
    ValueChangeType.MOVED: ">",
}


class PathSegment(NamedTuple):
    """One segment of the path to a value.

    Args:
        name: the name of an object's member, or the index of a list item, from 0.
        key: the key of a list item, if every item of the list has a unique one: the
            ``name`` of a column, the ``ref`` of an input or output, an ``id``, or what
            identifies the item of a set, such as ``group data_team``.
        kind: the first word of such a key, if it says what kind of thing the rest of it
            names, such as ``group``.
    """

    name: str | int
    key: str | None = None
    kind: str = ""


PathSegments = tuple[PathSegment, ...]

Neighbors = tuple[PathSegment | None, PathSegment | None]
"""The items that a moved one follows, before and after; ``None`` at the start."""


@dataclass(frozen=True)
class Change:
    """One value that changed.

    An item that moved inside its list may have changed as well; that is a separate
    change.

    Args:
        kind: what happened to the value.
        segments: the path to the value: in the old attributes if it was removed,
            otherwise in the new ones.
        old: the previous value; ``None`` if it was added or moved.
        new: the current value; ``None`` if it was removed or moved.
        from_segments: the path in the old attributes, if it moved.
        neighbors: which items it follows, if it moved: of those that did not move, and
            as the new attributes name them.
        siblings: the list that the item was removed from or added to, itself included.
    """

    kind: ValueChangeType
    segments: PathSegments
    old: JSON = None
    new: JSON = None
    from_segments: PathSegments | None = None
    neighbors: Neighbors | None = field(default=None, compare=False)
    siblings: Sequence[JSON] = field(default=(), compare=False, repr=False)

    @property
    def pointer(self) -> str:
        """The path as a JSON Pointer (RFC 6901), with list items by index."""
        return _pointer(self.segments)

    @property
    def from_pointer(self) -> str | None:
        """The pointer into the old attributes, if the value moved."""
        return None if self.from_segments is None else _pointer(self.from_segments)

    @property
    def path(self) -> str:
        """The path as reports show it, e.g. ``schema.columns[customer_id].type``."""
        return format_path(self.segments)

    @property
    def is_text(self) -> bool:
        """Whether a multi-line text was modified, such as a script or SQL."""
        if self.kind is not ValueChangeType.MODIFIED:
            return False
        if not isinstance(self.old, str) or not isinstance(self.new, str):
            return False
        return "\n" in self.old or "\n" in self.new

    def __str__(self) -> str:
        """Return the sign and the path, without values."""
        return f"{self.kind} {self.path}"


class Changes(tuple[Change, ...]):
    """The changes inside one resource; a notebook shows them as a list."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from dataikuapi.iac.reports.html import changes_html

        return changes_html(self)


def format_path(segments: PathSegments) -> str:
    """Format a path for people; unusual names become JSON strings in brackets."""
    return "".join(_format_segments(segments))


def member_names(segments: PathSegments) -> tuple[str, ...]:
    """Return the names of the members along a path, without positions in lists."""
    return tuple(item.name for item in segments if isinstance(item.name, str))


def _format_segments(segments: PathSegments) -> Iterator[str]:
    for index, segment in enumerate(segments):
        if isinstance(segment.name, int):
            yield f"[{_format_item(segment)}]"
        elif _PLAIN_NAME.fullmatch(segment.name):
            yield f".{segment.name}" if index else segment.name
        else:
            yield f"[{json.dumps(segment.name, ensure_ascii=False)}]"


def _format_item(segment: PathSegment) -> str:
    if segment.key is None:
        return str(segment.name)
    name = segment.key.removeprefix(f"{segment.kind} ") if segment.kind else segment.key
    is_plain = _PLAIN_KEY.fullmatch(name)
    return segment.key if is_plain else json.dumps(segment.key, ensure_ascii=False)


def pointer_token(text: str) -> str:
    """Escape a name as one token of a JSON Pointer."""
    return text.replace("~", "~0").replace("/", "~1")


def _pointer(segments: PathSegments) -> str:
    return "".join(f"/{pointer_token(str(segment.name))}" for segment in segments)
