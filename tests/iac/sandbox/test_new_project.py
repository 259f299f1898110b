"""A project that is created empty, and then object by object."""

import pytest
from dataikuapi.utils import DataikuException

from iac.sandbox.writing import WRITINGS


@pytest.fixture
def created(client):
    return client.create_project("NEW", "Mine", "ann", description="what")


def test_a_new_project_has_what_dss_puts_into_each(client, created):
    call = client._perform_json
    listed = call("GET", "/projects/NEW/dashboards/")
    assert [item["name"] for item in listed] == ["Mine's default dashboard"]
    assert created.get_library().get_file("external-libraries.json").read()
    for path in ("datasets", "recipes", "scenarios", "flow/zones", "insights", "lab"):
        assert call("GET", f"/projects/NEW/{path}/") == []
    assert created.get_variables() == {"standard": {}, "local": {}}
    assert call("GET", "/projects/NEW/wiki/")["taxonomy"] == []
    metadata = created.get_metadata()
    assert (metadata["label"], metadata["description"]) == ("Mine", "what")
    assert metadata["shortDesc"].startswith("The project *Mine* was created by ann on ")
    assert created.get_permissions()["owner"] == "ann"


def test_settings_that_are_not_given_have_their_defaults(client):
    client.create_project("NEW", "Mine", "ann", settings={"gitCommitMode": "EXPLICIT"})
    settings = client.get_project("NEW").get_settings().get_raw()["settings"]
    assert settings["gitCommitMode"] == "EXPLICIT"
    assert settings["container"] == {"containerMode": "INHERIT"}


def test_a_project_needs_an_owner_and_a_key_that_is_free(client, created):
    with pytest.raises(DataikuException, match="Missing owner"):
        client.create_project("OTHER", "Other", None)
    with pytest.raises(DataikuException, match="NEW already exists"):
        client.create_project("NEW", "Again", "ann")
    assert [d.name for d in created.list_datasets()] == []


def test_a_project_is_created_object_by_object(client, created):
    for name in ("orders", "other"):
        created.create_dataset(name, "S3", {"connection": "s3"})
    for writing in WRITINGS.values():
        object_id = writing.create(created)
        path = f"/projects/NEW/{writing.path.format(object_id)}"
        assert client._perform_json("GET", path)
    listed = client._perform_json("GET", "/projects/NEW/dashboards/")
    assert [item["name"] for item in listed] == ["Mine's default dashboard", "new"]
