"""Reading projects."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    ProjectNotVisibleError,
    ProjectSync,
    ResourceNotFoundError,
    SyncError,
    UnsupportedValueError,
)

METADATA = {
    "label": "Shop",
    "description": "All *orders*",
    "shortDesc": "orders",
    "tags": ["b", "a"],
    "customFields": {},
    "checklists": {"checklists": []},
}
SETTINGS = {"settings": {"gitCommitMode": "AUTO"}, "exposedObjects": {"objects": []}}
PERMISSIONS = {"owner": "maria", "permissions": [{"group": "team", "admin": True}]}
SUMMARY = {"projectKey": "SHOP", "name": "Shop", "projectStatus": "Sandbox"}


@pytest.fixture
def sync(mock_client):
    mock_client.answers = {
        ("GET", "/projects/"): [SUMMARY],
        ("GET", "/projects/SHOP"): SUMMARY,
        ("GET", "/projects/SHOP/metadata"): METADATA,
        ("GET", "/projects/SHOP/settings"): SETTINGS,
        ("GET", "/projects/SHOP/permissions"): PERMISSIONS,
    }
    return ProjectSync(mock_client)


def test_fetch_project(sync):
    project = sync.fetch("project.SHOP")

    assert project.resource_id == "project.SHOP"
    assert project.attributes == {
        "projectKey": "SHOP",
        "name": "Shop",
        "description": "All *orders*",
        "shortDesc": "orders",
        "tags": ["a", "b"],
        "checklists": {"checklists": []},
        "customFields": {},
        "projectStatus": "Sandbox",
        "settings": {"gitCommitMode": "AUTO"},
        "exposedObjects": {"objects": []},
        "permissions": PERMISSIONS,
    }


def test_list_all_projects(sync):
    assert [project.resource_id for project in sync.list_all()] == ["project.SHOP"]
    assert sync.list_all()[0].attributes == sync.fetch("project.SHOP").attributes


def test_list_all_of_one_project(sync):
    assert [project.resource_id for project in sync.list_all("SHOP")] == [
        "project.SHOP"
    ]


def test_list_all_of_a_project_that_is_not_listed_is_not_found(sync):
    with pytest.raises(ProjectNotVisibleError, match="no project TYPO visible"):
        sync.list_all("TYPO")


def test_name_falls_back_to_the_settings(sync):
    sync.client.answers["GET", "/projects/SHOP/metadata"] = {}
    sync.client.answers["GET", "/projects/SHOP/settings"] = {"name": "Old shop"}

    assert sync.fetch("project.SHOP").attributes["name"] == "Old shop"


def test_missing_project_is_not_found(sync):
    with pytest.raises(ResourceNotFoundError, match="project.NOPE"):
        sync.fetch("project.NOPE")


@pytest.mark.parametrize("resource_id", ["project.SHOP.x", "dataset.SHOP", "nonsense"])
def test_malformed_id_is_refused(sync, resource_id):
    with pytest.raises(ValueError, match="^Invalid project resource_id"):
        sync.fetch(resource_id)


def test_name_descriptions_and_tags_come_from_the_metadata(dataiku_client):
    project = ProjectSync(dataiku_client).fetch("project.ORDERS_DEMO")
    metadata = dataiku_client.get_project("ORDERS_DEMO").get_metadata()

    assert project.attributes["name"] == metadata["label"] == "Orders demo"
    assert project.attributes["description"] == metadata["description"] != ""
    assert project.attributes["shortDesc"] == metadata["shortDesc"] != ""
    assert project.attributes["tags"] == sorted(metadata["tags"])


def test_permissions_are_unknown_without_admin_rights(server, store):
    reader = store.add_api_key("reader", can_admin=False)
    project = ProjectSync(DSSClient(server.url, reader)).fetch("project.ORDERS_DEMO")

    assert "permissions" not in project.attributes
    assert project.attributes["name"] == "Orders demo"


def test_last_editor_and_time_are_metadata(dataiku_client):
    client = dataiku_client
    project = ProjectSync(client).fetch("project.ORDERS_DEMO")
    tag = client.get_project("ORDERS_DEMO").get_summary()["versionTag"]

    assert project.metadata.last_modified_by == tag["lastModifiedBy"]["login"]
    assert project.metadata.version_number == tag["versionNumber"]
    edited = project.metadata.last_modified_at
    assert edited is not None
    assert edited.timestamp() * 1000 == pytest.approx(tag["lastModifiedOn"])


def test_one_failed_project_does_not_lose_the_others(sync):
    sync.client.answers["GET", "/projects/"] = [SUMMARY, {"projectKey": "OTHER"}]

    with pytest.raises(SyncError) as raised:
        sync.list_all()
    assert list(raised.value.state.resources) == ["project.SHOP"]
    assert list(raised.value.failures) == ["project.OTHER"]


@pytest.mark.parametrize(("deep", "value"), [(250, []), (450, []), (0, float("nan"))])
def test_unsupported_value_is_refused(sync, deep, value):
    for _ in range(deep):
        value = [value]
    settings = {"settings": {"x": value}}
    sync.client.answers["GET", "/projects/SHOP/settings"] = settings

    with pytest.raises(UnsupportedValueError, match=r"project.SHOP .*settings"):
        sync.fetch("project.SHOP")


def test_client_may_be_set_later(sync, mock_client):
    other = ProjectSync.__new__(ProjectSync)
    other.client = mock_client
    other._redactor = sync._redactor

    assert other.fetch("project.SHOP").attributes["name"] == "Shop"
