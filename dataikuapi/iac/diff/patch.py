"""Applying changes to attributes."""

from collections.abc import Iterable
from typing import cast

from dataikuapi.iac.models.changes import Change, PathSegments, ValueChangeType
from dataikuapi.iac.models.json_values import JSON, copy_json

__all__ = ["apply_changes"]


def apply_changes(
    attributes: dict[str, JSON], changes: Iterable[Change]
) -> dict[str, JSON]:
    """Apply changes to the old attributes; the result is exactly the new ones.

    The paths of removed values, and those that values moved from, refer to the old
    attributes; all other paths refer to the result. List items without a change keep
    their order.

    Args:
        attributes: the old attributes; they are not modified.
        changes: all changes of one :class:`~dataikuapi.iac.models.ResourceDiff`.

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
        return cast(dict[str, JSON], _apply(attributes, before, after))
    except (KeyError, IndexError, StopIteration) as error:
        raise ValueError(f"the changes do not fit these attributes: {error}") from error


class _Node:
    """The change at one path, and the changes below it."""

    def __init__(self) -> None:
        self.change: Change | None = None
        self.children: dict[str | int, _Node] = {}

    def at(self, segments: PathSegments) -> "_Node":
        node = self
        for segment in segments:
            node = node.children.setdefault(segment.name, _Node())
        return node

    def get(self, name: str | int) -> "_Node":
        return self.children.get(name, _NO_CHANGES)

    def changes_of(self, *kinds: ValueChangeType) -> dict[str | int, Change]:
        return {
            name: node.change
            for name, node in self.children.items()
            if node.change is not None and node.change.kind in kinds
        }


_NO_CHANGES = _Node()


def _apply(value: JSON, before: _Node, after: _Node) -> JSON:
    change = after.change
    if change is not None and change.kind is ValueChangeType.MODIFIED:
        return copy_json(change.new)
    if isinstance(value, dict):
        return _apply_to_object(value, before, after)
    if isinstance(value, list):
        return _apply_to_list(value, before, after)
    return value


def _apply_to_object(
    old: dict[str, JSON], before: _Node, after: _Node
) -> dict[str, JSON]:
    removed = before.changes_of(ValueChangeType.REMOVED)
    kept = {
        name: _apply(value, before.get(name), after.get(name))
        for name, value in old.items()
        if name not in removed
    }
    added = after.changes_of(ValueChangeType.ADDED)
    return {
        **kept,
        **{str(name): copy_json(change.new) for name, change in added.items()},
    }


def _apply_to_list(old: list[JSON], before: _Node, after: _Node) -> list[JSON]:
    added = after.changes_of(ValueChangeType.ADDED)
    moved = after.changes_of(ValueChangeType.MOVED)
    leaving = before.changes_of(ValueChangeType.REMOVED, ValueChangeType.MOVED)
    staying = iter([row for row in range(len(old)) if row not in leaving])
    removed = before.changes_of(ValueChangeType.REMOVED)
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
        row = _old_position(moved[position]) if position in moved else next(staying)
        new.append(_apply(old[row], before.get(row), after.get(position)))
    return new


def _old_position(moved: Change) -> int:
    segments = cast(PathSegments, moved.from_segments)
    return cast(int, segments[-1].name)
