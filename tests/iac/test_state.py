"""State: what is tracked, how it is counted, and how it is written and read."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.models.scope import covers, merge_scopes, newer_parts, scope_entry
from dataikuapi.iac.models.state import Resource, State
from dataikuapi.iac.models.times import (
    as_utc,
    format_time,
    parse_time,
    utc_from_millis,
    utc_now,
)
from dataikuapi.iac.statefile.merge import merge
from iac.strategies import STATES

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def dataset(name="orders", **attributes):
    """Return a dataset of the project SHOP."""
    return Resource("dataset", f"dataset.SHOP.{name}", attributes)


def entry(resource_id="dataset.SHOP.orders", **more):
    """Return an entry as a state file has it."""
    return {
        "resource_type": resource_id.partition(".")[0],
        "resource_id": resource_id,
        "attributes": {"type": "S3"},
        "metadata": {"deployed_at": "2026-01-02T03:04:05Z", "deployed_by": "anna"},
        **more,
    }


# Creating one


def test_new_state_is_empty_and_of_version_1():
    before = utc_now()
    state = State()
    after = utc_now()
    assert (state.version, state.serial, state.lineage) == (1, 0, None)
    assert (state.environment, state.resources) == ("", {})
    assert before <= state.updated_at <= after


def test_states_do_not_share_their_resources():
    State().add_resource(dataset())
    assert State().resources == {}


def test_updated_at_is_brought_to_utc():
    plus_two = timezone(timedelta(hours=2))
    state = State(updated_at=datetime(2026, 1, 2, 5, tzinfo=plus_two))
    assert state.updated_at == datetime(2026, 1, 2, 3, tzinfo=timezone.utc)
    assert state.updated_at.utcoffset() == timedelta(0)


def test_naive_updated_at_is_utc():
    state = State(updated_at=datetime(2026, 1, 2, 3))
    assert state.updated_at == datetime(2026, 1, 2, 3, tzinfo=timezone.utc)


# Adding, removing, listing


def test_added_resource_is_there():
    state = State()
    state.add_resource(dataset(type="S3"))
    assert state.has_resource("dataset.SHOP.orders")
    assert state.get_resource("dataset.SHOP.orders") == state.list_resources()[0]
    assert state.get_resource("dataset.SHOP.orders").attributes == {"type": "S3"}


def test_unknown_resource_is_none():
    assert State().get_resource("dataset.SHOP.orders") is None
    assert not State().has_resource("dataset.SHOP.orders")


def test_adding_raises_serial_by_one_and_renews_updated_at():
    state = State(serial=7, updated_at=LONG_AGO)
    before = utc_now()
    state.add_resource(dataset())
    assert state.serial == 8
    assert before <= state.updated_at <= utc_now()


def test_adding_the_same_id_replaces_and_counts():
    state = State()
    state.add_resource(dataset(type="S3"))
    state.add_resource(dataset(type="HDFS"))
    assert [item.attributes for item in state.list_resources()] == [{"type": "HDFS"}]
    assert state.serial == 2


def test_removing_returns_it_raises_serial_and_renews_updated_at():
    resource = dataset(type="S3")
    state = State(
        serial=7, updated_at=LONG_AGO, resources={dataset().resource_id: resource}
    )
    before = utc_now()
    assert state.remove_resource("dataset.SHOP.orders") == resource
    assert not state.has_resource("dataset.SHOP.orders")
    assert state.serial == 8
    assert before <= state.updated_at <= utc_now()


def test_removing_what_is_not_there_changes_nothing():
    state = State(serial=7, updated_at=LONG_AGO)
    assert state.remove_resource("dataset.SHOP.orders") is None
    assert (state.serial, state.updated_at) == (7, LONG_AGO)


def test_reading_leaves_serial_and_updated_at_alone():
    resources = {"dataset.SHOP.orders": dataset()}
    state = State(serial=7, updated_at=LONG_AGO, resources=resources)
    state.get_resource("dataset.SHOP.orders")
    state.has_resource("dataset.SHOP.orders")
    state.list_resources()
    state.to_dict()
    assert (state.serial, state.updated_at) == (7, LONG_AGO)


def test_list_is_in_the_order_of_adding_and_can_be_of_one_type():
    state = State()
    state.add_resource(dataset("b"))
    state.add_resource(Resource("project", "project.SHOP"))
    state.add_resource(dataset("a"))
    assert [item.resource_id for item in state.list_resources()] == [
        "dataset.SHOP.b",
        "project.SHOP",
        "dataset.SHOP.a",
    ]
    names = [item.resource_name for item in state.list_resources("dataset")]
    assert names == ["b", "a"]
    assert state.list_resources("recipe") == []


def test_changing_the_list_does_not_change_the_state():
    state = State()
    state.add_resource(dataset())
    state.list_resources().clear()
    assert state.has_resource("dataset.SHOP.orders")


# Copies at the border


def test_changing_an_added_resource_does_not_change_the_state():
    resource = dataset(params={"path": "/a"})
    state = State()
    state.add_resource(resource)
    resource.attributes["params"]["path"] = "/b"
    resource.metadata.deployed_by = "somebody else"
    kept = state.get_resource("dataset.SHOP.orders")
    assert kept.attributes == {"params": {"path": "/a"}}
    assert kept.metadata.deployed_by == "system"


def test_changing_constructor_arguments_does_not_change_the_state():
    resources = {"dataset.SHOP.orders": dataset(tags=["a"])}
    extra = {"host": {"node": "design"}}
    state = State(resources=resources, extra=extra)
    resources["dataset.SHOP.orders"].attributes["tags"].append("b")
    resources.clear()
    extra["host"]["node"] = "automation"
    assert state.get_resource("dataset.SHOP.orders").attributes == {"tags": ["a"]}
    assert state.extra == {"host": {"node": "design"}}


def test_changing_what_from_dict_was_given_does_not_change_the_state():
    document = {
        "resources": {"dataset.SHOP.orders": entry(attributes={"tags": ["a"]}, x=[1])},
        "instance": {"node": "design"},
    }
    document["resources"]["dataset.SHOP.orders"]["metadata"]["y"] = [1]
    state = State.from_dict(document)
    written = state.to_dict()
    document["resources"]["dataset.SHOP.orders"]["attributes"]["tags"].append("b")
    document["resources"]["dataset.SHOP.orders"]["metadata"]["y"].append(2)
    document["resources"]["dataset.SHOP.orders"]["x"].append(2)
    document["instance"]["node"] = "automation"
    assert state.to_dict() == written


def test_changing_what_to_dict_returned_does_not_change_the_state():
    scope = [scope_entry("SHOP", ["dataset"], LONG_AGO)]
    instance, extra = {"node": "design"}, {"host": {"name": "h1"}}
    state = State(instance=instance, scope=scope, extra=extra)
    state.add_resource(dataset(tags=["a"]))
    before = state.to_dict()
    written = state.to_dict()
    written["resources"]["dataset.SHOP.orders"]["attributes"]["tags"].append("b")
    written["resources"].clear()
    written["instance"]["node"] = "automation"
    written["scope"][0]["types"].append("recipe")
    written["host"]["name"] = "h2"
    assert state.to_dict() == before
    scope[0]["types"].append("recipe")
    instance["node"] = "automation"
    assert state.to_dict() == before


# Documents


def test_to_dict_has_the_keys_of_the_file_in_order():
    assert list(State().to_dict()) == [
        "version",
        "serial",
        "environment",
        "updated_at",
        "resources",
        "lineage",
    ]


def test_to_dict_sorts_the_resources():
    state = State()
    for name in ("b", "a", "B"):
        state.add_resource(dataset(name))
    assert list(state.to_dict()["resources"]) == [
        "dataset.SHOP.B",
        "dataset.SHOP.a",
        "dataset.SHOP.b",
    ]


def test_from_dict_reads_every_field():
    state = State.from_dict(
        {
            "version": 1,
            "serial": 12,
            "environment": "prod",
            "updated_at": "2026-01-02T03:04:05Z",
            "resources": {"dataset.SHOP.orders": entry()},
            "lineage": "2b1c",
        }
    )
    assert (state.version, state.serial, state.environment) == (1, 12, "prod")
    assert state.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert state.lineage == "2b1c"
    assert state.get_resource("dataset.SHOP.orders").attributes == {"type": "S3"}


def test_from_dict_takes_defaults_for_what_is_missing():
    state = State.from_dict({"environment": "dev"})
    assert (state.version, state.serial, state.lineage) == (1, 0, None)
    assert (state.environment, state.resources) == ("dev", {})


def test_from_dict_does_not_count_as_adding():
    document = {"serial": 3, "resources": {"dataset.SHOP.orders": entry()}}
    assert State.from_dict(document).serial == 3


def test_unknown_keys_of_a_state_are_kept():
    document = State(environment="dev").to_dict()
    document["made_with"] = [{"tool": "x"}]
    document["made_by"] = None
    assert State.from_dict(document).to_dict() == document


def test_unknown_keys_tell_two_states_apart():
    plain = State(updated_at=LONG_AGO)
    assert plain != State(updated_at=LONG_AGO, extra={"made_by": None})


def test_resource_filed_under_another_id_is_refused():
    with pytest.raises(ValueError, match="dataset.SHOP.clients.*dataset.SHOP.orders"):
        State.from_dict({"resources": {"dataset.SHOP.clients": entry()}})


@pytest.mark.parametrize(
    "key", ["resource_type", "resource_id", "attributes", "metadata"]
)
def test_incomplete_resource_is_refused_by_name(key):
    incomplete = entry()
    del incomplete[key]
    with pytest.raises(ValueError, match=f"lacks {key}"):
        State.from_dict({"resources": {"dataset.SHOP.orders": incomplete}})


@pytest.mark.parametrize("key", ["version", "serial"])
@pytest.mark.parametrize("value", [1.0, True, "1", None])
def test_version_and_serial_are_integers(key, value):
    with pytest.raises(ValueError, match=key):
        State.from_dict({key: value})


def test_what_could_not_be_read_is_not_written_and_not_compared():
    state = State(updated_at=LONG_AGO, unknown={"dataset.SHOP.orders": "time-out"})
    assert "unknown" not in state.to_dict()
    assert state == State(updated_at=LONG_AGO)


# Any state survives


@settings(deadline=None, max_examples=60)
@given(STATES)
def test_any_state_survives_to_dict_and_from_dict(state):
    document = state.to_dict()
    again = State.from_dict(document)
    assert again == state
    assert again.to_dict() == document


@settings(deadline=None, max_examples=60)
@given(st.datetimes())
def test_any_time_survives_writing_and_reading(moment):
    assert parse_time(format_time(moment)) == moment.replace(tzinfo=timezone.utc)


# Times


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("2026-01-02T03:04:05Z", (3, 4, 5), id="Z"),
        pytest.param("2026-01-02t03:04:05z", (3, 4, 5), id="lower-case"),
        pytest.param("2026-01-02 03:04:05Z", (3, 4, 5), id="space for T"),
        pytest.param("2026-01-02T03:04:05+00:00", (3, 4, 5), id="+00:00"),
        pytest.param("2026-01-02T03:04:05-00:00", (3, 4, 5), id="-00:00"),
        pytest.param("2026-01-02T05:04:05+02:00", (3, 4, 5), id="east"),
        pytest.param("2026-01-01T21:34:05-05:30", (3, 4, 5), id="west, day before"),
        pytest.param("2026-01-02T05:04:05+0200", (3, 4, 5), id="offset without colon"),
        pytest.param("2026-01-02T03:04:05", (3, 4, 5), id="naive is UTC"),
        pytest.param("2026-01-02T03:04:05.5", (3, 4, 5, 500000), id="naive, 1 digit"),
        pytest.param("2026-01-02T03:04:05.123456Z", (3, 4, 5, 123456), id="6 digits"),
        pytest.param(
            "2026-01-02T03:04:05.123456789Z", (3, 4, 5, 123456), id="9 digits"
        ),
        pytest.param(
            "2026-01-02T05:04:05.9999999+02:00",
            (3, 4, 5, 999999),
            id="7 digits are cut, not rounded",
        ),
    ],
)
def test_time_is_read_as_utc(text, expected):
    read = parse_time(text)
    assert read == datetime(2026, 1, 2, *expected, tzinfo=timezone.utc)
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="words"),
        pytest.param("2026-01-02", id="date alone"),
        pytest.param("2026-01-02T03:04Z", id="no seconds"),
        pytest.param("2026-01-02T03:04:05.Z", id="point without digits"),
        pytest.param("2026-13-02T03:04:05Z", id="month 13"),
        pytest.param("2026-02-30T03:04:05Z", id="February 30"),
        pytest.param("2026-01-02T24:00:00Z", id="hour 24"),
        pytest.param("2026-01-02T03:04:05Z\n", id="line feed behind"),
        pytest.param("0001-01-01T00:00:00+05:00", id="before the first day"),
        pytest.param("9999-12-31T23:59:59-05:00", id="after the last day"),
        pytest.param("٢٠٢٦-01-02T03:04:05Z", id="Arabic digits"),
        pytest.param(1767323045, id="a number"),
        pytest.param(None, id="None"),
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        parse_time(text)


@pytest.mark.parametrize(
    "moment, expected",
    [
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
            "2026-01-02T03:04:05Z",
            id="whole second",
        ),
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=timezone.utc),
            "2026-01-02T03:04:05.000060Z",
            id="microseconds",
        ),
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z", id="naive is UTC"
        ),
        pytest.param(
            datetime(2026, 1, 2, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-01T23:00:00Z",
            id="other offset",
        ),
    ],
)
def test_time_is_written_in_utc_with_a_z(moment, expected):
    assert format_time(moment) == expected


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set here")
def test_naive_times_are_utc_wherever_the_machine_is(monkeypatch):
    noon = datetime(2026, 1, 2, 12)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "JST-9")
        time.tzset()
        read = as_utc(noon), parse_time("2026-01-02T12:00:00"), utc_now()
    time.tzset()
    assert read[:2] == (noon.replace(tzinfo=timezone.utc),) * 2
    assert abs(read[2] - utc_now()) < timedelta(hours=1)


def test_milliseconds_of_dss_are_exact():
    # In floating point, these would come out a microsecond off.
    read = utc_from_millis(1534516363001)
    assert format_time(read) == "2018-08-17T14:32:43.001000Z"


def test_as_utc_keeps_the_moment():
    moment = datetime(2026, 1, 2, 1, tzinfo=timezone(timedelta(hours=2)))
    assert as_utc(moment) == moment
    assert as_utc(moment).tzinfo is timezone.utc


# What was read of an instance


def scope(*parts):
    """Return a scope of (project, types, minute of the reading)."""
    return [
        scope_entry(project, types, LONG_AGO + timedelta(minutes=minute))
        for project, types, minute in parts
    ]


def test_a_scope_covers_what_was_read_of_a_project():
    some = scope(("SHOP", ["dataset", "project"], 0))
    assert covers(some, "dataset.SHOP.orders") and covers(some, "project.SHOP")
    assert not covers(some, "recipe.SHOP.orders")
    assert not covers(some, "dataset.OTHER.orders")
    assert covers(None, "recipe.ANY.thing") and not covers([], "project.SHOP")


def test_joined_scopes_keep_the_fresh_reading():
    old = scope(("SHOP", ["dataset", "recipe"], 0), ("OTHER", ["project"], 0))
    assert merge_scopes(old, scope(("SHOP", ["recipe"], 5))) == scope(
        ("OTHER", ["project"], 0), ("SHOP", ["dataset"], 0), ("SHOP", ["recipe"], 5)
    )


def test_what_was_read_later_is_named():
    stored = scope(("SHOP", ["dataset"], 5), ("OTHER", ["dataset"], 5))
    assert newer_parts(stored, scope(("SHOP", ["dataset"], 4))) == [
        "datasets of SHOP (read 2001-02-03T04:10:06Z)"
    ]
    assert newer_parts(stored, scope(("SHOP", ["dataset"], 5))) == []
    assert newer_parts([], scope(("SHOP", ["dataset"], 0))) == []


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
    assert both.get_resource("dataset.SHOP.a").attributes == {"rows": 1}
    assert (both.serial, both.lineage) == (5, "L")
    assert len(stored.resources) == 4 and len(fresh.resources) == 1


def test_merging_keeps_permissions_that_could_not_be_read():
    def project(**attributes):
        resource = Resource("project", "project.SHOP", attributes)
        return State(
            resources={"project.SHOP": resource}, scope=scope(("SHOP", ["project"], 0))
        )

    both = merge(project(name="a", permissions={"owner": "x"}), project(name="b"))
    stored = both.get_resource("project.SHOP")
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


def test_where_a_state_comes_from_is_written_and_read():
    state = State(instance={"node_id": "n"}, scope=scope(("SHOP", ["dataset"], 0)))
    document = state.to_dict()
    assert document["instance"] == {"node_id": "n"}
    assert document["scope"] == [
        {"project": "SHOP", "types": ["dataset"], "read_at": "2001-02-03T04:05:06Z"}
    ]
    assert State.from_dict(document) == state
    document["scope"][0]["types"].append("recipe")
    assert state.scope[0]["types"] == ["dataset"]


# What a person sees


def test_a_state_says_in_one_line_what_it_holds():
    state = State(environment="dev", updated_at=LONG_AGO)
    assert repr(state) == "<State dev, serial 0, 2001-02-03T04:05:06Z: empty>"
    state = State(
        serial=3,
        updated_at=LONG_AGO,
        resources={"dataset.SHOP.a": dataset("a"), "dataset.SHOP.b": dataset("b")},
        unknown={"recipe.SHOP.c": "time-out"},
    )
    assert repr(state) == (
        "<State without environment, serial 3, 2001-02-03T04:05:06Z: 2 dataset, "
        "1 unknown>"
    )
