"""Readings in which nothing changed: metadata stays, and the history has room."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager, StateNotFoundError

KEY = "ORDERS_DEMO"


@pytest.fixture
def manager(server, tmp_path):
    """A manager whose history has room for four versions."""
    backend = LocalFileBackend(tmp_path / "dev.state.json", max_versions=4)
    return StateManager(backend, DSSClient(server.url, server.api_key), "dev")


def sync(manager):
    manager.save_state(manager.sync_project(KEY))
    return manager.load_state()


def change(manager, number):
    settings = manager.client.get_project(KEY).get_dataset("countries").get_settings()
    settings.add_raw_schema_column({"name": f"column_{number}", "type": "string"})
    settings.save()


def columns(state):
    schema = state[f"dataset.{KEY}.countries"].attributes["schema"]
    return len(schema["columns"])


def deployments(state):
    return {
        item.resource_id: (item.metadata.deployed_at, item.metadata.deployed_by)
        for item in state
    }


def test_what_did_not_change_was_deployed_when_it_was(manager):
    first = sync(manager)
    second = sync(manager)
    refreshed = manager.refresh()
    manager.refresh(["dataset.*"])

    assert (first.serial, second.serial, refreshed.serial) == (1, 2, 3)
    assert deployments(manager.load_state()) == deployments(first)

    change(manager, 1)
    (changed,) = deployments(sync(manager)).items() - deployments(first).items()
    assert changed[0] == f"dataset.{KEY}.countries"


@pytest.mark.parametrize("ids", [None, ["dataset.*"]])
def test_readings_without_a_change_push_no_change_out(manager, ids):
    sizes = [columns(sync(manager))]
    for number in range(4):
        for _ in range(6):
            manager.refresh(ids)
        change(manager, number)
        sizes.append(columns(sync(manager)))

    kept = {columns(version.load()) for version in manager.backend.history()}

    assert len(manager.backend.history()) == 4
    assert kept | {sizes[-1]} == set(sizes)


def test_listed_serials_are_true_where_versions_between_were_pruned(manager):
    sync(manager)
    for number in range(3):
        for _ in range(6):
            manager.refresh()
        change(manager, number)
        sync(manager)

    versions = manager.backend.history()

    assert len(versions) == 4
    for version in versions:
        assert version.load().serial == version.serial
        assert manager.backend.load_version(version.serial).serial == version.serial
    with pytest.raises(StateNotFoundError, match="available"):
        manager.backend.load_version(3)


def test_readings_without_a_change_are_kept_while_there_is_room(manager):
    sync(manager)
    for _ in range(6):
        manager.refresh()

    assert [version.serial for version in manager.backend.history()] == [6, 5, 4, 3]
    assert manager.backend.restore(4).serial == 8
