"""The flow: what is computed from what, also through objects that are not read."""

import pytest

from dataikuapi.iac.analysis.flow import Flow
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.types.lookup import references_of
from iac.flows import (
    CLEAN,
    FLOW,
    PREPARE,
    REPORT,
    changed,
    dataset,
    diff,
    ports,
    recipe,
    resource,
)


def short(ids):
    return [item.split(".", 2)[2] for item in ids]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("dataset.SHOP.raw", ["clean", "top", "prepare", "report"]),
        ("recipe.SHOP.prepare", ["clean", "top", "report"]),
        ("dataset.SHOP.top", []),
        ("dataset.SHOP.unheard_of", []),
    ],
)
def test_downstream(start, expected):
    assert short(Flow(diff(FLOW, FLOW)).downstream([start])) == expected


def test_downstream_of_several_is_counted_once():
    flow = Flow(diff(FLOW, FLOW))
    ids = ["dataset.SHOP.raw", "dataset.SHOP.clean"]
    assert short(flow.downstream(ids)) == ["top", "prepare", "report"]


def test_removed_edges_count():
    new = [item for item in FLOW if item is not CLEAN]
    cut = changed(REPORT, inputs={"main": {"items": ports("raw")}})
    new[new.index(REPORT)] = cut
    flow = Flow(diff(FLOW, new))
    assert short(flow.downstream(["dataset.SHOP.clean"])) == ["top", "report"]


def test_removed_edges_count_where_a_rule_ignores_them():
    cut = changed(REPORT, inputs={"main": {"items": ports("raw")}})
    new = [cut if item is REPORT else item for item in FLOW]
    diffs = diff(FLOW, new, ignore=[REPORT.resource_id])
    assert not any(found.has_changed for found in diffs)
    flow = Flow(diffs)
    assert short(flow.downstream(["dataset.SHOP.clean"])) == ["top", "report"]


def test_references_of_what_is_equal_are_followed_once(monkeypatch):
    seen = []

    def spy(resource):
        seen.append(resource.resource_id)
        return references_of(resource)

    monkeypatch.setattr("dataikuapi.iac.analysis.flow.references_of", spy)
    cut = changed(REPORT, inputs={"main": {"items": ports("raw")}})
    new = [cut if item is REPORT else item for item in FLOW]
    Flow(diff(FLOW, new))
    assert sorted(seen) == sorted(
        [*(item.resource_id for item in FLOW), REPORT.resource_id]
    )


def test_objects_that_are_not_read_connect_others():
    train = recipe("train", "clean", "model123")
    score = recipe("score", "model123", "top")
    flow = Flow(diff([CLEAN, train, score], [CLEAN, train, score]))
    assert short(flow.downstream(["dataset.SHOP.clean"])) == ["score", "train"]


def test_other_projects_and_cycles():
    other = recipe("other", "SHOP.clean own", "own", project="SALES")
    flow = Flow(diff([CLEAN, other], [CLEAN, other]))
    assert flow.downstream(["dataset.SHOP.clean"]) == ("recipe.SALES.other",)
    own = dataset("own", project="SALES")
    flow = Flow(diff([CLEAN, other, own], [CLEAN, other, own]))
    assert flow.downstream(["dataset.SALES.own"]) == ("recipe.SALES.other",)


def test_producers_and_inputs():
    flow = Flow(diff(FLOW, FLOW))
    assert flow.producers("dataset.SHOP.clean") == ("recipe.SHOP.prepare",)
    assert flow.inputs("recipe.SHOP.prepare") == ("dataset.SHOP.raw",)
    assert flow.producers("dataset.SHOP.raw") == ()


@pytest.mark.parametrize(
    "inputs", [None, [], {"main": None}, {"main": {"items": 1}}, {"a": {"items": [1]}}]
)
def test_documents_of_another_shape_have_no_flow(inputs):
    odd = changed(PREPARE, inputs=inputs, outputs=inputs)
    assert Flow(diff([odd], [odd])).inputs("recipe.SHOP.prepare") == ()


EXPOSED = {"type": "DATASET", "localName": "top"}
USERS = [("insight", "chart"), ("dashboard", "board"), ("scenario", "nightly")]


def used(project="SHOP"):
    """Return what uses the dataset top of SHOP, and a zone that it is in."""
    tile = {"insightId": "chart"}
    build = {"builds": [{"type": "DATASET", "itemId": "top", "projectKey": "SHOP"}]}
    steps = [{"type": "build_flowitem", "params": build}]
    item = {"objectId": "top", "objectType": "DATASET", "projectKey": "SHOP"}
    shown = {"datasetSmartName": "SHOP.top"}
    return [
        resource("insight", "chart", project, {"params": shown}),
        resource(
            "dashboard", "board", project, {"pages": [{"grid": {"tiles": [tile]}}]}
        ),
        resource("scenario", "nightly", project, {"params": {"steps": steps}}),
        resource("flow_zone", "zone", project, {"items": [item], "shared": [item]}),
    ]


@pytest.mark.parametrize("project", ["SHOP", "SALES"])
def test_what_uses_an_object_is_downstream_of_it(project):
    """What only lists it, such as a zone, is not."""
    everything = [*FLOW, *used(project)]
    flow = Flow(diff(everything, everything))
    found = flow.downstream(["recipe.SHOP.report"])
    users = {f"{kind}.{project}.{name}" for kind, name in USERS}
    assert set(found) == {"dataset.SHOP.top", *users}


def test_use_is_no_input():
    """What is used explains no changed schema."""
    everything = [*FLOW, *used()]
    flow = Flow(diff(everything, everything))
    assert flow.inputs("insight.SHOP.chart") == ()
    assert flow.inputs("scenario.SHOP.nightly") == ()
    assert flow.producers("dataset.SHOP.top") == ("recipe.SHOP.report",)


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("project", {"exposedObjects": {"objects": [EXPOSED]}}),
        ("notebook", {"metadata": {"associatedRecipe": "report"}}),
    ],
)
def test_what_only_names_an_object_is_not_downstream_of_it(kind, attributes):
    everything = [*FLOW, resource(kind, "one", "SHOP", attributes)]
    flow = Flow(diff(everything, everything))
    found = flow.downstream(["dataset.SHOP.clean"])
    assert found == ("dataset.SHOP.top", "recipe.SHOP.report")


def test_groups_and_folders_around_have_nothing_downstream():
    groups = {"allowedGroups": ["analysts"], "permissions": [{"group": "analysts"}]}
    everything = [
        resource("group", "analysts", INSTANCE, {}),
        resource("project_folder", "top", INSTANCE, {}),
        resource(
            "project_folder", "sub", INSTANCE, {"parentId": "top", "definition": groups}
        ),
        resource("connection", "lake", INSTANCE, {"definition": groups}),
    ]
    flow = Flow(diff(everything, everything))
    assert flow.downstream(item.resource_id for item in everything[:2]) == ()
