"""The sandbox answers as DSS answers, its oddities included."""

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from dataikuapi.utils import DataikuException

import dataikuapi
from dataikuapi.iac.sandbox import (
    SAMPLE_PROJECT_KEY,
    ProjectForbiddenError,
    ProjectLayoutError,
    ProjectStore,
    SandboxServer,
    sample_folder,
)
from dataikuapi.iac.sandbox.__main__ import main
from dataikuapi.iac.sandbox.layout import default_project_key
from dataikuapi.iac.sandbox.routes import ROUTES
from dataikuapi.iac.sandbox.server import _listening_socket

NOW = 1_750_000_000_000
REAL_PROJECTS = Path(__file__).resolve().parents[3] / "shared" / "dss-projects"
SECRET = "e:AES:c2VjcmV0"


def tag(number, login="ann", when=1000):
    return {
        "versionNumber": number,
        "lastModifiedBy": {"login": login},
        "lastModifiedOn": when,
    }


def as_files(documents):
    return {
        path: content if isinstance(content, bytes) else json.dumps(content).encode()
        for path, content in documents.items()
    }


# What DSS commits to git for a small project; `orders` has a version tag, as older DSS
# wrote it, `clients` has none.
DATASET = {
    "type": "S3",
    "managed": True,
    "checklists": {"checklists": []},
    "flowOptions": {"rebuildBehavior": "NORMAL"},
    "partitioning": {"dimensions": []},
    "tags": ["b", "a", "c"],
    "params": {"connection": "s3", "password": SECRET},
    "schema": {"columns": [{"name": "注文", "type": "bigint"}]},
    "metrics": {"probes": []},
    "creationTag": tag(0),
}
RECIPE = {
    "type": "shaker",
    "neverRecomputeExistingPartitions": False,
    "customMeta": {"kv": {}},
    "redispatchPartitioning": False,
    "maxRunningActivities": 0,
    "inputs": {"main": {"items": [{"ref": "orders", "deps": []}]}},
    "outputs": {"main": {"items": [{"ref": "clients", "appendMode": False}]}},
    "params": {"engineParams": {}},
    "tags": [],
    "customFields": {},
    "checklists": {"checklists": []},
    "creationTag": tag(0),
}
FILES = as_files(
    {
        "params.json": {
            "name": "Le Projet",
            "owner": "ann",
            "projectStatus": "Sandbox",
            "shortDesc": "short",
            "description": "long",
            "tags": ["z", "y"],
            "settings": {"gitCommitMode": "EXPLICIT", "token": SECRET},
            "creationTag": tag(0),
        },
        "variables.json": {"year": 1995},
        "localvariables.json": {"host": "here"},
        "datasets/orders.json": {**DATASET, "versionTag": tag(7), "vendorExtra": 1},
        "datasets/clients.json": DATASET,
        "datasets/other.json": DATASET,
        "recipes/prepare.json": RECIPE,
        "recipes/prepare.shaker": b'{\n  "steps": []\n}',
        "recipes/sync it.json": {**RECIPE, "type": "sync", "inputs": {}},
        "recipes/sync it.sync": b"",
        "recipes/a.b's.json": {**RECIPE, "type": "r", "inputs": {}, "outputs": {}},
        "recipes/a.b's.sql": b"left behind",
        "zones/default.json": {"id": "default"},
    }
)
OBJECTS = [("datasets", "orders"), ("recipes", "prepare")]
PARTS = ["metadata", "settings", "permissions", "variables/"]


class Api:
    """Raw HTTP to one server with one key."""

    def __init__(self, session, server, key):
        self.session, self.server, self.key = session, server, key

    def __call__(self, method, path, body=None, prefix="/dip/publicapi", **options):
        options.setdefault("auth", (self.key, ""))
        url = self.server.url + prefix + path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        return self.session.request(
            method, url, data=data, allow_redirects=False, **options
        )

    def get(self, path, **options):
        answer = self("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path, body):
        answer = self("PUT", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def server():
    with SandboxServer(ProjectStore(now=lambda: NOW)) as running:
        yield running


@pytest.fixture
def store(server):
    for key in server.store.project_keys():
        server.store.delete_project(key)
    server.store.load_files("P", FILES)
    return server.store


@pytest.fixture
def session():
    with requests.Session() as opened:
        yield opened


@pytest.fixture
def api(server, store, session):
    return Api(session, server, server.api_key)


@pytest.fixture
def client(server, store):
    made = dataikuapi.DSSClient(server.url, server.api_key)
    yield made
    made._session.close()


def assert_error(answer, status, error_type, text):
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {
        "errorType",
        "message",
        "detailedMessage",
        "detailedMessageHTML",
        "stackTraceStr",
    }
    assert body["errorType"].endswith(error_type)
    assert text in body["message"]


# --- who may see what -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/projects/", "/projects/P/recipes/", "/auth/info"])
@pytest.mark.parametrize(
    "options",
    [
        {"auth": ("wrong", "")},
        {"auth": None},
        {"auth": None, "headers": {"Authorization": "Bearer wrong"}},
        {"auth": None, "headers": {"Authorization": "Basic ???"}},
    ],
    ids=["unknown", "none", "bearer", "garbled"],
)
def test_a_wrong_key_is_401(api, path, options):
    answer = api("GET", path, **options)
    assert_error(answer, 401, "NotAuthenticatedException", "Unknown API Key")


def test_a_key_works_as_bearer_token(api, server):
    headers = {"Authorization": f"Bearer {server.api_key}"}
    assert api("GET", "/projects/", auth=None, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "method, path",
    [
        (method, path)
        for path, methods in ROUTES.items()
        for method in methods
        if path.startswith("/projects/{key}")
    ],
)
def test_a_hidden_project_answers_as_a_missing_one(api, server, store, method, path):
    store.add_project("HIDDEN")
    api.key = store.add_api_key("bob", projects=["P"])
    hidden, missing = (
        api(method, path.format(key=key, name="orders"), {})
        for key in ("HIDDEN", "MISSING")
    )
    assert_error(
        hidden, 403, "UnauthorizedException", "Failed to read project permissions"
    )
    assert hidden.json() == missing.json()


def test_who_asks_is_settled_before_what_is_asked(api):
    answer = api("PUT", "/projects/MISSING/metadata", b"{")
    assert answer.status_code == 403
    assert api("PUT", "/projects/P/metadata", b"{", auth=None).status_code == 401


def test_the_list_of_projects_has_the_visible_ones_only(api, store):
    store.add_project("HIDDEN")
    assert [p["projectKey"] for p in api.get("/projects/")] == ["P", "HIDDEN"]
    api.key = store.add_api_key("bob", projects=["P"])
    assert [p["projectKey"] for p in api.get("/projects/")] == ["P"]
    api.key = store.add_api_key("eve", projects=[])
    assert api.get("/projects/") == []


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/projects/P/permissions"),
        ("PUT", "/projects/P/permissions"),
        ("DELETE", "/projects/P"),
    ],
)
def test_a_key_without_admin_rights_is_told_so(api, store, method, path):
    api.key = store.add_api_key("bob", can_admin=False)
    assert_error(api(method, path, {}), 403, "UnauthorizedException", "administer")
    assert api.get("/projects/P/metadata")["label"] == "Le Projet"


def test_a_key_limited_to_projects_creates_none(api, store):
    api.key = store.add_api_key("bob", projects=["NEW"])
    answer = api("POST", "/projects/", {"projectKey": "NEW", "owner": "bob"})
    assert_error(answer, 403, "UnauthorizedException", "create projects")


# --- routes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/projects/P/scenarios/"),
        ("POST", "/projects/P/datasets/managed/x"),
        ("GET", "/"),
    ],
)
def test_an_unknown_route_answers_501_and_names_itself(api, method, path):
    answer = api(method, path)
    named = f"{method} /dip/publicapi{path}"
    assert_error(answer, 501, "NotInSandboxError", named)


@pytest.mark.parametrize(
    "method, path", [("PUT", "/projects/P"), ("PATCH", "/projects/P/recipes/prepare")]
)
def test_a_wrong_method_is_405(api, method, path):
    answer = api(method, path)
    assert_error(answer, 405, "HttpRequestMethodNotSupportedException", method)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/projects/P", "/projects/NONE", "/nowhere"])
def test_every_answer_carries_the_version(api, path):
    headers = api("GET", path).headers
    assert headers["DSS-Version"] and headers["DSS-API-Version"]


@pytest.mark.parametrize("path", ["/projects/P/variables", "/projects"])
def test_both_prefixes_and_both_spellings_serve_the_same(api, path):
    answers = [
        api.get(path + end, prefix=prefix)
        for prefix in ("/dip/publicapi", "/public/api")
        for end in ("", "/")
    ]
    assert answers.count(answers[0]) == 4


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"a":' * 100_000, b"[]", b"null", b""]
)
@pytest.mark.parametrize("path", ["metadata", "variables/", "datasets/orders"])
def test_a_body_that_is_no_json_object_is_400(api, path, body):
    answer = api("PUT", f"/projects/P/{path}", body)
    assert_error(answer, 400, "IllegalArgumentException", "JSON")


@pytest.mark.parametrize(
    "value", ["日本", "\ud800", 2**70, 1.5, 50.0, "", {"": None}, [[]]], ids=repr
)
def test_values_come_back_exactly(api, value):
    api.put("/projects/P/variables/", {"standard": {"v": value}, "local": {}})
    stored = api.get("/projects/P/variables/")["standard"]["v"]
    assert (stored, type(stored)) == (value, type(value))


@pytest.mark.parametrize("depth", [300, 700, 5000])
def test_nesting_is_stored_or_refused(api, depth):
    params = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"projectKey":"P","name":"orders","type":"S3","params":%b}' % params
    answer = api("PUT", "/projects/P/datasets/orders", body)
    assert answer.status_code in ((200,) if depth == 300 else (200, 400))
    assert api("GET", "/projects/P/datasets/").status_code == 200


# --- projects -------------------------------------------------------------------------

SUMMARY = {
    "projectKey",
    "name",
    "shortDesc",
    "ownerLogin",
    "ownerDisplayName",
    "tags",
    "projectType",
    "projectAppType",
    "projectStatus",
    "permissionsVersion",
    "commitMode",
    "tutorialProject",
    "versionTag",
    "creationTag",
}


def test_list_and_summary_of_a_project_have_the_same_keys(api):
    summary = api.get("/projects/P")
    assert set(summary) == SUMMARY
    assert api.get("/projects/", params={"includeLocation": False}) == [summary]
    assert (summary["name"], summary["ownerLogin"]) == ("Le Projet", "ann")
    assert summary["commitMode"] == "EXPLICIT"


def test_the_location_of_projects_comes_on_demand(client):
    (item,) = client.list_projects(include_location=True)
    assert set(item) == SUMMARY | {"projectLocation"}


def test_projects_are_listed_by_tag(api):
    assert len(api.get("/projects/", params={"tags": "none,y"})) == 1
    assert api.get("/projects/", params={"tags": "none"}) == []


def test_a_projects_parts_have_the_documented_keys(client):
    project = client.get_project("P")
    assert project.get_metadata() == {
        "label": "Le Projet",
        "shortDesc": "short",
        "description": "long",
        "tags": ["z", "y"],
        "customFields": {},
        "checklists": {"checklists": []},
    }
    assert set(project.get_settings().settings) == {"settings", "exposedObjects"}
    assert set(project.get_permissions()) == {
        "owner",
        "permissions",
        "dashboardAuthorizations",
        "additionalDashboardUsers",
    }
    variables = {"standard": {"year": 1995}, "local": {"host": "here"}}
    assert project.get_variables() == variables


@pytest.mark.parametrize("part", PARTS)
def test_every_save_of_a_project_raises_its_version(api, part):
    for number in (1, 2):
        path = f"/projects/P/{part}"
        assert set(api.put(path, api.get(path))) == {"msg"}
        assert api.get("/projects/P")["versionTag"] == {
            **tag(number, "sandbox_admin", NOW),
            "extendedProperties": {},
        }
    assert api.get("/projects/P")["creationTag"] == tag(0)


def test_metadata_round_trip(client):
    project = client.get_project("P")
    metadata = project.get_metadata()
    metadata.update(label="Other", description="d", unknown=1, tags=["a", "b"])
    project.set_metadata(metadata)
    stored = project.get_metadata()
    assert stored == {
        "label": "Other",
        "shortDesc": "short",
        "description": "d",
        "tags": ["b", "a"],
        "customFields": {},
        "checklists": {"checklists": []},
    }
    assert project.get_summary()["name"] == "Other"


def test_metadata_that_is_left_out_is_reset_but_the_label_stays(api):
    api.put("/projects/P/metadata", {})
    assert api.get("/projects/P/metadata") == {
        "label": "Le Projet",
        "shortDesc": "",
        "tags": [],
        "customFields": {},
        "checklists": {"checklists": []},
    }


def test_partial_settings_are_500(api):
    answer = api("PUT", "/projects/P/settings", {"shortDesc": "x"})
    assert_error(answer, 500, "NullPointerException", "settings")


def test_the_settings_do_not_take_a_short_description(client):
    settings = client.get_project("P").get_settings()
    settings.settings["shortDesc"] = "x"
    settings.settings["settings"]["gitCommitMode"] = "AUTO"
    settings.save()
    stored = client.get_project("P").get_settings().settings
    assert set(stored) == {"settings", "exposedObjects"}
    assert stored["settings"]["gitCommitMode"] == "AUTO"
    assert client.get_project("P").get_metadata()["shortDesc"] == "short"


def test_permissions_are_replaced_as_a_whole(api):
    path = "/projects/P/permissions"
    entry = {"group": "data_team", "admin": True}
    api.put(path, {**api.get(path), "permissions": [entry], "extra": 1})
    assert api.get(path)["permissions"] == [entry]
    api.put(path, {"owner": "bob"})
    assert (api.get(path)["permissions"], api.get(path)["owner"]) == ([], "bob")
    assert "extra" not in api.get(path)


def test_permissions_need_an_owner(api):
    answer = api("PUT", "/projects/P/permissions", {"permissions": []})
    assert_error(answer, 400, "IllegalArgumentException", "owner")


def test_a_project_can_be_created_and_deleted(client):
    project = client.create_project("NEW_1", "New", "ann", tags=["t"])
    summary = project.get_summary()
    assert (summary["name"], summary["ownerLogin"]) == ("New", "ann")
    assert summary["versionTag"]["versionNumber"] == 0
    assert summary["shortDesc"] == (
        "The project *New* was created by ann on Jun 15th 2025"
    )
    assert project.list_datasets() == []
    assert project.delete().wait_for_result()["success"]
    assert [item["projectKey"] for item in client.list_projects()] == ["P"]


@pytest.mark.parametrize(
    "body, text",
    [
        ({"projectKey": "NEW", "name": "n"}, "owner"),
        ({"name": "n", "owner": "ann"}, "projectKey"),
        ({"projectKey": "a b", "owner": "ann"}, "projectKey"),
        ({"projectKey": "P", "owner": "ann"}, "already exists"),
    ],
)
def test_a_project_that_cannot_be_created_is_400(api, body, text):
    answer = api("POST", "/projects/", body)
    assert_error(answer, 400, "IllegalArgumentException", text)


# --- datasets and recipes alike -------------------------------------------------------


def read(api, kind, name, project="P"):
    answer = api.get(f"/projects/{project}/{kind}/{name}")
    return answer["recipe"] if kind == "recipes" else answer


def write(api, kind, name, document):
    body = {"recipe": document} if kind == "recipes" else document
    return api("PUT", f"/projects/P/{kind}/{name}", body)


@pytest.mark.parametrize("kind, name", OBJECTS)
def test_the_api_adds_what_the_file_lacks(api, kind, name):
    document = read(api, kind, name)
    assert (document["projectKey"], document["name"]) == ("P", name)
    assert document.get("smartName") == (name if kind == "datasets" else None)


@pytest.mark.parametrize(
    "name, expected", [("orders", tag(7)), ("clients", tag(0))], ids=["file", "made up"]
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
    answer = write(api, kind, name, document)
    assert_error(answer, 400, "IllegalArgumentException", field)


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
    answer = api(method, f"/projects/P/{path}", body)
    assert_error(answer, 404, "NotFoundException", "P.none does not exist")


# --- datasets -------------------------------------------------------------------------


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
    answer = api("POST", "/projects/P/datasets/", body)
    assert_error(answer, 400, "IllegalArgumentException", "Missing")


@pytest.mark.parametrize(
    "dataset, recipes_left",
    [
        ("orders", ["a.b's", "sync it"]),
        ("clients", ["a.b's"]),
        ("other", ["a.b's", "prepare", "sync it"]),
    ],
    ids=["input", "output", "unused"],
)
def test_a_deleted_dataset_takes_its_recipes_along(client, dataset, recipes_left):
    project = client.get_project("P")
    project.get_dataset(dataset).delete(drop_data=True)
    assert [item.name for item in project.list_recipes()] == recipes_left
    assert len(project.list_datasets()) == 2


# --- recipes --------------------------------------------------------------------------


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
    answer = api.get(f"/projects/P/recipes/{name}")
    assert answer == {"recipe": answer["recipe"], **payload}


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


def test_a_payload_that_is_no_text_is_400(api):
    body = {"recipe": read(api, "recipes", "prepare"), "payload": {}}
    answer = api("PUT", "/projects/P/recipes/prepare", body)
    assert_error(answer, 400, "IllegalArgumentException", "payload")


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


def test_a_recipe_that_is_made_again_does_not_inherit_a_payload(client):
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
    answers = [api("POST", "/projects/P/recipes/", body).json() for _ in range(2)]
    assert answers == [{"name": "compute_other"}, {"name": "compute_other_1"}]


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


# --- the instance ---------------------------------------------------------------------


def test_auth_info_says_whose_key_it_is(client, store, api):
    info = client.get_auth_info()
    assert set(info) == {"authIdentifier", "groups", "authSource", "userProfile"}
    assert info["authIdentifier"] == "sandbox_admin"
    assert "secrets" in client.get_auth_info(with_secrets=True)
    api.key = store.add_api_key("bob")
    assert api.get("/auth/info")["authIdentifier"] == "bob"


def test_instance_info(client):
    info = client.get_instance_info()
    assert info.node_type == "DESIGN"
    assert set(info.raw) == {
        "nodeId",
        "nodeName",
        "nodeType",
        "rawNodeType",
        "hostname",
        "installId",
        "dipInstanceId",
        "licenseInstanceId",
        "licenseId",
        "dssVersion",
        "os",
        "osVersion",
        "javaVendor",
        "javaVersion",
        "dssStartupTimestamp",
    }


# --- the store ------------------------------------------------------------------------


def test_documents_are_copied_on_their_way_in_and_out():
    store = ProjectStore(now=lambda: NOW)
    store.add_project("P")
    params = {"connection": "a"}
    store.add_dataset("P", "d", params=params)
    params["connection"] = "b"
    datasets = store.project("P").datasets
    datasets.get("d")["params"]["connection"] = "c"
    datasets.definitions()[0]["params"]["connection"] = "d"
    assert datasets.get("d")["params"]["connection"] == "a"
    sent = datasets.get("d")
    datasets.put("d", sent, "ann")
    sent["params"]["connection"] = "e"
    assert datasets.get("d")["params"]["connection"] == "a"


def test_what_a_test_adds_is_kept_as_it_is(store, api):
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


def test_tags_are_made_up_the_same_at_each_load():
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
    assert first.summary()["versionTag"] == second.summary()["versionTag"]
    new, old = first.datasets.definitions()
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
    assert [item["projectKey"] for item in store.list_projects()] == ["P"]
    with pytest.raises(ProjectForbiddenError):
        store.project("NONE")
    with pytest.raises(ProjectForbiddenError):
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


# --- real projects --------------------------------------------------------------------


def real_folders():
    found = [path.parent for path in sorted(REAL_PROJECTS.glob("*/params.json"))]
    skip = pytest.mark.skip(reason=f"no real projects in {REAL_PROJECTS}")
    return found or [pytest.param(None, marks=skip)]


def payload_file(folder, name, recipe_type):
    families = {"python": "py", "sql_query": "sql"}
    extension = families.get(recipe_type, recipe_type)
    return folder / "recipes" / f"{name}.{extension}"


def expected_payload(path):
    return {"payload": path.read_bytes().decode()} if path.exists() else {}


@pytest.mark.parametrize(
    "folder",
    [sample_folder(), *real_folders()],
    ids=lambda folder: getattr(folder, "name", None),
)
def test_every_object_of_a_project_is_served(api, store, folder):
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
        answer = api.get(f"/projects/{key}/recipes/{path.stem}")
        recipe = answer.pop("recipe")
        assert json.loads(path.read_bytes()).items() <= recipe.items()
        assert answer == expected_payload(
            payload_file(folder, path.stem, recipe["type"])
        )


def test_the_sample_comes_with_the_library(client, store):
    assert store.load_folder(sample_folder()) == SAMPLE_PROJECT_KEY
    assert client.get_project(SAMPLE_PROJECT_KEY).get_metadata()["label"]


# --- the server -----------------------------------------------------------------------


def test_the_server_stops_at_once_and_leaves_no_thread():
    before = set(threading.enumerate())
    server = SandboxServer().start()
    with requests.Session() as session:
        kept_alive = session.get(f"{server.url}/dip/publicapi/projects/")
        assert kept_alive.status_code == 401
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 0.9
    assert set(threading.enumerate()) == before
    server.stop()


def test_a_request_that_never_ends_does_not_hold_up_the_stop():
    server = SandboxServer().start()
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address) as half:
        half.sendall(
            b"POST /public/api/projects HTTP/1.1\r\n"
            b"Host: x\r\nContent-Length: 9\r\n\r\n{"
        )
        time.sleep(0.05)
        began = time.monotonic()
        server.stop()
    assert time.monotonic() - began < 3


def test_the_server_can_be_started_again():
    server = SandboxServer()
    with pytest.raises(RuntimeError, match="not running"):
        server.url
    for _ in range(2):
        with server:
            assert server.url.startswith("http://127.0.0.1:")
            with pytest.raises(RuntimeError, match="already running"):
                server.start()


def test_requests_do_not_wait_for_delayed_acknowledgements(api):
    durations = []
    for _ in range(30):
        began = time.monotonic()
        api.get("/projects/P/datasets/orders")
        durations.append(time.monotonic() - began)
    # Without TCP_NODELAY each of them takes 40 ms.
    assert sorted(durations)[15] < 0.02


def test_the_listener_is_a_true_tcp_socket():
    # asyncio's own loop sets TCP_NODELAY on no other; uvloop, where installed, on all.
    with _listening_socket(0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert listener.getsockname()[0] == "127.0.0.1"


def test_without_its_extra_the_import_says_what_to_install():
    code = "import sys; sys.modules['uvicorn'] = None\nimport dataikuapi.iac.sandbox"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'dataiku-iac[sandbox]'" in done.stderr


# --- the command line -----------------------------------------------------------------


def test_the_command_serves_the_sample_until_interrupted():
    command = [sys.executable, "-m", "dataikuapi.iac.sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline() for _ in range(5)]
        url, key = (line.split()[-1] for line in lines[:2])
        answer = requests.get(f"{url}/dip/publicapi/projects/", auth=(key, ""))
        process.send_signal(2)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    assert [item["projectKey"] for item in answer.json()] == ["ORDERS_DEMO"]
    assert f'DSSClient("{url}", "{key}")' in lines[3]


def test_the_command_serves_the_folders_it_is_given(tmp_path, capsys):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "params.json").write_text("{}")
    folders = ["--project", str(tmp_path / "one"), "--project", str(tmp_path / "two")]
    assert main(folders, wait=lambda: None) == 0
    assert "Projects: ONE, TWO" in capsys.readouterr().out


def test_an_interrupt_ends_the_command_well(capsys):
    def interrupt():
        raise KeyboardInterrupt

    assert main([], wait=interrupt) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("port", ["-1", "70000", "taken"])
def test_a_port_that_is_no_good_ends_the_command_with_2(server, capsys, port):
    taken = server.url.rpartition(":")[2]
    assert main(["--port", taken if port == "taken" else port]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_a_bad_folder_ends_the_command_with_2(tmp_path):
    command = [sys.executable, "-m", "dataikuapi.iac.sandbox", "--project", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr == f"error: {tmp_path} is no DSS project: it has no params.json\n"
    )
