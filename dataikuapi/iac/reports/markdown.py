"""Renders diffs as Markdown, for comments on pull requests."""

import sys
from collections.abc import Iterable, Iterator

from dataikuapi.iac.analysis import Analysis, DerivedFact, Fact, ObjectFact, analyze
from dataikuapi.iac.analysis.picture import picture_of
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
from dataikuapi.iac.reports.flow import mermaid
from dataikuapi.iac.reports.formatting import (
    counted,
    derived_lines,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.markdown_blocks import (
    MAX_CHARACTERS,
    MAX_NAME,
    RESERVE,
    Section,
    code,
    code_html,
    collapsed,
    fenced,
    sections,
    truncated,
)
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["MAX_CHARACTERS", "render_markdown"]


def render_markdown(
    diffs: Iterable[ResourceDiff], *, verbose: bool = False, full: bool = False
) -> str:
    """Return the diffs as Markdown, within the size limit of a comment.

    First all resources that changed, one line each and the heaviest first, and the flow
    around them, which GitHub and GitLab draw; then the details, as collapsed sections
    that share the room that is left. What does not fit is counted. Ids and values are
    formatted as code, so that they create no mentions or links.

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
        *map(code, upgrade_lines(diffs)),
        f"### {code(diffs.title or 'Changes')}",
        f"**{summary_line(diffs)}**",
        *map(code, unwatched_lines(diffs)),
        *([_table(diffs)] if has_table(diffs) else []),
    ]
    ends = [
        *collapsed("refer to nothing", list(dangling_sentences(analysis.dangling))),
        *collapsed("could not be read", list(unknown_lines(diffs.unknown))),
        *collapsed("not compared", list(uncompared_lines(diffs.uncompared))),
        *map(code, derived_lines(diffs)),
        *(collapsed("ignore rules", rules) if verbose else map(code, rules)),
    ]
    limit = sys.maxsize if full else MAX_CHARACTERS
    room = limit - RESERVE - sum(len(part) + 2 for part in [*parts, *ends])
    names = list(_names(facts))
    if len(names) > 1:
        parts.append(fenced(names, room))
        room -= len(parts[-1]) + 2
    for block in _flow(analysis, room):
        parts.append(block)
        room -= len(block) + 2
    return "\n\n".join([*parts, *_all_details(facts, room, verbose, full), *ends])


def _flow(analysis: Analysis, room: int) -> Iterator[str]:
    """Yield the flow around what changed, if there is one, and room for details too."""
    picture = picture_of(analysis)
    block = f"```mermaid\n{mermaid(picture)}\n```"
    if picture.links and len(block) <= room // 2:
        yield block


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
                yield truncated(f"{fact.renamed_from}  renamed to {name}", MAX_NAME)
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
    return truncated(f"{titled(diff)}  {', '.join(about)}".rstrip(), MAX_NAME)


def _table(diffs: ResourceDiffs) -> str:
    names, rows = changed_rows(diffs)
    lines = [
        f"| project | type | {' | '.join(names)} |",
        f"|---|---|{'---:|' * len(names)}",
    ]
    for project_key, resource_type, counts in rows:
        first = code(project_key) if project_key else "all others"
        second = code(resource_type) if resource_type else ""
        cells = [f"{counts[name]:,}" if counts[name] else "" for name in names]
        lines.append(f"| {' | '.join([first, second, *cells])} |")
    return "\n".join(lines)


def _all_details(
    facts: Iterable[Fact], room: int, verbose: bool, full: bool
) -> Iterator[str]:
    """Yield a section for each fact with details, as long as there is room."""
    found = [(fact, lines) for fact in facts if (lines := _lines(fact, verbose, full))]

    def omitted(number: int) -> str:
        left = [fact for fact, _ in found[number:]]
        changes = sum(len(fact.changes) for fact in left)
        return (
            f"_Details of {counted(len(left), 'more resource')} with "
            f"{counted(changes, 'change')} omitted (comment size limit)._"
        )

    yield from sections([_section(*item) for item in found], room, full, omitted)


def _lines(fact: Fact, verbose: bool, full: bool) -> list[str]:
    # Lines of a script are indented; without that, the diff syntax colors them.
    lines = fact_lines(fact, verbose=verbose, full=full)
    return [line.removeprefix("    ") for line in lines]


def _section(fact: Fact, lines: list[str]) -> Section:
    about = "; ".join(notes(fact))
    title = f"{code_html(heading(fact))}{f' {code_html(about)}' if about else ''}"
    changes = f", {counted(len(fact.changes), 'change')}" if fact.changes else ""
    return Section(f"{title}{changes}", lines)
