"""Renders diffs as a page of its own: one file, which requests nothing."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from importlib import resources
from importlib.util import find_spec
from typing import Any

from dataikuapi.iac.analysis import Analysis, analyze
from dataikuapi.iac.analysis.picture import picture_of
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models import ChangeType, ResourceDiff, ResourceDiffs
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.reports.counts import changed_rows
from dataikuapi.iac.reports.dangling import dangling_sentences
from dataikuapi.iac.reports.flow import omitted_line
from dataikuapi.iac.reports.flow_svg import flow_svg
from dataikuapi.iac.reports.formatting import (
    coverage_sentence,
    derived_lines,
    group_by_reason,
    masked_sentences,
    rule_lines,
    summary_line,
    uncompared_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.markup import Html, escaped
from dataikuapi.iac.reports.page.entries import Entry, entries_of
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["render_html_page", "require_page"]

_PACKAGES = ("jinja2", "grandalf")

_MAX_TOP = 3


def render_html_page(diffs: Iterable[ResourceDiff]) -> str:
    """Return the diffs as an HTML document, for a browser and for print.

    It has all changes, the heaviest first, with filters, and the flow around them. It
    works from a file, without a network: it has its style and its script inside, and
    its content security policy forbids any other.

    Args:
        diffs: those of the same weight are shown in their order; unchanged ones are
            only counted.

    Raises:
        ConfigurationError: if the packages that it takes are not installed.
    """
    require_page()
    from jinja2 import Environment, StrictUndefined

    diffs = ResourceDiffs.from_iterable(diffs)
    analysis = analyze(diffs)
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    style, script = _part("page.css"), _part("page.js")
    return environment.from_string(_part("page.html")).render(
        style=Html(style),
        script=Html(script),
        policy=_policy(style, script),
        title=diffs.title or "Changes",
        summary=summary_line(diffs),
        **_content(diffs, analysis),
    )


def require_page() -> None:
    """Check that the packages that a page takes are installed.

    Raises:
        ConfigurationError: if one is not.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"a report as HTML needs {' and '.join(missing)}, which is not installed: "
            "pip install 'dataiku-iac[report]'"
        )


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _finalized(value: object) -> object:
    """Return what a template inserts; what is not markup is escaped as elsewhere."""
    return value if hasattr(value, "__html__") else escaped(str(value))


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _content(diffs: ResourceDiffs, analysis: Analysis) -> dict[str, Any]:
    entries = entries_of(analysis.facts)
    columns, rows = changed_rows(diffs)
    severities = Counter(entry.severity for entry in entries)
    is_heavy = [x for x in entries if x.severity != Severity.DESCRIPTION.value]
    return {
        "counts": _counts(diffs),
        "entries": entries,
        "top": (is_heavy or entries)[:_MAX_TOP],
        "columns": columns,
        "rows": rows,
        "projects": sorted({key for entry in entries for key in entry.projects}),
        "types": sorted({kind for entry in entries for kind in entry.types}),
        "severities": [
            (item.value, severities[item.value])
            for item in Severity
            if severities[item.value]
        ],
        "warnings": [*upgrade_lines(diffs), *dangling_sentences(analysis.dangling)],
        "unread": group_by_reason(item[:2] for item in diffs.unknown),
        "uncompared": list(uncompared_lines(diffs.uncompared)),
        "remarks": _remarks(diffs),
        **_flow(analysis, entries),
    }


def _counts(diffs: ResourceDiffs) -> list[tuple[str, str, int]]:
    """Return class, label and number of the counts that the page begins with."""
    types = Counter(diff.change_type.value for diff in diffs)
    recreated = sum(diff.is_recreated for diff in diffs)
    same = sum(
        diff.is_recreated for diff in diffs if diff.change_type is ChangeType.UNCHANGED
    )
    found = [
        ("added", "added", types["added"]),
        ("removed", "removed", types["removed"]),
        ("changed", "changed", types["modified"]),
        ("changed", "created again", recreated),
        ("unknown", "not read", len(diffs.unknown)),
        ("neighbor", "unchanged", types["unchanged"] - same),
    ]
    always = {"added", "removed", "changed"}
    return [item for item in found if item[2] or item[1] in always]


def _remarks(diffs: ResourceDiffs) -> list[str]:
    covered = [coverage_sentence(diffs.coverage)] if diffs.coverage else []
    return [
        *covered,
        *unwatched_lines(diffs),
        *(f"{line}." for line in masked_sentences(diffs.masked)),
        *derived_lines(diffs),
        *rule_lines(diffs.rules, True),
    ]


def _flow(analysis: Analysis, entries: Iterable[Entry]) -> dict[str, Any]:
    picture = picture_of(analysis)
    if not picture.nodes:
        return {"flow": "", "omitted": ""}
    # Of several entries about an object, the heaviest is the target.
    targets: dict[str, str] = {}
    for entry in entries:
        for resource_id in entry.ids:
            targets.setdefault(resource_id, entry.anchor)
    omitted = omitted_line(picture) if picture.omitted else ""
    return {"flow": flow_svg(picture, targets), "omitted": omitted}
