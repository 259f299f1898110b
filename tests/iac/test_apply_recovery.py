"""What the next apply makes of one that ended in the middle."""

from dataclasses import replace
from functools import partial

import pytest

from dataikuapi.iac import StateWriteError
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault, in_turn
from dataikuapi.iac.state_store import StateStore
from iac.applying import Project, actions, statuses, writes

ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")
EXTRA = f"dataset.{KEY}.extra"


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


@pytest.fixture
def crash(project, server, monkeypatch):
    """Return a function that applies, and crashes once DSS has stored a request."""

    def fail(*args, **options):
        raise StateWriteError("crashed")

    def crashing(method, path):
        with monkeypatch.context() as patch:

            def plan(of_method, of_path):
                if StateStore.merge_and_save is fail:
                    return Fault.reset()
                if (of_method, of_path.strip("/")) != (method, path.strip("/")):
                    return None
                patch.setattr(StateStore, "merge_and_save", fail)
                patch.setattr(BlobJournal, "append", fail)
                return Fault.reset().once_stored()

            found = project.plan()
            server.faults = plan
            with pytest.raises(StateWriteError, match="crashed"):
                project.apply(found)
            server.faults = None

    return crashing


def assert_settled(project):
    """DSS and the stored state have what the code says."""
    assert actions(project.plan()) == {}
    assert [diff for diff in project.manager.drift().diffs if diff.has_changed] == []


def write_article(project, text=""):
    """Add an article to the code, and to the tree of the wiki."""
    project.write("wiki/articles/9.json", {"name": "Extras"})
    project.write("wiki/articles/9.md", text)
    tree = project.manager.load_state()[f"wiki.{KEY}"].attributes["taxonomy"]
    project.edit("wiki/taxonomy.json", taxonomy=[*tree, {"id": 9, "children": []}])


def names(project, kind):
    """Return the names of all objects of a type."""
    state = project.manager.sync_project(KEY)
    return sorted(
        item.attributes["name"] for item in state if item.resource_type == kind
    )


def test_object_with_a_chosen_id_is_completed(project, crash):
    """DSS stores a scenario and its script one after the other."""
    script = {"type": "custom_python", "name": "By night", "params": {}}
    project.write("scenarios/NIGHTLY.json", script)
    project.write("scenarios/NIGHTLY.py", "x = 1\n")
    crash("POST", f"/projects/{KEY}/scenarios")
    assert statuses(project.apply()) == {f"scenario.{KEY}.NIGHTLY": "updated"}
    assert_settled(project)


def test_first_object_of_its_type_is_found_again(project, crash):
    """Though DSS had none whose ids could be noted."""
    (dashboard,) = project.dss.list_dashboards()
    project.dss.get_dashboard(dashboard["id"]).delete()
    project.sync()
    project.write("dashboards/dasAAAA.json", {"name": "Extras", "pages": []})
    crash("POST", f"/projects/{KEY}/dashboards")
    project.edit("dashboards/dasAAAA.json", tags=["more"])
    assert list(statuses(project.apply()).values()) == ["updated"]
    assert names(project, "dashboard") == ["Extras"]
    assert_settled(project)


def test_what_dss_changed_with_it_is_stored_too(project, crash):
    """It lists a new article in the tree of the wiki by itself."""
    write_article(project)
    crash("POST", f"/projects/{KEY}/wiki")
    done = statuses(project.apply())
    assert done == {f"wiki_article.{KEY}.3": "adopted", f"wiki.{KEY}": "adopted"}
    assert names(project, "wiki_article").count("Extras") == 1
    assert_settled(project)


def test_what_was_adopted_is_nobodys_business_any_more(project, crash):
    """So that what others do later is not taken for it."""
    project.edit("datasets/orders.json", shortDesc="All orders")
    crash("PUT", f"/projects/{KEY}/datasets/orders")
    assert list(statuses(project.apply()).values()) == ["adopted"]
    project.edit_dataset("orders", shortDesc="By hand")
    project.manager.save_state(project.manager.sync_project(KEY))
    project.edit("datasets/orders.json", shortDesc="By hand")
    project.edit_dataset("orders", shortDesc="All orders")
    assert actions(project.plan()) == {f"dataset.{KEY}.orders": "kept"}


def test_what_somebody_created_meanwhile_is_not_overwritten(project, server):
    """DSS has refused to store ours."""
    connection = {"connection": "c", "path": "theirs"}

    def create():
        project.dss.create_dataset("extra", "Filesystem", connection)

    project.write("datasets/extra.json", {"type": "Inline", "params": {}})
    plan = project.plan()
    path = f"/projects/{KEY}/datasets"
    server.faults = in_turn("POST", path, Fault.meanwhile(create))
    (result,) = project.apply(plan).results
    assert result.status.value == "failed"
    assert "already exists" in result.reason
    plan = project.plan()
    assert actions(plan) == {EXTRA: "conflict"}
    project.apply(plan)
    assert project.dataset("extra")["params"]["path"] == "theirs"


def test_what_somebody_created_since_the_crash_is_not_overwritten(project, server):
    project.write("datasets/extra.json", {"type": "Inline", "params": {}})
    plan = project.plan()
    server.faults = in_turn("POST", f"/projects/{KEY}/datasets", ANSWER)
    assert statuses(project.apply(plan)) == {EXTRA: "failed"}
    project.dss.create_dataset("extra", "Filesystem", {"connection": "c", "path": "p"})
    assert actions(project.plan()) == {EXTRA: "conflict"}


def test_what_somebody_changed_since_the_crash_is_not_overwritten(project, crash):
    extra = {"type": "Inline", "params": {}, "shortDesc": "Ours"}
    project.write("datasets/extra.json", extra)
    crash("POST", f"/projects/{KEY}/datasets")
    project.edit_dataset("extra", shortDesc="Theirs")
    assert actions(project.plan()) == {EXTRA: "conflict"}
    project.edit_dataset("extra", shortDesc="Ours", description="More")
    assert statuses(project.apply()) == {EXTRA: "adopted"}


TABLE = {"type": "dataset_table", "listed": True, "name": "Extra"}
SHOWN = {"params": {"datasetSmartName": "orders"}}
NAMESAKES = {
    "theirs alone": (ANSWER, {}, "uncertain", 1, "conflict"),
    "ours and theirs": (ANSWER.once_stored(), {}, "created", 2, None),
    "ours and one that is equal": (
        ANSWER.once_stored(),
        SHOWN,
        "uncertain",
        2,
        "blocked",
    ),
}


@pytest.mark.parametrize("name", NAMESAKES)
def test_namesake_of_somebody_else_is_not_overwritten(project, server, name):
    """DSS generates ids, so by its name alone it can be ours."""
    fault, theirs, status, count, planned = NAMESAKES[name]
    project.write("insights/insAAAA.json", {**TABLE, **SHOWN})
    plan = project.plan()
    other = {**TABLE, "params": {"datasetSmartName": "customers"}, **theirs}
    action = partial(project.dss.create_insight, other)
    path = f"/projects/{KEY}/insights"
    server.faults = in_turn("POST", path, replace(fault, action=action))
    (result,) = project.apply(plan).results
    assert result.status.value == status
    assert ("look at" in result.reason) is (status == "uncertain")
    plan = project.plan()
    assert [*actions(plan).values()] == ([planned] if planned else [])
    project.apply(plan)
    insights = [item["name"] for item in project.dss.list_insights()]
    assert insights.count("Extra") == count


def test_completion_whose_response_gets_lost_was_done_all_the_same(project, server):
    """DSS stores a part of a new web app only, and the rest when that is saved."""
    app = {"type": "STANDARD", "name": "Second map", "params": {}, "tags": ["x"]}
    project.write("web_apps/mapAAAA.json", app)
    plan = project.plan()
    path = f"/projects/{KEY}/webapps/*"
    server.faults = in_turn("PUT", path, ANSWER.once_stored())
    (result,) = project.apply(plan).results
    assert result.status.value == "created"
    assert "DSS completed it, although it reported" in result.notes[0]
    assert_settled(project)


def test_apply_stops_soon_when_dss_is_gone(project, server):
    """It does not try object after object, each with its retries."""
    names = ["customers", "countries", "orders", "orders_prepared", "shipments"]
    names += ["orders_archive", "orders_enriched", "customer_scores"]
    for name in names:
        project.edit(f"datasets/{name}.json", description="New")
    plan, requests = project.plan(), []

    def gone(method, path):
        requests.append((method, path))
        return Fault.reset() if writes(requests) else None

    server.faults = gone
    result = project.apply(plan)
    about = [path for _, path in requests if "/datasets/" in path]
    assert len(about) <= 1 + 2 + 2
    found = [item.status.value for item in result.results]
    assert found == ["uncertain", *["failed"] * 2, *["skipped"] * 5]
    assert "DSS does not respond" in result.results[-1].reason
    assert not result.is_complete
    server.faults = None
    assert set(statuses(project.apply()).values()) == {"updated"}
    assert_settled(project)


def test_what_dss_changed_is_stored_though_its_action_was_skipped(project, server):
    write_article(project)
    project.write("wiki/articles/2.md", "New words")
    plan = project.plan()
    server.faults = in_turn("GET", f"/projects/{KEY}/wiki/2", ANSWER)
    assert statuses(project.apply(plan))[f"wiki.{KEY}"] == "skipped"
    done = statuses(project.apply())
    assert done == {f"wiki_article.{KEY}.2": "updated", f"wiki.{KEY}": "adopted"}
    assert_settled(project)


def test_object_that_dss_lists_is_not_forgotten(project, server):
    """DSS may say that it has none, of an object that is there."""
    recipe = "compute_orders_archive"
    project.remove(f"recipes/{recipe}.json", f"recipes/{recipe}.sync")
    plan = project.plan(allow_delete=True)
    missing = "com.dataiku.dip.exceptions.NotFoundException"
    path = f"/projects/{KEY}/recipes/{recipe}"
    server.faults = in_turn("GET", path, Fault.error(404, missing, "no"))
    (result,) = project.apply(plan).results
    assert result.status.value == "failed"
    assert "and has none when it is requested" in result.reason
    assert list(statuses(project.apply(allow_delete=True)).values()) == ["deleted"]
    plan = project.plan()
    assert actions(plan) == {}


def test_what_refers_to_another_new_object_is_found_again(project, crash):
    """Though the code has its own id of that one, and DSS another."""
    project.write("insights/insAAAA.json", {**TABLE, **SHOWN})
    tile = {"tileType": "INSIGHT", "insightId": "insAAAA"}
    pages = [{"id": "p1", "grid": {"tiles": [tile]}}]
    project.write("dashboards/dasAAAA.json", {"name": "Extras", "pages": pages})
    crash("POST", f"/projects/{KEY}/dashboards")
    assert list(statuses(project.apply()).values()) == ["adopted"] * 2
    assert names(project, "dashboard").count("Extras") == 1
    assert_settled(project)


def test_what_was_created_stays_ours_through_several_crashes(project, crash):
    project.write("datasets/extra.json", {"type": "Inline", "params": {}})
    crash("POST", f"/projects/{KEY}/datasets")
    project.edit("datasets/extra.json", shortDesc="All orders")
    crash("PUT", f"/projects/{KEY}/datasets/extra")
    assert statuses(project.apply()) == {EXTRA: "adopted"}
    assert_settled(project)


def test_what_was_completed_and_not_read_again_is_adopted(project, server):
    """DSS adds to it what the code does not have, so it is not just as planned.

    With another object the state has stored what its id in DSS is.
    """
    project.edit("datasets/orders.json", shortDesc="All orders")
    write_article(project, "About extras")
    plan = project.plan()
    path = f"/projects/{KEY}/wiki/3"
    server.faults = in_turn("GET", path, None, ANSWER)
    assert "failed" in statuses(project.apply(plan)).values()
    found = statuses(project.apply())
    assert found[f"wiki_article.{KEY}.3"] == "adopted"
    assert_settled(project)


@pytest.mark.parametrize("is_edited", [True, False])
@pytest.mark.parametrize("new_name", ["Extras", "Theirs"])
def test_what_somebody_completed_since_it_was_begun_is_not_overwritten(
    project, server, is_edited, new_name
):
    """It was created, but not completed: another one is made in no case."""
    project.write("wiki/articles/9.json", {"name": "Extras"})
    project.write("wiki/articles/9.md", "Ours")
    plan = project.plan()
    broken = Fault.error(500, "java.lang.NullPointerException", "boom")
    server.faults = lambda method, path: broken if method == "PUT" else None
    (result,) = project.apply(plan).results
    server.faults = None
    assert result.begun
    article = project.dss.get_wiki().get_article(result.begun.rpartition(".")[2])
    if is_edited:
        data = article.get_data()
        data.set_name(new_name)
        data.set_body("Theirs")
        data.save()
    plan = project.plan()
    planned = "conflict" if is_edited else "update"
    assert actions(plan)[result.begun] == planned
    assert "create" not in actions(plan).values()
    project.apply(plan)
    text = "Theirs" if is_edited else "Ours"
    assert article.get_data().get_body() == text
