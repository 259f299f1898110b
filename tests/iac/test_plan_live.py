"""Plans of real projects: from their code, through the real client, against DSS."""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, RetryPolicy, StateManager, open_source
from dataikuapi.iac.plan import ActionType, PlanOptions
from dataikuapi.iac.sandbox import Fault, sample_folder
from dataikuapi.iac.sources import pull_project
from iac.pulling import with_layout

KEY = "ORDERS_DEMO"
DATASET, RECIPE = f"dataset.{KEY}.orders", f"recipe.{KEY}.compute_orders_enriched"


@pytest.fixture
def open_project(server, store, tmp_path):
    """Store the state of a project, and pull it; return manager and folder."""

    def opened(folder):
        key = KEY if folder == sample_folder() else store.load_folder(folder)
        client = DSSClient(server.url, server.api_key)
        backend = LocalFileBackend(tmp_path / "dev.state.json")
        policy, types = RetryPolicy(max_retries=0), with_layout()
        manager = StateManager(backend, client, "dev", policy=policy, types=types)
        manager.save_state(manager.sync_project(key))
        pull_project(manager.load_state(), tmp_path / key)
        return manager, tmp_path / key

    return opened


@pytest.fixture
def sample(open_project):
    return open_project(sample_folder())


def code_of(folder):
    return open_source(str(folder)).read()


def done(plan):
    return {
        each.resource_id: each.action_type.value
        for each in plan.actions
        if each.action_type is not ActionType.NO_CHANGE
    }


def test_plan_of_what_was_pulled_is_empty(project_folder, open_project):
    """For each of the real projects."""
    manager, folder = open_project(project_folder)
    plan = manager.plan(code_of(folder))
    assert done(plan) == {}
    assert plan.metadata.uncovered == ()
    assert plan.metadata.refusal == ""
    assert len(plan.actions) > 5


def edit(folder, path, **values):
    file = folder / path
    document = {**json.loads(file.read_text("utf-8")), **values}
    file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def edit_live(manager, **values):
    settings = manager.client.get_project(KEY).get_dataset("orders").get_settings()
    settings.get_raw().update(values)
    settings.save()


def test_edit_of_the_code_is_an_update(sample):
    manager, folder = sample
    edit(folder, "datasets/orders.json", shortDesc="All orders")
    script = folder / "recipes" / "compute_orders_enriched.py"
    script.write_text("print(1)\n")
    plan = manager.plan(code_of(folder))
    assert done(plan) == {DATASET: "update", RECIPE: "update"}
    (change,) = plan.by_id()[DATASET].diff.changes
    assert (change.path, change.new) == ("shortDesc", "All orders")


def test_edit_in_dss_is_kept_and_both_are_a_conflict(sample):
    manager, folder = sample
    edit_live(manager, shortDesc="By hand")
    assert done(manager.plan(code_of(folder))) == {DATASET: "kept"}
    edit(folder, "datasets/orders.json", shortDesc="All orders")
    plan = manager.plan(code_of(folder))
    assert done(plan) == {DATASET: "conflict"}
    (value,) = plan.by_id()[DATASET].conflicts
    assert (value.code, value.live) == ("All orders", "By hand")
    options = PlanOptions(take={DATASET: "code"})
    assert done(manager.plan(code_of(folder), options)) == {DATASET: "update"}


def test_file_that_is_removed_is_a_delete_only_if_that_is_allowed(sample):
    manager, folder = sample
    (folder / "recipes" / "compute_orders_enriched.json").unlink()
    (folder / "recipes" / "compute_orders_enriched.py").unlink()
    code = code_of(folder)
    assert done(manager.plan(code)) == {RECIPE: "plan-only"}
    assert done(manager.plan(code, PlanOptions(allow_delete=True))) == {
        RECIPE: "delete"
    }


def test_new_file_is_a_create(sample):
    manager, folder = sample
    document = {"type": "Inline", "managed": False, "params": {}}
    (folder / "datasets" / "extra.json").write_text(json.dumps(document))
    assert done(manager.plan(code_of(folder))) == {f"dataset.{KEY}.extra": "create"}


def delete_live(manager):
    manager.client.get_project(KEY).get_recipe("compute_orders_enriched").delete()


def test_what_was_deleted_in_dss_stays_deleted(sample):
    manager, folder = sample
    delete_live(manager)
    assert done(manager.plan(code_of(folder))) == {RECIPE: "kept"}
    options = PlanOptions(revert_drift=True)
    assert done(manager.plan(code_of(folder), options)) == {RECIPE: "create"}


REFUSED = "com.dataiku.dip.exceptions.UnauthorizedException"
FAULTS = {
    "the object": ("/recipes/compute_orders_enriched", [RECIPE]),
    "the listing": ("/recipes/", None),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("fault", [Fault.error(403, REFUSED, "no"), Fault.page(502)])
def test_nothing_is_planned_for_what_cannot_be_read(sample, server, name, fault):
    """It may be there, or not, and be as it was, or not."""
    manager, folder = sample
    end, blocked = FAULTS[name]
    (folder / "recipes" / "compute_orders_enriched.py").write_text("print(1)\n")
    (folder / "recipes" / "compute_orders_archive.json").unlink()
    server.faults = lambda method, path: fault if end in path else None
    plan = manager.plan(code_of(folder), PlanOptions(allow_delete=True))
    found = [each.resource_id for each in plan.of_type(ActionType.BLOCKED)]
    if blocked is None:
        blocked = [key for key in manager.load_state().resources if "recipe." in key]
    assert found == blocked


def test_secret_of_dss_is_no_matter_of_a_plan(sample):
    """Neither in the code, nor in the plan; and other values beside it change."""
    manager, folder = sample
    edit_live(manager, params={"password": "hunter2hunter2", "path": "a"})
    manager.refresh()
    pull_project(manager.load_state(), folder)
    assert "hunter2" not in (folder / "datasets" / "orders.json").read_text("utf-8")
    edit(folder, "datasets/orders.json", params={"password": "<secret>", "path": "b"})
    plan = manager.plan(code_of(folder))
    assert done(plan) == {DATASET: "update"}
    (change,) = plan.by_id()[DATASET].diff.changes
    assert (change.path, change.old, change.new) == ("params.path", "a", "b")
    assert "hunter2" not in repr(plan)
