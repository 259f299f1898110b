"""Reports of facts: each thing once, the heaviest first, and nothing left out."""

import json
import re
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import pytest

from dataikuapi.iac import DiffEngine, Resource, State, StateNotFoundError
from dataikuapi.iac.analysis import without_derived
from dataikuapi.iac.analysis.summary import deletion
from dataikuapi.iac.models import Scope
from dataikuapi.iac.models.times import parse_time
from dataikuapi.iac.reports import (
    render_error,
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
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
    ports,
    recipe,
    state_of,
    with_columns,
)
from iac.page import Page

SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("diff_report_v2.schema.json").read_text()
)
SETS = [dataset(f"set_{number:02}", "id") for number in range(39)]
MOVED = [dataset(item.resource_name, "id", connection="s3") for item in SETS]
EDITED = [
    RAW,
    changed(PREPARE, payload="a\nB\n"),
    with_columns(CLEAN, "id", "amount", "currency"),
    REPORT,
    TOP,
]


def document(diffs):
    found = json.loads(render_json(diffs))
    jsonschema.validate(found, SCHEMA)
    return found


def details(text):
    """Return a text report without the table."""
    return [line for line in text.splitlines() if line[:1] in (" ", "+", "-", "~")]


# One change in many datasets


def test_one_connection_in_39_datasets_is_one_entry():
    lines = details(render_text(diff(SETS, MOVED)))
    assert lines[:3] == [
        "~ 39 datasets",
        '    ~ params.connection: "files" -> "s3"',
        "    in dataset.SHOP: set_00, set_01, set_02, set_03, set_04, set_05, set_06,",
    ]
    assert lines[-1] == "    … and 15 more (-v lists them)"
    assert all(len(line) <= 80 for line in lines)


def test_all_names_are_listed_on_request():
    text = render_text(diff(SETS, MOVED), verbose=True)
    assert all(item.resource_name in text for item in SETS)
    assert "more" not in text


def test_an_upgrade_that_rewrites_247_objects_is_two_entries():
    sets = [dataset(f"d{number}", "id") for number in range(150)]
    recipes = [recipe(f"r{number}", "a", f"b{number}") for number in range(97)]
    new = [changed(item, upgraded=1) for item in sets]
    new += [changed(item, params={"engine": "AUTO"}) for item in recipes]
    text = render_text(diff([*sets, *recipes], new))
    assert [line for line in text.splitlines() if line.startswith("~")] == [
        "~ 150 datasets",
        "~ 97 recipes",
    ]
    assert len(text.splitlines()) < 24


def test_json_has_one_entry_for_each_object_also_where_text_groups():
    found = document(diff(SETS, MOVED))
    assert [item["resource_id"] for item in found["resources"]] == [
        item.resource_id for item in SETS
    ]
    (group,) = found["groups"]
    assert len(group["resource_ids"]) == 39
    assert group["paths"] == ["params.connection"]
    assert {item["changes"][0]["group_index"] for item in found["resources"]} == {0}
    assert {item["severity"] for item in found["resources"]} == {"connection"}


def test_markdown_names_each_of_them_first():
    text = render_markdown(diff(SETS, MOVED))
    names, rest = text.split("<details>", 1)
    assert [
        line for line in names.splitlines() if line.startswith("~ dataset.SHOP.")
    ] == [f"~ {item.resource_id}  params.connection" for item in SETS]
    assert rest.count("params.connection") == 1
    assert "| `SHOP` | `dataset` | 39 |" in names


def test_html_lists_all_of_them_in_one_section():
    page = Page(render_html(diff(SETS, MOVED)))
    assert page.folds == [["~ 39 datasets 1 change", True]]
    assert all(item.resource_id in page.text for item in SETS)


# The table


def test_text_begins_with_a_table_where_much_changed():
    old = [*SETS, *FLOW, dataset("other", project="SALES")]
    text = render_text(diff(old, [*MOVED, *FLOW[1:], dataset("new", project="SALES")]))
    assert text.splitlines()[2:6] == [  # After the reference to what was removed.
        "project  type     added  removed  modified",
        "SALES    dataset      1        1",
        "SHOP     dataset               1        39",
        "",
    ]
    assert "project  type" not in render_text(diff(SETS, [*MOVED[:5], *SETS[5:]]))


def test_the_table_adds_up_what_is_too_much():
    sets = [dataset("d", project=f"P{number:02}") for number in range(30)]
    lines = render_text(diff([], sets), verbose=True).splitlines()
    start = next(row for row, line in enumerate(lines) if line.startswith("project"))
    table = lines[start : lines.index("", start)]
    assert len(table) == 22
    assert table[-1].split() == ["all", "others", "10"]


# Impact, causes and renames


def test_text_counts_what_is_downstream():
    first, *_ = details(render_text(diff(FLOW, EDITED)))
    assert first == "~ recipe.SHOP.prepare  (3 downstream)"


def test_json_lists_what_is_downstream():
    entry = document(diff(FLOW, EDITED))["resources"][-1]
    assert entry["downstream"] == [
        "dataset.SHOP.clean",
        "dataset.SHOP.top",
        "recipe.SHOP.report",
    ]


def test_derived_changes_are_below_their_cause():
    lines = details(render_text(diff(FLOW, EDITED)))
    assert lines[-2:] == [
        "    ~ dataset.SHOP.clean  (schema follows recipe prepare)",
        '        + schema.columns[currency]: {"name": "currency", "type": "string"}',
    ]
    found = document(diff(FLOW, EDITED))
    assert found["resources"][0]["changes"][0]["cause"] == {
        "resource_id": "recipe.SHOP.prepare",
        "reason": "schema follows recipe prepare",
    }
    assert found["summary"]["derived"] == 1
    assert "schema follows recipe prepare" in render_junit(diff(FLOW, EDITED))
    page = Page(render_html(diff(FLOW, EDITED)))
    assert "schema follows recipe prepare" in page.text


def test_many_derived_changes_are_counted():
    outputs = [f"o{number}" for number in range(20)]
    fan = recipe("fan", "raw", " ".join(outputs), payload="x")
    old = [RAW, fan, *(dataset(name, "id") for name in outputs)]
    new = [
        RAW,
        changed(fan, payload="y"),
        *(dataset(name, "id", name) for name in outputs),
    ]
    text = render_text(diff(old, new))
    assert text.count("schema follows recipe fan") == 12
    assert "    … and 8 resources that followed (-v lists them)" in text.splitlines()
    text = render_text(diff(old, new), verbose=True)
    assert text.count("schema follows recipe fan") == 20
    assert text.count("+ schema.columns[o") == 20


@pytest.mark.parametrize(
    "render", [render_text, render_markdown, render_junit, render_html]
)
def test_hidden_derived_changes_are_counted(render):
    text = render(without_derived(diff(FLOW, EDITED)))
    assert "hidden: 1 derived change" in text
    assert "currency" not in text


def test_json_counts_hidden_derived_changes():
    found = document(without_derived(diff(FLOW, EDITED)))
    assert found["summary"]["hidden_derived"] == 1
    assert found["summary"]["derived"] == 0


def test_a_rename_is_one_entry():
    renamed = dataset("cleaned", "id", "amount")
    prepare = changed(PREPARE, outputs={"main": {"items": ports("cleaned")}})
    report = changed(REPORT, inputs={"main": {"items": ports("cleaned")}})
    diffs = diff(FLOW, [RAW, prepare, renamed, report, TOP])
    lines = details(render_text(diffs))
    assert lines[0] == "+ dataset.SHOP.cleaned  (renamed from clean; 2 downstream)"
    assert lines[1] == "    - dataset.SHOP.clean  (renamed to cleaned)"
    assert [line for line in lines if line[:1] != " "] == lines[:1]
    found = document(diffs)
    entries = {item["resource_id"]: item for item in found["resources"]}
    new, old = entries["dataset.SHOP.cleaned"], entries["dataset.SHOP.clean"]
    assert new["renamed_from"] == old["resource_id"]
    assert old["renamed_to"] == new["resource_id"]
    assert found["summary"]["renamed"] == 1
    (names,) = re.findall(r"```diff\n(\+ .*?)\n```", render_markdown(diffs), re.DOTALL)
    assert "renamed from clean" in names.splitlines()[0]


# Added and removed objects


def test_added_and_removed_objects_show_what_they_are():
    new = recipe("join", "a b c d e f SALES.g", "out")
    lines = details(render_text(diff([TOP], [new])))
    assert lines == [
        "- dataset.SHOP.top",
        "    type: Filesystem; connection: files; columns: 1",
        "+ recipe.SHOP.join",
        "    type: python; inputs: a, b, c, d, e and 2 more; outputs: out",
    ]
    assert "columns: 1" in Page(render_html(diff([TOP], []))).text
    assert "columns: 1" in render_junit(diff([TOP], []))


def test_json_has_their_attributes():
    entries = document(diff([TOP, RAW], [CLEAN, changed(RAW, tags=["x"])]))["resources"]
    assert [item["attributes"] for item in entries] == [
        CLEAN.attributes,
        None,
        TOP.attributes,
    ]


# Where the states are from


def test_json_says_where_the_states_are_from():
    old, new = state_of(TOP), state_of(TOP, CLEAN)
    old.serial = 7
    old.instance = {"address": "https://dss.example.com"}
    new.updated_at = parse_time("2026-02-01T00:00:00Z")
    found = document(DiffEngine().diff(old, new))
    assert found["environment"] == "dev"
    assert found["serial"] == 7
    assert found["instance"] == {"url": "https://dss.example.com"}
    assert found["projects"] == ["SHOP"]
    assert found["read_at"] == "2026-02-01T00:00:00Z"


def test_an_error_is_a_document_too():
    found = json.loads(render_error(StateNotFoundError("no state at \ud800")))
    jsonschema.validate(found, SCHEMA)
    assert found["error"] == {
        "type": "StateNotFoundError",
        "message": "no state at \ud800",
    }


def test_an_edit_before_the_state_was_read_did_not_cause_the_drift():
    old, new = state_of(TOP), state_of(changed(TOP, formatType="csv"))
    metadata = new.resources[TOP.resource_id].metadata
    metadata.last_modified_by = "maria"
    metadata.last_modified_at = parse_time("2025-12-31T23:00:00Z")
    assert "by maria, 2025-12-31 23:00 UTC" in render_text(DiffEngine().diff(old, new))
    old.scope = Scope.from_parts([("SHOP", "dataset")], READ)
    text = render_text(DiffEngine().diff(old, new))
    assert (
        "~ dataset.SHOP.top  (editor not recorded; last saved by maria on 2025-12-31\n"
        "      23:00 UTC, before the state was read)\n" in text
    )
    (entry,) = document(DiffEngine().diff(old, new))["resources"]
    assert entry["editor_recorded"] is False
    metadata.last_modified_at = parse_time("2026-01-02T00:00:00Z")
    assert "(by maria, 2026-01-02 00:00 UTC)" in render_text(
        DiffEngine().diff(old, new)
    )


# What rules hide


def test_junit_keeps_its_name_and_skips_what_rules_hide():
    new = [changed(RAW, tags=["x"]), CLEAN, with_columns(TOP, "x")]
    rules = ["dataset.SHOP.raw tags", "dataset.SHOP.clean"]
    diffs = diff([RAW, TOP], new, ignore=rules)
    diffs.title = "Drift of SHOP since serial 7"
    suite = ElementTree.fromstring(render_junit(diffs))
    assert suite.get("name") == "dataiku-iac dev"
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert suite.get("skipped") == "2"
    skipped = {
        case.get("name"): case[0].get("message")
        for case in suite.iter("testcase")
        if case.find("skipped") is not None
    }
    assert skipped == {
        "dataset.SHOP.raw": "ignored: dataset.SHOP.raw tags",
        "dataset.SHOP.clean": "ignored: dataset.SHOP.clean",
    }
    values = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert values["title"] == "Drift of SHOP since serial 7"
    assert [item["resource_id"] for item in document(diffs)["hidden"]] == [
        "dataset.SHOP.clean",
        "dataset.SHOP.raw",
    ]


# Long objects


def test_an_object_with_many_changes_leaves_room_for_others():
    new = changed(TOP, params={f"key{number:03}": 1 for number in range(100)})
    lines = render_text(diff([TOP], [new])).splitlines()
    assert len(lines) < 50
    assert "    … 62 more lines (-v shows them)" in lines
    assert len(render_text(diff([TOP], [new]), verbose=True).splitlines()) > 100


@pytest.mark.parametrize(
    ("rid", "expected"),
    [
        ("dataset.SHOP.orders", "deletes dataset orders; "),
        ("flow_zone.SHOP.Zo1", "deletes flow zone Zo1"),
    ],
)
def test_delete_says_what_it_takes(rid, expected):
    gone = Resource(rid.partition(".")[0], rid, {})
    (diff,) = DiffEngine().diff(State(resources={rid: gone}), State())
    assert deletion(diff).startswith(expected)
