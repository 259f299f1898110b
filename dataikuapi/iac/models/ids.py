"""Resource ids: ``{type}.{PROJECT_KEY}``, or with one more ``.{name}``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

__all__ = [
    "ResourceId",
    "is_id_of",
    "listing_key",
    "listing_of",
    "make_resource_id",
    "unique",
]

# The name is everything after the second dot: names of real recipes contain dots,
# spaces and apostrophes. The schema of the state file has the same pattern.
_PATTERN = re.compile(r"([a-z_]+)\.([^.\n]+)(?:\.(.+))?")


@dataclass(frozen=True)
class ResourceId:
    """A resource id, parsed once.

    Args:
        resource_type: lower-case letters and underscores, e.g. ``dataset``.
        project_key: the key of the project, without a dot.
        resource_name: the name inside the project; "" for the project itself.

    Raises:
        ValueError: if an id of these parts would not parse back to them.
    """

    resource_type: str
    project_key: str
    resource_name: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that would parse back to other parts."""
        parts = (self.resource_type, self.project_key, self.resource_name)
        match = _PATTERN.fullmatch(str(self))
        if match is None or tuple(match.groups("")) != parts:
            raise ValueError(_invalid(self.resource_type, str(self)))

    @classmethod
    def parse(cls, text: str) -> "ResourceId":
        """Parse an id: split it at its first two dots.

        Raises:
            ValueError: ``Invalid {type} resource_id``, and what was expected.
        """
        match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(_invalid(str(text).partition(".")[0], text))
        # Not by __init__, which would match again: a state has many ids.
        rid = object.__new__(cls)
        rid.__dict__.update(zip(_PARTS, match.groups("")))
        return rid

    def __str__(self) -> str:
        """Return the id."""
        suffix = f".{self.resource_name}" if self.resource_name else ""
        return f"{self.resource_type}.{self.project_key}{suffix}"


_PARTS = tuple(field.name for field in fields(ResourceId))


def make_resource_id(
    resource_type: str, project_key: str, resource_name: str | None = None
) -> str:
    """Return the id of an object.

    Args:
        resource_type: e.g. ``project``, ``dataset``, ``recipe``.
        project_key: the key of the project.
        resource_name: the name inside the project; omitted for the project itself.

    Returns:
        ``{type}.{PROJECT_KEY}`` or ``{type}.{PROJECT_KEY}.{name}``.

    Raises:
        ValueError: if the result would not be a valid id.
    """
    return str(ResourceId(resource_type, project_key, resource_name or ""))


def listing_key(resource_type: str, project_key: str) -> str:
    """Return the key of the list of all objects of a type in a project.

    Where keys are ids of objects that could not be read, it is the key of a list that
    could not be read. As a pattern, it matches the ids of the objects.

    Returns:
        E.g. ``recipe.SHOP.*``.
    """
    return f"{resource_type}.{project_key}.{_ALL}"


def listing_of(key: str) -> ResourceId | None:
    """Return a :func:`listing_key`, parsed; ``None`` for the id of an object."""
    rid = ResourceId.parse(key)
    return rid if rid.resource_name == _ALL else None


_ALL = "*"


def unique(items: Iterable[str], argument: str) -> list[str]:
    """Return ids or keys, each once, in their order.

    Args:
        items: what a caller passed.
        argument: name of the argument, for the error.

    Raises:
        ValueError: if it is a single string, whose items would be letters.
    """
    if isinstance(items, str):
        raise ValueError(f"{argument} is {items!r}; it takes a list: [{items!r}]")
    return list(dict.fromkeys(items))


def is_id_of(resource_type: str, text: object) -> bool:
    """Return, in a fraction of the time that parsing takes, whether it succeeds.

    Args:
        resource_type: the type that the id has to begin with.
        text: the id.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    return match is not None and match[1] == resource_type


def _invalid(resource_type: str, text: object) -> str:
    kind = resource_type[:40]
    return (
        f"Invalid {kind} resource_id {str(text)[:200]!r}: expected "
        f"{kind}.{{PROJECT_KEY}}, or {kind}.{{PROJECT_KEY}}.{{name}} inside a project"
    )
