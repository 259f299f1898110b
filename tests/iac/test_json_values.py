"""JSON values: what makes two of them equal, and what JSON cannot carry."""

import pytest
from hypothesis import given, settings

from dataikuapi.iac.models.json_values import (
    JSON,
    MAX_DEPTH,
    canonical_bytes,
    copy_json,
    find_unsupported,
)
from iac.strategies import JSON_VALUES


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, 1.0), (0, -0.0), (0.0, -0.0), ("1", 1), ([], {}), (None, "")],
    ids=str,
)
def test_values_that_differ_in_json_differ(one, other):
    assert canonical_bytes({"a": one}) != canonical_bytes({"a": other})


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, "\ud800"], ids=ascii)
def test_values_that_json_cannot_carry_can_be_compared(value):
    assert canonical_bytes({"b": 1, "a": value}) == canonical_bytes(
        {"a": value, "b": 1}
    )
    assert canonical_bytes(value) != canonical_bytes(0)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"a": [1, {"b": float("inf")}]}, "x.a[1].b: NaN or infinite"),
        ({"a": 2**64}, "x.a: an integer beyond 64 bits"),
        ({"a": "\ud800"}, "x.a: a lone surrogate"),
        ({"\ud800": 1}, "x: a key with a lone surrogate"),
        ({1: 1}, "x: a key that is not a string but int"),
        ({"a": {1}}, "x.a: set is not a JSON value"),
    ],
    ids=ascii,
)
def test_what_json_cannot_carry_is_found(value, problem):
    found = find_unsupported(value, "x")
    assert found
    assert found.startswith(problem)


def test_nesting_is_counted_from_the_top():
    value: JSON = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert find_unsupported(value, "x") is None
    assert str(find_unsupported([value], "x")).endswith("nested deeper than 200")
    for _ in range(5000):
        value = [value]
    assert len(str(find_unsupported(value, "x"))) < 200


def test_what_json_cannot_carry_is_not_quoted():
    found = find_unsupported({"password": "hunter2\ud800"}, "x")
    assert found
    assert "hunter2" not in found


@settings(max_examples=60)
@given(JSON_VALUES)
def test_a_copy_is_equal_and_shares_nothing(value):
    copy = copy_json(value)
    assert canonical_bytes(copy) == canonical_bytes(value)
    if isinstance(copy, (list, dict)):
        assert copy is not value
