"""What cannot be read, conflicts, and a state file that is missing or corrupt."""

import json
import re
from pathlib import Path

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateConflictError, StateManager
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault

KEY = SAMPLE_PROJECT_KEY
RECIPE = "recipe.ORDERS_DEMO.compute_shipments"
CODEC = "com.dataiku.dip.exceptions.CodecException"

UNREADABLE = {
    "500": Fault.error(500, CODEC, "unexpected"),
    "NaN": Fault.text('{"recipe": {"name": "compute_shipments", "type": NaN}}'),
    "30 digits": Fault.text(
        '{"recipe": {"name": "compute_shipments", "type": "x", "params": {"a": 1'
        + "0" * 29
        + '}, "inputs": {}, "outputs": {}}}'
    ),
}


@pytest.fixture
def state_file(tmp_path):
    return tmp_path / ".dataiku/state/dev.state.json"


@pytest.fixture
def fail(server):
    """Let the requests for one recipe fail."""

    def start(fault):
        server.faults = lambda method, path: (
            fault if path.endswith("/recipes/compute_shipments") else None
        )

    return start


@pytest.mark.parametrize("name", UNREADABLE)
def test_plain_sync_names_host_object_and_next_step(
    run, fail, name, server, state_file
):
    fail(UNREADABLE[name])
    code, output, errors = run("sync", "--project", KEY)
    assert (code, output) == (1, "")
    assert f"{server.url} could not be read, so nothing was saved" in errors
    assert f"  {RECIPE}: " in errors
    assert errors.endswith("dataiku-iac sync --keep-going\n")
    assert not state_file.exists()


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("project", [[], ["--project", KEY]])
def test_keep_going_makes_a_first_state(run, fail, name, project):
    fail(UNREADABLE[name])
    code, output, _ = run("sync", "--keep-going", *project)
    assert code == 3
    assert output.startswith(
        "read 11 datasets, 1 project, 7 recipes; saved as serial 1\n? not read: "
    )
    assert output.endswith(f"    ? {RECIPE}\n")
    assert RECIPE not in run("show")[1]
    assert run("sync", "--keep-going", "--allow-unknown", *project)[0] == 0


def test_keep_going_keeps_the_stored_version_of_what_it_cannot_read(synced, fail):
    stored = synced("show", RECIPE)[1]
    fail(UNREADABLE["500"])
    assert synced("sync", "--keep-going")[0] == 3
    assert synced("show", RECIPE)[1] == stored
    assert synced("diff", "1", "2")[0] == 0


def test_keep_going_saves_nothing_if_nothing_can_be_read(run, server, state_file):
    server.faults = lambda method, path: Fault.error(500, CODEC, "unexpected")
    for arguments in (["--project", KEY], []):
        code, output, _ = run("sync", "--keep-going", *arguments)
        assert (code, output) == (1, "")
    assert not state_file.exists()


def test_keep_going_saves_nothing_if_only_the_listing_can_be_read(
    run, store, server, state_file
):
    store.add_project("OTHER")
    server.faults = lambda method, path: (
        None if path == "/projects/" else Fault.error(500, CODEC, "unexpected")
    )
    code, output, errors = run("sync", "--keep-going")
    assert (code, output) == (1, "")
    assert "  project.OTHER: " in errors and "--keep-going" not in errors
    assert not state_file.exists()


def test_keep_going_with_a_wrong_key_is_an_error(run, monkeypatch, state_file):
    monkeypatch.setenv("DATAIKU_API_KEY", "wrong")
    code, output, errors = run("sync", "--keep-going", "--project", KEY)
    assert (code, output) == (1, "")
    assert "does not accept the API key" in errors
    assert not state_file.exists()


def test_keep_going_changes_nothing_where_all_can_be_read(run):
    code, output, _ = run("sync", "--keep-going")
    assert (code, output.endswith("saved as serial 1\n")) == (0, True)


def test_sync_that_sees_no_project_is_an_error(run, store, monkeypatch, state_file):
    monkeypatch.setenv("DATAIKU_API_KEY", store.add_api_key("blind", projects=[]))
    code, output, errors = run("sync")
    assert (code, output) == (1, "")
    assert "READ_CONF" in errors
    assert not state_file.exists()


def test_sync_lists_projects_that_are_no_longer_listed(synced, store):
    store.add_project("OTHER")
    synced("sync", "--project", "OTHER")
    store.delete_project("OTHER")
    code, output, _ = synced("sync")
    assert (code, "    ? project.OTHER\n" in output) == (3, True)
    assert synced("sync", "--allow-unknown")[0] == 0


@pytest.mark.parametrize("command", ["drift", "refresh"])
def test_allow_unknown_counts_as_success(synced, fail, command):
    fail(UNREADABLE["500"])
    assert synced(command)[0] == 3
    code, output, _ = synced(command, "--allow-unknown")
    assert (code, f"    ? {RECIPE}" in output) == (0, True)


def test_allow_unknown_does_not_hide_drift(synced, fail, dataiku_client):
    fail(UNREADABLE["500"])
    dataiku_client.get_project(KEY).create_dataset("returns", "Filesystem")
    assert synced("drift", "--allow-unknown")[0] == 2
    synced("sync", "--keep-going")
    assert synced("diff", "1", "--allow-unknown")[0] == 2


@pytest.fixture
def interrupt(server, state_file, monkeypatch):
    """Let somebody else sync before each of the next saves of a sync."""
    save = StateManager.save_state

    def start(times):
        remaining = iter(range(times))

        def save_after_others(manager, state):
            if next(remaining, None) is not None:
                client = DSSClient(server.url, server.api_key)
                other = StateManager(LocalFileBackend(state_file), client, "dev")
                save(other, other.sync_project(KEY))
            save(manager, state)

        monkeypatch.setattr(StateManager, "save_state", save_after_others)

    return start


def test_sync_reads_again_once_after_a_conflict(synced, interrupt):
    interrupt(1)
    code, output, errors = synced("sync", "--project", KEY)
    assert (code, "; saved as serial 3\n" in output) == (0, True)
    assert errors.startswith("reading again: ")


def test_sync_gives_up_after_a_second_conflict(synced, interrupt):
    interrupt(2)
    code, output, errors = synced("sync", "--project", KEY)
    assert (code, output) == (1, "")
    assert "\nerror: " in errors
    assert synced("history")[1].startswith("serial 3 ")


@pytest.mark.parametrize(("conflicts", "code"), [(1, 0), (2, 1)])
def test_refresh_reads_again_once_after_a_conflict(
    synced, monkeypatch, conflicts, code
):
    refresh, remaining = StateManager.refresh, iter(range(conflicts))

    def conflict(*arguments, **options):
        if next(remaining, None) is not None:
            raise StateConflictError("somebody else saved")
        return refresh(*arguments, **options)

    monkeypatch.setattr(StateManager, "refresh", conflict)
    found, _, errors = synced("refresh")
    assert (found, "reading again: somebody else saved" in errors) == (code, True)


@pytest.fixture(params=["missing", "corrupt", "empty"])
def damaged(request, synced, state_file):
    """Two syncs, and then the state file is missing or corrupt."""
    synced("sync")
    if request.param == "missing":
        state_file.unlink()
    else:
        state_file.write_bytes(b"{" if request.param == "corrupt" else b"")
    return synced


def test_history_does_not_need_the_state_file(damaged, state_file):
    code, output, errors = damaged("history")
    assert code == 0
    assert re.fullmatch(r"serial 1 .*20 resources.*\n", output)
    assert errors.startswith("warning: ") and str(state_file.name) in errors


def test_restore_does_not_need_the_state_file(damaged, state_file):
    code, output, errors = damaged("restore", "1")
    assert (code, output) == (0, "restored serial 1 as serial 3\n")
    assert re.match(r"warning: .*dev\.state\.json was (missing|not a valid)", errors)
    assert damaged("drift")[0] == 0
    assert damaged("history")[1].startswith("serial 3 ")


def test_restored_versions_are_compared_without_the_state_file(damaged):
    assert damaged("diff", "1", "1")[0] == 0


def test_without_state_and_versions_there_is_nothing_to_list(run, state_file):
    for command in (["history"], ["verify"]):
        code, output, errors = run(*command)
        assert (code, "dev.state.json" in output + errors) == (1, True)
    code, _, errors = run("restore", "1")
    assert (code, "no version with serial 1" in errors) == (1, True)
    state_file.parent.mkdir(parents=True, exist_ok=True)
    state_file.write_bytes(b"{")
    assert run("history")[0] == 1


@pytest.mark.parametrize("command", [["drift"], ["diff", "admin.json", "reader.json"]])
def test_permissions_that_were_not_compared_are_exit_code_3(
    synced, store, monkeypatch, command
):
    synced("sync", "--state-file", "admin.json")
    monkeypatch.setenv("DATAIKU_API_KEY", store.add_api_key("reader", can_admin=False))
    synced("sync", "--state-file", "reader.json")
    code, output, _ = synced(*command)

    assert code == 3
    assert (
        f"? project.{KEY}: permissions not compared: the API key may not read them "
        "(not in the new state)" in " ".join(output.split())
    )
    assert synced(*command, "--allow-unknown")[0] == 0


# Attributes that the API key may not read


@pytest.fixture
def as_reader(store, monkeypatch):
    """Let the next commands use an API key without administration rights."""

    def switch():
        key = store.add_api_key("reader", can_admin=False)
        monkeypatch.setenv("DATAIKU_API_KEY", key)

    return switch


NOT_READ = (
    "warning: the API key may not read the permissions of 1 project; those in the "
    f"state, if any, were kept:\n    ? project.{KEY}\n"
)


@pytest.mark.parametrize("command", [["sync"], ["sync", "--project", KEY], ["refresh"]])
def test_permissions_that_are_not_read_are_reported_and_kept(
    synced, as_reader, command
):
    stored = json.loads(synced("show", f"project.{KEY}")[1])["attributes"]
    as_reader()
    code, output, errors = synced(*command)
    assert (code, errors) == (3, NOT_READ)
    assert "No changes. 20 unchanged." in output or "saved as serial 2" in output
    assert json.loads(synced("show", f"project.{KEY}")[1])["attributes"] == stored
    code, _, errors = synced(*command, "--allow-unknown")
    assert (code, errors) == (0, NOT_READ)
    assert synced("drift")[0] == 3
    # Nothing is said of what was not to be read.
    assert synced("refresh", RECIPE)[::2] == (0, "")


def test_a_first_sync_without_permissions_says_so(run, store, as_reader):
    store.add_project("OTHER")
    as_reader()
    code, _, errors = run("sync")
    assert code == 3
    assert "may not read the permissions of 2 projects;" in errors
    assert errors.endswith(f"    ? project.{KEY}\n    ? project.OTHER\n")


def test_permissions_of_a_deleted_project_are_not_those_of_its_successor(
    synced, store, as_reader
):
    store.delete_project(KEY)
    store.add_project(KEY)
    as_reader()
    assert synced("sync")[0] == 3
    assert (
        "permissions"
        not in json.loads(synced("show", f"project.{KEY}")[1])["attributes"]
    )
    assert "permissions not compared" in synced("drift")[1]


def test_refresh_after_an_older_version_was_copied_back(synced, dataiku_client):
    for name in ("returns", "refunds", "claims"):
        dataiku_client.get_project(KEY).create_dataset(name, "Filesystem")
        assert synced("sync")[0] == 0
    folder = Path(".dataiku/state")
    older = folder / "dev.state.pre-serial-2.json"
    (folder / "dev.state.json").write_bytes(older.read_bytes())
    code, output, _ = synced("refresh")
    assert code == 0
    assert "3 added, 0 removed, 0 modified, 20 unchanged." in output.splitlines()
    assert synced("show")[1].startswith("<State dev, serial 5,")
