"""How does what was read now go into what is known already?"""

from dataclasses import replace

from dataikuapi.iac.models.resource import UNKNOWN_WHEN_MISSING, Resource
from dataikuapi.iac.models.scope import covers, joined
from dataikuapi.iac.models.state import State

__all__ = ["merged"]


def merged(stored: State, fresh: State) -> State:
    """Return the stored state with exactly the scope of the fresh one replaced.

    What could not be read stays as it is stored: objects in ``fresh.unknown``, and
    attributes that the key has no right to.

    Args:
        stored: is not changed.
        fresh: is not changed; it has a scope.
    """
    kept = {
        key: resource
        for key, resource in stored.resources.items()
        if key in fresh.unknown or not covers(fresh.scope, key)
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
        scope=None if stored.scope is None else joined(stored.scope, fresh.scope or []),
        extra={**stored.extra, **fresh.extra},
    )


def _with_unreadable_parts(stored: Resource | None, fresh: Resource) -> Resource:
    hidden = UNKNOWN_WHEN_MISSING.get(fresh.resource_type, frozenset())
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
