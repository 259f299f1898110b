"""The parts that reports as HTML and notebooks are made of."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os.path import commonprefix

from dataikuapi.iac.models import Change, ChangeType, ResourceDiff, ValueChangeType
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import format_minute
from dataikuapi.iac.reports.excerpts import look_alike
from dataikuapi.iac.reports.fact_lines import changed_names
from dataikuapi.iac.reports.formatting import (
    ONLY_LINE_ENDINGS,
    counted,
    describe_move,
    group_by_reason,
    script_diff,
)
from dataikuapi.iac.reports.markup import Html, element, escaped, section

__all__ = [
    "COUNTED",
    "MAX_LISTED",
    "MAX_OPEN",
    "attributes_html",
    "change_list",
    "counts_table",
    "edited",
    "entry_of",
    "labeled",
    "omitted",
    "title_of",
    "unreadable",
]

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

_MAX_LINES, _MAX_CHARACTERS = 500, 20_000

COUNTED = {
    "added": "+ added",
    "removed": "- removed",
    "modified": "~ modified",
    "recreated": "~ recreated",
    "unchanged": "unchanged",
    "unknown": "? unknown",
}
"""Headings of the counts of resources, by name."""


def counts_table(
    headings: Mapping[str, str], rows: Mapping[str, Mapping[str, int]]
) -> Html:
    """Return a table of counts, with a total if it has several rows.

    Args:
        headings: by name of the column.
        rows: counts by name of the column, by label of the row.
    """
    total = {name: sum(row.get(name, 0) for row in rows.values()) for name in headings}
    lines = [*rows.items(), *([("total", total)] if len(rows) > 1 else [])]
    head = element("tr", *(element("th", text) for text in ("", *headings.values())))
    return element("table", head, *(_row(*line, headings) for line in lines))


def _row(label: str, counts: Mapping[str, int], names: Iterable[str]) -> Html:
    cells = [_cell(name, counts.get(name, 0)) for name in names]
    return element("tr", element("th", label), *cells)


def _cell(name: str, count: int) -> Html:
    # The name of a type is data, not a class.
    css = "modified" if name == "recreated" else name if name in COUNTED else ""
    return element("td", f"{count:,}", css=css if count else "quiet")


def labeled(
    label: str, value: JSON, css: str = "", start: int = 0, is_ascii: bool = False
) -> Html:
    """Return a label and value; a long one is collapsed to an excerpt from start."""
    text = json.dumps(value, ensure_ascii=is_ascii, sort_keys=True)
    name = element("code", f"{label}: ")
    if len(text) <= _MAX_VALUE:
        return element("div", name, element("code", text), css=f"entry {css}")
    if isinstance(value, str) and "\n" in value:
        hint = counted(len(value.rstrip("\n").split("\n")), "line")
    else:
        hint = _excerpt(text, start)
        value = json.dumps(value, ensure_ascii=is_ascii, sort_keys=True, indent=2)
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


def entry_of(
    diff: ResourceDiff,
    changes: Sequence[Change],
    about: list[str],
    is_open: bool,
    title: str = "",
    below: Sequence[Html] = (),
) -> Html:
    """Return a section for one resource.

    Args:
        diff: of the resource.
        changes: those of its changes that are shown.
        about: shown beside the title.
        is_open: whether the section is open at first, if it has changes.
        title: by default, sign and id.
        below: what follows the changes.
    """
    css = diff.change_type.value
    is_unchanged = diff.change_type is ChangeType.UNCHANGED
    about = [*filter(None, about)] or (["unchanged"] if is_unchanged else [])
    line = title_of(title or str(diff), changes, about, is_open)
    if diff.change_type is ChangeType.MODIFIED:
        return section(line, [*change_list(changes), *below], css, is_open)
    resource = diff.new_resource or diff.old_resource
    if resource is None or is_unchanged:
        return element("div", *line, *below, css=f"entry {css}")
    # Never open at first: all of it is new or gone, as the sign says.
    return section(line, [*attributes_html(resource.attributes), *below], css)


def title_of(
    title: str, changes: Sequence[Change], about: Iterable[str], is_open: bool
) -> list[Html | str]:
    """Return a heading; that of a closed section names what was changed."""
    parts = [counted(len(changes), "change")] if changes else []
    if changes and not is_open:
        parts = [f"{parts[0]} in {changed_names(changes)}"]
    details = element("span", " · ".join([*parts, *about]), css="quiet")
    return [element("b", element("code", title)), " ", details]


def change_list(changes: Sequence[Change]) -> list[Html]:
    """Return the changes inside one resource, up to a number."""
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
    is_ascii = look_alike(*texts)
    if is_ascii:
        texts = [json.dumps(value, sort_keys=True) for value in (old, new)]
    if max(map(len, texts)) > _MAX_VALUE:
        # From where they differ, by character; their beginnings may be the same.
        start = max(len(commonprefix(texts)) - _CONTEXT, 0)  # noqa: RUF071
        return [
            labeled("- old", old, "removed", start, is_ascii),
            labeled("+ new", new, "added", start, is_ascii),
        ]
    before, after = texts
    return [
        element("code", before, css="removed"),
        element("span", " → "),
        element("code", after, css="added"),
    ]


def _script(change: Change) -> list[Html]:
    lines = script_diff(change)
    if not lines:
        return [element("span", ONLY_LINE_ENDINGS)]
    shown = [_script_line(line) for line in lines[:_MAX_LINES]]
    return [element("pre", *shown), *omitted(len(lines) - _MAX_LINES, "more line")]


def _script_line(line: str) -> Html:
    """Return a line, with a line break for pages without the style."""
    text = line if line[0] == "@" else f"{line[0]} {line[1:]}"
    tag = {"+": "ins", "-": "del"}.get(line[0], "span")
    css = "quiet" if line[0] == "@" else ""
    return element(tag, text, Html("\n"), css=css)
