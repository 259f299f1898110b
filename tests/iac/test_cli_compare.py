"""The command compare: two environments, and what is meant to differ between them."""

import json
import time

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, sample_folder

pytestmark = pytest.mark.all_types
PROD = "ORDERS_PROD"
CONFIG = """\
projects:
  SHOP: {{source: code}}
environments:
  dev:
    host: {host}
    project_keys: {{SHOP: {dev}}}
    state: dev.json
    variables: {{stage: design}}
  prod:
    host: {host}
    project_keys: {{SHOP: {prod}}}
    state: prod.json
    connections: {{filesystem_managed: files_prod}}
    patch:
      - {{id: dataset.SHOP.orders, pointer: /customFields/team, value: blue}}
"""


@pytest.fixture
def prod(server, store, tmp_path, monkeypatch, run):
    """The project in production: as in development, with what it has for itself."""
    store.load_folder(sample_folder(), PROD)
    monkeypatch.delenv("DATAIKU_HOST", raising=False)
    text = CONFIG.format(host=server.url, dev=SAMPLE_PROJECT_KEY, prod=PROD)
    (tmp_path / "dataiku-iac.yaml").write_text(text, "utf-8")
    client = DSSClient(server.url, server.api_key)
    set_variable(client.get_project(SAMPLE_PROJECT_KEY), "stage", "design")
    project = client.get_project(PROD)
    for item in project.list_datasets():
        settings = project.get_dataset(item["name"]).get_settings()
        raw = settings.get_raw()
        if raw["params"].get("connection") == "filesystem_managed":
            raw["params"]["connection"] = "files_prod"
        if item["name"] == "orders":
            raw["customFields"] = {"team": "blue"}
        settings.save()
    return project


def set_variable(project, name, value):
    variables = project.get_variables()
    variables["standard"][name] = value
    project.set_variables(variables)


def set_team(project, team):
    settings = project.get_dataset("orders").get_settings()
    settings.get_raw()["customFields"] = {} if team is None else {"team": team}
    settings.save()


def dev(prod):
    """Return the project in development."""
    client = DSSClient(prod.client.host, prod.client.api_key)
    return client.get_project(SAMPLE_PROJECT_KEY)


@pytest.mark.usefixtures("prod")
def test_what_is_meant_to_differ_is_no_difference(run):
    code, out, err = run("compare", "live:dev", "live:prod")
    assert code == 0, out + err
    first = out.splitlines()[0]
    assert first.startswith("live:dev and live:prod: ") and "(100.0%)" in first
    # All that differs, without the overlay.
    assert run("diff", "live:dev", "live:prod")[0] == 2


def test_what_differs_beyond_that_shows(run, prod):
    set_team(prod, "red")
    set_variable(prod, "region", "eu")
    code, out, _ = run("compare", "live:dev", "live:prod")
    assert code == 2
    assert (
        "~ dataset.SHOP.orders" in out and '~ customFields.team: "blue" -> "red"' in out
    )
    assert '+ standard.region: "eu"' in out
    assert "standard.stage" not in out
    counts = out.splitlines()[0].rpartition(": ")[2].split()
    assert int(counts[2]) - int(counts[0]) == 2


def test_stored_states_are_compared_with_their_serials(run, prod):
    assert run("sync", "-e", "dev")[0] == run("sync", "-e", "prod")[0] == 0
    set_team(prod, "red")
    code, out, err = run("compare", "dev", "prod", "--format", "json")
    assert code == 0, err
    report = json.loads(out)
    assert report["title"].startswith("dev (serial 1) and prod (serial 1): ")
    assert run("compare", "dev", "live:prod")[0] == 2


def test_code_is_compared_with_an_instance(run, prod, tmp_path):
    assert run("pull", "-e", "prod")[0] == 0
    assert (tmp_path / "code" / "params.json").exists()
    code, out, err = run("compare", "./code", "live:prod")
    assert code == 0, out + err
    set_team(prod, "red")
    assert run("compare", "./code", "live:prod")[0] == 2


def test_entry_that_matches_nothing_is_told(run, prod):
    prod.get_dataset("orders").delete()
    dev(prod).get_dataset("orders").delete()
    for pair in (("live:dev", "live:prod"), ("live:prod", "live:dev")):
        _, _, err = run("compare", *pair)
        assert "environment prod: patch[0] matches nothing" in err
        assert "environment dev" not in err


@pytest.mark.parametrize(
    ("team", "pair", "shown"),
    [
        ("red", ("live:dev", "live:prod"), '~ customFields.team: "blue" -> "red"'),
        ("red", ("live:prod", "live:dev"), '~ customFields.team: "red" -> "blue"'),
        (None, ("live:dev", "live:prod"), '- customFields.team: "blue"'),
        (None, ("live:prod", "live:dev"), '+ customFields.team: "blue"'),
    ],
)
def test_what_an_environment_has_otherwise_than_meant_shows(
    run, prod, team, pair, shown
):
    set_team(prod, team)
    code, out, _ = run("compare", *pair)
    assert code == 2 and shown in out
    # Also where the other environment has just that.
    set_team(dev(prod), team)
    code, out, _ = run("compare", *pair)
    assert code == 2 and shown in out


@pytest.mark.parametrize("is_reverse", [False, True])
def test_what_both_environments_have_otherwise_than_meant_shows(
    run, prod, tmp_path, is_reverse
):
    path = tmp_path / "dataiku-iac.yaml"
    text = path.read_text("utf-8")
    path.write_text(text + "    variables: {stage: production}\n", "utf-8")
    set_variable(prod, "stage", "production")
    pair = ["live:dev", "live:prod"][:: -1 if is_reverse else 1]
    assert run("compare", *pair)[0] == 0
    set_variable(prod, "stage", "odd")
    code, out, _ = run("compare", *pair)
    shown = ["production", "odd"][:: -1 if is_reverse else 1]
    assert code == 2 and '~ standard.stage: "{}" -> "{}"'.format(*shown) in out
    for value in ("odd", "even"):
        set_variable(dev(prod), "stage", value)
        assert run("compare", *pair)[0] == 2


@pytest.mark.parametrize("command", ["compare", "diff"])
@pytest.mark.parametrize("prefix", ["live:", "env:"])
def test_objects_of_two_environments_are_not_created_again(
    run, server, tmp_path, monkeypatch, command, prefix
):
    monkeypatch.delenv("DATAIKU_HOST", raising=False)
    text = CONFIG.partition("    variables: {{stage")[0]
    text += "  prod:\n    host: {host}\n    project_keys: {{SHOP: {prod}}}\n"
    text = text.format(host=server.url, dev="RA", prod="RA_PROD")
    (tmp_path / "dataiku-iac.yaml").write_text(text, "utf-8")
    client = DSSClient(server.url, server.api_key)
    for key in ("RA", "RA_PROD"):
        project = client.create_project(key, "Shop", "ann")
        for item in project.list_dashboards():  # Its id is random.
            project.get_dashboard(item["id"]).delete()
        project.create_filesystem_dataset("orders", "filesystem_managed", "/orders")
        time.sleep(0.002)
    for name in ("dev", "prod"):
        assert run("sync", "-e", name)[0] == 0
    code, out, err = run(command, f"{prefix}dev", f"{prefix}prod")
    assert code == 0, out + err
    # In one environment, it is.
    client.get_project("RA").get_dataset("orders").delete()
    client.get_project("RA").create_filesystem_dataset(
        "orders", "filesystem_managed", "/orders"
    )
    code, out, err = run(command, "env:dev", "live:dev")
    assert code == 2 and "created again" in out, out + err
