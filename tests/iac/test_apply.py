"""Applies of plans, through the real client: what DSS and the state have then."""

import _thread
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from dataikuapi.iac import PlanRefusedError, StateLockedError, StateWriteError
from dataikuapi.iac.apply.lanes import Lanes
from dataikuapi.iac.plan import MaxChange
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, in_turn
from dataikuapi.iac.state_store import StateStore
from iac.applying import Project, actions, assert_settled, recorded, statuses, writes

KEY = SAMPLE_PROJECT_KEY
ORDERS, RECIPE = f"dataset.{KEY}.orders", f"recipe.{KEY}.compute_orders_enriched"
FILE, SCRIPT = "datasets/orders.json", "recipes/compute_orders_enriched.py"
RECIPE_FILE = "recipes/compute_orders_enriched.json"
ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


@pytest.fixture
def dataset_path():
    return f"/projects/{KEY}/datasets/orders"


def versions(project):
    state = project.manager.sync_project(KEY)
    return {item.resource_id: item.metadata.version_number for item in state}


def test_edits_of_the_code_reach_dss_and_nothing_else_moves(project):
    before = versions(project)
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    result = project.apply()
    assert statuses(result) == {ORDERS: "updated", RECIPE: "updated"}
    assert result.is_complete
    assert project.dataset("orders")["shortDesc"] == "All orders"
    assert project.recipe("compute_orders_enriched")[1] == "print(1)\n"
    after = versions(project)
    assert {rid for rid in after if after[rid] != before[rid]} == {ORDERS, RECIPE}
    assert_settled(project)


def test_update_takes_three_requests(project, server):
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    plan = project.plan()
    requests = recorded(server)
    project.apply(plan)
    about = [method for method, path in requests if "/datasets/orders" in path]
    assert about == ["GET", "PUT", "GET"]
    about = [method for method, path in requests if "/recipes/" in path]
    assert about == ["GET", "PUT", "GET"]


def test_new_objects_are_created_after_what_they_need(project, server):
    inline = {"type": "Inline", "managed": False, "params": {}}
    ports = {"inputs": "orders", "outputs": "extra"}
    recipe = {
        side: {"main": {"items": [{"ref": name, "deps": []}]}}
        for side, name in ports.items()
    }
    project.write("datasets/extra.json", inline)
    project.write("recipes/make_extra.json", {"type": "python", **recipe})
    project.write("recipes/make_extra.py", "print(2)\n")
    plan = project.plan()
    requests = recorded(server)
    result = project.apply(plan)
    assert statuses(result) == {
        f"dataset.{KEY}.extra": "created",
        f"recipe.{KEY}.make_extra": "created",
    }
    created = [path for method, path in requests if method == "POST"]
    assert [path.split("/")[3] for path in created] == ["datasets", "recipes"]
    assert (
        len(requests) <= 8 + 2 + 1
    )  # And which DSS it is, and into which zones they went.
    assert project.recipe("make_extra")[1] == "print(2)\n"
    assert_settled(project)


def test_what_the_code_no_longer_has_is_deleted_if_that_is_allowed(project):
    project.remove(RECIPE_FILE, SCRIPT)
    assert statuses(project.apply()) == {}
    assert statuses(project.apply(allow_delete=True)) == {RECIPE: "deleted"}
    names = [item["name"] for item in project.dss.list_recipes()]
    assert "compute_orders_enriched" not in names
    assert RECIPE not in project.manager.load_state()
    assert_settled(project)


def test_plan_that_is_refused_does_nothing(project, server):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan(max_change=MaxChange(0))
    requests = recorded(server)
    with pytest.raises(PlanRefusedError, match="more than 0%"):
        project.apply(plan)
    assert requests == []


def test_edit_since_the_plan_is_not_overwritten(project):
    """Nor is anything done that needs it; the rest is."""
    prepared = f"dataset.{KEY}.orders_prepared"
    project.edit("datasets/orders_prepared.json", shortDesc="Prepared")
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    plan = project.plan()
    project.edit_dataset("orders_prepared", description="By hand")
    result = project.apply(plan)
    assert statuses(result) == {
        prepared: "refused",
        ORDERS: "updated",
        RECIPE: "skipped",
    }
    (refused,) = [
        item for item in result.results if item.reason and item.resource_id == prepared
    ]
    assert "it was changed in DSS" in refused.reason
    assert "description" in refused.reason
    assert project.dataset("orders_prepared")["description"] == "By hand"
    assert not result.is_complete


def test_what_was_deleted_since_the_plan_is_not_written(project, server):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    project.dss.get_dataset("orders").delete()
    requests = recorded(server)
    result = project.apply(plan)
    assert statuses(result)[ORDERS] == "refused"
    assert writes(requests) == []


def test_what_was_created_since_the_plan_is_not_created_again(project, server):
    inline = {"type": "Inline", "managed": False, "params": {}}
    project.write("datasets/extra.json", inline)
    plan = project.plan()
    project.dss.create_dataset("extra", "Filesystem", {"connection": "c", "path": "p"})
    requests = recorded(server)
    result = project.apply(plan)
    assert statuses(result) == {f"dataset.{KEY}.extra": "refused"}
    assert writes(requests) == []


def test_edit_between_reading_and_writing_is_told(project, server, dataset_path):
    """DSS has no conditional writes: the version tells that there was one."""
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    other = Fault.meanwhile(lambda: project.edit_dataset("orders", tags=["late"]))
    server.faults = in_turn("PUT", dataset_path, other)
    result = project.apply(plan)
    assert statuses(result) == {ORDERS: "updated"}
    assert "somebody else saved it" in " ".join(result.results[0].notes)


@pytest.mark.parametrize("fault", [ANSWER, Fault.reset(), Fault.page(502)])
def test_write_whose_response_gets_lost_was_done_all_the_same(
    project, server, dataset_path, fault
):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    server.faults = in_turn("PUT", dataset_path, fault.once_stored())
    result = project.apply(plan)
    assert statuses(result) == {ORDERS: "updated"}
    assert "although" in result.results[0].notes[0]
    assert_settled(project)


@pytest.mark.parametrize("fault", [ANSWER, Fault.reset(), Fault.page(502)])
def test_write_that_fails_is_told_and_done_by_the_next_apply(
    project, server, dataset_path, fault
):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    server.faults = in_turn("PUT", dataset_path, fault)
    result = project.apply(plan)
    assert statuses(result) == {ORDERS: "failed"}
    assert project.manager.load_state().serial == 1
    assert statuses(project.apply()) == {ORDERS: "updated"}
    assert_settled(project)


@pytest.mark.parametrize("fault", [ANSWER, Fault.reset()])
def test_creation_whose_response_gets_lost_is_found(project, server, fault):
    inline = {"type": "Inline", "managed": False, "params": {}}
    project.write("datasets/extra.json", inline)
    plan = project.plan()
    path = f"/projects/{KEY}/datasets"
    server.faults = in_turn("POST", path, fault.once_stored())
    result = project.apply(plan)
    assert statuses(result) == {f"dataset.{KEY}.extra": "created"}
    assert_settled(project)


def test_what_became_of_a_write_may_stay_unknown(project, server, dataset_path):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    plans = [
        in_turn("PUT", dataset_path, Fault.reset()),
        in_turn("GET", dataset_path, None, Fault.page(502)),
    ]
    server.faults = lambda *request: next(
        filter(None, (p(*request) for p in plans)), None
    )
    result = project.apply(plan)
    assert statuses(result) == {ORDERS: "uncertain"}
    server.faults = None
    assert statuses(project.apply()) == {ORDERS: "updated"}


def test_what_dss_does_not_store_is_told(project):
    """It drops some fields in silence."""
    project.edit(FILE, noSuchField={"a": 1})
    result = project.apply()
    assert statuses(result) == {ORDERS: "failed"}
    assert "noSuchField" in result.results[0].reason
    project.edit(FILE, shortDesc="All orders")
    result = project.apply()
    assert statuses(result) == {ORDERS: "updated"}
    assert "noSuchField" in result.results[0].notes[0]


def test_secrets_and_what_nobody_models_stay(project):
    params = {"password": "hunter2hunter2", "path": "a"}
    project.edit_dataset("orders", params=params)
    project.sync()
    project.edit(FILE, params={"password": "<secret>", "path": "b"})
    assert statuses(project.apply()) == {ORDERS: "updated"}
    assert project.dataset("orders")["params"] == {**params, "path": "b"}
    assert "hunter2" not in project.state_file.read_text("utf-8")


def test_what_was_changed_in_dss_alone_stays_and_is_told_again(project):
    project.edit_dataset("orders", description="By hand")
    project.edit(FILE, shortDesc="All orders")
    assert statuses(project.apply()) == {ORDERS: "updated"}
    found = project.dataset("orders")
    assert (found["description"], found["shortDesc"]) == ("By hand", "All orders")
    assert actions(project.plan()) == {ORDERS: "kept"}
    (diff,) = [diff for diff in project.manager.drift().diffs if diff.has_changed]
    assert [change.path for change in diff.changes] == ["description"]


def test_state_that_could_not_be_stored_is_made_up_for(project, monkeypatch):
    """DSS has been changed by then: the journal knows that it was us."""
    project.edit(FILE, shortDesc="All orders")
    project.write("datasets/extra.json", {"type": "Inline", "params": {}})

    def fail(*args, **options):
        raise StateWriteError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(StateStore, "merge_and_save", fail)
        with pytest.raises(StateWriteError, match="disk full"):
            project.apply()
    extra = f"dataset.{KEY}.extra"
    plan = project.plan()
    assert actions(plan) == {ORDERS: "adopt", extra: "adopt"}
    assert statuses(project.apply(plan)) == {ORDERS: "adopted", extra: "adopted"}
    assert_settled(project)


def test_progress_counts_actions(project):
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    seen = []
    plan = project.plan()
    engine = project.engine(progress_callback=lambda *counts: seen.append(counts))
    engine.apply(plan)
    assert seen == [(1, 2), (2, 2)]


def test_nothing_to_do_asks_nobody(project, server):
    plan = project.plan()
    requests = recorded(server)
    result = project.apply(plan)
    assert (statuses(result), result.serial, requests) == ({}, None, [])


def test_ctrl_c_ends_after_what_has_begun(project, monkeypatch, sigint):
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    plan, stopped = project.plan(), Event()
    stop = Lanes.stop

    def note_stop(lanes):
        stop(lanes)
        stopped.set()

    def interrupt(done, total):
        _thread.interrupt_main()
        assert stopped.wait(60)

    monkeypatch.setattr(Lanes, "stop", note_stop)
    result = project.engine(progress_callback=interrupt).apply(plan)
    assert result.is_interrupted
    assert sorted(statuses(result).values()) == ["skipped", "updated"]
    assert set(statuses(project.apply()).values()) == {"updated"}
    assert_settled(project)


def test_engine_resumes_what_it_has_begun(project, server):
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    project.remove(
        "recipes/compute_orders_archive.json", "recipes/compute_orders_archive.sync"
    )
    engine = project.engine()
    plan = project.plan(allow_delete=True)
    server.faults = lambda method, path: Fault.reset() if method != "GET" else None
    assert set(statuses(engine.apply(plan)).values()) == {"failed"}
    server.faults = None
    assert sorted(statuses(engine.resume()).values()) == [
        "deleted",
        "updated",
        "updated",
    ]
    assert_settled(project)
    assert statuses(engine.resume()) == {}


def test_engine_that_has_begun_nothing_has_nothing_to_resume(project):
    with pytest.raises(PlanRefusedError, match="plan for the same source again"):
        project.engine().resume()


def test_two_applies_to_one_project_exclude_each_other(project):
    project.edit(FILE, shortDesc="All orders")
    plan, other = project.plan(), project.person()
    with (
        other.backend.lease([KEY]),
        ThreadPoolExecutor(1) as thread,
        pytest.raises(StateLockedError, match=f"apply to {KEY}"),
    ):
        thread.submit(project.apply, plan).result()
    assert project.apply(plan).is_complete


# What DSS itself moves


def test_zone_is_changed_although_dss_has_moved_its_objects(project):
    """DSS puts a new object into the default zone, and the code into another one."""
    project.write("datasets/extra.json", {"type": "Inline", "params": {}})
    zone = next((project.folder / "zones").glob("q*.json"))
    items = json.loads(zone.read_text("utf-8"))["items"]
    item = {"objectType": "DATASET", "objectId": "extra"}
    project.edit(f"zones/{zone.name}", items=[*items, item])
    result = project.apply()
    assert set(statuses(result).values()) == {"created", "updated"}
    assert result.is_complete


@pytest.mark.parametrize("fault", [ANSWER, Fault.reset()])
@pytest.mark.parametrize("is_done", [True, False])
def test_delete_whose_response_gets_lost(project, server, fault, is_done):
    project.remove(RECIPE_FILE, SCRIPT)
    plan = project.plan(allow_delete=True)
    path = f"/projects/{KEY}/recipes/compute_orders_enriched"
    server.faults = in_turn("DELETE", path, fault.once_stored() if is_done else fault)
    result = project.apply(plan)
    assert statuses(result) == {RECIPE: "deleted" if is_done else "failed"}
    left = {} if is_done else {RECIPE: "deleted"}
    assert statuses(project.apply(allow_delete=True)) == left


def test_what_was_deleted_already_is_done(project):
    project.remove(RECIPE_FILE, SCRIPT)
    plan = project.plan(allow_delete=True)
    project.dss.get_recipe("compute_orders_enriched").delete()
    result = project.apply(plan)
    assert statuses(result) == {RECIPE: "deleted"}
    assert "any more" in result.results[0].notes[0]


def test_what_was_changed_since_the_plan_is_not_deleted(project):
    project.remove(RECIPE_FILE, SCRIPT)
    plan = project.plan(allow_delete=True)
    settings = project.dss.get_recipe("compute_orders_enriched").get_settings()
    settings.set_code("print('mine')\n")
    settings.save()
    assert statuses(project.apply(plan)) == {RECIPE: "refused"}
    assert project.recipe("compute_orders_enriched")[1] == "print('mine')\n"


def test_what_was_created_again_since_the_plan_is_not_changed(project):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    document = project.dataset("orders")
    project.dss.get_dataset("orders").delete()
    project.dss.create_dataset("orders", document["type"], document["params"])
    result = project.apply(plan)
    assert statuses(result)[ORDERS] == "refused"
    assert "created again" in result.results[0].reason


def test_what_is_in_dss_again_is_not_forgotten(project):
    recipe = project.recipe("compute_orders_enriched")
    project.dss.get_recipe("compute_orders_enriched").delete()
    project.remove(RECIPE_FILE, SCRIPT)
    plan = project.plan()
    assert actions(plan) == {RECIPE: "forget"}
    body = {"recipePrototype": recipe[0], "creationSettings": {"rawCreation": True}}
    path = f"/projects/{KEY}/recipes/"
    project.dss.client._perform_json("POST", path, body=body)
    assert statuses(project.apply(plan)) == {RECIPE: "refused"}


@pytest.mark.all_types
def test_new_article_below_a_new_one_is_in_the_tree_once(project):
    """DSS puts each new one at the end of the tree; the code has it elsewhere."""
    articles = {number: f"Article {number}" for number in ("8", "9")}
    for number, name in articles.items():
        project.write(f"wiki/articles/{number}.json", {"id": int(number), "name": name})
        project.write(f"wiki/articles/{number}.md", "Text\n")
    path = project.folder / "wiki/taxonomy.json"
    wiki = json.loads(path.read_text("utf-8"))
    new = {"id": 8, "children": [{"id": 9, "children": []}]}
    project.write("wiki/taxonomy.json", {**wiki, "taxonomy": [*wiki["taxonomy"], new]})
    assert project.apply().is_complete
    assert_settled(project)
    assert len(project.dss.get_wiki().list_articles()) == 4


@pytest.mark.all_types
def test_article_that_is_not_deleted_stays_in_the_tree(project):
    path = project.folder / "wiki/taxonomy.json"
    wiki = json.loads(path.read_text("utf-8"))
    home = {**wiki["taxonomy"][0], "children": []}
    project.write("wiki/taxonomy.json", {**wiki, "taxonomy": [home]})
    project.remove("wiki/articles/2.json", "wiki/articles/2.md")
    assert statuses(project.apply()) == {}
    assert project.apply(allow_delete=True).is_complete
    assert actions(project.plan()) == {}
