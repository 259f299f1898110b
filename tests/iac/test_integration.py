"""End to end: DSS, the real client, a state, its file and a diff.

Tests that use only the fixtures ``state_manager``, ``dataiku_client`` and
``dataiku_project`` also run with --real-dataiku; they are read-only.
"""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import ChangeType, DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.sandbox import ProjectStore

pytestmark = pytest.mark.campaign

CODE = {"python": "py", "pyspark": "py", "r": "r", "sql_query": "sql", "shell": "shell"}


def changed(old, new):
    """Return the sign and id of each resource that differs."""
    return [
        str(diff)
        for diff in DiffEngine().diff(old, new)
        if diff.change_type is not ChangeType.UNCHANGED
    ]


def test_synced_state_matches_dss(state_manager, dataiku_client, dataiku_project):
    state = state_manager.sync_project(dataiku_project)
    project = dataiku_client.get_project(dataiku_project)

    names = {"project": [""], "dataset": [], "recipe": []}
    names["dataset"] = sorted(item["name"] for item in project.list_datasets())
    names["recipe"] = sorted(item["name"] for item in project.list_recipes())
    for resource_type, expected in names.items():
        found = state.list_resources(resource_type)
        assert sorted(item.resource_name for item in found) == expected
    assert names["dataset"] and names["recipe"]


def test_saved_state_is_loaded_back(state_manager, dataiku_project):
    state = state_manager.sync_project(dataiku_project)
    state_manager.save_state(state)

    assert state_manager.load_state() == state


def test_second_sync_shows_no_changes(state_manager, dataiku_project):
    state_manager.save_state(state_manager.sync_project(dataiku_project))
    again = state_manager.sync_project(dataiku_project)

    assert changed(state_manager.load_state(), again) == []


# The tests below modify the project, so they run only against the sandbox.


@pytest.fixture
def served(project_folder, tmp_path, serve):
    """A project in the sandbox: its manager, the client's handle and the key."""
    store = ProjectStore()
    key = store.load_folder(project_folder)
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        backend = LocalFileBackend(tmp_path / "state" / "test.state.json")
        yield StateManager(backend, client, "test"), client.get_project(key), key


def recipe_files(folder):
    """Yield the name, document and payload text of each recipe file."""
    for path in sorted((folder / "recipes").glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        extension = CODE.get(document["type"], document["type"])
        payload = path.with_name(f"{path.name[:-len('.json')]}.{extension}")
        text = payload.read_text("utf-8") if payload.exists() else ""
        yield path.name[: -len(".json")], document, text


def test_state_has_the_whole_project(served, project_folder):
    manager, _, key = served
    state = manager.sync_project(key)
    params = json.loads((project_folder / "params.json").read_text("utf-8"))
    project = state.get_resource(f"project.{key}").attributes

    assert project["name"] == params["name"]
    assert project["shortDesc"] == params.get("shortDesc", "")
    assert project["description"] == params.get("description", "")
    assert project["tags"] == sorted(params.get("tags", []))
    assert project["settings"] == params["settings"]
    datasets = {path.stem for path in (project_folder / "datasets").glob("*.json")}
    assert {item.resource_name for item in state.list_resources("dataset")} == datasets
    for name, document, text in recipe_files(project_folder):
        recipe = state.get_resource(f"recipe.{key}.{name}").attributes
        assert recipe["tags"] == sorted(document["tags"])
        assert recipe["type"] == document["type"]
        if not text:
            assert "payload" not in recipe
        elif document["type"] in CODE:
            assert recipe["payload"] == text
        else:
            assert set(recipe["payload"]) <= set(json.loads(text))
            assert recipe["payload"]
    assert len(state.list_resources("recipe")) == len(
        list(recipe_files(project_folder))
    )


def test_save_load_and_sync_shows_no_changes(served):
    manager, _, key = served
    state = manager.sync_project(key)
    manager.save_state(state)

    assert manager.load_state() == state
    assert changed(manager.load_state(), manager.sync_project(key)) == []


def edit_recipe(recipe):
    """Change what the recipe does."""
    settings = recipe.get_settings()
    text = settings.str_payload
    if settings.type in CODE:
        settings.set_payload(f"{text or ''}\n# edited")
    elif text:
        settings.set_payload(json.dumps({**json.loads(text), "edited": True}))
    else:
        settings.recipe_settings["maxRunningActivities"] = 7
    settings.save()


def edit_dataset(dataset):
    """Add a column."""
    settings = dataset.get_settings()
    settings.add_raw_schema_column({"name": "edited", "type": "string"})
    settings.save()


@pytest.mark.slow
def test_each_edit_shows_as_exactly_that_object(served, request):
    """In a big project only every fifth object is edited, unless --long is given."""
    manager, project, key = served
    before = manager.sync_project(key)
    handles = {
        **{
            f"dataset.{key}.{item['name']}": (edit_dataset, item.to_dataset())
            for item in project.list_datasets()
        },
        **{
            f"recipe.{key}.{item['name']}": (edit_recipe, item.to_recipe())
            for item in project.list_recipes()
        },
    }
    step = 5 if len(handles) > 30 and not request.config.getoption("--long") else 1
    for resource_id, (edit, handle) in list(handles.items())[::step]:
        edit(handle)
        after = manager.sync_project(key)
        assert changed(before, after) == [f"~ {resource_id}"]
        before = after


def edit_metadata(project, **fields):
    project.set_metadata({**project.get_metadata(), **fields})


def edit_settings(project):
    settings = project.get_settings()
    settings.get_raw()["settings"]["disableAutomaticTriggers"] = "edited"
    settings.save()


def edit_permissions(project):
    project.set_permissions({**project.get_permissions(), "owner": "edited"})


@pytest.mark.parametrize(
    "edit",
    [
        lambda project: edit_metadata(project, label="edited"),
        lambda project: edit_metadata(project, description="edited"),
        lambda project: edit_metadata(project, shortDesc="edited"),
        lambda project: edit_metadata(project, tags=["edited"]),
        edit_settings,
        edit_permissions,
    ],
    ids=["label", "description", "shortDesc", "tags", "settings", "permissions"],
)
def test_each_edit_of_the_project_shows(served, edit):
    manager, project, key = served
    before = manager.sync_project(key)
    edit(project)

    assert changed(before, manager.sync_project(key)) == [f"~ project.{key}"]


def test_saving_without_a_change_shows_no_changes(served):
    """DSS bumps tags, re-sorts and re-encrypts on each save; none of it shows."""
    manager, project, key = served
    before = manager.sync_project(key)
    for item in project.list_datasets():
        item.to_dataset().get_settings().save()
    for item in project.list_recipes():
        item.to_recipe().get_settings().save()
    edit_metadata(project)
    project.get_settings().save()

    assert changed(before, manager.sync_project(key)) == []


def test_additions_and_removals_show(served):
    manager, project, key = served
    before = manager.sync_project(key)
    project.create_dataset("brand_new", "Filesystem")
    name = project.list_recipes()[0]["name"]
    project.get_recipe(name).delete()

    assert changed(before, manager.sync_project(key)) == [
        f"+ dataset.{key}.brand_new",
        f"- recipe.{key}.{name}",
    ]
