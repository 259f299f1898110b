"""States and reports as collections and tables, in scripts and notebooks."""

import subprocess
import sys
from typing import Any
from unittest.mock import Mock, create_autospec

import pytest

import dataikuapi.iac
from dataikuapi import DSSClient
from dataikuapi.iac import (
    Resource,
    State,
    StateManager,
)

KEY = "ORDERS_DEMO"
TABLE = f"dataset.{KEY}.countries"
RECIPE = f"recipe.{KEY}.compute_shipments"


@pytest.fixture
def manager(state_manager):
    """A manager with the state of the sample project stored."""
    state_manager.save_state(state_manager.sync_project(KEY))
    return state_manager


@pytest.fixture
def report(manager):
    """A report of an added column, a deleted recipe and an unreadable permission."""
    project = manager.client.get_project(KEY)
    settings = project.get_dataset("countries").get_settings()
    settings.add_raw_schema_column({"name": "channel", "type": "string"})
    settings.save()
    project.get_recipe("compute_shipments").delete()
    return manager.drift()


def test_state_as_a_dataframe(manager):
    pytest.importorskip("pandas")
    state = manager.load_state()

    table = state.to_dataframe()

    assert len(table) == 20
    assert table.project_key.unique() == [KEY]
    row = table.set_index("resource_id").loc[TABLE]
    assert row.resource_name == "countries"
    assert row.attributes == state[TABLE].attributes
    assert row.attributes is not state[TABLE].attributes
    assert str(table.last_modified_at.dtype).endswith("UTC]")


def test_report_as_a_dataframe(report):
    pytest.importorskip("pandas")

    table = report.to_dataframe()

    assert table.change.tolist() == ["modified", "removed"]
    row = table.iloc[0]
    assert (row.resource_id, row.path) == (TABLE, "schema.columns[channel]")
    assert row.new == {"name": "channel", "type": "string"}
    assert row.last_modified_by == "sandbox_admin"


def test_what_could_not_be_read_is_in_the_dataframe(manager, server):
    pytest.importorskip("pandas")
    key = server.store.add_api_key("reader", can_admin=False)
    reader = StateManager(manager.backend, DSSClient(server.url, key), "test")
    server.store.add_project("OTHER")

    table = reader.drift().to_dataframe()

    assert table[["change", "path"]].values.tolist() == [["unknown", "permissions"]]
    assert "may not read" in table.reason[0]


def test_empty_dataframe_has_its_columns(manager):
    pytest.importorskip("pandas")

    assert {"resource_id", "path", "old", "new"} <= {*manager.drift().to_dataframe()}
    assert "attributes" in State().to_dataframe()


def test_pandas_is_imported_when_it_is_used_and_its_extra_is_named():
    code = """if True:
        import sys
        import dataikuapi.iac
        assert "pandas" not in sys.modules
        sys.modules["pandas"] = None
        dataikuapi.iac.State().to_dataframe()
    """
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )

    assert "pip install 'dataiku-iac[pandas]'" in result.stderr


def test_renderers_are_public():
    for name in ("text", "markdown", "html", "json", "junit"):
        assert f"render_{name}" in dataikuapi.iac.__all__


@pytest.mark.parametrize(
    "client", [create_autospec(DSSClient, instance=True), Mock(spec=DSSClient)]
)
def test_client_without_a_host_works(client, backend):
    manager: Any = StateManager(backend, client, "test")
    resource = Resource("dataset", "dataset.SHOP.orders", {"name": "orders"})
    for reader in (manager.project_sync, manager.recipe_sync):
        reader.list_all = Mock(return_value=[])
    manager.project_sync.fetch = Mock(
        return_value=Resource("project", "project.SHOP", {"permissions": {}})
    )
    manager.dataset_sync.list_all = Mock(return_value=[resource])

    assert "DSS" in repr(manager)
    manager.save_state(manager.sync_project("SHOP"))
    assert manager.drift("SHOP").in_sync
    assert "dataset.SHOP.orders" in manager.refresh()
