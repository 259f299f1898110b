"""References to objects that do not exist, in a state and made by a change."""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DiffEngine,
    LocalFileBackend,
    Resource,
    State,
    StateManager,
    render_html,
    render_json,
    render_markdown,
    render_text,
)
from dataikuapi.iac.analysis.dangling import (
    DanglingReference,
    dangling_references,
    new_dangling_references,
)
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY


def recipe(name="compute", ref="orders"):
    attributes: dict[str, JSON] = {"inputs": {"main": {"items": [{"ref": ref}]}}}
    return Resource("recipe", f"recipe.SHOP.{name}", attributes)


def zone(object_id, object_type="DATASET"):
    item: JSON = {"objectId": object_id, "objectType": object_type}
    return Resource("flow_zone", "flow_zone.SHOP.abc", {"items": [item]})


def dataset(name="orders"):
    return Resource("dataset", f"dataset.SHOP.{name}", {"type": "S3"})


def state(*resources, types=None):
    parts = [("SHOP", name) for name in types or ()]
    return State(
        resources={item.resource_id: item for item in resources},
        scope=None if types is None else Scope.from_parts(parts, utc_now()),
    )


IN_ZONE = DanglingReference(
    "flow_zone.SHOP.abc", "/items/0/objectId", "dataset.SHOP.orders"
)


def test_reference_to_nothing_in_a_state():
    read = state(zone("orders"), types=["dataset", "flow_zone"])
    assert dangling_references(read) == [IN_ZONE]
    read.add_resource(dataset())
    assert dangling_references(read) == []


def test_what_was_not_read_is_not_missing():
    assert dangling_references(state(zone("orders"), types=["flow_zone"])) == []
    unknown = state(zone("orders"), types=["dataset", "flow_zone"])
    unknown.unknown["dataset.SHOP.orders"] = "500"
    assert dangling_references(unknown) == []


def test_input_may_be_of_several_types():
    """A recipe does not say whether its input is a dataset or, say, a folder."""
    read = state(recipe(ref="Ab12Cd34"), types=["recipe", "dataset"])
    assert dangling_references(read) == []


def test_removed_object_leaves_references_behind():
    old = state(dataset(), recipe(), zone("orders"))
    new = state(recipe(), zone("orders"))
    found = new_dangling_references(DiffEngine().diff(old, new))
    assert {(item.resource_id, item.target_id) for item in found} == {
        ("recipe.SHOP.compute", "dataset.SHOP.orders"),
        ("flow_zone.SHOP.abc", "dataset.SHOP.orders"),
    }


def test_reference_that_was_dangling_before_is_not_news():
    types = ["dataset", "flow_zone"]
    old, new = (state(zone("orders"), types=types) for _ in range(2))
    assert new_dangling_references(DiffEngine().diff(old, new)) == []


def test_new_reference_to_nothing():
    types = ["dataset", "flow_zone"]
    old = state(zone("customers"), dataset("customers"), types=types)
    new = state(zone("orders"), dataset("customers"), types=types)
    assert new_dangling_references(DiffEngine().diff(old, new)) == [IN_ZONE]


@pytest.fixture
def manager(server, tmp_path):
    """A manager with the sample project in its state."""
    client = DSSClient(server.url, server.api_key)
    manager = StateManager(
        LocalFileBackend(tmp_path / "dev.state.json"),
        client,
        "dev",
        types=["project", "dataset", "recipe"],
    )
    manager.save_state(manager.sync_project(KEY))
    return manager


def test_reports_say_what_refers_to_nothing(manager, store):
    store.project(KEY).datasets.remove("orders_enriched")
    diffs = manager.drift().diffs
    expected = f"dataset.{KEY}.orders_enriched, which does not exist"
    for render in (render_text, render_markdown, render_html):
        assert expected in " ".join(render(diffs).split())
    entries = json.loads(render_json(diffs))["dangling"]
    assert {item["target_id"] for item in entries} == {f"dataset.{KEY}.orders_enriched"}
    lines = render_text(diffs).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("!"))
    assert all(len(line) <= 80 for line in lines[start : lines.index("", start)])


def test_selected_objects_say_nothing_of_the_others(manager, store, server):
    """Where only a recipe was read, its new input is not known to be missing."""
    recipes = store.project(KEY).recipes
    name = "compute_orders_archive"
    document = recipes.get(name)
    document["inputs"]["main"]["items"] = [{"ref": "customers", "deps": []}]
    recipes.save(name, document, "ann")
    report = manager.drift(ids=[f"recipe.{KEY}.{name}"])
    assert len(report) == 1
    assert "does not exist" not in str(report)


@pytest.mark.all_types
def test_verify_lists_them_and_finds_no_problem(synced, store):
    store.project(KEY).datasets.remove("orders_enriched")
    assert synced("refresh")[0] == 0
    code, out, _ = synced("verify")
    assert code == 0
    assert "orders_enriched, which does not exist" in " ".join(out.split())
    assert out.endswith("no problems found\n")
