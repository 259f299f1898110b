"""The command plan, over HTTP: what it shows, and how it exits."""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac.plan import read_plan
from dataikuapi.iac.reports.plan_json import render_plan_json
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, sample_folder

pytestmark = pytest.mark.all_types
KEY = SAMPLE_PROJECT_KEY
DATASET, RECIPE = f"dataset.{KEY}.orders", f"recipe.{KEY}.compute_orders_enriched"
SCRIPT = "recipes/compute_orders_enriched.py"


@pytest.fixture
def project(server):
    """The sample project, to be changed in DSS."""
    return DSSClient(server.url, server.api_key).get_project(KEY)


@pytest.fixture
def folder(run, tmp_path):
    """The code of the project, as it is in DSS and in the stored state."""
    assert run("sync", "--project", KEY)[0] == 0
    assert run("pull", "--project", KEY)[0] == 0
    return tmp_path / KEY


def edit_live(project, text="By hand"):
    settings = project.get_dataset("orders").get_settings()
    settings.get_raw()["shortDesc"] = text
    settings.save()


def edit(folder, text="All orders"):
    path = folder / "datasets" / "orders.json"
    document = {**json.loads(path.read_text("utf-8")), "shortDesc": text}
    path.write_text(json.dumps(document, indent=2), "utf-8")


def remove(folder):
    (folder / SCRIPT).unlink()
    (folder / SCRIPT).with_suffix(".json").unlink()


def test_nothing_to_do(run, folder):
    code, output, errors = run("plan", f"./{KEY}")
    assert (code, errors) == (0, "")
    assert output.splitlines()[-1].startswith("No changes.")


def test_edit_is_something_to_do(run, folder):
    edit(folder)
    code, output, _ = run("plan", f"./{KEY}")
    assert code == 2
    assert f"~ update {DATASET}" in output or f"~ {DATASET}" in output
    assert "All orders" in output
    last = output.splitlines()[-1]
    assert last == "Plan: 0 to create, 1 to update, 0 to delete; 0 conflicts."


def test_plan_writes_nothing(run, folder, server):
    edit(folder)
    methods = []
    server.faults = lambda method, path: methods.append(method)
    assert run("plan", f"./{KEY}")[0] == 2
    assert set(methods) == {"GET"}


def test_edit_in_dss_is_kept(run, folder, project):
    edit_live(project)
    code, output, _ = run("plan", f"./{KEY}")
    assert code == 0
    assert "1 kept" in output.splitlines()[-1]
    code, output, _ = run("plan", f"./{KEY}", "--revert-drift")
    assert code == 2
    assert "1 to update" in output.splitlines()[-1]


def test_conflict_says_how_to_decide_it(run, folder, project):
    edit(folder)
    edit_live(project)
    code, output, errors = run("plan", f"./{KEY}")
    assert code == 3
    assert "All orders" in output
    assert "By hand" in output
    assert "--take code ID, or --take live ID" in errors
    assert run("plan", f"./{KEY}", "--take", "code", DATASET)[0] == 2
    assert run("plan", f"./{KEY}", "--take", "live", DATASET)[0] == 0


def test_delete_only_if_that_is_allowed(run, folder):
    remove(folder)
    code, output, _ = run("plan", f"./{KEY}")
    assert code == 0
    assert "deleted if deletes are allowed" in output
    code, output, _ = run("plan", f"./{KEY}", "--allow-delete")
    assert code == 2
    assert "1 to delete" in output.splitlines()[-1]


def test_data_is_dropped_only_if_that_is_asked_for(run, folder):
    for path in folder.rglob("*orders_archive.*"):
        path.unlink()
    code, output, _ = run("plan", f"./{KEY}", "--allow-delete", "--format", "markdown")
    assert code == 2
    assert "deletes dataset orders_archive; its data stays" in output
    dropping = ("--allow-delete", "--delete-data", "--format", "markdown")
    code, output, _ = run("plan", f"./{KEY}", *dropping)
    assert code == 2
    assert "dataset orders_archive, and its data is dropped for good" in output
    assert run("plan", f"./{KEY}", "--delete-data")[0] == 0


def test_what_is_protected_is_not_deleted(run, folder, tmp_path, server):
    remove(folder)
    (tmp_path / "dataiku-iac.yaml").write_text(
        f"projects:\n  {KEY}: {{source: {KEY}}}\n"
        f"manage:\n  protect: ['recipe.*']\n"
        f"environments:\n  dev: {{host: '{server.url}'}}\n"
    )
    code, output, _ = run("plan", "--allow-delete")
    assert code == 0
    assert "protected" in output


def test_what_cannot_be_read_is_blocked(run, folder, server):
    edit(folder)
    error = Fault.error(403, "com.dataiku.dip.X", "no")
    end = f"/projects/{KEY}/recipes/compute_orders_enriched"
    server.faults = lambda method, path: error if path.endswith(end) else None
    code, output, _ = run("plan", f"./{KEY}")
    assert code == 3
    assert RECIPE in output
    assert run("plan", f"./{KEY}", "--allow-unknown")[0] == 2


def test_too_many_changes_are_refused(run, folder):
    for path in (folder / "datasets").glob("*.json"):
        document = {**json.loads(path.read_text("utf-8")), "shortDesc": "new"}
        path.write_text(json.dumps(document), "utf-8")
    code, output, _ = run("plan", f"./{KEY}", "--max-change", "1")
    assert code == 3
    assert "managed objects" in output
    assert run("plan", f"./{KEY}", "--max-change", "100%")[0] == 2
    assert run("plan", f"./{KEY}", "--max-change", "all")[0] == 64


def test_targets(run, folder):
    edit(folder)
    (folder / SCRIPT).write_text("print(1)\n")
    _, output, _ = run("plan", f"./{KEY}", "--target", "recipe.*")
    assert "1 to update" in output.splitlines()[-1]


def test_plan_is_saved_and_reads_as_it_was_shown(run, folder, tmp_path):
    edit(folder)
    code, output, errors = run("plan", f"./{KEY}", "--out", "a plan.json")
    assert code == 2
    assert errors == (
        "the plan is saved in a plan.json; to execute it: dataiku-iac apply "
        "'a plan.json'\n"
    )
    assert f"{read_plan(tmp_path / 'a plan.json')}\n" == output
    code, document, _ = run(
        "plan", f"./{KEY}", "--out", "a plan.json", "--format", "json", "--quiet"
    )
    assert code == 2
    saved = render_plan_json(read_plan(tmp_path / "a plan.json"))
    assert json.loads(saved) == json.loads(document)


def test_plan_is_saved_also_if_there_is_nothing_to_do(run, folder, tmp_path):
    code, _, errors = run("plan", f"./{KEY}", "--out", "plan.json")
    assert code == 0
    assert errors == "the plan is saved in plan.json; there is nothing to do\n"
    assert not read_plan(tmp_path / "plan.json").has_changes()
    edit(folder)
    _, _, errors = run("plan", f"./{KEY}", "--out", "plan.json", "--max-change", "0")
    assert errors.endswith("it is refused, so nothing would be done\n")


def test_plan_replaces_no_other_file(run, folder, tmp_path, server):
    """And says so before it reads anything."""
    paths = []
    server.faults = lambda method, path: paths.append(path)
    state_file = ".dataiku/state/dev.state.json"
    before = (tmp_path / state_file).read_bytes()
    for name, message in (
        (f"{KEY}/params.json", "is not a plan, so it is not replaced"),
        (state_file, "is not a plan, so it is not replaced"),
        ("/dev/null", "not a regular file"),
    ):
        code, _, errors = run("plan", f"./{KEY}", "--out", name)
        assert code == 1
        assert message in errors
    code, _, errors = run("plan", f"./{KEY}", "--out", "-")
    assert code == 64
    assert "--out takes the name of a file; -o writes what is shown" in errors
    assert (tmp_path / state_file).read_bytes() == before
    assert paths == []


def test_checks_before_a_plan_is_executed(run, folder, server):
    """They only read."""
    methods = []
    server.faults = lambda method, path: methods.append(method)
    edit(folder)
    code, _, errors = run("plan", f"./{KEY}", "--check")
    assert (code, errors) == (2, "checked: nothing stands against executing the plan\n")
    path = folder / "datasets" / "orders.json"
    document = json.loads(path.read_text("utf-8"))
    document["params"]["connection"] = "nowhere"
    path.write_text(json.dumps(document), "utf-8")
    assert run("plan", f"./{KEY}")[0] == 2
    code, _, errors = run("plan", f"./{KEY}", "--check", "--quiet")
    assert code == 3
    assert errors.startswith("failed: connection.@instance.nowhere: DSS does not have")
    assert set(methods) == {"GET"}


@pytest.mark.parametrize("name", ["json", "markdown"])
def test_formats(run, folder, name):
    edit(folder)
    code, output, _ = run("plan", f"./{KEY}", "--format", name)
    assert code == 2
    if name == "json":
        document = json.loads(output)
        changed = [x for x in document["resources"] if x["action"] == "update"]
        assert [item["resource_id"] for item in changed] == [DATASET]
    else:
        assert "shortDesc" in output


def test_older_version_is_a_source(run, folder, project):
    """Back to what it was; what was stored since is not drift."""
    edit_live(project)
    run("refresh")
    code, output, _ = run("plan", "version:1")
    assert code == 2
    assert "By hand" in output


def test_other_environment_without_a_shared_project_is_refused(
    run, folder, tmp_path, server
):
    host = f"{{host: '{server.url}'}}"
    prod = f"{{host: '{server.url}', project_keys: {{OTHER: OTHER_PROD}}}}"
    text = f"environments:\n  dev: {host}\n  prod: {prod}\n"
    (tmp_path / "dataiku-iac.yaml").write_text(text)
    assert run("plan", "env:dev")[0] == 0
    code, _, errors = run("plan", "env:dev", "-e", "prod")
    assert code == 64
    assert "env:dev has no project that prod has as well" in errors


def test_without_a_source_it_says_what_to_do(run, folder):
    code, _, errors = run("plan")
    assert code == 64
    assert "name a SOURCE such as ./SHOP, or configure projects" in errors


def test_without_a_stored_state_what_is_alike_is_adopted(run, folder, tmp_path):
    for path in (tmp_path / ".dataiku" / "state").glob("dev.state.json*"):
        path.unlink()
    code, output, _ = run("plan", f"./{KEY}")
    assert code == 2
    assert "to adopt" in output.splitlines()[-1]


def test_environment_has_its_own_keys_and_values(run, store, server, tmp_path):
    """The code is laid out for it: project key, connections, patches."""
    store.load_folder(sample_folder(), "PROD")
    assert run("pull", "--project", KEY)[0] == 0
    (tmp_path / "dataiku-iac.yaml").write_text(
        f"projects:\n  {KEY}: {{source: {KEY}}}\n"
        "environments:\n  dev:\n"
        f"    host: '{server.url}'\n"
        f"    project_keys: {{{KEY}: PROD}}\n"
        "    patch:\n"
        f"      - {{id: {DATASET}, pointer: /shortDesc, value: In production}}\n"
    )
    assert run("sync")[0] == 0
    code, output, _ = run("plan")
    assert code == 2
    assert "dataset.PROD.orders" in output
    assert "In production" in output
    last = output.splitlines()[-1]
    assert last.startswith("Plan: 0 to create, 1 to update, 0 to delete; 0 conflicts")
