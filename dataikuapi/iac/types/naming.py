"""Checks types and ids as users write them against the registry."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.ids import unique
from dataikuapi.iac.models.suggestions import closest
from dataikuapi.iac.types.registry import TYPES

__all__ = [
    "reason_unknown",
    "require_known_type",
    "require_normal_name",
    "select_types",
]


def reason_unknown(name: str) -> str:
    """Return why a user cannot name a type like this, and what to write instead.

    The name itself is not quoted: in the place of a type there may be anything.
    """
    meant = closest(name, TYPES)
    if meant:
        return f"unknown type; did you mean {meant}?"
    return f"unknown type; use one of: {', '.join(TYPES)}"


def require_known_type(resource_id: str, types: Collection[str]) -> str:
    """Return the name of an id's type.

    Args:
        resource_id: need not be valid otherwise.
        types: the accepted names.

    Raises:
        ValueError: if the type is not one of them.
    """
    name = str(resource_id).partition(".")[0]
    if name not in types:
        known = ", ".join(sorted(types))
        is_off = f". Add {name} to types to read it" if name in TYPES else ""
        raise ValueError(f"Unknown resource type {name[:40]!r}; known: {known}{is_off}")
    return name


def require_normal_name(resource_id: ResourceId) -> None:
    """Check that an id is spelled as the object is listed.

    Raises:
        ValueError: if it is not; the message has the right spelling.
    """
    kind, name = TYPES.get(resource_id.resource_type), resource_id.resource_name
    normal = kind.normal_name(name) if kind is not None and name else name
    if normal != name:
        right = str(replace(resource_id, resource_name=normal))[:200]
        write = f"write {right}" if normal else "there is no object of that name"
        raise ValueError(
            f"Invalid {resource_id.resource_type} resource_id "
            f"{str(resource_id)[:200]!r}: {write}"
        )


def select_types(
    names: Iterable[str], known: Collection[str] | None = None
) -> list[str]:
    """Return the names without duplicates, in the order of those that are known.

    Args:
        names: of types.
        known: the accepted names. Defaults to all that are registered.

    Raises:
        ValueError: if a name is not known, there is none, or it is a single string.
    """
    known = TYPES if known is None else known
    selected = [require_known_type(name, known) for name in unique(names, "types")]
    if not selected:
        raise ValueError(
            "types is empty, so nothing would be read; omit it to read all"
        )
    return [name for name in known if name in selected]
