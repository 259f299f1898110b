"""Reading the palette of tags, if it is asked for."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager

KEY = "ORDERS_DEMO"
ID = f"tag_palette.{KEY}"


@pytest.fixture
def client(server):
    """The real client."""
    return DSSClient(server.url, server.api_key)


@pytest.fixture
def open_manager(client, tmp_path):
    """Return a function that makes a manager."""

    def make(types=None):
        backend = LocalFileBackend(tmp_path / "dev.state.json")
        return StateManager(backend, client, "dev", types=types)

    return make


@pytest.mark.all_types
def test_it_is_not_read_by_default(open_manager):
    """DSS adds tags by itself."""
    state = open_manager().sync_project(KEY)
    assert ID not in state
    assert not state.covers(ID)


@pytest.mark.parametrize("tag", ["urgent", "$$hashKey"])
def test_edit_shows(open_manager, client, tag):
    manager = open_manager(["project", "tag_palette"])
    manager.save_state(manager.sync_project(KEY))
    assert manager.drift().in_sync
    project = client.get_project(KEY)
    palette = project.get_tags()
    palette["tags"][tag] = {"color": "#ff0000"}
    project.set_tags(palette)
    (diff,) = manager.drift()
    assert diff.resource_id == ID
    assert [change.pointer for change in diff.changes] == [f"/tags/{tag}"]
