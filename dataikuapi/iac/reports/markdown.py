"""Renders diffs as Markdown, for comments on pull requests."""

import re
import sys
from collections.abc import Iterable, Iterator
from html import escape

from dataikuapi.iac.analysis import DerivedFact, Fact, ObjectFact, analyze
from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.counts import changed_rows, has_table
from dataikuapi.iac.reports.dangling import dangling_sentences
from dataikuapi.iac.reports.fact_lines import (
    changed_names,
    diffs_of,
    fact_lines,
    heading,
    notes,
    titled,
)
from dataikuapi.iac.reports.formatting import (
    counted,
    derived_lines,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["MAX_CHARACTERS", "render_markdown"]

MAX_CHARACTERS = 60_000
"""GitHub's limit for a comment is 65,536; this leaves room for text around it."""

_MAX_BLOCK, _MIN_BLOCK, _MAX_LINE = 8_000, 300, 400
"""Most characters of a code block, of each of very many blocks, and of a line."""

_MAX_NAME = 150
"""Most characters of a line in the list of resources."""

_RESERVE = 200
"""Characters reserved for the line that says how much was omitted."""


def render_markdown(
    diffs: Iterable[ResourceDiff], *, verbose: bool = False, full: bool = False
) -> str:
    """Return the diffs as Markdown, within the size limit of a comment.

    First all resources that changed, one line each and the heaviest first; then the
    details, as collapsed sections that share the room that is left. What does not fit
    is counted. Ids and values are formatted as code, so that they create no mentions or
    links.

    Args:
        diffs: those of the same weight are shown in their order.
        verbose: list the ignore rules, instead of only counting what they hide.
        full: cut no values, whatever the size limit.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    analysis = analyze(diffs)
    facts = analysis.facts
    rules = list(rule_lines(diffs.rules, verbose))
    parts = [
        *map(_code, upgrade_lines(diffs)),
        f"### {_code(diffs.title or 'Changes')}",
        f"**{summary_line(diffs)}**",
        *map(_code, unwatched_lines(diffs)),
        *([_table(diffs)] if has_table(diffs) else []),
    ]
    ends = [
        *_collapsed("refer to nothing", list(dangling_sentences(analysis.dangling))),
        *_collapsed("could not be read", list(unknown_lines(diffs.unknown))),
        *_collapsed("not compared", list(uncompared_lines(diffs.uncompared))),
        *map(_code, derived_lines(diffs)),
        *(_collapsed("ignore rules", rules) if verbose else map(_code, rules)),
    ]
    limit = sys.maxsize if full else MAX_CHARACTERS
    room = limit - _RESERVE - sum(len(part) + 2 for part in [*parts, *ends])
    names = list(_names(facts))
    if len(names) > 1:
        parts.append(_fenced(names, room))
        room -= len(parts[-1]) + 2
    return "\n\n".join([*parts, *_all_details(facts, room, verbose, full), *ends])


def _names(facts: Iterable[Fact]) -> Iterator[str]:
    """Yield a line for each resource, where it is first mentioned.

    What a resource has of its own says more than that it followed another.
    """
    facts = list(facts)
    seen = {
        diff.resource_id
        for fact in facts
        if not isinstance(fact, DerivedFact)
        for diff in diffs_of(fact)
    }
    named: set[str] = set()
    for fact in facts:
        for diff in diffs_of(fact):
            if diff.resource_id not in named:
                named.add(diff.resource_id)
                yield _name(fact, diff)
        if isinstance(fact, ObjectFact):
            if fact.renamed_from:
                name = diff.resource_name
                yield _truncated(f"{fact.renamed_from}  renamed to {name}", _MAX_NAME)
            for item in fact.derived:
                if item.diff.resource_id not in seen | named:
                    named.add(item.diff.resource_id)
                    yield _name(item, item.diff)


def _name(fact: Fact, diff: ResourceDiff) -> str:
    """Return the sign and id of a resource, with its attributes that changed."""
    changed = changed_names(fact.changes)
    about = [changed] if changed else []
    if isinstance(fact, DerivedFact):
        about = [fact.cause.reason]
    elif isinstance(fact, ObjectFact):
        old = fact.renamed_from and fact.renamed_from.old_resource
        about += [f"renamed from {old.resource_name}"] if old else []
        about += ["deleted and created again"] if diff.is_recreated else []
        about += [f"{len(fact.downstream):,} downstream"] if fact.downstream else []
    return _truncated(f"{titled(diff)}  {', '.join(about)}".rstrip(), _MAX_NAME)


def _table(diffs: ResourceDiffs) -> str:
    names, rows = changed_rows(diffs)
    lines = [
        f"| project | type | {' | '.join(names)} |",
        f"|---|---|{'---:|' * len(names)}",
    ]
    for project_key, resource_type, counts in rows:
        first = _code(project_key) if project_key else "all others"
        second = _code(resource_type) if resource_type else ""
        cells = [f"{counts[name]:,}" if counts[name] else "" for name in names]
        lines.append(f"| {' | '.join([first, second, *cells])} |")
    return "\n".join(lines)


def _all_details(
    facts: Iterable[Fact], room: int, verbose: bool, full: bool
) -> Iterator[str]:
    """Yield a section for each fact with details, as long as there is room."""
    found = [(fact, lines) for fact in facts if (lines := _lines(fact, verbose, full))]
    sizes = [len(_section(*item, _MAX_BLOCK)) + 2 for item in found]
    block = sys.maxsize if full else _fair_share(sizes, room)
    for number, item in enumerate(found):
        entry = _section(*item, block, sys.maxsize if full else _MAX_LINE)
        room -= len(entry) + 2
        if room < 0:
            left = [fact for fact, _ in found[number:]]
            changes = sum(len(fact.changes) for fact in left)
            yield (
                f"_Details of {counted(len(left), 'more resource')} with "
                f"{counted(changes, 'change')} omitted (comment size limit)._"
            )
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


def _lines(fact: Fact, verbose: bool, full: bool) -> list[str]:
    # Lines of a script are indented; without that, the diff syntax colors them.
    lines = fact_lines(fact, verbose=verbose, full=full)
    return [line.removeprefix("    ") for line in lines]


def _section(fact: Fact, lines: list[str], room: int, width: int = _MAX_LINE) -> str:
    about = "; ".join(notes(fact))
    title = f"{_html(heading(fact))}{f' {_html(about)}' if about else ''}"
    changes = f", {counted(len(fact.changes), 'change')}" if fact.changes else ""
    return _details(f"{title}{changes}", lines, room, width)


def _collapsed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield _details(title, lines, _MAX_BLOCK)


def _details(summary: str, lines: list[str], room: int, width: int = _MAX_LINE) -> str:
    return (
        f"<details><summary>{summary}</summary>\n\n{_fenced(lines, room, width)}"
        "\n\n</details>"
    )


def _fenced(lines: Iterable[str], room: int, width: int = _MAX_LINE) -> str:
    """Return lines as a code block of a diff."""
    shown = [_truncated(printable(line), width) for line in lines]
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


def _truncated(line: str, most: int = _MAX_LINE) -> str:
    if len(line) <= most:
        return line
    return f"{line[:most]}… ({len(line) - most:,} more characters)"


def _html(text: str) -> str:
    return f"<code>{escape(_truncated(printable(text)))}</code>"


def _code(text: str) -> str:
    """Return a code span, with a fence longer than any run of backticks inside."""
    text = _truncated(printable(text))
    longest = _longest_run(text)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
