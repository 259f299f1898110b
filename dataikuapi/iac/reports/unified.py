"""Compares two texts line by line, in the format of ``git diff``."""

import unicodedata
from collections.abc import Iterator
from functools import partial
from itertools import groupby

from dataikuapi.iac.alignment import align
from dataikuapi.iac.reports.excerpts import columns, common_prefix, excerpt

__all__ = ["line_excerpts", "unified_diff"]

_CONTEXT = 2
"""Unchanged lines that are shown around each change."""

_MAX_NUMBERS = 3
"""Numbers of lines that the head of a hunk lists at most."""

_LINE_FEED = "\n"

_MAX_BLOCK = 50
"""Lines up to which each is compared to all that it may have replaced."""

_NO_NEWLINE = "\\ No newline at end of file"

Edit = tuple[str, str]
"""A sign (``-``, ``+`` or a blank), and a line with its line feed, if it has one."""


def unified_diff(old: str, new: str) -> list[str]:
    """Compare two texts by line.

    Returns:
        Lines as git writes them, so that ``patch`` and ``git apply`` take them: hunks,
        each with a head such as ``@@ -3,5 +3,6 @@``, of lines that begin with ``-``,
        ``+`` or a blank. After the head follows which of its lines look the same before
        and after, where they differ in nothing that is visible.
    """
    edits = list(_edits(_lines(old), _lines(new)))
    lines: list[str] = []
    row = column = 0
    for is_shown, group in groupby(_shown(edits), lambda item: item[0]):
        hunk = [edits[number] for _, number in group]
        if is_shown:
            lines += _hunk(hunk, row, column)
        row += sum(sign != "+" for sign, _ in hunk)
        column += sum(sign != "-" for sign, _ in hunk)
    return lines


def _lines(text: str) -> list[str]:
    """Return the lines with their line feeds; other line breaks are part of a line."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _edits(before: list[str], after: list[str]) -> Iterator[Edit]:
    row = column = 0
    for next_row, next_column in [*align(before, after), (len(before), len(after))]:
        yield from (("-", line) for line in before[row:next_row])
        yield from (("+", line) for line in after[column:next_column])
        if next_row < len(before):
            yield " ", before[next_row]
        row, column = next_row + 1, next_column + 1


def _shown(edits: list[Edit]) -> Iterator[tuple[bool, int]]:
    """Yield whether each edit is shown, and its number."""
    for number in range(len(edits)):
        nearby = edits[max(number - _CONTEXT, 0) : number + _CONTEXT + 1]
        yield any(sign != " " for sign, _ in nearby), number


def _hunk(edits: list[Edit], row: int, column: int) -> Iterator[str]:
    """Yield the lines of a hunk.

    Args:
        edits: changes with the lines around them.
        row: how many lines of the old text are before the hunk.
        column: how many lines of the new text are.
    """
    rows = sum(sign != "+" for sign, _ in edits)
    columns = sum(sign != "-" for sign, _ in edits)
    head = f"@@ -{_range(row, rows)} +{_range(column, columns)} @@"
    yield f"{head}{_note(list(_alike(edits, column)))}"
    for sign, line in edits:
        yield f"{sign}{line.removesuffix(_LINE_FEED)}"
        if not line.endswith(_LINE_FEED):
            yield _NO_NEWLINE


def _range(before: int, count: int) -> str:
    first = before + 1 if count else before
    return str(first) if count == 1 else f"{first},{count}"


def _alike(edits: list[Edit], column: int) -> Iterator[int]:
    """Yield the numbers, in the new text, of lines that look like one they replaced."""
    for _, group in groupby(edits, lambda edit: edit[0] == " "):
        block = list(group)
        removed = {line for sign, line in block if sign == "-"}
        visible = set(map(_visible, removed))
        added = [line for sign, line in block if sign != "-"]
        for number, line in enumerate(added, column + 1):
            if line not in removed and _visible(line) in visible:
                yield number
        column += len(added)


def _visible(line: str) -> str:
    """Return what a reader sees of a line: no whitespace, and one form of letters."""
    return "".join(unicodedata.normalize("NFKC", line).split())


def _note(numbers: list[int]) -> str:
    if not numbers:
        return ""
    listed = ", ".join(map(str, numbers[:_MAX_NUMBERS]))
    more = ", …" if len(numbers) > _MAX_NUMBERS else ""
    lines = "line" if len(numbers) == 1 else "lines"
    return f" only whitespace or encoding differs: {lines} {listed}{more}"


def line_excerpts(lines: list[str], width: int) -> Iterator[str]:
    """Cut the lines of a unified diff to a width, in columns.

    What is shown of a changed line begins where it differs from the one that it
    replaced. A line that would then look like another one is left as it is.
    """
    for sign, group in groupby(lines, lambda line: line[0] if line[0] in " @" else ""):
        block = list(group)
        if sign == " ":
            yield from (excerpt(line, width) for line in block)
        else:
            yield from block if sign else _block_excerpts(block, width)


def _block_excerpts(block: list[str], width: int) -> list[str]:
    if all(columns(line) <= width for line in block):
        return block
    removed = [line[1:] for line in block if line[0] == "-"]
    added = [line[1:] for line in block if line[0] == "+"]
    shown = [
        *_cut(removed, added, width - 1),
        *_cut(added, removed, width - 1),
    ]
    rest = iter(_distinct([*removed, *added], shown, len(removed)))
    return [line if line[0] == "\\" else f"{line[0]}{next(rest)}" for line in block]


def _cut(lines: list[str], others: list[str], width: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        nearby = others if len(others) <= _MAX_BLOCK else others[number : number + 1]
        other = max(nearby, key=partial(common_prefix, line), default="")
        fit = columns(line) <= width and columns(other) <= width
        yield line if fit else excerpt(line, width, common_prefix(line, other))


def _distinct(lines: list[str], shown: list[str], count: int) -> Iterator[str]:
    """Yield lines as they are shown, or whole where two of both sides look alike."""
    alike = set(shown[:count]) & set(shown[count:])
    for line, text in zip(lines, shown, strict=True):
        yield line if text in alike else text
