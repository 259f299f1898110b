"""The wire format of a journal: one JSON document a line.

Members that this version does not know are ignored: later ones may add some.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent
from dataikuapi.iac.models.json_values import MAX_DEPTH, find_unsupported
from dataikuapi.iac.models.times import format_time, parse_time
from dataikuapi.iac.statefile.strict_json import loads

__all__ = ["decode_entry", "encode_entry"]

_OF_OBJECTS = {JournalEvent.INTENT, JournalEvent.OUTCOME}


def encode_entry(entry: JournalEntry) -> bytes:
    """Return the line of an entry, with its line feed.

    Raises:
        ValueError: if it would not be read again: it has a value that JSON cannot hold,
            say, or an intent is without the id of the object.
    """
    document = {
        "at": format_time(entry.at),
        "run": entry.run,
        "event": entry.event.value,
        "resource_id": entry.resource_id,
        "details": dict(entry.details),
    }
    problem = find_unsupported(document, "entry", depth=0)
    if problem:
        raise UnsupportedValueError(f"the journal cannot hold {problem}")
    _from_document(document)
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def decode_entry(line: bytes) -> JournalEntry:
    """Return the entry of a line.

    Raises:
        ValueError: if it is none; says why, and quotes no details.
    """
    try:
        document = loads(line, MAX_DEPTH + 1, _find_problem)
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}") from error
    except ValueError as error:
        raise ValueError(str(error).replace("line 1, ", "")) from error
    return _from_document(document)


def _find_problem(document: Any) -> str | None:
    return find_unsupported(document, "entry", depth=0)


def _from_document(document: Any) -> JournalEntry:
    if not isinstance(document, Mapping):
        raise ValueError("it is not a JSON object")
    resource_id = document.get("resource_id", "")
    if not isinstance(resource_id, str):
        raise ValueError("its resource_id is not a text")
    details = document.get("details", {})
    if not isinstance(details, Mapping):
        raise ValueError("its details are not a JSON object")
    run = document.get("run")
    if not isinstance(run, str) or not run:
        raise ValueError("it does not say of which run it is")
    event = _event(document.get("event"))
    if event in _OF_OBJECTS and not resource_id:
        raise ValueError(f"it is an {event.value} without the id of an object")
    return JournalEntry(run, event, resource_id, details, _time(document.get("at")))


def _event(value: Any) -> JournalEvent:
    try:
        return JournalEvent(value)
    except ValueError:
        known = ", ".join(event.value for event in JournalEvent)
        raise ValueError(
            f"its event is none of those that this version knows: {known}"
        ) from None


def _time(value: Any) -> Any:
    try:
        return parse_time(value)
    except ValueError as error:
        raise ValueError(f"its time is {error}") from error
