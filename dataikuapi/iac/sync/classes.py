"""The reader class of each resource type, derived from the registry of types."""

from dataikuapi.iac.sync.dataset import DatasetSync
from dataikuapi.iac.sync.instance_type_sync import InstanceTypeSync
from dataikuapi.iac.sync.project import ProjectSync
from dataikuapi.iac.sync.recipe import RecipeSync
from dataikuapi.iac.sync.typed import TypedSync
from dataikuapi.iac.types import TYPES, ResourceType

__all__ = ["SYNCS", "sync_class"]

_NAMED: dict[ResourceType, type[TypedSync]] = {
    sync.kind: sync for sync in (ProjectSync, DatasetSync, RecipeSync)
}


def sync_class(kind: ResourceType) -> type[TypedSync]:
    """Return the class that reads a type.

    Args:
        kind: need not be registered.
    """
    registered = SYNCS.get(kind.name)
    return registered if registered and registered.kind is kind else _derived(kind)


def _derived(kind: ResourceType) -> type[TypedSync]:
    name = f"{kind.name.title().replace('_', '')}Sync"
    base = InstanceTypeSync if kind.is_on_instance else TypedSync
    return type(name, (base,), {"kind": kind, "__doc__": f"Reads {kind.plural}."})


SYNCS: dict[str, type[TypedSync]] = {
    kind.name: _NAMED.get(kind) or _derived(kind) for kind in TYPES.values()
}
"""By type, in the order of the registry."""
