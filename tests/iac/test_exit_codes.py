"""Exit codes cannot lie: 3 means that something was read, and 1 that nothing was."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault

TABLE = f"dataset.{SAMPLE_PROJECT_KEY}.countries"
COMMANDS = [
    ("drift",),
    ("refresh",),
    ("sync", "--keep-going"),
    ("sync", "--keep-going", "--project", SAMPLE_PROJECT_KEY),
    ("drift", TABLE),
    ("refresh", "dataset.*"),
]


def state_of(run):
    return run("show")[1]


@pytest.fixture
def project(server):
    client = DSSClient(server.url, server.api_key)
    return client.get_project(SAMPLE_PROJECT_KEY)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.page(200), "login page"),
        (Fault.redirect("https://sso.example.com/login"), "sso.example.com"),
        (Fault.page(502), "502"),
        (Fault.error(500, "java.lang.NullPointerException", "oh no"), "oh no"),
        (Fault.error(401, "java.lang.SecurityException", "no"), "401"),
    ],
    ids=["login page", "redirect", "502", "500", "401"],
)
def test_nothing_read_is_an_error(synced, server, command, fault, reason):
    before = state_of(synced)
    server.faults = lambda method, path: fault

    code, output, error = synced(*command, "--allow-unknown")

    assert (code, output) == (1, "")
    assert reason in error
    assert state_of(synced) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_rights_at_all_is_an_error(synced, server, monkeypatch, command):
    before = state_of(synced)
    monkeypatch.setenv("DATAIKU_API_KEY", server.store.add_api_key("eve", []))

    code, output, error = synced(*command, "--allow-unknown")

    assert (code, output) == (1, "")
    assert "API key" in error
    assert state_of(synced) == before


@pytest.mark.parametrize("command", ["drift", "refresh"])
def test_something_unread_beside_what_was_read_is_incomplete(synced, server, command):
    server.faults = lambda method, path: (
        Fault.error(500, "java.lang.NullPointerException", "oh no")
        if path.endswith("/recipes/")
        else None
    )

    assert synced(command)[0] == 3
    assert synced(command, "--allow-unknown")[0] == 0


@pytest.mark.parametrize("command", ["drift", "refresh"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("--project", "ORDERS_DMO"),
        ("--project", "ORDERS_DMO", "--project", SAMPLE_PROJECT_KEY),
        ("dataset.ORDERS_DMO.countries",),
    ],
    ids=" ".join,
)
def test_misspelled_project_is_an_error(synced, command, arguments):
    code, output, error = synced(command, *arguments)

    assert (code, output) == (1, "")
    assert "Did you mean ORDERS_DEMO?" in error


@pytest.mark.parametrize("keep_going", [[], ["--keep-going"]])
def test_sync_of_a_misspelled_project_is_an_error(run, keep_going):
    code, output, error = run("sync", "--project", "ORDERS_DMO", *keep_going)

    assert (code, output) == (1, "")
    assert "Did you mean ORDERS_DEMO?" in error


@pytest.mark.parametrize("command", ["drift", "refresh"])
@pytest.mark.parametrize("text", ["dataset.ORDERS_DEMO.countris", "dataset.*.nope_*"])
def test_id_that_matches_nothing_is_an_error(synced, command, text):
    before = state_of(synced)

    code, output, error = synced(command, text, TABLE)

    assert (code, output) == (1, "")
    assert f"{text} matches nothing" in error
    assert state_of(synced) == before


# What sync takes over


def test_first_sync_lists_nothing(run):
    code, output, _ = run("sync")

    assert (code, output) == (
        0,
        "read 11 datasets, 1 project, 8 recipes; saved as serial 1\n",
    )


def test_sync_prints_what_it_took_over(synced, project):
    project.get_recipe("compute_shipments").delete()

    code, output, _ = synced("sync")

    assert code == 0
    assert "; saved as serial 2\n- recipe.ORDERS_DEMO.compute_shipments" in output
    assert output.endswith("0 added, 1 removed, 0 modified, 19 unchanged\n")


def test_sync_in_json_writes_nothing_else_to_standard_output(synced, project):
    project.get_recipe("compute_shipments").delete()

    _, output, error = synced("sync", "--format", "json")

    assert output.startswith("{")
    assert "saved as serial 2" in error


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sync", "; nothing saved\n- recipe"),
        ("refresh", "- recipe"),
        ("drift", "- rec"),
    ],
)
def test_dry_run_stores_nothing(synced, project, command, said):
    project.get_recipe("compute_shipments").delete()
    before = state_of(synced)

    options = [] if command == "drift" else ["--dry-run"]
    code, output, _ = synced(command, *options)

    assert code == (2 if command == "drift" else 0)
    assert said in output
    assert state_of(synced) == before
    assert synced("history")[1].count("serial") == 1


def test_keep_going_saves_what_can_be_read(synced, server, project):
    project.get_dataset("orders_archive").delete()
    server.faults = lambda method, path: (
        Fault.error(500, "java.lang.NullPointerException", "oh no")
        if path.endswith("/recipes/compute_shipments")
        else None
    )

    code, output, _ = synced("sync", "--keep-going")

    assert code == 3
    assert output.startswith("read 10 datasets, 1 project, 6 recipes; saved as")
    assert "? recipe.ORDERS_DEMO.compute_shipments" in output
    assert "- dataset.ORDERS_DEMO.orders_archive" in output
    assert "recipe.ORDERS_DEMO.compute_shipments" in state_of(synced)
