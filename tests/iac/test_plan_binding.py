"""What a plan is bound to: what spoils it, and what does not."""

from dataclasses import replace

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    LocalFileBackend,
    PlanOutdatedError,
    State,
    StateManager,
    open_source,
)
from dataikuapi.iac.models.times import parse_time
from dataikuapi.iac.plan import (
    MaxChange,
    check_binding,
    code_digest,
    read_plan,
    write_plan,
)
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, sample_folder
from dataikuapi.iac.sources import pull_project
from iac.test_plan import ORDERS, A, B, C, item, many, orders, planned, state

KEY = SAMPLE_PROJECT_KEY
OTHER = item("dataset.SHOP.other", x=1)
HERE = {"address": "https://dss", "node_id": "n1"}
STORED = state(A, OTHER, lineage="one", serial=3, instance=HERE)
CODE = state(B, OTHER)


@pytest.fixture
def plan():
    return planned(STORED, CODE, state(A, OTHER, instance=HERE))


def refused(plan, stored, *arguments, **options):
    with pytest.raises(PlanOutdatedError) as caught:
        check_binding(plan, stored, *arguments, **options)
    assert "nothing was done" in str(caught.value)
    assert "Plan again (dataiku-iac plan --out FILE)" in str(caught.value)
    return caught.value


def test_plan_fits_what_it_was_made_of(plan):
    check_binding(plan, STORED)
    check_binding(plan, STORED, code_digest(CODE), instance=HERE)


@pytest.mark.parametrize(
    "now",
    [
        state(A, item("dataset.SHOP.other", x=2), lineage="one", serial=9),
        state(A, lineage="one", serial=9),
        state(orders(editor="bob", x=1), OTHER, lineage="one", serial=9),
        state(orders(created=None, x=1), OTHER, lineage="one", serial=9),
        state(A, OTHER, item("dataset.SHOP.new"), lineage="one", serial=2),
    ],
    ids=["another changed", "removed", "metadata", "unknown creation", "a new one"],
)
def test_what_others_store_does_not_spoil_it(plan, now):
    check_binding(plan, now, code_digest(CODE))


def test_object_that_was_stored_again_as_it_was_does_not_spoil_it(plan):
    again = replace(A, metadata=replace(A.metadata, serial=8))
    check_binding(plan, state(again, OTHER, lineage="one", serial=8))


def test_objects_that_changed_are_named(plan):
    changed = replace(C, metadata=replace(C.metadata, serial=8))
    error = refused(plan, state(changed, OTHER, lineage="one", serial=8))
    assert error.objects == (ORDERS,)
    assert (
        f"{ORDERS} was stored with another configuration since (in version 8)"
        in str(error)
    )
    error = refused(plan, state(OTHER, lineage="one", serial=8))
    assert error.reasons == (f"{ORDERS} is not stored any more",)


def test_object_that_was_created_again_is_another_one(plan):
    again = orders(created=parse_time("2026-05-05T05:05:05Z"), x=1)
    error = refused(plan, state(again, OTHER, lineage="one"))
    assert error.reasons == (f"{ORDERS} was created again in DSS, and stored since",)


def test_object_that_was_not_stored():
    live, stored = state(OTHER), state(OTHER, lineage="one")
    plan = planned(stored, state(A, OTHER), live)
    check_binding(plan, stored)
    error = refused(plan, state(A, OTHER, lineage="one"))
    assert error.reasons == (f"{ORDERS} is stored now, and was not",)


def test_many_objects_are_counted():
    before, after, now = (state(*many(30, x=x)) for x in (1, 2, 3))
    plan = planned(before, after, before, max_change=MaxChange(100))
    error = refused(plan, now)
    assert len(error.objects) == 30
    assert error.reasons[10:] == ("and 20 more objects have changed",)


def test_what_is_not_executed_binds_nothing():
    kept = planned(STORED, state(A, OTHER), state(C, OTHER))
    assert [action.stored for action in kept.actions] == [None, None, None]
    check_binding(kept, state(B, OTHER, lineage="one"))


def test_another_lineage(plan):
    error = refused(plan, state(C, OTHER, lineage="two"))
    assert error.reasons == (
        "the stored state is another one: its lineage is two, not one",
    )
    error = refused(plan, State())
    assert error.reasons == ("the stored state that it was made of is gone",)
    assert error.objects == ()


def test_without_a_stored_state_it_is_bound_to_no_lineage():
    """Somebody else may have stored another project first."""
    plan = planned(State(environment="dev"), state(A), state())
    others = state(lineage="one", serial=4)
    del others.resources["project.SHOP"]
    check_binding(plan, others)
    found = refused(plan, state(A, lineage="one")).objects
    assert found == ("project.SHOP", ORDERS)


def test_another_environment(plan):
    error = refused(plan, replace(STORED, environment="prod"))
    assert error.reasons == ("it is a plan for environment dev, and this is prod",)
    check_binding(plan, replace(STORED, environment=""))


def test_another_instance(plan):
    there = {"address": "https://other", "node_id": "n2"}
    why = (
        "it is a plan for the DSS at https://dss, and this is the one at https://other",
    )
    assert refused(plan, replace(STORED, instance=there)).reasons == why
    assert refused(plan, STORED, instance=there).reasons == why
    moved = {**HERE, "address": "https://moved"}
    check_binding(plan, replace(STORED, instance=moved), instance=moved)
    check_binding(plan, replace(STORED, instance=None))


def test_other_code(plan):
    error = refused(plan, STORED, code_digest(state(C, OTHER)))
    assert error.reasons == ("the code has changed",)
    error = refused(plan.from_source("./SHOP"), STORED, code_digest(state(B)))
    assert error.reasons == ("the code has changed: ./SHOP",)


def test_digest_is_that_of_all_objects_and_of_nothing_else():
    assert code_digest(CODE) == code_digest(state(OTHER, orders(editor="x", x=2)))
    others = [state(B), state(C, OTHER), state(orders(x=2.0), OTHER), State()]
    assert len({code_digest(each) for each in [CODE, *others]}) == 5
    edited = state(orders(x=1), OTHER)
    edited.resources[ORDERS].attributes["x"] = 2
    assert code_digest(edited) == code_digest(CODE)


def test_what_happens_in_dss_over_http(server, store, tmp_path):
    """Others sync their projects, and then this one."""
    store.load_folder(sample_folder(), "OTHER")
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    manager = StateManager(backend, client, "dev")
    manager.save_state(manager.sync_project(KEY))
    folder = tmp_path / KEY
    pull_project(manager.load_state(), folder)
    script = folder / "recipes" / "compute_orders_enriched.py"
    script.write_text("print(1)\n")
    write_plan(manager.plan(open_source(str(folder)).read()), tmp_path / "plan.json")
    plan = read_plan(tmp_path / "plan.json")

    def check():
        digest = code_digest(open_source(str(folder)).read())
        check_binding(plan, manager.load_state(), digest)

    check()
    manager.save_state(manager.sync_project("OTHER"))
    edit(client, "orders")
    manager.refresh([f"dataset.{KEY}.orders"])
    manager.save_state(manager.sync_project(KEY))
    check()
    recipe = client.get_project(KEY).get_recipe("compute_orders_enriched")
    settings = recipe.get_settings()
    settings.set_code("print(2)\n")
    settings.save()
    check()  # What DSS has is looked at when the plan is executed.
    manager.refresh([f"recipe.{KEY}.compute_orders_enriched"])
    with pytest.raises(PlanOutdatedError) as caught:
        check()
    assert caught.value.objects == (f"recipe.{KEY}.compute_orders_enriched",)
    script.write_text("print(3)\n")
    with pytest.raises(PlanOutdatedError, match="the code has changed"):
        check()


def edit(client, name):
    settings = client.get_project(KEY).get_dataset(name).get_settings()
    settings.get_raw()["shortDesc"] = "By hand"
    settings.save()
