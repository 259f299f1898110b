"""Reading the manifest of an application."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.sandbox import Fault, ProjectStore
from dataikuapi.iac.sandbox.kinds.app_manifest import APP_MANIFEST

MANIFEST = {
    "label": "Order report",
    "homepageSections": [{"sectionTitle": "Start", "tiles": []}],
    "instantiationPermission": "EVERYBODY",
    "imgPattern": 3,
}
ID = "app_manifest.APP"


@pytest.fixture
def store():
    """A project that is an application, and one that is none."""
    store = ProjectStore()
    store.add_project("APP", projectAppType="APP_TEMPLATE")
    store.project("APP").objects(APP_MANIFEST).save("", MANIFEST, "ann")
    store.add_project("SHOP")
    return store


@pytest.fixture
def manager(server, tmp_path):
    """A manager with both in its state."""
    manager = StateManager(
        LocalFileBackend(tmp_path / "dev.state.json"),
        DSSClient(server.url, server.api_key),
        "dev",
        types=["project", "app_manifest"],
    )
    manager.save_state(manager.sync_all())
    return manager


def save(store, **fields):
    manifests = store.project("APP").objects(APP_MANIFEST)
    manifests.save("", {**manifests.get(""), **fields}, "ann")


def test_only_applications_have_one(manager):
    manifests = manager.load_state().list_resources("app_manifest")
    assert [item.resource_id for item in manifests] == [ID]
    assert manager.sync_resource(ID).attributes == manifests[0].attributes
    assert manager.drift().in_sync


def test_edit_shows_and_the_image_does_not(manager, store):
    save(store, imgPattern=4, showInitials=True)
    assert manager.drift().in_sync
    save(store, instantiationPermission="NOBODY")
    (diff,) = manager.drift()
    assert [change.path for change in diff.changes] == ["instantiationPermission"]


@pytest.mark.parametrize("ids", [None, [ID]])
def test_project_that_is_no_longer_an_application_has_none(manager, store, ids):
    store.delete_project("APP")
    store.add_project("APP")
    assert [diff.resource_id for diff in manager.drift(ids=ids).removed] == [ID]
    assert ID not in manager.refresh(ids)


def test_bad_answer_is_unknown(manager, server):
    server.faults = lambda method, path: (
        Fault.json([]) if path.endswith("app-manifest") else None
    )
    report = manager.drift()
    assert [item.resource_id for item in report.unknown] == [ID]
    assert not report.removed


def test_project_is_asked_for_its_type_once(manager, server):
    """The summary that the project itself takes says it."""
    requests = []

    def note(method, path):
        requests.append(path)

    server.faults = note
    manager.sync_project("SHOP")
    assert requests.count("/projects/SHOP") == 1
    assert not [path for path in requests if "app-manifest" in path]
