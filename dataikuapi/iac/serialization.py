"""How does a state become bytes, and bytes a state?

The one place where parsing, validating and building meet, so that whatever is wrong
with a document, it is a :class:`~dataikuapi.iac.exceptions.StateCorruptedError`.
"""

import json
import re
from typing import Any, cast

import orjson

from dataikuapi.iac.exceptions import StateCorruptedError, StateWriteError
from dataikuapi.iac.migrations import migrated
from dataikuapi.iac.models import State
from dataikuapi.iac.models.json_values import MAX_DEPTH, first_unsupported
from dataikuapi.iac.validation import validate_state

__all__ = ["dumps", "loads"]

# orjson turns an integer beyond 64 bits into a float without a word. Such a one has at
# least 19 digits in a row; where a file has none, nothing needs a second look.
_LONG_NUMBER = re.compile(rb"[0-9]{19}")

_ABOVE_ATTRIBUTES = 3
"""Levels of the document above the attributes: state, resources, resource."""

_ORJSON_DEPTH = 1024
"""How deep orjson reads. Padded with lists, a document is read no deeper than ours."""

_PADDING = _ORJSON_DEPTH - MAX_DEPTH - _ABOVE_ATTRIBUTES


def dumps(state: State) -> bytes:
    """Write a state as a state file; the same state gives the same bytes.

    The checksums in it are computed afresh, whatever the state says of them.

    Raises:
        StateWriteError: if the state has a value that the format cannot carry.
    """
    try:
        document = state.to_dict()
        problem = _unsupported(document)
        if problem:
            raise StateWriteError(f"cannot write this state: {problem}")
        entries = cast(dict[str, Any], document["resources"])
        for key, entry in entries.items():
            entry["metadata"]["checksum"] = state.resources[key].compute_checksum()
        validate_state(document)
        State.from_dict(document)  # What is written is to be read again.
        return orjson.dumps(
            document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
    except (StateCorruptedError, TypeError, ValueError, RecursionError) as error:
        raise StateWriteError(f"cannot write this state: {error}") from error


def loads(data: bytes) -> State:
    """Read a state file.

    Raises:
        StateCorruptedError: if the bytes are no state document; says where and why.
    """
    if not data:
        raise StateCorruptedError("it is empty (0 bytes): a write was cut short")
    document = migrated(_parsed(data))
    validate_state(document)
    try:
        return State.from_own_dict(document)
    except ValueError as error:
        raise StateCorruptedError(str(error)) from error


def _parsed(data: bytes) -> Any:
    try:
        document = orjson.loads(b"[" * _PADDING + data + b"]" * _PADDING)
        for _ in range(_PADDING):
            (document,) = document  # ValueError for "1, 2", which is no document.
    except ValueError as error:
        raise StateCorruptedError(_reason(data)) from error
    if _LONG_NUMBER.search(data):
        problem = _unsupported(json.loads(data))
        if problem:
            raise StateCorruptedError(problem)
    return document


def _reason(data: bytes) -> str:
    """Say why orjson refused; Python's own reader takes more, and so gets further."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8: byte {error.start}: {error.reason}"
    try:
        document = json.loads(text)
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
            problem = first_unsupported(attributes, "attributes")
            if problem:
                return f"{ascii(resource_id)[1:-1][:200]}: {problem}"
    return first_unsupported(document, "$", 1 - _ABOVE_ATTRIBUTES)
