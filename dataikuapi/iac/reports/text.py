"""Renders diffs as text, for a terminal."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import IO

from dataikuapi.iac.analysis import Fact, analyze
from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.counts import has_table, text_table
from dataikuapi.iac.reports.dangling import dangling_lines
from dataikuapi.iac.reports.excerpts import WIDTH, words, wrapped
from dataikuapi.iac.reports.fact_lines import fact_lines, heading, notes, with_notes
from dataikuapi.iac.reports.formatting import (
    derived_lines,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.headlines import headlines
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["render_text", "wants_color"]

_COLORS = {"+": "32", "-": "31", "~": "33", ">": "36", "?": "35", "@": "36"}
"""SGR parameters by the sign that a line begins with."""

_MAX_LINES, _SHOWN_LINES = 50, 40
"""If a fact has more lines than the former, the latter are shown."""

_MAX_DESCRIPTION_LINES = 8
"""Lines that are shown of descriptions and tags, which must not hide other facts."""

_SENTENCE_END = re.compile(r"(?<=\.)(?= )")

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
    """Return the diffs as text, the heaviest first, with the counts at the end.

    A text that is longer than a screen begins with a list of what weighs most.

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
    lines += _summary(summary_line(diffs))
    lines = [printable(line) for line in lines]
    return "\n".join(_colored(line) if color else line for line in lines)


def _lines(
    diffs: ResourceDiffs, include_unchanged: bool, verbose: bool, full: bool
) -> Iterator[str]:
    yield from _wrapped(upgrade_lines(diffs))
    if diffs.title:
        yield from (*_wrapped([diffs.title]), "")
    analysis = analyze(diffs)
    details = [
        line for fact in analysis.facts for line in _fact_lines(fact, verbose, full)
    ]
    if analysis.dangling:
        yield from (*dangling_lines(analysis.dangling), "")
    yield from headlines(analysis.facts, len(details))
    if has_table(diffs):
        yield from (*text_table(diffs, verbose=verbose), "")
    yield from details
    if include_unchanged:
        yield from (str(diff) for diff in diffs if not diff.has_changed)
    yield from _wrapped(unknown_lines(diffs.unknown))
    yield from _wrapped(uncompared_lines(diffs.uncompared))
    yield from _wrapped(unwatched_lines(diffs))
    yield from _wrapped(derived_lines(diffs))
    yield from _wrapped(rule_lines(diffs.rules, verbose))


def _fact_lines(fact: Fact, verbose: bool, full: bool) -> Iterator[str]:
    yield from with_notes(heading(fact), notes(fact))
    most = None if verbose or full else _MAX_DESCRIPTION_LINES
    lines = list(
        fact_lines(fact, verbose=verbose, full=full, max_description_lines=most)
    )
    is_whole = verbose or full or len(lines) <= _MAX_LINES
    shown = lines if is_whole else lines[:_SHOWN_LINES]
    yield from (f"    {line}" for line in shown)
    if not is_whole:
        yield f"    … {len(lines) - _SHOWN_LINES:,} more lines (-v shows them)"


def _summary(text: str) -> Iterator[str]:
    """Yield the summary, whole sentences on one line if they fit."""
    return _wrapped(wrapped(_SENTENCE_END.split(text), WIDTH))


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    """Wrap lines to the width of a terminal, with what follows indented by 2 more."""
    for line in lines:
        indent = len(line) - len(line.lstrip(" ")) + 2
        yield from wrapped(words(line), WIDTH, " " * indent)


def _colored(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    code = _COLORS.get(line[indent : indent + 1]) if indent in _SIGN_INDENTS else None
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
