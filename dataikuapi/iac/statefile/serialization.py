"""How does a state become bytes, and bytes a state?

The one place where parsing, validating and building meet, so that whatever is wrong
with a document, it is a :class:`~dataikuapi.iac.exceptions.StateCorruptedError`.
"""

import gc
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import orjson

from dataikuapi.iac.exceptions import StateCorruptedError, StateWriteError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.json_values import (
    JSON,
    MAX_DEPTH,
    find_unsupported,
    strict_checksum,
)
from dataikuapi.iac.statefile.migrations import migrate
from dataikuapi.iac.validation import validate_state

__all__ = ["dumps", "loads"]

_ABOVE_ATTRIBUTES = 3
"""Levels of the document above the attributes: state, resources, resource."""

_ORJSON_DEPTH = 1024
"""How deep orjson reads. Padded with lists, a document is read no deeper than ours."""

_PADDING = _ORJSON_DEPTH - MAX_DEPTH - _ABOVE_ATTRIBUTES

_DEEPEST_INDENT = b" " * (2 * (MAX_DEPTH + _ABOVE_ATTRIBUTES))
"""Where a file that we wrote has no such run, it is not nested too deep."""


def dumps(state: State) -> bytes:
    """Write a state as a state file; the same state gives the same bytes.

    The checksums in it are computed afresh, whatever the state says of them.

    Raises:
        StateWriteError: if the state has a value that the format cannot carry.
    """
    document: dict[str, JSON] = {}
    try:
        with _collector_paused():
            _fill(document, state)
            _built(document)  # What is written is to be read again.
        data = orjson.dumps(
            document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
        problem = _unsupported(document) if _DEEPEST_INDENT in data else None
    except (StateCorruptedError, TypeError, ValueError, RecursionError) as error:
        problem = _unsupported(document) or str(error)
        raise StateWriteError(f"cannot write this state: {problem}") from error
    if problem:
        raise StateWriteError(f"cannot write this state: {problem}")
    return data


def loads(data: bytes) -> State:
    """Read a state file.

    Raises:
        StateCorruptedError: if the bytes are no state document; says where and why.
    """
    if not data:
        raise StateCorruptedError("it is empty (0 bytes): a write was cut short")
    with _collector_paused():
        try:
            state = _read_in_pieces(data)
        except (StateCorruptedError, ValueError):
            state = None  # The whole tells what is wrong, and where.
        return _read_whole(data) if state is None else state


def _read_whole(data: bytes) -> State:
    try:
        return _built(migrate(_parsed(data)))
    except ValueError as error:
        raise StateCorruptedError(str(error)) from error


def _read_in_pieces(data: bytes) -> State | None:
    """Read a file that is laid out as we do it, some resources at a time.

    What is at work then fits into the caches of the processor, and next to what is
    kept, hardly any memory is needed.

    Returns:
        What reading the whole returns; ``None`` if the file is laid out otherwise.
    """
    start = data.find(_BEFORE_RESOURCES) + len(_BEFORE_RESOURCES) - 1
    end = data.rfind(_BEHIND_RESOURCES) + len(_END_OF_RESOURCE)
    if not len(_BEFORE_RESOURCES) <= start < end:
        return None
    # Line feeds are outside strings. So where the rest is a document with any member at
    # the place of the resources, and each piece is some members, all is a document.
    for name in ("a", "b"):
        member = f'"{name}": 0'.encode()
        rest = _parsed(b"".join((data[:start], member, data[end:])))
        if not isinstance(rest, dict) or rest.get("resources") != {name: 0}:
            return None
    state = _built({**rest, "resources": {}})
    while start < end:
        cut = data.find(_BETWEEN_RESOURCES, start + _PIECE, end)
        stop = end if cut < 0 else cut + len(_END_OF_RESOURCE)
        (piece,) = _parsed(b"".join((b"[{", data[start:stop], b"}]")))
        state.resources.update(_built({**_ANY_STATE, "resources": piece}).resources)
        start = stop + 1
    return state


_PIECE = 2**18
"""How many bytes of resources are read at a time, and some more."""

_END_OF_RESOURCE = b"\n    }"
_BEFORE_RESOURCES = b'\n  "resources": {\n    "'
_BETWEEN_RESOURCES = _END_OF_RESOURCE + b',\n    "'
_BEHIND_RESOURCES = _END_OF_RESOURCE + b"\n  }"
_ANY_STATE = State(updated_at=datetime(2026, 1, 2)).to_dict()


def _fill(document: dict[str, JSON], state: State) -> None:
    """Make the document of a state, with true checksums; the attributes are shared.

    Raises:
        TypeError: if something is no JSON.
        ValueError: if there is a NaN, which orjson would write as null.
    """
    head = replace(state, resources={}).to_dict()
    entries: dict[str, dict[str, Any]] = {
        key: state.resources[key]._to_dict_nocopy() for key in sorted(state.resources)
    }
    document.update(head, resources=cast(JSON, entries))
    for entry in entries.values():
        entry["metadata"]["checksum"] = strict_checksum(entry["attributes"])
    unknown_keys: list[JSON] = [
        [resource.extra, resource.metadata.extra]
        for resource in state.resources.values()
        if resource.extra or resource.metadata.extra
    ]
    strict_checksum([head, unknown_keys])  # Only to find a NaN there, too.


def _built(document: Any) -> State:
    """Build a state of a document, which it takes over.

    Raises:
        StateCorruptedError: if the schema refuses the document.
        ValueError: if it says what the schema allows and what cannot be all the same.
    """
    validate_state(document)
    return State._from_dict_nocopy(document)


def _parsed(data: bytes) -> Any:
    try:
        document = orjson.loads(b"".join((b"[" * _PADDING, data, b"]" * _PADDING)))
        for _ in range(_PADDING):
            (document,) = document  # ValueError for "1, 2", which is no document.
    except ValueError as error:
        raise StateCorruptedError(_reason(data)) from error
    if _has_long_number(data):
        problem = _unsupported(_exact(data.decode()))
        if problem:
            raise StateCorruptedError(problem)
    return document


# orjson turns an integer beyond 64 bits into a float without a word. Such a one has at
# least 19 digits in a row, behind one of these; where there is none, nothing needs a
# second look.
_LONG_NUMBER = re.compile(rb"[\s:,\[-][0-9]{19}")
_LENGTH = 19
_MANY_DIGITS = 100

_STRIDE = 4
_SAMPLES = _LENGTH // _STRIDE
_DIGITS_AS_ZERO = bytes.maketrans(b"0123456789", b"0" * 10)


def _has_long_number(data: bytes) -> bool:
    """Tell whether there is an integer of 19 digits or more outside strings."""
    return any(not inside for inside in _are_in_strings(data, _long_numbers(data)))


def _long_numbers(data: bytes) -> Iterator[int]:
    """Find what may be a long integer, or stands in a string.

    Of 19 digits in a row, four are seen by whoever looks at every fourth byte only,
    in a tenth of the time in which a regular expression looks at all of them.
    """
    sample = data[::_STRIDE].translate(_DIGITS_AS_ZERO)
    found = sample.find(b"0" * _SAMPLES)
    while found >= 0:
        at = found * _STRIDE
        if data[at : at + _STRIDE * (_SAMPLES - 1) + 1].isdigit():
            match = _LONG_NUMBER.search(data, max(at - _STRIDE, 0), at + _LENGTH)
            if match:
                yield match.start()
        found = sample.find(b"0" * _SAMPLES, found + 1)


def _are_in_strings(data: bytes, positions: Iterable[int]) -> Iterator[bool]:
    """Tell of each position whether it is in a string; no string has a line feed."""
    seen, quotes = 0, 0
    for position in positions:
        line = data.rfind(b"\n", seen, position) + 1
        if line:
            seen, quotes = line, 0
        text = data[seen:position].replace(b"\\\\", b"").replace(b'\\"', b"")
        seen, quotes = position, quotes + text.count(b'"')
        yield quotes % 2 == 1


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep Python from looking for garbage among objects of which all are kept."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _exact(text: str) -> Any:
    """Read as Python does: integers of any size, NaN, lone surrogates.

    Of an integer that is far too long, which Python refuses, the first digits do.
    """
    return json.loads(text, parse_int=lambda digits: int(digits[:_MANY_DIGITS]))


def _reason(data: bytes) -> str:
    """Say why orjson refused; Python's own reader takes more, and so gets further."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8: byte {error.start}: {error.reason}"
    try:
        document = _exact(text)
    except json.JSONDecodeError as error:
        return f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        return f"it is nested deeper than {MAX_DEPTH}"
    return _unsupported(document) or "it is not JSON"


def _unsupported(document: Any) -> str | None:
    """Find what JSON cannot carry exactly, and name the resource that has it."""
    resources = document.get("resources") if isinstance(document, dict) else None
    if isinstance(resources, dict):
        for resource_id, entry in resources.items():
            attributes = entry.get("attributes") if isinstance(entry, dict) else None
            problem = find_unsupported(attributes, "attributes")
            if problem:
                return f"{ascii(resource_id)[1:-1][:200]}: {problem}"
    return find_unsupported(document, "$", 1 - _ABOVE_ATTRIBUTES)
