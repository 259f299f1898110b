"""The list that a text longer than a screen begins with."""

import pytest

from dataikuapi.iac import Resource, ResourceMetadata
from dataikuapi.iac.models.times import parse_time
from dataikuapi.iac.reports import render_text
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
    with_columns,
)

TITLE = "The most important first:"
LINES = "".join(f"line {number}\n" for number in range(30))
CODE = recipe("compute_code", "files", "code", payload="pass\n")
REWRITTEN = changed(CODE, payload=LINES)
PROJECT = Resource(
    "project",
    "project.SHOP",
    {"permissions": {"owner": "ann"}, "settings": {"a": 1, "b": 1}},
    ResourceMetadata(READ, "robot"),
)
SETS = [dataset(f"set_{number:02}", "id") for number in range(12)]


def headlines_of(old, new):
    """Return the list of a drift that also has a long script: each entry as a line."""
    lines = render_text(diff([CODE, *old], [REWRITTEN, *new])).splitlines()
    start = lines.index(TITLE) + 1
    shown = "\n".join(lines[start : lines.index("", start)])
    return shown.replace("\n      ", "  ").removeprefix("  ").split("\n  ")


def test_heaviest_change_is_shown_first():
    new = changed(PROJECT, permissions={"owner": "bob"}, settings={"a": 2, "b": 1})
    assert headlines_of([PROJECT, RAW], [new]) == [
        '~ project.SHOP  permissions.owner: "ann" -> "bob"; settings.a: 1 -> 2',
        "- dataset.SHOP.raw  Filesystem; connection: files; columns: 2",
        "~ recipe.SHOP.compute_code  payload: 30 lines added, 1 removed",
    ]


def test_equal_changes_are_counted():
    old = changed(RAW, checks=[])
    new = changed(RAW, checks=[{"a": "x" * 40}, {"a": "y" * 40}], managed=True)
    assert headlines_of([old, PROJECT], [new])[-1] == (
        "~ dataset.SHOP.raw  + checks (2 times); + managed: true"
    )


def test_long_values_are_shown_from_where_they_differ():
    old = changed(RAW, params={"query": f"SELECT {'a, ' * 40} x FROM t"})
    new = changed(RAW, params={"query": f"SELECT {'a, ' * 40} y FROM t"})
    assert (
        '~ dataset.SHOP.raw  params.query: … a, a,  x FROM t" -> … a, a,  y FROM t"'
        in (headlines_of([old, PROJECT], [new]))
    )


def test_change_of_many_is_one_line():
    new = [changed(item, params={"connection": "s3"}) for item in SETS]
    old = [changed(item, params={"connection": "files"}) for item in SETS]
    assert '~ 12 datasets  params.connection: "files" -> "s3"' in headlines_of(
        [*old, RAW], new
    )


def test_rename_is_told():
    new = dataset("renamed", "id", "path")
    new.attributes["params"] = RAW.attributes["params"]
    old = changed(new, name="before")
    old = Resource("dataset", "dataset.SHOP.before", old.attributes, old.metadata)
    found = headlines_of([old, PROJECT], [new])
    assert any(
        line.startswith("+ dataset.SHOP.renamed  renamed from before;")
        for line in found
    )


def test_recreated_object_is_told():
    old, new = (
        Resource(
            item.resource_type,
            item.resource_id,
            item.attributes,
            ResourceMetadata(READ, "robot", created_at=parse_time(time)),
        )
        for item, time in [
            (RAW, "2025-01-01T00:00:00Z"),
            (changed(RAW, managed=True), "2025-02-02T00:00:00Z"),
        ]
    )
    found = headlines_of([old, PROJECT], [new])
    assert any(
        "dataset.SHOP.raw  deleted and created again; + managed: true" in line
        for line in found
    )


def test_derived_change_has_its_reason():
    wider = with_columns(CLEAN, "id", "x")
    found = headlines_of([PROJECT, *FLOW], [RAW, PREPARE, wider, REPORT, TOP])
    assert found[-1].startswith(
        "~ dataset.SHOP.clean  schema changed by a run of recipe prepare"
    )


def test_what_is_downstream_is_counted():
    new = [changed(RAW, managed=True), PREPARE, CLEAN, REPORT, TOP]
    assert "~ dataset.SHOP.raw (4 downstream)  + managed: true" in headlines_of(
        [PROJECT, *FLOW], new
    )


def test_dangling_references_come_before_the_list():
    lines = render_text(
        diff([CODE, *FLOW, PROJECT], [REWRITTEN, *FLOW[1:]])
    ).splitlines()
    assert lines[0] == (
        "! recipe.SHOP.prepare refers to dataset.SHOP.raw, which does not exist"
    )
    assert lines[1:3] == ["", TITLE]


def test_descriptions_are_left_out_where_there_is_more():
    new = [changed(item, description=item.resource_id) for item in SETS]
    assert headlines_of(SETS, new) == [
        "~ recipe.SHOP.compute_code  payload: 30 lines added, 1 removed",
        "… and 12 more",
    ]


def test_descriptions_are_listed_where_there_is_nothing_else():
    new = [changed(item, description=f"{item.resource_id}\n\nok") for item in SETS]
    lines = render_text(diff(SETS, new)).splitlines()
    assert "  ~ dataset.SHOP.set_00  + description: " in "\n".join(lines)
    assert "  … and 4 more" in lines


@pytest.mark.parametrize("count", [1, 2])
def test_few_facts_have_no_list(count):
    old, new = [RAW, CODE][:count], [changed(RAW, managed=True), REWRITTEN][:count]
    assert TITLE not in render_text(diff(old, new))


def test_short_report_has_no_list():
    new = [changed(item, managed=True, description=item.resource_id) for item in SETS]
    assert TITLE not in render_text(diff(SETS[:3], new[:3]))


def test_no_line_is_wider_than_a_terminal():
    name = "customers_and_orders_joined_by_region_and_month_of_the_last_year_" * 2
    sets = [dataset(name + str(number), "id") for number in range(9)]
    lines = headlines_of(sets, [])
    titles = [line.partition("  ")[0] for line in lines]
    assert max(map(len, titles)) <= 78
    assert sum(title.endswith("…") for title in titles) == 8
