"""What two people store, one after the other: nothing is lost, nothing comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dataikuapi.iac import (
    DataikuIaCError,
    EnvironmentMismatchError,
    InstanceMismatchError,
    Resource,
    State,
    StateConflictError,
)
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sandbox import Fault
from iac.people import KEY, ORDERS, RECIPE, describe, described

# Loaded, edited, saved


def test_of_two_edits_of_a_loaded_state_the_second_is_refused(two):
    ann, bob = two
    hers, his = ann.load_state(), bob.load_state()
    hers.remove_resource(ORDERS)
    ann.save_state(hers)
    his.add_resource(Resource("dataset", f"dataset.{KEY}.new"))
    with pytest.raises(StateConflictError):
        bob.save_state(his)
    assert not ann.load_state().has_resource(ORDERS)


def test_a_removal_outside_the_scope_is_stored(two):
    ann, _ = two
    state = ann.load_state()
    state.add_resource(Resource("dataset", "dataset.OTHER.x"))
    ann.save_state(state)
    state.remove_resource("dataset.OTHER.x")
    ann.save_state(state)
    assert not ann.load_state().has_resource("dataset.OTHER.x")


def test_a_copy_keeps_what_it_was_loaded_from(two):
    ann, bob = two
    copied = replace(ann.load_state(), extra={"note": "x"})
    edited = bob.load_state()
    edited.remove_resource(ORDERS)
    bob.save_state(edited)
    with pytest.raises(StateConflictError):
        ann.save_state(copied)


@pytest.mark.parametrize("saves", [1, 2])
def test_an_edit_is_not_undone_by_a_reading_that_began_before(two, saves):
    ann, bob = two
    reading = ann.sync_project(KEY)
    edited = bob.load_state()
    edited.get_resource(ORDERS).attributes["shortDesc"] = "by hand"
    for _ in range(saves):
        bob.save_state(edited)
    with pytest.raises(StateConflictError, match="orders.*Sync again"):
        ann.save_state(reading)
    assert described(ann) == "by hand"


def test_a_removed_object_does_not_come_back_by_a_reading_that_began_before(two):
    ann, bob = two
    reading = ann.sync_project(KEY)
    edited = bob.load_state()
    edited.remove_resource(ORDERS)
    bob.save_state(edited)
    with pytest.raises(StateConflictError):
        ann.save_state(reading)
    assert not ann.load_state().has_resource(ORDERS)


# Readings


@pytest.mark.parametrize("hours", [-48, 48])
def test_order_does_not_depend_on_anybodys_clock(two, monkeypatch, hours):
    ann, bob = two
    early = ann.sync_project(KEY)
    later = utc_now() + timedelta(hours=hours)
    monkeypatch.setattr("dataikuapi.iac.state_reader.utc_now", lambda: later)
    bob.save_state(bob.sync_project(KEY))
    monkeypatch.undo()
    with pytest.raises(StateConflictError):
        ann.save_state(early)
    ann.save_state(ann.sync_project(KEY))


def test_an_older_reading_does_not_undo_a_refresh_of_one_object(two):
    ann, bob = two
    early = ann.sync_project(KEY)
    describe(bob.client, "later")
    bob.refresh([ORDERS])
    with pytest.raises(StateConflictError, match=f"{ORDERS}"):
        ann.save_state(early)
    assert described(ann) == "later"


def test_an_older_reading_does_not_bring_back_what_a_refresh_removed(two, store):
    ann, bob = two
    early = ann.sync_project(KEY)
    store.project(KEY).recipes.remove("compute_shipments")
    bob.refresh([RECIPE])
    with pytest.raises(StateConflictError):
        ann.save_state(early)
    assert not ann.load_state().has_resource(RECIPE)


def test_a_state_without_scope_learns_what_was_stored_when(person, store):
    ann, bob = person(), person()
    whole = ann.sync_project(KEY)
    ann.save_state(State(resources=whole.resources))
    early = ann.sync_project(KEY)
    store.add_project("SHOP")
    bob.save_state(bob.sync_project("SHOP"))
    ann.save_state(early)
    early = ann.sync_project(KEY)
    describe(bob.client, "later")
    bob.refresh([ORDERS])
    with pytest.raises(StateConflictError):
        ann.save_state(early)


def test_readings_of_two_projects_do_not_conflict(two, store):
    ann, bob = two
    store.add_project("SHOP")
    hers, his = ann.sync_project(KEY), bob.sync_project("SHOP")
    bob.save_state(his)
    ann.save_state(hers)
    assert ann.load_state().project_keys() == [KEY, "SHOP"]


@pytest.mark.parametrize(
    ("path", "unread"),
    [
        ("/recipes/compute_shipments", RECIPE),
        ("/recipes/", RECIPE),
        ("/metadata", f"project.{KEY}"),
    ],
)
def test_what_could_not_be_read_does_not_replace_what_somebody_stored(
    two, server, path, unread
):
    ann, bob = two
    server.faults = lambda method, requested: (
        Fault.error(500, "java.Error", "no")
        if requested == f"/projects/{KEY}{path}"
        else None
    )
    describe(ann.client, "later")
    kept = ann.sync_all([KEY], on_error="keep")
    server.faults = None
    assert kept.unknown and kept.has_resource(unread)

    edited = bob.load_state()
    edited.get_resource(unread).attributes["tags"] = ["by bob"]
    bob.save_state(edited)
    ann.save_state(kept)
    assert ann.load_state().get_resource(unread).attributes["tags"] == ["by bob"]
    assert described(ann) == "later"


def test_a_refresh_survives_a_save_of_something_else_in_the_meantime(
    two, store, server
):
    ann, bob = two
    store.add_project("SHOP")
    theirs = bob.sync_project("SHOP")
    saved: list[None] = []

    def save_meanwhile(method, path):
        if not saved:
            saved.append(bob.save_state(theirs))

    server.faults = save_meanwhile
    describe(ann.client, "later")
    saved.clear()
    ann.refresh([ORDERS])
    assert described(ann) == "later"
    assert ann.load_state().has_resource("project.SHOP")


# Guards


def test_a_manager_of_another_environment_is_refused(two, person):
    ann, _ = two
    before = ann.backend.state_file.read_bytes()
    prod = person("prod")
    for save in (
        lambda: prod.save_state(prod.sync_project(KEY)),
        lambda: prod.save_state(prod.load_state()),
        lambda: prod.save_state(State()),
        prod.refresh,
    ):
        with pytest.raises(EnvironmentMismatchError, match="'dev'.*'prod'"):
            save()
    assert ann.backend.state_file.read_bytes() == before


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_instance_that_does_not_say_which_it_is_is_known_by_its_address(
    two, person, server, status
):
    ann = person()
    server.faults = lambda method, path: (
        Fault.page(status, {"Retry-After": "0"}) if path == "/instance-info" else None
    )
    ann.save_state(ann.sync_project(KEY))
    stored = ann.load_state()
    assert stored.instance["install_id"] == "sandbox"

    stored.instance["address"] = "https://prod.example.com"
    ann.backend.save(stored)
    for refused in (
        lambda: ann.save_state(ann.sync_project(KEY)),
        ann.drift,
        ann.refresh,
    ):
        with pytest.raises(InstanceMismatchError, match="did not say which"):
            refused()


def test_a_partial_reading_is_not_saved_over_the_rest(two, store):
    ann, _ = two
    store.add_project("SHOP")
    partial = ann.sync_project("SHOP")
    with pytest.raises(StateConflictError, match="save_state"):
        ann.backend.save(partial)
    assert ann.load_state().has_resource(ORDERS)
    ann.backend.save(partial, force=True)
    assert ann.load_state().project_keys() == ["SHOP"]


def test_a_state_with_the_stored_lineage_and_an_older_serial_is_refused(two):
    ann, _ = two
    old = ann.load_state()
    ann.save_state(ann.sync_project(KEY))
    built = State.from_dict(old.to_dict())
    for save in (ann.backend.save, ann.save_state):
        with pytest.raises(StateConflictError, match="same lineage"):
            save(built)
    ann.backend.save(built, force=True)


def test_every_refusal_is_an_exception_of_this_package():
    assert issubclass(EnvironmentMismatchError, DataikuIaCError)
