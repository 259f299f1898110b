"""Strict JSON: values that JSON cannot represent exactly are refused, both ways.

That is NaN and infinities, integers beyond 64 bits, lone surrogates, keys that are not
strings, and deep nesting. The work is done by orjson, which coerces some of these in
silence: it reads a long integer as a float and writes NaN as null.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from dataikuapi.iac.models.json_values import JSON

__all__ = ["checksum", "dumps", "loads", "loads_with_duplicates", "refuse_nan"]

FindProblem = Callable[[Any], str | None]
"""Names the first value that JSON cannot carry exactly, and says where it is.

It goes through the whole document, so it is called only if something is suspected.
"""

_ORJSON_MAX_DEPTH = 1024
"""How deep orjson reads. A document that is wrapped in lists may be less deep."""

_encode = json.JSONEncoder(sort_keys=True, check_circular=False, allow_nan=False).encode


def checksum(value: JSON) -> str:
    """Like :func:`~dataikuapi.iac.models.json_values.checksum`, but refuse NaN.

    Raises:
        ValueError: if there is a NaN or an infinity.
        TypeError: if the value is not JSON.
        RecursionError: if it is nested far too deep.
    """
    return hashlib.sha256(_encode(value).encode("utf-8")).hexdigest()


def refuse_nan(value: JSON) -> None:
    """Check a value of which no checksum is needed.

    Raises:
        ValueError: if there is a NaN or an infinity.
        TypeError: if the value is not JSON.
        RecursionError: if it is nested far too deep.
    """
    _encode(value)


def dumps(document: JSON, max_depth: int, find_problem: FindProblem) -> bytes:
    """Write a document, indented by two spaces, with a final newline.

    It does not look for NaN: :func:`checksum` finds that at no extra cost, and
    :func:`refuse_nan` in what has no checksum.

    Args:
        document: its keys are written in the order they have.
        max_depth: of nesting.
        find_problem: says what is wrong.

    Raises:
        ValueError: if it is nested too deep.
        TypeError: if there is something else that JSON cannot carry exactly.
    """
    data = orjson.dumps(
        document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )
    if b" " * (2 * max_depth) in data:  # Either an indent, or in a string.
        problem = find_problem(document)
        if problem:
            raise ValueError(problem)
    return data


def loads(data: bytes, max_depth: int, find_problem: FindProblem) -> Any:
    """Parse a document.

    Args:
        data: UTF-8.
        max_depth: of nesting.
        find_problem: says what is wrong.

    Raises:
        ValueError: if it is not JSON, or not strict; says where and why.
        RecursionError: if it is nested far too deep.
    """
    padding = _ORJSON_MAX_DEPTH - max_depth
    try:
        document = orjson.loads(b"".join((b"[" * padding, data, b"]" * padding)))
        for _ in range(padding):
            (document,) = document  # ValueError for "1, 2", which are two documents.
    except ValueError as error:
        raise ValueError(_reason(data, find_problem)) from error
    if _has_long_integer(data):
        problem = find_problem(_parse_leniently(data.decode()))
        if problem:
            raise ValueError(problem)
    return document


def loads_with_duplicates(data: bytes) -> tuple[Any, list[str]]:
    """Parse a document as Python does, and find duplicate keys.

    Returns:
        The document, in which the last one of duplicate keys counts, and each key that
        an object has more than once.

    Raises:
        ValueError: if it is not JSON.
        RecursionError: if it is nested far too deep.
    """
    duplicates: list[str] = []

    def build(items: list[tuple[str, Any]]) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value in items:
            if key in built:
                duplicates.append(key)
            built[key] = value
        return built

    return json.loads(data, object_pairs_hook=build), duplicates


_MANY_DIGITS = 100


def _parse_leniently(text: str) -> Any:
    """Parse as Python does: integers of any size, NaN, lone surrogates.

    Python refuses an integer that is far too long; its first digits are enough here.
    """
    return json.loads(text, parse_int=lambda digits: int(digits[:_MANY_DIGITS]))


def _reason(data: bytes, find_problem: FindProblem) -> str:
    """Return why orjson refused; Python's parser accepts more, and gets further."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8: byte {error.start}: {error.reason}"
    try:
        document = _parse_leniently(text)
    except json.JSONDecodeError as error:
        return f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    return find_problem(document) or "it is not JSON"


# An integer beyond 64 bits has at least 19 digits in a row, after one of these
# characters. Where there is none, no second look is needed.
_LONG_INTEGER = re.compile(rb"[\s:,\[-][0-9]{19}")
_LENGTH = 19

_STRIDE = 4
_SAMPLES = _LENGTH // _STRIDE
_DIGITS_AS_ZERO = bytes.maketrans(b"0123456789", b"0" * 10)


def _has_long_integer(data: bytes) -> bool:
    """Return whether an integer of 19 digits or more is outside of strings."""
    return any(not inside for inside in _are_in_strings(data, _long_integers(data)))


def _long_integers(data: bytes) -> Iterator[int]:
    """Find what may be a long integer; it may be in a string.

    Of 19 digits in a row, every fourth byte shows four. Looking only at these takes a
    tenth of the time of a regular expression that looks at all bytes.
    """
    sample = data[::_STRIDE].translate(_DIGITS_AS_ZERO)
    found = sample.find(b"0" * _SAMPLES)
    while found >= 0:
        at = found * _STRIDE
        if data[at : at + _STRIDE * (_SAMPLES - 1) + 1].isdigit():
            match = _LONG_INTEGER.search(data, max(at - _STRIDE, 0), at + _LENGTH)
            if match:
                yield match.start()
        found = sample.find(b"0" * _SAMPLES, found + 1)


def _are_in_strings(data: bytes, positions: Iterable[int]) -> Iterator[bool]:
    """Yield for each position whether it is in a string; no string has a line feed."""
    seen, quotes = 0, 0
    for position in positions:
        line = data.rfind(b"\n", seen, position) + 1
        if line:
            seen, quotes = line, 0
        text = data[seen:position].replace(b"\\\\", b"").replace(b'\\"', b"")
        seen, quotes = position, quotes + text.count(b'"')
        yield quotes % 2 == 1
