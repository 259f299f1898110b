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
from dataikuapi.iac.reports.excerpts import WIDTH, wrapped
from dataikuapi.iac.reports.fact_lines import heading, notes, with_notes
from dataikuapi.iac.reports.formatting import (
    derived_lines,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.headlines import headlines
from dataikuapi.iac.reports.terminal import colored, folded, object_lines
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["render_text", "wants_color"]

_SENTENCE_END = re.compile(r"(?<=\.)(?= )")


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
    return "\n".join(colored(line) if color else line for line in lines)


def _lines(
    diffs: ResourceDiffs, include_unchanged: bool, verbose: bool, full: bool
) -> Iterator[str]:
    yield from folded(upgrade_lines(diffs))
    if diffs.title:
        yield from (*folded([diffs.title]), "")
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
    yield from folded(unknown_lines(diffs.unknown))
    yield from folded(uncompared_lines(diffs.uncompared))
    yield from folded(unwatched_lines(diffs))
    yield from folded(derived_lines(diffs))
    yield from folded(rule_lines(diffs.rules, verbose))


def _fact_lines(fact: Fact, verbose: bool, full: bool) -> Iterator[str]:
    yield from with_notes(heading(fact), notes(fact))
    lines = object_lines(fact, verbose=verbose, full=full)
    yield from (f"    {line}" for line in lines)


def _summary(text: str) -> Iterator[str]:
    """Yield the summary, whole sentences on one line if they fit."""
    return folded(wrapped(_SENTENCE_END.split(text), WIDTH))
