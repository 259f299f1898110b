"""Reading recipes."""

import pytest

from dataikuapi.iac import RecipeSync, ResourceNotFoundError, UnexpectedResponseError

PYTHON = {
    "projectKey": "SHOP",
    "name": "compute",
    "type": "python",
    "inputs": {"main": {"items": [{"ref": "orders", "deps": []}]}},
    "outputs": {"main": {"items": [{"ref": "sales", "appendMode": False}]}},
    "params": {"envSelection": {"envMode": "INHERIT"}},
    "tags": [],
}


@pytest.fixture
def sync(mock_client):
    mock_client.answers = {
        ("GET", "/projects/SHOP/recipes/"): [{"name": "compute", "type": "python"}],
        ("GET", "/projects/SHOP/recipes/compute"): {
            "recipe": PYTHON,
            "payload": "print(1)\n",
        },
    }
    return RecipeSync(mock_client)


def test_fetch_python_recipe(sync):
    recipe = sync.fetch("recipe.SHOP.compute")

    assert recipe.attributes["type"] == "python"
    assert recipe.attributes["inputs"] == PYTHON["inputs"]
    assert recipe.attributes["outputs"] == PYTHON["outputs"]
    assert recipe.attributes["params"] == PYTHON["params"]
    assert recipe.attributes["payload"] == "print(1)\n"


def visual(payload):
    return {"recipe": {**PYTHON, "type": "shaker"}, "payload": payload}


def test_fetch_visual_recipe(sync):
    payload = '{"steps": [{"type": "ColumnRenamer"}], "origin": "x"}'
    sync.client.answers["GET", "/projects/SHOP/recipes/compute"] = visual(payload)

    recipe = sync.fetch("recipe.SHOP.compute")
    assert recipe.attributes["payload"] == {"steps": [{"type": "ColumnRenamer"}]}


@pytest.mark.parametrize("payload", ["", None])
def test_recipe_without_content_has_no_payload(sync, payload):
    sync.client.answers["GET", "/projects/SHOP/recipes/compute"] = visual(payload)

    assert "payload" not in sync.fetch("recipe.SHOP.compute").attributes


def test_list_all_fetches_each_recipe(sync):
    (recipe,) = sync.list_all("SHOP")

    assert recipe.attributes["payload"] == "print(1)\n"


def test_list_all_requires_project_key(sync):
    with pytest.raises(ValueError, match="^project_key required"):
        sync.list_all()


def test_missing_recipe_with_status_200_is_not_found(sync):
    sync.client.answers["GET", "/projects/SHOP/recipes/nope"] = {}

    with pytest.raises(ResourceNotFoundError, match="recipe.SHOP.nope"):
        sync.fetch("recipe.SHOP.nope")


def test_other_missing_key_is_not_a_missing_recipe(sync):
    sync.client.answers["GET", "/projects/SHOP/recipes/compute"] = {"recipe": {}}

    with pytest.raises(UnexpectedResponseError):
        sync.fetch("recipe.SHOP.compute")


@pytest.mark.parametrize("resource_id", ["recipe.SHOP", "nonsense", "", "recipe"])
def test_malformed_id_is_refused(sync, resource_id):
    with pytest.raises(
        ValueError, match=f"^Invalid recipe resource_id '{resource_id}'"
    ):
        sync.fetch(resource_id)


@pytest.mark.parametrize(
    "name", ["join_CRM.customers_enriched", "recipe from notebook maria's scores"]
)
def test_names_with_dots_spaces_and_apostrophes(dataiku_client, name):
    recipe = RecipeSync(dataiku_client).fetch(f"recipe.ORDERS_DEMO.{name}")

    assert recipe.resource_name == recipe.attributes["name"] == name


def test_missing_recipe_in_dss_is_not_found(dataiku_client):
    with pytest.raises(ResourceNotFoundError, match="recipe.ORDERS_DEMO.nope"):
        RecipeSync(dataiku_client).fetch("recipe.ORDERS_DEMO.nope")
