"""The reader class of each resource type, derived from the registry of types."""

from dataikuapi.iac.sync.dataset import DatasetSync
from dataikuapi.iac.sync.project import ProjectSync
from dataikuapi.iac.sync.recipe import RecipeSync
from dataikuapi.iac.sync.typed import TypedSync
from dataikuapi.iac.types import TYPES, ResourceType

__all__ = ["SYNCS", "sync_class"]

_NAMED: dict[ResourceType, type[TypedSync]] = {
    sync.kind: sync for sync in (ProjectSync, DatasetSync, RecipeSync)
}


def sync_class(kind: ResourceType) -> type[TypedSync]:
    """Return the class that reads a type; created here if it has no module of its own.

    Args:
        kind: need not be registered.
    """
    if kind in _NAMED:
        return _NAMED[kind]
    name = f"{kind.name.title().replace('_', '')}Sync"
    return type(name, (TypedSync,), {"kind": kind, "__doc__": f"Reads {kind.name}s."})


SYNCS: dict[str, type[TypedSync]] = {
    kind.name: sync_class(kind) for kind in TYPES.values()
}
"""By type, in the order of the registry."""
