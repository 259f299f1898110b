"""May this state take the place of the stored one, and as which version?"""

import hashlib
from collections.abc import Callable
from threading import Thread

from dataikuapi.iac.exceptions import StateConflictError, StateCorruptedError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.state import NO_BASE
from dataikuapi.iac.statefile.serialization import loads

__all__ = ["conflict_error", "digest_in_background", "digest_of", "next_version"]


def next_version(
    state: State, stored: bytes | None, force: bool
) -> tuple[str | None, int]:
    """Return lineage and serial with which the state is to be stored.

    Args:
        state: what is to be stored. What it was loaded from tells what is stored; that
            this is still so is for the caller to check.
        stored: what is stored; ``None`` for nothing.
        force: whether whatever is stored may be replaced.

    Returns:
        The lineage, ``None`` for a new one, and the serial.

    Raises:
        StateConflictError: if the stored state is of another lineage or cannot be read,
            or was deleted since this one was loaded.
    """
    base = state.base_version
    if stored is None:
        if base is not None and base != NO_BASE and not force:
            raise StateConflictError(
                f"the stored state was deleted since serial {base.serial} was loaded "
                "from it. Save with force=True to store this one all the same"
            )
        return state.lineage, state.serial
    if base is not None and not force:
        lineage, serial = base.lineage, base.serial
    else:
        lineage, serial = _read(stored, state, force)
    if not force and state.lineage and lineage and state.lineage != lineage:
        raise StateConflictError(
            f"the stored state is of lineage {lineage}, this one of {state.lineage}: "
            "two histories that have nothing to do with each other. Keep them in two "
            "places, or save with force=True"
        )
    return lineage or state.lineage, max(state.serial, serial + 1)


def conflict_error(stored: bytes | None) -> StateConflictError:
    """Return the error that says what is stored instead of what was loaded."""
    return StateConflictError(
        f"another state was stored since this one was loaded: {_described(stored)}. "
        "Load it, make the change again, and save"
    )


def _read(stored: bytes, state: State, force: bool) -> tuple[str | None, int]:
    try:
        found = loads(stored)
    except StateCorruptedError as error:
        if force:
            return state.lineage, state.serial - 1
        raise StateConflictError(
            f"what is stored cannot be read: {error}. Restore a version, or save with "
            "force=True to replace it"
        ) from error
    return found.lineage, found.serial


def _described(stored: bytes | None) -> str:
    """Say which state it is, who wrote it and when."""
    try:
        state = loads(stored or b"")
    except StateCorruptedError:
        return "something that cannot be read"
    latest = max(
        (resource.metadata for resource in state.resources.values()),
        key=lambda metadata: metadata.deployed_at,
        default=None,
    )
    by = f", last synced by {latest.deployed_by}" if latest else ""
    return f"serial {state.serial}, of {state.updated_at:%Y-%m-%d %H:%M:%S} UTC{by}"


def digest_of(data: bytes) -> str:
    """Return what tells one stored document from another."""
    return hashlib.sha256(data).hexdigest()


def digest_in_background(data: bytes | None) -> Callable[[], str]:
    """Hash in a thread: hashing lets go of the interpreter, which has other work.

    Returns:
        What waits for the digest and returns it; "" for nothing.
    """
    if data is None:
        return lambda: ""
    found: list[str] = []
    thread = Thread(target=lambda: found.append(digest_of(data)))
    try:
        thread.start()
    except RuntimeError:  # No threads any more: the interpreter ends.
        return lambda: digest_of(data)

    def wait() -> str:
        thread.join()
        return found[0]

    return wait
