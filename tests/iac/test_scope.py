"""A state knows what was read: nothing else is removed, and nothing else replaced."""

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import Any, cast

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DiffEngine,
    InstanceMismatchError,
    LocalFileBackend,
    ProjectNotVisibleError,
    Resource,
    State,
    StateConflictError,
    StateManager,
    SyncError,
)
from dataikuapi.iac.merge import merge
from dataikuapi.iac.models import Scope
from dataikuapi.iac.statefile import dumps, loads

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


def entry(project, *types, minute=0, **more):
    """Return an entry as a state file has it, read so many minutes after noon."""
    read_at = f"2026-01-02T12:{minute:02}:00Z"
    return {"project": project, "types": list(types), "read_at": read_at} | more


# The value


def test_a_scope_covers_what_was_read_of_a_project():
    scope = Scope([entry("SHOP", "dataset", "project")])
    assert scope.covers("dataset.SHOP.orders") and scope.covers("project.SHOP")
    assert not scope.covers("recipe.SHOP.orders")
    assert not scope.covers("dataset.OTHER.orders")
    assert not Scope().covers("project.SHOP")
    with pytest.raises(ValueError, match="Invalid dataset resource_id"):
        scope.covers("dataset")


def test_a_scope_is_a_sequence_of_the_entries_of_the_file():
    entries = [entry("A", "dataset"), entry("B", "recipe"), entry("C", "project")]
    scope = Scope(entries)
    assert scope == entries and entries == scope and list(scope) == entries
    assert (len(scope), scope[0], scope[-1]) == (3, entries[0], entries[2])
    assert scope[1:] == Scope(entries[1:]) and scope[1:].covers("recipe.B.x")
    assert scope.index(entries[1]) == 1 and entries[2] in scope
    assert scope != entries[:2] and scope != Scope(entries[:2]) and scope != "ABC"
    assert json.loads(json.dumps(list(scope))) == entries
    assert repr(scope[:1]) == f"Scope([{entries[0]}])"
    with pytest.raises(IndexError):
        scope[3]


def test_nobody_can_change_a_scope():
    entries = [entry("SHOP", "dataset", note=[1])]
    scope = Scope(entries)
    entries[0]["types"].append("recipe")
    entries[0]["note"].append(2)
    scope[0]["types"].append("recipe")
    cast(Any, scope[0])["note"].append(2)
    next(iter(scope))["types"].clear()
    assert scope == [entry("SHOP", "dataset", note=[1])]
    assert not scope.covers("recipe.SHOP.x")
    with pytest.raises(TypeError):
        cast(Any, scope)[0] = entry("SHOP", "recipe")


def test_equal_scopes_have_one_hash_and_copies_are_equal():
    one = Scope([entry("SHOP", "dataset", note=[1])])
    assert hash(one) == hash(Scope([entry("SHOP", "dataset", note=[1])]))
    for copied in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert copied == one and copied.covers("dataset.SHOP.x")


def test_the_scope_of_a_reading_has_an_entry_per_project():
    parts = [("SHOP", "recipe"), ("A", "project"), ("SHOP", "dataset")]
    assert Scope.from_parts(parts, NOON) == [
        entry("A", "project"),
        entry("SHOP", "dataset", "recipe"),
    ]
    assert Scope.from_parts(iter(parts), NOON.replace(tzinfo=None)) == (
        Scope.from_parts(parts, NOON)
    )


def test_merged_scopes_keep_the_fresh_reading():
    old = Scope([entry("SHOP", "dataset", "recipe"), entry("OTHER", "project")])
    assert old.merge(Scope([entry("SHOP", "recipe", minute=5)])) == [
        entry("OTHER", "project"),
        entry("SHOP", "dataset"),
        entry("SHOP", "recipe", minute=5),
    ]
    assert old.merge(Scope([entry("OTHER", "project")])).covers("recipe.SHOP.x")
    assert Scope().merge(old[:1]) == old[:1] == old[:1].merge(Scope())


def test_parts_stored_after_a_serial_are_named():
    stored = Scope([entry("SHOP", "dataset", serial=5), entry("OTHER", "dataset")])
    reading = Scope([entry("SHOP", "dataset", "recipe"), entry("OTHER", "dataset")])
    assert stored.newer_than(4, reading) == [("SHOP", "dataset")]
    assert stored.newer_than(5, reading) == []
    assert stored.with_serial(9).newer_than(5, reading) == [("OTHER", "dataset")]
    assert stored.newer_than(4, Scope([entry("SHOP", "recipe")])) == []
    assert Scope().newer_than(-1, reading) == []


def test_parts_are_stored_in_a_later_serial():
    scope = Scope([entry("SHOP", "dataset", "recipe", serial=2)])
    assert scope.stored_in(3, [("SHOP", "recipe"), ("OTHER", "recipe")]) == [
        entry("SHOP", "dataset", serial=2),
        entry("SHOP", "recipe", serial=3),
    ]


def test_times_are_compared_and_written_in_utc():
    foreign = entry("SHOP", "dataset", read_at="2026-01-02T14:00:00+02:00")
    assert Scope([foreign]) == Scope([entry("SHOP", "dataset")])
    assert Scope([foreign])[0]["read_at"] == "2026-01-02T12:00:00Z"


def test_of_a_part_in_two_entries_the_last_one_counts():
    twice = Scope([entry("A", "dataset", serial=9), entry("A", "dataset", serial=3)])
    assert twice.newer_than(5, Scope([entry("A", "dataset")])) == []
    assert list(twice) == [
        entry("A", "dataset", serial=9),
        entry("A", "dataset", serial=3),
    ]


@pytest.mark.parametrize(
    "wrong, problem",
    [
        ({}, "lacks project, types, read_at"),
        ({"project": "A", "types": []}, "lacks read_at"),
        (entry("A", read_at="2026-02-30T00:00:00Z"), "scope of 'A': not an RFC 3339"),
        (entry("A", read_at=None), "scope of 'A': not an RFC 3339"),
        (entry("A", types="dataset"), "scope of 'A': types is not a list"),
        (entry("A", types=None), "scope of 'A': types is not a list"),
        (entry("A", types=[["dataset"]]), "scope of 'A': types has more than strings"),
        (entry(None, "dataset"), "scope of None: project is not a string"),
    ],
)
def test_what_is_not_an_entry_is_refused(wrong, problem):
    with pytest.raises(ValueError, match=problem):
        Scope([wrong])


def test_unknown_keys_of_an_entry_survive_a_save_and_a_merge():
    scope = [entry("A", "dataset", "recipe", serial=4, by={"run": [1]}), entry("B")]
    stored = loads(dumps(State(scope=scope)))
    assert stored.scope == scope
    assert State.from_dict(stored.to_dict()).scope == scope
    merged = merge(stored, State(scope=[entry("A", "recipe", minute=1)]))
    assert merged.scope == [
        entry("A", "dataset", serial=4, by={"run": [1]}),
        entry("A", "recipe", minute=1, serial=1),
    ]


# Sync, compare, save


@pytest.fixture
def two_projects(store):
    """The sample, and a small second project."""
    store.add_project("SHOP")
    store.add_dataset("SHOP", "stock")
    store.add_recipe("SHOP", "count", payload="print(1)")
    return store


@pytest.fixture
def person(two_projects, server, tmp_path):
    """Return a function that gives one more person's manager over one file."""
    path = tmp_path / "team.state.json"
    return lambda: StateManager(
        LocalFileBackend(path), DSSClient(server.url, server.api_key), "team"
    )


def signs(old, new):
    return [str(diff) for diff in DiffEngine().diff(old, new) if str(diff)[0] != " "]


def test_a_sync_says_what_it_read(person):
    state = person().sync_project("SHOP")
    (entry,) = state.scope

    assert entry["project"] == "SHOP"
    assert entry["types"] == ["dataset", "project", "recipe"]
    assert entry["read_at"].endswith("Z")
    assert person().sync_project("SHOP", include_children=False).scope[0]["types"] == [
        "project"
    ]


def test_sync_all_reads_every_project_or_those_named(person):
    assert {entry["project"] for entry in person().sync_all().scope} == {
        "ORDERS_DEMO",
        "SHOP",
    }
    some = person().sync_all(projects=["SHOP"])
    assert [entry["project"] for entry in some.scope] == ["SHOP"]
    assert {item.project_key for item in some.list_resources()} == {"SHOP"}
    with pytest.raises(SyncError) as raised:
        person().sync_all(projects=["SHOP", "NOPE"])
    assert isinstance(raised.value.failures["project.NOPE"], ProjectNotVisibleError)
    assert raised.value.state.resources.keys() == some.resources.keys()


def test_two_people_who_save_two_projects_lose_nothing(person):
    maria, thomas = person(), person()
    hers, his = maria.sync_project("ORDERS_DEMO"), thomas.sync_project("SHOP")
    maria.save_state(hers)
    thomas.save_state(his)

    both = person().load_state()
    assert both.resources == {**hers.resources, **his.resources}
    assert [entry["project"] for entry in both.scope] == ["ORDERS_DEMO", "SHOP"]
    assert signs(both, person().sync_all()) == []


def test_saving_replaces_exactly_the_scope(person, two_projects):
    manager = person()
    manager.save_state(manager.sync_all())
    two_projects.project("SHOP").recipes.remove("count")
    two_projects.project("ORDERS_DEMO").recipes.remove("compute_shipments")
    manager.save_state(manager.sync_project("SHOP"))

    stored = manager.load_state()
    assert not stored.has_resource("recipe.SHOP.count")
    assert stored.has_resource("recipe.ORDERS_DEMO.compute_shipments")


def test_the_serial_grows_with_each_save(person):
    manager = person()
    for serial in (1, 2, 3):
        manager.save_state(manager.sync_project("SHOP"))
        assert manager.load_state().serial == serial
    names = {path.name for path in manager.backend.state_file.parent.iterdir()}
    assert "team.state.pre-serial-3-unchanged.json" in names


def test_a_partial_sync_shows_no_removal(person):
    manager = person()
    manager.save_state(manager.sync_all())
    stored = manager.load_state()

    assert signs(stored, manager.sync_project("SHOP")) == []
    assert signs(stored, manager.sync_project("SHOP", include_children=False)) == []


def test_what_lies_outside_the_scope_is_not_in_the_list(person):
    manager = person()
    stored = manager.sync_all()
    diffs = DiffEngine().diff(stored, manager.sync_project("SHOP"))

    assert {diff.resource_id.split(".")[1] for diff in diffs} == {"SHOP"}


def test_what_is_gone_within_the_scope_is_removed(person, two_projects):
    manager = person()
    stored = manager.sync_all()
    two_projects.project("SHOP").datasets.remove("stock")

    assert signs(stored, manager.sync_project("SHOP")) == ["- dataset.SHOP.stock"]


def test_a_project_that_vanished_is_not_removed(person, two_projects):
    """DSS hides deleted projects and forbidden ones alike."""
    manager = person()
    stored = manager.sync_all()
    two_projects.delete_project("SHOP")

    assert signs(stored, manager.sync_all()) == []


def test_a_state_without_scope_claims_to_be_whole():
    old = State(resources={"dataset.P.a": Resource("dataset", "dataset.P.a")})

    assert signs(old, State()) == ["- dataset.P.a"]
    assert signs(old, State(scope=[])) == []


def test_what_could_not_be_read_is_neither_changed_nor_removed():
    old = State(resources={"dataset.P.a": Resource("dataset", "dataset.P.a")})
    unread = {"dataset.P.a": "time-out"}

    assert DiffEngine().diff(old, State(unknown=unread)) == []
    assert DiffEngine().diff(State(unknown=unread), old) == []
    assert "unknown" not in State(unknown=unread).to_dict()


def test_saving_keeps_what_could_not_be_read(person):
    manager = person()
    manager.save_state(manager.sync_project("SHOP"))
    partial = manager.sync_project("SHOP")
    partial.remove_resource("dataset.SHOP.stock")
    partial.unknown["dataset.SHOP.stock"] = "time-out"
    manager.save_state(partial)

    assert manager.load_state().has_resource("dataset.SHOP.stock")


def test_permissions_that_a_reader_cannot_see_stay_in_the_state(
    person, two_projects, server
):
    manager = person()
    manager.save_state(manager.sync_project("SHOP"))
    known = manager.load_state().get_resource("project.SHOP")
    key = two_projects.add_api_key("reader", can_admin=False)
    reader = StateManager(manager.backend, DSSClient(server.url, key), "team")
    reader.save_state(reader.sync_project("SHOP"))

    stored = person().load_state().get_resource("project.SHOP")
    assert stored.attributes == known.attributes
    assert stored.metadata.checksum == known.metadata.checksum


def test_an_older_read_does_not_replace_a_newer_one(person):
    maria, thomas = person(), person()
    early = maria.sync_project("SHOP")
    thomas.save_state(thomas.sync_project("SHOP"))
    before = maria.backend.state_file.read_bytes()

    with pytest.raises(StateConflictError, match=r"dataset\.SHOP\.\*.*Sync again"):
        maria.save_state(early)
    assert maria.backend.state_file.read_bytes() == before


def test_the_same_read_may_be_saved_twice(person):
    manager = person()
    state = manager.sync_project("SHOP")
    manager.save_state(state)
    manager.save_state(state)

    assert manager.load_state().resources == state.resources


def test_a_whole_state_replaces_everything(person):
    manager = person()
    manager.save_state(manager.sync_project("SHOP"))
    manager.save_state(State())

    assert manager.load_state().resources == {}


def test_a_whole_state_stays_whole_when_a_part_is_renewed(person):
    manager = person()
    whole = State(resources={"dataset.P.a": Resource("dataset", "dataset.P.a")})
    manager.save_state(whole)
    manager.save_state(manager.sync_project("SHOP"))

    stored = manager.load_state()
    assert stored.scope is None
    assert stored.has_resource("dataset.P.a")
    assert stored.has_resource("dataset.SHOP.stock")


def test_the_instance_is_recorded(person):
    manager = person()
    manager.save_state(manager.sync_project("SHOP"))

    assert manager.load_state().instance == {
        "node_id": "sandbox",
        "install_id": "sandbox",
        "dss_version": "14.4.2",
        "address": manager.client.host,
    }


def test_a_state_of_another_instance_is_refused_unless_asked_for(person):
    manager = person()
    manager.save_state(manager.sync_project("SHOP"))
    before = manager.backend.state_file.read_bytes()
    other = manager.sync_project("SHOP")
    other.instance["install_id"] = "another"

    with pytest.raises(InstanceMismatchError, match="allow_other_instance=True"):
        manager.save_state(other)
    assert manager.backend.state_file.read_bytes() == before
    manager.save_state(other, allow_other_instance=True)
    assert manager.load_state().instance["install_id"] == "another"


def test_an_upgrade_is_no_other_instance(person):
    manager = person()
    manager.save_state(manager.sync_project("SHOP"))
    upgraded = manager.sync_project("SHOP")
    upgraded.instance["dss_version"] = "15.0.0"
    manager.save_state(upgraded)

    assert manager.load_state().instance["dss_version"] == "15.0.0"


def test_an_instance_that_does_not_say_which_it_is_is_read_all_the_same(person, server):
    from dataikuapi.iac.sandbox import Fault

    server.faults = lambda method, path: (
        Fault.page(404) if path == "/instance-info" else None
    )
    manager = person()
    assert manager.sync_project("SHOP").instance == {"address": manager.client.host}
