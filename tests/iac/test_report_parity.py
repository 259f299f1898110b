"""All reports say the same of one change, also of those that are rare."""

import re

import pytest

from dataikuapi.iac.models import (
    ChangeType,
    ResourceDiff,
    ResourceDiffs,
)
from dataikuapi.iac.reports import (
    render_html,
    render_html_page,
    render_markdown,
    render_text,
)
from iac.page import Page, modified, resource

RENDERERS = (render_text, render_markdown, render_html, render_html_page)


def recreated(kind=ChangeType.UNCHANGED):
    item = resource("a")
    return ResourceDiff(
        kind, item.resource_id, "dataset", item, item, is_recreated=True
    )


def table(diffs):
    """Return the counts of the only row of the HTML table, by their headings."""
    names, row = Page(render_html(diffs)).rows
    return {
        name: int(cell) for name, cell in zip(names[1:], row[1:], strict=True) if cell
    }


def page_counts(diffs):
    found = re.findall(r"<strong>(\d+)</strong> (\w+)", render_html_page(diffs))
    return {name: int(count) for count, name in found}


def test_recreated_object_is_not_unchanged():
    diffs = ResourceDiffs([recreated()])
    assert "0 unchanged, 1 recreated" in render_text(diffs)
    assert (table(diffs)["~ recreated"], table(diffs)["unchanged"]) == (1, 0)
    assert page_counts(diffs)["recreated"] == 1
    assert "unchanged" not in page_counts(diffs)


def test_modified_object_that_was_recreated_counts_once():
    diffs = ResourceDiffs([recreated(ChangeType.MODIFIED)])
    assert "1 modified, 0 unchanged" in render_text(diffs)
    assert sum(table(diffs).values()) == table(diffs)["~ modified"] == 1
    assert sum(page_counts(diffs).values()) == page_counts(diffs)["changed"] == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("a\fb\n", "a\nb\n"), ("a\u2028b\n", "a\nb\n")],
    ids=["form feed", "line separator"],
)
def test_only_line_endings_are_line_endings(old, new):
    for render in RENDERERS:
        text = render([modified({"code": old}, {"code": new})])
        assert "only line endings differ" not in text, render


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_are_told_in_every_report(ending):
    diff = modified({"code": "a\nb\n"}, {"code": f"a{ending}b{ending}"})
    for render in RENDERERS:
        assert "only line endings differ" in render([diff]), render


@pytest.mark.parametrize("rest", ["", "x" * 200], ids=["short", "long"])
def test_values_that_look_alike_are_told_apart_in_every_report(rest):
    diff = modified({"name": f"caf\u00e9{rest}"}, {"name": f"cafe\u0301{rest}"})
    for render in RENDERERS:
        text = render([diff]).replace("&quot;", '"')
        assert "caf\\u00e9" in text and "cafe\\u0301" in text, render


def gist(diff):
    """Return what the list of a long text, and a page, say of an object."""
    (entry,) = re.findall(r'<div class="gist">(.*?)</div>', render_html_page([diff]))
    return entry


def test_moved_item_is_told_in_short():
    columns = [{"name": name} for name in "abc"]
    old, new = (
        {"schema": {"columns": x}} for x in (columns, [*columns[1:], columns[0]])
    )
    diff = modified(old, new)
    assert "moved from the start to after" in gist(diff)
    assert "columns[a]" in gist(diff)
    assert "null" not in gist(diff)


def test_lines_of_a_script_that_was_null_are_counted():
    diff = modified({"payload": None}, {"payload": "a\nb\nc\n"})
    assert gist(diff) == "payload: 3 lines added, 0 removed"
