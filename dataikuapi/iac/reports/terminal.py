"""Fits the lines of a report to a terminal: their width, their number, their color."""

from collections.abc import Iterable, Iterator, Mapping

from dataikuapi.iac.analysis import Fact
from dataikuapi.iac.reports.excerpts import WIDTH, words, wrapped
from dataikuapi.iac.reports.fact_lines import fact_lines

__all__ = ["colored", "folded", "object_lines"]

_COLORS = {"+": "32", "-": "31", "~": "33", ">": "36", "?": "35", "@": "36"}
"""SGR parameters by the sign that a line begins with."""

_NO_COLORS: Mapping[str, str] = {}

_MAX_LINES, _SHOWN_LINES = 50, 40
"""If a fact has more lines than the former, the latter are shown."""

_MAX_DESCRIPTION_LINES = 8
"""Lines that are shown of descriptions and tags, which must not hide other facts."""

_SIGN_INDENTS = (0, 4, 8)
"""Of a resource, a change, and a changed line of a script; other lines have no sign."""


def colored(line: str, headings: Mapping[str, str] = _NO_COLORS) -> str:
    """Return a line in the color of its sign, if it has one.

    Args:
        line: as a report has it.
        headings: SGR parameters by signs that only lines without indent have.
    """
    indent = len(line) - len(line.lstrip(" "))
    sign = line[indent : indent + 1]
    code = _COLORS.get(sign) if indent in _SIGN_INDENTS else None
    if indent == 0:
        code = code or headings.get(sign)
    return f"\x1b[{code}m{line}\x1b[0m" if code else line


def object_lines(fact: Fact, *, verbose: bool, full: bool) -> list[str]:
    """Describe a fact below its heading; of very many lines, only the first.

    Args:
        fact: the fact.
        verbose: list everything, even if there is much.
        full: cut nothing.
    """
    most = None if verbose or full else _MAX_DESCRIPTION_LINES
    lines = list(
        fact_lines(fact, verbose=verbose, full=full, max_description_lines=most)
    )
    if verbose or full or len(lines) <= _MAX_LINES:
        return lines
    rest = f"… {len(lines) - _SHOWN_LINES:,} more lines (-v shows them)"
    return [*lines[:_SHOWN_LINES], rest]


def folded(lines: Iterable[str]) -> Iterator[str]:
    """Wrap lines to the width of a terminal, with what follows indented by 2 more."""
    for line in lines:
        indent = len(line) - len(line.lstrip(" ")) + 2
        yield from wrapped(words(line), WIDTH, " " * indent)
