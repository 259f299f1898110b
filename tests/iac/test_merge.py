"""Merging a reading into the stored state: its scope is replaced, and nothing else."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dataikuapi.iac import StateConflictError
from dataikuapi.iac.merge import collect_unknown, merge
from dataikuapi.iac.models import Resource, ResourceMetadata, Scope, State
from dataikuapi.iac.models.stored_version import ReadingStart
from dataikuapi.iac.outdated import require_not_outdated

NOW = "2026-01-02T03:04:05Z"
LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def dataset(name="orders", **attributes):
    """Return a dataset of the project SHOP."""
    return Resource("dataset", f"dataset.SHOP.{name}", attributes)


def scope(*parts):
    """Return a scope of (project, types, minute of the reading)."""
    return Scope(
        entry
        for project, types, minute in parts
        for entry in Scope.from_parts(
            [(project, kind) for kind in types], LONG_AGO + timedelta(minutes=minute)
        )
    )


def test_merging_replaces_the_scope_and_nothing_else():
    stored = State(
        serial=4,
        lineage="L",
        resources={item.resource_id: item for item in map(dataset, "abc")},
        scope=scope(("SHOP", ["dataset"], 0), ("OTHER", ["dataset"], 0)),
    )
    other = Resource("dataset", "dataset.OTHER.x")
    stored.resources[other.resource_id] = other
    fresh = State(
        resources={"dataset.SHOP.a": dataset("a", rows=1)},
        scope=scope(("SHOP", ["dataset"], 9)),
        unknown={"dataset.SHOP.b": "time-out"},
    )
    both = merge(stored, fresh)

    assert list(both.resources) == [
        "dataset.OTHER.x",
        "dataset.SHOP.a",
        "dataset.SHOP.b",
    ]
    assert both.resources["dataset.SHOP.a"].attributes == {"rows": 1}
    assert (both.serial, both.lineage) == (5, "L")
    assert len(stored.resources) == 4 and len(fresh.resources) == 1


def test_merging_keeps_permissions_that_could_not_be_read():
    def project(**attributes):
        resource = Resource("project", "project.SHOP", attributes)
        return State(
            resources={"project.SHOP": resource}, scope=scope(("SHOP", ["project"], 0))
        )

    both = merge(project(name="a", permissions={"owner": "x"}), project(name="b"))
    stored = both.resources["project.SHOP"]
    assert stored.attributes == {"name": "b", "permissions": {"owner": "x"}}
    assert stored.metadata.checksum == stored.compute_checksum()


def test_merging_into_a_whole_state_leaves_it_whole():
    fresh = State(scope=scope(("SHOP", ["dataset"], 0)))
    assert merge(State(), fresh).scope is None
    assert merge(State(scope=[]), fresh).scope == Scope(fresh.scope or []).with_serial(
        1
    )


def test_merging_keeps_what_the_fresh_state_does_not_tell():
    stored = State(instance={"node_id": "n"}, extra={"x": 1, "y": 1}, scope=[])
    both = merge(stored, State(environment="dev", extra={"y": 2}, scope=[]))
    assert (both.environment, both.instance) == ("dev", {"node_id": "n"})
    assert both.extra == {"x": 1, "y": 2}
    fresh = State(instance={"node_id": "m"}, scope=[])
    assert merge(stored, fresh).instance == {"node_id": "m"}


def test_merging_leaves_out_what_was_deleted():
    stored = State(resources={item.resource_id: item for item in map(dataset, "abc")})
    other = Resource("dataset", "dataset.OTHER.x")
    stored.resources[other.resource_id] = other
    both = merge(stored, State(scope=[]), ["project.OTHER", "dataset.SHOP.b"])
    assert list(both.resources) == ["dataset.SHOP.a", "dataset.SHOP.c"]


def test_merging_parses_no_time_for_a_resource(monkeypatch):
    """Parsing the scope for each resource took 40 times as long with 400 projects."""
    parts = scope(*((f"P{number}", ["dataset"], 0) for number in range(20)))
    ids = [f"dataset.P{number}.d" for number in range(20)]
    stored = State(resources={key: Resource("dataset", key) for key in ids})
    fresh = State(scope=parts)

    def refuse(text):
        raise AssertionError(f"{text} is parsed again")

    monkeypatch.setattr("dataikuapi.iac.models.scope.parse_time", refuse)
    assert merge(stored, fresh).resources == {}


def reading(start, *parts, **more):
    """Return a reading that began when that serial of lineage L was stored."""
    state = State(
        scope=scope(*((project, types, 0) for project, types in parts)), **more
    )
    state.reading_start = ReadingStart("L", start)
    return state


def test_what_was_stored_since_a_reading_began_is_not_replaced():
    entries: list[dict[str, Any]] = [
        {
            "project": "SHOP",
            "types": ["dataset", "recipe"],
            "read_at": NOW,
            "serial": 5,
        },
        {"project": "B", "types": ["recipe"], "read_at": NOW},
    ]
    stored = State(serial=7, lineage="L", scope=Scope(entries))
    require_not_outdated(stored, reading(5, ("SHOP", ["dataset"])))
    require_not_outdated(stored, reading(2, ("OTHER", ["dataset"])))
    with pytest.raises(StateConflictError) as raised:
        require_not_outdated(stored, reading(4, ("SHOP", ["dataset"])))
    assert str(raised.value) == (
        "since this reading began, somebody else stored dataset.SHOP.* (serial 7). "
        "Sync again, then save"
    )
    # As older releases wrote it, an entry counts as stored in the serial of its file.
    with pytest.raises(StateConflictError, match=r"recipe\.B"):
        require_not_outdated(stored, reading(6, ("B", ["recipe"])))
    later = State(serial=7, lineage="another", scope=Scope(entries))
    with pytest.raises(StateConflictError):  # The state was deleted in the meantime.
        require_not_outdated(later, reading(9, ("SHOP", ["dataset"])))


def test_an_object_stored_alone_since_a_reading_began_is_not_replaced():
    orders = dataset("a")
    orders.metadata.serial = 6
    entries: list[dict[str, Any]] = [
        {"project": "SHOP", "types": ["dataset"], "read_at": NOW, "serial": 1}
    ]
    resources = {"dataset.SHOP.a": orders}
    scope = Scope(entries)
    stored = State(serial=6, lineage="L", scope=scope, resources=resources)
    require_not_outdated(stored, reading(6, ("SHOP", ["dataset"])))
    require_not_outdated(stored, reading(5, ("SHOP", ["recipe"])))
    require_not_outdated(
        stored, reading(5, ("SHOP", ["recipe"]), unknown={"dataset.SHOP.a": "no"})
    )
    with pytest.raises(StateConflictError, match=r"dataset\.SHOP\.a"):
        require_not_outdated(stored, reading(5, ("SHOP", ["dataset"])))


def test_what_is_missing_in_a_whole_state_may_have_been_removed_since():
    stored = State(serial=6, lineage="L")
    fresh = reading(
        5, ("SHOP", ["dataset"]), resources={"dataset.SHOP.a": dataset("a")}
    )
    with pytest.raises(StateConflictError):
        require_not_outdated(stored, fresh)
    fresh.reading_start = ReadingStart("L", 6)
    require_not_outdated(stored, fresh)


def test_merging_remembers_the_serial_of_what_it_replaces():
    entries: list[dict[str, Any]] = [
        {"project": "SHOP", "types": ["dataset", "recipe"], "read_at": NOW}
    ]
    resources = {item.resource_id: item for item in map(dataset, "ab")}
    stored = State(serial=3, scope=Scope(entries), resources=resources)
    both = merge(stored, reading(3, ("SHOP", ["recipe"])), ["dataset.SHOP.a"])
    serials = {
        kind: item["serial"] for item in both.scope or () for kind in item["types"]
    }
    # An object that is gone is nowhere but in the serial of its type.
    assert serials == {"dataset": 4, "recipe": 4}
    both = merge(stored, reading(3, ("B", ["recipe"])))
    assert [item["serial"] for item in both.scope or ()] == [4, 3]

    single = State(scope=[], resources={"dataset.SHOP.b": dataset("b", rows=1)})
    both = merge(stored, single)
    assert both.resources["dataset.SHOP.b"].metadata.serial == 4
    assert both.resources["dataset.SHOP.a"].metadata.serial is None


def test_what_could_not_be_read_is_not_written():
    stored = State(resources={"dataset.SHOP.a": dataset("a", rows=2)}, scope=[])
    fresh = State(
        resources={"dataset.SHOP.a": dataset("a", rows=1)},
        scope=scope(("SHOP", ["dataset"], 0)),
        unknown={"dataset.SHOP.a": "no"},
    )
    both = merge(stored, fresh)
    assert both.resources["dataset.SHOP.a"].attributes == {"rows": 2}


def test_what_did_not_change_keeps_who_deployed_it_and_when():
    def state(by, year, **attributes):
        metadata = ResourceMetadata(datetime(year, 1, 1), by, last_modified_by=by)
        item = Resource("dataset", "dataset.SHOP.a", attributes, metadata)
        return State(
            resources={item.resource_id: item}, scope=scope(("SHOP", ["dataset"], 0))
        )

    both = merge(state("ann", 2020), state("bob", 2021))
    metadata = both.resources["dataset.SHOP.a"].metadata
    assert (metadata.deployed_by, metadata.deployed_at.year) == ("ann", 2020)
    assert metadata.last_modified_by == "bob"
    both = merge(state("ann", 2020), state("bob", 2021, x=1))
    assert both.resources["dataset.SHOP.a"].metadata.deployed_by == "bob"


def test_what_a_failed_listing_should_have_shown_is_unknown():
    stored = State(resources={item.resource_id: item for item in map(dataset, "ab")})
    for key in ("recipe.SHOP.r", "dataset.GONE.x"):
        stored.resources[key] = Resource(key.partition(".")[0], key)
    failures = {
        "dataset.SHOP.*": ValueError("time-out"),
        "recipe.B.r": ValueError("no"),
    }
    unknown = collect_unknown(stored, failures, ["GONE"])
    assert unknown.pop("dataset.GONE.x").startswith("DSS no longer lists project GONE")
    assert unknown == {
        "dataset.SHOP.*": "time-out",
        "dataset.SHOP.a": "time-out",
        "dataset.SHOP.b": "time-out",
        "recipe.B.r": "no",
    }
