"""Renders diffs as text, for a terminal."""

import os
from collections.abc import Iterable, Iterator
from typing import IO

from dataikuapi.iac.analysis import Fact, analyze
from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.counts import has_table, text_table
from dataikuapi.iac.reports.dangling import dangling_lines
from dataikuapi.iac.reports.excerpts import WIDTH
from dataikuapi.iac.reports.fact_lines import fact_lines, heading, notes, wrapped
from dataikuapi.iac.reports.formatting import (
    derived_lines,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["render_text", "wants_color"]

_COLORS = {"+": "32", "-": "31", "~": "33", ">": "36", "?": "35", "@": "36"}
"""SGR parameters by the sign that a line begins with."""

_MAX_LINES, _SHOWN_LINES = 50, 40
"""If a fact has more lines than the former, the latter are shown."""

_MIN_NOTE = 24
"""Columns for the first words of a note beside the id; with less room it is below."""

_SIGN_INDENTS = (0, 4, 8)
"""Of a resource, a change, and a changed line of a script; other lines have no sign."""


def wants_color(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal, or FORCE_COLOR is set.

    NO_COLOR (no-color.org) wins over both.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def render_text(
    diffs: Iterable[ResourceDiff],
    include_unchanged: bool = False,
    *,
    color: bool = False,
    verbose: bool = False,
    full: bool = False,
) -> str:
    """Return the diffs as text, the heaviest first, with the counts in the last line.

    Args:
        diffs: those of the same weight are shown in their order.
        include_unchanged: list unchanged resources too.
        color: color what was added, removed and modified.
        verbose: list all names, derived changes and ignore rules, even if there are
            many.
        full: cut no values.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    lines = list(_lines(diffs, include_unchanged, verbose, full))
    if lines and lines[-1]:
        lines.append("")
    lines.append(summary_line(diffs))
    lines = [printable(line) for line in lines]
    return "\n".join(_colored(line) if color else line for line in lines)


def _lines(
    diffs: ResourceDiffs, include_unchanged: bool, verbose: bool, full: bool
) -> Iterator[str]:
    yield from upgrade_lines(diffs)
    if diffs.title:
        yield from (diffs.title, "")
    if has_table(diffs):
        yield from (*text_table(diffs), "")
    analysis = analyze(diffs)
    for fact in analysis.facts:
        yield from _heading(fact)
        lines = list(fact_lines(fact, verbose=verbose, full=full))
        shown = (
            lines
            if verbose or full or len(lines) <= _MAX_LINES
            else lines[:_SHOWN_LINES]
        )
        yield from (f"    {line}" for line in shown)
        if len(lines) > len(shown):
            yield f"    … {len(lines) - len(shown):,} more lines (-v shows them)"
    if include_unchanged:
        yield from (str(diff) for diff in diffs if not diff.has_changed)
    yield from dangling_lines(analysis.dangling)
    yield from unknown_lines(diffs.unknown)
    yield from uncompared_lines(diffs.uncompared)
    yield from unwatched_lines(diffs)
    yield from derived_lines(diffs)
    yield from rule_lines(diffs.rules, verbose)


def _heading(fact: Fact) -> Iterator[str]:
    """Yield what a fact is about, wrapped."""
    title, about = heading(fact), notes(fact)
    if not about:
        yield title
        return
    about = [f"({about[0]}", *about[1:]]
    about[-1] += ")"
    if len(title) > WIDTH - _MIN_NOTE:
        yield title
        yield from (f"    {line}" for line in wrapped(about))
    else:
        first, *others = wrapped(about, start=len(title) + 2)
        yield f"{title}  {first}".rstrip()
        yield from (f"    {line}" for line in others)


def _colored(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    code = _COLORS.get(line[indent : indent + 1]) if indent in _SIGN_INDENTS else None
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
