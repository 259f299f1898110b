"""Merging a reading of an instance into the stored state, by scope."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from dataikuapi.iac.exceptions import InstanceMismatchError
from dataikuapi.iac.models.filled_in import filled_in, with_filled_in
from dataikuapi.iac.models.ids import ResourceId, parse_listing_key
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.save_note import SAVE_NOTE
from dataikuapi.iac.models.scope import Scope, part_of
from dataikuapi.iac.models.state import State
from dataikuapi.iac.types.lookup import is_project, is_recreated, privileged_attributes

__all__ = [
    "carry_over_unknown",
    "collect_unknown",
    "instances_differ",
    "merge",
    "projects_in",
    "require_same_instance",
    "with_serial",
    "without_note",
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
        extra={**without_note(stored), **fresh.extra},
    )


def without_note(stored: State) -> dict[str, JSON]:
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


def projects_in(ids: Iterable[str]) -> set[str]:
    """Return the keys of the projects among some objects."""
    return {rid.project_key for rid in map(ResourceId.parse, ids) if is_project(rid)}


def _retained(stored: State, fresh: State, deleted: set[str]) -> dict[str, Resource]:
    projects = projects_in(deleted)
    return {
        key: with_serial(resource, stored.serial) if stored.scope is None else resource
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


def with_serial(resource: Resource, serial: int) -> Resource:
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
