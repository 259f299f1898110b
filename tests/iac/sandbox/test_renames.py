"""What a rename does to the object, and to the recipes that refer to it."""

import pytest
from dataikuapi.utils import DataikuException

from iac.sandbox.api import assert_error, read
from iac.sandbox.project_files import tag

SCRIPT = """
import dataiku
orders = dataiku.Dataset("orders").get_dataframe()
old = dataiku.Dataset('orders_old')
shared = dataiku.Dataset( "P.orders" )
orders["orders"] = "orders"
"""
RENAMED_SCRIPT = """
import dataiku
orders = dataiku.Dataset("sales").get_dataframe()
old = dataiku.Dataset('orders_old')
shared = dataiku.Dataset( "P.sales" )
orders["orders"] = "orders"
"""


def uses(ref):
    return {"main": {"items": [{"ref": ref, "deps": []}]}}


def refs_of(client, recipe):
    settings = client.get_project("P").get_recipe(recipe).get_settings()
    return settings.get_flat_input_refs() + settings.get_flat_output_refs()


def version_of(api, recipe):
    return read(api, "recipes", recipe)["versionTag"]["versionNumber"]


def test_a_renamed_dataset_is_the_same_under_another_name(client, api):
    before = read(api, "datasets", "orders")
    client.get_project("P").get_dataset("orders").rename("sales")
    assert read(api, "datasets", "sales") == {
        **before,
        "name": "sales",
        "smartName": "sales",
    }
    assert before["versionTag"] == tag(7)
    listed = [item["name"] for item in api.get("/projects/P/datasets/")]
    assert listed == ["clients", "sales", "other"]
    with pytest.raises(DataikuException, match="P.orders does not exist"):
        client.get_project("P").get_dataset("orders").get_settings()


@pytest.mark.parametrize("ref, renamed", [("orders", "sales"), ("P.orders", "P.sales")])
def test_recipes_follow_a_renamed_dataset(client, store, api, ref, renamed):
    store.add_recipe("P", "reads", inputs=uses(ref), outputs=uses("other"))
    store.add_recipe("P", "writes", inputs=uses("other"), outputs=uses(ref))
    client.get_project("P").get_dataset("orders").rename("sales")
    assert refs_of(client, "reads") == [renamed, "other"]
    assert refs_of(client, "writes") == ["other", renamed]
    assert (version_of(api, "reads"), version_of(api, "writes")) == (1, 1)


def test_recipes_that_use_other_datasets_stay_as_they_are(client, store, api):
    for number, ref in enumerate(("other", "orders_old", "Q.orders")):
        store.add_recipe("P", f"r{number}", inputs=uses(ref))
    before = api.get("/projects/P/recipes/r1"), api.get("/projects/P/recipes/r2")
    client.get_project("P").get_dataset("orders").rename("sales")
    assert before == (
        api.get("/projects/P/recipes/r1"),
        api.get("/projects/P/recipes/r2"),
    )
    assert version_of(api, "r0") == 0


@pytest.mark.parametrize(
    "recipe_type, renamed", [("python", RENAMED_SCRIPT), ("shell", SCRIPT)]
)
def test_python_code_follows_a_renamed_dataset(client, store, recipe_type, renamed):
    store.add_recipe("P", "code", type=recipe_type, payload=SCRIPT)
    project = client.get_project("P")
    project.get_dataset("orders").rename("sales")
    assert project.get_recipe("code").get_settings().str_payload == renamed


def test_deleting_a_renamed_dataset_deletes_the_recipes_that_use_it(client):
    project = client.get_project("P")
    project.get_dataset("orders").rename("sales")
    project.get_dataset("sales").delete()
    assert [item.name for item in project.list_recipes()] == ["a.b's", "sync it"]


def test_a_renamed_recipe_keeps_document_and_payload(client, api):
    before = api.get("/projects/P/recipes/prepare")
    client.get_project("P").get_recipe("prepare").rename("clean")
    after = api.get("/projects/P/recipes/clean")
    assert after["recipe"] == {**before["recipe"], "name": "clean"}
    assert after["payload"] == before["payload"]
    assert api.get("/projects/P/recipes/prepare") == {}


@pytest.mark.parametrize("change", ["rename", "delete"])
def test_a_recipe_and_a_dataset_of_one_name_are_not_confused(client, store, change):
    store.add_dataset("P", "prepare")
    store.add_recipe("P", "reader", inputs=uses("prepare"), outputs=uses("other"))
    recipe = client.get_project("P").get_recipe("prepare")
    recipe.rename("clean") if change == "rename" else recipe.delete()
    assert refs_of(client, "reader") == ["prepare", "other"]


@pytest.mark.parametrize(
    "action, old, new, status, error_type, text",
    [
        ("Dataset", "none", "x", 404, "NotFoundException", "P.none does not exist"),
        ("Recipe", "none", "x", 404, "NotFoundException", "P.none does not exist"),
        ("Dataset", "orders", "other", 400, "Exception", "P.other already exists"),
        ("Recipe", "prepare", "sync it", 400, "Exception", "P.sync it already exists"),
        ("Dataset", "orders", "", 400, "Exception", "Missing newName"),
        ("Recipe", None, "x", 400, "Exception", "Missing oldName"),
    ],
)
def test_a_rename_that_is_refused_changes_nothing(
    api, action, old, new, status, error_type, text
):
    paths = ["/projects/P/datasets/", "/projects/P/recipes/"]
    before = [api.get(path) for path in paths]
    body = {"oldName": old, "newName": new}
    response = api("POST", f"/projects/P/actions/rename{action}", body)
    assert_error(response, status, error_type, text)
    assert [api.get(path) for path in paths] == before
