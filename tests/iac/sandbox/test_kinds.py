"""A new kind of object is one `Kind`: here are made-up ones, served."""

from dataclasses import dataclass

import pytest

from dataikuapi.iac.sandbox import ProjectLayoutError, ProjectStore, SandboxServer
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import (
    BY_PATH,
    ONE_PER_PROJECT,
    generated_id,
)
from dataikuapi.iac.sandbox.kinds.registry import KINDS
from iac.sandbox.api import Api, assert_error
from iac.sandbox.project_files import NOW, as_files, tag

GADGET = Kind(
    label="gadget",
    path="gadgets",
    file="gadgets/{id}.json",
    identity=generated_id(8),
    fields=Fields(required=("type",), always={"tags": [], "size": 1}),
    list_fields={"id": None, "name": "unnamed"},
)
GADGET_TOOL = Kind(label="gadget tool", path="gadgets/tools", file="tools/{id}.json")
NOTE = Kind(label="note", path="notes", file="notes/{id}.json", identity=BY_PATH)
PALETTE = Kind(
    label="palette",
    path="palette",
    file="palette.json",
    identity=ONE_PER_PROJECT,
    fields=Fields(always={"colors": {}}, versioned=False),
)


@dataclass(frozen=True, eq=False)
class ColorKind(Kind):
    """Colors are created where the palette is read, as articles are in a wiki."""

    def routes(self):
        base = "/projects/{key}/palette"
        one = {"GET": self.handle_get}
        return {base: {"POST": self.handle_create}, f"{base}/{{id}}": one}


COLOR = ColorKind(
    label="color",
    file="colors/{id}.json",
    fields=Fields(optional=frozenset({"code"}), versioned=False),
)


@dataclass(frozen=True, eq=False)
class PinKind(Kind):
    """A pin has the name of the dataset that it marks, and its code in a file."""

    def payload_file(self, object_id, document):
        return f"pins/{object_id}.py"

    def on_removed(self, project, kind, object_id, login):
        if kind.computable and object_id in project.objects(self):
            project.delete(self, object_id, login)

    def on_renamed(self, project, kind, old_id, new_id, login):
        if kind.computable and old_id in project.objects(self):
            project.rename(self, old_id, new_id, login)


PIN = PinKind(
    label="pin",
    path="pins",
    file="pins/{id}.json",
    other_files=("pins/*.py",),
    rename_action="renamePin",
)

MADE_UP = (GADGET, GADGET_TOOL, NOTE, PALETTE, COLOR, PIN)
FILES = as_files(
    {
        "params.json": {"owner": "ann"},
        "gadgets/AbC12345.json": {"type": "t", "name": "Old", "creationTag": tag(0)},
        "gadgets/00000000.json": {"type": "t"},
        "notes/a/b.json": {"text": "nested"},
        "pins/orders.json": {},
        "pins/orders.py": b"print(1)",
        "datasets/orders.json": {"type": "S3"},
    }
)


@pytest.fixture(scope="module")
def server():
    store = ProjectStore(now=lambda: NOW, kinds=[*KINDS, *MADE_UP])
    with SandboxServer(store) as running:
        yield running


@pytest.fixture
def store(server):
    server.store.load_files("P", FILES)
    return server.store


def test_objects_are_listed_as_the_kind_says(api):
    assert api.get("/projects/P/gadgets/") == [
        {"id": "00000000", "name": "unnamed"},
        {"id": "AbC12345", "name": "Old"},
    ]


def test_an_object_has_what_the_api_adds_to_its_file(api):
    assert api.get("/projects/P/gadgets/AbC12345") == {
        "projectKey": "P",
        "id": "AbC12345",
        "type": "t",
        "name": "Old",
        "creationTag": tag(0),
        "versionTag": tag(0),
    }


def test_an_object_is_replaced(api):
    path = "/projects/P/gadgets/AbC12345"
    document = {**api.get(path), "name": "New", "noSuchField": 1, "id": "other"}
    assert api.put(path, document) == {"msg": "Updated gadget AbC12345"}
    stored = api.get(path)
    assert (stored["name"], stored["id"], stored["size"]) == ("New", "AbC12345", 1)
    assert stored["versionTag"]["versionNumber"] == 1
    assert "noSuchField" not in stored
    del document["type"]
    assert_error(api("PUT", path, document), 400, "", "Missing type in gadget")


def test_each_new_object_gets_an_id_of_its_own(api):
    body = {"type": "t", "name": "Twin", "noSuchField": 1}
    made = [api("POST", "/projects/P/gadgets/", body).json()["id"] for _ in range(2)]
    assert len(set(made)) == 2 and all(len(i) == 8 and i.isalnum() for i in made)
    stored = api.get(f"/projects/P/gadgets/{made[0]}")
    assert (stored["id"], stored["type"], stored["name"]) == (made[0], "t", "Twin")
    assert stored["size"] == 1
    assert "noSuchField" not in stored
    response = api("POST", "/projects/P/gadgets/", {"name": "untyped"})
    assert_error(response, 400, "IllegalArgumentException", "Missing type in gadget")


def test_an_object_is_deleted(api):
    path = "/projects/P/gadgets/AbC12345"
    assert api("DELETE", path).json() == {"msg": "Deleted gadget AbC12345"}
    text = "Gadget P.AbC12345 does not exist"
    for method in ("GET", "DELETE"):
        assert_error(api(method, path), 404, "NotFoundException", text)
    assert len(api.get("/projects/P/gadgets/")) == 1


def test_a_literal_path_goes_before_an_id(api):
    response = api("POST", "/projects/P/gadgets/tools", {"name": "saw"})
    assert response.json() == {"name": "saw"}
    assert [tool["name"] for tool in api.get("/projects/P/gadgets/tools")] == ["saw"]
    assert api.get("/projects/P/gadgets/tools/saw")["projectKey"] == "P"


def test_an_id_may_be_a_path(api):
    assert api.get("/projects/P/notes/a/b")["text"] == "nested"
    api("POST", "/projects/P/notes/", {"path": "a/c"})
    assert [note["path"] for note in api.get("/projects/P/notes/")] == ["a/b", "a/c"]


def test_what_a_project_has_once_is_always_there(api, store):
    assert api.get("/projects/P/palette") == {"colors": {}}
    api.put("/projects/P/palette", {"colors": {"a": "red"}, "noSuchField": 1})
    assert api.get("/projects/P/palette") == {"colors": {"a": "red"}}
    files = as_files({"palette.json": {"colors": {"b": "blue"}}})
    store.load_files("P", {**FILES, **files})
    assert api.get("/projects/P/palette/") == {"colors": {"b": "blue"}}
    assert api("DELETE", "/projects/P/palette").status_code == 405


def test_two_kinds_may_share_a_path(api):
    response = api("POST", "/projects/P/palette", {"name": "red", "code": "#f00"})
    assert response.json() == {"name": "red"}
    assert api.get("/projects/P/palette/red") == {
        "projectKey": "P",
        "name": "red",
        "code": "#f00",
    }
    assert api.get("/projects/P/palette") == {"colors": {}}


def test_an_object_has_the_payload_beside_its_file(store, tmp_path):
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    store.load_folder(tmp_path, "P")
    pins, notes = (store.project("P").objects(kind) for kind in (PIN, NOTE))
    assert pins.stored("orders").payload == "print(1)"
    assert notes.names() == ["a/b"]


def test_one_kind_follows_the_changes_of_another(api, client):
    def pins():
        return [pin["name"] for pin in api.get("/projects/P/pins/")]

    client.get_project("P").get_dataset("orders").rename("sales")
    assert pins() == ["sales"]
    client.get_project("P").get_dataset("sales").delete()
    assert pins() == []


def test_a_kind_may_have_a_rename_action(api):
    body = {"oldName": "orders", "newName": "sales"}
    response = api("POST", "/projects/P/actions/renamePin", body)
    assert response.json() == {"msg": "Renamed pin orders to sales"}
    assert api.get("/projects/P/pins/sales")["name"] == "sales"


def test_a_test_adds_objects_of_any_kind(api, store):
    store.add(PIN, "P", "new", payload="print(2)", odd=1)
    assert api.get("/projects/P/pins/new")["odd"] == 1
    assert store.project("P").objects(PIN).stored("new").payload == "print(2)"


def test_a_malformed_file_of_any_kind_is_named(store):
    files = {**FILES, "gadgets/AbC12345.json": b"{}"}
    with pytest.raises(ProjectLayoutError, match="gadgets/AbC12345.json has no type"):
        store.load_files("P", files)


def test_a_store_without_the_kind_does_not_serve_it(session):
    store = ProjectStore()
    store.load_files("P", FILES)
    with SandboxServer(store) as server:
        response = Api(session, server, server.api_key)("GET", "/projects/P/gadgets")
    assert_error(response, 501, "NotInSandboxError", "GET /dip/publicapi/projects/P")
