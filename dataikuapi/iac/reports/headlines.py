"""The list of facts that a text longer than a screen begins with."""

from collections import Counter
from collections.abc import Iterator, Sequence

from dataikuapi.iac.analysis import DerivedFact, Fact, SharedFact
from dataikuapi.iac.analysis.weights import names_of, severity_of_change
from dataikuapi.iac.models import Change
from dataikuapi.iac.models.changes import ValueChangeType
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.reports.excerpts import (
    WIDTH,
    columns,
    common_prefix,
    excerpt,
    json_text,
    json_texts,
)
from dataikuapi.iac.reports.fact_lines import about_line, diffs_of, heading
from dataikuapi.iac.reports.formatting import counted, describe_move, is_script
from dataikuapi.iac.reports.unified import unified_diff

__all__ = ["headlines", "what_happened"]

_SCREEN = 24
"""Lines of a terminal: what fits needs no list of its own."""

_MAX_HEADLINES = 8
"""With a title, so many are on the first screen, each with one line or two."""

_MIN_FACTS = 3
"""Fewer are found without a list."""

_MAX_VALUE = 30
"""Columns of each of two values."""

_CONTEXT = 8
"""Characters of a value that are shown before those in which it differs."""

_INDENT, _FURTHER_INDENT = "  ", "      "


def headlines(facts: Sequence[Fact], count: int) -> Iterator[str]:
    """Yield the heaviest facts in short, if the report is long.

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
        yield from _headline(fact)
    if len(facts) > len(shown):
        yield f"{_INDENT}… and {len(facts) - len(shown):,} more"
    yield ""


def _headline(fact: Fact) -> Iterator[str]:
    title = f"{_INDENT}{heading(fact)}"
    if not isinstance(fact, DerivedFact) and fact.downstream:
        title += f" ({len(fact.downstream):,} downstream)"
    text = "; ".join(what_happened(fact))
    if columns(f"{title}  {text}") <= WIDTH:
        yield f"{title}  {text}".rstrip()
    else:
        yield excerpt(title, WIDTH)
        yield excerpt(f"{_FURTHER_INDENT}{text}", WIDTH)


def what_happened(fact: Fact) -> Iterator[str]:
    """Yield what a fact says, each part of it in a few words."""
    if isinstance(fact, DerivedFact):
        yield fact.cause.reason
        return
    if not isinstance(fact, SharedFact):
        if fact.renamed_from and fact.renamed_from.old_resource:
            yield f"renamed from {fact.renamed_from.old_resource.resource_name}"
        if fact.diff.is_recreated:
            yield "deleted and created again"
        if about := about_line(fact.diff):
            yield about.removeprefix("type: ")
    kind = diffs_of(fact)[0].resource_type
    changes = sorted(
        fact.changes, key=lambda change: severity_of_change(kind, change).rank
    )
    for text, times in Counter(map(_in_short, changes)).items():
        yield text if times == 1 else f"{text} ({times:,} times)"


def _in_short(change: Change) -> str:
    """Return a change within a line; without the beginning of a long path."""
    if change.kind is ValueChangeType.MOVED:
        return f"{change.path}: {describe_move(change)}"
    label = ".".join(names_of(change)[-2:])
    if change.kind is not ValueChangeType.MODIFIED:
        value = change.new if change.kind is ValueChangeType.ADDED else change.old
        text = json_text(value)
        is_short = columns(text) <= _MAX_VALUE and not isinstance(value, dict | list)
        return f"{change.kind} {label}{f': {text}' if is_short else ''}"
    if is_script(change):
        lines = unified_diff(str(change.old or ""), str(change.new or ""))
        added, removed = (sum(line[0] == sign for line in lines) for sign in "+-")
        return f"{label}: {counted(added, 'line')} added, {removed:,} removed"
    old, new = json_texts(change.old, change.new)
    start = common_prefix(old, new) - _CONTEXT
    return f"{label}: {_shown(old, start)} -> {_shown(new, start)}"


def _shown(text: str, start: int) -> str:
    return excerpt(f"…{text[start:]}" if start > _CONTEXT else text, _MAX_VALUE)
