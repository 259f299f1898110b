"""Projects, in the parts over which the API splits them."""

import pytest

from iac.sandbox.api import assert_error
from iac.sandbox.project_files import NOW, tag

PARTS = ["metadata", "settings", "permissions", "variables/"]
SUMMARY = {
    "projectKey",
    "name",
    "shortDesc",
    "ownerLogin",
    "ownerDisplayName",
    "tags",
    "projectType",
    "projectAppType",
    "projectStatus",
    "permissionsVersion",
    "commitMode",
    "tutorialProject",
    "versionTag",
    "creationTag",
}


def test_list_and_summary_of_a_project_have_the_same_keys(api):
    summary = api.get("/projects/P")
    assert set(summary) == SUMMARY
    assert api.get("/projects/", params={"includeLocation": False}) == [summary]
    assert (summary["name"], summary["ownerLogin"]) == ("Le Projet", "ann")
    assert summary["commitMode"] == "EXPLICIT"


def test_the_location_of_projects_comes_on_demand(client):
    (item,) = client.list_projects(include_location=True)
    assert set(item) == SUMMARY | {"projectLocation"}


def test_projects_are_listed_by_tag(api):
    assert len(api.get("/projects/", params={"tags": "none,y"})) == 1
    assert api.get("/projects/", params={"tags": "none"}) == []


def test_the_parts_of_a_project_have_the_documented_keys(client):
    project = client.get_project("P")
    assert project.get_metadata() == {
        "label": "Le Projet",
        "shortDesc": "short",
        "description": "long",
        "tags": ["z", "y"],
        "customFields": {},
        "checklists": {"checklists": []},
    }
    assert set(project.get_settings().settings) == {"settings", "exposedObjects"}
    assert set(project.get_permissions()) == {
        "owner",
        "permissions",
        "dashboardAuthorizations",
        "additionalDashboardUsers",
    }
    variables = {"standard": {"year": 1995}, "local": {"host": "here"}}
    assert project.get_variables() == variables


@pytest.mark.parametrize("part", PARTS)
def test_every_save_of_a_project_raises_its_version(api, part):
    for number in (1, 2):
        path = f"/projects/P/{part}"
        assert set(api.put(path, api.get(path))) == {"msg"}
        assert api.get("/projects/P")["versionTag"] == {
            **tag(number, "sandbox_admin", NOW),
            "extendedProperties": {},
        }
    assert api.get("/projects/P")["creationTag"] == tag(0)


def test_metadata_round_trip(client):
    project = client.get_project("P")
    metadata = project.get_metadata()
    metadata.update(label="Other", description="d", unknown=1, tags=["a", "b"])
    project.set_metadata(metadata)
    stored = project.get_metadata()
    assert stored == {
        "label": "Other",
        "shortDesc": "short",
        "description": "d",
        "tags": ["b", "a"],
        "customFields": {},
        "checklists": {"checklists": []},
    }
    assert project.get_summary()["name"] == "Other"


def test_metadata_that_is_left_out_is_reset_but_the_label_stays(api):
    api.put("/projects/P/metadata", {})
    assert api.get("/projects/P/metadata") == {
        "label": "Le Projet",
        "shortDesc": "",
        "tags": [],
        "customFields": {},
        "checklists": {"checklists": []},
    }


def test_partial_settings_are_500(api):
    response = api("PUT", "/projects/P/settings", {"shortDesc": "x"})
    assert_error(response, 500, "NullPointerException", "settings")


def test_the_settings_do_not_take_a_short_description(client):
    settings = client.get_project("P").get_settings()
    settings.settings["shortDesc"] = "x"
    settings.settings["settings"]["gitCommitMode"] = "AUTO"
    settings.save()
    stored = client.get_project("P").get_settings().settings
    assert set(stored) == {"settings", "exposedObjects"}
    assert stored["settings"]["gitCommitMode"] == "AUTO"
    assert client.get_project("P").get_metadata()["shortDesc"] == "short"


def test_permissions_are_replaced_as_a_whole(api):
    path = "/projects/P/permissions"
    entry = {"group": "data_team", "admin": True}
    api.put(path, {**api.get(path), "permissions": [entry], "extra": 1})
    assert api.get(path)["permissions"] == [entry]
    api.put(path, {"owner": "bob"})
    assert (api.get(path)["permissions"], api.get(path)["owner"]) == ([], "bob")
    assert "extra" not in api.get(path)


def test_permissions_need_an_owner(api):
    response = api("PUT", "/projects/P/permissions", {"permissions": []})
    assert_error(response, 400, "IllegalArgumentException", "owner")


def test_a_project_can_be_created_and_deleted(client):
    project = client.create_project("NEW_1", "New", "ann", tags=["t"])
    summary = project.get_summary()
    assert (summary["name"], summary["ownerLogin"]) == ("New", "ann")
    assert summary["versionTag"]["versionNumber"] == 0
    assert summary["shortDesc"] == (
        "The project *New* was created by ann on Jun 15th 2025"
    )
    assert project.list_datasets() == []
    assert project.delete().wait_for_result()["success"]
    assert [item["projectKey"] for item in client.list_projects()] == ["P"]


@pytest.mark.parametrize(
    "body, text",
    [
        ({"projectKey": "NEW", "name": "n"}, "owner"),
        ({"name": "n", "owner": "ann"}, "projectKey"),
        ({"projectKey": "a b", "owner": "ann"}, "projectKey"),
        ({"projectKey": "P", "owner": "ann"}, "already exists"),
    ],
)
def test_a_project_that_cannot_be_created_is_400(api, body, text):
    response = api("POST", "/projects/", body)
    assert_error(response, 400, "IllegalArgumentException", text)
