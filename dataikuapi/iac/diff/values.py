"""Comparison of attributes, down to the values that differ."""

from collections.abc import Iterator

from dataikuapi.iac.diff.lists import Match, match_items
from dataikuapi.iac.models.changes import (
    Change,
    PathSegment,
    PathSegments,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.types.sets import ItemKey, Sets

__all__ = ["diff_values"]

_NO_SETS: Sets = {}


def diff_values(
    old: dict[str, JSON], new: dict[str, JSON], sets: Sets = _NO_SETS
) -> tuple[Change, ...]:
    """Return a change for each value that was added, removed, modified or moved.

    Objects are compared member by member, and lists by matching their items (see
    :func:`~dataikuapi.iac.diff.lists.match_items`).

    Args:
        old: the attributes before.
        new: the attributes after.
        sets: which lists are sets; they are in canonical order.

    Returns:
        The changes, sorted by attribute name and by list position; a removed item comes
        before the items that followed it.
    """
    return tuple(_diff_objects(old, new, (), (), sets))


def _diff_unequal(
    old: JSON, new: JSON, before: PathSegments, after: PathSegments, sets: Sets
) -> Iterator[Change]:
    """Compare two corresponding values that are known to differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _diff_objects(old, new, before, after, sets)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _diff_lists(old, new, before, after, sets)
    else:
        yield Change(ValueChangeType.MODIFIED, after, old, new)


def _diff_objects(
    old: dict[str, JSON],
    new: dict[str, JSON],
    before: PathSegments,
    after: PathSegments,
    sets: Sets,
) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        segment = PathSegment(name)
        if name not in new:
            yield Change(ValueChangeType.REMOVED, (*before, segment), old=old[name])
        elif name not in old:
            yield Change(ValueChangeType.ADDED, (*after, segment), new=new[name])
        elif not json_equal(old[name], new[name]):
            yield from _diff_unequal(
                old[name], new[name], (*before, segment), (*after, segment), sets
            )


def _diff_lists(
    old: list[JSON],
    new: list[JSON],
    before: PathSegments,
    after: PathSegments,
    sets: Sets,
) -> Iterator[Change]:
    match = match_items(old, new, sets.get(_names(after)) if sets else None)
    rows = {position: row for row, position in match.pairs}
    removed = sorted(set(range(len(old))) - set(rows.values()), reverse=True)
    ends = _gap_ends(len(old), len(new), match)
    for position, item in enumerate(new):
        while removed and removed[-1] < ends[position]:
            yield _removal(old, removed.pop(), match.old_keys, before)
        row = rows.get(position)
        path = (*after, _item(position, match.new_keys))
        if row is None:
            yield Change(ValueChangeType.ADDED, path, new=item)
            continue
        old_path = (*before, _item(row, match.old_keys))
        if row in match.moved:
            yield Change(ValueChangeType.MOVED, path, from_segments=old_path)
        if not json_equal(old[row], item):
            yield from _diff_unequal(old[row], item, old_path, path, sets)
    while removed:
        yield _removal(old, removed.pop(), match.old_keys, before)


def _gap_ends(rows: int, positions: int, match: Match) -> list[int]:
    """Return, for each new position, the next old position that did not move."""
    stayed = {position: row for row, position in match.pairs if row not in match.moved}
    ends, end = [rows] * positions, rows
    for position in range(positions - 1, -1, -1):
        end = stayed.get(position, end)
        ends[position] = end
    return ends


def _removal(
    old: list[JSON], row: int, keys: list[ItemKey] | None, before: PathSegments
) -> Change:
    return Change(ValueChangeType.REMOVED, (*before, _item(row, keys)), old=old[row])


def _item(position: int, keys: list[ItemKey] | None) -> PathSegment:
    if keys is None:
        return PathSegment(position)
    name, kind = keys[position]
    return PathSegment(position, f"{kind} {name}" if kind else name, kind)


def _names(path: PathSegments) -> tuple[str, ...]:
    """Return the names in a path, without positions in lists."""
    return tuple(segment.name for segment in path if isinstance(segment.name, str))
