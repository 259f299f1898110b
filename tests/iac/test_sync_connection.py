"""Reading connections, and what is special to types on the instance."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DSSPermissionError,
    LocalFileBackend,
    ResourceNotFoundError,
    StateManager,
    SyncError,
)
from dataikuapi.iac.exceptions import InvalidResponseError, TypeNotSupportedError
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.sandbox import Fault, ProjectStore
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.types.lookup import facts_of, references_of, severity_of

PASSWORD = "kV7-tarragon-Lemur"
WAREHOUSE = {
    "type": "PostgreSQL",
    "description": "Orders and customers",
    "usableBy": "ALLOWED",
    "allowedGroups": ["sales", "finance"],
    "params": {
        "host": f"pg.example.com,ro:{PASSWORD}@replica.example.com",
        "port": 5432,
        "db": "shop",
        "user": "dss",
        "password": "e:AES:c2FsdHlzYWx0",
        "properties": [{"name": "sslpassword", "value": PASSWORD, "secret": True}],
    },
}
BUCKET = {
    "type": "EC2",
    "params": {
        "defaultManagedBucket": "shop-data",
        "accessKey": "AKIAIOSFODNN7EXAMPLE",
        "secretKey": PASSWORD,
    },
}


@pytest.fixture
def store():
    store = ProjectStore()
    store.add_project("SHOP")
    store.instance.add(CONNECTION, "warehouse", **WAREHOUSE)
    store.instance.add(CONNECTION, "data.lake", **BUCKET)
    store.instance.add(CONNECTION, "filesystem_root", params={"root": "/data"})
    return store


@pytest.fixture
def client(server):
    return DSSClient(server.url, server.api_key)


@pytest.fixture
def backend(tmp_path):
    return LocalFileBackend(tmp_path / "dev.state.json")


@pytest.fixture
def manager(client, backend):
    """An administrator's, with the connections in its state."""
    manager = StateManager(backend, client, "dev", types=["project", "connection"])
    manager.save_state(manager.sync_instance())
    return manager


@pytest.fixture
def limited(server, store, backend):
    """The same for a key that administers nothing."""
    key = store.add_api_key("rea", can_admin=False)
    types = ["project", "connection"]
    return StateManager(backend, DSSClient(server.url, key), "dev", types=types)


@pytest.fixture
def scoped(server, store, backend):
    """The same for a key that is limited to a project."""
    key = store.add_api_key("app", projects=["SHOP"])
    types = ["project", "connection"]
    return StateManager(backend, DSSClient(server.url, key), "dev", types=types)


def edit(client, name, change):
    connection = client.get_connection(name)
    definition = connection.get_definition()
    change(definition)
    connection.set_definition(definition)


def drift(manager):
    return manager.drift("@instance", ignore=[])


def test_connections_are_read(manager):
    state = manager.load_state()
    assert [item.resource_id for item in state] == [
        "connection.@instance.data.lake",
        "connection.@instance.filesystem_root",
        "connection.@instance.warehouse",
    ]
    warehouse = state["connection.@instance.warehouse"]
    assert warehouse.project_key == "@instance"
    assert warehouse.attributes["name"] == "warehouse"
    assert sorted(warehouse.attributes["definition"]) == [
        "allowedGroups",
        "description",
        "params",
        "type",
        "usableBy",
    ]
    assert state.scope and state.scope[0]["project"] == "@instance"
    assert state.project_keys() == []
    for item in state:
        assert manager.sync_resource(item.resource_id).attributes == item.attributes


def test_one_request_reads_all(manager, server):
    paths = []
    server.faults = lambda method, path: paths.append(path)
    manager.sync_instance()
    assert paths == ["/admin/connections/"]


def test_no_secret_is_stored(manager, backend):
    stored = backend.state_file.read_text("utf-8")
    assert PASSWORD not in stored
    assert "e:AES:" not in stored
    assert "pg.example.com" in stored
    assert "ro:<secret>@replica.example.com" in stored
    assert "shop-data" in stored


def test_credentials_are_never_requested(manager, server, limited):
    paths = []
    server.faults = lambda method, path: paths.append(path)
    for each in (manager, limited):
        each.sync_instance()
        drift(each)
    assert not [path for path in paths if path.endswith("/info") and "conn" in path]
    assert [path for path in paths if path.startswith("/admin/connections")]


def test_second_sync_and_a_save_without_a_change_show_nothing(manager, client):
    assert drift(manager).in_sync
    edit(client, "warehouse", lambda definition: None)
    assert drift(manager).in_sync


@pytest.mark.parametrize(
    ("change", "severity"),
    [
        ({"type": "Snowflake"}, Severity.CONNECTION),
        ({"params": {"host": "other.example.com"}}, Severity.CONNECTION),
        ({"usableBy": "ALL"}, Severity.PERMISSIONS),
        ({"allowedGroups": ["sales"]}, Severity.PERMISSIONS),
        ({"description": "Old"}, Severity.DESCRIPTION),
    ],
)
def test_each_edit_shows(manager, client, change, severity):
    edit(client, "warehouse", lambda definition: definition.update(change))
    (diff,) = drift(manager)
    assert diff.resource_id == "connection.@instance.warehouse"
    (name,) = change
    assert severity_of("connection", ("definition", name)) is severity


def test_what_is_not_configuration_of_the_connection_does_not_show(manager, client):
    edit(
        client,
        "warehouse",
        lambda definition: definition.update(
            allowedGroups=["finance", "sales"], indexingSettings={"on": True}
        ),
    )
    assert drift(manager).in_sync


def test_added_and_removed_connections_show(manager, client):
    client.create_connection("new", "Filesystem")
    client.get_connection("data.lake").delete()
    report = drift(manager)
    assert [diff.resource_id for diff in report.added] == ["connection.@instance.new"]
    assert [diff.resource_id for diff in report.removed] == [
        "connection.@instance.data.lake"
    ]
    assert "Drift of the instance since serial 1" in str(report)
    assert "not watched" not in str(report)
    manager.refresh(projects=["@instance"])
    assert drift(manager).in_sync


def test_missing_and_malformed_ids(manager):
    with pytest.raises(ResourceNotFoundError, match="connection nope"):
        manager.sync_resource("connection.@instance.nope")
    for malformed in ("connection.@instance", "connection.SHOP.warehouse"):
        with pytest.raises(ValueError, match=r"expected connection\.@instance\.\{name"):
            manager.sync_resource(malformed)
    with pytest.raises(ValueError, match="Invalid project resource_id"):
        manager.sync_resource("project.@instance")


@pytest.mark.parametrize("answer", ["", None, [1], {"warehouse": {}}], ids=repr)
def test_bad_listing_removes_nothing(manager, server, answer):
    server.faults = lambda method, path: (
        Fault.json(answer) if path == "/admin/connections/" else None
    )
    with pytest.raises(Exception, match="does not look like a DSS response"):
        drift(manager)
    assert len(manager.load_state()) == 3


def test_sync_of_projects_leaves_the_instance_alone(manager, client):
    edit(client, "warehouse", lambda definition: definition.update(usableBy="ALL"))
    manager.save_state(manager.sync_all())
    state = manager.load_state()
    assert state.project_keys() == ["SHOP"]
    assert len(state) == 4
    assert not manager.drift().changed
    assert [diff.resource_id for diff in drift(manager)] == [
        "connection.@instance.warehouse"
    ]
    manager.refresh()
    assert len(drift(manager)) == 1
    both = manager.drift(["SHOP", "@instance"])
    assert [diff.resource_id for diff in both] == ["connection.@instance.warehouse"]


def test_sync_of_the_instance_leaves_projects_alone(manager, store):
    manager.save_state(manager.sync_all())
    store.delete_project("SHOP")
    state = manager.sync_instance()
    manager.save_state(state)
    assert not state.unknown
    assert manager.load_state().project_keys() == ["SHOP"]
    assert drift(manager).in_sync


def test_patterns_select_connections(manager, client):
    edit(client, "warehouse", lambda definition: definition.update(usableBy="ALL"))
    report = manager.drift(ids=["connection.@instance.ware*"])
    assert [diff.resource_id for diff in report] == ["connection.@instance.warehouse"]
    manager.refresh(["connection.@instance.warehouse"])
    assert drift(manager).in_sync


def test_pattern_for_all_selects_what_is_stored(manager, client):
    edit(client, "warehouse", lambda definition: definition.update(usableBy="ALL"))
    manager.save_state(manager.sync_all())
    report = manager.drift(ids=["*"])
    assert [diff.resource_id for diff in report] == ["connection.@instance.warehouse"]
    assert not report.unknown
    assert manager.drift("SHOP", ids=["*"]).in_sync


def test_types_of_projects_alone_do_not_exclude_the_instance(client, backend):
    manager = StateManager(backend, client, "dev", types=["dataset"])
    assert "connection" in manager.readers
    assert manager.sync_instance(["connection"]).has_resource(
        "connection.@instance.warehouse"
    )
    with pytest.raises(ValueError, match="Unknown resource type 'dataset'"):
        manager.sync_instance(["dataset"])
    with pytest.raises(ValueError, match="no type is selected"):
        manager.sync_instance([])


def test_without_rights_names_are_read_and_nothing_else_is_known(limited):
    state = limited.sync_instance()
    assert {key: item.attributes for key, item in state.resources.items()} == {
        "connection.@instance.data.lake": {"name": "data.lake"},
        "connection.@instance.filesystem_root": {"name": "filesystem_root"},
    }
    assert state.unknown_in_part == {key: ["definition"] for key in state.resources}
    assert list(state.unknown) == ["connection.@instance.*"]
    assert "Use the key of an administrator" in state.unknown["connection.@instance.*"]
    assert not state.covers("connection.@instance.warehouse")


def test_fewer_rights_show_nothing_as_changed_or_removed(manager, limited):
    before = manager.load_state()
    report = drift(limited)
    assert (len(report), report.exit_code) == (0, 3)
    assert {item.resource_id for item in report.unknown} >= before.resources.keys()
    limited.save_state(limited.sync_instance())
    after = manager.load_state()
    assert {key: item.attributes for key, item in after.resources.items()} == {
        key: item.attributes for key, item in before.resources.items()
    }
    assert drift(manager).in_sync


def test_names_that_were_stored_first_are_completed_by_an_administrator(
    manager, limited, backend
):
    backend.delete()
    limited.save_state(limited.sync_instance())
    report = drift(manager)
    assert not report.changed
    assert not report.removed
    assert report.is_incomplete
    manager.save_state(manager.sync_instance())
    assert drift(manager).in_sync
    lake = manager.load_state()["connection.@instance.data.lake"]
    assert lake.attributes["definition"]


def test_single_connection_without_rights(limited):
    read = limited.sync_resource("connection.@instance.data.lake")
    assert read.attributes == {"name": "data.lake"}
    with pytest.raises(DSSPermissionError, match="administrator"):
        limited.sync_resource("connection.@instance.warehouse")


def test_key_that_is_limited_to_projects_removes_nothing(manager, scoped):
    report = drift(scoped)
    assert not report.removed
    assert not report.changed
    assert report.exit_code == 3


def test_other_failures_are_raised(limited, server):
    server.faults = lambda method, path: (
        Fault.error(500, "java.Error", "no") if "get-names" in path else None
    )
    with pytest.raises(Exception, match="java.Error") as raised:
        limited.sync_instance()
    assert not isinstance(raised.value, SyncError)


def without_connections(method, path):
    return Fault.page(404) if "connections" in path else None


def test_what_dss_does_not_have_is_not_supported(manager, server):
    manager.backend.state_file.unlink()
    server.faults = without_connections
    with pytest.raises(TypeNotSupportedError, match="does not support connections"):
        manager.sync_instance()


def test_what_dss_once_had_is_unknown(manager, server):
    server.faults = without_connections
    for ids in (None, ["connection.@instance.warehouse"]):
        with pytest.raises(InvalidResponseError, match="proxy or login page"):
            manager.drift("@instance", ids=ids, ignore=[])
    with pytest.raises(InvalidResponseError, match="the connections of the instance"):
        manager.sync_instance()
    assert len(manager.load_state()) == 3


def test_references_and_facts(manager):
    warehouse = manager.load_state()["connection.@instance.warehouse"]
    found = {(item.resource_type, item.name) for item in references_of(warehouse)}
    assert found == {("group", "sales"), ("group", "finance")}
    assert {item.project_key for item in references_of(warehouse)} == {"@instance"}
    assert [(fact.label, *fact.values) for fact in facts_of(warehouse)] == [
        ("type", "PostgreSQL")
    ]
