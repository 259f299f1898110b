"""States, resources and diffs as HTML."""

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataikuapi.iac import DiffEngine, Resource, State
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    Coverage,
    PathSegment,
    ResourceDiff,
    ResourceDiffs,
    RuleUsage,
    UnreadableResource,
    ValueChangeType,
)
from dataikuapi.iac.reports.html import diff_html, render_html
from dataikuapi.iac.reports.markup import element
from dataikuapi.iac.reports.notebook import resource_html, state_html
from iac.page import NOON, Page, modified, resource, state

TAGS = set("b code del details div ins p pre span style summary table td th tr".split())
CLASSES = {
    "dataiku-iac",
    "entry",
    "listing",
    "quiet",
    "added",
    "removed",
    "modified",
    "moved",
    "unchanged",
    "unknown",
}


# Diffs


def test_counts_are_by_type_with_a_total():
    old = state(resource("a", {"x": 1}), resource("b"), resource("", kind="project"))
    new = state(resource("a", {"x": 2}), resource("c"), resource("", kind="project"))
    diffs = DiffEngine().diff(old, new)
    diffs.unknown = (
        UnreadableResource("recipe.P", "no rights"),
        UnreadableResource("dataset.P.d", "no rights"),
    )
    page = Page(render_html(diffs))
    assert page.rows[0] == [
        "",
        "+ added",
        "- removed",
        "~ modified",
        "unchanged",
        "? unknown",
    ]
    assert page.row("dataset") == ["1", "1", "1", "0", "1"]
    assert page.row("project") == ["0", "0", "0", "1", "0"]
    assert page.row("recipe") == ["0", "0", "0", "0", "1"]
    assert page.row("total") == ["1", "1", "1", "1", "2"]


def test_no_total_of_a_single_row():
    page = Page(render_html([modified({"x": 1}, {"x": 2})]))
    assert [row[0] for row in page.rows] == ["", "dataset"]


def test_three_of_eighty_are_seen_at_once():
    names = [f"d{number}" for number in range(80)]
    old = state(*(resource(name, {"x": 1}, version_number=1) for name in names))
    changed = {"d7": 2, "d40": 3, "d79": 4}
    saved = [(name, changed.get(name, 1)) for name in names]
    new = state(*(resource(name, {"x": x}, version_number=x) for name, x in saved))
    page = Page(render_html(DiffEngine().diff(old, new)))
    assert page.row("dataset") == ["0", "0", "3", "77", "0"]
    assert page.folds == [
        [f"~ dataset.P.{name} 1 change · by maria, 2026-01-02 12:00 UTC", True]
        for name in ("d40", "d7", "d79")
    ]
    assert page.text.count("dataset.P.") == 3
    assert page.text.count("~ x: 1 → ") == 3


@pytest.mark.parametrize(("count", "is_open"), [(5, True), (6, False)])
def test_values_are_unfolded_where_few_changed(count, is_open):
    diffs = [
        modified({"x": "old"}, {"x": number}, f"d{number}") for number in range(count)
    ]
    assert [opened for _, opened in Page(render_html(diffs)).folds] == [is_open] * count


def test_what_is_new_or_gone_is_folded_with_all_that_it_has():
    diffs = DiffEngine().diff(state(resource("a", {"x": 1})), state(resource("b")))
    page = Page(render_html(diffs))
    assert page.folds == [
        ["- dataset.P.a last edited by maria, 2026-01-02 12:00 UTC", False],
        ["+ dataset.P.b by maria, 2026-01-02 12:00 UTC", False],
    ]
    assert "x: 1" in page.text


def test_what_moved_is_said_to_have_moved():
    columns = [{"name": name} for name in "abc"]
    page = Page(diff_html(modified({"c": columns}, {"c": columns[2:] + columns[:2]})))
    assert "> c[c]: moved from after [b] to the start" in page.text
    assert ("class", "entry moved") in page.attributes
    diff = ResourceDiff(
        ChangeType.MODIFIED,
        "dataset.P.a",
        "dataset",
        changes=(Change(ValueChangeType.MOVED, (PathSegment("c"), PathSegment(0))),),
    )
    assert "> c[0]: moved" in Page(diff_html(diff)).text


def test_scripts_are_compared_by_line():
    page = Page(diff_html(modified({"code": "a\nb\nc\n"}, {"code": "a\nB\nc\n"})))
    assert "@@ -1,3 +1,3 @@\n  a\n- b\n+ B\n  c\n" in page.text
    assert page.tags.count("del") == page.tags.count("ins") == 1
    page = Page(diff_html(modified({"code": "a\nb\n"}, {"code": "a\r\nb\r\n"})))
    assert "~ code: only line endings differ" in page.text


def test_long_values_are_shown_from_where_they_differ():
    old, new = "x" * 300 + "y" * 300, "x" * 300 + "z" * 300
    page = Page(diff_html(modified({"t": old}, {"t": new})))
    headings = [heading for heading, _ in page.folds[1:]]
    assert headings == [
        f"{label}: …{'x' * 20}{letter * 60}… (522 more characters)"
        for label, letter in (("- old", "y"), ("+ new", "z"))
    ]
    assert old in page.text and new in page.text


def test_what_is_huge_is_cut_and_the_rest_counted():
    page = Page(resource_html(resource("a", {"t": "a\n" * 10_000 + "b" * 6_000})))
    assert "… and 6,000 more characters" in page.text
    assert len(page.text) < 20_500
    lines = "".join(f"{number}\n" for number in range(600))
    page = Page(diff_html(modified({"t": "\n"}, {"t": lines})))
    assert "+ 300\n" in page.text and "+ 599\n" not in page.text
    assert "… and 102 more lines" in page.text
    many = {f"k{number}": 1 for number in range(201)}
    assert "… and 1 more change" in Page(diff_html(modified({}, many))).text
    diffs = DiffEngine().diff(state(), state(*map(resource, many), resource("z")))
    page = Page(render_html(diffs))
    assert page.row("dataset")[0] == "202"
    assert "… and 2 more objects" in page.text
    assert len(page.folds) == 200
    page = Page(state_html(state(*map(resource, many))))
    assert page.row("P") == ["201"]
    assert "… and 1 more resource" in page.text


def test_a_script_that_begins_with_an_empty_line_is_shown_with_it():
    # A browser drops the first line break inside of a pre.
    assert "<pre>\n\nfirst\n" in resource_html(resource("a", {"t": "\nfirst\n" * 20}))


def test_what_is_unknown_is_grouped_by_reason():
    unknown = [
        UnreadableResource(f"dataset.P.d{number}", "no rights") for number in range(6)
    ]
    unknown.append(UnreadableResource("recipe.P.r", "timed out"))
    page = Page(render_html(ResourceDiffs(unknown=unknown)))
    assert page.folds == [
        ["? 6 objects not read: no rights", False],
        ["? 1 object not read: timed out", True],
    ]
    assert "? dataset.P.d5" in page.text
    assert "No changes in what could be read." in page.text


def test_rules_coverage_and_title():
    rules = [RuleUsage("dataset.* comment", 3), RuleUsage("recipe.*", 0)]
    rules.append(RuleUsage("project.*", 0, expired=True))
    diffs = ResourceDiffs(rules=rules, coverage=Coverage(1999, 2000), title="A and B")
    page = Page(render_html(diffs))
    assert "ignored 3 changes by 1 rule; 1 unused, 1 expired" in page.text
    page = Page(render_html(diffs, verbose=True))
    assert page.text.startswith("A and B")
    assert "ignored 3: dataset.* comment" in page.text
    assert "ignored nothing: recipe.*" in page.text
    assert "ignored nothing: project.*  (expired)" in page.text
    assert "Of 2,000 objects in DSS, 1,999 are in the state." in page.text


def test_a_project_made_again_is_seen_though_nothing_changed():
    later = datetime(2026, 1, 3, tzinfo=timezone.utc)
    old, new = (
        state(resource("", kind="project", created_at=moment))
        for moment in (NOON, later)
    )
    page = Page(render_html(DiffEngine().diff(old, new)))
    assert "project.P deleted and created again on 2026-01-03" in page.text
    assert "No changes" not in page.text


def test_a_single_diff_is_told_also_if_nothing_changed():
    (diff,) = DiffEngine().diff(state(resource("a")), state(resource("a")))
    assert "dataset.P.a unchanged" in Page(diff_html(diff)).text


# States and resources


def test_a_state_says_where_it_comes_from_and_what_is_missing():
    told = state(
        resource("a"),
        environment="dev",
        serial=7,
        updated_at=NOON,
        instance={"dss_version": "14.4.2", "node_id": "design", "install_id": "x"},
        unknown={"dataset.P.b": "no rights"},
    )
    page = Page(state_html(told))
    assert page.text.strip().startswith(
        "State dev · serial 7 · 2026-01-02 12:00 UTC · DSS 14.4.2 · node design"
    )
    assert ["dataset.P.a", "by maria, 2026-01-02 12:00 UTC"] in page.rows
    assert "? 1 object not read: no rights" in page.text


def test_an_empty_state_says_so():
    page = Page(state_html(State(updated_at=NOON)))
    assert "State without environment · serial 0" in page.text
    assert "It is empty." in page.text


def test_projects_have_rows_of_their_own():
    other = Resource("recipe", "recipe.Q.r")
    page = Page(state_html(state(resource("a"), other)))
    assert page.row("P") == ["1", "0", "1"]
    assert page.row("Q") == ["0", "1", "1"]
    assert page.row("total") == ["1", "1", "2"]


def test_types_have_rows_where_there_are_more_of_them_than_projects():
    """A table with a column for each of seventeen types is as wide as nobody reads."""
    others = [Resource(kind, f"{kind}.P.x") for kind in ("recipe", "scenario")]
    page = Page(state_html(state(resource("a"), resource("b"), *others)))
    assert page.row("dataset") == ["2"]
    assert page.row("total") == ["4"]
    others += [Resource("recipe", "recipe.total.x")]  # The key of a project, too.
    page = Page(state_html(state(resource("a"), *others)))
    assert page.row("recipe") == ["1", "1", "2"]


def test_a_resource_tells_its_history_and_attributes_in_order():
    told = resource(
        "a",
        {"z": 1, "b": {"y": ["v"] * 50, "a": None}, "code": "first\n" * 50},
        created_at=NOON,
        version_number=3,
    )
    page = Page(resource_html(told))
    assert (
        "dataset.P.a last edited by maria, 2026-01-02 12:00 UTC · version 3 · "
        "created 2026-01-02 12:00 UTC · read by reader, 2026-01-02 12:00 UTC"
    ) in page.text
    assert page.folds[0] == ["3 attributes", True]
    assert '{\n  "a": null,\n  "y": [\n    "v",\n' in page.text
    assert ["code: 50 lines", False] in page.folds
    assert page.text.index("b: ") < page.text.index("code: ") < page.text.index("z: ")


# What others wrote

HOSTILE = [
    "<script>alert(1)</script>",
    "</style></pre></details><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "' onfocus='alert(1)",
    "<!-- ]]> <?php &lt;b&gt; &#60;b&#62;",
    "\x1b[31m\x00\x07\x9b \u202e\u2066 \ud800 \xa0",
]


def hostile_pages(text):
    """Yield all kinds of output with the text wherever data can be."""
    lines = f"{text}\n{text}"
    old = {text: text, "code": f"{text}\n", "list": [{"name": text, "x": 1}], "z": "a"}
    new = {
        f"{text}2": {text: [text] * 60},
        "code": lines,
        "list": [{"name": text, "x": text}],
        "z": text * 60,
    }
    name = f"n{text}"
    before, after = resource(name, old, text), resource(name, new, text)
    added = resource(f"{name}2", new, text)
    old_state = state(before)
    new_state = state(
        after,
        added,
        environment=text,
        instance={"node_id": text, "dss_version": text},
        unknown={f"dataset.P.{name}3": text},
    )
    diffs = DiffEngine().diff(old_state, new_state)
    diffs.title, diffs.rules = text, (RuleUsage(text, 1),)
    yield render_html(diffs)
    yield render_html(ResourceDiffs([modified({"a": old}, {"a": text})]))
    yield render_html([ResourceDiff(ChangeType.ADDED, text, "<b>")])
    yield from map(diff_html, diffs)
    yield state_html(new_state)
    yield resource_html(after)
    # What is read from files is not checked again.
    unchecked = Resource._from_parts(text, after.resource_id, new, after.metadata)
    new_state.resources[unchecked.resource_id] = unchecked
    yield state_html(new_state)
    yield resource_html(unchecked)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_others_wrote_is_markup(text):
    styles = set()
    for html in hostile_pages(text):
        html.encode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066]", html)
        page = Page(html)
        assert set(page.tags) <= TAGS
        assert {key for key, _ in page.attributes} <= {"class", "open"}
        classes = [value for key, value in page.attributes if key == "class"]
        assert set(" ".join(map(str, classes)).split()) <= CLASSES
        assert page.tags.count("style") == 1
        styles.add(page.style)
    assert len(styles) == 1


@given(st.text())
def test_text_is_read_as_it_was_written(text):
    page = Page(element("p", text))
    assert page.tags == ["p"]
    if text.isprintable():
        assert page.text == text


def test_what_cannot_be_seen_is_seen():
    told = resource("a", {"t": "a\u202eb\x7f"}, login="ma\x1bria\u200b")
    text = Page(resource_html(told)).text
    assert r'"a\u202eb\x7f"' in text
    assert r"by ma\x1bria\u200b" in text


# Light and dark


def test_the_style_fits_any_page():
    style = Page(render_html([])).style
    colors = re.findall(r"[{;\s]color: ([^;}]*)", style)
    backgrounds = re.findall(r"background(?:-color)?: ([^;}]*)", style)
    assert set(colors) == {"inherit"}
    assert len(backgrounds) > 4
    for background in backgrounds:
        assert background == "none" or re.fullmatch(
            r"rgba\(\d+, \d+, \d+, \.[1-3]\d?\)", background
        )
    assert "var(" not in style and "url(" not in style and "@import" not in style
    selectors = re.findall(r"([^{}]+)\{", style)
    for selector in selectors:
        assert selector.strip().startswith(".dataiku-iac"), "outside of our outputs"
