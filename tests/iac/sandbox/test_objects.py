"""Datasets, and what datasets and recipes have in common."""

import pytest
from dataikuapi.utils import DataikuException

from iac.sandbox.api import assert_error, read, write
from iac.sandbox.project_files import NOW, SECRET, tag

OBJECTS = [("datasets", "orders"), ("recipes", "prepare")]


@pytest.mark.parametrize("kind, name", OBJECTS)
def test_the_api_adds_what_the_file_lacks(api, kind, name):
    document = read(api, kind, name)
    assert (document["projectKey"], document["name"]) == ("P", name)
    assert document.get("smartName") == (name if kind == "datasets" else None)


@pytest.mark.parametrize(
    "name, expected", [("orders", tag(7)), ("clients", tag(0))], ids=["file", "derived"]
)
def test_there_is_always_a_version_tag(api, name, expected):
    assert read(api, "datasets", name)["versionTag"] == expected


@pytest.mark.parametrize("kind, name", OBJECTS)
def test_each_save_raises_the_version_whatever_was_sent(api, store, kind, name):
    before = read(api, kind, name)["versionTag"]["versionNumber"]
    api.key = store.add_api_key("bob")
    stale = {**read(api, kind, name), "versionTag": tag(99), "creationTag": tag(99)}
    for number in (before + 1, before + 2):
        assert set(write(api, kind, name, stale).json()) == {"msg"}
        stored = read(api, kind, name)
        assert stored["versionTag"] == {
            **tag(number, "bob", NOW),
            "extendedProperties": {},
        }
        assert stored["creationTag"] == tag(0)


@pytest.mark.parametrize("kind, name", OBJECTS)
def test_an_unknown_field_is_dropped_with_a_200(api, kind, name):
    document = read(api, kind, name)
    extra = {"noSuchField": 1, "shortDesc": "kept", "description": None}
    assert write(api, kind, name, {**document, **extra}).status_code == 200
    stored = read(api, kind, name)
    assert set(stored) == set(document) | {"shortDesc"}
    assert stored["shortDesc"] == "kept"


@pytest.mark.parametrize("kind, name", OBJECTS)
@pytest.mark.parametrize("sent", [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]])
def test_tags_come_back_in_another_order(api, kind, name, sent):
    write(api, kind, name, {**read(api, kind, name), "tags": sent})
    stored = read(api, kind, name)["tags"]
    assert stored != sent and sorted(stored) == sorted(sent)


def test_tags_that_were_loaded_stay_until_they_are_saved(api):
    assert read(api, "datasets", "orders")["tags"] == ["b", "a", "c"]


@pytest.mark.parametrize("kind, name", OBJECTS)
@pytest.mark.parametrize(
    "field, value",
    [("projectKey", None), ("name", ""), ("type", 5), ("tags", 5), ("tags", [5])],
)
def test_a_document_with_a_wrong_mandatory_field_is_400(api, kind, name, field, value):
    document = {**read(api, kind, name), field: value}
    response = write(api, kind, name, document)
    assert_error(response, 400, "IllegalArgumentException", field)


@pytest.mark.parametrize("kind, name", OBJECTS)
def test_the_name_in_the_document_does_not_rename(api, kind, name):
    document = {**read(api, kind, name), "name": "renamed", "projectKey": "Q"}
    write(api, kind, name, document)
    stored = read(api, kind, name)
    assert (stored["name"], stored["projectKey"]) == (name, "P")


@pytest.mark.parametrize("kind, name", OBJECTS)
def test_a_field_that_all_have_comes_back_with_its_default(api, kind, name):
    document = read(api, kind, name)
    del document["checklists"]
    write(api, kind, name, document)
    assert read(api, kind, name)["checklists"] == {"checklists": []}


def test_ciphertexts_change_at_every_save(api):
    def seen():
        dataset = read(api, "datasets", "orders")
        return dataset["params"]["password"]

    sent = read(api, "datasets", "orders")
    texts = [seen()]
    for _ in range(3):
        write(api, "datasets", "orders", sent)
        texts.append(seen())
    assert texts[0] == SECRET and len(set(texts)) == 4
    assert all(text.startswith("e:AES:") for text in texts)


def test_ciphertexts_in_settings_change_too(api):
    api.put("/projects/P/settings", api.get("/projects/P/settings"))
    token = api.get("/projects/P/settings")["settings"]["token"]
    assert token.startswith("e:AES:") and token != SECRET


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "datasets/none"),
        ("PUT", "datasets/none"),
        ("DELETE", "datasets/none"),
        ("PUT", "recipes/none"),
        ("DELETE", "recipes/none"),
    ],
)
def test_a_missing_object_is_404(api, method, path):
    document = {"projectKey": "P", "name": "none", "type": "S3"}
    body = {"recipe": document} if path.startswith("recipes") else document
    response = api(method, f"/projects/P/{path}", body)
    assert_error(response, 404, "NotFoundException", "P.none does not exist")


def test_the_list_of_datasets_has_their_full_definitions(api):
    items = api.get("/projects/P/datasets/", params={"foreign": "False", "tags": ""})
    assert items == [read(api, "datasets", n) for n in ("clients", "orders", "other")]


@pytest.mark.parametrize("tags, count", [([], 3), (["x", "a"], 3), (["x"], 0)])
def test_datasets_are_listed_by_tag(client, tags, count):
    assert len(client.get_project("P").list_datasets(tags=tags)) == count


def test_shared_datasets_are_listed_on_demand(client, store):
    exposed = [
        {"type": kind, "localName": name, "rules": [{"targetProject": target}]}
        for kind, name, target in [
            ("DATASET", "d", "P"),
            ("DATASET", "gone", "P"),
            ("DATASET", "private", "X"),
            ("SAVED_MODEL", "private", "P"),
        ]
    ]
    store.add_project("Q", exposedObjects={"objects": exposed})
    store.add_dataset("Q", "d")
    store.add_dataset("Q", "private")
    items = client.get_project("P").list_datasets(include_shared=True)
    shared = items[-1]._data
    assert (len(items), shared["projectKey"]) == (4, "Q")
    assert (shared["name"], shared["smartName"]) == ("d", "Q.d")
    assert len(client.get_project("P").list_datasets()) == 3


def test_the_client_edits_a_dataset(client):
    settings = client.get_project("P").get_dataset("orders").get_settings()
    settings.get_raw()["params"]["path"] = "/x"
    settings.save()
    stored = client.get_project("P").get_dataset("orders").get_settings()
    assert stored.get_raw()["params"]["path"] == "/x"
    assert stored.get_raw()["schema"]["columns"][0]["name"] == "注文"


def test_a_new_dataset_has_all_that_a_dataset_has(client):
    project = client.get_project("P")
    project.create_dataset("fresh", "PostgreSQL", {"connection": "pg"})
    raw = project.get_dataset("fresh").get_settings().get_raw()
    assert {"flowOptions", "partitioning", "metrics", "schema", "tags"} <= set(raw)
    assert raw["typeSystemVersion"] == "V2" and "formatType" not in raw
    assert raw["versionTag"]["versionNumber"] == 0
    assert raw["versionTag"]["lastModifiedBy"]["login"] == "sandbox_admin"
    with pytest.raises(DataikuException, match="fresh already exists"):
        project.create_dataset("fresh", "S3")


@pytest.mark.parametrize("body", [{"name": "n"}, {"type": "S3"}])
def test_a_dataset_needs_name_and_type(api, body):
    response = api("POST", "/projects/P/datasets/", body)
    assert_error(response, 400, "IllegalArgumentException", "Missing")


@pytest.mark.parametrize(
    "dataset, recipes_left",
    [
        ("orders", ["a.b's", "sync it"]),
        ("clients", ["a.b's"]),
        ("other", ["a.b's", "prepare", "sync it"]),
    ],
    ids=["input", "output", "unused"],
)
def test_deleting_a_dataset_deletes_the_recipes_that_use_it(
    client, dataset, recipes_left
):
    project = client.get_project("P")
    project.get_dataset(dataset).delete(drop_data=True)
    assert [item.name for item in project.list_recipes()] == recipes_left
    assert len(project.list_datasets()) == 2
