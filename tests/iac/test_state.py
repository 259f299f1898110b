"""State: what is tracked, how it is counted, and how it is written and read."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings

from dataikuapi.iac.models import Scope
from dataikuapi.iac.models.state import Resource, State
from dataikuapi.iac.models.times import utc_now
from iac.strategies import STATES

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
READ_SHOP = {
    "project": "SHOP",
    "types": ["dataset"],
    "read_at": "2001-02-03T04:05:06Z",
}


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
    assert state.resources["dataset.SHOP.orders"].attributes == {"type": "S3"}


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
    kept = state.resources["dataset.SHOP.orders"]
    assert kept.attributes == {"params": {"path": "/a"}}
    assert kept.metadata.deployed_by == "system"


def test_changing_constructor_arguments_does_not_change_the_state():
    resources = {"dataset.SHOP.orders": dataset(tags=["a"])}
    extra: dict[str, Any] = {"host": {"node": "design"}}
    state = State(resources=resources, extra=extra)
    resources["dataset.SHOP.orders"].attributes["tags"].append("b")
    resources.clear()
    extra["host"]["node"] = "automation"
    assert state.resources["dataset.SHOP.orders"].attributes == {"tags": ["a"]}
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
    scope: list[Any] = [{**READ_SHOP, "types": ["dataset"]}]
    instance: dict[str, Any] = {"node": "design"}
    extra: dict[str, Any] = {"host": {"name": "h1"}}
    state = State(instance=instance, scope=scope, extra=extra)
    state.add_resource(dataset(tags=["a"]))
    before = state.to_dict()
    written: dict[str, Any] = state.to_dict()
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
    written: dict[str, Any] = state.to_dict()
    assert list(written["resources"]) == [
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
    assert state.resources["dataset.SHOP.orders"].attributes == {"type": "S3"}


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


# Where it comes from, and what was read


def test_where_a_state_comes_from_is_written_and_read():
    state = State(instance={"node_id": "n"}, scope=Scope([READ_SHOP]))
    document: dict[str, Any] = state.to_dict()
    assert document["instance"] == {"node_id": "n"}
    assert document["scope"] == [
        {"project": "SHOP", "types": ["dataset"], "read_at": "2001-02-03T04:05:06Z"}
    ]
    assert State.from_dict(document) == state
    document["scope"][0]["types"].append("recipe")
    assert state.scope
    assert state.scope[0]["types"] == ["dataset"]


def test_the_entries_of_a_file_are_parsed_to_a_scope():
    made, read = State(scope=[READ_SHOP]), State.from_dict({"scope": [READ_SHOP]})
    assert made.scope == read.scope == [READ_SHOP] == Scope([READ_SHOP])
    assert made.scope
    assert made.scope.covers("dataset.SHOP.orders")
    assert State.from_dict({"scope": None}).scope is None
    made.scope = [{**READ_SHOP, "project": "OTHER"}]
    assert made.scope
    assert made.scope.covers("dataset.OTHER.orders")
    assert State().scope is None


def test_a_scope_entry_with_a_wrong_time_is_refused_by_project():
    entry = {**READ_SHOP, "read_at": "2026-02-30T00:00:00Z"}
    with pytest.raises(ValueError, match="scope of 'SHOP': not an RFC 3339 time"):
        State.from_dict({"scope": [entry]})


def test_a_state_without_scope_covers_everything():
    assert State().covers("recipe.ANY.thing")
    assert not State(scope=[]).covers("project.SHOP")
    assert State(scope=[READ_SHOP]).covers("dataset.SHOP.orders")


# Any state survives


@pytest.mark.slow
@settings(max_examples=60)
@given(STATES)
def test_any_state_survives_to_dict_and_from_dict(state):
    document = state.to_dict()
    again = State.from_dict(document)
    assert again == state
    assert again.to_dict() == document


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


def test_state_is_a_collection_of_resources():
    orders = Resource("dataset", "dataset.SHOP.orders", {"name": "orders"})
    state = State(resources={orders.resource_id: orders})

    assert len(state) == 1
    assert list(state) == [orders]
    assert orders.resource_id in state
    assert orders in state
    assert "dataset.SHOP.nope" not in state
    assert state[orders.resource_id] is state.get_resource(orders.resource_id)
    with pytest.raises(KeyError, match="nope"):
        state["nope"]
    assert not State()


def test_state_is_a_table():
    pytest.importorskip("pandas")
    orders = Resource("dataset", "dataset.SHOP.orders", {"name": "orders"})

    table = State(resources={orders.resource_id: orders}).to_dataframe()

    assert table.attributes.tolist() == [{"name": "orders"}]
