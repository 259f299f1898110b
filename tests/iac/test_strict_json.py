"""Strict JSON: parsed and written exactly, or refused with the reason."""

import json
import re

import pytest

from dataikuapi.iac.models.json_values import checksum, find_unsupported
from dataikuapi.iac.statefile import strict_json

DEPTH = 5


def find_problem(document):
    """Name what is wrong, as a path from ``$``; nested deeper than 200 included."""
    return find_unsupported(document, "$", 201 - DEPTH)


def loads(text):
    return strict_json.loads(text.encode(), DEPTH, find_problem)


def dumps(document):
    return strict_json.dumps(document, DEPTH, find_problem)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "-9223372036854775808",
        "18446744073709551615",
        '{"a": [1, 2.5, {"b": "12345678901234567890"}]}',
        '"9999999999999999999999"',
        "[[[[[]]]]]",
        "0.12345678901234567890",
    ],
)
def test_what_json_carries_exactly_is_parsed_as_python_does(text):
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": NaN}', "$.a: NaN or infinite"),
        ("[-Infinity]", "$[0]: NaN or infinite"),
        ('{"a": 18446744073709551616}', "$.a: an integer beyond 64 bits"),
        ("[-9223372036854775809]", "$[0]: an integer beyond 64 bits"),
        ("1" * 9_000, "$: an integer beyond 64 bits"),
        ('["\\ud800"]', "$[0]: a lone surrogate"),
        ('{"\\ud800": 1}', "$: a key with a lone surrogate"),
        ("[[[[[[]]]]]]", "nested deeper than"),
        ("1, 2", "it is not JSON: line 1, column 2: Extra data"),
        ("", "it is not JSON: line 1, column 1"),
        ('{\n"a": }', "it is not JSON: line 2, column 6"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        loads(text)


def test_bytes_that_are_not_utf_8_are_refused_by_place():
    with pytest.raises(ValueError, match="not UTF-8: byte 2"):
        strict_json.loads(b'["\xff"]', DEPTH, find_problem)


def test_nesting_is_written_down_to_the_limit_and_no_deeper():
    assert loads(dumps([[[[[]]]]]).decode()) == [[[[[]]]]]
    with pytest.raises(ValueError, match="nested deeper than"):
        dumps([[[[[[1]]]]]])


def test_spaces_in_a_string_are_not_an_indent():
    assert dumps([" " * 500]) == f'[\n  "{" " * 500}"\n]\n'.encode()


@pytest.mark.parametrize("value", [2**64, "\ud800", {1: 2}, {1}], ids=ascii)
def test_what_json_cannot_carry_is_not_written(value):
    with pytest.raises(TypeError):
        dumps([value])


def test_the_checksum_is_the_usual_one_and_refuses_nan():
    assert strict_json.checksum({"b": 1, "a": "é"}) == checksum({"a": "é", "b": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        strict_json.checksum([float("nan")])


def test_duplicate_keys_are_found_wherever_they_are():
    text = b'{"a": {"x": 1, "x": 2}, "b": [{"y": 1, "y": 1, "y": 3}], "a": 0}'
    document, duplicates = strict_json.loads_with_duplicates(text)
    assert document == {"a": 0, "b": [{"y": 3}]}
    assert sorted(duplicates) == ["a", "x", "y", "y"]
    assert strict_json.loads_with_duplicates(b'{"a": 1}') == ({"a": 1}, [])
