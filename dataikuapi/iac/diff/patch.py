"""Applying changes to attributes."""

from collections.abc import Iterable
from typing import cast

from dataikuapi.iac.models.changes import Change, PathSegments, ValueChangeType
from dataikuapi.iac.models.json_values import JSON, copy_json

__all__ = ["apply_changes"]


def apply_changes(
    attributes: dict[str, JSON], changes: Iterable[Change]
) -> dict[str, JSON]:
    """Return the new attributes, exactly, from the old ones and the changes.

    The paths of removed values, and those from which something moved, are paths in the
    old attributes; all others are paths in the new ones. Items of a list without a
    change stay in order.

    Args:
        attributes: the old ones, which are not modified.
        changes: all of one :class:`~dataikuapi.iac.models.ResourceDiff`.

    Raises:
        ValueError: if a change does not fit the attributes.
    """
    before, after = _Node(), _Node()
    for change in changes:
        if change.kind is ValueChangeType.REMOVED:
            before.at(change.segments).change = change
        else:
            after.at(change.segments).change = change
        if change.from_segments is not None:
            before.at(change.from_segments).change = change
    try:
        return cast(dict[str, JSON], _applied(attributes, before, after))
    except (KeyError, IndexError, StopIteration) as error:
        raise ValueError(f"the changes are not of these attributes: {error}") from error


class _Node:
    """The change at one path, and the nodes below it."""

    def __init__(self) -> None:
        self.change: Change | None = None
        self.below: dict[str | int, _Node] = {}

    def at(self, segments: PathSegments) -> "_Node":
        node = self
        for segment in segments:
            node = node.below.setdefault(segment.name, _Node())
        return node

    def get(self, name: str | int) -> "_Node":
        return self.below.get(name, _NOTHING)

    def having(self, *kinds: ValueChangeType) -> dict[str | int, Change]:
        return {
            name: node.change
            for name, node in self.below.items()
            if node.change is not None and node.change.kind in kinds
        }


_NOTHING = _Node()


def _applied(value: JSON, before: _Node, after: _Node) -> JSON:
    change = after.change
    if change is not None and change.kind is ValueChangeType.MODIFIED:
        return copy_json(change.new)
    if isinstance(value, dict):
        return _applied_to_object(value, before, after)
    if isinstance(value, list):
        return _applied_to_list(value, before, after)
    return value


def _applied_to_object(
    old: dict[str, JSON], before: _Node, after: _Node
) -> dict[str, JSON]:
    removed = before.having(ValueChangeType.REMOVED)
    kept = {
        name: _applied(value, before.get(name), after.get(name))
        for name, value in old.items()
        if name not in removed
    }
    added = after.having(ValueChangeType.ADDED)
    return {
        **kept,
        **{str(name): copy_json(change.new) for name, change in added.items()},
    }


def _applied_to_list(old: list[JSON], before: _Node, after: _Node) -> list[JSON]:
    added = after.having(ValueChangeType.ADDED)
    moved = after.having(ValueChangeType.MOVED)
    leaving = before.having(ValueChangeType.REMOVED, ValueChangeType.MOVED)
    staying = iter([row for row in range(len(old)) if row not in leaving])
    removed = before.having(ValueChangeType.REMOVED)
    length = len(old) - len(removed) + len(added)
    if any(int(row) >= len(old) for row in leaving) or any(
        int(position) >= length for position in [*added, *moved]
    ):
        raise IndexError(f"a list of {len(old)} items is too short")
    new: list[JSON] = []
    for position in range(length):
        if position in added:
            new.append(copy_json(added[position].new))
            continue
        row = _row_of(moved[position]) if position in moved else next(staying)
        new.append(_applied(old[row], before.get(row), after.get(position)))
    return new


def _row_of(moved: Change) -> int:
    segments = cast(PathSegments, moved.from_segments)
    return cast(int, segments[-1].name)
