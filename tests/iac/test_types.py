"""Resource types: what any of them gets by being registered."""

from unittest.mock import Mock

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DSSPermissionError, LocalFileBackend, StateManager
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.types import TYPES, Identity, ResourceType, resource_from
from dataikuapi.iac.types.registry import DATASET, RECIPE
from dataikuapi.iac.types.shapes import expect_object


class Variables(ResourceType):
    """A made-up type, as a file in types/ would have it."""

    name = "variables"
    identity = Identity.SINGLETON

    def list_documents(self, project):
        return {"": None}

    def fetch_documents(self, project, name):
        return {self.main: expect_object(project.get_variables())}


@pytest.fixture
def manager(server, tmp_path, monkeypatch):
    monkeypatch.setitem(TYPES, "variables", Variables())
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    types = ["project", "dataset", "recipe", "variables"]
    return StateManager(backend, client, "test", types=types)


def test_a_registered_type_is_read_stored_compared_and_refreshed(manager):
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    stored = manager.load_state()
    project = manager.client.get_project("ORDERS_DEMO")
    project.set_variables({"standard": {"threshold": 5}, "local": {}})
    report = manager.drift("ORDERS_DEMO", ignore=[])

    assert stored.has_resource("variables.ORDERS_DEMO")
    assert "variables" in stored.scope[0]["types"]
    assert [diff.resource_id for diff in report.changed] == ["variables.ORDERS_DEMO"]
    manager.refresh(["variables.ORDERS_DEMO"])
    assert manager.drift("ORDERS_DEMO", ignore=[]).exit_code == 0
    assert manager.sync_resource("variables.ORDERS_DEMO").attributes["local"] == {}
    assert manager.sync_all().has_resource("variables.ORDERS_DEMO")


def test_an_object_of_which_there_is_one_in_each_project_fails_under_its_id(
    manager, server
):
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    server.faults = lambda method, path: (
        Fault.error(500, "java.Error", "no") if path.endswith("/variables/") else None
    )

    (unread,) = manager.drift("ORDERS_DEMO", ignore=[]).unknown
    assert unread.resource_id == "variables.ORDERS_DEMO"


def test_only_the_types_that_are_asked_for_are_read(server, tmp_path):
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    manager = StateManager(backend, client, "test", types=["recipe", "project"])
    state = manager.sync_all()

    assert {item.resource_type for item in state.list_resources()} == {
        "project",
        "recipe",
    }
    assert state.scope
    assert state.scope[0]["types"] == ["project", "recipe"]
    with pytest.raises(ValueError, match="Unknown resource type 'dataset'; known"):
        manager.sync_resource("dataset.ORDERS_DEMO.orders")


def test_projects_are_listed_even_if_their_type_is_not_read(server, store, tmp_path):
    store.add_project("OTHER")
    store.add_dataset("OTHER", "orders")
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    manager = StateManager(backend, client, "test", types=["dataset"])
    state = manager.sync_all()
    manager.save_state(state)

    assert state.project_keys() == ["ORDERS_DEMO", "OTHER"]
    assert {item.resource_type for item in state.list_resources()} == {"dataset"}
    with pytest.raises(AttributeError, match="does not read projects; create it with"):
        manager.project_sync
    with pytest.raises(ValueError, match="Unknown resource type 'project'"):
        manager.sync_project("OTHER", include_children=False)

    store.delete_project("OTHER")
    assert manager.drift().unknown
    assert manager.refresh(confirm_removed=["OTHER"]).project_keys() == ["ORDERS_DEMO"]


@pytest.mark.parametrize("types", [["nonsense"], "dataset"])
def test_types_that_there_are_not_are_refused(server, types):
    client = DSSClient(server.url, server.api_key)
    with pytest.raises(ValueError, match="nonsense|takes a list"):
        StateManager(Mock(), client, "test", types=types)


def test_a_further_type_breaks_no_caller_with_a_stand_in_for_the_client(monkeypatch):
    monkeypatch.setitem(TYPES, "variables", Variables())

    assert list(StateManager(Mock(), Mock(), "test").readers) == [
        "project",
        "dataset",
        "recipe",
    ]
    told = StateManager(Mock(), Mock(), "test", types=["project", "variables"])
    assert list(told.readers) == ["project", "variables"]


OURS = {
    "while it builds": ("refine", KeyError("recipe")),
    "while it fetches": ("fetch_documents", AttributeError("get_recipies")),
    "while it lists": ("list_documents", TypeError("ours")),
}


@pytest.mark.parametrize(("method", "error"), OURS.values(), ids=list(OURS))
def test_a_mistake_of_ours_is_not_blamed_on_dss(server, monkeypatch, method, error):
    def mistake(*_):
        raise error

    monkeypatch.setattr(type(RECIPE), method, mistake)
    client = DSSClient(server.url, server.api_key)
    with pytest.raises(type(error)) as raised:
        StateManager(Mock(), client, "test").sync_project("ORDERS_DEMO")

    assert raised.value is error


def test_a_privileged_part_that_is_refused_is_left_out(server, monkeypatch, store):
    key = store.add_api_key("reader", can_admin=False)
    manager = StateManager(Mock(), DSSClient(server.url, key), "test")
    refused = {"permissions": lambda project: project.get_permissions()}
    monkeypatch.setattr(type(DATASET), "privileged", refused)

    read = manager.sync_resource("dataset.ORDERS_DEMO.orders")
    assert "permissions" not in read.attributes
    server.faults = lambda method, path: (
        Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")
        if path.endswith("/datasets/orders")
        else None
    )
    with pytest.raises(DSSPermissionError):
        manager.sync_resource("dataset.ORDERS_DEMO.orders")


def test_a_resource_is_built_of_documents_alone():
    tag = {"lastModifiedBy": {"login": "ann"}, "versionNumber": 2}
    document = {"name": "orders", "type": "S3", "tags": ["b", "a"], "versionTag": tag}
    rid = ResourceId("dataset", "SHOP", "orders")
    built = resource_from(DATASET, rid, {"document": document})

    assert built.resource_id == "dataset.SHOP.orders"
    assert built.attributes["tags"] == ["a", "b"]
    assert "versionTag" not in built.attributes
    assert built.metadata.last_modified_by == "ann"
    assert document["tags"] == ["b", "a"]


def test_a_refresh_loads_the_state_once(manager, monkeypatch):
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    loads = []
    load = manager.backend.load

    def counted():
        loads.append(1)
        return load()

    monkeypatch.setattr(manager.backend, "load", counted)
    manager.refresh()

    assert len(loads) == 1


def test_internal_id_is_that_of_the_clients_handles(state_manager, dataiku_client):
    state = state_manager.sync_project(SAMPLE_PROJECT_KEY)
    project = dataiku_client.get_project(SAMPLE_PROJECT_KEY)

    ids = {
        kind: {item.metadata.dataiku_internal_id for item in state.list_resources(kind)}
        for kind in ("project", "dataset", "recipe")
    }

    assert ids == {
        "project": {project.project_key},
        "dataset": {item.id for item in project.list_datasets()},
        "recipe": {item.id for item in project.list_recipes()},
    }
