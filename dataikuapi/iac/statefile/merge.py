"""Merging a fresh reading into the stored state, by scope."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dataikuapi.iac.exceptions import InstanceMismatchError, StateConflictError
from dataikuapi.iac.models.ids import ResourceId, listing_of
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.state import State
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.types.registry import is_project, unknown_when_missing

__all__ = [
    "carry_over_unknown",
    "collect_unknown",
    "instances_differ",
    "merge",
    "require_newer",
    "require_same_instance",
]


def merge(stored: State, fresh: State, deleted: Iterable[str] = ()) -> State:
    """Return the stored state with exactly the scope of the fresh one replaced.

    What could not be read stays as it is stored: objects in ``fresh.unknown``, and
    attributes that the API key has no right to.

    Args:
        stored: is not changed.
        fresh: is not changed; it has a scope.
        deleted: ids of single objects that do not exist; with a project, everything
            in it is deleted.
    """
    kept = _not_replaced(stored, fresh, set(deleted))
    read = {
        key: _with_unreadable_parts(stored.get_resource(key), resource)
        for key, resource in fresh.resources.items()
    }
    resources, scope = {**kept, **read}, fresh.scope or Scope()
    return replace(
        stored,
        serial=stored.serial + 1,
        environment=fresh.environment,
        updated_at=fresh.updated_at,
        resources={key: resources[key] for key in sorted(resources)},
        instance=fresh.instance or stored.instance,
        scope=None if stored.scope is None else stored.scope.merge(scope),
        extra={**stored.extra, **fresh.extra},
    )


def _not_replaced(
    stored: State, fresh: State, deleted: set[str]
) -> dict[str, Resource]:
    projects = {
        rid.project_key for rid in map(ResourceId.parse, deleted) if is_project(rid)
    }
    return {
        key: resource
        for key, resource in stored.resources.items()
        if (key in fresh.unknown or not fresh.covers(key))
        and key not in deleted
        and resource.project_key not in projects
    }


def _with_unreadable_parts(stored: Resource | None, fresh: Resource) -> Resource:
    hidden = unknown_when_missing(fresh.resource_type)
    known = stored.attributes if stored else {}
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
        for listing, error in ((listing_of(key), failures[key]) for key in failures)
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
    "to see it; DSS does not say which. If it was deleted: confirm_removed=['{key}']"
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
    stored: dict[str, JSON] | None, fresh: dict[str, JSON] | None
) -> bool:
    """Return whether two are certainly not the same; an upgraded one is the same."""
    for name in ("install_id", "node_id"):
        if stored and fresh and stored.get(name) and fresh.get(name):
            return stored[name] != fresh[name]
    return False


def require_same_instance(stored: State, fresh: State) -> None:
    """Refuse to compare or to merge states of two instances.

    Raises:
        InstanceMismatchError: if they are.
    """
    if instances_differ(stored.instance, fresh.instance):
        raise InstanceMismatchError(
            f"the stored state is of DSS {stored.instance}, this one of "
            f"{fresh.instance}. Store them in separate files, or save with "
            "allow_other_instance=True"
        )


def require_newer(stored: State, fresh: State, allow_other_instance: bool) -> None:
    """Refuse to merge a reading into a stored state that is newer.

    Raises:
        InstanceMismatchError: if they are of two instances, unless that is allowed.
        StateConflictError: if something in both scopes was read later for the stored
            state.
    """
    if not allow_other_instance:
        require_same_instance(stored, fresh)
    newer = (stored.scope or Scope()).newer_than(fresh.scope or Scope())
    if newer:
        parts = "; ".join(
            f"{part.resource_type}s of {part.project_key} "
            f"(read {format_time(part.read_at)})"
            for part in newer
        )
        raise StateConflictError(
            f"what is stored was read later than this state: {parts[:300]}. Sync "
            "again, then save"
        )
