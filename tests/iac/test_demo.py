"""The demos, and their transcripts in the documentation."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dataikuapi.iac import State, StateNotFoundError
from pages import block_with

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demos" / "week1_state_management.py"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def run(*arguments, cwd, script=DEMO, **environment):
    """Run a demo as a user would."""
    clean = {key: value for key, value in os.environ.items() if "DATAIKU" not in key}
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def mask_times(text):
    """Mask times and ports in a text, since they differ from run to run."""
    text = re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d", "TIME", text)
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)


def test_demo_transcript_matches_a_run(tmp_path):
    result = run(cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    shown = block_with("docs/get-started.md", "1. Sync project").body
    assert mask_times(result.stdout) == mask_times(shown)
    assert (tmp_path / ".dataiku/state/demo.state.json").is_file()


@pytest.mark.slow
def test_second_run_differs_only_in_the_serial(tmp_path):
    first, second = run(cwd=tmp_path), run(cwd=tmp_path)
    again = mask_times(first.stdout).replace("serial 1", "serial 2")
    assert again == mask_times(second.stdout)


@pytest.mark.slow
def test_demo_of_a_project_folder(project_folder, tmp_path):
    state = tmp_path / "my.state.json"
    result = run("--project-dir", project_folder, "--state-file", state, cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert "No changes." in result.stdout
    assert "+ dataset." in result.stdout
    assert result.stdout.endswith(f"The state file: {state}\n")


@pytest.mark.slow
def test_demo_compares_an_instance_with_the_previous_state(
    server, dataiku_client, tmp_path
):
    arguments = ["--host", server.url, "--project", "ORDERS_DEMO"]
    first = run(*arguments, cwd=tmp_path, DATAIKU_API_KEY=server.api_key)
    dataiku_client.get_project("ORDERS_DEMO").create_dataset("later", "Filesystem")
    second = run(*arguments, cwd=tmp_path, DATAIKU_API_KEY=server.api_key)

    assert "There is no state yet" in first.stdout, first.stderr
    assert "+ dataset.ORDERS_DEMO.later" in second.stdout, second.stderr
    assert server.api_key not in first.stdout + second.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "http://dss"], "--host and --project have to be used together"),
        (["--host", "http://dss", "--project", "P"], "DATAIKU_API_KEY"),
    ],
)
def test_usage_errors_are_explained(arguments, message, tmp_path):
    result = run(*arguments, cwd=tmp_path)

    assert result.returncode == 2
    assert message in result.stderr


CHANGES = DEMO.with_name("week2_plan_apply.py")


def test_transcript_of_changes_matches_a_run(tmp_path):
    result = run(cwd=tmp_path, script=CHANGES)

    assert result.returncode == 0, result.stderr
    shown = block_with("docs/how-to/code.md", "3. Plan: what").body
    assert mask_times(shown) in mask_times(result.stdout)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_changes_of_a_project_folder(project_folder, tmp_path):
    result = run("--project-dir", project_folder, cwd=tmp_path, script=CHANGES)

    assert result.returncode == 0, result.stderr
    assert "1 refused" in result.stdout
    assert "1 failed" in result.stdout
    assert result.stdout.endswith("tag is still there: ['reviewed']\n")


def test_backend_in_contributing_works():
    (code,) = re.findall(r"```python\n(from .*?)```", CONTRIBUTING, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    backend = names["MemoryBackend"]()
    with pytest.raises(StateNotFoundError):
        backend.load()
    backend.save(State(serial=1))
    backend.save(State(serial=2))

    assert backend.load().serial == 2
    assert backend.backup() == "memory:memory.state.backup.json"
