"""Settings and files that are nearly right: what becomes of them."""

import json
import os
import pty
import subprocess
import sys

import pytest

from dataikuapi.iac import ChangeType, DiffEngine, ResourceDiff, State
from dataikuapi.iac.models import Change, PathSegment, ValueChangeType
from dataikuapi.iac.reports import render_html, render_html_page, render_text
from dataikuapi.iac.reports.formatting import script_diff
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY
from iac.http_state_server import serving

KEY = SAMPLE_PROJECT_KEY
CONFIG = "dataiku-iac.yaml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("projects: 2020-13-45", "not a valid timestamp"),
        ("projects: !!int abc", "not a valid int"),
        ("projects: " + "[" * 5000, "nested too deeply"),
    ],
)
def test_configuration_that_cannot_be_read_names_the_file(run, tmp_path, text, message):
    (tmp_path / CONFIG).write_text(text)
    code, out, err = run("state", "list")
    assert (code, out) == (64, "") and message in err and CONFIG in err


@pytest.mark.parametrize("name", ["1", "on", "dev"])
def test_first_configuration_can_be_read_again(run, name):
    assert run("init", "-e", name)[0] == 0
    assert "no state" in run("-e", name, "state", "list")[2]


def test_first_configuration_has_no_odd_host(run, tmp_path):
    code, _, err = run("init", "--host", "@x")
    assert code == 64 and "host" in err
    assert not (tmp_path / CONFIG).exists()


def test_first_configuration_is_of_the_environment_that_is_set(
    run, monkeypatch, tmp_path
):
    monkeypatch.setenv("DATAIKU_ENVIRONMENT", "prod")
    assert "with environment prod" in run("init")[1]
    assert "prod:" in (tmp_path / CONFIG).read_text()


def test_state_in_the_home_folder(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / CONFIG).write_text("environments: {dev: {state: ~/states/dev.json}}")
    assert f"{tmp_path / 'home' / 'states' / 'dev.json'}" in run("state", "list")[2]


def test_text_does_not_turn_certificates_off(run, tmp_path, monkeypatch):
    entry = {"url": "https://dss", "api_key": "k", "no_check_certificate": "false"}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"dss_instances": {"design": entry}}))
    monkeypatch.setenv("DKU_CONFIG_FILE", str(file))
    monkeypatch.setenv("DKU_INSTANCE_NAME", "design")
    monkeypatch.delenv("DATAIKU_HOST", raising=False)
    code, _, err = run("sync")
    assert code == 64 and "design: no_check_certificate: expected true or false" in err


def test_refresh_of_a_state_that_keeps_no_versions(run, monkeypatch):
    with serving() as server:
        location = f"{server.url}/states/dev"
        for name in ("LOCK", "UNLOCK"):
            monkeypatch.setenv(f"TF_HTTP_{name}_ADDRESS", location)
        options = ("--state", location, "--project", KEY, "--type", "project")
        assert run("sync", *options)[::2] == (0, "")
        code, out, err = run("refresh", *options)
    assert code == 0 and "No changes" in out, err


def test_state_that_cannot_be_read_decides_on_no_ids(run, tmp_path):
    """A pull would write other ids than the code has."""
    assert run("sync", "--project", KEY)[0] == 0
    (tmp_path / ".dataiku/state/dev.state.json").write_text("{")
    code, _, err = run("pull", "--project", KEY)
    assert code == 1 and "is not a valid state" in err
    assert not (tmp_path / KEY).exists()


def test_prompt_is_not_part_of_the_output():
    """It goes to the terminal, whatever standard output is."""
    code = (
        "from dataikuapi.iac.cli.asking import is_answered_yes; "
        "print(is_answered_yes('Sure?'))"
    )
    terminal, side = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asking:
        os.write(terminal, b"yes\n")
        out, err = asking.communicate(timeout=60)
    for end in (terminal, side):
        os.close(end)
    assert out == b"True\n" and err.endswith(b"> ")


def script(old, new):
    return Change(ValueChangeType.MODIFIED, (PathSegment("payload"),), old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\r\nb", "a\nb", True),
        ("a\rb", "a\nb", True),
        ("a\fb", "a\nb", False),
        ("a\u2028b", "a\nb", False),
        ("a\n", "a", False),
        (None, "\n", False),
    ],
)
def test_other_breaks_than_line_endings_are_changes(old, new, expected):
    assert (script_diff(script(old, new)) == []) is expected


def test_new_script_and_moved_column_are_told_in_short():
    rid, moved = f"recipe.{KEY}.r", (PathSegment("schema"), PathSegment("columns"))
    diffs = [
        ResourceDiff(ChangeType.MODIFIED, rid, "recipe", changes=(change,))
        for change in (
            script(None, "a\nb\nc\n"),
            Change(ValueChangeType.MOVED, moved, neighbors=(None, None)),
        )
    ]
    page = render_html_page(diffs)
    assert "1 removed" not in page and "schema.columns: null" not in page
    assert DiffEngine().diff(State(), State()) == []
    assert render_text(diffs) and render_html(diffs)
