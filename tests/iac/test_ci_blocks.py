"""The action for GitHub, the template for GitLab and the pre-commit hook, as shell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def work(tmp_path, monkeypatch, server):
    """A folder with the stored state of the sample project."""
    for name in list(os.environ):
        if name.startswith(("DATAIKU_", "DKU_", "GITHUB_")):
            monkeypatch.delenv(name)
    folder = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", folder)
    monkeypatch.setenv("DATAIKU_HOST", server.url)
    monkeypatch.setenv("DATAIKU_API_KEY", server.api_key)
    monkeypatch.chdir(tmp_path)
    subprocess.run(["dataiku-iac", "-q", "sync"], check=True, cwd=tmp_path)
    return tmp_path


def describe(dataiku_client):
    settings = dataiku_client.get_project("ORDERS_DEMO").get_dataset("orders")
    changed = settings.get_settings()
    changed.settings["shortDesc"] = "changed by somebody"
    changed.save()


def shell(script, folder, **environment):
    """Run a script as the runners do; return its exit code and what it wrote."""
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def action():
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def run_action(folder, server, **inputs):
    """Run the main step; return its exit code, its outputs and what it wrote."""
    values = {name: item["default"] for name, item in action()["inputs"].items()}
    values |= {"host": server.url, "api-key": server.api_key}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    step = action()["runs"]["steps"][-1]
    filled = {
        name: values[text.removeprefix("${{ inputs.").removesuffix(" }}")]
        for name, text in step["env"].items()
    }
    outputs = folder / "outputs"
    code, text = shell(
        step["run"],
        folder,
        **filled,
        GITHUB_ACTION_PATH=str(ROOT),
        GITHUB_OUTPUT=str(outputs),
        GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
    )
    lines = outputs.read_text("utf-8").splitlines() if outputs.exists() else []
    return code, dict(line.split("=", 1) for line in lines), text


@pytest.mark.slow
def test_the_action_reports_drift(work, server, dataiku_client):
    code, outputs, _ = run_action(work, server)
    assert (code, outputs) == (0, {"exit-code": "0", "report": "dataiku-iac.md"})
    (work / "outputs").unlink()
    describe(dataiku_client)
    code, outputs, _ = run_action(work, server, report="drift.json")
    assert (code, outputs["exit-code"]) == (2, "2")
    assert json.loads((work / outputs["report"]).read_text("utf-8"))["resources"]


@pytest.mark.slow
def test_the_action_takes_no_earlier_report_for_its_own(work, server):
    (work / ".dataiku/state/dev.state.json").write_bytes(b"{}")
    (work / "dataiku-iac.md").write_text("of an earlier job", "utf-8")
    code, outputs, _ = run_action(work, server)
    assert code == 1
    assert (
        "report" not in outputs
        or "earlier" not in (work / "dataiku-iac.md").read_text()
    )


def test_inputs_are_no_part_of_a_script(work, server):
    for step in action()["runs"]["steps"]:
        assert "${{" not in step["run"]
    hostile = "; touch pwned; $(touch pwned)"
    code, _, text = run_action(work, server, options=hostile)
    assert code == 64 and not (work / "pwned").exists(), text
    code, _, text = run_action(work, server, command="drift; touch pwned")
    assert code == 64 and "use drift, plan or verify" in text
    code, _, text = run_action(work, server, report="drift.txt")
    assert code == 64 and "end it with .md, .json or .xml" in text
    assert not (work / "pwned").exists()


@pytest.mark.slow
def test_the_templates_for_gitlab_run(work, dataiku_client):
    template = (ROOT / "ci/gitlab/dataiku-iac.yml").read_text("utf-8")
    jobs = yaml.safe_load(template)
    (drift,) = jobs[".dataiku-iac-drift"]["script"]
    options = {"DATAIKU_IAC_OPTIONS": "-e dev --hide-derived"}
    assert shell(drift, work, **options)[0] == 0
    describe(dataiku_client)
    assert shell(drift, work, **options)[0] == 2
    report = jobs[".dataiku-iac-drift"]["artifacts"]["reports"]["junit"]
    assert "shortDesc" in (work / report).read_text("utf-8")

    code, text = shell("dataiku-iac -q pull --project ORDERS_DEMO code", work)
    assert code == 0, text
    (plan,) = jobs[".dataiku-iac-plan"]["script"]
    code, text = shell(plan, work, DATAIKU_IAC_OPTIONS="code")
    assert code == 0, text
    assert all(
        (work / name).exists()
        for name in jobs[".dataiku-iac-plan"]["artifacts"]["paths"]
    )


@pytest.mark.slow
def test_the_pre_commit_hook_finds_a_broken_state(work):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (work / ".dataiku/state/dev.state.json").write_bytes(b"{}")
    code, text = shell(hook["entry"], work)
    assert code == 1 and "dev.state.json" in text
