"""What an apply, a saved plan or a resume must never do, whoever asks for what."""

import _thread
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DSSAuthenticationError,
    LocalFileBackend,
    PlanOutdatedError,
    RetryPolicy,
    StateManager,
    StateReadError,
)
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.apply.lanes import Lanes
from dataikuapi.iac.models.plan import ActionType
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, in_turn
from iac.applying import Project, actions, assert_settled, recorded, statuses, writes

KEY = SAMPLE_PROJECT_KEY
ORDERS, RECIPE = f"dataset.{KEY}.orders", f"recipe.{KEY}.compute_orders_enriched"
FILE, SCRIPT = "datasets/orders.json", "recipes/compute_orders_enriched.py"
RECIPE_FILE = "recipes/compute_orders_enriched.json"
ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")
REFUSED = Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    return Project(server, KEY, tmp_path / KEY, tmp_path / "dev.state.json").sync()


def test_resume_does_no_more_than_was_planned(project, server):
    """Not what was no target, nor what was protected."""
    project.remove(RECIPE_FILE, SCRIPT, "recipes/compute_orders_archive.json")
    project.remove("recipes/compute_orders_archive.sync")
    project.edit(FILE, shortDesc="All orders")
    project.edit("datasets/customers.json", shortDesc="All customers")
    plan = project.plan(allow_delete=True, targets=(ORDERS, RECIPE))
    assert actions(plan) == {ORDERS: "update", RECIPE: "delete"}
    engine = project.engine()
    server.faults = lambda method, path: Fault.reset() if method != "GET" else None
    engine.apply(plan)
    server.faults = None
    assert statuses(engine.resume()) == {ORDERS: "updated", RECIPE: "deleted"}
    names = {item["name"] for item in project.dss.list_recipes()}
    assert "compute_orders_archive" in names
    assert project.dataset("customers").get("shortDesc", "") != "All customers"


@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize(
    "values, options",
    [
        ({}, {"revert_drift": True}),
        ({"description": "Code"}, {"take": {ORDERS: "code"}}),
    ],
)
def test_resume_does_what_options_allowed_unless_it_has_changed_since(
    project, server, values, options, is_edited
):
    first = project.dataset("orders")["description"]
    project.edit_dataset("orders", description="By hand")
    if values:
        project.edit(FILE, **values)
    engine, plan = project.engine(), project.plan(**options)
    server.faults = lambda method, path: ANSWER if method == "PUT" else None
    assert statuses(engine.apply(plan)) == {ORDERS: "failed"}
    server.faults = None
    if is_edited:
        project.edit_dataset("orders", description="By hand, again")
    result = engine.resume()
    assert statuses(result) == {ORDERS: "refused" if is_edited else "updated"}
    theirs, planned = "By hand, again", values.get("description", first)
    found = project.dataset("orders")["description"]
    assert found == (theirs if is_edited else planned)


def test_what_is_to_stay_is_not_deleted_though_nobody_has_changed_it(project):
    project.remove(RECIPE_FILE, SCRIPT)
    plan = project.plan(allow_delete=True, take={RECIPE: "live"})
    assert actions(plan) == {RECIPE: "kept"}


@pytest.mark.parametrize("side", [None, "live", "code"])
def test_removed_object_that_was_created_again_is_not_deleted(project, side):
    rid = f"dataset.{KEY}.orders_archive"
    dataset = project.dss.get_dataset("orders_archive")
    raw = dataset.get_settings().get_raw()
    dataset.delete()
    time.sleep(1.1)  # When it was created tells that it is another one.
    project.dss.create_dataset("orders_archive", raw["type"], raw["params"])
    project.remove("datasets/orders_archive.json")
    take = {} if side is None else {rid: side}
    action = project.plan(allow_delete=True, take=take).by_id()[rid]
    is_kept = side == "live"
    assert action.action_type.value == ("kept" if is_kept else "conflict")
    assert is_kept or "adopt it and plan again" in action.reason


def test_resume_of_deletes_alone(project, server):
    project.remove(RECIPE_FILE, SCRIPT)
    engine = project.engine()
    plan = project.plan(allow_delete=True, targets=(RECIPE,))
    server.faults = lambda method, path: ANSWER if method == "DELETE" else None
    assert statuses(engine.apply(plan)) == {RECIPE: "failed"}
    server.faults = None
    assert statuses(engine.resume()) == {RECIPE: "deleted"}
    assert_settled(project)


@pytest.mark.parametrize("end", ["/recipes/", "/recipes/compute_orders_enriched"])
def test_nothing_is_deleted_that_unread_recipes_may_use(project, server, end):
    """DSS deletes the recipes that use a dataset with it."""
    names = ["orders_archive", "compute_orders_archive"]
    project.remove(f"datasets/{names[0]}.json")
    project.remove(f"recipes/{names[1]}.json", f"recipes/{names[1]}.sync")
    archive = f"dataset.{KEY}.orders_archive"
    assert actions(project.plan(allow_delete=True))[archive] == "delete"
    path = f"/projects/{KEY}{end}"
    server.faults = lambda method, asked: REFUSED if asked == path else None
    assert actions(project.plan(allow_delete=True))[archive] == "blocked"


def test_saved_plan_of_a_creation_is_not_applied_twice(project):
    project.write("web_apps/nEw0001.json", {"name": "Map", "type": "STANDARD"})
    plan = project.plan()
    assert project.apply(plan).is_complete
    (live,) = (
        item["id"] for item in project.dss.list_webapps() if item["name"] == "Map"
    )
    settings = project.dss.get_webapp(live).get_settings()
    settings.data["name"] = "Another name"
    settings.save()
    with pytest.raises(PlanOutdatedError, match=f"created since, as web_app.{KEY}"):
        project.apply(plan)


def test_key_that_may_not_write_is_told_which_right_it_lacks(project, server):
    """And one that may not read is told that."""
    project.edit(FILE, shortDesc="All orders")
    project.write("datasets/extra.json", {"type": "Inline", "params": {}})
    plan = project.plan()
    server.faults = lambda method, path: None if method == "GET" else REFUSED
    result = project.apply(plan)
    assert set(statuses(result).values()) == {"failed"}
    for item in result.results:
        assert "Ask for the right to write the content of the project" in item.reason
    path = f"/projects/{KEY}/datasets/orders"
    server.faults = lambda method, asked: REFUSED if asked == path else None
    reasons = [item.reason for item in project.apply(plan).results]
    assert any("Ask for permission to read the project" in each for each in reasons)


def test_apply_with_a_wrong_key_is_in_no_history(project, server):
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    client = DSSClient(server.url, "a-wrong-key")
    manager = StateManager(
        LocalFileBackend(project.state_file),
        client,
        "dev",
        policy=RetryPolicy(max_retries=0),
        types=project.types,
    )
    with pytest.raises(DSSAuthenticationError, match="does not accept the API key"):
        ApplyEngine(client, manager).apply(plan)
    assert project.manager.backend.journal().read() == []
    assert statuses(project.apply(plan)) == {ORDERS: "updated"}


@pytest.mark.parametrize("status", [400, 403, 409])
@pytest.mark.parametrize(
    "path, listing",
    [("datasets/extra.json", "datasets"), ("web_apps/nEw0001.json", "webapps")],
)
def test_what_is_there_once_dss_has_refused_to_create_it_is_of_somebody_else(
    project, server, status, path, listing
):
    """Even if it looks like ours: it is not taken for that."""
    project.write(path, {"name": "Map", "type": "STANDARD", "params": {}})
    plan = project.plan()
    refused = Fault.error(status, "com.dataiku.dip.exceptions.SomeException", "taken")
    theirs = refused.once_stored()
    server.faults = in_turn("POST", f"/projects/{KEY}/{listing}", theirs)
    result = project.apply(plan)
    (rid,) = statuses(result)
    assert statuses(result) == {rid: "failed"}
    assert "taken" in result.results[0].reason
    assert rid not in project.manager.load_state()


def test_nothing_is_planned_without_the_stored_state(project):
    """It has what is ours, and the ids in DSS."""
    project.state_file.unlink()
    project.state_file.mkdir()
    with pytest.raises(StateReadError):
        project.plan()


def test_creation_removes_nothing_that_dss_fills_in(project, server):
    """Where the rest of an object is saved after it was created."""
    project.write(
        "scenarios/NIGHTLY.json",
        {"name": "Nightly", "type": "step_based", "noSuchField": 1},
    )
    result = project.apply()
    assert statuses(result) == {f"scenario.{KEY}.NIGHTLY": "created"}
    assert "noSuchField" in result.results[0].notes[0]
    found = project.dss.get_scenario("NIGHTLY").get_settings().data
    assert "triggers" in found


def test_taking_the_code_takes_it_where_both_have_changed_something(project):
    """What only somebody in DSS has changed stays."""
    project.edit_dataset("orders", shortDesc="By hand", description="By hand")
    project.edit(FILE, shortDesc="All orders")
    result = project.apply(take={ORDERS: "code"})
    assert statuses(result) == {ORDERS: "updated"}
    found = project.dataset("orders")
    assert (found["shortDesc"], found["description"]) == ("All orders", "By hand")


def test_interrupted_apply_has_stored_all_that_it_has_done(
    project, monkeypatch, sigint
):
    """Also what was running when somebody pressed Ctrl-C."""
    project.edit(FILE, shortDesc="All orders")
    plan = project.plan()
    began, stopped = threading.Event(), threading.Event()
    stop = Lanes.stop

    def note_stop(lanes):
        stop(lanes)
        stopped.set()

    def hold():
        began.set()
        assert stopped.wait(60)

    monkeypatch.setattr(Lanes, "stop", note_stop)
    path = f"/projects/{KEY}/datasets/orders"
    project.server.faults = in_turn("PUT", path, Fault.meanwhile(hold))
    main = threading.main_thread()

    def interrupt():
        assert began.wait(60)
        assert main.is_alive()
        _thread.interrupt_main()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(interrupt)
        result = project.engine().apply(plan)
    assert result.is_interrupted
    assert statuses(result) == {ORDERS: "updated"}
    assert_settled(project)


def test_what_an_interrupted_apply_did_is_adopted_after_another_one(project, server):
    """That was about something else."""
    for number in range(3):
        project.write(f"datasets/new_{number}.json", {"type": "Inline", "params": {}})
    plan = project.plan()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "dataikuapi.iac.apply.recording.Recorder.store", lambda recorder: None
        )
        patch.setattr(
            "dataikuapi.iac.apply.noting.ApplyLog.end", lambda log, result: None
        )
        project.apply(plan)
    first = f"dataset.{KEY}.new_0"
    assert statuses(project.apply(targets=(first,))) == {first: "adopted"}
    left = {f"dataset.{KEY}.new_{number}": "adopt" for number in (1, 2)}
    assert actions(project.plan()) == left
    assert project.apply().is_complete
    assert_settled(project)


def test_rejected_key_stops_an_apply_and_says_so(project, server):
    project.edit(FILE, shortDesc="All orders")
    project.write(SCRIPT, "print(1)\n")
    plan = project.plan()
    key = "com.dataiku.dip.exceptions.NotAuthenticatedException"
    requests = recorded(server)
    server.faults = lambda *request: (
        requests.append(request) or Fault.error(401, key, "no")
    )
    result = project.apply(plan)
    assert not result.is_complete
    assert "does not accept the API key" in str(result)
    assert "does not respond" not in str(result)
    assert writes(requests) == []
    assert ActionType.UPDATE in {item.action.action_type for item in result.results}


def article(project, number, **values):
    project.edit(f"wiki/articles/{number}.json", **values)


def test_number_of_another_article_is_no_proof_that_it_is_the_same(project, server):
    """Another instance may have counted differently."""
    rid = f"wiki_article.{KEY}.2"
    article(project, 2, name="Runbook")
    assert actions(project.plan())[rid] == "update"
    project.write("wiki/articles/2.md", "Something else\n")
    plan = project.plan()
    assert actions(plan)[rid] == "blocked"
    assert "change its name in DSS first" in plan.by_id()[rid].reason
    requests = recorded(server)
    project.apply(plan)
    assert not [path for _, path in writes(requests) if "/wiki/2" in path]


def test_permissions_that_cannot_be_read_are_told(project, server, store):
    rid, path = f"project.{KEY}", f"/projects/{KEY}/permissions"
    permissions = [{"group": "readers", "readProjectContent": True}]
    project.edit("params.json", permissions=permissions)
    assert actions(project.plan())[rid] == "update"
    server.faults = lambda method, asked: REFUSED if asked == path else None
    plan = project.plan()
    assert actions(plan) == {rid: "blocked"}
    assert "may not read its permissions" in plan.by_id()[rid].reason
    project.edit("params.json", shortDesc="A shop")
    plan = project.plan()
    assert actions(plan) == {rid: "update"}
    assert "may not read its permissions" in str(plan).replace("\n        ", " ")
