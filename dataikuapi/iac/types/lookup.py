"""What the registered types say, by the name of a type.

A type that is not registered, such as one that a newer version of this library has
stored, has neutral answers.
"""

from collections.abc import Collection, Mapping

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Identity, Path
from dataikuapi.iac.types.instance_type import InstanceType
from dataikuapi.iac.types.references import Fact, Reference
from dataikuapi.iac.types.registry import TYPES
from dataikuapi.iac.types.secrets import redact_constant
from dataikuapi.iac.types.sets import TAGS, Sets
from dataikuapi.iac.types.writing import Writing

__all__ = [
    "code_of",
    "display_name_of",
    "facts_of",
    "has_counted_ids",
    "is_environment_specific",
    "is_id_generated",
    "is_membership",
    "is_produced",
    "is_project",
    "is_recreated",
    "kept_by_dss",
    "noun_of",
    "optional_attributes",
    "privileged_attributes",
    "recorded_since",
    "redacted",
    "references_of",
    "replaceable_types",
    "sets_of",
    "severity_of",
    "variables_path",
    "without_noise",
    "writing_of",
]

_ENVIRONMENT_SPECIFIC = (Severity.CONNECTION, Severity.PERMISSIONS)


def is_project(resource_id: ResourceId) -> bool:
    """Return whether an id is that of a project, rather than of an object in one."""
    kind = TYPES.get(resource_id.resource_type)
    return kind is not None and kind.identity is Identity.PROJECT


def privileged_attributes(resource_type: str) -> frozenset[str]:
    """Return the attributes that are unknown, not empty, if a resource lacks them.

    Args:
        resource_type: its name. A type that is not registered has no such attributes.
    """
    kind = TYPES.get(resource_type)
    if kind is None:
        return frozenset()
    return kind.unknown_if_missing.union(kind.privileged)


def optional_attributes(resource_type: str) -> frozenset[str]:
    """Return the attributes that files of an object may leave out.

    Args:
        resource_type: its name. A type that is not registered, or whose objects are not
            in files, has no such attributes.
    """
    kind = TYPES.get(resource_type)
    if kind is None or kind.layout is None:
        return frozenset()
    return kind.unknown_if_missing


def recorded_since(resource_type: str) -> Mapping[str, str]:
    """Return the attributes that early versions of this library did not read.

    Args:
        resource_type: its name. A type that is not registered has no such attributes.

    Returns:
        With each, an attribute that is always present where it was read.
    """
    kind = TYPES.get(resource_type)
    return {} if kind is None else kind.recorded_since


def sets_of(resource_type: str) -> Sets:
    """Return which lists in the attributes of a type are sets."""
    kind = TYPES.get(resource_type)
    return TAGS if kind is None else {**TAGS, **kind.sets}


def without_noise(resource_type: str, attributes: dict[str, JSON]) -> dict[str, JSON]:
    """Return attributes without what this version of the library takes for noise.

    Args:
        resource_type: its name. A type that is not registered has no noise.
        attributes: not modified.
    """
    kind = TYPES.get(resource_type)
    return attributes if kind is None else kind.without_noise(attributes)


def writing_of(resource_type: str) -> Writing:
    """Return how a plan may change objects of a type."""
    kind = TYPES.get(resource_type)
    return Writing(undeletable="its type is unknown") if kind is None else kind.writing


def is_id_generated(resource_type: str) -> bool:
    """Return whether DSS generates the ids of new objects of a type."""
    kind, writer = TYPES.get(resource_type), writing_of(resource_type).writer
    is_chosen = writer is not None and writer.chooses_id
    return kind is not None and kind.identity is Identity.GENERATED and not is_chosen


def kept_by_dss(rid: ResourceId) -> str:
    """Return why DSS itself creates and deletes an object; "" if it does not."""
    return writing_of(rid.resource_type).by_dss.get(rid.resource_name, "")


def is_recreated(old: Resource | None, new: Resource | None) -> bool:
    """Return whether an object was deleted and recreated under the same id.

    Args:
        old: the earlier version; ``None`` if the object did not exist.
        new: the later version; ``None`` if the object does not exist.
    """
    if old is None or new is None:
        return False
    kind = TYPES.get(new.resource_type)
    return kind is not None and kind.is_recreated(old, new)


def redacted(resource_type: str, attributes: dict[str, JSON]) -> dict[str, JSON]:
    """Return attributes of which an older release may have masked less.

    Args:
        resource_type: name of a type; attributes of an unregistered one are returned as
            they are.
        attributes: not modified.
    """
    kind = TYPES.get(resource_type)
    return attributes if kind is None else kind.redact(attributes, redact_constant)


def severity_of(resource_type: str, path: Path) -> Severity:
    """Return what a change of the value at a path affects.

    Args:
        resource_type: its name; one that is not registered has no severities.
        path: names of members.
    """
    kind = TYPES.get(resource_type)
    return Severity.OTHER if kind is None else kind.severity_of(path)


def variables_path(resource_type: str) -> Path | None:
    """Return where objects of a type have project variables; ``None`` if nowhere."""
    kind = TYPES.get(resource_type)
    return None if kind is None else kind.variables_path


def replaceable_types() -> dict[str, InstanceType]:
    """Return the types of whose objects an overlay may have other names, by name."""
    return {
        name: kind
        for name, kind in TYPES.items()
        if isinstance(kind, InstanceType) and kind.overlay_section
    }


def references_of(resource: Resource) -> tuple[Reference, ...]:
    """Return what a resource refers to; nothing if its type is not registered."""
    kind = TYPES.get(resource.resource_type)
    return () if kind is None else tuple(kind.references(resource.attributes))


def facts_of(resource: Resource) -> tuple[Fact, ...]:
    """Return what a resource is, in short; nothing if its type is not registered."""
    kind = TYPES.get(resource.resource_type)
    return () if kind is None else tuple(kind.facts(resource.attributes))


def display_name_of(resource: Resource) -> str:
    """Return the name that people know an object by; "" if its id has that name.

    Args:
        resource: of any type; one that is not registered has no such name.
    """
    kind = TYPES.get(resource.resource_type)
    return "" if kind is None else kind.display_name(resource.attributes)


def is_produced(resource_type: str, path: Path) -> bool:
    """Return whether DSS rewrites a value when a recipe is saved or run.

    What only people read is written by people.
    """
    kind = TYPES.get(resource_type)
    if kind is None or not _is_below(path, kind.produced):
        return False
    return kind.severity_of(path) is not Severity.DESCRIPTION


def code_of(resource_type: str) -> Collection[Path]:
    """Return the paths of texts that are code in objects of a type."""
    kind = TYPES.get(resource_type)
    return () if kind is None else kind.code


def has_counted_ids(resource_type: str) -> bool:
    """Return whether ids of a type are numbers that DSS counts up."""
    kind = TYPES.get(resource_type)
    return kind is not None and kind.has_counted_ids


def is_environment_specific(resource_type: str, path: Path) -> bool:
    """Return whether environments are meant to differ in a value.

    These are connections and the like, what decides who may do what, and what the type
    says beside.
    """
    if severity_of(resource_type, path) in _ENVIRONMENT_SPECIFIC:
        return True
    return _is_below(path, writing_of(resource_type).environment_specific)


def is_membership(resource_type: str, path: Path) -> bool:
    """Return whether DSS rewrites a value when objects are created or deleted."""
    kind = TYPES.get(resource_type)
    return kind is not None and _is_below(path, kind.memberships)


def _is_below(path: Path, paths: Collection[Path]) -> bool:
    return any(path[: len(other)] == other for other in paths)


def noun_of(resource_type: str, count: int = 1) -> str:
    """Return what messages call so many objects of a type."""
    kind = TYPES.get(resource_type)
    if kind is None:
        return resource_type if count == 1 else f"{resource_type}s"
    return kind.noun if count == 1 else kind.plural
