"""Renders diffs as HTML, for notebooks and other pages."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os.path import commonprefix

from dataikuapi.iac.models import (
    Change,
    ChangeType,
    ResourceDiff,
    ResourceDiffs,
    UncomparedAttribute,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import format_minute
from dataikuapi.iac.reports.formatting import (
    counted,
    describe_move,
    group_by_reason,
    last_editor,
    masked_sentences,
    only_line_endings_differ,
    rule_lines,
    uncompared_lines,
    upgrade_lines,
)
from dataikuapi.iac.reports.markup import Html, element, escaped, output, section
from dataikuapi.iac.reports.unified import unified_diff

__all__ = ["diff_html", "render_html"]

MAX_OPEN = 5
"""Up to this many sections are open at first."""

MAX_LISTED = 200
"""At most this many items are listed, followed by the number of the rest."""

_EXCERPT = 80
"""Characters shown of a collapsed value, followed by the number of the rest."""

_MAX_VALUE = 110
"""Values longer than this are collapsed."""

_CONTEXT = 20
"""Characters shown of a collapsed value before the first difference."""

_MAX_LINES = 500
_MAX_CHARACTERS = 20_000

_COLUMNS = {
    "added": "+ added",
    "removed": "- removed",
    "modified": "~ modified",
    "unchanged": "unchanged",
    "unknown": "? unknown",
}


def render_html(diffs: Iterable[ResourceDiff]) -> str:
    """Return the diffs as an HTML fragment with its own style.

    Args:
        diffs: in the order in which to show them; unchanged ones are only counted.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    changed = [diff for diff in diffs if diff.has_changed]
    is_open = len(changed) <= MAX_OPEN
    return output(
        *(element("p", line) for line in upgrade_lines(diffs)),
        *([element("p", element("b", diffs.title))] if diffs.title else []),
        *([] if changed else [_nothing_changed(diffs)]),
        _counts(diffs),
        *_coverage(diffs),
        *(element("p", f"{line}.") for line in masked_sentences(diffs.masked)),
        *(_resource(diff, is_open) for diff in changed[:MAX_LISTED]),
        *omitted(len(changed) - MAX_LISTED, "more object"),
        *unreadable(item[:2] for item in diffs.unknown),
        *(_uncompared(item) for item in diffs.uncompared),
        *(element("div", line, css="quiet") for line in rule_lines(diffs.rules)),
    )


def diff_html(diff: ResourceDiff) -> str:
    """Return one diff as an HTML fragment, as :func:`render_html` does of many."""
    return output(_resource(diff, is_open=True))


def counts_table(
    headings: Mapping[str, str], rows: Mapping[str, Mapping[str, int]]
) -> Html:
    """Return a table of counts, with a total if it has several rows.

    Args:
        headings: by name of the column.
        rows: counts by name of the column, by label of the row.
    """
    total = {name: sum(row.get(name, 0) for row in rows.values()) for name in headings}
    lines = [*sorted(rows.items()), *([("total", total)] if len(rows) > 1 else [])]
    head = element("tr", *(element("th", text) for text in ("", *headings.values())))
    return element("table", head, *(_row(*line, headings) for line in lines))


def _row(label: str, counts: Mapping[str, int], names: Iterable[str]) -> Html:
    cells = [_cell(name, counts.get(name, 0)) for name in names]
    return element("tr", element("th", label), *cells)


def _cell(name: str, count: int) -> Html:
    # The name of a type is data, not a class.
    css = name if name in _COLUMNS else ""
    return element("td", f"{count:,}", css=css if count else "quiet")


def labeled(label: str, value: JSON, css: str = "", start: int = 0) -> Html:
    """Return a label and value; a long one is collapsed to an excerpt from start."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    name = element("code", f"{label}: ")
    if len(text) <= _MAX_VALUE:
        return element("div", name, element("code", text), css=f"entry {css}")
    if isinstance(value, str) and "\n" in value:
        hint = counted(len(value.rstrip("\n").split("\n")), "line")
    else:
        hint = _excerpt(text, start)
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2)
    shown = [*_lines(value[:_MAX_CHARACTERS])]
    heading = [name, element("code", hint, css="quiet")]
    rest = omitted(len(value) - _MAX_CHARACTERS, "more character")
    return section(heading, [element("pre", *shown), *rest], css)


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + _EXCERPT]
    before, after = "…" * (start > 0), "…" * (start + _EXCERPT < len(text))
    return f"{before}{shown}{after} ({len(text) - len(shown):,} more characters)"


def attributes_html(attributes: Mapping[str, JSON]) -> list[Html]:
    """Return the attributes, sorted by name."""
    return [labeled(name, attributes[name]) for name in sorted(attributes)]


def unreadable(reasons: Iterable[tuple[str, str]]) -> Iterator[Html]:
    """List what could not be read, given as pairs of id and reason, by reason."""
    for reason, ids in group_by_reason(reasons).items():
        heading = [element("b", f"? {counted(len(ids), 'object')}"), " not read: "]
        items = [
            element("div", element("code", f"? {key}")) for key in ids[:MAX_LISTED]
        ]
        rest = omitted(len(ids) - MAX_LISTED, "more object")
        yield section(
            [*heading, reason], [*items, *rest], "unknown", len(ids) <= MAX_OPEN
        )


def omitted(count: int, noun: str) -> list[Html]:
    """Return a line such as "… and 3 more objects"; none where nothing is omitted."""
    if count <= 0:
        return []
    return [element("div", f"… and {counted(count, noun)}")]


def edited(login: str | None, moment: datetime | None) -> str:
    """Return what is known of an edit, such as "by maria, 2026-01-02 03:04 UTC"."""
    when = format_minute(moment) if moment else ""
    return ", ".join(filter(None, [f"by {login}" if login else "", when]))


def _lines(text: str) -> Iterator[Html]:
    yield Html("\n")  # HTML drops the first line break in a pre element.
    for line in text.split("\n"):
        yield Html(f"{escaped(line)}\n")


def _counts(diffs: ResourceDiffs) -> Html:
    rows: dict[str, Counter[str]] = {}
    for diff in diffs:
        rows.setdefault(diff.resource_type, Counter())[diff.change_type.value] += 1
    for item in diffs.unknown:
        kind = item.resource_id.partition(".")[0]
        rows.setdefault(kind, Counter())["unknown"] += 1
    return counts_table(_COLUMNS, rows)


def _nothing_changed(diffs: ResourceDiffs) -> Html:
    known = " in what was compared" if diffs.unknown_in_part else ""
    known = " in what could be read" if diffs.unknown else known
    return element("p", f"No changes{known}.")


def _uncompared(item: UncomparedAttribute) -> Html:
    (line,) = uncompared_lines([item])
    return element(
        "div", line, css=f"entry {'unknown' if item.is_unknown else 'quiet'}"
    )


def _coverage(diffs: ResourceDiffs) -> Iterator[Html]:
    if diffs.coverage is not None:
        tracked, existing = diffs.coverage
        yield element("p", f"The state has {tracked:,} of {existing:,} objects.")


def _resource(diff: ResourceDiff, is_open: bool) -> Html:
    facts = [counted(len(diff.changes), "change")] if diff.changes else []
    facts += filter(None, [last_editor(diff) or _unchanged(diff)])
    details = element("span", " · ".join(facts), css="quiet")
    heading = [element("b", element("code", str(diff))), " ", details]
    css = diff.change_type.value
    if diff.change_type is ChangeType.MODIFIED:
        return section(heading, _changes(diff.changes), css, is_open)
    resource = diff.new_resource or diff.old_resource
    if resource is None or diff.change_type is ChangeType.UNCHANGED:
        return element("div", *heading, css=f"entry {css}")
    # Never open at first: all of it is new or gone, as the sign says.
    return section(heading, attributes_html(resource.attributes), css)


def _unchanged(diff: ResourceDiff) -> str:
    return "unchanged" if diff.change_type is ChangeType.UNCHANGED else ""


def _changes(changes: Sequence[Change]) -> list[Html]:
    rest = omitted(len(changes) - MAX_LISTED, "more change")
    return [*map(_change, changes[:MAX_LISTED]), *rest]


def _change(change: Change) -> Html:
    css = change.kind.value
    if change.is_text:
        content = _script(change)
    elif change.kind is ValueChangeType.MODIFIED:
        content = _two_values(change.old, change.new)
    elif change.kind is ValueChangeType.MOVED:
        content = [element("span", describe_move(change))]
    else:
        is_added = change.kind is ValueChangeType.ADDED
        return labeled(str(change), change.new if is_added else change.old, css)
    label = element("code", f"{change}: ")
    return element("div", label, *content, css=f"entry {css}")


def _two_values(old: JSON, new: JSON) -> list[Html]:
    texts = [
        json.dumps(value, ensure_ascii=False, sort_keys=True) for value in (old, new)
    ]
    if max(map(len, texts)) > _MAX_VALUE:
        # From where they differ, by character; their beginnings may be the same.
        start = max(len(commonprefix(texts)) - _CONTEXT, 0)  # noqa: RUF071
        return [
            labeled("- old", old, "removed", start),
            labeled("+ new", new, "added", start),
        ]
    before, after = texts
    return [
        element("code", before, css="removed"),
        element("span", " → "),
        element("code", after, css="added"),
    ]


def _script(change: Change) -> list[Html]:
    if only_line_endings_differ(change):
        return [element("span", "only line endings differ")]
    lines = unified_diff(str(change.old), str(change.new))
    shown = [_script_line(line) for line in lines[:_MAX_LINES]]
    return [element("pre", *shown), *omitted(len(lines) - _MAX_LINES, "more line")]


def _script_line(line: str) -> Html:
    """Return a line, with a line break for pages without the style."""
    text = line if line[0] == "@" else f"{line[0]} {line[1:]}"
    tag = {"+": "ins", "-": "del"}.get(line[0], "span")
    css = "quiet" if line[0] == "@" else ""
    return element(tag, text, Html("\n"), css=css)
