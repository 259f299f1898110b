"""validate_state: which documents are valid, and the errors for all others."""

import copy

import pytest

from dataikuapi.iac.exceptions import DataikuIaCError, StateCorruptedError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.validation import (
    get_state_schema,
    validate_state,
    validate_state_safe,
)

ORDERS = "dataset.SHOP.orders"
SECRET = "hunter2"
AT_ORDERS = f"$.resources['{ORDERS}']"


def document():
    """Return a state document with every key that the schema has."""
    return {
        "version": 1,
        "serial": 3,
        "environment": "dev",
        "updated_at": "2026-01-02T03:04:05Z",
        "resources": {
            ORDERS: {
                "resource_type": "dataset",
                "resource_id": ORDERS,
                "attributes": {"params": {"password": SECRET}},
                "metadata": {
                    "deployed_at": "2026-01-02T03:04:05Z",
                    "deployed_by": "anna",
                    "checksum": "ab" * 32,
                    "dataiku_internal_id": None,
                    "last_modified_by": "bob",
                    "last_modified_at": "2026-01-02T03:04:05Z",
                    "version_number": 7,
                    "created_at": "2025-01-02T03:04:05Z",
                },
            }
        },
        "lineage": "8c0e0d2e-55c4-4f62-8a3f-6d8f4b8a1c57",
        "instance": {"node": "design", "version": "13.2.1"},
        "scope": [
            {
                "project": "SHOP",
                "types": ["dataset"],
                "read_at": "2026-01-02T03:04:05Z",
            }
        ],
    }


TOP = ()
ENTRY = ("resources", ORDERS)
METADATA = (*ENTRY, "metadata")
SCOPE = ("scope", 0)


def at(data, path):
    """Return the value at a path in the document."""
    for name in path:
        data = data[name]
    return data


def with_value(path, key, value):
    """Return the document with one value replaced or added."""
    data = document()
    at(data, path)[key] = value
    return data


def without_key(path, key):
    """Return the document without one key."""
    data = document()
    del at(data, path)[key]
    return data


def with_id(resource_id):
    """Return a document whose one resource has that id."""
    data = document()
    entry = data["resources"].pop(ORDERS)
    entry["resource_id"] = resource_id
    data["resources"][resource_id] = entry
    return data


def error_message(data):
    """Return the error message for an invalid document."""
    with pytest.raises(StateCorruptedError) as caught:
        validate_state(data)
    return str(caught.value)


# Accepted


def test_valid_state_passes_validation():
    data = document()
    before = copy.deepcopy(data)
    validate_state(data)
    assert data == before


def test_serialized_state_passes_validation():
    state = State(environment="dev")
    state.add_resource(Resource("project", "project.SHOP", {"name": "Shop"}))
    validate_state(state.to_dict())
    validate_state(State().to_dict())


@pytest.mark.parametrize(
    "path, key",
    [
        (TOP, "lineage"),
        (TOP, "instance"),
        (TOP, "scope"),
        (METADATA, "dataiku_internal_id"),
        (METADATA, "last_modified_by"),
        (METADATA, "last_modified_at"),
        (METADATA, "version_number"),
        (METADATA, "created_at"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_optional_keys_may_be_missing_or_null(path, key):
    validate_state(without_key(path, key))
    validate_state(with_value(path, key, None))


@pytest.mark.parametrize(
    "path",
    [TOP, ENTRY, METADATA, SCOPE],
    ids=["state", "resource", "metadata", "scope"],
)
@pytest.mark.parametrize("value", [None, 1, "x", [], {"": None}])
def test_unknown_keys_are_allowed_anywhere(path, value):
    validate_state(with_value(path, "of_another_tool", value))


@pytest.mark.parametrize(
    "resource_id",
    [
        pytest.param("project.SHOP", id="project"),
        pytest.param("recipe.SHOP.join_CRM.customers", id="dot in the name"),
        pytest.param("recipe.SHOP.recipe from notebook", id="spaces"),
        pytest.param("recipe.SHOP.admin's Python notebook", id="apostrophe"),
        pytest.param('recipe.SHOP."quoted" \\ [0] $', id="quotes and brackets"),
        pytest.param("dataset.ps_br1.été_注文", id="other alphabets"),
        pytest.param("dataset.2_AUT_EG.25287-prepared", id="digits and dash"),
        pytest.param("dataset.SHOP...", id="only dots"),
        pytest.param("flow_zone.SHOP.default", id="type of its own"),
    ],
)
def test_unusual_ids_are_accepted(resource_id):
    validate_state(with_id(resource_id))


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.123456Z",
        "2026-01-02T03:04:05.123456789Z",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:05.5-05:30",
        "2026-01-02T03:04:05+0200",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.123456",
        "2026-01-02t03:04:05z",
        "2026-01-02 03:04:05Z",
    ],
)
@pytest.mark.parametrize(
    "path, key",
    [
        (TOP, "updated_at"),
        (METADATA, "deployed_at"),
        (METADATA, "last_modified_at"),
        (METADATA, "created_at"),
        (SCOPE, "read_at"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_time_formats_of_other_implementations_are_accepted(path, key, time):
    validate_state(with_value(path, key, time))


# Refused


def test_error_is_one_of_this_packages_exceptions():
    with pytest.raises(DataikuIaCError):
        validate_state({})


@pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5, [1]], ids=repr)
def test_invalid_version_fails(version):
    message = error_message(with_value(TOP, "version", version))
    assert "$.version: expected " in message


def test_newer_version_error_suggests_an_upgrade():
    assert "a newer dataiku-iac wrote it; upgrade" in error_message(
        with_value(TOP, "version", 2)
    )


def test_environment_may_be_missing():
    document = without_key(TOP, "environment")
    validate_state(document)
    assert State.from_dict(document).environment == ""


@pytest.mark.parametrize(
    "path, key, where",
    [
        (TOP, "version", "$"),
        (TOP, "serial", "$"),
        (TOP, "updated_at", "$"),
        (TOP, "resources", "$"),
        (ENTRY, "resource_type", AT_ORDERS),
        (ENTRY, "resource_id", AT_ORDERS),
        (ENTRY, "attributes", AT_ORDERS),
        (ENTRY, "metadata", AT_ORDERS),
        (METADATA, "deployed_at", f"{AT_ORDERS}.metadata"),
        (METADATA, "deployed_by", f"{AT_ORDERS}.metadata"),
        (METADATA, "checksum", f"{AT_ORDERS}.metadata"),
        (SCOPE, "project", "$.scope[0]"),
        (SCOPE, "types", "$.scope[0]"),
        (SCOPE, "read_at", "$.scope[0]"),
    ],
    ids=lambda part: part if isinstance(part, str) and "$" not in part else "",
)
def test_missing_required_fields_fails(path, key, where):
    assert error_message(without_key(path, key)).endswith(f"{where}: lacks {key}")


def test_all_missing_fields_are_named_at_once():
    message = error_message({"version": 1, "resources": {}})
    assert message.endswith("$: lacks serial, updated_at")


@pytest.mark.parametrize(
    "path, key, value, reason",
    [
        (TOP, "serial", "3", "$.serial: expected integer, found a string"),
        (TOP, "serial", True, "$.serial: expected integer, found a boolean"),
        (TOP, "serial", 1.5, "$.serial: expected integer, found a number"),
        (TOP, "serial", None, "$.serial: expected integer, found null"),
        (TOP, "serial", -1, "$.serial: does not satisfy minimum 0"),
        (TOP, "environment", None, "$.environment: expected string, found null"),
        (TOP, "updated_at", 5, "$.updated_at: expected string, found an integer"),
        (TOP, "resources", [], "$.resources: expected object, found an array"),
        (TOP, "lineage", 5, "$.lineage: expected string or null, found an integer"),
        (TOP, "instance", "x", "$.instance: expected object or null, found a string"),
        (TOP, "scope", {}, "$.scope: expected array or null, found an object"),
        (ENTRY, "attributes", [], f"{AT_ORDERS}.attributes: expected object, found an"),
        (ENTRY, "metadata", None, f"{AT_ORDERS}.metadata: expected object, found null"),
        (ENTRY, "resource_type", "Data", f"{AT_ORDERS}.resource_type: "),
        (METADATA, "deployed_by", None, ".metadata.deployed_by: expected string"),
        (METADATA, "deployed_at", None, ".metadata.deployed_at: expected string"),
        (METADATA, "checksum", "", ".metadata.checksum: does not satisfy pattern"),
        (METADATA, "checksum", "ab" * 31, ".metadata.checksum: does not satisfy"),
        (METADATA, "checksum", "ab" * 33, ".metadata.checksum: does not satisfy"),
        (METADATA, "checksum", "zz" * 32, ".metadata.checksum: does not satisfy"),
        (METADATA, "version_number", "7", ".metadata.version_number: expected integer"),
        (METADATA, "dataiku_internal_id", 7, ".dataiku_internal_id: expected string"),
        (METADATA, "last_modified_by", 7, ".metadata.last_modified_by: expected"),
        (METADATA, "last_modified_at", 7, ".metadata.last_modified_at: "),
        (METADATA, "created_at", "soon", ".metadata.created_at: "),
        (SCOPE, "types", "dataset", "$.scope[0].types: expected array, found a string"),
    ],
)
def test_invalid_value_error_has_path_and_reason(path, key, value, reason):
    assert reason in error_message(with_value(path, key, value))


@pytest.mark.parametrize(
    "data, found",
    [
        (None, "null"),
        ([], "an array"),
        ("{}", "a string"),
        (1, "an integer"),
        (1.5, "a number"),
        (True, "a boolean"),
    ],
)
def test_non_object_is_not_a_state(data, found):
    assert error_message(data).endswith(f"$: expected object, found {found}")


@pytest.mark.parametrize(
    "resource_id",
    [
        pytest.param("", id="empty"),
        pytest.param("dataset", id="one part"),
        pytest.param("dataset.", id="no project key"),
        pytest.param("dataset..orders", id="empty project key"),
        pytest.param("dataset.SHOP.", id="empty name"),
        pytest.param(".SHOP.orders", id="empty type"),
        pytest.param("Dataset.SHOP.orders", id="capital letter in the type"),
        pytest.param("data set.SHOP.orders", id="space in the type"),
        pytest.param("dataset.SHOP.two\nlines", id="line feed"),
        pytest.param("dataset.SHOP.orders\n", id="trailing line feed"),
    ],
)
def test_invalid_ids_are_refused(resource_id):
    error_message(with_id(resource_id))
    # As the key only, and as the field only.
    error_message(
        with_value(("resources",), resource_id, document()["resources"][ORDERS])
    )
    error_message(with_value(ENTRY, "resource_id", resource_id))


@pytest.mark.parametrize(
    "time",
    [
        "",
        "yesterday",
        "2026-01-02",
        "2026-01-02T03:04Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05+2",
        "02/01/2026 03:04:05",
        "2026-01-02T03:04:05Z and more",
        "2026-01-02T03:04:05Z\n",
        "٢٠٢٦-01-02T03:04:05Z",
        1767323045,
    ],
)
def test_invalid_times_are_refused(time):
    error_message(with_value(TOP, "updated_at", time))
    error_message(with_value(METADATA, "last_modified_at", time))


def test_document_that_the_validators_disagree_on_is_refused():
    # "$" ignores a trailing line feed in Python, but not in Rust.
    assert "disagree" in error_message(
        with_value(TOP, "updated_at", "2026-01-02T03:04:05Z\n")
    )


# What error messages leave out


@pytest.mark.parametrize(
    "path, key, value",
    [
        pytest.param(ENTRY, "attributes", SECRET, id="attributes"),
        pytest.param(ENTRY, "attributes", [SECRET], id="in attributes"),
        pytest.param(ENTRY, "metadata", SECRET, id="metadata"),
        pytest.param(TOP, "version", SECRET, id="version"),
        pytest.param(TOP, "serial", SECRET, id="serial"),
        pytest.param(TOP, "environment", [SECRET], id="environment"),
        pytest.param(TOP, "updated_at", SECRET, id="time"),
        pytest.param(TOP, "resources", SECRET, id="resources"),
        pytest.param(TOP, "scope", [SECRET], id="scope"),
        pytest.param(METADATA, "checksum", SECRET, id="checksum"),
        pytest.param(METADATA, "created_at", SECRET, id="optional time"),
        pytest.param(METADATA, "last_modified_at", {"x": SECRET}, id="in a time"),
    ],
)
def test_error_message_has_no_document_values(path, key, value):
    assert SECRET not in error_message(with_value(path, key, value))


def test_error_message_has_no_neighboring_secrets():
    assert SECRET not in error_message(without_key(ENTRY, "resource_type"))


def test_error_message_for_a_long_id_is_short():
    data = with_value(("resources",), f"dataset.SHOP.{'x' * 10_000}", {})
    assert len(error_message(data)) < 500


def test_safe_validation_returns_the_reason():
    assert validate_state_safe(State().to_dict()) == (True, None)

    is_valid, reason = validate_state_safe({})

    assert not is_valid
    assert reason is not None
    assert "serial" in reason


def test_schema_is_a_copy():
    schema = get_state_schema()
    assert "environment" not in schema["required"]
    schema["required"].append("environment")

    assert get_state_schema()["required"] != schema["required"]
