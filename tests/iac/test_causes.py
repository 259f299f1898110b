"""Causes: changes that DSS makes because of others."""

from unittest.mock import Mock

import pytest

from dataikuapi.iac.analysis import analyze, without_derived
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types import base
from dataikuapi.iac.types.references import Reference
from dataikuapi.iac.types.registry import TYPES
from iac.flows import (
    CLEAN,
    FLOW,
    PREPARE,
    RAW,
    REPORT,
    TOP,
    changed,
    dataset,
    diff,
    object_facts,
    ports,
    recipe,
    resource,
    with_columns,
)


def causes(diffs):
    """Return the cause of each changed resource with exactly one change."""
    analysis = analyze(diffs)
    return {
        item.resource_id: analysis.cause(item, position)
        for item in diffs
        for position in range(len(item.changes))
    }


def replaced(*new):
    ids = {item.resource_id: item for item in new}
    return [ids.get(item.resource_id, item) for item in FLOW]


EDITED = changed(PREPARE, payload="a\nB\n")
WIDER = with_columns(CLEAN, "id", "amount", "currency")


def test_schema_follows_the_recipe_that_was_edited():
    found = causes(diff(FLOW, replaced(EDITED, WIDER)))
    assert found["recipe.SHOP.prepare"] is None
    assert found["dataset.SHOP.clean"] == (
        "recipe.SHOP.prepare",
        "schema follows recipe prepare",
    )


def test_schema_follows_an_edit_further_upstream():
    wider_top = with_columns(TOP, "id", "currency")
    found = causes(diff(FLOW, replaced(EDITED, WIDER, wider_top)))
    assert found["dataset.SHOP.top"] == (
        "recipe.SHOP.prepare",
        "schema follows recipe report",
    )


def test_schema_follows_the_columns_of_a_source():
    raw = with_columns(RAW, "id", "amount", "currency")
    found = causes(diff(FLOW, replaced(raw, WIDER)))
    assert found["dataset.SHOP.raw"] is None
    assert found["dataset.SHOP.clean"].resource_id == "dataset.SHOP.raw"


def test_schema_follows_a_run():
    found = causes(diff(FLOW, replaced(WIDER)))
    assert found["dataset.SHOP.clean"] == (
        "recipe.SHOP.prepare",
        "schema changed by a run of recipe prepare, or by hand",
    )


def test_a_description_of_the_recipe_explains_no_columns():
    found = causes(diff(FLOW, replaced(changed(PREPARE, tags=["x"]), WIDER)))
    assert "run" in found["dataset.SHOP.clean"].reason


def test_cycles_end():
    loop = recipe("loop", "top", "clean")
    top = with_columns(TOP, "id", "x")
    found = causes(diff([*FLOW, loop], [*replaced(WIDER, top), loop]))
    assert found["dataset.SHOP.clean"].reason.startswith("schema changed by a run")


def test_a_long_flow_has_one_cause():
    length = 1200
    sets = [dataset(f"d{number}", "id") for number in range(length)]
    recipes = [
        recipe(f"r{number}", f"d{number}", f"d{number + 1}")
        for number in range(length - 1)
    ]
    wider = [with_columns(item, "id", "x") for item in sets]
    analysis = analyze(diff([*sets, *recipes], [*wider, *recipes]))
    (fact,) = object_facts(analysis)
    assert fact.diff.resource_id == "dataset.SHOP.d0"
    assert len(fact.derived) == length - 1


def test_other_settings_of_an_output_are_edits():
    found = causes(diff(FLOW, replaced(EDITED, changed(CLEAN, tags=["x"]))))
    assert found["dataset.SHOP.clean"] is None


def test_comments_of_columns_are_written_by_people():
    column = {"name": "id", "type": "string", "comment": "the key"}
    clean = changed(
        CLEAN, schema={"columns": [column, *WIDER.attributes["schema"]["columns"][1:2]]}
    )
    found = causes(diff(FLOW, replaced(EDITED, clean)))
    assert found["dataset.SHOP.clean"] is None


def test_inputs_follow_a_rename():
    renamed = dataset("cleaned", "id", "amount")
    prepare = changed(PREPARE, outputs={"main": {"items": ports("cleaned")}})
    report = changed(REPORT, inputs={"main": {"items": ports("cleaned")}})
    found = analyze(diff(FLOW, [RAW, prepare, renamed, report, TOP]))
    assert found.renames == {"dataset.SHOP.clean": "dataset.SHOP.cleaned"}
    (fact,) = object_facts(found)
    assert fact.renamed_from and fact.renamed_from.resource_id == "dataset.SHOP.clean"
    assert {item.cause.reason for item in fact.derived} == {
        "refers to dataset cleaned by its new name"
    }
    assert [item.diff.resource_id for item in fact.derived] == [
        "recipe.SHOP.prepare",
        "recipe.SHOP.report",
    ]


@pytest.mark.parametrize("is_added", [True, False])
def test_input_that_is_new_is_an_edit_although_it_was_renamed(is_added):
    """Nobody but a person adds, or removes, a reference to an object."""
    renamed = dataset("cleaned", "id", "amount")
    prepare = changed(PREPARE, outputs={"main": {"items": ports("cleaned")}})
    others = recipe("others", "raw", "top")
    one, two = ports("raw"), [*ports("raw"), *ports("cleaned" if is_added else "clean")]
    old, new = (one, two) if is_added else (two, one)
    before, after = (
        changed(others, inputs={"main": {"items": items}}) for items in (old, new)
    )
    flow = [item for item in FLOW if item.resource_id != "recipe.SHOP.report"]
    diffs = diff([*flow, before], [RAW, prepare, renamed, TOP, after])
    assert analyze(diffs).renames == {"dataset.SHOP.clean": "dataset.SHOP.cleaned"}
    found = causes(diffs)
    assert found["recipe.SHOP.prepare"] and not found["recipe.SHOP.others"]


def test_another_input_is_an_edit():
    report = changed(REPORT, inputs={"main": {"items": ports("raw")}})
    analysis = analyze(diff(FLOW, replaced(report)))
    assert not analysis.causes


class ShelfType(base.ResourceType):
    """As flow zones are: DSS adds and removes items by itself."""

    name = "shelf"
    memberships = frozenset({("items",)})
    list_documents = fetch_documents = Mock()

    def references(self, attributes):
        for position, name in enumerate(attributes["items"]):
            yield Reference("dataset", name, f"/items/{position}")


ShelfType.__abstractmethods__ = frozenset()


@pytest.fixture
def shelves(monkeypatch):
    monkeypatch.setitem(TYPES, "shelf", ShelfType())


def shelf(*items, **attributes):
    return resource("shelf", "s", "SHOP", {"items": list(items), **attributes})


def test_memberships_follow_creation_and_deletion(shelves):
    new = causes(diff([shelf("raw"), RAW], [shelf("raw", "clean"), RAW, CLEAN]))
    gone = causes(diff([shelf("raw", "clean"), RAW, CLEAN], [shelf("raw"), RAW]))
    assert new["shelf.SHOP.s"] == (
        "dataset.SHOP.clean",
        "follows from dataset clean being created",
    )
    assert gone["shelf.SHOP.s"].reason == "follows from dataset clean being deleted"


def test_moving_an_object_between_others_is_an_edit(shelves):
    found = causes(
        diff([shelf("raw"), RAW, CLEAN], [shelf("raw", "clean"), RAW, CLEAN])
    )
    assert found["shelf.SHOP.s"] is None


def test_derived_changes_can_be_hidden():
    tagged = changed(TOP, tags=["x"], schema={"columns": []})
    diffs = diff(FLOW, replaced(EDITED, WIDER, tagged))
    kept = without_derived(diffs)
    assert [item.resource_id for item in kept if item.has_changed] == [
        "dataset.SHOP.top",
        "recipe.SHOP.prepare",
    ]
    assert [str(change) for item in kept for change in item.changes] == [
        "+ tags[x]",
        "~ payload",
    ]
    assert kept.hidden_derived == 2
    assert kept.states == diffs.states
    assert without_derived(kept).hidden_derived == 2


def test_derived_changes_have_the_weight_of_what_they_change():
    (fact,) = analyze(diff(FLOW, replaced(WIDER))).facts
    assert fact.severity is Severity.SCHEMA
