"""Alignment of sequences: which items of one correspond to which of the other."""

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
"""Positions in the first and the second sequence that correspond to each other."""

_MAX_CELLS = 10_000
"""Maximum size of the table that is filled to align a gap optimally."""


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Align equal items, as a person comparing two lists would.

    The common prefix and suffix are paired first, then the items that are unique on
    both sides (patience diff), and in the gaps between those the longest common
    subsequence. In a long gap without unique items, equal items are paired in order
    instead, so the time is never quadratic.

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
        anchors = longest_increasing(_unique_pairs(old, new, rows, columns))
        if anchors:
            pairs += anchors
            befores = [(low - 1, start - 1), *anchors]
            afters = [*anchors, (high, end)]
            ranges += [
                (before[0] + 1, after[0], before[1] + 1, after[1])
                for before, after in zip(befores, afters, strict=True)
            ]
        elif len(rows) * len(columns) <= _MAX_CELLS:
            pairs += _longest_common_subsequence(old, new, rows, columns)
        else:
            pairs += longest_increasing(pair_by_occurrence(old, new, rows, columns))
    return sorted(pairs)


def longest_increasing(pairs: Pairs) -> Pairs:
    """Return the longest subset of the pairs that increases on both sides.

    Args:
        pairs: no position may occur twice on either side.
    """
    # Patience sorting; `chain` holds the last pair of the best chain of each length.
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
    """Pair equal items by occurrence: the first with the first, and so on."""
    places = defaultdict(list)
    for position in reversed(new_positions):
        places[new[position]].append(position)
    return [
        (position, places[old[position]].pop())
        for position in old_positions
        if places.get(old[position])
    ]


def _unique_pairs(
    old: Sequence[Hashable], new: Sequence[Hashable], rows: range, columns: range
) -> Pairs:
    before, after = _unique_positions(old, rows), _unique_positions(new, columns)
    return [(before[item], after[item]) for item in before if item in after]


def _unique_positions(
    items: Sequence[Hashable], positions: range
) -> dict[Hashable, int]:
    """Return the positions of the items that occur only once."""
    places: dict[Hashable, int] = {}
    repeated = set()
    for position in positions:
        item = items[position]
        if item in places:
            repeated.add(item)
        places[item] = position
    for item in repeated:
        del places[item]
    return places


def _longest_common_subsequence(
    old: Sequence[Hashable], new: Sequence[Hashable], rows: range, columns: range
) -> Pairs:
    similarity = [[float(old[row] == new[item]) for item in columns] for row in rows]
    return best_alignment(similarity, rows.start, columns.start)


def best_alignment(
    similarity: Sequence[Sequence[float]], low: int, start: int
) -> Pairs:
    """Pair rows with columns, both in order, for the greatest total similarity.

    Args:
        similarity: of each row to each column; 0 if they must not be paired.
        low: position of the first row.
        start: position of the first column.
    """
    rows, columns = len(similarity), len(similarity[0])
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        line, below, similar = best[row], best[row + 1], similarity[row]
        for column in range(columns - 1, -1, -1):
            paired = similar[column] + below[column + 1] if similar[column] else 0.0
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
