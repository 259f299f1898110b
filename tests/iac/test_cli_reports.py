"""Reports on the command line: how much they list, and where else they go."""

import json
from importlib.resources import files

import jsonschema
import pytest

KEY = "ORDERS_DEMO"

SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("diff_report_v2.schema.json").read_text()
)
TABLE = "dataset.ORDERS_DEMO.orders_enriched"


@pytest.fixture
def project(dataiku_client):
    return dataiku_client.get_project(KEY)


def add_column(project, dataset="orders_enriched"):
    settings = project.get_dataset(dataset).get_settings()
    settings.add_raw_schema_column({"name": "channel", "type": "string"})
    settings.save()


def test_rules_are_counted_and_listed_on_request(synced, project, tmp_path):
    add_column(project)
    (tmp_path / ".dataikuignore").write_text("dataset.* schema\nrecipe.* tags\n")
    assert "ignored 1 change by 1 rule; 1 unused (-v lists them)" in synced("drift")[1]
    for option in ("-v", "--verbose"):
        output = synced("drift", option)[1]
        assert "ignored 1: dataset.* schema\nignored nothing: recipe.* tags\n" in output


@pytest.mark.parametrize("command", ["drift", "diff", "refresh"])
def test_derived_changes_can_be_left_out(synced, project, command):
    add_column(project)
    arguments = [command]
    if command == "diff":
        synced("sync", "--project", KEY)
        arguments.append("1")
    code, output, _ = synced(*arguments, "--hide-derived")
    assert code == 0
    assert "hidden: 1 derived change" in output
    assert TABLE not in output


def test_edits_are_drift_also_without_derived_changes(synced, project):
    add_column(project)
    add_column(project, "countries")
    code, output, _ = synced("drift", "--hide-derived")
    assert (code, "~ dataset.ORDERS_DEMO.countries" in output) == (2, True)


def test_markdown_is_appended_to_the_step_summary(
    synced, project, tmp_path, monkeypatch
):
    add_column(project)
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    synced("drift")
    assert not summary.exists()
    for _ in range(2):
        code, output, _ = synced("drift", "--format", "markdown")
        assert code == 2
    assert summary.read_text("utf-8").count("### `Drift of ORDERS_DEMO") == 2
    assert output in summary.read_text("utf-8")


def test_a_step_summary_that_cannot_be_written_is_a_warning(
    synced, project, tmp_path, monkeypatch
):
    add_column(project)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    code, output, errors = synced("drift", "--format", "markdown")
    assert (code, output[:3]) == (2, "###")
    assert errors.startswith("warning: cannot write GITHUB_STEP_SUMMARY")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["diff", "99"], "StateNotFoundError"),
        (["drift", "--ignore", "missing"], "IgnoreFileError"),
    ],
)
def test_an_error_is_a_document(synced, arguments, name):
    code, output, errors = synced(*arguments, "--format", "json")
    document = json.loads(output)
    jsonschema.validate(document, SCHEMA)
    assert code == 1
    assert document["error"]["type"] == name
    assert errors == f"error: {document['error']['message']}\n"


def test_there_is_one_document_also_if_the_baseline_cannot_be_written(
    synced, project, tmp_path
):
    add_column(project)
    (tmp_path / "folder").mkdir()
    code, output, errors = synced("drift", "--format", "json", "--baseline", "folder")
    document = json.loads(output)
    jsonschema.validate(document, SCHEMA)
    assert (code, document["summary"]["modified"]) == (1, 1)
    assert errors.startswith("error: ")


def test_other_formats_have_no_error_document(synced):
    assert synced("diff", "99", "--format", "markdown")[1] == ""


def test_a_baseline_that_has_expired_already_is_a_usage_error(synced):
    code, _, errors = synced("drift", "--baseline", "x", "--expires", "2020-01-31")
    assert (code, errors) == (64, "error: --expires 2020-01-31 is in the past\n")
