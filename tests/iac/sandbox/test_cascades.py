"""What a write does to other objects: to zones, and to what uses a dataset."""

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi.iac.sandbox.kinds.analysis import ANALYSIS
from dataikuapi.iac.sandbox.kinds.evaluation_store import EVALUATION_STORE
from dataikuapi.iac.sandbox.kinds.insight import INSIGHT
from dataikuapi.iac.sandbox.kinds.managed_folder import MANAGED_FOLDER
from dataikuapi.iac.sandbox.kinds.ml_task import ML_TASK
from dataikuapi.iac.sandbox.kinds.notebook import NOTEBOOK
from dataikuapi.iac.sandbox.kinds.saved_model import SAVED_MODEL
from dataikuapi.iac.sandbox.kinds.scenario import SCENARIO
from dataikuapi.iac.sandbox.kinds.statistics_worksheet import STATISTICS_WORKSHEET

ABOUT = {
    ANALYSIS: lambda name: {"inputDatasetSmartName": name},
    INSIGHT: lambda name: {"type": "chart", "params": {"datasetSmartName": name}},
    NOTEBOOK: lambda name: {"metadata": {"analyzedDataset": name}},
    STATISTICS_WORKSHEET: lambda name: {"dataSpec": {"inputDatasetSmartName": name}},
}


@pytest.fixture
def project(client):
    return client.get_project("P")


@pytest.fixture
def items(project):
    """Return what is in a zone, as pairs."""

    def listed(zone):
        raw = project.get_flow().get_zone(zone.id)._raw["items"]
        return {(item["objectType"], item["objectId"]) for item in raw}

    return listed


def build(client, recipe, inputs, outputs):
    builder = client.get_project("P").new_recipe("python", recipe)
    for ref in inputs:
        builder.with_input(ref)
    for ref in outputs:
        builder.with_output(ref)
    return builder.create()


def test_the_first_zone_brings_the_default_one(client, store):
    store.add_project("EMPTY")
    flow = client.get_project("EMPTY").get_flow()
    assert flow.list_zones() == []
    flow.create_zone("first")
    assert [zone.name for zone in flow.list_zones()] == ["Default", "first"]


def test_a_new_recipe_takes_its_outputs_into_one_zone(client, project, items):
    one, other = (project.get_flow().create_zone(name) for name in ("one", "other"))
    one.add_item(project.get_dataset("clients"))
    other.add_item(project.get_dataset("other"))
    build(client, "new", ["clients"], ["other"])
    # Two recipes write `clients`, and so are in one zone with it.
    recipes = {("RECIPE", name) for name in ("new", "prepare", "sync it")}
    assert items(one) == recipes | {("DATASET", "clients"), ("DATASET", "other")}
    assert items(other) == set()


def test_a_new_recipe_without_inputs_takes_its_outputs_to_the_default_zone(
    client, project, items
):
    zone = project.get_flow().create_zone("zone")
    zone.add_item(project.get_dataset("other"))
    build(client, "new", [], ["other"])
    assert items(zone) == set()


@pytest.mark.parametrize("moved", ["recipe", "output"])
def test_a_recipe_and_its_outputs_move_together(client, project, items, moved):
    recipe = build(client, "new", ["orders"], ["other"])
    zone = project.get_flow().create_zone("zone")
    output = project.get_dataset("other")
    zone.add_items([recipe if moved == "recipe" else output])
    together = {("RECIPE", "new"), ("DATASET", "other")}
    assert items(zone) == together
    project.get_flow().get_zone("default").add_item(output)
    assert items(zone) == set()


def test_an_output_that_a_recipe_gets_moves_to_it(client, project, store, items):
    recipe = build(client, "new", ["orders"], ["other"])
    zone = project.get_flow().create_zone("zone")
    zone.add_item(recipe)
    store.add_dataset("P", "second")
    settings = recipe.get_settings()
    settings.add_output("main", "second")
    settings.save()
    assert ("DATASET", "second") in items(zone)


def test_a_deleted_zone_loses_nothing(project, items):
    zone = project.get_flow().create_zone("zone")
    zone.add_item(project.get_dataset("orders"))
    zone.delete()
    assert project.get_dataset("orders").get_settings().get_raw()["name"] == "orders"
    assert [zone.id for zone in project.get_flow().list_zones()] == ["default"]


@pytest.mark.parametrize(
    "kind, fields",
    [
        (MANAGED_FOLDER, {"name": "f", "type": "Filesystem"}),
        (SAVED_MODEL, {"name": "m"}),
        (EVALUATION_STORE, {"name": "s"}),
    ],
    ids=["folder", "model", "store"],
)
def test_recipes_go_with_what_they_use(client, store, project, items, kind, fields):
    store.add(kind, "P", "AbCd1234", **fields)
    build(client, "writes", ["orders"], ["AbCd1234"])
    build(client, "reads", ["AbCd1234"], ["other"])
    zone = project.get_flow().create_zone("zone")
    zone.add_items([project.get_recipe("writes"), project.get_recipe("reads")])
    assert (kind.object_type, "AbCd1234") in items(zone)
    client._perform_json("DELETE", f"/projects/P/{kind.path}/AbCd1234")
    names = {recipe.name for recipe in project.list_recipes()}
    assert not names & {"writes", "reads"}
    assert items(zone) == {("DATASET", "other")}
    assert len(project.list_datasets()) == 3


@pytest.mark.parametrize("kind", ABOUT, ids=lambda kind: kind.label)
@pytest.mark.parametrize("name", ["orders", "P.orders"])
def test_what_is_about_a_dataset_follows_it_and_goes_with_it(
    project, store, kind, name
):
    for object_id, dataset in (("Mine", name), ("Other", "clients")):
        store.add(kind, "P", object_id, **ABOUT[kind](dataset))
    if kind is ANALYSIS:
        store.add(ML_TASK, "P", "Mine/Task1234", taskType="PREDICTION")
    objects = store.project("P").objects(kind)
    project.get_dataset("orders").rename("sales")
    assert kind.dataset_of(objects.get("Mine")) == name.replace("orders", "sales")
    assert kind.dataset_of(objects.get("Other")) == "clients"
    project.get_dataset("sales").delete()
    assert objects.names() == ["Other"]
    assert store.project("P").objects(ML_TASK).names() == []


def steps_of(client):
    scenario = client._perform_json("GET", "/projects/P/scenarios/S")
    params = scenario["params"]["steps"][0]["params"]
    builds = [(item["type"], item["itemId"]) for item in params["builds"]]
    return scenario, builds, scenario["triggers"][0]["params"]["datasets"]


def test_scenarios_follow_a_dataset_and_forget_a_deleted_one(client, project, store):
    builds = [
        {"type": "DATASET", "itemId": "orders", "partitionsSpec": ""},
        {"type": "MANAGED_FOLDER", "itemId": "orders"},
    ]
    step = {"type": "build_flowitem", "params": {"builds": builds}}
    trigger = {"type": "ds_modified", "params": {"datasets": ["orders", "other"]}}
    params = {"steps": [step, {"type": "custom_python"}]}
    store.add(SCENARIO, "P", "S", name="S", params=params, triggers=[trigger])
    project.get_dataset("orders").rename("sales")
    folder = ("MANAGED_FOLDER", "orders")
    scenario, *named = steps_of(client)
    assert named == [[("DATASET", "sales"), folder], ["sales", "other"]]
    project.get_dataset("sales").delete()
    scenario, *named = steps_of(client)
    assert named == [[folder], ["other"]]
    assert scenario["versionTag"]["versionNumber"] == 2
    project.get_dataset("clients").delete()
    assert steps_of(client)[0] == scenario


@pytest.mark.parametrize(
    "name", ["builds", "checks", "computes", "clears", "invalidates"]
)
def test_a_deleted_dataset_is_in_no_step(client, project, store, name):
    step = {"type": "any", "params": {name: [{"type": "DATASET", "itemId": "orders"}]}}
    store.add(SCENARIO, "P", "S", name="S", params={"steps": [step]})
    project.get_dataset("orders").delete()
    scenario = client._perform_json("GET", "/projects/P/scenarios/S")
    assert scenario["params"]["steps"][0]["params"] == {name: []}


def test_a_project_shares_a_renamed_dataset_and_no_deleted_one(project, client):
    settings = project.get_settings()
    rules = [{"targetProject": "Q"}]
    for object_type in ("DATASET", "RECIPE"):
        exposed = {"type": object_type, "localName": "orders", "rules": rules}
        settings.get_raw()["exposedObjects"]["objects"].append(exposed)
    settings.save()

    def shared():
        raw = project.get_settings().get_raw()["exposedObjects"]["objects"]
        return [(item["type"], item["localName"], item["rules"]) for item in raw]

    project.get_dataset("orders").rename("sales")
    other = ("RECIPE", "orders", rules)
    assert shared() == [("DATASET", "sales", rules), other]
    project.get_dataset("sales").delete()
    assert shared() == [other]
    with pytest.raises(DataikuException, match="P.sales does not exist"):
        project.get_dataset("sales").get_settings()
