"""Blocks of the pages that take more than the session of a page: they run here."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from dataikuapi import DSSClient
from dataikuapi.iac import StateManager
from dataikuapi.iac.sandbox import sample_folder
from iac.buckets import KEYS, Bucket
from pages import block_with
from sessions import DSS, Session

pytestmark = pytest.mark.all_types

BACKENDS, SHARED = "docs/backends.md", "docs/how-to/shared-state.md"
PROJECTS = ["SHOP", "CRM", "STOCK"]
NAMES = ["dev", "prod", "prod-eu", "prod-us"]


@pytest.fixture
def session(tmp_path):
    """A session in an empty folder, with the environments of the pages."""
    folder = tmp_path / "work"
    folder.mkdir()
    with Session.start(folder, DSS) as session:
        session.connect()
        environment = {"host": session.dss.url}
        text = yaml.safe_dump({"environments": {n: {**environment} for n in NAMES}})
        Path("dataiku-iac.yaml").write_text(text, "utf-8")
        yield session


@pytest.fixture
def projects(session):
    """The keys of projects, all of them copies of the sample."""
    for key in PROJECTS:
        session.dss.store.load_folder(sample_folder(), key)
    return {*PROJECTS}


def stored_projects(environment):
    """Return the keys of the projects in a stored state."""
    state = StateManager.from_config(environment).load_state()
    return {key for key in (item.project_key for item in state) if key}


# To a bucket


@pytest.fixture
def bucket_named(session, s3_endpoint):
    """Return a function that creates a bucket, where the session looks for it."""
    os.environ["AWS_ENDPOINT_URL"] = s3_endpoint
    os.environ.update({f"AWS_{name.upper()}": value for name, value in KEYS.items()})

    def create(name):
        bucket = Bucket(s3_endpoint, name)
        bucket.client.create_bucket(Bucket=name)
        return bucket

    return create


def test_a_state_moves_to_the_bucket_that_the_configuration_names(
    session, bucket_named
):
    bucket = bucket_named("team-states")
    for text in ("state: shared/dev", "chgrp", "state: s3://"):
        session.run(block_with(SHARED, text))
    assert bucket.keys() == []
    session.run(block_with(SHARED, "env:dev\n"))
    assert bucket.keys("dss/dev.state.json") != []
    Path("shared/dev.state.json").unlink()
    assert session.command("dataiku-iac history")[1].startswith("serial 1 ")
    assert session.command("dataiku-iac drift")[0] == 0


def test_the_state_of_an_environment_moves_to_a_bucket(session, bucket_named):
    bucket_named("team")
    for number in (1, 2):
        sync = f"dataiku-iac -e prod sync --project ORDERS_DEMO -m number-{number}"
        assert session.command(sync)[0] == 0
        session.client().create_dataset(f"returns_{number}", "Filesystem")
    session.run(block_with(BACKENDS, "env:prod s3://"))
    there = "--state-file s3://team/prod.state.json"
    versions = session.command(f"dataiku-iac history {there}")[1].splitlines()
    assert [line.split()[-1] for line in versions] == ["number-2", "number-1"]


# Many at once


def jobs(text):
    """Return what each job of a part of a workflow runs, by its value of the matrix."""
    part = yaml.safe_load(block_with(BACKENDS, text).body)
    ((name, values),) = part["strategy"]["matrix"].items()
    (step,) = part["steps"]
    place = f"${{{{ matrix.{name} }}}}"
    assert step["run"].count("${{") == step["run"].count(place) == 1
    return {value: step["run"].replace(place, value) for value in values}


def test_a_job_for_each_project_stores_all_of_them(session, projects):
    for command in jobs("matrix: {project:").values():
        assert session.command(command)[0] == 0
    assert stored_projects("prod") == projects


def test_a_job_for_each_environment_compares_its_own_state(session):
    drift = jobs("matrix: {environment:")
    for name in drift:
        assert session.command(f"dataiku-iac -e {name} sync")[0] == 0
    session.edit()
    assert session.command("dataiku-iac -e prod-eu sync")[0] == 0
    codes, reports = {}, {}
    for name, command in drift.items():
        codes[name] = session.command(command)[0]
        reports[name] = "<failure" in Path("drift.xml").read_text("utf-8")
    assert codes == {"dev": 2, "prod-eu": 0, "prod-us": 2}
    assert reports == {"dev": True, "prod-eu": False, "prod-us": True}


def task(function):
    """Stand for Airflow's decorator: what is mapped runs for each value, at once."""

    def expand(**values):
        ((name, each),) = values.items()
        with ThreadPoolExecutor() as workers:
            list(workers.map(lambda value: function(**{name: value}), each))

    function.expand = expand
    return function


def test_a_task_for_each_project_stores_all_of_them(session, projects, monkeypatch):
    scheduled = []

    def dag(**options):
        scheduled.append(options)
        return lambda function: function

    airflow: dict[str, Any] = {"dag": dag, "task": task}
    for name, members in {"airflow": {}, "airflow.sdk": airflow}.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    session.run(block_with(BACKENDS, "from airflow.sdk import"))
    assert scheduled == [{"schedule": "@daily"}]
    assert stored_projects("prod") == projects


# The sandbox


def test_the_sandbox_starts_and_prints_url_and_key(session, sigint):
    command = block_with("docs/get-started.md", "-m dataikuapi.iac.sandbox").body
    free = command.replace("--port 11200", "--port 0")
    assert free != command
    with subprocess.Popen(
        ["bash", "-c", f"exec {free}"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, key = (process.stdout.readline().split()[-1] for _ in range(2))
        assert DSSClient(url, key).list_project_keys() == ["ORDERS_DEMO"]
        process.send_signal(signal.SIGINT)  # Ctrl-C
        assert process.wait(60) == 0
