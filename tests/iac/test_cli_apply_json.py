"""Applies as JSON: what programs read, and what its schema promises them."""

import json
from importlib.resources import files

import jsonschema
import pytest

from dataikuapi.iac.apply import ApplyResult
from dataikuapi.iac.plan import ExecutionPlan, PlanMetadata
from dataikuapi.iac.reports.apply_json import render_apply_json
from dataikuapi.iac.sandbox import Fault, in_turn
from iac.test_cli_apply import KEY, ORDERS, RECIPE, answer, edit, folder, project

__all__ = ["answer", "folder", "project"]  # Fixtures.

pytestmark = pytest.mark.all_types
SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("apply_report_v1.schema.json").read_text()
)
SCRIPT = "recipes/compute_orders_enriched.py"


def parsed(text):
    """Return a report, which fits its schema."""
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    return document


def test_what_became_of_each_action(run, folder, project, server):
    edit(folder)
    (folder / SCRIPT).write_text("print(1)\n", "utf-8")
    path = f"/projects/{KEY}/recipes/compute_orders_enriched"
    broken = Fault.error(500, "java.lang.NullPointerException", "boom")
    server.faults = in_turn("PUT", path, broken)
    code, output, _ = run("apply", f"./{KEY}", "--yes", "--format", "json")
    assert code == 3
    document = parsed(output)
    assert (document["environment"], document["projects"]) == ("dev", [KEY])
    assert (document["is_complete"], document["serial"]) == (False, 2)
    counts = {name: count for name, count in document["summary"].items() if count}
    assert counts == {"updated": 1, "failed": 1}
    found = {each["resource_id"]: each for each in document["resources"]}
    assert found[ORDERS]["status"] == "updated"
    assert found[ORDERS]["live_id"] == ORDERS
    assert "boom" in found[RECIPE]["reason"]


def test_nothing_to_do_and_a_conflict(run, folder, project):
    code, output, _ = run("apply", f"./{KEY}", "--yes", "--format", "json")
    document = parsed(output)
    assert (code, document["resources"], document["undecided"]) == (0, [], [])
    edit(folder)
    settings = project.get_dataset("orders").get_settings()
    settings.get_raw()["shortDesc"] = "By hand"
    settings.save()
    code, output, _ = run("apply", f"./{KEY}", "--yes", "--format", "json")
    assert code == 3
    (left,) = parsed(output)["undecided"]
    assert (left["resource_id"], left["action"]) == (ORDERS, "conflict")


def test_somebody_who_is_asked_sees_the_plan_beside_the_document(run, folder, answer):
    edit(folder)
    answer("yes")
    code, output, errors = run("apply", f"./{KEY}", "--format", "json")
    assert code == 0
    assert parsed(output)["summary"]["updated"] == 1
    assert f"~ update {ORDERS}" in errors


def test_rollback_and_adopt_write_it_too(run, folder, project):
    edit(folder)
    assert run("apply", f"./{KEY}", "--yes")[0] == 0
    code, output, _ = run("rollback", "1", "--yes", "--format", "json")
    assert (code, parsed(output)["source"]) == (0, "version 1")
    project.create_dataset("extra", "Inline")
    rid = f"dataset.{KEY}.extra"
    code, output, _ = run("adopt", rid, "--yes", "--format", "json")
    assert [each["status"] for each in parsed(output)["resources"]] == ["adopted"]


def test_plan_that_is_refused():
    metadata = PlanMetadata("dev", "https://dss", source="shop/", refusal="too much")
    plan = ExecutionPlan(metadata=metadata)
    document = parsed(render_apply_json(ApplyResult(plan)))
    assert (document["refusal"], document["is_complete"]) == ("too much", False)
