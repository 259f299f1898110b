"""Which items of one sequence are which of another?"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Sequence

__all__ = [
    "Pairs",
    "align",
    "best_alignment",
    "longest_increasing",
    "pair_by_occurrence",
]

Pairs = list[tuple[int, int]]
"""Positions in the one and in the other sequence that belong together."""

_TABLE = 10_000
"""Cells of a table that is worth filling for the best alignment of a gap."""


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Align equal items, as a person would who compares two lists.

    What is alike at both ends is paired first, then what is there once on either side
    (patience diff), then, between those, the longest common part of what is short. Of
    what is long, with nothing unique in it, equal items are paired by their order: so
    it never takes quadratic time.

    Returns:
        Pairs of equal items, increasing on both sides.
    """
    pairs: Pairs = []
    ranges = [(0, len(old), 0, len(new))]
    while ranges:
        low, high, start, end = ranges.pop()
        while low < high and start < end and old[low] == new[start]:
            pairs.append((low, start))
            low, start = low + 1, start + 1
        while low < high and start < end and old[high - 1] == new[end - 1]:
            high, end = high - 1, end - 1
            pairs.append((high, end))
        if low == high or start == end:
            continue
        rows, columns = range(low, high), range(start, end)
        anchors = longest_increasing(_unique(old, new, rows, columns))
        if anchors:
            pairs += anchors
            befores = [(low - 1, start - 1), *anchors]
            afters = [*anchors, (high, end)]
            ranges += [
                (before[0] + 1, after[0], before[1] + 1, after[1])
                for before, after in zip(befores, afters)
            ]
        elif len(rows) * len(columns) <= _TABLE:
            pairs += _longest_common(old, new, rows, columns)
        else:
            pairs += longest_increasing(pair_by_occurrence(old, new, rows, columns))
    return sorted(pairs)


def longest_increasing(pairs: Pairs) -> Pairs:
    """Return the most of these pairs that increase on both sides.

    Args:
        pairs: no position twice on either side.
    """
    # Patience sorting: the last pair of the best chain of each length.
    ends: list[int] = []
    chain: list[int] = []
    before: list[int] = []
    pairs = sorted(pairs)
    for index, (_, position) in enumerate(pairs):
        length = bisect_left(ends, position)
        if length == len(ends):
            ends.append(position)
            chain.append(index)
        else:
            ends[length] = position
            chain[length] = index
        before.append(chain[length - 1] if length else -1)
    best: Pairs = []
    index = chain[-1] if chain else -1
    while index >= 0:
        best.append(pairs[index])
        index = before[index]
    return best[::-1]


def pair_by_occurrence(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    old_positions: Sequence[int],
    new_positions: Sequence[int],
) -> Pairs:
    """Pair the first of equal items with the first, the second with the second."""
    places = defaultdict(list)
    for position in reversed(new_positions):
        places[new[position]].append(position)
    return [
        (position, places[old[position]].pop())
        for position in old_positions
        if places.get(old[position])
    ]


def _unique(
    old: Sequence[Hashable], new: Sequence[Hashable], rows: range, columns: range
) -> Pairs:
    before, after = _once(old, rows), _once(new, columns)
    return [(before[item], after[item]) for item in before if item in after]


def _once(items: Sequence[Hashable], positions: range) -> dict[Hashable, int]:
    """Return where those are that are there once."""
    places: dict[Hashable, int] = {}
    twice = set()
    for position in positions:
        item = items[position]
        if item in places:
            twice.add(item)
        places[item] = position
    for item in twice:
        del places[item]
    return places


def _longest_common(
    old: Sequence[Hashable], new: Sequence[Hashable], rows: range, columns: range
) -> Pairs:
    similarity = [[float(old[row] == new[item]) for item in columns] for row in rows]
    return best_alignment(similarity, rows.start, columns.start)


def best_alignment(
    similarity: Sequence[Sequence[float]], low: int, start: int
) -> Pairs:
    """Pair rows with columns, both in order, so that they are most alike in all.

    Args:
        similarity: of each row to each column; 0 if they are not to be paired.
        low: position of the first row.
        start: position of the first column.
    """
    rows, columns = len(similarity), len(similarity[0])
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        line, below, alike = best[row], best[row + 1], similarity[row]
        for column in range(columns - 1, -1, -1):
            paired = alike[column] + below[column + 1] if alike[column] else 0.0
            line[column] = max(below[column], line[column + 1], paired)
    pairs: Pairs = []
    row = column = 0
    while row < rows and column < columns:
        paired = similarity[row][column]
        if paired and best[row][column] == paired + best[row + 1][column + 1]:
            pairs.append((low + row, start + column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs
