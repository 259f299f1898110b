"""The commands that change DSS, over HTTP: what they show and ask, how they exit."""

import json
import sys

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac.cli import asking
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, in_turn
from iac.applying import recorded, writes

pytestmark = pytest.mark.all_types
KEY = SAMPLE_PROJECT_KEY
ORDERS, RECIPE = f"dataset.{KEY}.orders", f"recipe.{KEY}.compute_orders_enriched"
PATH = f"/projects/{KEY}/datasets/orders"
ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")


@pytest.fixture
def project(server):
    """The sample project, as somebody else uses it."""
    return DSSClient(server.url, server.api_key).get_project(KEY)


@pytest.fixture
def folder(run, tmp_path):
    """The code of the project, as it is in DSS and in the stored state."""
    assert run("sync", "--project", KEY)[0] == 0
    assert run("pull", "--project", KEY)[0] == 0
    return tmp_path / KEY


@pytest.fixture
def answer(monkeypatch):
    """Return a function that sets what somebody at a terminal answers."""

    def set_answer(text):
        monkeypatch.setattr(asking, "is_terminal", lambda stream: True)
        monkeypatch.setattr(sys.stdin, "readline", lambda: text)

    return set_answer


def edit(folder, text="All orders"):
    path = folder / "datasets" / "orders.json"
    document = {**json.loads(path.read_text("utf-8")), "shortDesc": text}
    path.write_text(json.dumps(document, indent=2), "utf-8")


def short_description(project):
    return project.get_dataset("orders").get_settings().get_raw().get("shortDesc")


def edit_live(project, **values):
    settings = project.get_dataset("orders").get_settings()
    settings.get_raw().update(values)
    settings.save()


def test_plan_is_shown_and_done(run, folder, project):
    edit(folder)
    code, output, errors = run("apply", f"./{KEY}", "--yes")
    assert (code, errors) == (0, "")
    plan, _, done = output.partition("Plan: 0 to create, 1 to update")
    assert "All orders" in plan
    assert f"~ updated {ORDERS}" in done
    assert output.splitlines()[-1] == "Apply: 0 created, 1 updated, 0 deleted."
    assert short_description(project) == "All orders"
    assert run("plan", f"./{KEY}")[0] == 0
    assert run("drift")[0] == 0


def test_nothing_to_do(run, folder, server):
    requests = recorded(server)
    code, output, _ = run("apply", f"./{KEY}", "--yes")
    assert code == 0
    assert output.splitlines()[-1].startswith("No changes.")
    assert writes(requests) == []


def test_without_a_terminal_nobody_is_asked(run, folder, project):
    edit(folder)
    code, _, errors = run("apply", f"./{KEY}")
    assert code == 64
    assert "pass --yes" in errors
    assert short_description(project) != "All orders"


@pytest.mark.parametrize(
    ("text", "is_done"), [("yes", True), ("y", False), ("", False)]
)
def test_only_yes_is_consent(run, folder, project, answer, text, is_done):
    edit(folder)
    answer(text)
    code, _, errors = run("apply", f"./{KEY}")
    assert "Do this in dev" in errors
    assert (short_description(project) == "All orders") is is_done
    assert code == (0 if is_done else 1)


def test_saved_plan_is_what_is_done(run, folder, project, tmp_path):
    edit(folder)
    plan = tmp_path / "plan.json"
    assert run("plan", f"./{KEY}", "--out", str(plan))[0] == 2
    assert run("apply", str(plan), "--yes")[0] == 0
    assert short_description(project) == "All orders"


def test_saved_plan_is_not_done_if_the_code_has_changed(run, folder, project, tmp_path):
    edit(folder)
    plan = tmp_path / "plan"
    run("plan", f"./{KEY}", "--out", str(plan))
    edit(folder, "Something else")
    code, _, errors = run("apply", str(plan), "--yes")
    assert code == 1
    assert "the code has changed since" in errors
    assert short_description(project) != "All orders"


def test_saved_plan_is_done_where_the_code_is_not_at_hand(
    run, folder, project, tmp_path
):
    edit(folder)
    plan = tmp_path / "plan.json"
    run("plan", f"./{KEY}", "--out", str(plan))
    folder.rename(tmp_path / "elsewhere")
    code, _, errors = run("apply", str(plan), "--yes")
    assert code == 0
    assert "whether the code has changed since is not known" in errors
    assert short_description(project) == "All orders"


@pytest.mark.parametrize("key", [("--key", KEY), ()])
def test_saved_plan_of_a_folder_with_another_name_than_its_key(
    run, folder, project, tmp_path, key
):
    edit(folder)
    (folder / ".dataiku-iac.json").unlink()  # As in a repository of DSS itself.
    folder.rename(tmp_path / "code")
    assert run("plan", "./code", "--key", KEY, "--out", "plan.json")[0] == 2
    if key:
        edit(tmp_path / "code", "Something else")
        code, _, errors = run("apply", "plan.json", *key, "--yes")
        assert code == 1
        assert "the code has changed since" in errors
        edit(tmp_path / "code")
    code, _, errors = run("apply", "plan.json", *key, "--yes")
    assert code == 0
    assert ("--key says which it has" in errors) is not bool(key)
    assert short_description(project) == "All orders"


def test_plan_file_that_is_not_there(run, folder):
    code, _, errors = run("apply", "nothing.json", "--yes")
    assert code == 1
    assert "there is no plan at nothing.json" in errors


def test_target_that_is_nothing_is_an_error(run, folder):
    edit(folder)
    for options in (("--target", f"{ORDERS}x"), ("--take", "code", f"{ORDERS}x")):
        code, _, errors = run("plan", f"./{KEY}", *options)
        assert code == 1
        assert f"Did you mean {ORDERS}?" in errors


def test_saved_plan_has_its_own_options(run, folder, tmp_path):
    edit(folder)
    plan = tmp_path / "plan.json"
    run("plan", f"./{KEY}", "--out", str(plan))
    code, _, errors = run("apply", str(plan), "--allow-delete", "--yes")
    assert code == 64
    assert "plan again" in errors


def test_outdated_plan_is_refused(run, folder, project, tmp_path):
    edit(folder)
    plan = tmp_path / "plan.json"
    run("plan", f"./{KEY}", "--out", str(plan))
    edit_live(project, description="By hand")
    run("refresh")
    code, _, errors = run("apply", str(plan), "--yes")
    assert code == 1
    assert ORDERS in errors
    assert short_description(project) != "All orders"


def test_edit_since_the_plan_is_told_and_left(run, folder, project, tmp_path):
    edit(folder)
    plan = tmp_path / "plan.json"
    run("plan", f"./{KEY}", "--out", str(plan))
    edit_live(project, description="By hand")
    code, output, _ = run("apply", str(plan), "--yes")
    assert code == 3
    assert f"! refused {ORDERS}" in output
    assert "1 refused" in output.splitlines()[-1]


def test_failure_is_told(run, folder, server):
    edit(folder)
    server.faults = in_turn("PUT", PATH, ANSWER)
    code, output, _ = run("apply", f"./{KEY}", "--yes")
    assert code == 3
    assert "boom" in output
    assert "1 failed" in output.splitlines()[-1]


def test_conflict_is_left_and_the_rest_is_done(run, folder, project):
    edit(folder)
    (folder / "recipes" / "compute_orders_enriched.py").write_text("print(1)\n")
    edit_live(project, shortDesc="By hand")
    code, output, _ = run("apply", f"./{KEY}", "--yes")
    assert code == 3
    assert f"~ updated {RECIPE}" in output
    assert short_description(project) == "By hand"


def test_refused_plan_is_not_done(run, folder, project):
    edit(folder)
    code, output, _ = run("apply", f"./{KEY}", "--yes", "--max-change", "0")
    assert code == 3
    assert "refused" in output
    assert short_description(project) != "All orders"


def test_rollback_brings_an_older_version_back(run, folder, project):
    before = short_description(project)
    edit(folder)
    run("apply", f"./{KEY}", "--yes", "-m", "Describe orders")
    assert short_description(project) == "All orders"
    code, output, _ = run("rollback", "1", "--yes")
    assert code == 0
    assert f"~ updated {ORDERS}" in output
    assert short_description(project) == before
    _, output, _ = run("history", "--applies")
    newest, oldest = output.splitlines()
    assert "rollback to version 1" in newest
    assert "Describe orders" in oldest


def test_rollback_to_a_version_that_is_not_there(run, folder):
    code, _, errors = run("rollback", "77", "--yes")
    assert code == 1
    assert "77" in errors


def test_adopt_stores_what_dss_has(run, folder, project, server):
    project.create_dataset("extra", "Filesystem", {"connection": "c", "path": "p"})
    requests = recorded(server)
    code, output, _ = run("adopt", f"dataset.{KEY}.extra", "--yes")
    assert code == 0
    assert f"= adopted dataset.{KEY}.extra" in output
    assert writes(requests) == []
    assert run("show", f"dataset.{KEY}.extra")[0] == 0


def test_adopt_of_what_is_not_there(run, folder):
    code, _, errors = run("adopt", f"dataset.{KEY}.nothing", "--yes")
    assert code == 1
    assert "nothing" in errors


def test_effects_are_told_at_the_end(run, folder):
    path = next((folder / "web_apps").glob("*/backend.py"))
    path.write_text("print('new')\n")
    code, output, _ = run("apply", f"./{KEY}", "--yes")
    assert code == 0
    assert "Left to do in DSS:" in output
    assert "its backend has to be restarted" in output
