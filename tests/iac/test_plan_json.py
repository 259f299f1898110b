"""Plans as JSON: what programs read, and what its schema promises them."""

import json
from importlib.resources import files

import jsonschema
import pytest

from dataikuapi.iac.models.times import parse_time
from dataikuapi.iac.plan import ActionType, ExecutionPlan, PlanMetadata
from dataikuapi.iac.reports.plan_json import render_plan_json
from iac.planning import edited_project, mixed_plan, of_orders, scripts_plan
from iac.test_plan import A, B, C, item, orders, planned, state

SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("plan_report_v1.schema.json").read_text()
)


def report(plan):
    """Return the report, which fits its schema."""
    document = json.loads(render_plan_json(plan))
    jsonschema.validate(document, SCHEMA)
    return document


def entries(plan):
    return {entry["resource_id"]: entry for entry in report(plan)["resources"]}


@pytest.mark.parametrize("plan", [mixed_plan(), scripts_plan(), ExecutionPlan()])
def test_every_object_has_an_entry_in_the_order_of_the_plan(plan):
    found = [
        (each["resource_id"], each["action"]) for each in report(plan)["resources"]
    ]
    assert found == [
        (each.resource_id, each.action_type.value) for each in plan.actions
    ]


def test_update_has_the_changes_as_a_drift_has_them():
    live = orders(editor="bob", x=1, y=2)
    entry = entries(of_orders([orders(x=1, y=1)], [orders(x=2, y=1)], [live]))
    assert entry["dataset.SHOP.orders"] == {
        "action": "update",
        "resource_id": "dataset.SHOP.orders",
        "resource_type": "dataset",
        "project_key": "SHOP",
        "display_name": None,
        "severity": "other",
        "reason": "",
        "drops_data": False,
        "renamed_from": "",
        "dependencies": [],
        "last_modified_by": "bob",
        "last_modified_at": None,
        "attributes": None,
        "changes": [
            {
                "kind": "modified",
                "path": "x",
                "pointer": "/x",
                "from_pointer": None,
                "severity": "other",
                "old": 1,
                "new": 2,
            }
        ],
        "conflicts": [],
        "kept": [{"path": "y", "base": 1, "code": 1, "live": 2}],
    }


def test_conflict_has_the_three_values():
    entry = entries(of_orders([A], [B], [C]))["dataset.SHOP.orders"]
    assert entry["conflicts"] == [{"path": "x", "base": 1, "code": 2, "live": 3}]


def test_created_object_has_its_attributes_and_what_it_needs():
    found = entries(mixed_plan())
    assert found["recipe.SHOP.new"]["attributes"]["type"] == "python"
    assert found["recipe.SHOP.new"]["dependencies"] == ["dataset.SHOP.z"]


def test_what_the_plan_was_made_of():
    metadata = PlanMetadata(
        "dev",
        "https://dss",
        serial=7,
        read_at=parse_time("2026-01-02T03:04:05Z"),
        source="shop/",
        unmanaged=("dataset.SHOP.u",),
        uncovered=("web_app",),
        left_out=("dataset.SHOP.l",),
        dependants=("recipe.SHOP.d",),
        own_values=("dataset.SHOP.z: params.connection",),
        cycles=(("scenario.SHOP.A", "scenario.SHOP.B"),),
        refusal="too much",
    )
    document = report(ExecutionPlan(metadata=metadata))
    assert document.pop("summary") == ExecutionPlan().summary()
    assert document == {
        "format_version": 1,
        "environment": "dev",
        "serial": 7,
        "instance": {"url": "https://dss"},
        "projects": [],
        "read_at": "2026-01-02T03:04:05Z",
        "source": "shop/",
        "has_changes": False,
        "resources": [],
        "notes": {
            "refusal": "too much",
            "unmanaged": ["dataset.SHOP.u"],
            "uncovered_types": ["web_app"],
            "left_out": ["dataset.SHOP.l"],
            "dependants": ["recipe.SHOP.d"],
            "own_values": ["dataset.SHOP.z: params.connection"],
            "cycles": [["scenario.SHOP.A", "scenario.SHOP.B"]],
        },
    }


def test_numbers_that_json_does_not_have_are_text():
    nan = item("dataset.SHOP.n", x=float("nan"))
    plan = planned(state(), state(nan), state())
    assert entries(plan)["dataset.SHOP.n"]["attributes"] == {"x": "nan"}


def test_schema_names_all_actions_and_describes_all_members():
    properties = SCHEMA["properties"]
    entry = properties["resources"]["items"]["properties"]
    assert entry["action"]["enum"] == [kind.value for kind in ActionType]
    assert [*properties["summary"]["properties"]] == [*ExecutionPlan().summary()]
    for name, member in {**properties, **entry}.items():
        assert "description" in member, name


@pytest.mark.all_types
def test_plan_of_an_edited_folder(project_folder, serve, tmp_path):
    plan = edited_project(project_folder, serve, tmp_path)
    updates = [each for each in report(plan)["resources"] if each["action"] == "update"]
    assert [each["changes"][0]["path"] for each in updates] == ["description"]


def test_delete_that_drops_data_says_so():
    options = {"allow_delete": True, "delete_data": True}
    entry = entries(of_orders([A], [], [A], **options))["dataset.SHOP.orders"]
    assert (entry["action"], entry["drops_data"]) == ("delete", True)
