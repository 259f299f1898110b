"""The blocks that Markdown reports consist of, within the size limit of a comment."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from dataikuapi.iac.console import printable

__all__ = [
    "MAX_CHARACTERS",
    "MAX_NAME",
    "RESERVE",
    "Section",
    "code",
    "code_html",
    "collapsed",
    "fenced",
    "sections",
    "truncated",
]

MAX_CHARACTERS = 60_000
"""GitHub's limit for a comment is 65,536; this leaves room for text around it."""

MAX_NAME = 150
"""Most characters of a line in the list of resources."""

RESERVE = 200
"""Characters reserved for the line that says how much was omitted."""

_MAX_BLOCK, _MIN_BLOCK, _MAX_LINE = 8_000, 300, 400
"""Most characters of a code block, of each of very many blocks, and of a line."""


class Section(NamedTuple):
    """A collapsed section.

    Args:
        title: what is always shown, as HTML.
        lines: what is shown when it is opened.
    """

    title: str
    lines: list[str]


def sections(
    found: Sequence[Section], room: int, full: bool, omitted: Callable[[int], str]
) -> Iterator[str]:
    """Yield sections as long as there is room, which they share.

    Args:
        found: the sections.
        room: characters that are left.
        full: cut none of the lines, nor any of their number.
        omitted: returns a line for the sections that are left out, from a number on.
    """
    sizes = [len(_details(*item, _MAX_BLOCK)) + 2 for item in found]
    block = sys.maxsize if full else _fair_share(sizes, room)
    for number, item in enumerate(found):
        entry = _details(*item, block, sys.maxsize if full else _MAX_LINE)
        room -= len(entry) + 2
        if room < 0:
            yield omitted(number)
            return
        yield entry


def _fair_share(sizes: list[int], room: int) -> int:
    """Return the most characters of a block, so that what small ones leave is used."""
    for number, size in enumerate(sorted(sizes)):
        share = room // (len(sizes) - number)
        if size > share:
            return min(_MAX_BLOCK, max(_MIN_BLOCK, share - _MAX_LINE))
        room -= size
    return _MAX_BLOCK


def collapsed(title: str, lines: list[str]) -> Iterator[str]:
    """Yield a collapsed section, if it has lines."""
    if lines:
        yield _details(title, lines, _MAX_BLOCK)


def _details(summary: str, lines: list[str], room: int, width: int = _MAX_LINE) -> str:
    return (
        f"<details><summary>{summary}</summary>\n\n{fenced(lines, room, width)}"
        "\n\n</details>"
    )


def fenced(lines: Iterable[str], room: int, width: int = _MAX_LINE) -> str:
    """Return lines as a code block of a diff."""
    shown = [truncated(printable(line), width) for line in lines]
    text = "\n".join(_fitting(room, shown))
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}diff\n{text}\n{fence}"


def _fitting(room: int, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            yield f"… ({len(lines) - number:,} more lines)"
            return
        yield line


def truncated(line: str, most: int = _MAX_LINE) -> str:
    """Return a line, or its beginning and how much is left."""
    if len(line) <= most:
        return line
    return f"{line[:most]}… ({len(line) - most:,} more characters)"


def code_html(text: str) -> str:
    """Return code as HTML, for titles, where Markdown is not rendered."""
    return f"<code>{escape(truncated(printable(text)))}</code>"


def code(text: str) -> str:
    """Return a code span, with a fence longer than any run of backticks inside."""
    text = truncated(printable(text))
    longest = _longest_run(text)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
