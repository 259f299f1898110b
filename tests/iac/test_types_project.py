"""What of a project's documents counts as configuration."""

import pytest

from iac.documents import project


def test_project_always_has_its_attributes():
    assert project() == {
        "projectKey": "SHOP",
        "name": "",
        "description": "",
        "shortDesc": "",
        "tags": [],
        "checklists": {"checklists": []},
        "customFields": {},
        "projectStatus": None,
        "settings": {},
        "exposedObjects": {"objects": []},
    }


def test_project_is_put_together_from_its_documents():
    attributes = project(
        metadata={
            "label": "Shop",
            "description": "long",
            "shortDesc": "short",
            "tags": ["b", "a"],
            "checklists": {"checklists": [{"id": "c"}]},
            "customFields": {"team": "x"},
        },
        settings={
            "name": "not this one",
            "settings": {"flowBuildSettings": {"mergeSqlPipelines": True}},
            "exposedObjects": {"objects": [{"type": "DATASET", "localName": "d"}]},
        },
        permissions={"owner": "anna", "permissions": []},
        projectStatus="Sandbox",
    )
    assert attributes == {
        "projectKey": "SHOP",
        "name": "Shop",
        "description": "long",
        "shortDesc": "short",
        "tags": ["a", "b"],
        "checklists": {"checklists": [{"id": "c"}]},
        "customFields": {"team": "x"},
        "projectStatus": "Sandbox",
        "settings": {"flowBuildSettings": {"mergeSqlPipelines": True}},
        "exposedObjects": {"objects": [{"type": "DATASET", "localName": "d"}]},
        "permissions": {"owner": "anna", "permissions": []},
    }


@pytest.mark.parametrize("metadata", [{}, {"label": None}, {"label": ""}])
def test_project_without_a_label_has_the_name_of_its_settings(metadata):
    assert project(metadata=metadata, settings={"name": "Shop"})["name"] == "Shop"


def test_permissions_that_were_not_readable_are_missing_not_empty():
    assert "permissions" not in project(permissions=None)
    assert project(permissions={})["permissions"] == {}


@pytest.mark.parametrize(
    "key",
    [
        "versionTag",
        "creationTag",
        "ownerDisplayName",
        "permissionsVersion",
        "commitMode",
        "projectLocation",
        "totalDatasets",
        "tutorialProject",
    ],
)
def test_what_the_project_list_tells_beside_is_left_out(key):
    assert project(**{key: 1}) == project()


def test_null_in_a_project_is_its_default():
    nulls = dict.fromkeys(["description", "shortDesc", "tags", "checklists"])
    assert project(metadata=nulls) == project()
