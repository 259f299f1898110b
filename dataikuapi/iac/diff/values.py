"""Comparing two configurations: one change per value that differs."""

from collections.abc import Iterator

from dataikuapi.iac.diff.lists import Match, match_items
from dataikuapi.iac.models.changes import (
    Change,
    PathSegment,
    PathSegments,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import JSON, json_equal

__all__ = ["diff_values"]


def diff_values(old: dict[str, JSON], new: dict[str, JSON]) -> tuple[Change, ...]:
    """Return one change for each value that was added, removed, modified or moved.

    Objects are compared member by member and lists item by item (see
    :func:`~dataikuapi.iac.diff.lists.match_items`), down to the values that differ.

    Args:
        old: the attributes before.
        new: the attributes after.

    Returns:
        In the order of names and of indexes in the new attributes; a removed item comes
        before those that followed it.
    """
    return tuple(_of_objects(old, new, (), ()))


def _of_values(
    old: JSON, new: JSON, before: PathSegments, after: PathSegments
) -> Iterator[Change]:
    """Compare two values at the same place, which are known to differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(old, new, before, after)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, before, after)
    else:
        yield Change(ValueChangeType.MODIFIED, after, old, new)


def _of_objects(
    old: dict[str, JSON],
    new: dict[str, JSON],
    before: PathSegments,
    after: PathSegments,
) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        segment = PathSegment(name)
        if name not in new:
            yield Change(ValueChangeType.REMOVED, (*before, segment), old=old[name])
        elif name not in old:
            yield Change(ValueChangeType.ADDED, (*after, segment), new=new[name])
        elif not json_equal(old[name], new[name]):
            yield from _of_values(
                old[name], new[name], (*before, segment), (*after, segment)
            )


def _of_lists(
    old: list[JSON], new: list[JSON], before: PathSegments, after: PathSegments
) -> Iterator[Change]:
    match = match_items(old, new)
    rows = {position: row for row, position in match.pairs}
    gone = sorted(set(range(len(old))) - set(rows.values()), reverse=True)
    ends = _ends_of_gaps(len(old), len(new), match)
    for position, item in enumerate(new):
        while gone and gone[-1] < ends[position]:
            yield _removed(old, gone.pop(), match.old_keys, before)
        row = rows.get(position)
        here = (*after, PathSegment(position, _at(match.new_keys, position)))
        if row is None:
            yield Change(ValueChangeType.ADDED, here, new=item)
            continue
        there = (*before, PathSegment(row, _at(match.old_keys, row)))
        if row in match.moved:
            yield Change(ValueChangeType.MOVED, here, from_segments=there)
        if not json_equal(old[row], item):
            yield from _of_values(old[row], item, there, here)
    while gone:
        yield _removed(old, gone.pop(), match.old_keys, before)


def _ends_of_gaps(rows: int, positions: int, match: Match) -> list[int]:
    """Return for each new index the next old one among the items that stayed."""
    stayed = {position: row for row, position in match.pairs if row not in match.moved}
    ends, end = [rows] * positions, rows
    for position in range(positions - 1, -1, -1):
        end = stayed.get(position, end)
        ends[position] = end
    return ends


def _removed(
    old: list[JSON], row: int, keys: list[str] | None, before: PathSegments
) -> Change:
    return Change(
        ValueChangeType.REMOVED,
        (*before, PathSegment(row, _at(keys, row))),
        old=old[row],
    )


def _at(keys: list[str] | None, position: int) -> str | None:
    return None if keys is None else keys[position]
