"""What of a dataset's document counts as configuration."""

from typing import Any

import pytest

from iac.documents import checksum, dataset_attributes, nested


def test_dataset_always_has_its_attributes():
    assert dataset_attributes({}) == {
        "name": "",
        "type": "",
        "params": {},
        "schema": {"columns": []},
        "formatType": None,
        "tags": [],
        "featureGroup": False,
        "typeSystemVersion": "V1",
        "dkuProperties": [],
        "customFields": {},
    }


def test_dataset_keeps_its_whole_document():
    raw = {
        "projectKey": "SHOP",
        "name": "orders",
        "type": "PostgreSQL",
        "managed": True,
        "params": {"connection": "dwh", "table": "orders", "numPartitions": 4},
        "schema": {"columns": [{"name": "id", "type": "bigint"}]},
        "formatType": "csv",
        "formatParams": {"separator": "\t"},
        "partitioning": {"dimensions": []},
        "metrics": {"probes": []},
        "description": "of the shop",
        "someday": {"new": None},
    }
    attributes = dataset_attributes(raw)
    assert {key: attributes[key] for key in raw} == raw


@pytest.mark.parametrize(
    "path",
    [
        "versionTag",
        "creationTag",
        "smartName",
        "metrics.displayedState",
        "metricsChecks.displayedState",
        "checks.displayedState",
        "params.uploadBoxId",
        "schema.userModified",
    ],
)
def test_bookkeeping_of_a_dataset_is_left_out(path):
    parent, _, key = path.rpartition(".")
    kept: Any = dataset_attributes(nested(path, {"n": 1}))
    assert key not in (kept[parent] if parent else kept)
    assert kept == dataset_attributes({parent: {}} if parent else {})


@pytest.mark.parametrize(
    "path",
    [
        "formatParams.uploadBoxId",
        "params.userModified",
        "metrics.probes",
        "customFields.versionTag",
        "schema.columns",
        "displayedState",
    ],
)
def test_what_is_left_out_is_left_out_in_its_place_only(path):
    one = dataset_attributes(nested(path, ["x"]))
    other = dataset_attributes(nested(path, ["y"]))
    assert checksum(one) != checksum(other)


@pytest.mark.parametrize(
    "path, default",
    [
        ("featureGroup", False),
        ("typeSystemVersion", "V1"),
        ("dkuProperties", []),
        ("customFields", {}),
        ("tags", []),
        ("formatType", None),
        ("params.sparkJdbcAccess", "NONE"),
        ("params.numPartitions", -1),
        ("params.numPartitions", -1.0),
        (
            "params.variablesExpansionLoopConfig",
            {
                "enabled": False,
                "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
                "replacements": [],
            },
        ),
    ],
)
def test_dataset_without_a_key_is_one_at_its_default(path, default):
    absent, filled = dataset_attributes({}), dataset_attributes(nested(path, default))
    assert checksum(absent) == checksum(filled)


@pytest.mark.parametrize("key", ["params", "flowOptions"])
def test_null_in_a_dataset_is_kept(key):
    assert dataset_attributes({key: None})[key] is None


@pytest.mark.parametrize("tags", [None, []])
def test_no_tags_are_no_tags(tags):
    assert dataset_attributes({"tags": tags})["tags"] == []


def test_tags_are_a_set():
    assert dataset_attributes({"tags": ["b", "a", "b"]})["tags"] == ["a", "b"]


def test_flow_options_without_a_key_are_at_its_default():
    absent = dataset_attributes({"flowOptions": {"rebuild": "NORMAL"}})
    filled = dataset_attributes(
        {"flowOptions": {"rebuild": "NORMAL", "ignoreErrorStatusOnBuild": False}}
    )
    assert checksum(absent) == checksum(filled)


@pytest.mark.parametrize(
    "path, value",
    [
        ("featureGroup", True),
        ("typeSystemVersion", "V2"),
        ("dkuProperties", [{"name": "a"}]),
        ("customFields", {"a": "b"}),
        ("formatType", "csv"),
        ("flowOptions", {"ignoreErrorStatusOnBuild": True}),
        ("params.sparkJdbcAccess", "ALL"),
        ("params.numPartitions", 4),
        (
            "params.variablesExpansionLoopConfig",
            {
                "enabled": True,
                "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
                "replacements": [],
            },
        ),
    ],
)
def test_other_values_of_a_dataset_than_the_default_count(path, value):
    changed = dataset_attributes(nested(path, value))
    assert checksum(changed) != checksum(dataset_attributes({}))
