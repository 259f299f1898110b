"""Merging a reading into the stored state: its scope is replaced, and nothing else."""

from datetime import datetime, timedelta, timezone

import pytest

from dataikuapi.iac import StateConflictError
from dataikuapi.iac.models import Resource, Scope, State
from dataikuapi.iac.statefile.merge import collect_unknown, merge, require_newer

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
    assert merge(State(scope=[]), fresh).scope == fresh.scope


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


def test_a_reading_that_is_older_than_the_stored_one_is_refused():
    stored = State(
        scope=scope(("SHOP", ["dataset", "recipe"], 5), ("B", ["recipe"], 0))
    )
    require_newer(stored, State(scope=scope(("SHOP", ["dataset"], 5))), False)
    require_newer(stored, State(scope=scope(("OTHER", ["dataset"], 0))), False)
    with pytest.raises(StateConflictError) as raised:
        require_newer(stored, State(scope=scope(("SHOP", ["dataset"], 4))), False)
    assert str(raised.value) == (
        "what is stored was read later than this state: datasets of SHOP (read "
        "2001-02-03T04:10:06Z). Sync again, then save"
    )


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
