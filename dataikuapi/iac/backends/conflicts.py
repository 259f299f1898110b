"""Decide whether a state may replace the stored one, and as which version."""

from collections.abc import Callable, Mapping

from dataikuapi.iac.backends.blob_store import Blob
from dataikuapi.iac.exceptions import (
    NewerFormatError,
    StateConflictError,
    StateCorruptedError,
    StateMergeConflictError,
    StateNotFoundError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.save_note import SaveNote, set_note
from dataikuapi.iac.models.scope import Scope, part_of
from dataikuapi.iac.models.stored_version import NO_BASE, BaseVersion
from dataikuapi.iac.statefile.serialization import loads

__all__ = [
    "based_on",
    "begins_line",
    "conflict_error",
    "is_unchanged_reading",
    "load_based",
    "next_scope",
    "next_version",
    "require_successor",
    "stored_version",
    "succeed_stored",
    "superseded_error",
]


def stored_version(
    stored: Blob | None, state: State, force: bool, last_serial: int
) -> BaseVersion:
    """Return which version is stored.

    Args:
        stored: what is stored; ``None`` for nothing.
        state: what is to replace it.
        force: whether it may replace what cannot be read.
        last_serial: the greatest of its older versions; what cannot be read counts as
            stored in that serial.

    Raises:
        StateConflictError: if what is stored cannot be read, unless forced.
    """
    if stored is None:
        return NO_BASE
    try:
        found = loads(stored.data)
    except StateCorruptedError as error:
        if force:
            serial = max(state.serial - 1, last_serial)
            return BaseVersion(None, serial, stored.token)
        advice = "Restore a version, or save with force=True to replace it"
        if isinstance(error, NewerFormatError):
            advice = "A save would drop what only the newer release knows"
        elif isinstance(error, StateMergeConflictError):
            advice = "Then save"  # Either would drop what the other branch stored.
        raise StateConflictError(
            f"what is stored cannot be read: {error}. {advice}"
        ) from error
    if not force:
        require_successor(state, found)
    return based_on(found, stored.token)


def load_based(stored: Blob) -> State:
    """Return the state in a blob, based on this blob.

    Raises:
        StateCorruptedError: if it is not a valid state.
    """
    state = loads(stored.data)
    state.base_version = based_on(state, stored.token)
    return state


def based_on(state: State, token: str) -> BaseVersion:
    """Return the base version of a state that was loaded.

    Args:
        state: as it is stored.
        token: identifies what is stored.
    """
    checksums = {key: item.metadata.checksum for key, item in state.resources.items()}
    return BaseVersion(state.lineage, state.serial, token, checksums)


def require_successor(state: State, stored: State) -> None:
    """Refuse a state that was never loaded, if it is older or only a part.

    Raises:
        StateConflictError: if it is.
    """
    older = state.lineage == stored.lineage and state.serial < stored.serial
    if older and stored.lineage is not None:
        raise StateConflictError(
            f"serial {stored.serial} is stored, this state is serial {state.serial} of "
            "the same lineage. Load the stored state, make the change again, and save; "
            "or save with force=True"
        )
    start = state.reading_start
    if start and start.lineage == stored.lineage and start.serial < stored.serial:
        raise StateConflictError(
            f"since this reading began, somebody else stored serial {stored.serial}. "
            "Sync again, or merge it with StateManager.save_state, or save with "
            "force=True"
        )
    dropped = [
        key for key in stored.resources if key in state.unknown or not state.covers(key)
    ]
    dropped = [key for key in dropped if not state.has_resource(key)]
    if dropped:
        raise StateConflictError(
            "this state is a reading of a part of the instance: saving it would drop "
            f"resources outside of it ({len(dropped)}), such as {dropped[0][:80]}. "
            "Merge it with StateManager.save_state, or save with force=True"
        )


def next_scope(state: State, base: BaseVersion, serial: int) -> Scope | None:
    """Return the scope of a state as it is stored, with the serials of its parts.

    A part from which an object was removed counts as stored now. Where it is unknown
    what the state replaces, each part does.

    Args:
        state: what is to be stored.
        base: the version that it replaces.
        serial: with which it is stored.
    """
    if state.scope is None or begins_line(state, base):
        return state.scope
    if base.lineage is None:
        return state.scope.stored_in(serial, state.scope.parts)
    removed = base.checksums.keys() - state.resources.keys()
    known = state.scope.with_serial(
        serial if state.base_version is None else base.serial
    )
    return known.stored_in(serial, set(map(part_of, removed)))


def begins_line(state: State, base: BaseVersion) -> bool:
    """Return whether a state is stored where nothing is, as the first of its line.

    Then nobody can know a serial in which another version of it was stored.
    """
    return base == NO_BASE and state.lineage is None


def is_unchanged_reading(
    version: State, base: BaseVersion, checksums: Mapping[str, str]
) -> bool:
    """Return whether a save stores a reading in which no object changed.

    A reading is known by the serial that it has given to what it read.

    Args:
        version: as it is to be stored.
        base: the version that it replaces.
        checksums: the true ones of the version, by id.
    """
    if base == NO_BASE or checksums != base.checksums:
        return False
    read = version.scope is not None and version.scope.parts_stored_in(version.serial)
    return bool(read) or any(
        item.metadata.serial == version.serial for item in version.resources.values()
    )


def succeed_stored(state: State, last_serial: int, read: Callable[[], State]) -> bool:
    """Make an older version the successor of what is stored: a save restores it then.

    Args:
        state: the older version; is changed.
        last_serial: the greatest of the versions that are kept.
        read: returns what is stored, based on it.

    Returns:
        Whether the save has to be forced, since what is stored is not a valid state.

    Raises:
        StateReadError: if what is stored cannot be read.
        NewerFormatError: if a newer release stored it.
    """
    state.serial = max(state.serial, last_serial) + 1
    state.base_version, force = None, False
    try:
        stored = read()
        state.serial = max(state.serial, stored.serial + 1)
        state.lineage, state.base_version = stored.lineage, stored.base_version
    except StateNotFoundError:
        pass  # Nothing is replaced.
    except NewerFormatError:
        raise  # It is intact, and a restore would replace it by an older format.
    except StateCorruptedError:
        force = True
    _mark_all_as_stored(state)
    set_note(state, SaveNote())
    return force


def _mark_all_as_stored(state: State) -> None:
    """Note in a state that all of it is stored in its serial: what a restore does.

    So no reading that began before undoes the restore.
    """
    if state.scope is not None:
        state.scope = state.scope.stored_in(state.serial, state.scope.parts)
    for resource in state.resources.values():
        covered = state.scope is not None and state.scope.covers(resource.resource_id)
        resource.metadata.serial = None if covered else state.serial


def next_version(
    state: State, base: BaseVersion, force: bool, last_serial: int
) -> tuple[str | None, int]:
    """Return the lineage and the serial with which the state is to be stored.

    No serial is used twice: versions of a deleted state may be left, or of the one that
    was stored before an older one was put back by copying a file. The serial after the
    base's may be that of a save that was killed, or that goes on at the same time.

    Args:
        state: what is to be stored.
        base: the version that it replaces.
        force: whether that may be of another lineage.
        last_serial: the greatest of the older versions.

    Returns:
        The lineage, ``None`` for a new one, and the serial.

    Raises:
        StateConflictError: if the lineages differ, unless forced.
    """
    unused = last_serial + 1 if last_serial else 0
    if base == NO_BASE:
        if state.base_version not in (None, NO_BASE):
            unused = max(unused, state.base_version.serial + 1)
        return state.lineage, max(state.serial, unused)
    if not force and state.lineage and base.lineage and state.lineage != base.lineage:
        raise StateConflictError(
            f"the stored state is of lineage {base.lineage}, this one of "
            f"{state.lineage}. Store them in separate places, or save with force=True"
        )
    following = base.serial + 1
    return base.lineage or state.lineage, max(
        state.serial, following, unused if last_serial > following else 0
    )


def conflict_error(base: BaseVersion, stored: Blob | None) -> StateConflictError:
    """Return the error that says what is stored instead of the base version.

    Args:
        base: the version that was to be replaced.
        stored: what is stored; ``None`` for nothing.
    """
    if stored is None:
        return superseded_error(base, None)
    try:
        return superseded_error(base, loads(stored.data))
    except StateCorruptedError:
        return superseded_error(base, "something that cannot be read")


def superseded_error(
    base: BaseVersion, stored: State | str | None
) -> StateConflictError:
    """Return the error that says which state is stored instead of the base version.

    Args:
        base: the version that was to be replaced.
        stored: what is stored, as far as it is known, or in words; ``None`` for
            nothing.
    """
    if stored is None:
        return StateConflictError(
            f"the stored state was deleted since serial {base.serial} was loaded from "
            "it. Save with force=True to store this one anyway"
        )
    words = stored if isinstance(stored, str) else _description(stored)
    return StateConflictError(
        f"another state was stored in the meantime: {words}. Load it, make the change "
        "again, and save"
    )


def _description(state: State) -> str:
    """Say which state it is, who wrote it and when."""
    latest = max(
        (resource.metadata for resource in state.resources.values()),
        key=lambda metadata: metadata.deployed_at,
        default=None,
    )
    by = f", last synced by {latest.deployed_by}" if latest else ""
    return f"serial {state.serial}, of {state.updated_at:%Y-%m-%d %H:%M:%S} UTC{by}"
