"""The command that checks the set-up."""

import json
from datetime import timedelta

import pytest

from dataikuapi.iac.cli.commands import doctor
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault

KEY = SAMPLE_PROJECT_KEY


@pytest.fixture
def findings(run):
    """Run doctor; return the exit code, and outcome and text by subject."""

    def command(*arguments):
        code, output, errors = run("doctor", *arguments)
        assert errors == ""
        found = {}
        for line in output.splitlines():
            subject = line[9:23].strip()
            if subject.startswith("project"):
                subject = "project"
            found[subject] = (line[:8].strip(), line)
        return code, found

    return command


def outcomes(found):
    return {subject: outcome for subject, (outcome, _) in found.items()}


def test_all_is_well(synced, findings, server):
    code, found = findings()
    assert code == 0
    assert set(outcomes(found).values()) == {"ok"}
    assert found.keys() == {
        *("versions", "configuration", "state", "address", "TLS", "URL", "API key"),
        *("clock", "project", "instance"),
    }
    assert "from DATAIKU_HOST, API key from DATAIKU_API_KEY" in found["address"][1]
    assert "version 14" in found["URL"][1]


def test_before_the_first_sync(findings):
    code, found = findings("--project", KEY)
    assert code == 0
    assert found["state"][0] == "warning"
    assert found["state"][1].endswith("create it: dataiku-iac sync")
    assert found["project"][0] == "ok"


def test_unreachable_host(synced, findings, monkeypatch):
    monkeypatch.delenv("DATAIKU_HOST")
    code, found = findings("--host", "http://127.0.0.1:1")
    assert (code, found["URL"][0]) == (1, "failed")
    assert "API key" not in found


@pytest.mark.parametrize(
    ("host", "outcome"),
    [("localhost", "ok"), ("[::1]", "ok"), ("localhost.example.com", "warning")],
)
def test_encryption_is_missed_unless_dss_is_here(findings, monkeypatch, host, outcome):
    monkeypatch.setenv("DATAIKU_HOST", f"http://{host}:1")
    assert findings()[1]["TLS"][0] == outcome


def test_bad_project_does_not_hide_the_other_checks(findings, monkeypatch):
    monkeypatch.setenv("DATAIKU_PROJECT", "a b")
    code, found = findings()
    assert (code, found["project"][0], found["API key"][0]) == (1, "failed", "ok")


def test_page_of_a_proxy(findings, server):
    server.faults = lambda method, path: Fault.page(200)
    code, found = findings()
    assert (code, found["URL"][0]) == (1, "failed")
    assert "not JSON from DSS" in found["URL"][1]


def test_wrong_key(findings, monkeypatch):
    monkeypatch.setenv("DATAIKU_API_KEY", "wrong")
    code, found = findings()
    assert (code, found["URL"][0], found["API key"][0]) == (1, "ok", "failed")


def test_missing_key_and_bad_configuration(findings, monkeypatch, tmp_path):
    monkeypatch.delenv("DATAIKU_API_KEY")
    code, found = findings()
    assert (code, found["address"][0]) == (1, "failed")
    (tmp_path / "dataiku-iac.yaml").write_text("x: 1\n")
    code, found = findings()
    assert (code, found["configuration"][0]) == (1, "failed")


def test_rights_for_each_project(findings, store, monkeypatch):
    key = store.add_api_key("reader", can_admin=False)
    monkeypatch.setenv("DATAIKU_API_KEY", key)
    code, found = findings("--project", KEY)
    assert (code, found["project"][0]) == (0, "warning")
    assert "readable, except permissions" in found["project"][1]
    code, found = findings("--project", "NONE")
    assert (code, found["project"][0]) == (1, "failed")


def test_clock_that_is_wrong(findings, monkeypatch):
    late = utc_now() + timedelta(hours=2)
    monkeypatch.setattr(doctor, "utc_now", lambda: late)
    _, found = findings()
    assert found["clock"][0] == "warning"
    assert "seconds ahead of that of DSS" in found["clock"][1]


def test_state_with_problems(synced, findings, tmp_path):
    path = tmp_path / ".dataiku/state/dev.state.json"
    path.write_text(path.read_text("utf-8").replace('"countries"', '"x"'), "utf-8")
    code, found = findings()
    assert (code, found["state"][0]) == (1, "failed")
    assert "dataiku-iac verify" in found["state"][1]
    path.write_text("{", "utf-8")
    assert findings()[1]["state"][0] == "failed"


def test_state_of_another_dss(synced, findings, tmp_path):
    path = tmp_path / ".dataiku/state/dev.state.json"
    document = json.loads(path.read_text("utf-8"))
    document["instance"]["install_id"] = "another"
    path.write_text(json.dumps(document), "utf-8")
    code, found = findings()
    assert (code, found["instance"][0]) == (1, "failed")
