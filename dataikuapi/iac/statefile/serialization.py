"""State files: a state to bytes, and bytes to a state.

Parsing, validating and building meet here, so that whatever is wrong with a file, it is
a :class:`~dataikuapi.iac.exceptions.StateCorruptedError`.
"""

import gc
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Generic, TypeVar, cast

from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateMergeConflictError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.ids import is_id_of
from dataikuapi.iac.models.json_values import JSON, MAX_DEPTH, find_unsupported
from dataikuapi.iac.models.scope import part_of
from dataikuapi.iac.statefile import strict_json
from dataikuapi.iac.statefile.migrations import migrate
from dataikuapi.iac.validation import validate_state

__all__ = [
    "Document",
    "Encoded",
    "build",
    "collector_paused",
    "dumps",
    "encode",
    "loads",
    "parse",
    "write",
]

Document = dict[str, Any]
"""The document of a state: what JSON has of it."""

T = TypeVar("T")

_ABOVE_ATTRIBUTES = 3
"""Levels of the document above the attributes: state, resources, resource."""

_DOCUMENT_DEPTH = MAX_DEPTH + _ABOVE_ATTRIBUTES


def dumps(state: State) -> bytes:
    """Write a state as a state file; the same state gives the same bytes.

    The checksums in it are computed afresh; those of the state are ignored.

    Raises:
        StateWriteError: if the state has a value that the format cannot carry.
    """
    return encode(state, write).data


def write(document: Document) -> bytes:
    """Write the document of a state as a state file.

    Raises:
        TypeError, ValueError, RecursionError: if the format cannot carry a value.
    """
    return strict_json.dumps(document, _DOCUMENT_DEPTH, _find_problem)


@dataclass(frozen=True)
class Encoded(Generic[T]):
    """A state as it is written, and what a backend remembers of it.

    Args:
        data: what was made of the document, as the bytes of a file.
        checksums: of its resources, by id.
        changed: ids of the resources whose checksums are not those of the base.
    """

    data: T
    checksums: dict[str, str]
    changed: list[str]


def encode(
    state: State,
    make: Callable[[Document], T],
    base: Mapping[str, str] | None = None,
) -> Encoded[T]:
    """Write a state, marking what it changes.

    A resource that differs from the base, and that no scope entry has with the state's
    serial, gets that serial itself. So a later merge can tell what was stored when.

    Args:
        state: with the serial under which it is stored.
        make: writes the document, as :func:`write` does.
        base: checksums of the version that it replaces, by id; without, nothing is
            marked.

    Raises:
        StateWriteError: if the state has a value that the format cannot carry.
    """
    document: Document = {}
    try:
        with collector_paused():
            checksums = _fill(document, state)
            changed = [] if base is None else _mark_changes(document, state, base)
            _require_loadable(document, state)
        return Encoded(make(document), checksums, changed)
    except (StateCorruptedError, TypeError, ValueError, RecursionError) as error:
        problem = _find_problem(document)
        if not problem and isinstance(error, TypeError):
            raise  # Nothing is wrong with the state: it is a bug.
        raise StateWriteError(f"cannot write this state: {problem or error}") from error


def loads(data: bytes) -> State:
    """Read a state file.

    Raises:
        StateMergeConflictError: if git left conflict markers in it.
        StateCorruptedError: if the bytes are not a valid state; says where and why.
    """
    if not data:
        raise StateCorruptedError("it is empty (0 bytes): a write was cut short")
    with collector_paused():
        try:
            state = _read_in_chunks(data)
        except (StateCorruptedError, ValueError):
            state = None  # Reading it as a whole says what is wrong, and where.
        if state is not None:
            return state
        _require_no_conflict_markers(data)
        return build(parse(data))


def build(document: Any) -> State:
    """Build a state from its document, as it was parsed; it takes the document over.

    Raises:
        StateCorruptedError: if it is not the document of a state; says where and why.
    """
    try:
        return _build(migrate(document))
    except ValueError as error:
        raise StateCorruptedError(str(error)) from error


def _require_no_conflict_markers(data: bytes) -> None:
    """Refuse what a merge of git has left for people to resolve.

    No line of JSON begins like that.

    Raises:
        StateMergeConflictError: if there are conflict markers.
    """
    if _CONFLICT_MARKER.search(data):
        raise StateMergeConflictError(
            "it has git conflict markers (<<<<<<<): two branches stored different "
            "states. Neither has what the other stored, so keep one of them (git "
            "checkout --ours FILE, or --theirs), then read from DSS what it lacks: "
            "dataiku-iac sync, which prints what it takes over. To compare them first: "
            "git show :2:./FILE > ours.json; git show :3:./FILE > theirs.json; "
            "dataiku-iac diff ours.json theirs.json"
        )


_CONFLICT_MARKER = re.compile(rb"^(<{7}|>{7})( |\r?$)", re.MULTILINE)


def _read_in_chunks(data: bytes) -> State | None:
    """Read a file with the layout that :func:`dumps` gives it, chunk by chunk.

    A chunk of resources fits into the caches of the processor, and hardly any memory is
    needed besides that of the state.

    Returns:
        What reading the whole returns; ``None`` if the file has another layout.
    """
    start = data.find(_BEFORE_RESOURCES) + len(_BEFORE_RESOURCES) - 1
    end = data.rfind(_AFTER_RESOURCES) + len(_END_OF_RESOURCE)
    if not len(_BEFORE_RESOURCES) <= start < end:
        return None
    # No string has a line feed. So if the rest is a document with any member in place
    # of the resources, and each chunk is some members, the whole is a document.
    for name in ("a", "b"):
        member = f'"{name}": 0'.encode()
        rest = parse(b"".join((data[:start], member, data[end:])))
        if not isinstance(rest, dict) or rest.get("resources") != {name: 0}:
            return None
    state = _build({**rest, "resources": {}})
    while start < end:
        cut = data.find(_BETWEEN_RESOURCES, start + _CHUNK, end)
        stop = end if cut < 0 else cut + len(_END_OF_RESOURCE)
        (chunk,) = parse(b"".join((b"[{", data[start:stop], b"}]")))
        state.resources.update(_build({**_ANY_STATE, "resources": chunk}).resources)
        start = stop + 1
    return state


_CHUNK = 2**18
"""Bytes of resources that are read at a time, up to the end of the last one."""

_END_OF_RESOURCE = b"\n    }"
_BEFORE_RESOURCES = b'\n  "resources": {\n    "'
_BETWEEN_RESOURCES = _END_OF_RESOURCE + b',\n    "'
_AFTER_RESOURCES = _END_OF_RESOURCE + b"\n  }"
_ANY_STATE = State(updated_at=datetime(2026, 1, 2, tzinfo=timezone.utc)).to_dict()


def _fill(document: Document, state: State) -> dict[str, str]:
    """Fill the document of a state; the attributes are shared.

    Returns:
        The true checksums, which are in the document too, by id.

    Raises:
        TypeError: if something is not JSON.
        ValueError: if there is a NaN.
    """
    head = replace(state, resources={}).to_dict()
    entries: dict[str, dict[str, Any]] = {
        key: state.resources[key]._to_dict_nocopy() for key in sorted(state.resources)
    }
    document.update(head, resources=cast(JSON, entries))
    checksums: dict[str, str] = {}
    for key, entry in entries.items():
        checksums[key] = strict_json.checksum(entry["attributes"])
        entry["metadata"]["checksum"] = checksums[key]
    unknown_keys: list[JSON] = [
        [resource.extra, resource.metadata.extra]
        for resource in state.resources.values()
        if resource.extra or resource.metadata.extra
    ]
    strict_json.refuse_nan([head, unknown_keys])
    return checksums


def _mark_changes(
    document: dict[str, Any], state: State, base: Mapping[str, str]
) -> list[str]:
    """Write the state's serial to what differs from the base, and return those ids."""
    entries = document["resources"]
    differing = [
        key
        for key, entry in entries.items()
        if entry["metadata"]["checksum"] != base.get(key)
    ]
    marked = set() if state.scope is None else state.scope.parts_stored_in(state.serial)
    changed = [key for key in differing if not marked or part_of(key) not in marked]
    for key in changed:
        entries[key]["metadata"]["serial"] = state.serial
    return changed


def _require_loadable(document: Document, state: State) -> None:
    """Check that what is written of a state loads again.

    Only what can be wrong is built: of a resource without keys that are unknown here,
    all but its id was written by this module.

    Raises:
        StateCorruptedError: if the schema refuses the document.
        ValueError: if the schema allows a value that is impossible.
    """
    validate_state(document)
    entries = document["resources"]
    doubtful = {
        key: entries[key]
        for key, item in state.resources.items()
        if item.extra
        or item.metadata.extra
        or item.resource_id != key
        or not is_id_of(item.resource_type, key)
    }
    State._from_dict_nocopy({**document, "resources": doubtful})


def _build(document: Any) -> State:
    """Build a state from a document, which it takes over.

    Raises:
        StateCorruptedError: if the schema refuses the document.
        ValueError: if the schema allows a value that is impossible, as February 30.
    """
    validate_state(document)
    return State._from_dict_nocopy(document)


def parse(data: bytes) -> Any:
    """Parse JSON, strictly.

    Raises:
        StateCorruptedError: if it is not JSON, or not strict; says where and why.
    """
    try:
        return strict_json.loads(data, _DOCUMENT_DEPTH, _find_problem)
    except RecursionError as error:
        raise StateCorruptedError(f"it is nested deeper than {MAX_DEPTH}") from error
    except ValueError as error:
        raise StateCorruptedError(str(error)) from error


def _find_problem(document: Any) -> str | None:
    """Find what JSON cannot carry exactly, and name the resource that has it."""
    resources = document.get("resources") if isinstance(document, dict) else None
    if isinstance(resources, dict):
        for resource_id, entry in resources.items():
            attributes = entry.get("attributes") if isinstance(entry, dict) else None
            problem = find_unsupported(attributes, "attributes")
            if problem:
                return f"{ascii(resource_id)[1:-1][:200]}: {problem}"
    return find_unsupported(document, "$", 1 - _ABOVE_ATTRIBUTES)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: it would traverse many objects and free none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
