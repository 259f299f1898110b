"""Objects that the code has under another name are renamed in DSS, with their data."""

import json

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, in_turn
from iac.applying import Project, actions, assert_settled, recorded, statuses, writes

KEY = SAMPLE_PROJECT_KEY
OLD, NEW = f"dataset.{KEY}.shipments", f"dataset.{KEY}.deliveries"
PRODUCER, USER = (
    f"recipe.{KEY}.compute_shipments",
    f"recipe.{KEY}.compute_orders_enriched",
)
RENAME = f"/projects/{KEY}/actions/renameDataset"
ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")


@pytest.fixture
def project(server, tmp_path):
    """The sample project, whose code has a dataset under another name."""
    made = Project(server, KEY, tmp_path / KEY, tmp_path / "dev.state.json").sync()
    old = made.folder / "datasets" / "shipments.json"
    old.rename(old.with_name("deliveries.json"))
    for path in [*(made.folder / "recipes").iterdir()]:
        text = path.read_text("utf-8")
        path.write_text(text.replace('"shipments"', '"deliveries"'), "utf-8")
    return made


def test_another_name_is_a_rename_and_not_a_delete(project, server):
    plan = project.plan()
    assert actions(plan)[NEW] == "rename"
    assert OLD not in plan.by_id()
    assert f"> rename {NEW}" in str(plan)
    assert f"from {OLD}" in str(plan)
    assert "1 to rename" in str(plan)
    requests = recorded(server)
    result = project.apply(plan)
    assert statuses(result)[NEW] == "renamed"
    assert result.is_complete
    assert ("POST", RENAME) in requests
    assert not [path for method, path in requests if method == "DELETE"]
    names = {item["name"] for item in project.dss.list_datasets()}
    assert "deliveries" in names
    assert "shipments" not in names
    assert_settled(project)


def test_what_refers_to_it_is_not_saved_again(project, server):
    """DSS follows a rename in the inputs and outputs of recipes."""
    plan = project.plan()
    requests = recorded(server)
    result = project.apply(plan)
    assert statuses(result)[PRODUCER] == statuses(result)[USER] == "updated"
    assert writes(requests) == [("POST", RENAME)]


def test_edit_of_what_refers_to_it_is_done_too(project):
    project.edit("recipes/compute_shipments.json", shortDesc="Edited as well")
    result = project.apply()
    assert result.is_complete, str(result)
    recipe, _ = project.recipe("compute_shipments")
    assert recipe["shortDesc"] == "Edited as well"
    assert_settled(project)


def test_what_refers_to_it_is_deleted_although_dss_has_changed_it(project):
    """DSS has put the new name into it, and nobody else has changed anything."""
    (path,) = (project.folder / "recipes").glob("compute_shipments.*[!n]")
    project.remove("recipes/compute_shipments.json", path.relative_to(project.folder))
    result = project.apply(allow_delete=True)
    assert statuses(result) == {
        NEW: "renamed",
        USER: "updated",
        PRODUCER: "deleted",
    }, str(result)


def test_what_has_it_in_its_code_is_deleted(project):
    """DSS has put the new name into the script, where it found the old one."""
    for suffix in ("json", "py"):
        project.remove(f"recipes/compute_orders_enriched.{suffix}")
    result = project.apply(allow_delete=True)
    assert statuses(result)[USER] == "deleted", str(result)
    assert result.is_complete


def test_what_is_changed_beside_its_name_is_another_object(project):
    project.edit("datasets/deliveries.json", shortDesc="What was delivered")
    found = actions(project.plan())
    assert (found[NEW], found[OLD]) == ("create", "plan-only")


def test_edit_in_dss_goes_along(project):
    project.edit_dataset("shipments", description="By hand")
    result = project.apply()
    assert statuses(result)[NEW] == "renamed"
    assert project.dataset("deliveries")["description"] == "By hand"
    assert actions(project.plan()) == {NEW: "kept"}


@pytest.mark.parametrize("is_done", [True, False])
def test_rename_whose_response_gets_lost(project, server, is_done):
    plan = project.plan()
    server.faults = in_turn("POST", RENAME, ANSWER.once_stored() if is_done else ANSWER)
    result = project.apply(plan)
    assert statuses(result)[NEW] == ("renamed" if is_done else "failed")
    project.apply()
    assert_settled(project)


def test_name_that_is_taken_by_now_is_refused(project):
    plan = project.plan()
    project.dss.create_dataset("deliveries", "Filesystem", {"connection": "c"})
    assert statuses(project.apply(plan))[NEW] == "refused"


def test_what_was_edited_since_the_plan_is_not_renamed(project):
    plan = project.plan()
    project.edit_dataset("shipments", description="By hand")
    result = project.apply(plan)
    assert statuses(result)[NEW] == "refused"
    assert statuses(result)[USER] == "skipped"


def test_saved_plan_has_the_old_name(project, tmp_path):
    from dataikuapi.iac.plan import read_plan, write_plan

    plan = project.plan()
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan
    document = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    found = [item["renamed_from"] for item in document["plan"]["actions"]]
    assert OLD in found


@pytest.mark.parametrize("number", [2, 3])
def test_what_fails_after_the_rename_says_that_it_is_renamed(project, server, number):
    """DSS does not show it right after: either once it is renamed, or in the update."""
    project.edit_dataset("shipments", description="By hand")
    plan = project.plan(revert_drift=True)
    path = f"/projects/{KEY}/datasets/deliveries"
    # The first request for it finds that the new name is free.
    server.faults = in_turn("GET", path, *[None] * (number - 1), ANSWER)
    result = project.apply(plan)
    (found,) = (item for item in result.results if item.action.resource_id == NEW)
    assert found.status.value == ("uncertain" if number == 2 else "failed")
    server.faults = None
    assert "deliveries" in {each["name"] for each in project.dss.list_datasets()}
    assert number == 2 or found.reason.startswith("it was renamed, and nothing else: ")


def test_renamed_object_is_a_target_by_its_old_id_too(project):
    by_old = project.plan(targets=(OLD,))
    assert actions(by_old)[NEW] == "rename"
    assert actions(by_old) == actions(project.plan(targets=(NEW,)))
