"""Renders states, their versions and resources as HTML, for notebooks."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.reports.formatting import counted
from dataikuapi.iac.reports.html_blocks import (
    MAX_LISTED,
    MAX_OPEN,
    attributes_html,
    counts_table,
    edited,
    omitted,
    unreadable,
)
from dataikuapi.iac.reports.markup import Html, element, output, section

__all__ = ["resource_html", "state_html", "versions_html"]


def state_html(state: State) -> str:
    """Return a summary of a state: counts by project and type, and the ids."""
    facts = [
        state.environment or "without environment",
        f"serial {state.serial}",
        edited(None, state.updated_at),
        *_instance(state),
    ]
    projects: dict[str, list[Resource]] = {}
    for resource in state.list_resources():
        projects.setdefault(resource.project_key, []).append(resource)
    return output(
        element("p", element("b", "State"), f" {' · '.join(facts)}"),
        _counts(state) if projects else element("p", "It is empty."),
        *(_listing(key, projects[key]) for key in sorted(projects)[:MAX_LISTED]),
        *omitted(len(projects) - MAX_LISTED, "more project"),
        *unreadable(state.unknown.items()),
    )


def _counts(state: State) -> Html:
    """Return a table of counts by project and type, the more of both as its rows."""
    pairs = [(item.project_key, item.resource_type) for item in state.list_resources()]
    if len({project for project, _ in pairs}) < len({kind for _, kind in pairs}):
        pairs = [(kind, project) for project, kind in pairs]
    rows: dict[str, Counter[str]] = {}
    for row, column in sorted(pairs):
        rows.setdefault(row, Counter()).update([column, _TOTAL])
    headings = {name: name for name in sorted({column for _, column in pairs})}
    if len(headings) > 1:
        headings[_TOTAL] = "total"
    return counts_table(headings, rows)


_TOTAL = ""
"""The name of the column with totals: no project and no type has it."""


def resource_html(resource: Resource) -> str:
    """Return a resource's metadata and attributes."""
    facts = element("span", " · ".join(_history(resource)), css="quiet")
    title = element("b", *_named(resource))
    heading = [counted(len(resource.attributes), "attribute")]
    content = attributes_html(resource.attributes)
    return output(
        element("p", title, " ", facts), section(heading, content, is_open=True)
    )


def versions_html(versions: Iterable[tuple[int, datetime, int, str]]) -> str:
    """Return a table of versions, given as tuples of serial, time, size and name."""
    head = element(
        "tr", *(element("th", text) for text in ("serial", "time", "bytes", "name"))
    )
    rows = [
        element(
            "tr",
            element("td", str(serial)),
            element("td", edited(None, time)),
            element("td", f"{size:,}"),
            element("td", element("code", name)),
        )
        for serial, time, size, name in versions
    ]
    table = element("table", head, *rows, css="listing")
    return output(table if rows else element("p", "There are no older versions."))


def _instance(state: State) -> Iterator[str]:
    known = state.instance or {}
    if "dss_version" in known:
        yield f"DSS {known['dss_version']}"
    if "node_id" in known:
        yield f"node {known['node_id']}"


def _listing(project_key: str, resources: list[Resource]) -> Html:
    ordered = sorted(resources, key=lambda resource: resource.resource_id)
    head = element("tr", *(element("th", text) for text in ("id", "last edited")))
    rows = [
        element("tr", element("td", *_named(item)), _edit(item))
        for item in ordered[:MAX_LISTED]
    ]
    heading = [f"{project_key}: {counted(len(resources), 'resource')}"]
    table = element("table", head, *rows, css="listing")
    rest = omitted(len(resources) - MAX_LISTED, "more resource")
    return section(heading, [table, *rest], is_open=len(resources) <= MAX_OPEN)


def _named(resource: Resource) -> Iterator[Html | str]:
    """Yield the id, and the name if the id does not have it."""
    yield element("code", resource.resource_id)
    if display_name(resource):
        yield f" {display_name(resource)}"


def _edit(resource: Resource) -> Html:
    metadata = resource.metadata
    return element("td", edited(metadata.last_modified_by, metadata.last_modified_at))


def _history(resource: Resource) -> Iterator[str]:
    metadata = resource.metadata
    last = edited(metadata.last_modified_by, metadata.last_modified_at)
    if last:
        yield f"last edited {last}"
    if metadata.version_number is not None:
        yield f"version {metadata.version_number}"
    if metadata.created_at is not None:
        yield f"created {edited(None, metadata.created_at)}"
    yield f"read {edited(metadata.deployed_by, metadata.deployed_at)}"
