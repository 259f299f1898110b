"""Resource and its metadata: what they hold, and how they are written and read."""

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.models.state import Resource, ResourceMetadata
from dataikuapi.iac.models.times import utc_now
from iac.strategies import ATTRIBUTES, JSON_VALUES

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
ORDERS = "dataset.SHOP.orders"


def orders(attributes=None, **more):
    """Return the dataset orders of the project SHOP."""
    return Resource("dataset", ORDERS, attributes or {}, **more)


def entry(**more):
    """Return an entry as a state file has it."""
    return {
        "resource_type": "dataset",
        "resource_id": ORDERS,
        "attributes": {"type": "S3"},
        "metadata": metadata(),
        **more,
    }


def metadata(**more):
    """Return the metadata of an entry as a state file has it."""
    return {
        "deployed_at": "2026-01-02T12:00:00Z",
        "deployed_by": "anna",
        "checksum": "ab" * 32,
        "dataiku_internal_id": None,
        **more,
    }


# Creating a resource


def test_new_resource_was_deployed_now_by_system():
    before = utc_now()
    resource = Resource("dataset", ORDERS)
    assert before <= resource.metadata.deployed_at <= utc_now()
    assert resource.metadata.deployed_by == "system"
    assert resource.metadata.dataiku_internal_id is None
    assert resource.attributes == {}


@pytest.mark.parametrize(
    "resource_type, resource_id",
    [
        pytest.param("dataset", "dataset", id="one part"),
        pytest.param("dataset", "recipe.SHOP.orders", id="another type"),
        pytest.param("data", ORDERS, id="type is only the beginning"),
        pytest.param("dataset", "dataset.SHOP.", id="empty name"),
        pytest.param("", "", id="nothing"),
        pytest.param("dataset", None, id="None"),
    ],
)
def test_resource_refuses_an_id_that_is_not_of_its_type(resource_type, resource_id):
    with pytest.raises(ValueError, match=f"^Invalid {resource_type} resource_id"):
        Resource(resource_type, resource_id)


def test_project_has_no_resource_name():
    project = Resource("project", "project.SHOP")
    assert (project.project_key, project.resource_name) == ("SHOP", "")


def test_types_are_not_a_closed_list():
    assert Resource("saved_model", "saved_model.SHOP.abc").project_key == "SHOP"


# Checksums


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="empty"),
        pytest.param({"b": 1, "a": {"d": None, "c": [True, 1.5]}}, id="nested"),
        pytest.param({"name": "été 注文 😀", "": "\u2028\x00"}, id="not ASCII"),
        pytest.param({"x": [1, 1.0, True, 1e22, -0.0, 2**70]}, id="numbers"),
    ],
)
def test_checksum_is_that_of_other_implementations(attributes):
    text = json.dumps(attributes, sort_keys=True)
    expected = hashlib.sha256(text.encode("utf-8")).hexdigest()
    resource = orders(attributes)
    assert resource.compute_checksum() == expected
    assert resource.metadata.checksum == expected


def test_checksum_of_a_known_document():
    # sha256 of '{"a": 1}', so that the format of the digest can never drift.
    assert orders({"a": 1}).compute_checksum() == (
        "f9d86028c6e0d64e225186f96acb69338b2c59764df79162107f5c4bb34d1310"
    )


def test_checksum_does_not_depend_on_the_order_of_keys():
    one, other = orders({"a": 1, "b": 2}), orders({"b": 2, "a": 1})
    assert one.compute_checksum() == other.compute_checksum()


def test_checksum_is_computed_afresh_and_the_stored_one_stays():
    resource = orders({"type": "S3"})
    stored = resource.metadata.checksum
    resource.attributes["type"] = "HDFS"
    assert resource.compute_checksum() == orders({"type": "HDFS"}).compute_checksum()
    assert resource.metadata.checksum == stored


def test_given_checksum_is_kept():
    given_one = ResourceMetadata(NOON, "anna", checksum="ab" * 32)
    assert orders(metadata=given_one).metadata.checksum == "ab" * 32


def test_empty_checksum_is_filled_on_a_copy_of_the_metadata():
    shared = ResourceMetadata(NOON, "anna")
    resource = orders({"type": "S3"}, metadata=shared)
    assert resource.metadata.checksum == resource.compute_checksum()
    assert shared.checksum == ""


# Comparing


@pytest.mark.parametrize(
    "old, new",
    [
        pytest.param({"a": 1}, {"a": 2}, id="value"),
        pytest.param({"a": 1}, {}, id="missing"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, id="order of a list"),
        pytest.param({"a": 1}, {"a": True}, id="1 and true"),
        pytest.param({"a": 1}, {"a": 1.0}, id="1 and 1.0"),
        pytest.param({"a": 0}, {"a": False}, id="0 and false"),
        pytest.param({"a": None}, {}, id="null and missing"),
    ],
)
def test_has_changed(old, new):
    assert orders(old).has_changed(orders(new))
    assert orders(new).has_changed(orders(old))


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), (1, 1.0)])
def test_resources_are_equal_as_their_checksums_are(old, new):
    before = Resource("dataset", "dataset.P.a", {"nested": [old]})
    after = Resource("dataset", "dataset.P.a", {"nested": [new]}, before.metadata)

    assert before == Resource.from_dict(before.to_dict())
    assert before != after and before.has_changed(after)


def test_has_not_changed_where_only_metadata_differ():
    old = orders({"a": 1}, metadata=ResourceMetadata(NOON, "anna", "id1", "ab" * 32))
    new = orders(
        {"a": 1}, metadata=ResourceMetadata(utc_now(), "bob", "id2", "cd" * 32)
    )
    assert not old.has_changed(new)


def test_has_changed_looks_at_attributes_and_not_at_stored_checksums():
    same = ResourceMetadata(NOON, "anna", checksum="ab" * 32)
    old, new = orders({"a": 1}, metadata=same), orders({"a": 2}, metadata=same)
    assert old.has_changed(new)


def test_two_objects_cannot_be_compared():
    with pytest.raises(ValueError, match="dataset.SHOP.orders.*dataset.SHOP.clients"):
        orders().has_changed(Resource("dataset", "dataset.SHOP.clients"))


# Copies at the border


def test_changing_what_was_passed_in_does_not_change_the_resource():
    attributes: dict[str, Any] = {"params": {"paths": ["/a"]}}
    extra: dict[str, Any] = {"note": {"by": "anna"}}
    hosts: list[Any] = ["h1"]
    shared = ResourceMetadata(NOON, "anna")
    shared.extra["host"] = hosts
    resource = orders(attributes, metadata=shared, extra=extra)
    attributes["params"]["paths"].append("/b")
    extra["note"]["by"] = "bob"
    shared.deployed_by = "bob"
    hosts.append("h2")
    assert resource.attributes == {"params": {"paths": ["/a"]}}
    assert resource.extra == {"note": {"by": "anna"}}
    assert resource.metadata.deployed_by == "anna"
    assert resource.metadata.extra == {"host": ["h1"]}


def test_changing_what_to_dict_returned_does_not_change_the_resource():
    resource = Resource.from_dict(entry(note=[1], metadata=metadata(host=["h1"])))
    written: dict[str, Any] = resource.to_dict()
    written["attributes"]["type"] = "HDFS"
    written["note"].append(2)
    written["metadata"]["host"].append("h2")
    assert resource.to_dict() == entry(note=[1], metadata=metadata(host=["h1"]))


def test_subclasses_of_dict_and_list_become_plain():
    class ListItem(dict[str, Any]):
        pass

    class Items(list[Any]):
        pass

    resource = orders(ListItem(columns=Items([ListItem(name="a")])))
    assert type(resource.attributes) is dict
    assert type(resource.attributes["columns"]) is list
    assert type(resource.attributes["columns"][0]) is dict


def test_resources_do_not_share_their_defaults():
    one, other = Resource("dataset", ORDERS), Resource("dataset", ORDERS)
    one.attributes["a"] = one.metadata.extra["a"] = one.extra["a"] = 1
    assert (other.attributes, other.metadata.extra, other.extra) == ({}, {}, {})


# Documents


def test_resource_document_has_the_keys_of_the_file_in_order():
    document = orders().to_dict()
    assert list(document) == ["resource_type", "resource_id", "attributes", "metadata"]
    assert list(document["metadata"]) == [
        "deployed_at",
        "deployed_by",
        "checksum",
        "dataiku_internal_id",
    ]


def test_full_metadata_document():
    document = metadata(
        dataiku_internal_id="mF3kq1Zx",
        last_modified_by="bob",
        last_modified_at="2026-01-01T00:00:00.250000Z",
        version_number=7,
        created_at="2025-01-01T00:00:00Z",
    )
    read = ResourceMetadata.from_dict(document)
    assert (read.deployed_at, read.deployed_by) == (NOON, "anna")
    assert read.dataiku_internal_id == "mF3kq1Zx"
    assert (read.last_modified_by, read.version_number) == ("bob", 7)
    assert read.created_at == datetime(2025, 1, 1, tzinfo=timezone.utc)
    assert read.to_dict() == document
    assert list(read.to_dict()) == list(document)


def test_null_is_read_as_not_known():
    read = ResourceMetadata.from_dict(
        metadata(last_modified_at=None, created_at=None, version_number=None)
    )
    assert (read.last_modified_at, read.created_at, read.version_number) == (
        None,
        None,
        None,
    )


def test_times_of_metadata_are_brought_to_utc():
    plus_two = timezone(timedelta(hours=2))
    made = ResourceMetadata(
        deployed_at=datetime(2026, 1, 2, 12),
        deployed_by="anna",
        last_modified_at=datetime(2026, 1, 2, 14, tzinfo=plus_two),
        created_at=NOON,
    )
    assert made.deployed_at == made.last_modified_at == made.created_at == NOON
    assert made.last_modified_at
    assert made.last_modified_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("key", ["deployed_at", "deployed_by"])
def test_incomplete_metadata_is_refused_by_name(key):
    incomplete = metadata()
    del incomplete[key]
    with pytest.raises(ValueError, match=f"lacks {key}"):
        ResourceMetadata.from_dict(incomplete)


@pytest.mark.parametrize(
    "key", ["resource_type", "resource_id", "attributes", "metadata"]
)
def test_incomplete_resource_is_refused_by_name(key):
    incomplete = entry()
    del incomplete[key]
    with pytest.raises(ValueError, match=f"lacks {key}"):
        Resource.from_dict(incomplete)


def test_missing_checksum_is_filled_on_reading():
    document = entry(
        metadata={"deployed_at": "2026-01-02T12:00:00Z", "deployed_by": ""}
    )
    resource = Resource.from_dict(document)
    assert resource.metadata.checksum == resource.compute_checksum()


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(entry(note="x", extra={"a": 1}), id="in the resource"),
        pytest.param(
            entry(metadata=metadata(host="h1", extra=None)), id="in the metadata"
        ),
    ],
)
def test_unknown_keys_are_kept(document):
    assert Resource.from_dict(document).to_dict() == document


@settings(max_examples=60)
@given(ATTRIBUTES, st.dictionaries(st.text("XYZ"), JSON_VALUES, max_size=2))
def test_any_resource_survives_to_dict_and_from_dict(attributes, extra):
    resource = orders(attributes, extra=extra)
    again = Resource.from_dict(resource.to_dict())
    assert again == resource
    assert not again.has_changed(resource)


# What a person sees


def test_a_resource_says_in_one_line_what_it_is_and_no_value():
    secret = Resource("dataset", "dataset.SHOP.orders", {"password": "hunter2"})
    assert repr(secret) == "<Resource dataset.SHOP.orders: 1 attributes>"
    secret.metadata.last_modified_by = "anna"
    assert repr(secret).endswith("1 attributes, last edited by anna>")


def test_the_serial_of_an_object_stored_alone_survives_a_round_trip():
    metadata = ResourceMetadata(
        datetime(2026, 1, 2, tzinfo=timezone.utc), "a", serial=7
    )
    document = metadata.to_dict()
    assert document["serial"] == 7
    assert ResourceMetadata.from_dict(document) == metadata


@pytest.mark.parametrize("change", [{"attributes": []}, {"metadata": [1]}])
def test_entry_that_is_no_object_is_refused(change):
    entry = Resource("dataset", "dataset.P.a").to_dict()
    with pytest.raises(ValueError, match="have to be objects"):
        Resource.from_dict({**entry, **change})
    with pytest.raises(ValueError, match="has to be an object"):
        Resource.from_dict([entry])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="resource lacks metadata"):
        Resource.from_dict({k: v for k, v in entry.items() if k != "metadata"})


def test_a_resource_is_nothing_else():
    assert Resource("dataset", "dataset.P.a") != "dataset.P.a"
