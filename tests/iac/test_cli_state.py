"""The commands on the stored state: state, show with filters, and the history."""

import json
import re
from dataclasses import replace

import pytest

from dataikuapi.iac import LocalFileBackend, StateConflictError, StateManager
from dataikuapi.iac.editing import remove_objects
from dataikuapi.iac.models.save_note import SaveNote, note_of
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY

KEY = SAMPLE_PROJECT_KEY
TABLE = f"dataset.{KEY}.countries"


@pytest.fixture
def backend(tmp_path):
    return LocalFileBackend(tmp_path / ".dataiku/state/dev.state.json")


def test_state_list_prints_one_id_per_line(synced, store):
    store.add_project("OTHER")
    synced("sync")
    ids = synced("state", "list")[1].splitlines()
    assert len(ids) == 21 and TABLE in ids
    recipes = synced("state", "list", "--type", "recipe")[1].splitlines()
    assert [line.startswith("recipe.") for line in recipes] == [True] * 8
    assert synced("state", "list", "--project", "OTHER")[1] == "project.OTHER\n"
    assert synced("state", "list", "--project", "NONE") == (0, "", "")


def test_show_filters_and_prints_json(synced):
    options = ["--type", "recipe", "--type", "project", "--project", KEY]
    assert synced("show", *options)[1].count("\n") == 10
    code, output, _ = synced("show", *options, "--format", "json")
    resources = json.loads(output)
    assert (code, len(resources)) == (0, 9)
    assert {"resource_id", "resource_type", "attributes"} <= resources[0].keys()
    assert synced("state", "show", TABLE)[1] == synced("show", TABLE)[1]
    code, _, errors = synced("show", "dataset.ORDERS_DEMO.countrie")
    assert (code, f"Did you mean {TABLE}?" in errors) == (64, True)


def test_removed_object_is_reported_as_added_until_the_next_sync(synced, backend):
    code, output, _ = synced("state", "rm", TABLE, f"recipe.{KEY}.compute_shipments")
    assert code == 0
    assert output == "removed 2 objects from the state; saved as serial 2\n"
    assert not backend.load().has_resource(TABLE)
    code, output, _ = synced("drift")
    assert (code, f"+ {TABLE}" in output, "2 added" in output) == (2, True, True)
    assert synced("restore", "1")[0] == 0
    assert synced("drift")[0] == 0
    assert synced("verify")[0] == 0


def test_nothing_is_removed_if_one_object_is_missing(synced, backend):
    code, _, errors = synced("state", "rm", TABLE, f"dataset.{KEY}.none")
    assert (code, "no dataset.ORDERS_DEMO.none in the state" in errors) == (64, True)
    assert backend.load().serial == 1
    assert synced("state", "rm")[0] == 64


def test_sync_that_began_before_a_removal_is_refused(synced, backend, dataiku_client):
    manager = StateManager(backend, dataiku_client, "dev")
    reading = manager.sync_project(KEY)
    synced("state", "rm", TABLE)
    with pytest.raises(Exception, match="since this reading began"):
        manager.save_state(reading)


def test_moved_object_is_compared_with_what_it_was(synced, dataiku_client):
    project = dataiku_client.get_project(KEY)
    project.get_dataset("countries").rename("lands")
    assert "1 added, 1 removed" in synced("drift")[1]
    code, output, _ = synced("state", "mv", TABLE, f"dataset.{KEY}.lands")
    assert (code, output.startswith(f"moved {TABLE} to ")) == (0, True)
    assert "No changes" in synced("drift", "--type", "dataset")[1]
    assert synced("verify")[0] == 0


def test_moved_project_takes_all_that_is_in_it(synced, backend):
    assert synced("state", "mv", f"project.{KEY}", "project.STORE")[0] == 0
    state = backend.load()
    assert state.project_keys() == ["STORE"]
    assert state.get_resource("project.STORE").attributes["projectKey"] == "STORE"
    assert state.covers("dataset.STORE.new")
    assert synced("verify")[0] == 0


def test_sync_that_began_before_a_move_is_refused(synced, backend, dataiku_client):
    """It would bring the project back under its old key."""
    manager = StateManager(backend, dataiku_client, "dev")
    reading = manager.sync_project(KEY)
    synced("state", "mv", f"project.{KEY}", "project.STORE")
    with pytest.raises(StateConflictError, match="since this reading began"):
        manager.save_state(reading)
    manager.save_state(manager.sync_project(KEY))
    assert backend.load().project_keys() == [KEY, "STORE"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (f"dataset.{KEY}.none", f"dataset.{KEY}.x", "in the state"),
        (TABLE, f"dataset.{KEY}.orders", "in the state already"),
        (TABLE, f"recipe.{KEY}.countries", "different types"),
        (TABLE, "dataset.OTHER.countries", "different projects"),
        (f"project.{KEY}", f"project.{KEY}", "in the state already"),
        (TABLE, "dataset", "NEW: "),
    ],
)
def test_moves_that_do_not_fit_are_usage_errors(synced, backend, old, new, message):
    code, _, errors = synced("state", "mv", old, new)
    assert (code, message in errors) == (64, True), errors
    assert backend.load().serial == 1


def test_other_spelling_is_moved_from_and_not_to(synced, backend):
    right = f"library_file.{KEY}.python/orders/cleaning.py"
    wrong = f"library_file.{KEY}./python/orders/cleaning.py"
    synced("sync", "--project", KEY, "--type", "library_file")
    code, _, errors = synced("state", "mv", right, wrong)
    assert (code, f"write {right}" in errors) == (64, True)
    state = backend.load()
    file = state.resources.pop(right)
    state.add_resource(replace(file, resource_id=wrong))
    backend.save(state)
    assert synced("state", "mv", wrong, right)[0] == 0
    assert backend.load()[right].attributes == file.attributes


def test_history_says_who_why_and_what(synced, dataiku_client, backend):
    dataiku_client.get_project(KEY).create_dataset("returns", "Filesystem")
    synced("sync", "-m", "before the release")
    synced("state", "rm", TABLE, "-m", "not ours")
    synced("restore", "1")
    synced("sync")
    lines = synced("history")[1].splitlines()
    patterns = [
        r"serial 5  .*  current  \+1 ~0 -0  by \w+$",
        r"serial 4  .*  20 resources, .*  \+1 ~0 -1  restore serial 1$",
        r"serial 3  .*  20 resources, .*  \+0 ~0 -1  by \w+  not ours$",
        r"serial 2  .*  21 resources, .*  \+1 ~0 -0  by sandbox_admin  before the rel",
        r"serial 1  .*  20 resources, .*json  by sandbox_admin$",
    ]
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.match(pattern, line), line


def test_message_belongs_to_one_version(synced, backend):
    synced("sync", "-m", "once")
    assert note_of(backend.load()) == SaveNote("sandbox_admin", "once")
    synced("sync")
    assert note_of(backend.load()).message == ""
    synced("refresh", "-m", "twice")
    assert note_of(backend.load()) == SaveNote("sandbox_admin", "twice")
    synced("refresh", TABLE)
    assert note_of(backend.load()).message == ""
    assert synced("sync", "-m", " ")[0] == 64


def test_note_of_an_older_version_is_not_carried_over(synced, backend):
    synced("sync", "-m", "once")
    state = backend.load()
    assert note_of(remove_objects(state, [TABLE])) == SaveNote()
    backend.save(state)
    assert note_of(backend.load()).message == ""
    backend.save_message = "by hand"
    backend.save(state)
    assert note_of(state).message == note_of(backend.load()).message == "by hand"


def test_control_characters_of_a_message_are_escaped(synced):
    synced("sync", "-m", "a\x1b[31mred")
    assert "\x1b" not in synced("history")[1]
