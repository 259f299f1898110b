"""What a reader sees first: reports on a terminal of 80 columns and 24 lines."""

import pytest

from dataikuapi.iac import Resource, ResourceMetadata
from dataikuapi.iac.models import Coverage, ResourceDiffs, UnreadableResource
from dataikuapi.iac.reports import render_html, render_markdown, render_text
from iac.flows import (
    CLEAN,
    FLOW,
    PREPARE,
    RAW,
    READ,
    REPORT,
    TOP,
    changed,
    dataset,
    diff,
    recipe,
)
from iac.page import Page

PROJECTS = [f"PROJECT_{number}" for number in range(16)]
SETS = [
    dataset(f"customers_and_orders_by_month_{number:03}", "id", project=key)
    for key in PROJECTS
    for number in range(15)
]
OWNED = Resource(
    "project",
    "project.FINANCE",
    {"permissions": {"owner": "ann"}},
    ResourceMetadata(READ, "robot"),
)
REMOVED = recipe("compute_customers_and_orders_joined_by_region", "a b", "c")
TITLE = (
    "Drift of 9 projects since serial 12 of production (2026-01-02 03:04 UTC): "
    "DSS at https://dss.example.com, read 2026-01-02 03:05 UTC"
)


def moved(item):
    return changed(item, params={**item.attributes["params"], "connection": "s3"})


def described(item, text):
    return changed(item, description=text)


@pytest.fixture(scope="module")
def mixed():
    """An owner, a removed recipe, one connection 39 times, and 201 descriptions."""
    project = changed(OWNED, permissions={"owner": "bob"})
    new = [moved(item) for item in SETS[:39]]
    new += [described(item, item.resource_id) for item in SETS[39:]]
    diffs = diff([*SETS, OWNED, REMOVED], [*new, project])
    return ResourceDiffs.from_iterable(diffs).with_context(
        title=TITLE, coverage=Coverage(241, 241), projects=tuple(PROJECTS)
    )


def test_the_three_that_matter_are_on_the_first_screen(mixed):
    screen = "\n".join(render_text(mixed).splitlines()[:24])
    assert '  ~ project.FINANCE  permissions.owner: "ann" -> "bob"\n' in screen
    assert "  - recipe.SHOP.compute_customers_and_orders_joined_by_region\n" in screen
    assert '  ~ 39 datasets  params.connection: "files" -> "s3"\n' in screen
    assert "  … and 201 more\n" in screen


def test_the_table_is_whole_on_request(mixed):
    short, whole = render_text(mixed), render_text(mixed, verbose=True)
    assert "all others" in short and "all others" not in whole
    assert all(key in whole for key in PROJECTS)


def test_long_names_take_as_few_lines_as_short_ones():
    sets = SETS[:60]
    lines = render_text(diff(sets, list(map(moved, sets)))).splitlines()
    start = lines.index('    ~ params.connection: "files" -> "s3"') + 1
    end = lines.index("    … and 53 more (-v lists them)")
    assert end - start == 4
    assert sum(line.count("customers_and_orders") for line in lines[start:end]) == 7


# Descriptions


LONG = "".join(f"This is line {number} of what we know.\n" for number in range(30))
COMMENTED = changed(
    SETS[0],
    managed=True,
    description=LONG,
    schema={
        "columns": [{"name": "id", "type": "string", "comment": "Identifies an order."}]
    },
)


def test_descriptions_do_not_hide_what_follows():
    diffs = diff(SETS[:2], [COMMENTED, described(SETS[1], "Short.")])
    lines = render_text(diffs).splitlines()
    assert lines[1] == "    + managed: true"
    assert any("Short." in line for line in lines[:16])
    assert sum("of descriptions and tags (-v shows them)" in x for x in lines) == 1


@pytest.mark.parametrize("option", ["verbose", "full"])
def test_descriptions_are_whole_on_request(option):
    text = render_text(diff(SETS[:1], [COMMENTED]), **{option: True})
    assert "of descriptions and tags" not in text
    assert "Identifies an order." in text


def test_a_short_description_is_shown_whole():
    text = render_text(diff(SETS[:1], [described(SETS[0], "One.\nTwo.\nThree.\n")]))
    assert "+Three." in text and "more" not in text


# The width of a terminal


@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(mixed, verbose):
    refused = "the API key may not read it: Action forbidden, this key does not have "
    refused += "the right to read the configuration of this project"
    diffs = mixed.copy()
    diffs.unknown = (UnreadableResource("dataset.HR.salaries", refused),)
    diffs.unwatched = tuple(f"OTHER_{number}" for number in range(12))
    lines = render_text(diffs, verbose=verbose).splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_what_is_wrapped_is_indented_and_whole(mixed):
    lines = render_text(mixed).splitlines()
    assert lines[0].startswith("Drift of 9 projects") and lines[1].startswith("  ")
    assert f"{lines[0]} {lines[1].strip()}" == TITLE
    assert lines[-2:] == [
        "0 added, 1 removed, 241 modified, 0 unchanged.",
        "All 241 objects in DSS are in the state.",
    ]


def test_an_editor_beside_a_long_name_is_below_it():
    new = moved(SETS[0])
    new.metadata.last_modified_by, new.metadata.last_modified_at = "ann", READ
    first, second, *_ = render_text(diff(SETS[:1], [new])).splitlines()
    assert first == f"~ {new.resource_id}"
    assert second == "    (by ann, 2026-01-01 00:00 UTC)"


def test_changes_below_another_object_are_within_the_width_too():
    comment = "What this column is about, in words that take most of a line."
    column = {"name": "revenue_by_month", "type": "double", "comment": comment}
    clean = changed(CLEAN, schema={"columns": [column]})
    edited = changed(PREPARE, payload="other")
    lines = render_text(diff(FLOW, [RAW, edited, clean, REPORT, TOP])).splitlines()
    assert any("        + schema.columns[revenue_by_month]" in line for line in lines)
    assert [line for line in lines if len(line) > 80] == []


# Pages


def test_closed_sections_name_what_was_changed(mixed):
    headings = [heading for heading, _ in Page(render_html(mixed)).folds]
    assert headings[0] == "~ project.FINANCE 1 change in permissions.owner"
    assert headings[1].startswith(f"- {REMOVED.resource_id} ")
    assert headings[2] == "~ 39 datasets 1 change in params.connection"


def test_a_closed_section_names_a_few_of_many_attributes():
    new = [
        changed(item, **{f"x{number}": at for number in range(6)})
        for at, item in enumerate(SETS[:6])
    ]
    headings = [heading for heading, _ in Page(render_html(diff(SETS[:6], new))).folds]
    assert headings[0] == (
        f"~ {SETS[0].resource_id} 6 changes in x0, x1, x2, x3 and 2 more"
    )


def test_the_table_of_a_page_has_no_long_list_of_what_did_not_change():
    new = [moved(SETS[0]), *SETS[1:]]
    page = Page(render_html(diff(SETS, new)))
    assert [row[0] for row in page.rows[1:]] == [
        "PROJECT_0 dataset",
        "all others",
        "total",
    ]
    assert page.row("PROJECT_0 dataset") == ["0", "0", "1", "14", "0"]
    assert page.row("all others") == ["0", "0", "0", "225", "0"]
    assert page.row("total") == ["0", "0", "1", "239", "0"]


def test_the_list_in_markdown_names_what_was_changed(mixed):
    names, _ = render_markdown(mixed).split("<details>", 1)
    lines = names.split("```diff\n")[1].splitlines()
    assert lines[0] == "~ project.FINANCE  permissions.owner"
    assert lines[2] == f"~ {SETS[0].resource_id}  params.connection"
