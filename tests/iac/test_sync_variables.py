"""Reading the variables of a project."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.sandbox import Fault

KEY = "ORDERS_DEMO"
ID = f"variables.{KEY}"


@pytest.fixture
def manager(server, tmp_path):
    """A manager with the variables in its state."""
    manager = StateManager(
        LocalFileBackend(tmp_path / "dev.state.json"),
        DSSClient(server.url, server.api_key),
        "dev",
        types=["project", "variables"],
    )
    manager.save_state(manager.sync_project(KEY))
    return manager


@pytest.fixture
def project(server):
    """The handle of the real client."""
    return DSSClient(server.url, server.api_key).get_project(KEY)


def test_both_maps_are_read(manager, project):
    attributes = manager.load_state()[ID].attributes
    assert attributes == project.get_variables()
    assert set(attributes) == {"standard", "local"}
    assert manager.sync_resource(ID).attributes == attributes
    assert manager.drift().in_sync


@pytest.mark.parametrize("part", ["standard", "local"])
def test_edit_shows(manager, project, part):
    variables = project.get_variables()
    variables[part]["threshold"] = 3
    project.set_variables(variables)
    (diff,) = manager.drift()
    assert diff.resource_id == ID
    assert [change.path for change in diff.changes] == [f"{part}.threshold"]


def test_secret_is_masked(manager, project):
    project.set_variables({"standard": {"db_password": "hunter2hunter2"}, "local": {}})
    manager.refresh()
    assert "hunter2" not in str(manager.load_state()[ID].attributes)


@pytest.mark.parametrize("answer", [{}, {"standard": {}}, [], "", None], ids=repr)
def test_bad_answer_is_unknown(manager, server, answer):
    server.faults = lambda method, path: (
        Fault.json(answer) if path.rstrip("/").endswith("variables") else None
    )
    report = manager.drift()
    assert [item.resource_id for item in report.unknown] == [ID]
    assert not report.removed and not report.changed


def test_id_with_a_name_is_malformed(manager):
    with pytest.raises(ValueError, match="^Invalid variables"):
        manager.sync_resource(f"{ID}.x")
