"""Resource ids: ``{type}.{PROJECT_KEY}`` or ``{type}.{PROJECT_KEY}.{name}``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

__all__ = [
    "INSTANCE",
    "ResourceId",
    "as_keys",
    "is_id_of",
    "listing_key",
    "make_resource_id",
    "parse_listing_key",
    "project_key_of",
    "unique",
]

INSTANCE = "@instance"
"""In place of the project key in ids of what is in no project: ``group.@instance.x``.

No key of a project has an at sign.
"""

# The name is everything after the second dot: real recipe names contain dots, spaces
# and apostrophes. The schema of the state file has the same pattern.
_PATTERN = re.compile(r"([a-z_]+)\.([^.\n]+)(?:\.(.+))?")


@dataclass(frozen=True)
class ResourceId:
    """A parsed resource id.

    Args:
        resource_type: lower-case letters and underscores, e.g. ``dataset``.
        project_key: the key of the project, without a dot.
        resource_name: the name inside the project; "" for the project itself.

    Raises:
        ValueError: if the parts do not form an id that parses back to them.
    """

    resource_type: str
    project_key: str
    resource_name: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that would parse back to other parts."""
        parts = (self.resource_type, self.project_key, self.resource_name)
        match = _PATTERN.fullmatch(str(self))
        if match is None or tuple(match.groups("")) != parts:
            raise ValueError(_invalid_id(self.resource_type, str(self)))

    @classmethod
    def parse(cls, text: str) -> "ResourceId":
        """Parse an id, splitting it at the first two dots.

        Raises:
            ValueError: ``Invalid {type} resource_id``, and what was expected.
        """
        match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(_invalid_id(str(text).partition(".")[0], text))
        # Bypass __init__, which would match again: a state has many ids.
        rid = object.__new__(cls)
        rid.__dict__.update(zip(_PARTS, match.groups(""), strict=True))
        return rid

    def __str__(self) -> str:
        """Return the id."""
        suffix = f".{self.resource_name}" if self.resource_name else ""
        return f"{self.resource_type}.{self.project_key}{suffix}"


_PARTS = tuple(field.name for field in fields(ResourceId))


def make_resource_id(
    resource_type: str, project_key: str, resource_name: str | None = None
) -> str:
    """Build a resource id.

    Args:
        resource_type: e.g. ``project``, ``dataset``, ``recipe``.
        project_key: the key of the project.
        resource_name: the name inside the project; ``None`` for the project itself.

    Returns:
        ``{type}.{PROJECT_KEY}`` or ``{type}.{PROJECT_KEY}.{name}``.

    Raises:
        ValueError: if the result is not a valid id.
    """
    return str(ResourceId(resource_type, project_key, resource_name or ""))


def listing_key(resource_type: str, project_key: str) -> str:
    """Return the key of the listing of all objects of a type in a project.

    A listing that could not be read is recorded under it, beside the ids of objects. As
    a pattern, it matches those ids.

    Returns:
        E.g. ``recipe.SHOP.*``.
    """
    return f"{resource_type}.{project_key}.{_ALL}"


def parse_listing_key(key: str) -> ResourceId | None:
    """Return the type and project of a listing key; ``None`` for an object's id."""
    rid = ResourceId.parse(key)
    return rid if rid.resource_name == _ALL else None


_ALL = "*"


def unique(items: Iterable[str], argument: str) -> list[str]:
    """Return ids or keys without duplicates, in their order.

    Args:
        items: what the caller passed.
        argument: the name of the caller's argument, for the message.

    Raises:
        ValueError: if a single string was passed instead of a list.
    """
    if isinstance(items, str):
        raise ValueError(f"{argument} is {items!r}; it takes a list: [{items!r}]")
    return list(dict.fromkeys(items))


def as_keys(keys: str | Iterable[str] | None, default: list[str]) -> list[str]:
    """Return one key, or several without duplicates, as a list.

    Args:
        keys: one or several; ``None`` for the default.
        default: is returned as it is.
    """
    if keys is None:
        return default
    return [keys] if isinstance(keys, str) else list(dict.fromkeys(keys))


def project_key_of(resource_id: str) -> str:
    """Return the project key in a valid id, much faster than by parsing it."""
    return resource_id.split(".", 2)[1]


def is_id_of(resource_type: str, text: object) -> bool:
    """Return whether a text is a valid id of a type, much faster than by parsing it.

    Args:
        resource_type: the type that the id must begin with.
        text: the id.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    return match is not None and match[1] == resource_type


def _invalid_id(resource_type: str, text: object) -> str:
    kind = resource_type[:40]
    return (
        f"Invalid {kind} resource_id {str(text)[:200]!r}: expected "
        f"{kind}.{{PROJECT_KEY}}, or {kind}.{{PROJECT_KEY}}.{{name}} inside a project"
    )
