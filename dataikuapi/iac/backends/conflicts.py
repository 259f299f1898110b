"""Decide whether a state may replace the stored one, and as which version."""

from dataikuapi.iac.backends.blob_store import Blob
from dataikuapi.iac.exceptions import StateConflictError, StateCorruptedError
from dataikuapi.iac.models import State
from dataikuapi.iac.models.state import NO_BASE, BaseVersion
from dataikuapi.iac.statefile.serialization import loads

__all__ = ["conflict_error", "next_version", "stored_version"]


def stored_version(stored: Blob | None, state: State, force: bool) -> BaseVersion:
    """Return which version is stored.

    Args:
        stored: what is stored; ``None`` for nothing.
        state: what is to replace it.
        force: whether it may replace what cannot be read.

    Raises:
        StateConflictError: if what is stored cannot be read, unless forced.
    """
    if stored is None:
        return NO_BASE
    try:
        found = loads(stored.data)
    except StateCorruptedError as error:
        if force:
            return BaseVersion(None, state.serial - 1, stored.token)
        raise StateConflictError(
            f"what is stored cannot be read: {error}. Restore a version, or save with "
            "force=True to replace it"
        ) from error
    return BaseVersion(found.lineage, found.serial, stored.token)


def next_version(
    state: State, base: BaseVersion, force: bool
) -> tuple[str | None, int]:
    """Return the lineage and the serial with which the state is to be stored.

    Args:
        state: what is to be stored.
        base: the version that it replaces.
        force: whether that may be of another lineage.

    Returns:
        The lineage, ``None`` for a new one, and the serial.

    Raises:
        StateConflictError: if the lineages differ, unless forced.
    """
    if base == NO_BASE:
        return state.lineage, state.serial
    if not force and state.lineage and base.lineage and state.lineage != base.lineage:
        raise StateConflictError(
            f"the stored state is of lineage {base.lineage}, this one of "
            f"{state.lineage}: the two states have different lineages. Store them in "
            "separate places, or save with force=True"
        )
    return base.lineage or state.lineage, max(state.serial, base.serial + 1)


def conflict_error(base: BaseVersion, stored: Blob | None) -> StateConflictError:
    """Return the error that says what is stored instead of the base version.

    Args:
        base: the version that was to be replaced.
        stored: what is stored; ``None`` for nothing.
    """
    if stored is None:
        return StateConflictError(
            f"the stored state was deleted since serial {base.serial} was loaded from "
            "it. Save with force=True to store this one all the same"
        )
    return StateConflictError(
        f"another state was stored in the meantime: {_description(stored.data)}. "
        "Load it, make the change again, and save"
    )


def _description(data: bytes) -> str:
    """Say which state it is, who wrote it and when."""
    try:
        state = loads(data)
    except StateCorruptedError:
        return "something that cannot be read"
    latest = max(
        (resource.metadata for resource in state.resources.values()),
        key=lambda metadata: metadata.deployed_at,
        default=None,
    )
    by = f", last synced by {latest.deployed_by}" if latest else ""
    return f"serial {state.serial}, of {state.updated_at:%Y-%m-%d %H:%M:%S} UTC{by}"
