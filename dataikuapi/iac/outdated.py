"""Whether what a save would replace was stored since it was read."""

from collections.abc import Collection

from dataikuapi.iac.exceptions import StateConflictError
from dataikuapi.iac.merge import projects_in
from dataikuapi.iac.models.ids import listing_key
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.scope import Scope, part_of
from dataikuapi.iac.models.state import State
from dataikuapi.iac.models.stored_version import NOTHING_STORED, ReadingStart

__all__ = ["require_not_outdated"]


def require_not_outdated(
    stored: State, fresh: State, deleted: Collection[str] = ()
) -> None:
    """Refuse to merge a reading that began before what it would replace was stored.

    Order is by the serials of the stored state. Times are for people: no two machines
    agree on them.

    Args:
        stored: what is stored now.
        fresh: the reading.
        deleted: ids of single objects that the reading found not to exist.

    Raises:
        StateConflictError: if something that the reading replaces was stored since it
            began.
    """
    start = fresh.reading_start
    if start is None:
        _require_not_older(stored, fresh)
        return
    later = _stored_after(_serial_at(start, stored), stored, fresh, deleted)
    if later:
        raise StateConflictError(
            f"since this reading began, somebody else stored {_listed(later)} (serial "
            f"{stored.serial}). Sync again, then save"
        )


def _require_not_older(stored: State, state: State) -> None:
    same_line = state.lineage is not None and state.lineage == stored.lineage
    if same_line and state.serial < stored.serial:
        raise StateConflictError(
            f"serial {stored.serial} is stored, this state is serial {state.serial} of "
            "the same lineage. Load the stored state, make the change again, and save"
        )


def _serial_at(start: ReadingStart, stored: State) -> int:
    """Return since which serial of the stored state a reading may be outdated.

    If that state is of another lineage, was edited by hand, or was put back by copying
    an older file, nothing of it is known to have been stored when the reading began.
    """
    if start == NOTHING_STORED or start.lineage != stored.lineage:
        return -1
    token = stored.base_version.token if stored.base_version else ""
    is_same = start.serial == stored.serial and start.token == token
    return start.serial if is_same or start.serial < stored.serial else -1


def _stored_after(
    serial: int, stored: State, fresh: State, deleted: Collection[str]
) -> list[str]:
    """Return what the reading replaces and what was stored after a serial.

    A stored state without a scope does not remember what was removed from it. So what
    only the reading has counts as removed since, if anything was stored since. With a
    scope, it remembers in which parts something was removed.
    """
    if stored.serial == serial:
        return []
    scope = (stored.scope or Scope()).with_serial(stored.serial)
    parts = scope.newer_than(serial, fresh.scope)
    others = set(scope.newer_than(serial)).difference(parts)
    default = stored.serial if stored.scope is None else -1
    objects = [
        key
        for key in _replaced(stored, fresh, deleted)
        if _serial_of(stored.get_resource(key), default) > serial
        or (others and part_of(key) in others)
    ]
    return [
        *(listing_key(resource_type, project) for project, resource_type in parts),
        *objects,
    ]


def _replaced(stored: State, fresh: State, deleted: Collection[str]) -> list[str]:
    """Return the ids that a merge would replace, remove or add."""
    projects = projects_in(deleted)
    removed = [
        key
        for key, resource in stored.resources.items()
        if key in deleted or resource.project_key in projects or fresh.covers(key)
    ]
    return sorted({*fresh.resources, *removed} - fresh.unknown.keys())


def _serial_of(resource: Resource | None, default: int) -> int:
    """Return in which serial an object was stored, if it says so itself."""
    serial = resource.metadata.serial if resource else None
    return default if serial is None else serial


def _listed(keys: list[str]) -> str:
    shown = ", ".join(key[:80] for key in keys[:_SHOWN])
    more = len(keys) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


_SHOWN = 3
"""How many keys a message names."""
