"""The resource types that the library knows, and what they say of any resource."""

from collections.abc import Collection, Iterable

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.ids import unique
from dataikuapi.iac.types.base import Identity, ResourceType
from dataikuapi.iac.types.dataset import DatasetType
from dataikuapi.iac.types.project import ProjectType
from dataikuapi.iac.types.recipe import RecipeType

__all__ = [
    "CONTRACT_TYPES",
    "DATASET",
    "PROJECT",
    "RECIPE",
    "TYPES",
    "is_project",
    "is_recreated",
    "known_types",
    "resource_type_of",
    "unknown_when_missing",
]

PROJECT = ProjectType()
DATASET = DatasetType()
RECIPE = RecipeType()

CONTRACT_TYPES = (PROJECT, DATASET, RECIPE)
"""What a manager reads whose client is not a DSSClient, unless told otherwise."""

TYPES: dict[str, ResourceType] = {
    kind.name: kind
    for kind in (
        PROJECT,
        DATASET,
        RECIPE,
    )
}
"""By name. The project comes first, and what is inside it after it."""


def resource_type_of(resource_id: str, types: Collection[str]) -> str:
    """Return the type of an id.

    Args:
        resource_id: may be anything.
        types: the names that are accepted.

    Raises:
        ValueError: if it is of another type.
    """
    name = str(resource_id).partition(".")[0]
    if name not in types:
        known = ", ".join(sorted(types))
        raise ValueError(f"Unknown resource type {name[:40]!r}; known: {known}")
    return name


def known_types(names: Iterable[str]) -> list[str]:
    """Return the names of types in the order of the registry, each once.

    Raises:
        ValueError: if there is no type of a name, or one name is given for a list.
    """
    wanted = [resource_type_of(name, TYPES) for name in unique(names, "types")]
    return [name for name in TYPES if name in wanted]


def is_project(resource_id: ResourceId) -> bool:
    """Return whether an id is that of a project itself, not of what is in one."""
    kind = TYPES.get(resource_id.resource_type)
    return kind is not None and kind.identity is Identity.PROJECT


def unknown_when_missing(resource_type: str) -> frozenset[str]:
    """Return the attributes that are unknown, not empty, where a resource lacks them.

    Args:
        resource_type: a name; of a type that is not registered, there are none.
    """
    kind = TYPES.get(resource_type)
    return frozenset() if kind is None else frozenset(kind.privileged)


def is_recreated(old: Resource | None, new: Resource | None) -> bool:
    """Return whether an object was deleted and created again under the same id.

    Args:
        old: the object as it was; ``None`` if there was none.
        new: the object as it is; ``None`` if there is none.
    """
    if old is None or new is None:
        return False
    kind = TYPES.get(ResourceId.parse(new.resource_id).resource_type)
    return kind is not None and kind.is_recreated(old, new)
