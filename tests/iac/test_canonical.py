"""What of DSS's documents counts as configuration, type by type."""

import copy
import json
from datetime import datetime, timezone

import pytest

from dataikuapi.iac.models import Resource
from dataikuapi.iac.types.cleaning import metadata_of
from dataikuapi.iac.types.registry import DATASET, PROJECT, RECIPE
from dataikuapi.iac.types.secrets import redact_constant

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
TAG = {
    "versionNumber": 3,
    "lastModifiedBy": {"login": "bob"},
    "lastModifiedOn": 1767268800250,
}


def nested(path, value):
    """Return a document that has the value at the dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def checksum(attributes):
    """Return what decides whether two sets of attributes are the same."""
    return Resource("x", "x.P.a", attributes).compute_checksum()


def dataset_attributes(document):
    """Return the attributes of a dataset."""
    return DATASET.attributes({"document": document}, redact_constant)


def recipe_attributes(document, payload):
    """Return the attributes of a recipe."""
    documents = {"document": document, "payload": payload}
    return RECIPE.attributes(documents, redact_constant)


def project(metadata=None, settings=None, permissions=None, **summary):
    """Return the attributes of a project of the key SHOP."""
    documents = {
        "summary": {"projectKey": "SHOP", **summary},
        "metadata": metadata or {},
        "settings": settings or {},
    }
    if permissions is not None:
        documents["permissions"] = permissions
    return PROJECT.attributes(documents, redact_constant)


def visual(payload, recipe_type="join"):
    """Return the payload attribute of a visual recipe."""
    document = {"type": recipe_type}
    return recipe_attributes(document, json.dumps(payload))["payload"]


# Rules for all types

EVERY_TYPE = pytest.mark.parametrize(
    "attributes_of",
    [
        pytest.param(dataset_attributes, id="dataset"),
        pytest.param(lambda raw: recipe_attributes(raw, None), id="recipe"),
        pytest.param(
            lambda raw: project(metadata=raw, settings={"settings": raw}), id="project"
        ),
    ],
)


@EVERY_TYPE
@pytest.mark.parametrize("field", ["createdOn", "createdBy", "stateChangedOn"])
def test_bookkeeping_of_checklists_is_left_out(attributes_of, field):
    item = {"done": True, "text": "check it"}
    noisy = {"checklists": {"checklists": [{"id": "c", "items": [{**item, field: 1}]}]}}
    clean = attributes_of(noisy)["checklists"]
    assert clean == {"checklists": [{"id": "c", "items": [item]}]}


@EVERY_TYPE
def test_tags_are_sorted(attributes_of):
    assert attributes_of({"tags": ["b", "a", "B"]})["tags"] == ["B", "a", "b"]


@EVERY_TYPE
def test_input_is_not_changed(attributes_of):
    raw = {
        "tags": ["b", "a"],
        "versionTag": TAG,
        "params": {"password": "e:AES:abc", "share": 50.0, "uploadBoxId": "x"},
        "schema": {"columns": [], "userModified": True},
        "checklists": {"checklists": [{"items": [{"createdOn": 1}]}]},
        "flowOptions": {},
    }
    before = copy.deepcopy(raw)
    attributes_of(raw)
    assert raw == before


@EVERY_TYPE
def test_changing_the_result_does_not_change_the_input(attributes_of):
    raw = {"customFields": {"a": [1]}, "checklists": {"checklists": [{"items": []}]}}
    before = copy.deepcopy(raw)
    result = attributes_of(raw)
    result["customFields"]["a"].append(2)
    result["checklists"]["checklists"][0]["items"].append(2)
    assert raw == before


@pytest.mark.parametrize(
    "raw, expected",
    [
        pytest.param(50.0, 50, id="float without a fraction"),
        pytest.param(-3.0, -3, id="negative"),
        pytest.param(0.0, 0, id="zero"),
        pytest.param(0.5, 0.5, id="fraction"),
        pytest.param(2.0**53 - 1, 2**53 - 1, id="last exact one"),
        pytest.param(2.0**53, 2.0**53, id="first inexact one"),
        pytest.param(2.0**60, 2.0**60, id="large"),
        pytest.param(-(2.0**60), -(2.0**60), id="large negative"),
        pytest.param(1e300, 1e300, id="huge"),
        pytest.param(True, True, id="boolean"),
        pytest.param("50.0", "50.0", id="text"),
        pytest.param([{"a": 2.0}], [{"a": 2}], id="deep inside"),
        pytest.param("e:AES:Zm9v", "<encrypted>", id="ciphertext"),
        pytest.param(["e:AES:Zm9v"], ["<encrypted>"], id="ciphertext in a list"),
        pytest.param("see e:AES:Zm9v", "see e:AES:Zm9v", id="prefix inside a text"),
        pytest.param("e:AES", "e:AES", id="less than the prefix"),
    ],
)
@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(lambda v: dataset_attributes(nested("params.x", v)), id="dataset"),
        pytest.param(
            lambda v: recipe_attributes(nested("params.x", v), None), id="recipe"
        ),
        pytest.param(lambda v: {"params": visual({"x": v})}, id="payload"),
        pytest.param(
            lambda v: {"params": project(settings=nested("settings.x", v))["settings"]},
            id="project",
        ),
    ],
)
def test_values_that_mean_the_same_are_the_same(kept, raw, expected):
    value = kept(raw)["params"]["x"]
    assert (type(value), value) == (type(expected), expected)


# Datasets


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
    kept = dataset_attributes(nested(path, {"n": 1}))
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


# Recipes


def test_recipe_always_has_its_attributes():
    assert recipe_attributes({}, None) == {
        "name": "",
        "type": "",
        "inputs": {},
        "outputs": {},
        "params": {},
        "tags": [],
        "labels": [],
        "variables": {},
        "dkuProperties": [],
        "customFields": {},
        "hashPropagationBehavior": "INHERIT",
    }


def test_recipe_keeps_its_whole_document():
    raw = {
        "projectKey": "SHOP",
        "name": "compute_orders",
        "type": "python",
        "inputs": {"main": {"items": [{"ref": "b", "deps": []}, {"ref": "a"}]}},
        "outputs": {"main": {"items": [{"ref": "orders", "appendMode": False}]}},
        "params": {"envSelection": {"envMode": "INHERIT"}},
        "redispatchPartitioning": False,
        "description": "reads them",
        "someday": {"new": None},
    }
    attributes = recipe_attributes(raw, None)
    assert {key: attributes[key] for key in raw} == raw


@pytest.mark.parametrize("key", ["versionTag", "creationTag", "smartName"])
def test_bookkeeping_of_a_recipe_is_left_out(key):
    assert recipe_attributes({key: TAG}, None) == recipe_attributes({}, None)


@pytest.mark.parametrize(
    "key, default",
    [
        ("labels", []),
        ("variables", {}),
        ("dkuProperties", []),
        ("customFields", {}),
        ("hashPropagationBehavior", "INHERIT"),
        ("params", {}),
        ("tags", []),
    ],
)
def test_recipe_without_a_key_is_one_at_its_default(key, default):
    absent, filled = recipe_attributes({}, None), recipe_attributes(
        {key: default}, None
    )
    assert checksum(absent) == checksum(filled)


@pytest.mark.parametrize(
    "key, value",
    [
        ("labels", ["a"]),
        ("variables", {"a": "b"}),
        ("hashPropagationBehavior", "NEVER"),
        ("params", {"a": None}),
    ],
)
def test_other_values_of_a_recipe_than_the_default_count(key, value):
    changed = recipe_attributes({key: value}, None)
    assert checksum(changed) != checksum(recipe_attributes({}, None))


@pytest.mark.parametrize("payload", [None, ""])
@pytest.mark.parametrize("recipe_type", ["python", "sync", "join"])
def test_recipe_without_a_payload_has_no_such_key(recipe_type, payload):
    assert "payload" not in recipe_attributes({"type": recipe_type}, payload)


@pytest.mark.parametrize(
    "recipe_type",
    [
        "python",
        "cpython",
        "pyspark",
        "streaming_python",
        "r",
        "sparkr",
        "julia",
        "shell",
        "spark_scala",
        "streaming_spark_scala",
        "sql_query",
        "sql_script",
        "spark_sql_query",
        "hive",
        "impala",
        "ksql",
    ],
)
@pytest.mark.parametrize(
    "script",
    [
        pytest.param("x = 1  \r\n\ty = 2\r\n\n", id="spaces and line ends"),
        pytest.param("123", id="number"),
        pytest.param('{"$status": 1.0}', id="object"),
        pytest.param("null", id="null"),
        pytest.param(" ", id="a space"),
        pytest.param("e:AES:Zm9v", id="like ciphertext"),
    ],
)
def test_script_is_kept_as_it_is(recipe_type, script):
    assert recipe_attributes({"type": recipe_type}, script)["payload"] == script


def test_visual_payload_is_parsed():
    payload = recipe_attributes({"type": "join"}, '{"joins": [{"type": "LEFT"}]}')
    assert payload["payload"] == {"joins": [{"type": "LEFT"}]}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param('{"b": 1.0, "a": "é"}', id="order of keys"),
        pytest.param('{\n  "a": "é",\n  "b": 1\n}\n', id="spaces"),
        pytest.param('{"a":"\\u00e9","b":1}', id="escapes"),
    ],
)
def test_visual_payloads_that_differ_as_text_only_are_the_same(other):
    one = recipe_attributes({"type": "join"}, '{"a":"é","b":1}')
    assert checksum(recipe_attributes({"type": "join"}, other)) == checksum(one)


def test_payload_that_is_no_json_is_kept_as_it_is():
    payload = recipe_attributes({"type": "CustomCode_x"}, "x = {\r\n")["payload"]
    assert payload == "x = {\r\n"


SCREEN_STATE = pytest.mark.parametrize(
    "key",
    [
        "$status",
        "$idx",
        "$selected",
        "$agg",
        "$withModalityMaxLength",
        "$latestOperator",
        "$filterOptions",
        "$showList",
        "$$hashKey",
        "__justDragDropped",
        "_refreshTrigger",
    ],
)


@SCREEN_STATE
@pytest.mark.parametrize("recipe_type", ["join", "grouping", "shaker"])
def test_screen_state_is_left_out_of_visual_payloads_at_any_depth(recipe_type, key):
    noisy = {key: {"x": 1}, "steps": [{key: 1, "a": {key: None, "b": [[{key: 2}]]}}]}
    clean = {"steps": [{"a": {"b": [[{}]]}}]}
    assert visual(noisy, recipe_type) == clean


@SCREEN_STATE
@pytest.mark.parametrize(
    "keyed_by_column",
    ["outputColumnNameOverrides", "columnWidthsByName", "per_feature"],
)
def test_column_named_like_screen_state_is_kept(keyed_by_column, key):
    payload = {"preprocessing": {keyed_by_column: {key: "renamed", "plain": "x"}}}
    assert visual(payload) == payload


@SCREEN_STATE
@pytest.mark.parametrize(
    "keyed_by_column", ["columnUseScientificNotationByName", "analysisColumnData"]
)
def test_column_named_like_screen_state_is_kept_elsewhere_too(keyed_by_column, key):
    payload = {keyed_by_column: {key: True}}
    assert visual(payload, "prediction_training") == payload


def test_screen_state_of_a_column_is_left_out():
    payload = {"per_feature": {"$status": {"role": "INPUT", "$status": 1, "$idx": 2}}}
    assert visual(payload) == {"per_feature": {"$status": {"role": "INPUT"}}}


def test_list_under_a_key_for_columns_is_cleaned_like_any():
    payload = {"per_feature": [{"$idx": 1, "name": "x"}]}
    assert visual(payload) == {"per_feature": [{"name": "x"}]}


def test_other_keys_with_a_dollar_are_kept():
    payload = {"$x": 1, "values": [{"column": "$status", "$custom": 2}], "": "empty"}
    assert visual(payload) == payload


IN_PREPARE = pytest.mark.parametrize(
    "key",
    [
        "columnWidthsByName",
        "columnUseScientificNotationByName",
        "columnOrder",
        "explorationSampling",
        "vizSampling",
        "explorationFilters",
        "exploreUIParams",
        "previewMode",
        "analysisColumnData",
        "globalSearchQuery",
        "coloring",
        "sorting",
        "origin",
    ],
)


@IN_PREPARE
def test_how_the_screen_shows_a_prepare_recipe_is_left_out(key):
    payload = {"steps": [{"type": "ColumnRenamer"}], "columnsSelection": {"m": "ALL"}}
    assert visual({**payload, key: {"a": 1}}, "shaker") == payload


@IN_PREPARE
def test_the_same_keys_are_kept_inside_steps(key):
    payload = {"steps": [{"params": {key: {"a": 1}}}]}
    assert visual(payload, "shaker") == payload


@IN_PREPARE
def test_the_same_keys_are_kept_in_other_recipes(key):
    assert visual({key: {"a": 1}}, "sort") == {key: {"a": 1}}


@pytest.mark.parametrize("payload", [[1, {"$idx": 1}], "text", 5])
@pytest.mark.parametrize("recipe_type", ["shaker", "join"])
def test_visual_payload_need_not_be_an_object(recipe_type, payload):
    expected = [1, {}] if isinstance(payload, list) else payload
    assert visual(payload, recipe_type) == expected


# Projects


def test_project_always_has_its_attributes():
    assert project() == {
        "projectKey": "SHOP",
        "name": "",
        "description": "",
        "shortDesc": "",
        "tags": [],
        "checklists": {"checklists": []},
        "customFields": {},
        "projectStatus": None,
        "settings": {},
        "exposedObjects": {"objects": []},
    }


def test_project_is_put_together_from_its_documents():
    attributes = project(
        metadata={
            "label": "Shop",
            "description": "long",
            "shortDesc": "short",
            "tags": ["b", "a"],
            "checklists": {"checklists": [{"id": "c"}]},
            "customFields": {"team": "x"},
        },
        settings={
            "name": "not this one",
            "settings": {"flowBuildSettings": {"mergeSqlPipelines": True}},
            "exposedObjects": {"objects": [{"type": "DATASET", "localName": "d"}]},
        },
        permissions={"owner": "anna", "permissions": []},
        projectStatus="Sandbox",
    )
    assert attributes == {
        "projectKey": "SHOP",
        "name": "Shop",
        "description": "long",
        "shortDesc": "short",
        "tags": ["a", "b"],
        "checklists": {"checklists": [{"id": "c"}]},
        "customFields": {"team": "x"},
        "projectStatus": "Sandbox",
        "settings": {"flowBuildSettings": {"mergeSqlPipelines": True}},
        "exposedObjects": {"objects": [{"type": "DATASET", "localName": "d"}]},
        "permissions": {"owner": "anna", "permissions": []},
    }


@pytest.mark.parametrize("metadata", [{}, {"label": None}, {"label": ""}])
def test_project_without_a_label_has_the_name_of_its_settings(metadata):
    assert project(metadata=metadata, settings={"name": "Shop"})["name"] == "Shop"


def test_permissions_that_were_not_readable_are_missing_not_empty():
    assert "permissions" not in project(permissions=None)
    assert project(permissions={})["permissions"] == {}


@pytest.mark.parametrize(
    "key",
    [
        "versionTag",
        "creationTag",
        "ownerDisplayName",
        "permissionsVersion",
        "commitMode",
        "projectLocation",
        "totalDatasets",
        "tutorialProject",
    ],
)
def test_what_the_project_list_tells_beside_is_left_out(key):
    assert project(**{key: 1}) == project()


def test_null_in_a_project_is_its_default():
    nulls = dict.fromkeys(["description", "shortDesc", "tags", "checklists"])
    assert project(metadata=nulls) == project()


# Who changed it last


def test_metadata_tell_who_changed_it_last():
    metadata = metadata_of(
        {"versionTag": TAG, "creationTag": {"lastModifiedOn": 1735689600000}},
        NOON,
        "robot",
    )
    assert (metadata.deployed_at, metadata.deployed_by) == (NOON, "robot")
    assert (metadata.last_modified_by, metadata.version_number) == ("bob", 3)
    moment = datetime(2026, 1, 1, 12, microsecond=250_000, tzinfo=timezone.utc)
    assert metadata.last_modified_at == moment
    assert metadata.created_at == datetime(2025, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no tags"),
        pytest.param({"versionTag": None, "creationTag": None}, id="null"),
        pytest.param({"versionTag": {}, "creationTag": {}}, id="empty"),
        pytest.param({"versionTag": {"lastModifiedBy": None}}, id="nobody"),
    ],
)
def test_metadata_are_empty_where_dss_does_not_tell(document):
    metadata = metadata_of(document, NOON, "robot")
    assert (metadata.last_modified_by, metadata.last_modified_at) == (None, None)
    assert (metadata.version_number, metadata.created_at) == (None, None)
