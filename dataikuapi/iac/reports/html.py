"""Renders diffs as HTML, for notebooks and other pages."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os.path import commonprefix

from dataikuapi.iac.analysis import Fact, ObjectFact, SharedFact, analyze
from dataikuapi.iac.analysis.summary import Counts, count_changes
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
from dataikuapi.iac.reports.counts import changed_rows
from dataikuapi.iac.reports.dangling import dangling_sentences
from dataikuapi.iac.reports.fact_lines import about_line, changed_names, heading, notes
from dataikuapi.iac.reports.formatting import (
    counted,
    coverage_sentence,
    derived_lines,
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
from dataikuapi.iac.reports.unwatched import unwatched_lines

__all__ = ["changes_html", "diff_html", "render_html"]

MAX_OPEN = 5
"""Up to this many sections are open at first."""

MAX_LISTED = 200
"""At most this many items are listed, followed by the number of the rest."""

_MAX_ROWS = 10
"""Up to this many rows, those in which nothing changed are in the table too."""

_EXCERPT = 80
"""Characters shown of a collapsed value, followed by the number of the rest."""

_MAX_VALUE = 110
"""Values longer than this are collapsed."""

_CONTEXT = 20
"""Characters shown of a collapsed value before the first difference."""

_MAX_LINES, _MAX_CHARACTERS = 500, 20_000

_COLUMNS = {
    "added": "+ added",
    "removed": "- removed",
    "modified": "~ modified",
    "unchanged": "unchanged",
    "unknown": "? unknown",
}


def render_html(diffs: Iterable[ResourceDiff], *, verbose: bool = False) -> str:
    """Return the diffs as an HTML fragment with its own style, the heaviest first.

    Args:
        diffs: in their order where they weigh the same; unchanged ones are counted.
        verbose: list the ignore rules, instead of only counting what they hide.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    analysis = analyze(diffs)
    facts = analysis.facts
    is_open = len(facts) <= MAX_OPEN
    return output(
        *(element("p", line) for line in upgrade_lines(diffs)),
        *([element("p", element("b", diffs.title))] if diffs.title else []),
        *([] if facts else [_nothing_changed(diffs)]),
        _counts(diffs),
        *(element("p", line) for line in dangling_sentences(analysis.dangling)),
        *_coverage(diffs),
        *(element("p", f"{line}.") for line in masked_sentences(diffs.masked)),
        *(_fact(fact, is_open) for fact in facts[:MAX_LISTED]),
        *omitted(len(facts) - MAX_LISTED, "more object"),
        *unreadable(item[:2] for item in diffs.unknown),
        *(_uncompared(item) for item in diffs.uncompared),
        *(element("div", line, css="quiet") for line in _footer(diffs, verbose)),
    )


def diff_html(diff: ResourceDiff) -> str:
    """Return one diff as an HTML fragment, as :func:`render_html` does of many."""
    return output(entry_of(diff, diff.changes, [last_editor(diff)], is_open=True))


def changes_html(changes: Sequence[Change]) -> str:
    """Return the changes inside one resource as an HTML fragment."""
    return output(*(change_list(changes) or [element("p", "No changes.")]))


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
    counts = count_changes(diffs)
    projects = {project_key for project_key, _ in counts}
    shown = {key: counts[key] for key in _shown_rows(diffs, counts)}
    rows = {
        f"{project_key} {kind}" if len(projects) > 1 else kind: row
        for (project_key, kind), row in shown.items()
    }
    rest = sum((row for key, row in counts.items() if key not in shown), Counter())
    is_any = any(row["recreated"] for row in counts.values())
    headings = {**_COLUMNS, **({"recreated": "created again"} if is_any else {})}
    return counts_table(headings, {**rows, **({"all others": rest} if rest else {})})


def _shown_rows(diffs: ResourceDiffs, counts: Counts) -> list[tuple[str, str]]:
    """Return the keys of the rows: all, or where there are many, what changed most."""
    if len(counts) <= _MAX_ROWS:
        return list(counts)
    return [(key, kind) for key, kind, _ in changed_rows(diffs)[1] if kind]


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
    covered = [coverage_sentence(diffs.coverage)] if diffs.coverage else []
    return (element("p", line) for line in (*covered, *unwatched_lines(diffs)))


def _footer(diffs: ResourceDiffs, verbose: bool) -> list[str]:
    return [*derived_lines(diffs), *rule_lines(diffs.rules, verbose)]


def _fact(fact: Fact, is_open: bool) -> Html:
    if isinstance(fact, SharedFact):
        names = [element("div", *_listed(fact), css="quiet")]
        title = title_of(heading(fact), fact.changes, notes(fact), is_open)
        return section(title, [*change_list(fact.changes), *names], "modified", is_open)
    derived = fact.derived if isinstance(fact, ObjectFact) else ()
    below = [_fact(item, is_open=False) for item in derived[:MAX_LISTED]]
    below += omitted(len(derived) - MAX_LISTED, "more object")
    about = [about_line(fact.diff), *notes(fact)]
    return entry_of(fact.diff, fact.changes, about, is_open, heading(fact), below)


def _listed(fact: SharedFact) -> list[str]:
    ids = ", ".join(diff.resource_id for diff in fact.diffs[:MAX_LISTED])
    return [ids, *omitted(len(fact.diffs) - MAX_LISTED, "more object")]


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
