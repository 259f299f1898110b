"""What the page lists: one entry for each fact."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dataikuapi.iac.analysis import DerivedFact, Fact, ObjectFact, SharedFact
from dataikuapi.iac.models import ChangeType, ResourceDiff
from dataikuapi.iac.reports.fact_lines import about_line, diffs_of, heading, notes
from dataikuapi.iac.reports.flow import CLASSES, SIGNS
from dataikuapi.iac.reports.formatting import counted
from dataikuapi.iac.reports.headlines import what_happened
from dataikuapi.iac.reports.html_blocks import attributes_html, change_list, entry_of
from dataikuapi.iac.reports.markup import Html, element

__all__ = ["Entry", "entries_of"]

_MAX_GIST = 4
"""Most parts of what happened that are shown beside the id."""


@dataclass(frozen=True)
class Entry:
    """One change, of one object or the same in several.

    Args:
        anchor: the id of the element.
        mark: sign and word for what happened, such as "+ added".
        css: the class that goes with it.
        severity: what the change affects.
        title: the id of the object, or the number of objects.
        gist: what happened, in a line.
        notes: who made the change, what is downstream.
        types: of all objects that it is about.
        projects: the keys of their projects.
        ids: of these objects.
        body: what is shown when the entry is unfolded.
    """

    anchor: str
    mark: str
    css: str
    severity: str
    title: str
    gist: str
    notes: str
    types: tuple[str, ...]
    projects: tuple[str, ...]
    ids: tuple[str, ...]
    body: tuple[Html, ...] = field(repr=False)


def entries_of(facts: Iterable[Fact]) -> list[Entry]:
    """Return an entry for each fact, in their order."""
    return [_entry(f"change-{at}", fact) for at, fact in enumerate(facts, 1)]


def _entry(anchor: str, fact: Fact) -> Entry:
    diffs = tuple(_all_diffs(fact))
    change = ChangeType.MODIFIED
    if not isinstance(fact, SharedFact) and fact.diff.has_changed:
        change = fact.diff.change_type
    if change is ChangeType.UNCHANGED:  # It was created again.
        change = ChangeType.MODIFIED
    css = CLASSES[change]
    parts = list(what_happened(fact))
    more = f"; and {len(parts) - _MAX_GIST:,} more" if len(parts) > _MAX_GIST else ""
    return Entry(
        anchor=anchor,
        mark=f"{SIGNS[change]}{css}",
        css=css,
        severity=fact.severity.value,
        title=heading(fact)[2:],
        gist="; ".join(parts[:_MAX_GIST]) + more,
        notes=" · ".join(notes(fact)),
        types=tuple(sorted({diff.resource_type for diff in diffs})),
        projects=tuple(sorted({diff.project_key for diff in diffs})),
        ids=tuple(diff.resource_id for diff in diffs),
        body=tuple(_body(fact)),
    )


def _all_diffs(fact: Fact) -> Iterator[ResourceDiff]:
    yield from diffs_of(fact)
    if isinstance(fact, ObjectFact):
        yield from filter(None, [fact.renamed_from])
        yield from (item.diff for item in fact.derived)


def _body(fact: Fact) -> Iterator[Html]:
    if isinstance(fact, ObjectFact) and not fact.changes:
        about = about_line(fact.diff)
        if about:
            yield element("p", about)
        resource = fact.diff.new_resource or fact.diff.old_resource
        if resource is not None and not fact.diff.is_recreated:
            yield from attributes_html(resource.attributes)
    yield from change_list(fact.changes)
    if isinstance(fact, SharedFact):
        yield element("p", f"In {counted(len(fact.diffs), 'object')}:")
        items = (element("li", element("code", x.resource_id)) for x in fact.diffs)
        yield element("ul", *items, css="ids")
    if isinstance(fact, ObjectFact) and fact.derived:
        yield element("p", "What DSS changed by itself because of this:")
        yield from map(_derived, fact.derived)


def _derived(fact: DerivedFact) -> Html:
    return entry_of(fact.diff, fact.changes, [fact.cause.reason], is_open=False)
