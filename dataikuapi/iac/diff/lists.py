"""Matching the items of two versions of a list."""

from bisect import bisect
from collections.abc import Iterator, Set
from typing import NamedTuple

from dataikuapi.iac.alignment import (
    Pairs,
    align,
    best_alignment,
    longest_increasing,
    pair_by_occurrence,
)
from dataikuapi.iac.models.json_values import JSON, canonical_bytes
from dataikuapi.iac.types.sets import ItemKey, KeyOf, keys_of_lists

__all__ = ["Match", "match_items", "pair_by_place"]

_MAX_PAIRS = 10_000
"""Maximum number of pairs of items that are compared with each other in a gap."""

_OTHER_KIND, _SAME_KIND, _SAME_MEMBERS, _SAME_VALUES = 0.1, 0.2, 0.1, 0.7
"""Weights in the similarity of two items.

Any two items are a little similar, so that those are paired which are at the same place
where nothing fits better. Two pairs that share nothing weigh less than one good pair.
"""


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
    Otherwise equal items are matched first; in the gaps between those, the most similar
    items, and where nothing is similar, those at the same place. Whether two matched
    items are better shown as one that was modified, or as one removed and one added, is
    left to the caller.

    An item that has the same position in both lists did not move; those that passed it
    did. Apart from that, as few items as possible count as moved.

    Args:
        old: the items before.
        new: the items after.
        key_of: returns the key of an item of these lists, if that is known. Otherwise
            it is looked for under the names that DSS uses.
    """
    keys = keys_of_lists([old, new], key_of)
    if keys is None:
        return _by_content(old, new)
    pairs = _by_key(*keys)
    return Match(pairs, _out_of_order(pairs), *keys)


def _by_key(old_keys: list[ItemKey], new_keys: list[ItemKey]) -> Pairs:
    positions = {key: position for position, key in enumerate(new_keys)}
    return [
        (row, positions[key]) for row, key in enumerate(old_keys) if key in positions
    ]


def _out_of_order(pairs: Pairs) -> set[int]:
    return {row for row, _ in pairs} - {row for row, _ in _in_order(pairs)}


def _in_order(pairs: Pairs) -> Pairs:
    """Return as many pairs as possible of items that do not pass each other.

    Among them are all whose positions are the same on both sides: none of those passes
    another, and pairs that pass one of them are left out.
    """
    unmoved = sorted(row for row, position in pairs if row == position)
    return longest_increasing(
        [
            (row, position)
            for row, position in pairs
            if bisect(unmoved, row) == bisect(unmoved, position)
        ]
    )


def _by_content(old: list[JSON], new: list[JSON]) -> Match:
    before = [canonical_bytes(item) for item in old]
    after = [canonical_bytes(item) for item in new]
    equal = align(before, after)
    rest = _unpaired(len(old), len(new), equal)
    equal += pair_by_occurrence(before, after, *rest)
    stayed = _in_order(equal)
    moved = {row for row, _ in equal} - {row for row, _ in stayed}
    match = Match(sorted(equal), moved)
    modified = [
        pair
        for rows, positions in _unpaired_by_gap(len(old), len(new), match)
        for pair in _pair_rest(old, new, rows, positions)
    ]
    return Match(sorted([*equal, *modified]), moved)


def pair_by_place(rows: int, columns: int, match: Match) -> Pairs:
    """Return further pairs, of items with the same position between the same others.

    Args:
        rows: number of old items.
        columns: number of new items.
        match: has the other pairs.
    """
    return [
        (row, row)
        for old, new in _unpaired_by_gap(rows, columns, match)
        for row in sorted({*old} & {*new})
    ]


def _unpaired_by_gap(
    rows: int, columns: int, match: Match
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield, for each gap between items that did not move, the items without a pair."""
    moved = [pair for pair in match.pairs if pair[0] in match.moved]
    moved_positions = {position for _, position in moved}
    stayed = [pair for pair in match.pairs if pair[0] not in match.moved]
    for low, high, start, end in _gaps(rows, columns, stayed):
        yield (
            [row for row in range(low, high) if row not in match.moved],
            [item for item in range(start, end) if item not in moved_positions],
        )


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


def _pair_rest(
    old: list[JSON], new: list[JSON], rows: list[int], positions: list[int]
) -> Pairs:
    """Pair the items in a gap, optimally if that is affordable."""
    choices = len(rows) * len(positions)
    if not 1 < choices <= _MAX_PAIRS:
        return list(zip(rows, positions, strict=False))
    before = [_Item(old[row]) for row in rows]
    after = [_Item(new[position]) for position in positions]
    # What all of them have in common does not tell which belong together.
    common = frozenset.intersection(*(item.leaves for item in [*before, *after]))
    for item in [*before, *after]:
        item.leaves -= common
    similarity = [[one.similarity(other) for other in after] for one in before]
    pairs = best_alignment(similarity, 0, 0)
    return [(rows[one], positions[other]) for one, other in pairs]


class _Item:
    """A list item, prepared for measuring similarity."""

    def __init__(self, value: JSON) -> None:
        self._kind = _kind(value)
        self.leaves: frozenset[tuple[str, bytes]] = frozenset()
        if isinstance(value, (dict, list)):
            self.leaves = frozenset(_leaves(value, ""))

    def similarity(self, other: "_Item") -> float:
        """Return the similarity, above 0 and up to 1."""
        if self._kind != other._kind:
            return _OTHER_KIND
        values = _overlap(self.leaves, other.leaves)
        members = _overlap(
            {path for path, _ in self.leaves}, {path for path, _ in other.leaves}
        )
        return _SAME_KIND + _SAME_MEMBERS * members + _SAME_VALUES * values


def _overlap(one: Set[object], other: Set[object]) -> float:
    """Return which part of what either has is in both."""
    either = one | other
    return len(one & other) / len(either) if either else 0.0


def _kind(value: JSON) -> str:
    if isinstance(value, dict):
        return "object"
    return "list" if isinstance(value, list) else "scalar"


def _leaves(value: JSON, path: str) -> Iterator[tuple[str, bytes]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}/{name}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, f"{path}/")
    else:
        yield path, canonical_bytes(value)
