"""State files: the bytes of a state, and what is read of other people's files."""

import gc
from contextlib import suppress
from datetime import datetime, timezone

import orjson
import pytest
from hypothesis import given, settings

from dataikuapi.iac.exceptions import StateCorruptedError, StateWriteError
from dataikuapi.iac.models import Resource, ResourceMetadata, State
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.statefile.serialization import dumps, loads
from iac.strategies import STATES

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)

GOLDEN = """\
{
  "version": 1,
  "serial": 7,
  "environment": "dev",
  "updated_at": "2026-01-02T12:00:00Z",
  "resources": {
    "dataset.SHOP.orders": {
      "resource_type": "dataset",
      "resource_id": "dataset.SHOP.orders",
      "attributes": {
        "name": "orders",
        "tags": [
          "b",
          "a"
        ],
        "type": "S3",
        "ratio": 0.5,
        "städte": null
      },
      "metadata": {
        "deployed_at": "2026-01-02T12:00:00Z",
        "deployed_by": "anna",
        "checksum": "f4a02f5b5903b0578d31c8a1ce584548d91bdca227ddf298e360857cd56c8ed8",
        "dataiku_internal_id": null,
        "last_modified_by": "bob",
        "last_modified_at": "2026-01-01T00:00:00.250000Z",
        "version_number": 3,
        "created_at": "2025-01-01T00:00:00Z"
      }
    },
    "project.SHOP": {
      "resource_type": "project",
      "resource_id": "project.SHOP",
      "attributes": {},
      "metadata": {
        "deployed_at": "2026-01-02T12:00:00Z",
        "deployed_by": "anna",
        "checksum": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "dataiku_internal_id": "x1"
      }
    }
  },
  "lineage": null
}
""".encode()

# As a tool of somebody else may write it: other times, other order, keys of its own.
FOREIGN = b"""
{"resources": {
   "recipe.SHOP.join_CRM.customers": {
     "metadata": {
       "checksum": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
       "deployed_by": "ci",
       "deployed_at": "2026-01-02T12:00:00.123456",
       "pipeline": {"run": 12}
     },
     "attributes": {},
     "depends_on": ["dataset.SHOP.orders"],
     "resource_id": "recipe.SHOP.join_CRM.customers",
     "resource_type": "recipe"
   }
 },
 "updated_at": "2026-01-02T14:00:00+02:00",
 "written_by": {"tool": "other", "version": [2, 1]},
 "environment": "prod", "serial": 41, "version": 1}
"""


def small_state():
    """Return the state of the golden file, its resources not in order."""
    state = State(serial=5, environment="dev")
    plain = ResourceMetadata(NOON, "anna", dataiku_internal_id="x1")
    state.add_resource(Resource("project", "project.SHOP", {}, plain))
    full = ResourceMetadata(
        NOON,
        "anna",
        last_modified_by="bob",
        last_modified_at=datetime(2026, 1, 1, microsecond=250_000),
        version_number=3,
        created_at=datetime(2025, 1, 1),
    )
    attributes: dict[str, JSON] = {
        "name": "orders",
        "tags": ["b", "a"],
        "type": "S3",
        "ratio": 0.5,
        "städte": None,
    }
    state.add_resource(Resource("dataset", "dataset.SHOP.orders", attributes, full))
    state.updated_at = NOON
    return state


# Writing


def test_golden_file_is_written():
    assert dumps(small_state()) == GOLDEN


def test_golden_file_is_read():
    assert loads(GOLDEN) == small_state()


def test_same_state_gives_the_same_bytes():
    assert dumps(small_state()) == dumps(small_state())
    assert dumps(loads(dumps(small_state()))) == dumps(small_state())


def test_file_ends_with_one_line_feed():
    assert dumps(State()).endswith(b"}\n")


def test_resources_are_sorted_by_id():
    state = State()
    for name in ("b", "a.b", "a", "B", "é"):
        state.add_resource(Resource("dataset", f"dataset.P.{name}"))
    written = list(orjson.loads(dumps(state))["resources"])
    names = [resource_id.rpartition("P.")[2] for resource_id in written]
    assert names == ["B", "a", "a.b", "b", "é"]


def test_checksums_in_a_file_are_true():
    state = small_state()
    project = state.get_resource("project.SHOP")
    project.metadata.checksum = "ab" * 32
    project.attributes["name"] = "Shop"
    written = orjson.loads(dumps(state))["resources"]["project.SHOP"]
    assert written["metadata"]["checksum"] == project.compute_checksum() != "ab" * 32


def test_writing_does_not_change_the_state():
    state = small_state()
    state.get_resource("project.SHOP").metadata.checksum = "ab" * 32
    before = state.to_dict()
    dumps(state)
    assert state.to_dict() == before


@pytest.mark.parametrize(
    "field, value",
    [
        pytest.param("serial", -1, id="negative serial"),
        pytest.param("serial", "7", id="serial as text"),
        pytest.param("version", 2, id="another version"),
        pytest.param("environment", None, id="no environment"),
    ],
)
def test_state_that_would_not_load_is_not_written(field, value):
    state = State()
    setattr(state, field, value)
    with pytest.raises(StateWriteError, match=field):
        dumps(state)


def filed_elsewhere(state):
    state.resources["dataset.SHOP.other"] = state.resources.pop("dataset.SHOP.orders")


def of_another_type(state):
    state.resources["dataset.SHOP.orders"].resource_type = "recipe"


def impossible_time(state):
    metadata = state.resources["dataset.SHOP.orders"].metadata
    metadata.created_at = None
    metadata.extra = {"created_at": "2026-02-30T12:00:00Z"}


@pytest.mark.parametrize("spoil", [filed_elsewhere, of_another_type, impossible_time])
def test_what_would_not_load_again_is_not_written(spoil):
    state = loads(GOLDEN)
    spoil(state)
    with pytest.raises(StateWriteError, match="dataset.SHOP.o"):
        dumps(state)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(2**64 - 1, id="largest integer"),
        pytest.param(-(2**63), id="smallest integer"),
        pytest.param(2.0**60, id="large float"),
        pytest.param(0.1, id="fraction"),
        pytest.param(5e-324, id="smallest float"),
        pytest.param(1.0, id="float without a fraction"),
        pytest.param("été 注文 😀 \u2028 \x00 \x7f", id="odd characters"),
        pytest.param({"": {"": []}}, id="empty keys"),
    ],
)
def test_values_come_back_as_they_were(value):
    state = State()
    state.add_resource(Resource("dataset", "dataset.SHOP.orders", {"x": value}))
    read = loads(dumps(state)).resources["dataset.SHOP.orders"].attributes["x"]
    assert (type(read), read) == (type(value), value)


# Reading other people's files


def test_foreign_file_is_read():
    state = loads(FOREIGN)
    assert (state.serial, state.environment, state.lineage) == (41, "prod", None)
    assert state.updated_at == NOON
    (recipe,) = state.list_resources()
    assert (recipe.project_key, recipe.resource_name) == ("SHOP", "join_CRM.customers")
    assert recipe.metadata.deployed_at == NOON.replace(microsecond=123456)
    assert recipe.metadata.deployed_by == "ci"


def test_unknown_keys_at_all_levels_survive_a_save():
    document = orjson.loads(dumps(loads(FOREIGN)))
    assert document["written_by"] == {"tool": "other", "version": [2, 1]}
    recipe = document["resources"]["recipe.SHOP.join_CRM.customers"]
    assert recipe["depends_on"] == ["dataset.SHOP.orders"]
    assert recipe["metadata"]["pipeline"] == {"run": 12}


def test_times_of_a_foreign_file_are_saved_in_utc_with_a_z():
    document = orjson.loads(dumps(loads(FOREIGN)))
    recipe = document["resources"]["recipe.SHOP.join_CRM.customers"]
    assert document["updated_at"] == "2026-01-02T12:00:00Z"
    assert recipe["metadata"]["deployed_at"] == "2026-01-02T12:00:00.123456Z"


def test_foreign_file_is_saved_in_our_order():
    document = orjson.loads(dumps(loads(FOREIGN)))
    recipe = document["resources"]["recipe.SHOP.join_CRM.customers"]
    assert list(document)[:5] == [
        "version",
        "serial",
        "environment",
        "updated_at",
        "resources",
    ]
    assert list(recipe) == [
        "resource_type",
        "resource_id",
        "attributes",
        "metadata",
        "depends_on",
    ]


# Reading what is no state


BAD = {
    "empty": (b"", "empty (0 bytes)"),
    "blank": (b" \n", "not JSON: line 2"),
    "cut short": (GOLDEN[:-20], "not JSON: line "),
    "something behind": (GOLDEN + b"{}", "not JSON: line "),
    "two documents": (GOLDEN + b"," + GOLDEN, "not JSON: line "),
    "no UTF-8": (b"\xff\xfe" + GOLDEN, "not UTF-8: byte 0"),
    "NaN": (
        GOLDEN.replace(b"0.5", b"NaN"),
        "dataset.SHOP.orders: attributes.ratio: NaN",
    ),
    "huge integer": (
        GOLDEN.replace(b"0.5", b"18446744073709551616"),
        "dataset.SHOP.orders: attributes.ratio: an integer beyond 64 bits",
    ),
    "huge integer, and negative": (
        GOLDEN.replace(b"0.5", b"-9223372036854775809"),
        "dataset.SHOP.orders: attributes.ratio: an integer beyond 64 bits",
    ),
    "huge integer behind one in a string": (
        GOLDEN.replace(b"0.5", b"18446744073709551616").replace(
            b'"orders"', b'"\\\\\\", 18446744073709551616"'
        ),
        "dataset.SHOP.orders: attributes.ratio: an integer beyond 64 bits",
    ),
    "integer of more digits than Python reads": (
        GOLDEN.replace(b"0.5", b"1" * 10_000),
        "dataset.SHOP.orders: attributes.ratio: an integer beyond 64 bits",
    ),
    "lone surrogate": (
        GOLDEN.replace(b'"S3"', b'"\\ud800"'),
        "dataset.SHOP.orders: attributes.type: a lone surrogate",
    ),
    "too deep": (
        GOLDEN.replace(b"0.5", b"[" * 200 + b"]" * 200),
        "nested deeper than 200",
    ),
    "far too deep": (
        GOLDEN.replace(b"0.5", b"[" * 20000 + b"]" * 20000),
        "nested deeper than 200",
    ),
    "no object": (b"[]", "$: expected object, found an array"),
    "lacks everything": (b"{}", "$: lacks version, serial"),
    "newer version": (
        GOLDEN.replace(b'"version": 1,', b'"version": 2,'),
        "a newer dataiku-iac wrote it; upgrade",
    ),
    "wrong version": (
        GOLDEN.replace(b'"version": 1,', b'"version": "1",'),
        "$.version: expected integer, found a string",
    ),
    "float as serial": (GOLDEN.replace(b'"serial": 7,', b'"serial": 7.0,'), "serial"),
    "January 32": (GOLDEN.replace(b"-02T12", b"-32T12"), "not an RFC 3339 time"),
    "filed under another id": (
        GOLDEN.replace(b'_id": "project.SHOP"', b'_id": "project.OTHER"'),
        "holds another id",
    ),
    "type is not that of the id": (
        GOLDEN.replace(b'_type": "project"', b'_type": "dataset"'),
        "Invalid dataset resource_id",
    ),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD)
def test_what_is_no_state_is_refused_with_the_reason(data, reason):
    with pytest.raises(StateCorruptedError) as refused:
        loads(data)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [b"18446744073709551616", b'a\\\\\\", 18446744073709551616, \\"b', b"9" * 99],
)
def test_digits_in_a_string_are_no_huge_integer(text):
    resources = loads(GOLDEN.replace(b'"S3"', b'"%b"' % text)).resources
    found = resources["dataset.SHOP.orders"].attributes["type"]
    assert found == orjson.loads(b'"%b"' % text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b"18446744073709551616.5", 2.0**64, id="in front of the point"),
        pytest.param(b"0.18446744073709551616", 0.1844674407370955, id="behind it"),
        pytest.param(b"18446744073709551615", 2**64 - 1, id="just not too large"),
    ],
)
def test_many_digits_are_not_always_too_many(text, value):
    resources = loads(GOLDEN.replace(b"0.5", text)).resources
    found = resources["dataset.SHOP.orders"].attributes["ratio"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("data", [GOLDEN, GOLDEN[:-20], b"{}"])
def test_garbage_collector_is_left_as_it_was(enabled, data):
    assert gc.isenabled()
    try:
        if not enabled:
            gc.disable()
        with suppress(StateCorruptedError):
            loads(data)
        dumps(small_state())
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


@pytest.mark.parametrize("where", ["state", "resource", "metadata"])
def test_nan_in_keys_that_we_do_not_know_is_not_written(where):
    state = small_state()
    project = state.get_resource("project.SHOP")
    holder = {"state": state, "resource": project, "metadata": project.metadata}[where]
    holder.extra["x"] = [float("nan")]
    with pytest.raises(StateWriteError, match=r"x\[0\]: NaN or infinite"):
        dumps(state)


def test_attributes_that_hold_themselves_are_not_written():
    state = small_state()
    attributes = state.get_resource("project.SHOP").attributes
    attributes["a"] = attributes
    with pytest.raises(StateWriteError, match="project.SHOP: .*deeper than 200"):
        dumps(state)


def test_what_is_just_not_too_deep_is_read_and_written():
    data = GOLDEN.replace(b"0.5", b"[" * 199 + b"]" * 199)
    written = loads(dumps(loads(data)))
    orders = written.resources["dataset.SHOP.orders"]
    assert not orders.has_changed(loads(data).resources["dataset.SHOP.orders"])


UNSUPPORTED = {
    "NaN": (float("nan"), "NaN or infinite"),
    "infinity": (float("-inf"), "NaN or infinite"),
    "huge": (2**64, "an integer beyond 64 bits"),
    "huge and negative": (-(2**63) - 1, "an integer beyond 64 bits"),
    "lone surrogate": ("\udc00", "a lone surrogate"),
    "key": ({1: 2}, "a key that is not a string"),
    "key None": ({None: 2}, "a key that is not a string"),
    "lone surrogate in a key": ({"\ud800": 2}, "a key with a lone surrogate"),
}


@pytest.mark.parametrize(("value", "reason"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_json_cannot_carry_is_not_written(value, reason):
    state = State()
    attributes: dict[str, JSON] = {"a": [{"b": value}]}
    state.add_resource(Resource("dataset", "dataset.SHOP.orders", attributes))

    with pytest.raises(StateWriteError) as refused:
        dumps(state)
    assert f"dataset.SHOP.orders: attributes.a[0].b: {reason}" in str(refused.value)


def test_what_is_nested_too_deep_is_not_written():
    state = State()
    value: JSON = []
    for _ in range(200):
        value = [value]
    state.add_resource(Resource("dataset", "dataset.SHOP.orders", {"a": value}))

    with pytest.raises(StateWriteError, match="nested deeper than 200"):
        dumps(state)


@pytest.mark.slow
@settings(max_examples=100)
@given(STATES)
def test_any_state_survives_being_written_and_read(state):
    data = dumps(state)
    again = loads(data)
    assert again.to_dict().keys() == state.to_dict().keys()
    for key, resource in state.resources.items():
        stored = again.resources[key]
        assert stored.metadata.checksum == resource.compute_checksum()
        assert stored.to_dict() | {"metadata": None} == (
            resource.to_dict() | {"metadata": None}
        )
    assert dumps(again) == data
