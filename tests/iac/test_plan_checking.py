"""What is checked before a plan is executed: rights, what it needs, and names."""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager, open_source
from dataikuapi.iac.plan.checking import (
    check_names,
    check_references,
    new_references,
    written_projects,
)
from dataikuapi.iac.prechecks import check_plan
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.sandbox.kinds.code_env import CODE_ENV
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sources import pull_project
from iac.planning import of_orders
from iac.test_plan import ORDERS, A, B, item, orders, planned, state

KEY = SAMPLE_PROJECT_KEY
PG, LAKE = "connection.@instance.pg", "connection.@instance.lake"


def on(connection, **attributes):
    return orders(params={"connection": connection}, **attributes)


def test_only_new_references_count():
    plan = of_orders([on("pg")], [on("lake")], [on("pg")])
    assert new_references(plan) == {LAKE: [ORDERS]}
    assert new_references(of_orders([], [on("pg")], [])) == {PG: [ORDERS]}
    plan = of_orders([on("pg", x=1)], [on("pg", x=2)], [on("pg", x=1)])
    assert new_references(plan) == {}
    kept = of_orders([on("pg")], [on("pg")], [on("lake")])
    assert new_references(kept) == {}
    assert new_references(of_orders([], [on("odd\nname")], [])) == {}


def test_what_a_variable_names_is_not_known():
    (finding,) = check_references(of_orders([], [on("${db}")], []), state())
    assert finding.is_unknown
    assert "has a variable" in finding.text


def test_projects_that_are_written():
    assert written_projects(of_orders([A], [B], [A])) == ["SHOP"]
    assert written_projects(of_orders([A], [A], [B])) == []


def test_name_is_as_dss_spells_it():
    odd = item("library_file.SHOP.python//x.py", content="")
    types = ["project", "library_file"]
    sides = [state(*each, types=types) for each in ((), (odd,), ())]
    (finding,) = check_names(planned(*sides))
    assert finding.subject == odd.resource_id
    assert "write library_file.SHOP.python/x.py" in finding.text


@pytest.fixture
def with_connection(store, server, tmp_path):
    """Return a function: what a key is told of a dataset on another connection."""
    store.instance.add(CONNECTION, "pg")
    store.instance.add(CONNECTION, "hidden", usableBy="ALLOWED", allowedGroups=["x"])
    store.instance.add(CODE_ENV, "PYTHON/py39")
    admin = StateManager(
        LocalFileBackend(tmp_path / "dev.state.json"),
        DSSClient(server.url, server.api_key),
        "dev",
    )
    admin.save_state(admin.sync_project(KEY))
    folder = tmp_path / KEY
    pull_project(admin.load_state(), folder)

    def edit(path, change):
        document = json.loads((folder / path).read_text())
        change(document)
        (folder / path).write_text(json.dumps(document))

    def checked(connection, api_key=None, code_env=None):
        edit(
            "datasets/orders.json",
            lambda it: it["params"].update(connection=connection),
        )
        if code_env:
            path = "recipes/compute_orders_enriched.json"
            selection = {"envMode": "EXPLICIT_ENV", "envName": code_env}
            edit(path, lambda it: it["params"].update(envSelection=selection))
        client = DSSClient(server.url, api_key or server.api_key)
        manager = StateManager(admin.backend, client, "dev")
        plan = manager.plan(open_source(str(folder)).read())
        assert plan.has_changes()
        return check_plan(manager, plan)

    return checked


def test_nothing_stands_against_it(with_connection):
    assert with_connection("pg", code_env="py39") == ()


def test_what_dss_does_not_have(with_connection):
    connection, code_env = sorted(with_connection("nowhere", code_env="py27"))[::-1]
    assert connection.subject == "connection.@instance.nowhere"
    assert f"DSS does not have it; needed by dataset.{KEY}.orders" in connection.text
    assert "connections and code_envs in dataiku-iac.yaml" in connection.text
    assert code_env.subject == "code_env.@instance.python/py27"
    assert not connection.is_unknown and not code_env.is_unknown


def test_key_that_administers_nothing(with_connection, store):
    """It sees the names of the connections that it may use."""
    key = store.add_api_key("rea", can_admin=False)
    assert with_connection("pg", key) == ()
    for name in ("hidden", "nowhere"):
        (finding,) = with_connection(name, key)
        assert finding.is_unknown
        assert "the API key does not see it" in finding.text


def refuse(*ends):
    error = Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")
    return lambda method, path: error if path.endswith(ends) else None


def test_key_that_may_not_write(with_connection, server, monkeypatch):
    """Somebody else planned: a key that may not write cannot read the settings."""
    plan_with = StateManager.plan

    def planned_first(manager, source):
        plan = plan_with(manager, source)
        server.faults = refuse("/permissions", "/settings")
        return plan

    monkeypatch.setattr(StateManager, "plan", planned_first)
    (finding,) = with_connection("pg")
    assert str(finding).startswith(f"project.{KEY}: the API key may not write to it")
    assert not finding.is_unknown


def test_key_that_may_write_and_not_administer(with_connection, server):
    server.faults = refuse("/permissions")
    assert with_connection("pg") == ()


def test_dss_that_does_not_answer_leaves_it_unknown(
    with_connection, server, monkeypatch
):
    plan_with = StateManager.plan

    def planned_first(manager, source):
        plan = plan_with(manager, source)
        error = Fault.error(500, "java.lang.NullPointerException", "oops")
        server.faults = lambda method, path: error if "auth" not in path else None
        return plan

    monkeypatch.setattr(StateManager, "plan", planned_first)
    found = with_connection("pg")
    assert [finding.is_unknown for finding in found] == [True, True]


def test_project_that_is_gone_and_one_that_is_new(with_connection, store, monkeypatch):
    plan_with = StateManager.plan

    def planned_first(manager, source):
        plan = plan_with(manager, source)
        store.delete_project(KEY)
        return plan

    monkeypatch.setattr(StateManager, "plan", planned_first)
    (finding,) = with_connection("pg")
    assert finding.subject == f"project.{KEY}"
    assert not finding.is_unknown


def test_dss_that_is_not_available_is_no_matter_of_the_key(
    with_connection, server, monkeypatch
):
    plan_with = StateManager.plan

    def planned_first(manager, source):
        plan = plan_with(manager, source)
        server.faults = lambda method, path: (
            Fault.error(500, "java.lang.IllegalStateException", "starting")
            if "connections" in path
            else None
        )
        return plan

    monkeypatch.setattr(StateManager, "plan", planned_first)
    (finding,) = with_connection("pg")
    assert finding.is_unknown
    assert "starting" in finding.text
    assert "does not see it" not in finding.text
