"""Comparison of attributes, down to the values that differ."""

from collections.abc import Iterator

from dataikuapi.iac.alignment import Pairs
from dataikuapi.iac.diff.lists import Match, match_items, pair_by_place
from dataikuapi.iac.models.changes import (
    Change,
    Neighbors,
    PathSegment,
    PathSegments,
    ValueChangeType,
    member_names,
)
from dataikuapi.iac.models.json_values import JSON, canonical_bytes, json_equal
from dataikuapi.iac.types.sets import ItemKey, Sets

__all__ = ["diff_values"]

_NO_SETS: Sets = {}

_LINE = 7
"""What a change takes beside its path and values: an indent, blanks, a line break."""


def diff_values(
    old: dict[str, JSON], new: dict[str, JSON], sets: Sets = _NO_SETS
) -> tuple[Change, ...]:
    """Return a change for each value that was added, removed, modified or moved.

    Objects are compared member by member, and lists by matching their items (see
    :func:`~dataikuapi.iac.diff.lists.match_items`). Two items at the same place that
    have less in common than not are one removed and one added.

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
    match = match_items(old, new, sets.get(member_names(after)) if sets else None)
    match, edits = _edited(old, new, match, (before, after), sets)
    rows = {position: row for row, position in match.pairs}
    removed = sorted(set(range(len(old))) - set(rows.values()), reverse=True)
    ends = _gap_ends(len(old), len(new), match)
    neighbors = _neighbors(match)
    for position, item in enumerate(new):
        while removed and removed[-1] < ends[position]:
            yield _removal(old, removed.pop(), match.old_keys, before)
        path = (*after, _item(position, match.new_keys))
        if position not in rows:
            yield Change(ValueChangeType.ADDED, path, new=item, siblings=new)
            continue
        if position in neighbors:
            yield Change(
                ValueChangeType.MOVED,
                path,
                from_segments=(*before, _item(rows[position], match.old_keys)),
                neighbors=neighbors[position],
            )
        yield from edits[position]
    while removed:
        yield _removal(old, removed.pop(), match.old_keys, before)


def _edited(
    old: list[JSON],
    new: list[JSON],
    match: Match,
    paths: tuple[PathSegments, PathSegments],
    sets: Sets,
) -> tuple[Match, dict[int, list[Change]]]:
    """Compare the items of each pair.

    Returns:
        The match, without the pairs that are better shown as one item removed and one
        added; and the changes of the others, by new position.
    """

    def compared(pairs: Pairs) -> Iterator[tuple[int, int, list[Change]]]:
        for row, position in pairs:
            changes: list[Change] = []
            if not json_equal(old[row], new[position]):
                items = old[row], new[position]
                before = (*paths[0], _item(row, match.old_keys))
                after = (*paths[1], _item(position, match.new_keys))
                changes += _diff_unequal(*items, before, after, sets)
                is_keyed = match.old_keys is not None
                if not is_keyed and _is_longer(changes, *items, before, after):
                    continue
            yield row, position, changes

    found = list(compared(match.pairs))
    if len(found) < len(match.pairs):
        kept = match._replace(pairs=[(row, position) for row, position, _ in found])
        others = {*pair_by_place(len(old), len(new), kept)} - {*match.pairs}
        found += compared(sorted(others))
    pairs = sorted((row, position) for row, position, _ in found)
    edits = {position: changes for _, position, changes in found}
    return match._replace(pairs=pairs), edits


def _is_longer(
    changes: list[Change],
    old: JSON,
    new: JSON,
    before: PathSegments,
    after: PathSegments,
) -> bool:
    """Return whether it takes more characters to show the changes than both items."""
    if len(changes) == 1:
        return False
    replaced = [
        Change(ValueChangeType.REMOVED, before, old=old),
        Change(ValueChangeType.ADDED, after, new=new),
    ]
    return sum(map(_length, changes)) > sum(map(_length, replaced))


def _length(change: Change) -> int:
    values = [
        *([] if change.kind is ValueChangeType.ADDED else [change.old]),
        *([] if change.kind is ValueChangeType.REMOVED else [change.new]),
    ]
    return _LINE + len(str(change)) + sum(map(len, map(canonical_bytes, values)))


def _neighbors(match: Match) -> dict[int, Neighbors]:
    """Return, by new position, which items each moved item follows.

    Only items that did not move count, and the new list names them: so an item that
    moved never follows the same one before and after.
    """
    if not match.moved:
        return {}
    before = _predecessors(
        [(row, row, position) for row, position in match.pairs], match
    )
    after = _predecessors(
        sorted((position, row, position) for row, position in match.pairs), match
    )
    moved = [pair for pair in match.pairs if pair[0] in match.moved]
    return {position: (before[row], after[row]) for row, position in moved}


def _predecessors(
    ordered: list[tuple[int, int, int]], match: Match
) -> dict[int, PathSegment | None]:
    """Return, by old position, the last item before each that did not move.

    Args:
        ordered: pairs in the order of one of the lists, by position in it.
        match: says which of them moved.
    """
    found: dict[int, PathSegment | None] = {}
    last: PathSegment | None = None
    for _, row, position in ordered:
        found[row] = last
        if row not in match.moved:
            last = _item(position, match.new_keys)
    return found


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
    path = (*before, _item(row, keys))
    return Change(ValueChangeType.REMOVED, path, old=old[row], siblings=old)


def _item(position: int, keys: list[ItemKey] | None) -> PathSegment:
    if keys is None:
        return PathSegment(position)
    name, kind = keys[position]
    return PathSegment(position, f"{kind} {name}" if kind else name, kind)
