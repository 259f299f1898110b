"""Describes the stored versions of a state, one line each."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from dataikuapi.iac import State, StateBackend
from dataikuapi.iac.backends import StateVersion
from dataikuapi.iac.cli.output import write_error
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
)
from dataikuapi.iac.models.save_note import note_of
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.reports.formatting import counted

__all__ = ["history_lines"]


def history_lines(backend: StateBackend) -> Iterator[str]:
    """Yield the stored state and its older versions, newest first.

    Raises:
        StateNotFoundError: if there is neither.
        StateCorruptedError: if there is only a state, and it is not a valid one.
        StateReadError: if they cannot be read.
    """
    versions = backend.history()
    newer = _current(backend, is_only=not versions)
    line = "" if newer is None else _line(newer.serial, newer.updated_at, "current")
    for version in versions:
        older = _load(version)
        if line:
            yield line + _changes(older, newer) + _note(newer)
        contents = f"{_contents(older)}, {version.size:,} bytes, {version.name}"
        line = _line(version.serial, version.time, contents)
        newer = older
    yield line + _note(newer)


def _current(backend: StateBackend, is_only: bool) -> State | None:
    try:
        return backend.load()
    except (StateNotFoundError, StateCorruptedError, StateReadError) as error:
        if is_only:
            raise
        write_error(f"warning: {error}")
        return None


def _load(version: StateVersion) -> State | None:
    try:
        return version.load()
    except DataikuIaCError:  # Corrupted, unreadable, or pruned in the meantime.
        return None


def _line(serial: int, time: datetime, contents: str) -> str:
    """Return which version it is, and what is in it."""
    return f"serial {serial}  {format_time(time)}  {contents}"


def _contents(state: State | None) -> str:
    if state is None:
        return "cannot be read"
    return counted(len(state.resources), "resource")


def _changes(older: State | None, newer: State | None) -> str:
    """Count the objects that differ, by their checksums."""
    if older is None or newer is None:
        return ""
    before, after = _checksums(older), _checksums(newer)
    kept = before.keys() & after.keys()
    modified = sum(before[key] != after[key] for key in kept)
    return f"  +{len(after) - len(kept)} ~{modified} -{len(before) - len(kept)}"


def _checksums(state: State) -> Mapping[str, str]:
    return {key: item.metadata.checksum for key, item in state.resources.items()}


def _note(state: State | None) -> str:
    """Return who saved it and why, as far as that is known."""
    if state is None:
        return ""
    by, message = note_of(state)
    return (f"  by {by}" if by else "") + (f"  {message}" if message else "")
