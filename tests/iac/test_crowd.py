"""Many processes sync different projects into one state: nobody has a conflict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import StateManager, open_backend
from dataikuapi.iac.sandbox import ProjectStore
from iac.buckets import KEYS as CREDENTIALS

CROWD = Path(__file__).with_name("crowd.py")
KEYS = [f"P{number}" for number in range(8)]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_hanging")]


@pytest.fixture
def store():
    """A sandbox store with small projects."""
    store = ProjectStore()
    for key in ("FIRST", *KEYS):
        store.add_project(key)
        store.add_dataset(key, "orders")
        store.add_recipe(key, "clean", type="python", payload=f"print({key!r})")
    return store


@pytest.fixture(params=["a file", "a bucket", "a database"])
def location(request, tmp_path, monkeypatch):
    """Where the state is."""
    if request.param == "a database":
        postgres = request.getfixturevalue("postgres")
        return postgres.url(state="crowd", schema="crowd")
    if request.param == "a bucket":
        bucket = request.getfixturevalue("bucket")
        monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.endpoint)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        for name, value in CREDENTIALS.items():
            monkeypatch.setenv(f"AWS_{name.upper()}", value)
        return f"s3://{bucket.name}/crowd.state.json"
    return str(tmp_path / "crowd.state.json")


def test_syncs_of_different_projects_never_conflict(server, location, long):
    client = DSSClient(server.url, server.api_key)
    manager = StateManager(open_backend(location), client, "dev")
    manager.save_state(manager.sync_project("FIRST"))
    rounds = 10 if long else 2
    arguments = [location, server.url, server.api_key, rounds, *KEYS]
    done = subprocess.run(
        [sys.executable, str(CROWD), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert (done.returncode, done.stderr) == (0, "")
    stored = manager.load_state()
    assert {item.project_key for item in stored} == {"FIRST", *KEYS}
    assert stored.serial == 1 + len(KEYS) * rounds
    assert manager.drift().in_sync
