"""Merging a reading of an instance into the stored state, by scope."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from dataikuapi.iac.exceptions import InstanceMismatchError, StateConflictError
from dataikuapi.iac.models.filled_in import filled_in, with_filled_in
from dataikuapi.iac.models.ids import ResourceId, listing_key, parse_listing_key
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.save_note import SAVE_NOTE
from dataikuapi.iac.models.scope import Scope, part_of
from dataikuapi.iac.models.state import State
from dataikuapi.iac.models.stored_version import NOTHING_STORED, ReadingStart
from dataikuapi.iac.types.registry import (
    is_project,
    is_recreated,
    privileged_attributes,
)

__all__ = [
    "carry_over_unknown",
    "collect_unknown",
    "instances_differ",
    "merge",
    "require_not_outdated",
    "require_same_instance",
]


def merge(stored: State, fresh: State, deleted: Iterable[str] = ()) -> State:
    """Return the stored state with exactly the scope of the fresh one replaced.

    What could not be read stays as it is stored: objects in ``fresh.unknown``, and
    attributes that the API key has no right to. What is replaced remembers the serial
    of the version that is about to be stored.

    Args:
        stored: is not changed.
        fresh: is not changed; it has a scope.
        deleted: ids of single objects that do not exist; with a project, everything
            in it is deleted.
    """
    serial, deleted = stored.serial + 1, set(deleted)
    kept = _retained(stored, fresh, deleted)
    read = {
        key: _stored_in(serial, stored, fresh, resource)
        for key, resource in fresh.resources.items()
        if key not in fresh.unknown
    }
    resources = {**kept, **read}
    return replace(
        stored,
        serial=serial,
        environment=fresh.environment,
        updated_at=fresh.updated_at,
        resources={key: resources[key] for key in sorted(resources)},
        instance={**(stored.instance or {}), **(fresh.instance or {})} or None,
        scope=_merge_scopes(stored, fresh, deleted, serial),
        extra={**_without_note(stored), **fresh.extra},
    )


def _without_note(stored: State) -> dict[str, JSON]:
    """Return what is kept: who saved the stored version does not save this one."""
    return {name: value for name, value in stored.extra.items() if name != SAVE_NOTE}


def _merge_scopes(
    stored: State, fresh: State, deleted: Collection[str], serial: int
) -> Scope | None:
    """Return the merged scope; deleting an object counts as storing its type."""
    if stored.scope is None:
        return None
    known = stored.scope.with_serial(stored.serial)
    known = known.stored_in(serial, set(map(part_of, deleted)))
    return known.merge((fresh.scope or Scope()).with_serial(serial))


def _projects_in(ids: Iterable[str]) -> set[str]:
    """Return the keys of the projects among some objects."""
    return {rid.project_key for rid in map(ResourceId.parse, ids) if is_project(rid)}


def _retained(stored: State, fresh: State, deleted: set[str]) -> dict[str, Resource]:
    projects = _projects_in(deleted)
    return {
        key: _with_serial(resource, stored.serial) if stored.scope is None else resource
        for key, resource in stored.resources.items()
        if (key in fresh.unknown or not fresh.covers(key))
        and key not in deleted
        and resource.project_key not in projects
    }


def _stored_in(
    serial: int, stored: State, fresh: State, resource: Resource
) -> Resource:
    """Return what was read, with the serial where no scope entry will have it.

    What did not change was deployed when, and by whom, the stored state says.
    """
    key = resource.resource_id
    whole = _with_unreadable_parts(stored.get_resource(key), resource)
    in_scope = stored.scope is not None and fresh.covers(key)
    metadata = replace(whole.metadata, serial=None if in_scope else serial)
    before = stored.get_resource(key)
    if before and before.metadata.checksum == whole.metadata.checksum:
        metadata.deployed_at = before.metadata.deployed_at
        metadata.deployed_by = before.metadata.deployed_by
    found = replace(whole, metadata=metadata)
    if before is None or is_recreated(before, found) or filled_in(found):
        return found
    return with_filled_in(found, filled_in(before))


def _with_serial(resource: Resource, serial: int) -> Resource:
    """Return the resource with this serial, unless it has one."""
    if resource.metadata.serial is not None:
        return resource
    return replace(resource, metadata=replace(resource.metadata, serial=serial))


def _with_unreadable_parts(stored: Resource | None, fresh: Resource) -> Resource:
    hidden = privileged_attributes(fresh.resource_type)
    # Those of an object that was deleted are not those of the one that replaced it.
    known = stored.attributes if stored and not is_recreated(stored, fresh) else {}
    parts = {
        name: known[name]
        for name in sorted(hidden - fresh.attributes.keys())
        if name in known
    }
    if not parts:
        return fresh
    metadata = replace(fresh.metadata, checksum="")
    return replace(fresh, attributes={**fresh.attributes, **parts}, metadata=metadata)


def collect_unknown(
    stored: State, failures: Mapping[str, Exception], vanished: Iterable[str]
) -> dict[str, str]:
    """Return the ids that could not be read, each with the reason.

    Args:
        stored: what was known before; its resources that a failed listing should have
            shown, or that are in a vanished project, are unknown too.
        failures: by id, or by the key of a listing.
        vanished: keys of projects that are no longer listed.
    """
    listings = {
        (listing.project_key, listing.resource_type): str(error)
        for listing, error in (
            (parse_listing_key(key), failures[key]) for key in failures
        )
        if listing is not None
    }
    hidden = {key: _VANISHED.format(key=key) for key in vanished}
    unknown = {key: str(error) for key, error in failures.items()}
    for key, resource in stored.resources.items():
        part = (resource.project_key, resource.resource_type)
        reason = listings.get(part) or hidden.get(resource.project_key)
        if reason:
            unknown.setdefault(key, reason)
    return unknown


_VANISHED = (
    "DSS no longer lists project {key}: it was deleted, or the API key lost the right "
    "to see it; DSS does not say which. If it was deleted: dataiku-iac refresh "
    "--confirm-removed {key}, or confirm_removed=['{key}']"
)


def carry_over_unknown(stored: State, fresh: State) -> list[str]:
    """Copy to the fresh state, as it is stored, what could not be read.

    Returns:
        The ids that were copied.
    """
    carried = [
        key
        for key in sorted(fresh.unknown)
        if stored.has_resource(key) and not fresh.has_resource(key)
    ]
    resources = {**fresh.resources, **{key: stored.resources[key] for key in carried}}
    fresh.resources = {key: replace(resources[key]) for key in sorted(resources)}
    return carried


def instances_differ(
    stored: Mapping[str, JSON] | None, fresh: Mapping[str, JSON] | None
) -> bool:
    """Return whether two instances are not known to be the same.

    An upgraded instance is the same. Where ids are missing on either side, since the
    key may not ask for them or DSS was restarting, the address decides.

    Args:
        stored: of the stored state; where nothing is known, nothing differs.
        fresh: of a reading.
    """
    if not stored or not any(stored.get(name) for name in _IDENTIFYING):
        return False
    for name in _IDENTIFYING:
        if fresh and stored.get(name) and fresh.get(name):
            return stored[name] != fresh[name]
    return True


_IDENTIFYING = ("install_id", "node_id", "address")


def require_same_instance(stored: State, fresh: State) -> None:
    """Refuse to compare or to merge states of two instances.

    Raises:
        InstanceMismatchError: if they are not known to be of the same one.
    """
    if not instances_differ(stored.instance, fresh.instance):
        return
    if fresh.instance and any(
        fresh.instance.get(name) for name in ("install_id", "node_id")
    ):
        raise InstanceMismatchError(
            f"the stored state is of DSS {_described(stored.instance)}, this one of "
            f"{_described(fresh.instance)}. Use a separate file for each"
        )
    raise InstanceMismatchError(
        f"the stored state is of DSS {_described(stored.instance)}, and this DSS did "
        f"not say which one it is ({_described(fresh.instance)}). Try again"
    )


def _described(instance: Mapping[str, JSON] | None) -> str:
    known = [f"{name} {value}" for name, value in (instance or {}).items() if value]
    return ", ".join(known) or "nothing known"


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
    projects = _projects_in(deleted)
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
