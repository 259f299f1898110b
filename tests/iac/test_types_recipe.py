"""What of a recipe's documents counts as configuration."""

import pytest

from iac.documents import TAG, checksum, recipe_attributes, visual


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
    assert visual(noisy, recipe_type) == {"steps": [{"a": {"b": [[{}]]}}]}


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
    payload = {"steps": [{"type": "ColumnRenamer"}], "maxProcessedMemTableBytes": -1}
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
