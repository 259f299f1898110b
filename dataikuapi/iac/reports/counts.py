"""The table of counts by project and type that reports begin with."""

from collections import Counter
from collections.abc import Iterator

from dataikuapi.iac.analysis.summary import count_changes
from dataikuapi.iac.models import ResourceDiffs

__all__ = ["COLUMNS", "changed_rows", "has_table", "text_table"]

COLUMNS = ("added", "removed", "modified", "recreated", "unknown")

MIN_CHANGED = 6
"""Fewer changed resources are seen at a glance without a table."""

_MAX_ROWS, _MAX_TEXT_ROWS = 20, 6
"""With the latter, the heaviest changes are still on a terminal's first screen."""

_MAX_KEY = 24
"""Characters shown of a project key."""

_HEADINGS = "project type".split()

Row = tuple[str, str, Counter[str]]


def has_table(diffs: ResourceDiffs) -> bool:
    """Return whether so much changed that a table helps."""
    return sum(diff.has_changed for diff in diffs) >= MIN_CHANGED


def changed_rows(
    diffs: ResourceDiffs, max_rows: int = _MAX_ROWS
) -> tuple[tuple[str, ...], list[Row]]:
    """Return the columns and rows of what changed or is unknown.

    Beyond a number of rows, those with the fewest changes are added up in a last row,
    whose project and type are empty.
    """
    rows = [
        (project_key, resource_type, Counter({name: found[name] for name in COLUMNS}))
        for (project_key, resource_type), found in count_changes(diffs).items()
        if any(found[name] for name in COLUMNS)
    ]
    largest = sorted(rows, key=lambda row: -row[2].total())[:max_rows]
    shown = [row for row in rows if row in largest]
    if len(rows) > len(shown):
        rest = sum((row[2] for row in rows if row not in largest), Counter())
        shown.append(("", "", rest))
    names = tuple(name for name in COLUMNS if any(row[2][name] for row in shown))
    return names, shown


def text_table(diffs: ResourceDiffs, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of the table as text, only the largest unless it is verbose."""
    names, rows = changed_rows(diffs, _MAX_ROWS if verbose else _MAX_TEXT_ROWS)
    labels = [
        (_shortened(project_key), kind) if kind else ("all others", "")
        for project_key, kind, _ in rows
    ]
    first, second = (
        max(len(heading), *map(len, column))
        for heading, column in zip(_HEADINGS, zip(*labels, strict=True), strict=True)
    )
    heading, other = _HEADINGS
    yield "  ".join([f"{heading:{first}}", f"{other:{second}}", *names])
    for (project_key, kind), (_, _, counts) in zip(labels, rows, strict=True):
        cells = [_count(counts[name]).rjust(len(name)) for name in names]
        yield "  ".join([f"{project_key:{first}}", f"{kind:{second}}", *cells]).rstrip()


def _shortened(key: str) -> str:
    return key if len(key) <= _MAX_KEY else f"{key[: _MAX_KEY - 1]}…"


def _count(count: int) -> str:
    return f"{count:,}" if count else ""
