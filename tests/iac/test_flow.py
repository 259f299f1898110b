"""The flow: what is computed from what, also through objects that are not read."""

import pytest

from dataikuapi.iac.analysis.flow import Flow
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


def test_users_are_downstream_and_lists_are_not():
    insight = resource(
        "insight", "chart", "SHOP", {"params": {"datasetSmartName": "top"}}
    )
    tiles = [{"insightId": "chart"}]
    pages = [{"grid": {"tiles": tiles}}]
    dashboard = resource("dashboard", "sales", "SHOP", {"pages": pages})
    items = [{"objectId": "top", "objectType": "DATASET"}]
    zone = resource("flow_zone", "zone", "SHOP", {"items": items})
    builds = [{"type": "DATASET", "itemId": "top"}]
    steps = {"steps": [{"params": {"builds": builds}}]}
    scenario = resource("scenario", "nightly", "SHOP", {"params": steps})
    objects = [*FLOW, insight, dashboard, zone, scenario]
    found = Flow(diff(objects, objects)).downstream(["dataset.SHOP.top"])
    assert found == (
        "dashboard.SHOP.sales",
        "insight.SHOP.chart",
        "scenario.SHOP.nightly",
    )
