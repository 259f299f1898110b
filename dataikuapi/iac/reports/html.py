"""How do diffs look as HTML?

Text keeps the color of the page, and backgrounds are translucent: what is written is
read on light and on dark pages, and the signs tell all that the colors tell.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from os.path import commonprefix

from dataikuapi.iac.models import (
    Change,
    ChangeType,
    ResourceDiff,
    ResourceDiffs,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.reports.formatting import (
    group_by_reason,
    has_changes,
    last_editor,
    moved,
    only_line_endings_differ,
    printable,
    rule_lines,
)
from dataikuapi.iac.reports.unified import unified_diff

__all__ = ["diff_html", "render_html"]

FEW = 5
"""Up to so many things are unfolded."""

MOST = 200
"""So many of a kind are listed; how many follow is said."""

_WIDTH = 80
"""Characters that are shown of a folded value; how many follow is said."""

_TOO_LONG = 110
"""Characters of a value that is folded."""

_BEFORE = 20
"""Characters that are shown of a folded value before it differs from the other."""

_MOST_LINES = 500
_MOST_CHARACTERS = 20_000

# Notebooks are saved, and shown one output at a time: each brings its own. The class
# is doubled to win over what JupyterLab says of tables and code.
_STYLE = """<style>
.dataiku-iac { font-size: 13px; line-height: 1.5; overflow-wrap: anywhere; }
.dataiku-iac.dataiku-iac :is(p, table) { margin: .4em 0; }
.dataiku-iac.dataiku-iac table { border-collapse: collapse; border: 0;
  color: inherit; font-size: inherit; table-layout: auto; }
.dataiku-iac.dataiku-iac tr:is(*, :hover, :nth-child(odd)) { background: none; }
.dataiku-iac.dataiku-iac :is(th, td) { padding: .15em .8em; text-align: right;
  border: 1px solid rgba(128, 128, 128, .35); color: inherit; max-width: none; }
.dataiku-iac.dataiku-iac tr > :first-child,
.dataiku-iac.dataiku-iac .listing :is(th, td) { text-align: left; }
.dataiku-iac.dataiku-iac :is(code, pre) { color: inherit; font-size: 12px;
  font-family: ui-monospace, Menlo, Consolas, monospace; background: none;
  border: 0; padding: 0 .2em; white-space: pre-wrap; }
.dataiku-iac.dataiku-iac pre { margin: .2em 0; line-height: 1.4; max-height: 40em;
  overflow: auto; border: 1px solid rgba(128, 128, 128, .35); }
.dataiku-iac.dataiku-iac pre :is(ins, del, span) { display: block;
  text-decoration: none; color: inherit; padding: 0 .2em; }
.dataiku-iac.dataiku-iac summary { cursor: pointer; display: list-item; }
.dataiku-iac .entry { margin: .25em 0; padding: .1em .5em;
  border-left: 3px solid rgba(128, 128, 128, .5); }
.dataiku-iac .entry .entry { margin: .15em 0 .15em .8em; border-left-width: 2px; }
.dataiku-iac .quiet { opacity: .75; font-weight: normal; }
.dataiku-iac.dataiku-iac :is(ins, code.added, td.added) {
  background: rgba(46, 160, 67, .22); }
.dataiku-iac.dataiku-iac :is(del, code.removed, td.removed) {
  background: rgba(248, 81, 73, .22); }
.dataiku-iac.dataiku-iac td.modified { background: rgba(210, 153, 34, .25); }
.dataiku-iac.dataiku-iac td.unknown { background: rgba(163, 113, 247, .25); }
.dataiku-iac .entry.added { border-color: rgb(46, 160, 67); }
.dataiku-iac .entry.removed { border-color: rgb(248, 81, 73); }
.dataiku-iac .entry.modified { border-color: rgb(210, 153, 34); }
.dataiku-iac .entry.moved { border-color: rgb(56, 139, 253); }
.dataiku-iac .entry.unknown { border-color: rgb(163, 113, 247); }
</style>"""

_COLUMNS = {
    "added": "+ added",
    "removed": "- removed",
    "modified": "~ modified",
    "unchanged": "unchanged",
    "unknown": "? unknown",
}


def render_html(diffs: Iterable[ResourceDiff]) -> str:
    """Return what changed, as a piece of a page that brings its own style.

    Args:
        diffs: in the order in which they are to be shown; unchanged ones are counted.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    changed = [diff for diff in diffs if has_changes(diff)]
    is_open = len(changed) <= FEW
    return output(
        *([element("p", element("b", diffs.title))] if diffs.title else []),
        *([] if changed else [_nothing_changed(diffs)]),
        _counts(diffs),
        *_coverage(diffs),
        *(_resource(diff, is_open) for diff in changed[:MOST]),
        *more(len(changed) - MOST, "object"),
        *unread(item[:2] for item in diffs.unknown),
        *(element("div", line, css="quiet") for line in rule_lines(diffs.rules)),
    )


def diff_html(diff: ResourceDiff) -> str:
    """Return what happened to one resource, as :func:`render_html` does of many."""
    return output(_resource(diff, is_open=True))


class Html(str):
    """A piece of a page. Any other text is data, and escaped where it is put in."""


def output(*content: str) -> str:
    """Return a whole output: the content, and the style that it needs."""
    return element("div", Html(_STYLE), *content, css="dataiku-iac")


def element(tag: str, *content: str, css: str = "", is_open: bool = False) -> Html:
    """Return an element.

    Args:
        tag: its name.
        content: put together as it is where it is :class:`Html`, or else escaped.
        css: its classes.
        is_open: of details: whether they are unfolded.
    """
    start = f'{tag} class="{css}"' if css else tag
    inside = "".join(map(_escaped, content))
    return Html(f"<{start}{' open' if is_open else ''}>{inside}</{tag}>")


def folded(
    heading: Sequence[str],
    content: Iterable[str],
    css: str = "",
    is_open: bool = False,
) -> Html:
    """Return details that a click on the heading unfolds."""
    summary = element("summary", *heading)
    return element("details", summary, *content, css=f"entry {css}", is_open=is_open)


def counts_table(
    headings: Mapping[str, str], rows: Mapping[str, Mapping[str, int]]
) -> Html:
    """Return a table of counts, with a total where it has several rows.

    Args:
        headings: what stands above the columns, by their names.
        rows: by what stands before them, the counts by column.
    """
    total = {name: sum(row.get(name, 0) for row in rows.values()) for name in headings}
    lines = [*sorted(rows.items()), *([("total", total)] if len(rows) > 1 else [])]
    head = element("tr", *(element("th", text) for text in ("", *headings.values())))
    return element("table", head, *(_row(*line, headings) for line in lines))


def _row(label: str, counts: Mapping[str, int], names: Iterable[str]) -> Html:
    cells = [_cell(name, counts.get(name, 0)) for name in names]
    return element("tr", element("th", label), *cells)


def _cell(name: str, count: int) -> Html:
    # The name of a type is data, and no class.
    css = name if name in _COLUMNS else ""
    return element("td", f"{count:,}", css=css if count else "quiet")


def labelled(label: str, value: JSON, css: str = "", start: int = 0) -> Html:
    """Return a value behind its label; a long one is folded, and shown from start."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    name = element("code", f"{label}: ")
    if len(text) <= _TOO_LONG:
        return element("div", name, element("code", text), css=f"entry {css}")
    if isinstance(value, str) and "\n" in value:
        hint = counted(len(value.rstrip("\n").split("\n")), "line")
    else:
        hint = _excerpt(text, start)
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2)
    shown = [*_lines(value[:_MOST_CHARACTERS])]
    heading = [name, element("code", hint, css="quiet")]
    rest = more(len(value) - _MOST_CHARACTERS, "character")
    return folded(heading, [element("pre", *shown), *rest], css)


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + _WIDTH]
    before, after = "…" * (start > 0), "…" * (start + _WIDTH < len(text))
    return f"{before}{shown}{after} ({len(text) - len(shown):,} more characters)"


def attributes_html(attributes: Mapping[str, JSON]) -> list[Html]:
    """Return each attribute, in the order of the names."""
    return [labelled(name, attributes[name]) for name in sorted(attributes)]


def unread(reasons: Iterable[tuple[str, str]]) -> Iterator[Html]:
    """List what could not be read, given as id and reason; each reason once."""
    for reason, ids in group_by_reason(reasons).items():
        heading = [element("b", f"? {counted(len(ids), 'object')}"), " not read: "]
        told = [element("div", element("code", f"? {key}")) for key in ids[:MOST]]
        rest = more(len(ids) - MOST, "object")
        yield folded([*heading, reason], [*told, *rest], "unknown", len(ids) <= FEW)


def more(count: int, noun: str) -> list[Html]:
    """Say how many are left out, if any are."""
    if count <= 0:
        return []
    return [element("div", f"… and {count:,} more {noun}{'s' * (count > 1)}")]


def counted(count: int, noun: str) -> str:
    """Return e.g. "1 object" or "2,000 objects"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def edited(login: str | None, moment: datetime | None) -> str:
    """Return e.g. "by maria, 2026-01-02 03:04 UTC", as far as that is known."""
    when = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
    return ", ".join(filter(None, [f"by {login}" if login else "", when]))


def _escaped(text: str) -> Html:
    if isinstance(text, Html):
        return text
    return Html(escape(text if text.isprintable() else printable(text)))


def _lines(text: str) -> Iterator[Html]:
    yield Html("\n")  # The first one in a pre is dropped by who reads it.
    for line in text.split("\n"):
        yield Html(f"{_escaped(line)}\n")


def _counts(diffs: ResourceDiffs) -> Html:
    rows: dict[str, Counter[str]] = {}
    for diff in diffs:
        rows.setdefault(diff.resource_type, Counter())[diff.change_type.value] += 1
    for item in diffs.unknown:
        kind = item.resource_id.partition(".")[0]
        rows.setdefault(kind, Counter())["unknown"] += 1
    return counts_table(_COLUMNS, rows)


def _nothing_changed(diffs: ResourceDiffs) -> Html:
    known = " in what could be read" if diffs.unknown else ""
    return element("p", f"No changes{known}.")


def _coverage(diffs: ResourceDiffs) -> Iterator[Html]:
    if diffs.coverage is not None:
        tracked, existing = diffs.coverage
        yield element("p", f"The state has {tracked:,} of {existing:,} objects.")


def _resource(diff: ResourceDiff, is_open: bool) -> Html:
    facts = [counted(len(diff.changes), "change")] if diff.changes else []
    facts += filter(None, [last_editor(diff) or _unchanged(diff)])
    told = element("span", " · ".join(facts), css="quiet")
    heading = [element("b", element("code", str(diff))), " ", told]
    css = diff.change_type.value
    if diff.change_type is ChangeType.MODIFIED:
        return folded(heading, _changes(diff.changes), css, is_open)
    resource = diff.new_resource or diff.old_resource
    if resource is None or diff.change_type is ChangeType.UNCHANGED:
        return element("div", *heading, css=f"entry {css}")
    # Never unfolded by itself: all of it is new, or gone, as the sign says.
    return folded(heading, attributes_html(resource.attributes), css)


def _unchanged(diff: ResourceDiff) -> str:
    return "unchanged" if diff.change_type is ChangeType.UNCHANGED else ""


def _changes(changes: Sequence[Change]) -> list[Html]:
    rest = more(len(changes) - MOST, "change")
    return [*map(_change, changes[:MOST]), *rest]


def _change(change: Change) -> Html:
    css = change.kind.value
    if change.is_text:
        content = _script(change)
    elif change.kind is ValueChangeType.MODIFIED:
        content = _two_values(change.old, change.new)
    elif change.kind is ValueChangeType.MOVED:
        content = [element("span", moved(change))]
    else:
        is_added = change.kind is ValueChangeType.ADDED
        return labelled(str(change), change.new if is_added else change.old, css)
    label = element("code", f"{change}: ")
    return element("div", label, *content, css=f"entry {css}")


def _two_values(old: JSON, new: JSON) -> list[Html]:
    texts = [
        json.dumps(value, ensure_ascii=False, sort_keys=True) for value in (old, new)
    ]
    if max(map(len, texts)) > _TOO_LONG:
        # From where they differ, or both might look the same.
        start = max(len(commonprefix(texts)) - _BEFORE, 0)
        return [
            labelled("- old", old, "removed", start),
            labelled("+ new", new, "added", start),
        ]
    before, after = texts
    return [
        element("code", before, css="removed"),
        element("span", " → "),
        element("code", after, css="added"),
    ]


def _script(change: Change) -> list[Html]:
    if only_line_endings_differ(change):
        return [element("span", "only line ends differ")]
    lines = unified_diff(str(change.old), str(change.new))
    shown = [_script_line(line) for line in lines[:_MOST_LINES]]
    return [element("pre", *shown), *more(len(lines) - _MOST_LINES, "line")]


def _script_line(line: str) -> Html:
    """Return a line of its own also where there is no style."""
    text = line if line[0] == "@" else f"{line[0]} {line[1:]}"
    tag = {"+": "ins", "-": "del"}.get(line[0], "span")
    css = "quiet" if line[0] == "@" else ""
    return element(tag, text, Html("\n"), css=css)
