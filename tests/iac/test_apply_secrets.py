"""Secrets beside what an apply changes: they stay in DSS, and get nowhere else."""

import logging

import pytest

from dataikuapi.iac.plan.saved import write_plan
from dataikuapi.iac.reports.plan_html import plan_html
from dataikuapi.iac.reports.plan_json import render_plan_json
from dataikuapi.iac.reports.plan_markdown import render_plan_markdown
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY
from dataikuapi.iac.sandbox import Fault, in_turn
from iac.applying import Project, statuses

SECRET = "hunter2-very-secret"
HOOK = f"https://hooks.slack.com/services/{SECRET}"


def plant(server):
    """Put a secret into objects of several types."""
    project = server.store.project(KEY)
    kinds = {kind.label: kind for kind in server.store.kinds}

    def change(label, name, edit):
        objects = project.objects(kinds[label])
        document = objects.get(name)
        edit(document)
        objects.save(name, document, "ann")

    def hook(document):
        messaging = {"type": "slack-scenario", "configuration": {"webhookUrl": HOOK}}
        document["reporters"][0]["messaging"] = messaging

    change("dataset", "orders", lambda it: it["params"].update(password=SECRET))
    change("web app", "kB3xT9q", lambda it: it.update(apiKey=SECRET))
    change("scenario", "REFRESH_ORDERS", hook)
    change("variables", "", lambda it: it["standard"].update(db_password=SECRET))
    change("variables", "", lambda it: it["local"].update(db_password=SECRET))


def planted(server):
    """Return the documents that have the secret, without their bookkeeping."""
    found = {}
    for kind in server.store.kinds:
        objects = server.store.project(KEY).objects(kind)
        for name in objects.names():
            count = repr(objects.get(name)).count(SECRET)
            if count:
                found[kind.label, name] = count
    return found


@pytest.fixture
def project(server, tmp_path):
    """The sample project with secrets, stored and pulled."""
    plant(server)
    folder, state = tmp_path / KEY, tmp_path / "dev.state.json"
    return Project(server, KEY, folder, state).sync()


@pytest.mark.parametrize("reports", ["nothing", "the secret"])
def test_secrets_stay_where_they_are(project, server, tmp_path, caplog, reports):
    """Even if DSS reports them in an error."""
    caplog.set_level(logging.DEBUG)
    before = planted(server)
    assert sum(before.values()) == 5
    project.edit("datasets/orders.json", shortDesc="All orders")
    project.edit("scenarios/REFRESH_ORDERS.json", active=False)
    project.edit("web_apps/kB3xT9q.json", tags=["maps"])
    project.edit("variables.json", threshold="7")
    plan = project.plan()
    write_plan(plan, tmp_path / "plan.json")
    if reports == "the secret":
        error = f"cannot log in with password={SECRET}, and {HOOK}"
        fault = Fault.error(500, "java.lang.RuntimeException", error)
        server.faults = in_turn("PUT", "*", *[fault.once_stored()] * 4)
    result = project.apply(plan)
    assert set(statuses(result).values()) == {"updated"}
    assert len(result.results) == 4
    assert planted(server) == before
    told = [
        str(plan),
        repr(plan),
        str(result),
        repr(result.results),
        render_plan_json(plan),
        render_plan_markdown(plan),
        plan_html(plan),
        caplog.text,
    ]
    assert [text for text in told if SECRET in text] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "dev.state.json.journal.jsonl" in files
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert project.plan().has_changes() is False
