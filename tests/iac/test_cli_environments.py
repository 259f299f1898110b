"""Environments of dataiku-iac.yaml on the command line: init, connections, diff."""

import json
import shutil

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.config import read_config_file
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, sample_folder

KEY = SAMPLE_PROJECT_KEY


@pytest.fixture
def configure(tmp_path, server):
    """Write a configuration in which URL stands for that of the sandbox."""

    def write(text):
        path = tmp_path / "dataiku-iac.yaml"
        path.write_text(text.replace("URL", server.url))

    return write


def test_init_writes_a_file_that_sync_uses(run, server, monkeypatch, tmp_path):
    code, output, _ = run("init", "-e", "prod", "--host", server.url)
    assert code == 0
    assert output.startswith("wrote dataiku-iac.yaml, with environment prod\n")
    assert server.api_key not in (tmp_path / "dataiku-iac.yaml").read_text()
    monkeypatch.delenv("DATAIKU_HOST")
    assert run("sync", "-e", "prod")[0] == 0
    code, _, errors = run("init")
    assert (code, "exists already; edit it" in errors) == (64, True)


def test_init_without_a_url_says_what_is_next(run, monkeypatch, tmp_path):
    monkeypatch.delenv("DATAIKU_HOST")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "next: set its host" in run("init")[1]
    assert run("sync", "-e", "x")[0] == 64


def test_init_takes_the_instance_of_dataiku_s_own_file(run, monkeypatch, tmp_path):
    monkeypatch.delenv("DATAIKU_HOST")
    path = tmp_path / "config.json"
    path.write_text(
        '{"dss_instances": {"design": {"url": "https://a.org", "api_key": "s3cret"}},'
        ' "default_instance": "design"}'
    )
    monkeypatch.setenv("DKU_CONFIG_FILE", str(path))
    assert run("init")[0] == 0
    written = (tmp_path / "dataiku-iac.yaml").read_text()
    assert "instance: design\n" in written and "s3cret" not in written


def test_init_takes_the_options_of_the_other_commands(run, monkeypatch, tmp_path):
    monkeypatch.setenv("DATAIKU_ENVIRONMENT", "prod")
    assert run("--config", "ci.yaml", "init", "--no-check-certificate")[0] == 0
    (found,) = read_config_file(tmp_path / "ci.yaml").environments.values()
    assert (found.name, found.tls.no_check_certificate) == ("prod", True)
    assert run("history", "--config", "ci.yaml")[0] == 1  # There is no state yet.


@pytest.mark.parametrize("folder", [".", ".."])
def test_repository_may_be_the_current_folder(synced, folder):
    code, _, errors = synced("diff", "git:HEAD:SHOP", "--git-dir", folder)
    assert code == 1
    assert "not a git repository" in errors


def test_invalid_file_is_a_configuration_error_with_its_line(run, configure):
    configure("environments:\n  dev: {hots: URL}\n")
    code, output, errors = run("sync")
    assert (code, output) == (64, "")
    assert "dataiku-iac.yaml:2: environments.dev.hots: unknown key" in errors
    assert run("history")[0] == 64


def test_file_can_be_named(run, configure, tmp_path):
    configure("environments: {other: {host: URL}}\n")
    (tmp_path / "dataiku-iac.yaml").rename(tmp_path / "ci.yaml")
    assert run("--config", "ci.yaml", "sync", "-e", "other")[0] == 0
    code, _, errors = run("sync", "--config", "none.yaml")
    assert (code, "dataiku-iac init" in errors) == (64, True)


def test_variable_that_contradicts_the_file_is_an_error(run, configure):
    configure("environments: {dev: {host: 'https://dss.example.com'}}\n")
    code, _, errors = run("sync")
    assert (code, "DATAIKU_HOST is for" in errors) == (64, True)


def test_host_of_another_environment_is_refused(run, configure, server):
    configure(
        "environments:\n  dev: {host: 'https://dss.example.com'}\n  prod: {host: URL}\n"
    )
    code, _, errors = run("sync", "--host", server.url)
    assert (code, "use --environment prod" in errors) == (64, True)


def test_state_that_was_read_from_another_dss_is_refused(synced, configure, tmp_path):
    path = tmp_path / ".dataiku/state/dev.state.json"
    document = json.loads(path.read_text("utf-8"))
    document["instance"] = {"address": "https://dss.example.com"}
    path.write_text(json.dumps(document), "utf-8")
    configure("environments: {dev: {host: URL}}\n")
    for command in ("sync", "drift", "refresh"):
        code, output, errors = synced(command)
        assert (code, output) == (1, "")
        assert "https://dss.example.com" in errors
    assert json.loads(path.read_text("utf-8")) == document


def test_projects_workers_and_rules_come_from_the_file(
    run, configure, store, tmp_path, dataiku_client
):
    store.add_project("OTHER")
    configure(
        f"environments:\n  dev:\n    host: URL\n    project_keys: [{KEY}]\n"
        "    workers: 2\n    ignore: rules\n    state: states/dev.json\n"
    )
    (tmp_path / "rules").write_text("dataset.*\n")
    assert "1 project" in run("sync")[1]
    assert (tmp_path / "states/dev.json").is_file()
    dataiku_client.get_project(KEY).create_dataset("returns", "Filesystem")
    assert run("drift")[0] == 0


def test_all_projects_of_the_file_are_compared(run, configure, store, dataiku_client):
    store.add_project("OTHER")
    configure(
        f"environments: {{dev: {{host: URL, project_keys: [OTHER, {KEY}]}}}}\n",
    )
    assert "2 projects" in run("sync")[1]
    dataiku_client.get_project(KEY).create_dataset("returns", "Filesystem")
    code, output, _ = run("drift")
    assert (code, f"+ dataset.{KEY}.returns" in output) == (2, True)
    assert run("drift", "--project", "OTHER")[0] == 0
    assert run("drift", "--project", "OTHER", "--project", KEY)[0] == 2


def test_project_variable_outside_of_the_file_is_an_error(run, configure, monkeypatch):
    configure(f"environments: {{dev: {{host: URL, project_keys: [{KEY}]}}}}\n")
    monkeypatch.setenv("DATAIKU_PROJECT", "OTHER")
    code, _, errors = run("sync")
    assert (code, "DATAIKU_PROJECT is OTHER" in errors) == (64, True)
    monkeypatch.setenv("DATAIKU_PROJECT", KEY)
    assert run("sync")[0] == 0


@pytest.fixture
def two(run, configure, dataiku_client):
    """States of dev and prod; prod has a dataset more."""
    configure("environments: {dev: {host: URL}, prod: {host: URL}}\n")
    assert run("sync", "-e", "dev", "--project", KEY)[0] == 0
    dataiku_client.get_project(KEY).create_dataset("returns", "Filesystem")
    assert run("sync", "-e", "prod", "--project", KEY)[0] == 0
    return run


def test_diff_compares_two_environments(two):
    code, output, _ = two("diff", "dev", "prod")
    assert (code, f"+ dataset.{KEY}.returns" in output) == (2, True)
    assert two("diff", "env:dev", "env:dev")[0] == 0
    assert two("diff", "prod")[0] == 2
    assert two("diff", "-e", "prod", "prod")[0] == 0
    assert two("diff", "version:1", "dev")[0] == 0


def test_word_that_is_an_environment_and_a_file_is_refused(two, tmp_path):
    (tmp_path / "dev").write_text("")
    code, _, errors = two("diff", "dev", "prod")
    assert (code, "write env:dev or ./dev" in errors) == (64, True)
    assert two("diff", "env:dev", "prod")[0] == 2
    code, _, errors = two("diff", "./dev", "prod")
    assert (code, "not a valid state" in errors) == (1, True)


def test_word_that_is_neither_is_an_error_that_lists_environments(two):
    code, _, errors = two("diff", "dve", "prod")
    assert (code, "environments: dev, prod" in errors) == (1, True)
    assert two("diff", "env:none", "prod")[0] == 64


def test_environments_without_a_file_are_known_by_their_states(synced):
    synced("sync", "-e", "prod")
    assert synced("diff", "dev", "prod")[0] == 0
    assert synced("diff", "dev", "none")[0] == 1


def test_projects_with_other_keys_are_compared_by_their_names(run, configure, tmp_path):
    configure(
        f"environments:\n  dev: {{host: URL, project_keys: {{SHOP: {KEY}}}}}\n"
        "  prod: {host: URL, project_keys: {SHOP: SHOP_PROD}}\n"
    )
    assert run("sync", "-e", "dev")[0] == 0
    assert run("sync", "-e", "dev", "--state-file", "copy.json")[0] == 0
    moved = run("state", "mv", f"project.{KEY}", "project.SHOP_PROD", "--state-file")
    assert moved[0] == 64  # The file is missing.
    arguments = ["state", "mv", f"project.{KEY}", "project.SHOP_PROD"]
    assert run(*arguments, "--state-file", "copy.json")[0] == 0
    (tmp_path / "copy.json").rename(tmp_path / ".dataiku/state/prod.state.json")
    code, output, _ = run("diff", "dev", "prod")
    assert (code, "20 unchanged" in output) == (0, True), output
    assert "0 unchanged" in run("diff", "dev", "./.dataiku/state/prod.state.json")[1]


def test_key_is_never_stored(two, tmp_path, server):
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert server.api_key not in path.read_text("utf-8", "replace")
    assert LocalFileBackend(tmp_path / ".dataiku/state/dev.state.json").exists()


@pytest.mark.all_types
def test_diff_of_an_environment_as_it_is_and_a_folder_of_another_name(
    run, configure, server, tmp_path
):
    """The project has the same key on both sides then, so only edits differ."""
    configure("environments:\n  dev: {host: URL}\n")
    shutil.copytree(sample_folder(), tmp_path / "OTHER")
    assert run("diff", "live:dev", "./OTHER")[0] == 0
    assert run("diff", "./OTHER", "live:dev")[0] == 0
    client = DSSClient(server.url, server.api_key)
    client.get_project(KEY).set_variables({"standard": {"threshold": 99}, "local": {}})
    code, output, _ = run("diff", "./OTHER", "live:dev")
    assert code == 2
    assert f"~ variables.{KEY}" in output
    assert "1 modified" in output
