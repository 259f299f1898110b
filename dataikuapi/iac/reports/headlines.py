"""The list of facts, one line each, that a text longer than a screen begins with."""

from collections.abc import Iterator, Sequence

from dataikuapi.iac.analysis import DerivedFact, Fact, ObjectFact, SharedFact
from dataikuapi.iac.analysis.weights import severity_of_change
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.reports.excerpts import WIDTH, excerpt
from dataikuapi.iac.reports.fact_lines import (
    about_line,
    changed_names,
    diffs_of,
    heading,
)
from dataikuapi.iac.reports.formatting import change_lines, counted

__all__ = ["headlines"]

_SCREEN = 24
"""Lines of a terminal: what fits needs no list of its own."""

_MAX_HEADLINES = 8
"""With a title and the table, so many are still on the first screen."""

_MIN_FACTS = 3
"""Fewer are found without a list."""

_INDENT = "  "


def headlines(facts: Sequence[Fact], count: int) -> Iterator[str]:
    """Yield a line for each of the heaviest facts, if the report is long.

    Changes of descriptions and tags are listed only if nothing else changed.

    Args:
        facts: the heaviest first.
        count: lines that the report has without these.
    """
    if count <= _SCREEN or len(facts) < _MIN_FACTS:
        return
    heavy = [fact for fact in facts if fact.severity is not Severity.DESCRIPTION]
    shown = (heavy or facts)[:_MAX_HEADLINES]
    yield "The most important first:"
    for fact in shown:
        line = f"{_INDENT}{heading(fact)}  {_what_happened(fact)}".rstrip()
        yield excerpt(line, WIDTH)
    if len(facts) > len(shown):
        yield f"{_INDENT}… and {len(facts) - len(shown):,} more"
    yield ""


def _what_happened(fact: Fact) -> str:
    """Return what a line has room for: a change, or the names of what was changed."""
    if isinstance(fact, DerivedFact):
        return fact.cause.reason
    if not isinstance(fact, SharedFact):
        if fact.renamed_from and fact.renamed_from.old_resource:
            return f"renamed from {fact.renamed_from.old_resource.resource_name}"
        if fact.diff.is_recreated:
            return "deleted and created again"
        if about := about_line(fact.diff):
            return about
    return _heaviest_change(fact) or changed_names(fact.changes)


def _heaviest_change(fact: ObjectFact | SharedFact) -> str:
    """Return the only change that weighs as much as the fact, if a line holds it."""
    resource_type = diffs_of(fact)[0].resource_type
    heaviest = [
        change
        for change in fact.changes
        if severity_of_change(resource_type, change) is fact.severity
    ]
    if len(heaviest) != 1:
        return ""
    lines = list(change_lines(heaviest[0]))
    if len(lines) != 1:
        return ""
    rest = len(fact.changes) - 1
    more = f"; {counted(rest, 'more change')}" if rest else ""
    return lines[0].removeprefix("~ ") + more
