"""Updates that only remove something: what is still there is never called done."""

import json

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault
from iac.applying import Project, actions, assert_settled, statuses
from iac.test_apply_meanwhile import Meanwhile

ORDERS, PROJECT, VARIABLES = (
    f"dataset.{KEY}.orders",
    f"project.{KEY}",
    f"variables.{KEY}",
)
FILE = "datasets/orders.json"
REFUSED = Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")
ANSWERS = {
    "refused": REFUSED,
    "failed": Fault.error(500, "java.lang.NullPointerException", "boom"),
    "not stored": Fault.json({}),
}


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


def without(project, path, *names):
    """Remove members of a file."""
    document = json.loads((project.folder / path).read_text("utf-8"))
    project.write(path, {key: x for key, x in document.items() if key not in names})


def remove_member(project):
    project.edit_dataset("orders", description="Old")
    project.sync()
    without(project, FILE, "description")
    return ORDERS


def remove_set_item(project):
    project.edit_dataset("orders", tags=["one", "two"])
    project.sync()
    project.edit(FILE, tags=["one"])
    return ORDERS


def remove_permission(project):
    document = json.loads((project.folder / "params.json").read_text("utf-8"))
    project.edit("params.json", permissions=document["permissions"][:1])
    return PROJECT


def remove_variable(project):
    without(project, "variables.json", "late_after_days")
    return VARIABLES


REMOVALS = [remove_member, remove_set_item, remove_permission, remove_variable]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("remove", REMOVALS)
def test_removal_that_dss_has_not_stored_fails_and_is_planned_again(
    project, server, remove, answer
):
    rid = remove(project)
    assert actions(project.plan()) == {rid: "update"}
    server.faults = lambda method, path: None if method == "GET" else ANSWERS[answer]
    result = project.apply()
    assert statuses(result) == {rid: "failed"}
    assert not result.is_complete
    server.faults = None
    assert actions(project.plan()) == {rid: "update"}
    assert statuses(project.apply()) == {rid: "updated"}
    assert_settled(project)


def test_member_that_stays_beside_what_is_stored_is_told(project, server):
    """As where DSS stores a part of what it is sent."""
    remove_member(project)
    project.edit(FILE, shortDesc="All orders")

    def restore():
        project.edit_dataset("orders", description="Old")

    server.faults = Meanwhile("GET", "datasets/orders", 2, restore)
    (result,) = project.apply().results
    server.faults = None
    assert "something else than planned in description" in result.notes[0]
    assert actions(project.plan()) == {ORDERS: "kept"}
    assert actions(project.plan(revert_drift=True)) == {ORDERS: "update"}


def test_member_of_a_renamed_object_is_removed_as_planned(project):
    (project.folder / "datasets/shipments.json").rename(
        project.folder / "datasets/deliveries.json"
    )
    for path in (project.folder / "recipes").iterdir():
        path.write_text(path.read_text().replace('"shipments"', '"deliveries"'))
    project.edit_dataset("shipments", description="By hand")
    assert project.apply(revert_drift=True).is_complete
    assert "description" not in project.dataset("deliveries")
    assert_settled(project)


def test_variable_that_somebody_adds_meanwhile_is_drift(project, server):
    """DSS does not add variables: they are never filled in."""
    project.edit("variables.json", late_after_days=9)

    def add():
        variables = project.dss.get_variables()
        variables["standard"]["theirs"] = "x"
        project.dss.set_variables(variables)

    plan = project.plan()
    server.faults = Meanwhile("GET", "variables", 2, add)
    (result,) = project.apply(plan).results
    server.faults = None
    assert "something else than planned in standard.theirs" in result.notes[0]
    drifted = [diff for diff in project.manager.drift().diffs if diff.has_changed]
    assert [diff.resource_id for diff in drifted] == [VARIABLES]
    assert actions(project.plan()) == {VARIABLES: "kept"}
    assert actions(project.plan(revert_drift=True)) == {VARIABLES: "update"}


def test_member_that_the_code_says_and_removes_again_is_removed(project):
    """Although DSS had filled it in at first."""
    path, rid = "scenarios/NIGHTLY.json", f"scenario.{KEY}.NIGHTLY"
    project.write(path, {"name": "Nightly", "type": "step_based"})
    project.apply()
    assert_settled(project)
    project.edit(path, delayedTriggersBehavior={"delayWhileRunning": False})
    assert statuses(project.apply()) == {rid: "updated"}
    assert_settled(project)
    without(project, path, "delayedTriggersBehavior")
    assert actions(project.plan()) == {rid: "update"}
    project.apply()
    assert_settled(project)
