"""States at URLs: options, the configuration file, comparisons, messages."""

import json

import pytest

from dataikuapi.iac import StateManager, open_source
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY

pytest_plugins = ["iac.url_states"]
pytestmark = pytest.mark.usefixtures("folder_scheme")

KEY = SAMPLE_PROJECT_KEY
URL = "folder://states/dev.state.json"
WITH_PASSWORD = "folder://ada:hunter2@states/dev.state.json"


@pytest.mark.parametrize("option", ["--state", "--state-file"])
def test_an_option_names_the_url_of_the_state(run, tmp_path, option):
    assert run(option, URL, "sync")[0] == 0
    assert (tmp_path / "states" / "dev.state.json").exists()
    code, output, _ = run("state", "list", option, URL)
    assert (code, f"project.{KEY}" in output) == (0, True)


def test_the_file_names_the_url_of_the_state(run, tmp_path, server):
    config = tmp_path / "dataiku-iac.yaml"
    config.write_text(
        f"environments:\n  dev: {{host: '{server.url}', state: '{URL}'}}\n"
    )
    assert run("sync")[0] == 0
    assert (tmp_path / "states" / "dev.state.json").exists()
    assert "UrlBackend" in repr(StateManager.from_config("dev").backend)
    assert open_source("env:dev").read() == open_source(URL).read()


def test_a_path_in_the_file_stays_relative_to_the_file(run, tmp_path, server):
    config = tmp_path / "dataiku-iac.yaml"
    config.write_text(
        f"environments:\n  dev: {{host: '{server.url}', state: a/b.json}}\n"
    )
    assert run("sync")[0] == 0
    assert (tmp_path / "a" / "b.json").exists()


@pytest.mark.parametrize(
    "url",
    [
        WITH_PASSWORD,
        "https://gitlab.example.com/state?token=hunter2",
        "postgresql://host/db?password=hunter2",
    ],
)
def test_credentials_in_the_file_are_refused_and_not_quoted(run, tmp_path, url):
    config = tmp_path / "dataiku-iac.yaml"
    config.write_text(f"environments:\n  dev:\n    state: '{url}'\n")
    code, output, errors = run("sync")
    assert (code, output) == (64, "")
    place = "dataiku-iac.yaml:3: environments.dev.state"
    assert f"{place}: the URL has credentials" in errors
    assert "hunter2" not in errors


def test_init_writes_the_url_of_the_state(run, server, tmp_path):
    assert run("init", "--host", server.url, "--state", URL)[0] == 0
    assert f"state: {URL}\n" in (tmp_path / "dataiku-iac.yaml").read_text()
    assert run("sync")[0] == 0
    assert (tmp_path / "states" / "dev.state.json").exists()


def test_init_writes_no_credentials(run, tmp_path):
    code, _, errors = run("init", "--state", WITH_PASSWORD)
    assert (code, "hunter2" in errors) == (64, False)
    assert not (tmp_path / "dataiku-iac.yaml").exists()


def test_no_command_shows_credentials(run, monkeypatch):
    shown = []
    for arguments in (
        ["doctor"],
        ["verify"],
        ["sync"],
        ["restore", "1"],
        ["doctor"],
        ["drift"],
        ["history", "--applies"],
        ["-vv", "sync"],
        ["diff", WITH_PASSWORD, URL],
        ["diff", WITH_PASSWORD, "absent://ada:hunter2@x/y"],
    ):
        _, output, errors = run("--state", WITH_PASSWORD, *arguments)
        shown.append(output + errors)
    assert "hunter2" not in "".join(shown)
    assert "none yet at folder://states/dev.state.json" in shown[0]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://ada:hunter2@host/x", "ftp://: this scheme is not supported"),
        ("absent://ada:hunter2@host/x", "pip install 'dataiku-iac[absent]'"),
    ],
)
def test_a_url_that_cannot_be_opened_is_a_usage_error(run, tmp_path, url, reason):
    for arguments in (["--state", url, "history"], ["diff", url, "env:dev"]):
        code, output, errors = run(*arguments)
        assert (code, output) == (64, "")
        assert reason in errors and "hunter2" not in errors
    code, output, _ = run("--state", url, "doctor")
    assert (code, reason in output, "hunter2" in output) == (1, True, False)


def test_the_url_of_a_state_is_a_source(run):
    assert run("sync")[0] == 0
    assert run("sync", "--state", URL)[0] == 0
    assert run("diff", URL, "env:dev")[0] == 0
    code, output, _ = run("diff", URL, "folder://states/none.json", "--format", "json")
    assert code == 1
    assert "no state" in json.dumps(output)


def test_a_source_does_not_show_credentials():
    assert "hunter2" not in repr(open_source(WITH_PASSWORD))
