"""Objects whose ids DSS generates are shown with their names."""

import json
from html import unescape

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    LocalFileBackend,
    StateManager,
    render_html,
    render_json,
    render_markdown,
    render_text,
)
from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.reports.notebook import resource_html, state_html
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY as KEY

ID = f"flow_zone.{KEY}.q7LmT2a"
NAME = "Reporting – finance"


@pytest.fixture
def client(server):
    """The real client."""
    return DSSClient(server.url, server.api_key)


@pytest.fixture
def manager(client, tmp_path):
    """A manager with the zones in its state."""
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    manager = StateManager(backend, client, "dev", types=["project", "flow_zone"])
    manager.save_state(manager.sync_project(KEY))
    return manager


def rename(client, name):
    zone = client.get_project(KEY).get_flow().get_zone("q7LmT2a")
    settings = zone.get_settings()
    settings.name = name
    settings.save()


def test_reports_have_id_and_name(manager, client):
    zone = client.get_project(KEY).get_flow().get_zone("q7LmT2a")
    settings = zone.get_settings()
    settings.color = "#123456"
    settings.save()
    diffs = manager.drift().diffs
    assert f'~ {ID} "{NAME}"' in render_text(diffs)
    assert f'{ID} "{NAME}"' in unescape(render_markdown(diffs))
    assert NAME in render_html(diffs)
    (entry,) = json.loads(render_json(diffs))["resources"]
    assert (entry["resource_id"], entry["display_name"]) == (ID, NAME)


def test_rename_is_one_change(manager, client):
    rename(client, "Finance")
    report = manager.drift()
    assert [diff.resource_id for diff in report] == [ID]
    (change,) = report[ID].changes
    assert (change.path, change.old, change.new) == ("name", NAME, "Finance")
    assert f'~ {ID} "Finance"' in str(report)


def test_long_name_is_cut(manager, client):
    rename(client, "x" * 300)
    assert f'{ID} "{"x" * 40}…"' in str(manager.drift())


def test_name_that_the_id_has_is_not_repeated(manager):
    state = manager.load_state()
    assert display_name(state[f"project.{KEY}"]) == ""
    assert display_name(state[ID]) == NAME


def test_notebooks_show_it(manager):
    state = manager.load_state()
    assert NAME in state_html(state)
    assert NAME in resource_html(state[ID])


@pytest.mark.all_types
def test_show_lists_it(run):
    assert run("sync", "--project", KEY)[0] == 0
    assert f"{ID}  {NAME}" in run("show", "--type", "flow_zone")[1]
