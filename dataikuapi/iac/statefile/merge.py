"""How does what was read now go with what is known already?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from dataikuapi.iac.exceptions import InstanceMismatchError, StateConflictError
from dataikuapi.iac.models.ids import ResourceId, listing_of
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.scope import covers, merge_scopes, newer_parts
from dataikuapi.iac.models.state import State
from dataikuapi.iac.types.registry import is_project, unknown_when_missing

__all__ = [
    "carry_over_unknown",
    "collect_unknown",
    "instances_differ",
    "merge",
    "require_newer",
    "require_same_instance",
]


def merge(stored: State, fresh: State, deleted: Collection[str] = ()) -> State:
    """Return the stored state with exactly the scope of the fresh one replaced.

    What could not be read stays as it is stored: objects in ``fresh.unknown``, and
    attributes that the key has no right to.

    Args:
        stored: is not changed.
        fresh: is not changed; it has a scope.
        deleted: ids of single objects that do not exist; what was in a project
            that does not exist is deleted too.
    """
    projects = {
        rid.project_key for rid in map(ResourceId.parse, deleted) if is_project(rid)
    }
    kept = {
        key: resource
        for key, resource in stored.resources.items()
        if (key in fresh.unknown or not covers(fresh.scope, key))
        and key not in deleted
        and resource.project_key not in projects
    }
    read = {
        key: _with_unreadable_parts(stored.get_resource(key), resource)
        for key, resource in fresh.resources.items()
    }
    resources = {**kept, **read}
    return replace(
        stored,
        serial=stored.serial + 1,
        environment=fresh.environment,
        updated_at=fresh.updated_at,
        resources={key: resources[key] for key in sorted(resources)},
        instance=fresh.instance or stored.instance,
        scope=(
            None
            if stored.scope is None
            else merge_scopes(stored.scope, fresh.scope or [])
        ),
        extra={**stored.extra, **fresh.extra},
    )


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
    """Return what could not be read, with the reason.

    Args:
        stored: tells what there was: behind a listing that failed, and in a project
            that is no longer listed.
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
    "to see it; DSS does not tell which. If it was deleted: confirm_removed=['{key}']"
)


def carry_over_unknown(stored: State, fresh: State) -> list[str]:
    """Carry over to the fresh state what could not be read, as it is stored.

    Returns:
        The ids that were carried over.
    """
    kept = [
        key
        for key in sorted(fresh.unknown)
        if stored.has_resource(key) and not fresh.has_resource(key)
    ]
    together = {**fresh.resources, **{key: stored.resources[key] for key in kept}}
    fresh.resources = {key: replace(together[key]) for key in sorted(together)}
    return kept


def instances_differ(
    stored: dict[str, JSON] | None, fresh: dict[str, JSON] | None
) -> bool:
    """Tell whether two are certainly not the same; a new version is no new instance."""
    for name in ("install_id", "node_id"):
        if stored and fresh and stored.get(name) and fresh.get(name):
            return stored[name] != fresh[name]
    return False


def require_same_instance(stored: State, fresh: State) -> None:
    """Refuse to compare or to join what is of two instances.

    Raises:
        InstanceMismatchError: if they are.
    """
    if instances_differ(stored.instance, fresh.instance):
        raise InstanceMismatchError(
            f"the stored state is of DSS {stored.instance}, this one of "
            f"{fresh.instance}. Keep them in two places, or save with "
            "allow_other_instance=True"
        )


def require_newer(stored: State, fresh: State, allow_other_instance: bool) -> None:
    """Refuse to put what was read now into what is stored.

    Raises:
        InstanceMismatchError: if they are of two instances, unless that is allowed.
        StateConflictError: if what is stored was read later.
    """
    if not allow_other_instance:
        require_same_instance(stored, fresh)
    later = newer_parts(stored.scope or [], fresh.scope or [])
    if later:
        raise StateConflictError(
            f"what is stored was read later than this state: {'; '.join(later)[:300]}. "
            "Sync again, then save"
        )
