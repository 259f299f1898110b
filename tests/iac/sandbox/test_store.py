"""The store, and what it loads from files."""

import compileall
import json
import shutil
import threading
import time
from pathlib import Path

import pytest

from dataikuapi.iac.sandbox import (
    SAMPLE_PROJECT_KEY,
    ProjectLayoutError,
    ProjectNotFoundError,
    ProjectStore,
    layout,
    sample_folder,
)
from dataikuapi.iac.sandbox.kinds.project import PROJECT
from dataikuapi.iac.sandbox.kinds.registry import KINDS
from dataikuapi.iac.sandbox.layout import default_project_key
from iac.sandbox.api import read, write
from iac.sandbox.project_files import FILES, NOW, as_files, tag


def test_documents_are_copied_on_their_way_in_and_out():
    store = ProjectStore(now=lambda: NOW)
    store.add_project("P")
    params = {"connection": "a"}
    store.add_dataset("P", "d", params=params)
    params["connection"] = "b"
    datasets = store.project("P").datasets
    datasets.get("d")["params"]["connection"] = "c"
    datasets.documents()[0]["params"]["connection"] = "d"
    assert datasets.get("d")["params"]["connection"] == "a"
    sent = datasets.get("d")
    datasets.put("d", sent, "ann")
    sent["params"]["connection"] = "e"
    assert datasets.get("d")["params"]["connection"] == "a"


def test_what_is_added_to_the_store_is_kept_as_it_is(store, api):
    store.add_recipe("P", "r", type="join", payload="{}", odd=1, tags=["b", "a"])
    recipe = read(api, "recipes", "r")
    assert (recipe["odd"], recipe["tags"]) == (1, ["b", "a"])
    assert api.get("/projects/P/recipes/r")["payload"] == "{}"


def test_loading_again_replaces_the_project(store, api):
    write(api, "datasets", "orders", read(api, "datasets", "orders"))
    files = {path: FILES[path] for path in ("params.json", "datasets/orders.json")}
    store.load_files("P", files)
    assert [d["name"] for d in api.get("/projects/P/datasets/")] == ["orders"]
    assert api.get("/projects/P/recipes/") == []
    assert read(api, "datasets", "orders")["versionTag"] == tag(7)
    assert api.get("/projects/P/variables/") == {"standard": {}, "local": {}}


def test_missing_tags_are_derived_the_same_at_each_load():
    files = as_files(
        {
            "params.json": {"owner": "ann"},
            "datasets/new.json": {"type": "S3"},
            "datasets/old.json": {"type": "S3", "versionTag": tag(5)},
        }
    )
    store = ProjectStore()
    for key in ("A", "B"):
        store.load_files(key, files)
    first, second = (store.project(key) for key in ("A", "B"))
    assert PROJECT.summary(first)["versionTag"] == PROJECT.summary(second)["versionTag"]
    new, old = first.datasets.documents()
    assert new["versionTag"]["lastModifiedBy"] == {"login": "ann"}
    assert (old["versionTag"], old["creationTag"]) == (tag(5), tag(0))


@pytest.mark.parametrize(
    "path, content, text",
    [
        ("params.json", None, "no params.json"),
        ("params.json", b"[]", "params.json is not a JSON object"),
        ("variables.json", b"{", "variables.json is not JSON"),
        ("datasets/orders.json", b"{}", "datasets/orders.json has no type"),
        ("recipes/prepare.shaker", b"\xff", "prepare.shaker is not UTF-8"),
    ],
)
def test_a_malformed_file_is_named_and_nothing_is_changed(
    store, api, path, content, text
):
    files = {**FILES, path: content}
    if content is None:
        del files[path]
    with pytest.raises(ProjectLayoutError, match=text):
        store.load_files("P", files)
    assert len(api.get("/projects/P/datasets/")) == 3


def test_a_folder_without_params_is_named(tmp_path):
    with pytest.raises(ProjectLayoutError, match=str(tmp_path)):
        ProjectStore().load_folder(tmp_path)


@pytest.mark.parametrize(
    "folder, key",
    [("my-flow", "MY_FLOW"), ("a b.c", "A_B_C"), ("ps_1", "PS_1"), ("é", "_")],
)
def test_the_default_key_comes_from_the_folders_name(folder, key):
    assert default_project_key(Path("/somewhere") / folder) == key


def test_without_a_caller_everything_is_visible(store):
    assert [project.project_key for project in store.projects()] == ["P"]
    with pytest.raises(ProjectNotFoundError, match="Project NONE does not exist"):
        store.project("NONE")
    with pytest.raises(ProjectNotFoundError, match="Project NONE does not exist"):
        store.add_dataset("NONE", "orders")
    with pytest.raises(ProjectNotFoundError, match="Project NONE does not exist"):
        store.delete_project("NONE")


def test_saves_from_many_threads_are_all_counted():
    def dawdle():
        time.sleep(0.001)
        return NOW

    store = ProjectStore(now=dawdle)
    store.load_files("P", FILES)
    datasets = store.project("P").datasets

    def save():
        for _ in range(10):
            datasets.put("orders", datasets.get("orders"), "ann")

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert datasets.get("orders")["versionTag"]["versionNumber"] == 7 + 40


def payload_file(folder, name, recipe_type):
    families = {"python": "py", "sql_query": "sql"}
    extension = families.get(recipe_type, recipe_type)
    return folder / "recipes" / f"{name}.{extension}"


def expected_payload(path):
    return {"payload": path.read_bytes().decode()} if path.exists() else {}


def test_every_object_of_a_project_is_served(api, store, project_folder):
    folder = project_folder
    key = store.load_folder(folder)
    listed = {item["name"]: item for item in api.get(f"/projects/{key}/datasets/")}
    assert len(listed) == len(list((folder / "datasets").glob("*.json"))) > 0
    for path in (folder / "datasets").glob("*.json"):
        served = read(api, "datasets", path.stem, key)
        assert served == listed[path.stem]
        assert json.loads(path.read_bytes()).items() <= served.items()
    listed = {item["name"]: item for item in api.get(f"/projects/{key}/recipes/")}
    assert len(listed) == len(list((folder / "recipes").glob("*.json"))) > 0
    for path in (folder / "recipes").glob("*.json"):
        response = api.get(f"/projects/{key}/recipes/{path.stem}")
        recipe = response.pop("recipe")
        assert json.loads(path.read_bytes()).items() <= recipe.items()
        assert response == expected_payload(
            payload_file(folder, path.stem, recipe["type"])
        )


def test_the_sample_comes_with_the_library(client, store):
    assert store.load_folder(sample_folder()) == SAMPLE_PROJECT_KEY
    assert client.get_project(SAMPLE_PROJECT_KEY).get_metadata()["label"]


def test_what_pip_compiles_is_no_file_of_a_project(tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(sample_folder(), folder)
    before = layout.files_of(folder, KINDS)
    compileall.compile_dir(folder / "lib", quiet=1)
    assert list(folder.rglob("*.pyc"))
    assert layout.files_of(folder, KINDS) == before
