"""The CI files on the pages of the site: valid by their schemas, and run as shell."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from pages import Block, block_with, blocks_of, page_files

pytestmark = [pytest.mark.all_types, pytest.mark.slow]

SCHEMAS = {
    ".github/workflows/": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}
TOOLS = {
    "pip": "exit 0",
    "gh": 'echo "$@" >>gh.log',
}
"""What a runner has, and a test cannot use."""


def files_named(prefix: str) -> list[Block]:
    """Return the files of the pages whose names begin with a text."""
    blocks = [block for page in page_files() for block in blocks_of(page.read_text())]
    return [block for block in blocks if (block.title or "").startswith(prefix)]


@dataclass
class Runner:
    """A checkout with a stored state, and the variables of a CI system."""

    folder: Path

    def run(self, script: str) -> int:
        """Run a script as the runners do; return its exit code."""
        command = ["bash", "-eo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=self.folder, capture_output=True).returncode


@pytest.fixture
def runner(run, server, tmp_path, monkeypatch):
    """A runner whose state is that of DSS."""
    assert run("sync", "--project", "ORDERS_DEMO")[0] == 0
    assert run("pull", "--project", "ORDERS_DEMO", "-q")[0] == 0
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, script in TOOLS.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        (tools / name).chmod(0o755)
    programs = Path(sys.executable).parent
    path = os.pathsep.join(map(str, [tools, programs, os.environ["PATH"]]))
    monkeypatch.setenv("PATH", path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(programs)
    return Runner(tmp_path)


@pytest.fixture
def drifted(runner, server, dataiku_client):
    """The same, after somebody has edited the project."""
    dataiku_client.get_project("ORDERS_DEMO").create_dataset("returns", "Filesystem")
    return runner


def scripts(name: str) -> list[str]:
    """Return what a workflow of GitHub runs, with the values of a pull request."""
    (workflow,) = files_named(name)
    (job,) = yaml.safe_load(workflow.body)["jobs"].values()
    found = [step["run"] for step in job["steps"] if "run" in step]
    return [text.replace("${{ github.event.number }}", "7") for text in found]


def workflows_with_parts():
    """Return workflows, each with a job of which a page shows a part."""
    for name in ("matrix: {project:", "matrix: {environment:"):
        part = yaml.safe_load(block_with("docs/backends.md", name).body)
        job = {"runs-on": "ubuntu-latest", **part}
        yield yaml.safe_dump({"on": "push", "jobs": {"job": job}})


@pytest.mark.parametrize("prefix", SCHEMAS)
def test_ci_files_are_valid(prefix, tmp_path):
    texts = [block.body for block in files_named(prefix)]
    assert texts
    if "workflows" in prefix:
        texts += workflows_with_parts()
    paths = [tmp_path / f"{number}.yml" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*check, SCHEMAS[prefix], *paths], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_nightly_workflow_fails_for_drift(drifted):
    install, drift = scripts(".github/workflows/nightly-drift.yml")
    assert drifted.run(install) == 0
    assert drifted.run(drift) == 2
    assert "returns" in (drifted.folder / "drift.md").read_text("utf-8")


def test_pull_request_gets_a_comment_and_the_exit_code(drifted):
    _, drift = scripts(".github/workflows/drift.yml")
    assert drifted.run(drift) == 2
    comment = (drifted.folder / "gh.log").read_text("utf-8")
    assert comment == "pr comment 7 --edit-last --create-if-none -F drift.md\n"


def test_plan_of_a_pull_request_fails_only_if_it_cannot_be_done(runner):
    _, plan = scripts(".github/workflows/plan.yml")
    path = runner.folder / "ORDERS_DEMO/datasets/countries.json"
    path.write_text(path.read_text("utf-8").replace("{", '{"shortDesc": "x",', 1))
    assert runner.run(plan) == 0
    assert "shortDesc" in (runner.folder / "plan.md").read_text("utf-8")
    assert "-F plan.md" in (runner.folder / "gh.log").read_text("utf-8")
    path.write_text("not JSON", "utf-8")
    assert runner.run(plan) == 1


def test_gitlab_job_writes_test_results(drifted):
    job = yaml.safe_load(files_named(".gitlab-ci.yml")[0].body)["drift"]
    install, drift = job["script"]
    assert drifted.run(install) == 0
    assert drifted.run(drift) == 2
    assert (
        "returns" in (drifted.folder / job["artifacts"]["reports"]["junit"]).read_text()
    )


def test_jenkinsfile_is_whole_and_its_shell_runs(drifted):
    (pipeline,) = files_named("Jenkinsfile")
    text = pipeline.body
    without_strings = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", text)
    for opening, closing in ("{}", "()"):
        assert without_strings.count(opening) == without_strings.count(closing)
    sections = re.findall(r"^    (\w+)", text, re.MULTILINE)
    assert sections == ["agent", "triggers", "environment", "stages", "post"]
    install, drift = re.findall(r"(?:sh|script:) '([^']+)'", text)
    assert subprocess.run(["bash", "-n", "-c", install]).returncode == 0
    assert drifted.run(drift) == 2
    (results,) = re.findall(r"testResults: '([^']+)'", text)
    assert "returns" in (drifted.folder / results).read_text("utf-8")
