"""Projects get other keys, and so does what refers to them."""

from typing import Any

import pytest

from dataikuapi.iac import Resource, State
from dataikuapi.iac.project_keys import with_project_keys
from dataikuapi.iac.sources import open_files

KEYS = {"SHOP": "SHOP_PROD", "CRM": "CRM_PROD"}


def state(*resources):
    return State(resources={item.resource_id: item for item in resources})


def recipe(*refs, project="SHOP"):
    items: Any = [{"ref": ref} for ref in refs]
    members: Any = {"type": "python", "inputs": {"main": {"items": items}}}
    return Resource("recipe", f"recipe.{project}.r", members)


def attributes(found, rid) -> Any:
    return found[rid].attributes


def inputs(found, rid):
    items = attributes(found, rid)["inputs"]["main"]["items"]
    return [item["ref"] for item in items]


@pytest.mark.parametrize("keys", [{"SHOP": "CRM"}, {"SHOP": "X", "CRM": "X"}])
def test_two_projects_do_not_become_one(keys):
    both = state(recipe("a"), recipe("b", project="CRM"))
    with pytest.raises(ValueError, match="would both be"):
        with_project_keys(both, keys)
    swapped = with_project_keys(both, {"SHOP": "CRM", "CRM": "SHOP"})
    assert inputs(swapped, "recipe.CRM.r") == ["a"]


def test_references_follow():
    """Plain names stay, and so do those of other projects."""
    found = with_project_keys(state(recipe("a", "CRM.b", "SHOP.c", "OTHER.d")), KEYS)
    refs = inputs(found, "recipe.SHOP_PROD.r")
    assert refs == ["a", "CRM_PROD.b", "SHOP_PROD.c", "OTHER.d"]


def test_references_from_other_projects_follow():
    found = with_project_keys(state(recipe("SHOP.c", project="OTHER")), KEYS)
    assert inputs(found, "recipe.OTHER.r") == ["SHOP_PROD.c"]


def test_name_that_looks_like_another_project_stays():
    """A name may have a dot."""
    dataset = Resource("dataset", "dataset.OTHER.CRM.b", {"name": "CRM.b"})
    insight = Resource(
        "insight",
        "insight.OTHER.i",
        {"type": "dataset_table", "params": {"datasetSmartName": "CRM.b"}},
    )
    found = with_project_keys(state(insight, dataset), KEYS)
    params = attributes(found, "insight.OTHER.i")["params"]
    assert params == {"datasetSmartName": "CRM.b"}


def test_projects_beside_ids_follow():
    """Steps of a scenario have the key of the project in a member of its own."""
    params: Any = {"projectKey": "CRM", "scenarioId": "NIGHTLY"}
    steps: Any = [{"type": "run_scenario", "params": params}]
    scenario = Resource("scenario", "scenario.SHOP.s", {"params": {"steps": steps}})
    found = with_project_keys(state(scenario), KEYS)
    (step,) = attributes(found, "scenario.SHOP_PROD.s")["params"]["steps"]
    assert step["params"] == {"projectKey": "CRM_PROD", "scenarioId": "NIGHTLY"}


def test_projects_that_something_is_exposed_to_follow():
    rules: Any = [{"targetProject": "OTHER"}, {"targetProject": "CRM"}]
    exposed: Any = {"objects": [{"type": "DATASET", "localName": "a", "rules": rules}]}
    project = Resource("project", "project.SHOP", {"exposedObjects": exposed})
    found = with_project_keys(state(project), {**KEYS, "OTHER": "Z"})
    (item,) = attributes(found, "project.SHOP_PROD")["exposedObjects"]["objects"]
    assert item["rules"] == [{"targetProject": "CRM_PROD"}, {"targetProject": "Z"}]


@pytest.mark.parametrize("keys", [{}, {"SHOP": "SHOP"}])
def test_same_keys_change_nothing(keys):
    before = state(recipe("SHOP.a"))
    assert with_project_keys(before, keys) is before


def test_there_and_back_is_the_same(project_folder):
    before = open_files(str(project_folder)).read()
    (key,) = before.project_keys()
    there = with_project_keys(before, {key: "ELSEWHERE"})
    after = with_project_keys(there, {"ELSEWHERE": key})
    assert after.resources.keys() == before.resources.keys()
    for item in before:
        assert after[item.resource_id].attributes == item.attributes


def test_two_projects_are_not_merged_into_one():
    found = state(
        Resource("dataset", "dataset.A.x", {}), Resource("dataset", "dataset.B.x", {})
    )
    with pytest.raises(ValueError, match="A and B would both be B"):
        with_project_keys(found, {"A": "B"})
    swapped = with_project_keys(found, {"A": "B", "B": "A"})
    assert sorted(swapped.resources) == ["dataset.A.x", "dataset.B.x"]
