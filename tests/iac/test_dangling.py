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
from dataikuapi.iac.models.pointers import parse_pointer, value_at_pointer
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sources.project_files import read_project_files
from dataikuapi.iac.types.lookup import references_of
from iac.histories import files_in


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


TYPES = ["dataset", "flow_zone", "saved_model", "agent", "rag_model", "scenario"]


def test_object_of_another_project_is_not_looked_for_in_this_one():
    item: JSON = {"objectId": "x", "objectType": "DATASET", "projectKey": "OTHER"}
    shared = Resource("flow_zone", "flow_zone.SHOP.abc", {"shared": [item]})
    builds: JSON = [{"type": "DATASET", "itemId": "x", "projectKey": "OTHER"}]
    run: JSON = {"scenarioId": "S", "projectKey": "OTHER"}
    steps: JSON = [{"params": {"builds": builds}}, {"params": run}]
    attributes: dict[str, JSON] = {
        "params": {"steps": steps},
        "triggers": [{"params": run}],
    }
    night = Resource("scenario", "scenario.SHOP.N", attributes)
    assert dangling_references(state(shared, night, types=TYPES)) == []


@pytest.mark.parametrize("kind", ["saved_model", "agent", "rag_model"])
def test_agent_is_a_saved_model_where_it_is_referred_to(kind):
    model = Resource(kind, f"{kind}.SHOP.m", {})
    tool = Resource("agent_tool", "agent_tool.SHOP.t", {"params": {"smRef": "m"}})
    insight = Resource(
        "insight", "insight.SHOP.i", {"params": {"savedModelSmartId": "m"}}
    )
    users = [zone("m", "SAVED_MODEL"), tool, insight]
    assert dangling_references(state(model, *users, types=TYPES)) == []
    assert len(dangling_references(state(*users, types=TYPES))) == 3


def test_name_with_a_dot_is_found():
    """A scenario is called ``ASCENRI.PLSE`` in a real project."""
    scenario = Resource("scenario", "scenario.SHOP.TEST.CHAR", {})
    run: JSON = {"scenarioId": "TEST.CHAR", "projectKey": "SHOP"}
    step = Resource(
        "scenario", "scenario.SHOP.N", {"params": {"steps": [{"params": run}]}}
    )
    insight = Resource(
        "insight", "insight.SHOP.i", {"params": {"scenarioSmartId": "TEST.CHAR"}}
    )
    users = [step, insight, zone("a.b", "RECIPE"), recipe("a.b")]
    notebook = Resource(
        "notebook", "notebook.SHOP.n", {"metadata": {"associatedRecipe": "a.b"}}
    )
    types = [*TYPES, "recipe"]
    old = state(scenario, notebook, *users, types=types)
    assert [
        x for x in dangling_references(old) if x.target_id != "dataset.SHOP.orders"
    ] == []
    new = state(notebook, *users, types=types)
    found = new_dangling_references(DiffEngine().diff(old, new))
    assert [item.resource_id for item in found] == ["insight.SHOP.i", "scenario.SHOP.N"]


def test_more_places_that_refer_to_objects():
    caches: JSON = [{"type": "DATASET", "itemId": "orders"}]
    exposed: JSON = {"objects": [{"type": "DATASET", "localName": "orders"}]}
    payload: JSON = {"core": {"splitParams": [{"datasetSmartName": "orders"}]}}
    users = [
        Resource(
            "scenario",
            "scenario.SHOP.N",
            {"params": {"steps": [{"params": {"invalidates": caches}}]}},
        ),
        Resource("project", "project.SHOP", {"exposedObjects": exposed}),
        Resource("recipe", "recipe.SHOP.train", {"payload": payload}),
        Resource(
            "agent_tool",
            "agent_tool.SHOP.t",
            {"params": {"config": {"datasets": ["orders"]}}},
        ),
    ]
    types = [*TYPES, "recipe", "project", "agent_tool"]
    old = state(dataset(), *users, types=types)
    found = new_dangling_references(DiffEngine().diff(old, state(*users, types=types)))
    assert {item.resource_id for item in found} == {x.resource_id for x in users}


def test_each_reference_points_to_a_text_with_the_name(project_folder):
    read = read_project_files(files_in(project_folder), "SHOP", utc_now())
    for resource in read:
        for item in references_of(resource):
            tokens = parse_pointer(item.pointer)
            text = value_at_pointer(resource.attributes, tokens)
            # The language is only in the id of a code environment.
            name = item.name.removeprefix("python/").removeprefix("r/")
            assert isinstance(text, str) and name in text


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
