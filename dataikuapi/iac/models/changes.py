"""What is one change inside a configuration, and where is it?"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Union

from dataikuapi.iac.models.alignment import align
from dataikuapi.iac.models.json_values import JSON

__all__ = ["Change", "ChangeKind", "Step", "line_changes", "pointer_token", "readable"]

_PLAIN = re.compile(r"[^\W\d][\w-]*")
_PLAIN_KEY = re.compile(r"[^\W\d][\w.-]*")
_CONTEXT = 2
"""How many lines that did not change are shown around those that did."""


class ChangeKind(Enum):
    """The four things that can have happened to a value; ``str()`` is its sign."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    MOVED = "moved"

    def __str__(self) -> str:
        """Return the sign: ``+``, ``-``, ``~``, and ``>`` for what moved."""
        return _SIGNS[self]


_SIGNS = {
    ChangeKind.ADDED: "+",
    ChangeKind.REMOVED: "-",
    ChangeKind.MODIFIED: "~",
    ChangeKind.MOVED: ">",
}


class Step(NamedTuple):
    """One step on the way into a value.

    Args:
        name: of a member of an object, or the position of an item of a list, from 0.
        key: of an item, where all items of its list have a unique one: the ``name`` of
            a column, the ``ref`` of an input or output, an ``id``.
    """

    name: Union[str, int]
    key: str | None = None


Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Change:
    """One value that is not as it was.

    What moved inside its list may have changed besides; that is a change of its own.

    Args:
        kind: what happened to it.
        steps: the way to it: of a removed value in the old attributes, otherwise in the
            new ones.
        old: the value that was; ``None`` if it was added, and for what moved.
        new: the value that is; ``None`` if it was removed, and for what moved.
        from_steps: the way to it in the old attributes, of what moved.
    """

    kind: ChangeKind
    steps: Steps
    old: JSON = None
    new: JSON = None
    from_steps: Steps | None = None

    @property
    def pointer(self) -> str:
        """The way to the value as a JSON Pointer (RFC 6901), positions as numbers."""
        return _pointer(self.steps)

    @property
    def from_pointer(self) -> str | None:
        """The pointer into the old attributes, of what moved."""
        return None if self.from_steps is None else _pointer(self.from_steps)

    @property
    def path(self) -> str:
        """The way as people read it, e.g. ``schema.columns[customer_id].type``."""
        return readable(self.steps)

    @property
    def is_text(self) -> bool:
        """Whether a text of several lines was modified: a script, or SQL."""
        if self.kind is not ChangeKind.MODIFIED:
            return False
        if not isinstance(self.old, str) or not isinstance(self.new, str):
            return False
        return "\n" in self.old or "\n" in self.new

    def __str__(self) -> str:
        """Return the sign and the path; no value."""
        return f"{self.kind} {self.path}"


def readable(steps: Steps) -> str:
    """Write a way as people read it; odd names as JSON strings, in brackets."""
    return "".join(_written(steps))


def _written(steps: Steps) -> Iterator[str]:
    for number, step in enumerate(steps):
        if isinstance(step.name, int):
            plain = step.key is None or _PLAIN_KEY.fullmatch(step.key)
            key = str(step.name) if step.key is None else step.key
            yield f"[{key if plain else json.dumps(key, ensure_ascii=False)}]"
        elif _PLAIN.fullmatch(step.name):
            yield f".{step.name}" if number else step.name
        else:
            yield f"[{json.dumps(step.name, ensure_ascii=False)}]"


def pointer_token(text: str) -> str:
    """Write a name as one step of a JSON Pointer."""
    return text.replace("~", "~0").replace("/", "~1")


def _pointer(steps: Steps) -> str:
    return "".join(f"/{pointer_token(str(step.name))}" for step in steps)


def line_changes(old: str, new: str) -> list[str]:
    """Compare two texts by line, as ``diff -u`` does.

    Returns:
        Lines that begin with ``-``, ``+`` or a blank. Before those that stand together,
        ``@@ -3 +4 @@`` tells the number of the first in either text, counted from 1.
    """
    before, after = old.split("\n"), new.split("\n")
    if before[-1] == after[-1] == "":
        before, after = before[:-1], after[:-1]
    edits = list(_edits(before, after))
    lines: list[str] = []
    shown_to = 0
    row = column = 1
    for number, (sign, line) in enumerate(edits):
        nearby = edits[max(number - _CONTEXT, 0) : number + _CONTEXT + 1]
        if any(other != " " for other, _ in nearby):
            if shown_to != number or not lines:
                lines.append(f"@@ -{row} +{column} @@")
            lines.append(f"{sign}{line}")
            shown_to = number + 1
        row += sign != "+"
        column += sign != "-"
    return lines


def _edits(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    row = column = 0
    for next_row, next_column in [*align(before, after), (len(before), len(after))]:
        yield from (("-", line) for line in before[row:next_row])
        yield from (("+", line) for line in after[column:next_column])
        if next_row < len(before):
            yield " ", before[next_row]
        row, column = next_row + 1, next_column + 1
