"""Recipes, their payloads, and how they are created."""

import pytest

from iac.sandbox.api import assert_error, read, write


def test_the_list_of_recipes_is_a_summary(api):
    for item in api.get("/projects/P/recipes/"):
        assert set(item) == {
            "projectKey",
            "name",
            "type",
            "inputs",
            "outputs",
            "tags",
            "neverRecomputeExistingPartitions",
            "redispatchPartitioning",
            "maxRunningActivities",
            "hashPropagationBehavior",
            "versionTag",
            "creationTag",
        }


@pytest.mark.parametrize(
    "name, payload",
    [
        ("prepare", {"payload": '{\n  "steps": []\n}'}),
        ("sync it", {"payload": ""}),
        ("a.b's", {}),
    ],
    ids=["text", "empty file", "no file"],
)
def test_the_payload_is_that_of_the_file(api, name, payload):
    response = api.get(f"/projects/P/recipes/{name}")
    assert response == {"recipe": response["recipe"], **payload}


def test_a_missing_recipe_is_200_without_recipe(api, client):
    assert api.get("/projects/P/recipes/none") == {}
    with pytest.raises(KeyError, match="recipe"):
        client.get_project("P").get_recipe("none").get_settings()


def test_the_client_edits_a_recipe(client):
    recipe = client.get_project("P").get_recipe("prepare")
    settings = recipe.get_settings()
    settings.str_payload = "日本"
    settings.recipe_settings["maxRunningActivities"] = 3
    settings.save()
    stored = recipe.get_settings()
    assert stored.str_payload == "日本"
    assert stored.recipe_settings["maxRunningActivities"] == 3


def test_a_save_without_payload_keeps_the_stored_one(api):
    write(api, "recipes", "prepare", read(api, "recipes", "prepare"))
    assert api.get("/projects/P/recipes/prepare")["payload"] == '{\n  "steps": []\n}'


def test_a_payload_that_is_not_a_string_is_400(api):
    body = {"recipe": read(api, "recipes", "prepare"), "payload": {}}
    response = api("PUT", "/projects/P/recipes/prepare", body)
    assert_error(response, 400, "IllegalArgumentException", "payload")


def test_a_deleted_recipe_leaves_its_datasets(client):
    project = client.get_project("P")
    project.get_recipe("prepare").delete()
    assert len(project.list_recipes()) == 2
    assert len(project.list_datasets()) == 3


def create(client, recipe_type, script=None, inputs=(), raw_payload=None):
    builder = client.get_project("P").new_recipe(recipe_type, "new")
    for ref in inputs:
        builder.with_input(ref)
    builder.with_output("other")
    if script is not None:
        builder.with_script(script)
    if raw_payload is not None:
        builder.set_raw_mode()
        builder.creation_settings["rawPayload"] = raw_payload
    return builder.create().get_settings()


@pytest.mark.parametrize(
    "recipe_type, options, payload",
    [
        ("python", {}, None),
        ("python", {"script": "print(1)"}, "print(1)"),
        ("sync", {"inputs": ["orders"]}, ""),
        ("join", {}, ""),
        ("grouping", {"inputs": ["orders"]}, "{}"),
        ("grouping", {"raw_payload": '{"keys":[]}'}, '{"keys":[]}'),
    ],
)
def test_the_payload_of_a_new_recipe(client, recipe_type, options, payload):
    settings = create(client, recipe_type, **options)
    assert settings.str_payload == payload
    assert settings.recipe_settings["versionTag"]["versionNumber"] == 0
    assert settings.get_flat_output_refs() == ["other"]


def test_a_recipe_that_is_created_again_does_not_inherit_a_payload(client):
    create(client, "python", script="print(1)")
    client.get_project("P").get_recipe("new").delete()
    assert create(client, "python").str_payload is None


def test_a_new_join_has_its_virtual_inputs_and_nothing_without_them(api, client):
    assert create(client, "join").recipe_settings["inputs"] == {}
    client.get_project("P").get_recipe("new").delete()
    joined = create(client, "join", inputs=["orders", "clients"])
    assert joined.get_flat_input_refs() == ["orders", "clients"]
    assert len(joined.obj_payload["virtualInputs"]) == 2


def test_inputs_of_a_new_recipe_get_their_deps(client):
    inputs = create(client, "sync", inputs=["orders"]).recipe_settings["inputs"]
    assert inputs["main"]["items"] == [{"ref": "orders", "deps": []}]


def test_a_recipe_without_a_name_is_named_after_its_output(api):
    outputs = {"main": {"items": [{"ref": "other"}]}}
    body = {"recipePrototype": {"type": "python", "outputs": outputs}}
    responses = [api("POST", "/projects/P/recipes/", body).json() for _ in range(2)]
    assert responses == [{"name": "compute_other"}, {"name": "compute_other_1"}]


@pytest.mark.parametrize(
    "body, status, text",
    [
        ({"creationSettings": {}}, 400, "recipePrototype"),
        ({"recipePrototype": {"name": "n"}}, 400, "Missing type"),
        ({"recipePrototype": {"name": "prepare", "type": "r"}}, 400, "already exists"),
        (
            {
                "recipePrototype": {"name": "n", "type": "sync"},
                "creationSettings": {"createOutputDataset": True},
            },
            501,
            "not in the sandbox",
        ),
    ],
)
def test_a_recipe_that_cannot_be_created(api, body, status, text):
    assert_error(api("POST", "/projects/P/recipes/", body), status, "", text)
