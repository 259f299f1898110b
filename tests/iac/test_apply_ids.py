"""Applies of objects whose ids DSS generates: remembered, found again, never twice."""

from dataclasses import replace

import pytest

from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, in_turn
from iac.applying import Project, assert_settled, statuses

KEY = SAMPLE_PROJECT_KEY
ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")


@pytest.fixture
def project(server, tmp_path):
    """The sample project, stored and pulled."""
    return Project(server, KEY, tmp_path / KEY, tmp_path / "dev.state.json").sync()


WEB_APP, CODE_ID = "web_apps/nEw0001.json", f"web_app.{KEY}.nEw0001"
WEB_APPS = f"/projects/{KEY}/webapps"


def add_web_app(project):
    project.write(WEB_APP, {"name": "New map", "type": "STANDARD", "params": {}})
    project.write("web_apps/nEw0001/app.js", "draw()\n")


def web_apps(project):
    """Return the ids of the web apps of that name."""
    listed = project.dss.list_webapps()
    return [item["id"] for item in listed if item["name"] == "New map"]


def test_state_remembers_the_ids_that_dss_generates(project):
    add_web_app(project)
    result = project.apply()
    assert statuses(result) == {CODE_ID: "created"}
    (live,) = web_apps(project)
    assert result.results[0].resource_id == f"web_app.{KEY}.{live}" != CODE_ID
    assert f"in DSS web_app.{KEY}.{live}" in str(result)
    assert (
        project.dss.get_webapp(live).get_settings().data["params"]["js"] == "draw()\n"
    )
    assert_settled(project)
    project.write("web_apps/nEw0001/app.js", "draw(1)\n")
    assert statuses(project.apply()) == {f"web_app.{KEY}.{live}": "updated"}
    assert web_apps(project) == [live]


@pytest.mark.parametrize("fault", [ANSWER, Fault.reset()])
def test_generated_object_whose_response_gets_lost_is_found(project, server, fault):
    add_web_app(project)
    plan = project.plan()
    server.faults = in_turn("POST", WEB_APPS, fault.once_stored())
    result = project.apply(plan)
    assert statuses(result) == {CODE_ID: "created"}
    assert len(web_apps(project)) == 1
    assert_settled(project)


def test_generated_object_that_was_not_created_is_not_found(project, server):
    add_web_app(project)
    plan = project.plan()
    server.faults = in_turn("POST", WEB_APPS, ANSWER)
    assert statuses(project.apply(plan)) == {CODE_ID: "failed"}
    assert web_apps(project) == []
    assert statuses(project.apply()) == {CODE_ID: "created"}


def create_the_same(project):
    project.dss.client._perform_json(
        "POST", f"{WEB_APPS}/", body={"name": "New map", "type": "STANDARD"}
    )


def test_what_cannot_be_told_apart_is_uncertain_and_never_made_twice(project, server):
    add_web_app(project)
    plan = project.plan()
    lost = replace(ANSWER.once_stored(), action=lambda: create_the_same(project))
    server.faults = in_turn("POST", WEB_APPS, lost)
    result = project.apply(plan)
    assert len(web_apps(project)) == 2
    assert statuses(result) == {CODE_ID: "uncertain"}
    assert "look at them in DSS" in result.results[0].reason
    (action,) = [item for item in project.plan().actions if item.resource_id == CODE_ID]
    assert action.action_type.value == "blocked"
    assert len(web_apps(project)) == 2


def test_namesake_that_was_created_since_the_plan_is_told(project):
    add_web_app(project)
    plan = project.plan()
    create_the_same(project)
    result = project.apply(plan)
    assert statuses(result) == {CODE_ID: "refused"}
    assert "of the same name" in result.results[0].reason
    assert len(web_apps(project)) == 1


def test_creation_that_cannot_be_looked_up_is_uncertain(project, server):
    add_web_app(project)
    plan = project.plan()
    plans = [
        in_turn("POST", WEB_APPS, Fault.reset()),
        in_turn("GET", WEB_APPS, None, Fault.page(502)),
    ]
    server.faults = lambda *request: next(
        filter(None, (plan(*request) for plan in plans)), None
    )
    assert statuses(project.apply(plan)) == {CODE_ID: "uncertain"}
    server.faults = None
    assert statuses(project.apply()) == {CODE_ID: "created"}
    assert len(web_apps(project)) == 1


def test_what_is_created_is_completed_by_the_next_apply(project, server):
    add_web_app(project)
    project.edit(WEB_APP, description="With a description, which is saved later")
    plan = project.plan()
    server.faults = in_turn("PUT", f"{WEB_APPS}/*", ANSWER)
    result = project.apply(plan)
    assert statuses(result) == {CODE_ID: "failed"}
    assert "but not completed" in result.results[0].reason
    assert set(statuses(project.apply()).values()) == {"updated"}
    assert len(web_apps(project)) == 1
    assert_settled(project)
