"""The command pull, over HTTP and as it is installed."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault, sample_folder
from iac.pulling import files_in, git, repository

KEY = SAMPLE_PROJECT_KEY
RECIPE = "compute_shipments"


@pytest.fixture
def project(server):
    """The sample project, to be changed in DSS."""
    return DSSClient(server.url, server.api_key).get_project(KEY)


@pytest.fixture
def fail(server):
    """Let the requests for one recipe fail, or for what else ends so."""

    def start(ending=f"/recipes/{RECIPE}"):
        error = Fault.error(500, "com.dataiku.X", "unexpected")
        server.faults = lambda method, path: error if path.endswith(ending) else None

    return start


@pytest.fixture
def pulled(run):
    """Like run, after a pull of the sample project."""
    assert run("pull", "--project", KEY)[0] == 0
    return run


def edit_script(project, text="print(2)\n"):
    settings = project.get_recipe("compute_orders_enriched").get_settings()
    settings.set_code(text)
    settings.save()


def test_pull_writes_the_project_and_says_so(run, tmp_path):
    code, out, err = run("pull", "--project", KEY)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert "  + recipes/compute_orders_enriched.py" in lines
    assert lines[-1] == f"{KEY} in {KEY}: 53 written, 0 removed, 0 unchanged"
    assert len(lines) == 54
    assert (tmp_path / KEY / "recipes" / "compute_orders_enriched.py").exists()


def test_name_that_no_file_can_have_is_left_out_if_that_is_asked_for(run, project):
    """On Windows, a colon separates drives and streams."""
    cell = {"cell_type": "code", "source": ["1"], "metadata": {}, "outputs": []}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 0}
    project.create_jupyter_notebook("a: b", notebook)
    code, _, errors = run("pull", "--project", KEY)
    assert code == 1
    assert f"notebook.{KEY}.a: b cannot have a file" in errors
    code, output, errors = run("pull", "--project", KEY, "--keep-going")
    assert code == 3
    assert f"notebook.{KEY}.a: b cannot have a file" in errors
    assert "  + recipes/compute_orders_enriched.py" in output


def test_folder_of_a_project_is_that_of_the_same_one(pulled, store, tmp_path):
    """Whatever else is in DSS."""
    store.load_folder(sample_folder(), "OTHER")
    code, output, _ = pulled("pull", KEY)
    assert (code, output) == (
        0,
        f"{KEY} in {KEY}: 0 written, 0 removed, 53 unchanged\n",
    )
    assert not (tmp_path / KEY / "OTHER").exists()


def test_second_pull_writes_nothing(pulled, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    code, out, _ = pulled("pull", "--project", KEY)
    assert (code, out) == (0, f"{KEY} in {KEY}: 0 written, 0 removed, 53 unchanged\n")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_what_changed_in_dss_is_written(pulled, project):
    edit_script(project)
    project.get_recipe(RECIPE).delete()
    code, out, _ = pulled("pull", "--project", KEY)
    assert code == 0
    assert out.splitlines() == [
        "  ~ recipes/compute_orders_enriched.py",
        "  - recipes/compute_shipments.CustomCode_parcel-tracking-events",
        "  - recipes/compute_shipments.json",
        f"{KEY} in {KEY}: 1 written, 2 removed, 50 unchanged",
    ]
    assert pulled("diff", f"./{KEY}", "live:dev")[0] == 0


# Where to


def test_folder_is_that_of_the_only_project(run, tmp_path):
    assert run("pull", "a/b", "--project", KEY)[0] == 0
    assert (tmp_path / "a" / "b" / "params.json").exists()
    assert run("diff", "./a/b", "live:dev")[0] == 0


def test_current_folder(run, tmp_path):
    assert run("pull", ".", "--project", KEY)[0] == 0
    assert (tmp_path / "params.json").exists()


def test_several_projects_are_in_folders_of_their_keys(run, store, tmp_path):
    store.add_project("CRM")
    assert run("pull", "x", "--project", KEY, "--project", "CRM")[0] == 0
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["CRM", KEY]
    code, out, _ = run("pull", "-q")
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "CRM in CRM",
        f"{KEY} in {KEY}",
    ]
    assert code == 0


def test_projects_of_the_configuration_file(run, tmp_path):
    config = f"environments:\n  dev:\n    project_keys: {{shop: {KEY}}}\n"
    (tmp_path / "dataiku-iac.yaml").write_text(config)
    assert run("pull", "here", "-e", "dev")[0] == 0
    assert (tmp_path / "here" / "params.json").exists()


def test_another_project_is_not_pulled_over_one(pulled, store, tmp_path):
    store.add_project("CRM")
    before = files_in(tmp_path / KEY)
    code, _, err = pulled("pull", KEY, "--project", "CRM")
    assert code == 1
    assert f"has project {KEY}, not CRM" in err and "--force" in err
    assert files_in(tmp_path / KEY) == before


def test_project_that_does_not_exist(run, tmp_path):
    code, out, err = run("pull", "--project", "NOPE")
    assert (code, out) == (1, "")
    assert "NOPE" in err
    assert not (tmp_path / "NOPE").exists()


# What somebody changed


def test_nothing_is_written_over_a_change(pulled, project, tmp_path):
    edit_script(project)
    script = tmp_path / KEY / "recipes" / "compute_orders_enriched.py"
    script.write_text("mine")
    before = files_in(tmp_path)
    code, out, err = pulled("pull", "--project", KEY)
    assert (code, out) == (1, "")
    assert f"  {KEY}/recipes/compute_orders_enriched.py: changed" in err
    assert "nothing was written" in err and "with --force" in err
    assert files_in(tmp_path) == before
    code, out, _ = pulled("pull", "--project", KEY, "--force")
    assert code == 0
    assert "  ~ recipes/compute_orders_enriched.py (changed since it was pulled)" in out
    assert script.read_text("utf-8") == "print(2)\n"


def test_conflict_in_one_project_keeps_all_from_being_written(
    pulled, project, store, tmp_path
):
    store.add_project("CRM")
    (tmp_path / KEY / "params.json").write_text("mine")
    assert pulled("pull")[0] == 1
    assert not (tmp_path / "CRM").exists()


def test_dry_run(run, tmp_path):
    code, out, _ = run("pull", "--project", KEY, "--dry-run")
    assert code == 0
    assert out.splitlines()[-1].endswith("0 unchanged, nothing written")
    assert not (tmp_path / KEY).exists()


def test_dry_run_shows_conflicts_and_fails_as_the_pull_would(pulled, tmp_path):
    (tmp_path / KEY / "params.json").write_text("mine")
    code, out, err = pulled("pull", "--project", KEY, "--dry-run")
    assert code == 1
    assert "  ~ params.json (changed since it was pulled)" in out
    assert f"  {KEY}/params.json: changed" in err


# What could not be read


def test_nothing_is_written_if_something_cannot_be_read(run, fail, tmp_path):
    fail()
    code, out, err = run("pull", "--project", KEY)
    assert (code, out) == (1, "")
    assert "could not be read, so nothing was written" in err
    assert f"  recipe.{KEY}.{RECIPE}: " in err
    assert "dataiku-iac pull --keep-going" in err
    assert not (tmp_path / KEY).exists()


def test_keep_going_leaves_the_files_of_what_cannot_be_read(
    pulled, fail, project, tmp_path
):
    edit_script(project)
    fail()
    code, out, err = pulled("pull", "--project", KEY, "--keep-going")
    assert code == 3
    assert out.splitlines() == [
        "  ~ recipes/compute_orders_enriched.py",
        f"  ? recipes/{RECIPE}.CustomCode_parcel-tracking-events",
        f"  ? recipes/{RECIPE}.json",
        (
            f"{KEY} in {KEY}: 1 written, 0 removed, 50 unchanged, "
            "2 left, since they could not be read"
        ),
    ]
    assert f"    ? recipe.{KEY}.{RECIPE}" in err
    assert (tmp_path / KEY / "recipes" / f"{RECIPE}.json").exists()
    arguments = ("pull", "--project", KEY, "--keep-going", "--allow-unknown")
    assert pulled(*arguments)[0] == 0


def test_listing_that_fails_removes_nothing(pulled, fail, tmp_path):
    before = files_in(tmp_path / KEY)
    fail("/recipes/")
    assert pulled("pull", "--project", KEY, "--keep-going")[0] == 3
    assert files_in(tmp_path / KEY) == before


def test_first_pull_that_is_incomplete_does_not_say_that_it_is_whole(run, fail):
    fail()
    assert run("pull", "--project", KEY, "--keep-going")[0] == 3
    fail("/nothing")
    _, out, _ = run("diff", "live:dev", f"./{KEY}")
    assert "- recipe" not in out


def test_files_of_an_incomplete_pull_are_compared(run, fail, tmp_path):
    fail()
    assert run("pull", "--project", KEY, "--keep-going")[0] == 3
    fail("/nothing")
    script = tmp_path / KEY / "recipes" / "compute_orders_enriched.py"
    script.write_text("mine")
    _, out, err = run("diff", f"./{KEY}", "live:dev")
    assert f"recipe.{KEY}.compute_orders_enriched" in out
    assert f"recipe.{KEY}.{RECIPE}" in out + err
    assert "could not be read when it was pulled; pull again" in out + err
    assert run("pull", "--project", KEY, "--force")[0] == 0
    assert run("diff", f"./{KEY}", "live:dev")[0] == 0


def test_unread_object_makes_the_comparison_incomplete(run, fail):
    fail()
    assert run("pull", "--project", KEY, "--keep-going")[0] == 3
    fail("/nothing")
    assert run("diff", f"./{KEY}", "live:dev")[0] == 3
    assert run("diff", "live:dev", f"./{KEY}")[0] == 3


def test_permissions_that_may_not_be_read_stay(pulled, fail, server, tmp_path):
    before = files_in(tmp_path / KEY)
    refused = Fault.error(403, "com.dataiku.dip.exceptions.UnauthorizedException", "no")
    server.faults = lambda method, path: (
        refused if path.endswith("/permissions") else None
    )
    code, _, err = pulled("pull", "--project", KEY)
    assert code == 3
    assert "permissions" in err and "those in the files, if any, were kept" in err
    assert files_in(tmp_path / KEY) == before


# Types and local variables


def test_types(run, tmp_path):
    assert run("pull", "--project", KEY, "--type", "dataset")[0] == 0
    folders = {path.partition("/")[0] for path in files_in(tmp_path / KEY)}
    assert folders == {".dataiku-iac.json", "datasets", "params.json"}
    assert run("pull", "--project", KEY)[0] == 0
    assert run("pull", "--project", KEY, "--type", "dataset")[0] == 0
    marker = json.loads((tmp_path / KEY / ".dataiku-iac.json").read_text("utf-8"))
    assert "recipe" in marker["types"]
    assert run("diff", f"./{KEY}", "live:dev")[0] == 0


def test_local_variables(pulled, tmp_path):
    assert not (tmp_path / KEY / "localvariables.json").exists()
    _, out, _ = pulled("pull", "--project", KEY, "--local-variables")
    assert "  + localvariables.json" in out
    code, out, _ = pulled("diff", f"./{KEY}", "live:dev")
    assert (code, "local not compared" in out) == (0, False)


# Commits


def test_commit(run, project, tmp_path):
    repository(tmp_path)
    code, _, err = run("pull", "--project", KEY, "--git-commit")
    assert (code, err) == (0, f"committed {KEY}\n")
    edit_script(project)
    assert run("pull", "--project", KEY, "--git-commit", "-m", "New script")[0] == 0
    log = git(tmp_path, "log", "-1", "--format=%B")
    assert log.startswith(f"New script\n\n- recipe.{KEY}.compute_orders_enriched: ")
    assert git(tmp_path, "status", "--porcelain") == ""
    code, _, err = run("pull", "--project", KEY, "--git-commit")
    assert (code, err) == (0, f"nothing to commit of {KEY}\n")


def test_commit_without_a_repository_writes_nothing(run, tmp_path):
    code, out, err = run("pull", "--project", KEY, "--git-commit")
    assert (code, out) == (1, "")
    assert "is not in a git repository" in err
    assert not (tmp_path / KEY).exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["-m", "x"], "add --git-commit"),
        (["--git-commit", "-m", " "], "--message"),
        (["--type", "nope"], "unknown type"),
        (["--project", "a b"], "invalid project key"),
        ([""], "FOLDER"),
    ],
)
def test_usage(run, arguments, message):
    code, out, err = run("pull", *arguments)
    assert (code, out) == (64, "")
    assert message in err


def test_type_without_files(run):
    code, _, err = run("pull", "--type", "connection")
    assert code == 64
    assert "connection" in err and "no files" in err


def test_installed_command(server, tmp_path):
    program = Path(sysconfig.get_path("scripts"), "dataiku-iac")
    environ = {
        **os.environ,
        "DATAIKU_HOST": server.url,
        "DATAIKU_API_KEY": server.api_key,
    }
    for expected in ("53 written", "53 unchanged"):
        result = subprocess.run(
            [program, "pull", "--project", KEY],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert expected in result.stdout.splitlines()[-1]


# What the environment has for itself

CONFIG = """\
projects:
  CODE: {source: code/shop}
environments:
  prod:
    host: %s
    project_keys: {CODE: %s}
    connections: {code_files: filesystem_managed}
    variables: {stage: production}
    patch:
      - {id: "dataset.CODE.*", pointer: /customFields/team, value: blue}
"""


@pytest.fixture
def configured(run, server, tmp_path, monkeypatch):
    """Like run, in the environment prod, which has an overlay."""
    monkeypatch.delenv("DATAIKU_HOST")
    text = CONFIG % (server.url, KEY)
    (tmp_path / "dataiku-iac.yaml").write_text(text, "utf-8")
    return lambda *arguments: run(*arguments, "--environment", "prod")


def values_in(folder):
    """Return connections, teams and variables in the files of a project."""
    sets = [json.loads(path.read_bytes()) for path in folder.glob("datasets/*.json")]
    variables = folder / "variables.json"
    return (
        {item["params"].get("connection") for item in sets},
        {str(item.get("customFields")) for item in sets},
        json.loads(variables.read_bytes()) if variables.exists() else {},
    )


def test_values_of_the_environment_are_not_written(configured, project, tmp_path):
    variables = project.get_variables()
    variables["standard"].update(stage="production", region="eu")
    project.set_variables(variables)
    code, out, err = configured("pull")
    assert code == 0, err
    assert out.splitlines()[-1].startswith(f"CODE in {tmp_path / 'code/shop'}: ")
    connections, _, standard = values_in(tmp_path / "code/shop")
    assert "code_files" in connections and "filesystem_managed" not in connections
    assert "stage" not in standard and standard["region"] == "eu"
    assert " 0 written, 0 removed" in configured("pull")[1]


def test_connection_of_an_upload_is_not_written(configured, project, tmp_path):
    params = {"uploadConnection": "filesystem_managed"}
    project.create_dataset("upload", "UploadedFiles", params)
    assert configured("pull")[0] == 0
    text = (tmp_path / "code/shop/datasets/upload.json").read_text("utf-8")
    assert json.loads(text)["params"]["uploadConnection"] == "code_files"


PATCH = "      - {id: dataset.CODE.%s, pointer: %s, value: {}}\n"


def test_entry_that_matches_nothing_is_told(configured, tmp_path):
    with (tmp_path / "dataiku-iac.yaml").open("a", encoding="utf-8") as file:
        file.write(PATCH % ("nope", "/params"))
    code, _, err = configured("pull")
    assert code == 0
    assert err.count("matches nothing") == 1
    assert "environment prod: patch[1] matches nothing of what was read" in err


def test_value_that_two_entries_set_is_an_error(configured, tmp_path):
    with (tmp_path / "dataiku-iac.yaml").open("a", encoding="utf-8") as file:
        file.write(PATCH % ("orders", "/customFields"))
    code, _, err = configured("pull")
    assert code == 1
    assert "patch[1] and patch[0] of the overlay both set customFields.team" in err
    assert not (tmp_path / "code").exists()


def test_values_of_the_code_stay(configured, project, tmp_path):
    assert configured("pull")[0] == 0
    folder = tmp_path / "code/shop"
    (folder / "variables.json").write_text('{"stage": "design"}\n', "utf-8")
    variables = project.get_variables()
    variables["standard"].update(stage="whatever", region="eu")
    project.set_variables(variables)
    assert configured("pull", "--force")[0] == 0
    standard = values_in(folder)[2]
    assert (standard["stage"], standard["region"]) == ("design", "eu")


def test_object_that_could_not_be_read_stays_under_the_key_of_the_code(
    configured, fail, tmp_path
):
    assert configured("pull")[0] == 0
    fail()
    code, out, _ = configured("pull", "--keep-going")
    assert code == 3 and " 0 written, 0 removed" in out
    assert (tmp_path / "code/shop/recipes" / f"{RECIPE}.json").exists()


def test_connection_that_the_code_cannot_name_stops_the_pull(
    configured, project, tmp_path
):
    settings = project.get_dataset("orders").get_settings()
    settings.get_raw_params()["connection"] = "code_files"
    settings.save()
    code, _, err = configured("pull")
    assert code == 1 and "dataset.CODE.orders uses code_files" in err
    assert not (tmp_path / "code/shop").exists()
