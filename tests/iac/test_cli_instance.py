"""sync, drift and refresh of what is in no project."""

import json
from pathlib import Path

import pytest
from jsonschema import validate

from dataikuapi.iac import schemas
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.sandbox.kinds.code_env import CODE_ENV
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.group import GROUP

pytestmark = pytest.mark.all_types
REPORT_SCHEMA = Path(schemas.__file__).parent / "diff_report_v2.schema.json"
PASSWORD = "kV7-tarragon-Lemur"


@pytest.fixture
def store(store):
    store.instance.add(CONNECTION, "pg", type="PostgreSQL", params={"pw": PASSWORD})
    store.instance.add(CONNECTION, "hr", usableBy="ALLOWED", allowedGroups=["hr"])
    return store


@pytest.fixture
def state_file(tmp_path):
    return tmp_path / ".dataiku" / "state" / "dev.state.json"


@pytest.fixture
def limited(run, store, monkeypatch):
    """Run a command with a key that administers nothing."""

    def command(*arguments):
        key = store.add_api_key("rea", can_admin=False)
        with monkeypatch.context() as patch:
            patch.setenv("DATAIKU_API_KEY", key)
            return run(*arguments)

    return command


def test_sync_reads_the_instance_and_counts_users(run, state_file):
    code, out, err = run("sync", "--instance")
    assert code == 0, err
    assert out.startswith("read 2 connections, 2 groups, 1 project folder; saved as")
    assert "1 user: counted, not read" in out
    state = json.loads(state_file.read_text("utf-8"))
    assert [entry["project"] for entry in state["scope"]] == ["@instance"]
    assert "connection.@instance.pg" in state["resources"]
    assert PASSWORD not in state_file.read_text("utf-8")


@pytest.mark.parametrize("flags", [(), ("--instance",)])
def test_one_object_of_the_instance_is_named_like_any_other(run, store, flags):
    assert run("sync", "--instance")[0] == 0
    store.instance.add(CODE_ENV, "PYTHON/py39", specPackageList="pandas", desc={})
    public = {**store.instance.get(CONNECTION, "hr"), "usableBy": "ALL"}
    store.instance.put(CONNECTION, "hr", public)
    one, new = "connection.@instance.hr", "code_env.@instance.python/py39"
    assert run("drift", "connection.@instance.pg", *flags)[0] == 0
    code, out, err = run("drift", one, *flags)
    assert (code, f"~ {one}" in out) == (2, True), err
    code, out, err = run("refresh", one, new, *flags)
    assert (code, f"+ {new}" in out, f"~ {one}" in out) == (0, True, True), err
    assert run("drift", one, new, *flags)[0] == 0
    assert run("state", "rm", new)[0] == 0
    store.instance.remove(CONNECTION, "hr")
    assert run("drift", one, *flags)[0] == 2
    assert run("refresh", one, *flags)[0] == 0


@pytest.mark.parametrize(
    ("resource_id", "message"),
    [
        (f"connection.{SAMPLE_PROJECT_KEY}.pg", "write connection.@instance.NAME"),
        ("dataset.@instance.orders", "invalid project key '@instance'"),
    ],
)
def test_id_in_the_wrong_place_is_wrong_usage(run, resource_id, message):
    code, _, err = run("drift", resource_id)
    assert (code, message in err) == (64, True)


def test_instance_is_a_project_to_the_commands(run, store):
    keys = ("--project", "@instance")
    code, out, _ = run("sync", *keys)
    assert (code, "1 user: counted" in out) == (0, True)
    for arguments in (("show",), ("state", "list"), ("state", "list", "--type=group")):
        code, out, _ = run(*arguments, *keys)
        assert (code, "group.@instance.readers" in out) == (0, True)
    store.instance.remove(CONNECTION, "hr")
    for more in ((), ("--instance",), ("--project", SAMPLE_PROJECT_KEY)):
        assert "- connection.@instance.hr" in run("drift", *keys, *more)[1]
    assert run("refresh", *keys)[0] == 0
    assert run("drift", *keys)[0] == 0
    for command in ("pull", "doctor"):
        assert run(command, *keys)[0] == 64


def test_types_of_projects_are_not_missed_on_the_instance(run):
    assert run("sync", "--instance")[0] == 0
    assert "disabled types" not in run("drift", "--instance")[1]


def test_sync_says_which_types_are_newly_watched(run):
    project = ("--project", SAMPLE_PROJECT_KEY)
    assert run("sync", *project, "--type", "project", "--type", "dataset")[0] == 0
    code, out, _ = run("sync", *project, "--type", "recipe")
    assert code == 0 and "newly watched: recipe" in out
    assert "not yet watched" not in out


@pytest.mark.parametrize("path", ["/python/a.py", "python//a.py", "./python/x/../a.py"])
def test_path_that_is_spelled_another_way_is_refused(run, path):
    """Else the same file would be in the state twice, and once be removed."""
    run("sync", "--project", SAMPLE_PROJECT_KEY)
    for command in ("drift", "refresh"):
        code, _, err = run(command, f"library_file.{SAMPLE_PROJECT_KEY}.{path}")
        assert code == 64, err
        assert f"write library_file.{SAMPLE_PROJECT_KEY}.python/a.py" in err


def test_drift_and_refresh_of_the_instance(run, store):
    run("sync", "--project", SAMPLE_PROJECT_KEY)
    assert run("sync", "--instance")[0] == 0
    store.instance.put(GROUP, "readers", {"admin": True, "sourceType": "LOCAL"})
    assert run("drift")[0] == 0
    code, out, _ = run("drift", "--instance")
    assert code == 2
    assert "Drift of the instance since serial 2" in out
    assert "~ group.@instance.readers" in out
    assert run("drift", "--instance", "connection.@instance.*")[0] == 0
    both = run("drift", "--instance", "--project", SAMPLE_PROJECT_KEY)
    assert both[0] == 2
    assert run("refresh")[0] == 0
    assert run("drift", "--instance")[0] == 2
    assert run("refresh", "--instance")[0] == 0
    assert run("drift", "--instance")[0] == 0
    code, out, _ = run("show", "group.@instance.readers")
    assert (code, "admin" in out) == (0, True)


def test_fewer_rights_end_with_3_and_change_nothing(run, limited, state_file):
    assert run("sync", "--instance")[0] == 0
    before = json.loads(state_file.read_text("utf-8"))["resources"]
    code, out, _ = limited("drift", "--instance")
    assert code == 3
    assert "connection.@instance.pg" in out
    assert "Use the key of an administrator" in " ".join(out.split())
    assert limited("sync", "--instance")[0] == 3
    assert limited("refresh", "--instance", "--allow-unknown")[0] == 0
    after = json.loads(state_file.read_text("utf-8"))["resources"]
    assert {key: item["attributes"] for key, item in after.items()} == {
        key: item["attributes"] for key, item in before.items()
    }
    assert run("drift", "--instance")[0] == 0


def test_first_sync_with_fewer_rights_stores_names(run, limited, state_file):
    code, out, err = limited("sync", "--instance")
    assert code == 3
    assert "may not read the definition of 2 groups" in err
    assert "code_env.@instance.*" in out
    state = json.loads(state_file.read_text("utf-8"))
    assert set(state["resources"]) == {
        "connection.@instance.pg",
        "group.@instance.administrators",
        "group.@instance.readers",
        "project_folder.@instance.ROOT",
    }
    code, out, _ = run("drift", "--instance")
    assert code == 3
    assert "not compared" in out
    assert "not yet watched: connection; sync to include" in out
    assert run("sync", "--instance")[0] == 0
    assert run("drift", "--instance")[0] == 0


@pytest.mark.parametrize("format_name", ["json", "markdown", "junit"])
def test_every_format_shows_the_instance(run, store, format_name):
    assert run("sync", "--instance")[0] == 0
    store.instance.put(GROUP, "readers", {"admin": True, "sourceType": "LOCAL"})
    code, out, err = run("drift", "--instance", "--format", format_name)
    assert code == 2, err
    assert "group.@instance.readers" in out
    if format_name == "json":
        report = json.loads(out)
        validate(report, json.loads(REPORT_SCHEMA.read_text("utf-8")))
        assert report["projects"] == ["@instance"]


def test_users_that_are_not_listed_are_not_counted(run, server):
    server.faults = lambda method, path: Fault.page(404) if "/users" in path else None
    code, out, _ = run("sync", "--instance")
    assert code == 0
    assert "user" not in out
