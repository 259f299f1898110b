"""The command line, as seen by a shell and by CI."""

import json
import re
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

import dataikuapi.iac
from dataikuapi.iac import StateManager
from dataikuapi.iac.sandbox import Fault

ROOT = Path(__file__).resolve().parents[2]
KEY = "ORDERS_DEMO"
TABLE = "dataset.ORDERS_DEMO.countries"


@pytest.fixture
def project(dataiku_client):
    return dataiku_client.get_project(KEY)


def change(project, column="channel"):
    settings = project.get_dataset("countries").get_settings()
    settings.add_raw_schema_column({"name": column, "type": "string"})
    settings.save()


def test_sync_reports_counts_and_serial(run, tmp_path):
    code, output, _ = run("sync", "--project", KEY)

    assert code == 0
    assert output == "read 11 datasets, 1 project, 8 recipes; saved as serial 1\n"
    assert (tmp_path / ".dataiku/state/dev.state.json").is_file()


def test_sync_without_a_project_reads_all_projects(run, store):
    store.add_project("OTHER")
    assert "2 projects" in run("sync")[1]


def test_environment_and_state_file_options(run, tmp_path):
    assert run("sync", "--environment", "prod")[0] == 0
    assert (tmp_path / ".dataiku/state/prod.state.json").is_file()
    assert run("sync", "--state-file", "here.json")[0] == 0
    assert (tmp_path / "here.json").is_file()


def test_drift_exit_codes(synced, project, server):
    code, output, _ = synced("drift")
    assert (code, "No changes. 20 unchanged." in output) == (0, True)

    server.faults = lambda method, path: (
        Fault.page(200) if path.endswith("/recipes/") else None
    )
    code, output, _ = synced("drift")
    assert (code, "8 unknown" in output or "9 unknown" in output) == (3, True)

    change(project)
    code, output, _ = synced("drift", "--project", KEY)
    assert code == 2
    assert f"~ {TABLE}" in output
    assert "+ schema.columns[channel]" in output


@pytest.mark.parametrize(
    ("format_name", "reads"),
    [
        ("json", lambda text: json.loads(text)["summary"]["modified"] == 1),
        ("junit", lambda text: ElementTree.fromstring(text).get("failures") == "1"),
        ("markdown", lambda text: text.startswith("### `Drift of ORDERS_DEMO")),
        ("text", lambda text: text.startswith("Drift of ORDERS_DEMO")),
    ],
)
def test_drift_output_formats(synced, project, format_name, reads):
    change(project)
    code, output, _ = synced("drift", "--format", format_name)
    assert (code, reads(output)) == (2, True)


def test_drift_can_be_ignored_and_accepted(synced, project, tmp_path):
    change(project)
    (tmp_path / "rules").write_text("dataset.*\n", "utf-8")
    assert synced("drift", "--ignore", "rules")[0] == 0

    code, _, errors = synced(
        "drift",
        *("--baseline", ".dataikuignore", "--author", "ann", "--reason", "as agreed"),
        *("--expires", "2999-12-31"),
    )
    assert (code, errors) == (2, "added 1 rule to .dataikuignore\n")
    assert synced("drift")[0] == 0
    change(project, "another")
    assert synced("drift")[0] == 2


def test_a_full_disk_leaves_the_baseline_as_it_was(synced, project, tmp_path):
    """A limit of a file's size is to the writer what a full disk is."""
    change(project)
    baseline = tmp_path / "rules"
    before = "# rules\n" * 1_000
    baseline.write_text(before)
    size = len(before) + 10
    done = subprocess.run(
        [sys.executable, "-m", "dataikuapi.iac", "drift", "--baseline", baseline],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert done.returncode == 1
    assert done.stdout.startswith("Drift of ")
    assert done.stderr.startswith(
        f"error: cannot write {baseline}: File too large; the file is unchanged."
    )
    assert baseline.read_text() == before
    assert list(tmp_path.glob(".rules*")) == []


def test_refresh_shows_what_it_accepted(synced, project):
    change(project)
    project.create_dataset("returns", "Filesystem")
    code, output, _ = synced("refresh", TABLE)
    assert (code, "0 added, 0 removed, 1 modified" in output) == (0, True)
    assert synced("drift")[0] == 2
    assert "1 added" in synced("refresh")[1]
    assert synced("drift")[0] == 0


def test_refresh_does_not_show_what_others_saved_meanwhile(
    synced, server, store, project
):
    store.add_project("OTHER")
    other = StateManager.local(project.client, "dev")
    read = other.sync_project("OTHER")
    change(project)

    def save_once(method, path):
        server.faults = None
        other.save_state(read)

    server.faults = save_once
    output = synced("refresh", TABLE)[1]
    assert other.load_state().has_resource("project.OTHER")
    assert f"~ {TABLE}" in output and "0 added" in output


def test_refresh_of_a_removed_project(synced, store):
    store.add_project("OTHER")
    synced("sync", "--project", "OTHER")
    store.delete_project("OTHER")
    assert synced("refresh")[0] == 3
    code, output, _ = synced("refresh", "--confirm-removed", "OTHER")
    assert (code, "- project.OTHER" in output) == (0, True)


def test_versions_are_listed_compared_and_restored(synced, project):
    change(project)
    synced("sync", "--project", KEY)
    assert re.search(r"^serial 2 .*\nserial 1 .*20 resources", synced("history")[1])
    code, output, _ = synced("diff", "1")
    assert (code, f"~ {TABLE}" in output) == (2, True)
    assert synced("diff", "2", "2")[0] == 0
    assert synced("restore", "1")[1] == "restored serial 1 as serial 3\n"
    assert synced("diff", "1", "3")[0] == 0


def test_history_lists_a_version_that_cannot_be_read(synced, tmp_path):
    for _ in range(2):
        synced("sync", "--project", KEY)
    version = tmp_path / ".dataiku/state/dev.state.pre-serial-3-unchanged.json"
    version.write_bytes(b"{")
    code, output, _ = synced("history")
    assert code == 0
    assert re.search(r"^serial 2 .*  cannot be read, 1 bytes", output, re.MULTILINE)
    assert re.search(r"^serial 1 .*  20 resources", output, re.MULTILINE)


def test_diff_of_two_files(synced, project):
    synced("sync", "--state-file", "a.json")
    change(project)
    synced("sync", "--state-file", "b.json")
    code, output, _ = synced("diff", "a.json", "b.json", "--format", "json")
    assert (code, json.loads(output)["summary"]["modified"]) == (2, 1)


@pytest.mark.parametrize("name", ["text", "markdown", "junit"])
def test_full_cuts_no_value(name, synced, project):
    settings = project.get_dataset("countries").get_settings()
    settings.get_raw()["description"] = "word " * 200 + "end"
    settings.save()
    assert "more characters" in synced("drift", "--format", name)[1]
    output = synced("drift", "--format", name, "--full")[1]
    assert "…" not in output
    assert " ".join(output.split()).count("word ") == 200
    assert "more characters" in synced("refresh", "--format", name)[1]
    output = synced("diff", "1", "--format", name, "--full")[1]
    assert " ".join(output.split()).count("word ") == 200


def test_show_lists_resources_and_prints_one(synced):
    code, output, _ = synced("show")
    assert code == 0
    assert f"{TABLE}  (by " in output
    code, output, _ = synced("show", TABLE)
    assert json.loads(output)["resource_id"] == TABLE
    assert synced("show", "dataset.ORDERS_DEMO.none")[0] == 64


def test_verify_reports_problems(synced, tmp_path):
    assert synced("verify") == (0, "no problems found\n", "")
    path = tmp_path / ".dataiku/state/dev.state.json"
    path.write_text(path.read_text("utf-8").replace('"countries"', '"x"'), "utf-8")
    code, output, _ = synced("verify")
    assert code == 1
    assert "checksum" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command"),
        (["state"], "Missing command"),
        (["restore"], "Missing argument 'SERIAL'"),
        (["destroy"], "No such command 'destroy'"),
        (["drift", "--format", "pdf"], "--format: 'pdf' is not one of"),
        (["refresh", "prompt_studio.A.b"], "Unknown resource type 'prompt_studio'"),
        (["drift", "--project", "a b.c"], "Invalid project resource_id"),
        (["drift", "--expires", "soon"], "invalid"),
        (["sync", "--host", ""], "DATAIKU_HOST"),
    ],
)
def test_usage_errors_exit_with_64(synced, arguments, message):
    code, _, errors = synced(*arguments)
    assert (code, message in errors) == (64, True), errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sync", "--project", "NONE"], "NONE"),
        (["drift", "--environment", "none"], "there is no state"),
        (["show", "--environment", "none"], "none.state.json"),
        (["diff", "7"], "serial 7"),
        (["diff", "none.json"], "none.json"),
        (["restore", "7"], "7"),
        (["drift", "--ignore", "none"], "none"),
    ],
)
def test_errors_exit_with_1_and_a_message(synced, arguments, message):
    code, output, errors = synced(*arguments)
    assert (code, output) == (1, "")
    assert errors.startswith("error: ") and message in errors


def test_host_that_does_not_respond(run, monkeypatch):
    monkeypatch.delenv("DATAIKU_HOST")
    code, output, errors = run("sync", "--host", "http://127.0.0.1:1")
    assert (code, output) == (1, "")
    assert "error: cannot reach DSS" in errors


def test_version_is_that_of_the_package(run):
    version = f"dataiku-iac {dataikuapi.iac.__version__}\n"
    assert run("--version") == (0, version, "")


def test_missing_api_key_does_not_prompt_in_ci(run, monkeypatch):
    monkeypatch.delenv("DATAIKU_API_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    code, _, errors = run("sync")
    assert (code, "DATAIKU_API_KEY" in errors) == (64, True)


def test_missing_api_key_prompts_on_a_terminal(run, monkeypatch, server):
    monkeypatch.delenv("DATAIKU_API_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: server.api_key)
    assert run("sync", "--project", KEY)[0] == 0


def test_module_runs_without_color_in_a_pipe(synced, project):
    change(project)
    result = subprocess.run(
        [sys.executable, "-m", "dataikuapi.iac", "drift"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2, result.stderr
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_closed_pipe_prints_no_traceback(synced, project):
    command = f"{sys.executable} -m dataikuapi.iac show | head -1"
    result = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_exit_with_130(synced, server, sigint, number):
    asked = threading.Event()

    def plan(method, path):
        asked.set()
        return Fault.slow(300)

    server.faults = plan
    process = subprocess.Popen(
        [sys.executable, "-m", "dataikuapi.iac", "drift"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asked.wait(60), "the command sends a request"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
