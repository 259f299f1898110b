"""What one person stores while another reads is not lost, whatever the order."""

from dataclasses import replace

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import Resource, StateConflictError, StateManager
from iac.five_methods import FiveMethods
from iac.people import KEY, ORDERS, RECIPE, describe, described


def before_saving(manager, action):
    """Let something happen once, after a manager has read and before it saves."""
    lock, pending = manager.backend.lock, [action]

    def interrupted(*arguments):
        if pending:
            pending.pop()()
        return lock(*arguments)

    manager.backend.lock = interrupted


# Read, stored by another, saved


def test_an_older_refresh_of_one_object_does_not_undo_a_sync(two):
    ann, bob = two

    def sync():
        describe(bob.client, "later")
        bob.save_state(bob.sync_project(KEY))

    before_saving(ann, sync)
    with pytest.raises(StateConflictError, match=f"{ORDERS}.*Sync again"):
        ann.refresh([ORDERS])
    assert described(ann) == "later"


def test_an_older_refresh_does_not_bring_back_what_a_sync_removed(two, store):
    ann, bob = two

    def sync():
        store.project(KEY).recipes.remove("compute_shipments")
        bob.save_state(bob.sync_project(KEY))

    before_saving(ann, sync)
    with pytest.raises(StateConflictError, match=RECIPE):
        ann.refresh([RECIPE])
    assert not ann.load_state().has_resource(RECIPE)


@pytest.mark.parametrize("stored_by", ["sync", "refresh"])
def test_an_older_refresh_does_not_remove_what_was_stored_since(two, store, stored_by):
    ann, bob = two
    store.project(KEY).recipes.remove("compute_shipments")

    def store_again():
        store.add_recipe(KEY, "compute_shipments", type="python", payload="")
        if stored_by == "refresh":
            bob.refresh([RECIPE])
        else:
            bob.save_state(bob.sync_project(KEY))

    before_saving(ann, store_again)
    with pytest.raises(StateConflictError, match=RECIPE):
        ann.refresh([RECIPE])
    assert ann.load_state().has_resource(RECIPE)


def test_a_reading_that_claims_to_be_whole_is_a_reading_still(two):
    ann, bob = two
    reading = replace(ann.sync_project(KEY), scope=None)
    describe(bob.client, "later")
    bob.refresh([ORDERS])
    for save in (ann.save_state, ann.backend.save):
        with pytest.raises(StateConflictError, match="since this reading began"):
            save(reading)
    assert described(ann) == "later"


def test_a_backend_does_not_save_a_reading_over_what_was_stored_since(two):
    ann, bob = two
    reading = ann.sync_project(KEY)
    bob.save_state(bob.sync_project(KEY))
    with pytest.raises(StateConflictError, match="Sync again"):
        ann.backend.save(reading)
    ann.backend.save(reading, force=True)


def test_of_two_first_readings_the_second_is_refused(person):
    ann, bob = person(), person()
    hers = ann.sync_project(KEY)
    describe(bob.client, "later")
    before_saving(ann, lambda: bob.save_state(bob.sync_project(KEY)))
    with pytest.raises(StateConflictError, match="somebody else stored"):
        ann.save_state(hers)
    assert described(ann) == "later"


def test_first_readings_of_two_projects_are_both_stored(person, store):
    ann, bob = person(), person()
    store.add_project("SHOP")
    hers = ann.sync_project(KEY)
    before_saving(ann, lambda: bob.save_state(bob.sync_project("SHOP")))
    ann.save_state(hers)
    assert ann.load_state().project_keys() == [KEY, "SHOP"]


def test_a_refresh_does_not_bring_back_a_state_that_was_deleted(two):
    ann, bob = two
    before_saving(ann, bob.backend.delete)
    with pytest.raises(StateConflictError, match="was deleted since"):
        ann.refresh()
    assert not ann.backend.exists()


def test_a_refresh_keeps_what_others_stored_also_in_the_simplest_backend(store, server):
    backend = FiveMethods()
    ann, bob = (
        StateManager(backend, DSSClient(server.url, server.api_key), "dev")
        for _ in range(2)
    )
    store.add_project("SHOP")
    ann.save_state(ann.sync_project(KEY))
    theirs = bob.sync_project("SHOP")
    describe(ann.client, "later")
    pending = [theirs]

    def save_meanwhile(method, path):
        if pending:
            bob.save_state(pending.pop())

    server.faults = save_meanwhile
    ann.refresh([ORDERS])
    assert described(ann) == "later"
    assert ann.load_state().has_resource("project.SHOP")


# What force, a deletion or a copied file replaces, was stored then


def test_a_reading_does_not_bring_back_what_was_removed_by_force(two):
    ann, bob = two
    datasets = StateManager(bob.backend, bob.client, "dev", types=["dataset"])
    reading = datasets.sync_all([KEY])
    state = ann.load_state()
    for resource in state.list_resources("dataset"):
        state.remove_resource(resource.resource_id)
    ann.backend.save(state, force=True)
    with pytest.raises(StateConflictError):
        bob.save_state(reading)
    assert not ann.load_state().has_resource(ORDERS)


@pytest.mark.parametrize("stored", ["not a state", None])
def test_a_reading_does_not_undo_what_was_forced_over_nothing_readable(two, stored):
    ann, bob = two
    for _ in range(3):
        ann.save_state(ann.load_state())
    state = ann.backend.load_version(2)
    reading = ann.sync_project(KEY)
    if stored is None:
        ann.backend.delete()
    else:
        ann.backend.state_file.write_text(stored)
    state.remove_resource(ORDERS)
    ann.backend.save(state, force=True)
    assert state.serial == 5
    with pytest.raises(StateConflictError):
        bob.save_state(reading)
    assert not ann.load_state().has_resource(ORDERS)


def test_a_deleted_state_that_is_forced_back_has_a_serial_of_its_own(two):
    ann, bob = two
    state, reading = ann.load_state(), bob.sync_project(KEY)
    state.get_resource(ORDERS).attributes["shortDesc"] = "by hand"
    ann.backend.delete()
    ann.backend.save(state, force=True)
    assert state.serial > reading.reading_start.serial
    with pytest.raises(StateConflictError):
        bob.save_state(reading)
    assert described(ann) == "by hand"


@pytest.mark.parametrize("back", [1, 3, 8])
def test_an_older_version_copied_back_by_hand_is_not_undone(two, back):
    ann, bob = two
    for number in range(9):
        state = ann.load_state()
        state.add_resource(Resource("dataset", "dataset.OTHER.x", {"n": number}))
        ann.save_state(state)
    path, newest = ann.backend.state_file, state.serial
    early = [ann.sync_project(KEY), bob.sync_project(KEY)]
    version = path.with_name(f"shared.state.pre-serial-{newest - back + 1}.json")
    path.write_bytes(version.read_bytes())
    with pytest.raises(StateConflictError):
        ann.save_state(early[0])
    state = ann.load_state()
    assert state.serial == newest - back
    state.remove_resource(ORDERS)
    ann.save_state(state)
    assert state.serial > newest - (back == 1)
    with pytest.raises(StateConflictError):
        bob.save_state(early[1])
    assert not ann.load_state().has_resource(ORDERS)
    assert ann.backend.history()[0].load().serial == newest - back
    ann.save_state(ann.sync_project(KEY))


@pytest.mark.parametrize("edits", [1, 5])
@pytest.mark.parametrize("listed", [False, True], ids=["by serial", "listed"])
@pytest.mark.parametrize("serial", [1, 2])
def test_an_edited_version_is_not_saved_over_what_was_stored_since(
    two, serial, listed, edits
):
    ann, bob = two
    ann.save_state(ann.load_state())
    backend = ann.backend
    hers = backend.load_version(serial)
    if listed and serial == 1:
        hers = backend.history()[0].load()
    for number in range(edits):
        hers.add_resource(Resource("dataset", f"dataset.{KEY}.new", {"n": number}))
    describe(bob.client, "later")
    bob.refresh([ORDERS])
    for save in (ann.save_state, backend.save):
        with pytest.raises(StateConflictError):
            save(hers)
    assert described(ann) == "later"
    backend.save(hers, force=True)
