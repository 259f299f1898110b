"""Compares two texts line by line, in the format of ``diff -u``."""

from collections.abc import Iterator

from dataikuapi.iac.alignment import align

__all__ = ["unified_diff"]

_CONTEXT = 2
"""Unchanged lines that are shown around each change."""


def unified_diff(old: str, new: str) -> list[str]:
    """Compare two texts by line, as ``diff -u`` does.

    Returns:
        Lines that begin with ``-``, ``+`` or a blank. Each hunk begins with a header
        such as ``@@ -3 +4 @@``: the number of its first line in either text, from 1.
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
