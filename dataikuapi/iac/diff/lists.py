"""Matching the items of two versions of a list."""

from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple

from dataikuapi.iac.alignment import (
    Pairs,
    align,
    best_alignment,
    longest_increasing,
    pair_by_occurrence,
)
from dataikuapi.iac.models.json_values import JSON, canonical_bytes
from dataikuapi.iac.types.sets import ItemKey, KeyOf, by

__all__ = ["Match", "match_items"]

_KEYS = (by("name"), by("ref"), by("id"))
"""The keys of items in DSS: of a column, an input or output, a checklist."""

_MAX_PAIRS = 10_000
"""Maximum number of pairs of items that are compared with each other in a gap."""

_MIN_SIMILARITY = 0.5
"""Minimum similarity of two items to count as one item that was modified."""


class Match(NamedTuple):
    """How the items of two lists correspond.

    Args:
        pairs: old and new positions of the items that are in both lists.
        moved: old positions of the pairs that are out of order.
        old_keys: keys of the old items; ``None`` if they have no unique one.
        new_keys: keys of the new items.
    """

    pairs: Pairs
    moved: set[int]
    old_keys: list[ItemKey] | None = None
    new_keys: list[ItemKey] | None = None


def match_items(old: list[JSON], new: list[JSON], key_of: KeyOf | None = None) -> Match:
    """Find which items are the same in both lists, and which of them moved.

    Items are matched by their key if every item of both lists has a unique one.
    Otherwise equal items are matched first; in the gaps between those, similar items
    are matched as modified, provided that they have the same ``type`` if any.

    An item that has the same position in both lists did not move, so it is never said
    to have moved "from 1 to 1"; those that passed it did. Apart from that, as few items
    as possible count as moved.

    Args:
        old: the items before.
        new: the items after.
        key_of: returns the key of an item of these lists, if that is known. Otherwise
            it is looked for under the names that DSS uses.
    """
    for key in _KEYS if key_of is None else (key_of,):
        old_keys, new_keys = _keys(old, key), _keys(new, key)
        if old_keys is not None and new_keys is not None:
            pairs = _by_key(old_keys, new_keys)
            return Match(pairs, _out_of_order(pairs), old_keys, new_keys)
    return _by_content(old, new)


def _keys(items: list[JSON], key_of: KeyOf) -> list[ItemKey] | None:
    """Return the key of each item; ``None`` unless every item has a unique one."""
    keys = []
    for item in items:
        key = key_of(item)
        if key is None:
            return None
        keys.append(key)
    return keys if len(set(keys)) == len(keys) else None


def _by_key(old_keys: list[ItemKey], new_keys: list[ItemKey]) -> Pairs:
    positions = {key: position for position, key in enumerate(new_keys)}
    return [
        (row, positions[key]) for row, key in enumerate(old_keys) if key in positions
    ]


def _out_of_order(pairs: Pairs) -> set[int]:
    stayed = _with_unmoved(longest_increasing(pairs), pairs)
    return {row for row, _ in pairs} - {row for row, _ in stayed}


def _with_unmoved(stayed: Pairs, pairs: Pairs) -> Pairs:
    """Return pairs in order, with those whose positions are the same on both sides.

    Args:
        stayed: pairs in order; those that pass an item at its position are dropped.
        pairs: all pairs; among those with the same positions, none passes another.
    """
    unmoved = sorted(row for row, position in pairs if row == position)
    kept = [
        (row, position)
        for row, position in stayed
        if row != position and bisect(unmoved, row) == bisect(unmoved, position)
    ]
    return sorted([*kept, *((row, row) for row in unmoved)])


def _by_content(old: list[JSON], new: list[JSON]) -> Match:
    before = [canonical_bytes(item) for item in old]
    after = [canonical_bytes(item) for item in new]
    stayed = align(before, after)
    rows, positions = _unpaired(len(old), len(new), stayed)
    moved = pair_by_occurrence(before, after, rows, positions)
    equal = [*stayed, *moved]
    stayed = _with_unmoved(stayed, equal)
    moved = sorted(set(equal) - set(stayed))
    taken_rows = {row for row, _ in moved}
    taken_positions = {position for _, position in moved}
    modified = [
        pair
        for low, high, start, end in _gaps(len(old), len(new), stayed)
        for pair in _pair_similar(
            old,
            new,
            [row for row in range(low, high) if row not in taken_rows],
            [item for item in range(start, end) if item not in taken_positions],
        )
    ]
    return Match(sorted([*stayed, *moved, *modified]), taken_rows)


def _unpaired(rows: int, columns: int, pairs: Pairs) -> tuple[list[int], list[int]]:
    used_rows = {row for row, _ in pairs}
    used_columns = {column for _, column in pairs}
    return (
        [row for row in range(rows) if row not in used_rows],
        [column for column in range(columns) if column not in used_columns],
    )


def _gaps(rows: int, columns: int, pairs: Pairs) -> Iterator[tuple[int, int, int, int]]:
    """Yield the ranges between consecutive pairs, on both sides."""
    row = column = 0
    for next_row, next_column in [*pairs, (rows, columns)]:
        if row < next_row and column < next_column:
            yield row, next_row, column, next_column
        row, column = next_row + 1, next_column + 1


def _pair_similar(
    old: list[JSON], new: list[JSON], rows: list[int], positions: list[int]
) -> Pairs:
    """Pair items that were modified in place, optimally if that is affordable."""
    if not rows or not positions:
        return []
    before = [_Item(old[row]) for row in rows]
    after = [_Item(new[position]) for position in positions]
    if len(rows) * len(positions) <= _MAX_PAIRS:
        similarity = [[one.similarity(other) for other in after] for one in before]
        pairs = best_alignment(similarity, 0, 0)
    else:
        pairs = [
            (number, number)
            for number, (one, other) in enumerate(zip(before, after, strict=False))
            if one.similarity(other)
        ]
    return [(rows[one], positions[other]) for one, other in pairs]


class _Item:
    """A list item, prepared for measuring similarity."""

    def __init__(self, value: JSON) -> None:
        self._kind = _kind(value)
        self._paths: set[str] = set()
        self._leaves: set[tuple[str, object]] = set()
        if isinstance(value, dict):
            for path, leaf in _leaves(value, ""):
                self._paths.add(path)
                self._leaves.add((path, leaf))

    def similarity(self, other: "_Item") -> float:
        """Return the similarity, from 0.5 to 1; 0 if they are different items."""
        if self._kind != other._kind:
            return 0.0
        if not self._paths or not other._paths:
            return _MIN_SIMILARITY
        paths = len(self._paths & other._paths) / len(self._paths | other._paths)
        leaves = len(self._leaves & other._leaves) / len(self._leaves | other._leaves)
        similarity = (paths + leaves) / 2
        return similarity if similarity >= _MIN_SIMILARITY else 0.0


def _kind(value: JSON) -> object:
    """Return what must be equal for two items to be one that was modified."""
    if isinstance(value, dict):
        return ("object", canonical_bytes(value.get("type")))
    return "list" if isinstance(value, list) else "scalar"


def _leaves(value: JSON, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}/{name}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, f"{path}/")
    else:
        yield path, canonical_bytes(value)
