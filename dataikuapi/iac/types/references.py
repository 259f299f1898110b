"""What an object refers to, and what a summary of it consists of."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from dataikuapi.iac.models.changes import pointer_token
from dataikuapi.iac.models.json_values import JSON

__all__ = ["Fact", "Reference", "Role", "reference_at", "text_at", "value_at"]


class Role(Enum):
    """How an object relates to one that it refers to."""

    INPUT = "input"
    OUTPUT = "output"
    USE = "use"


class Reference(NamedTuple):
    """A reference from one object to another.

    Args:
        resource_type: the type of the other object.
        name: its name or id, within its project.
        pointer: where the reference is, as a JSON Pointer into the attributes.
        role: input and output make up the flow.
        project_key: the project of the other object; ``None`` for the same project.
    """

    resource_type: str
    name: str
    pointer: str
    role: Role = Role.USE
    project_key: str | None = None


class Fact(NamedTuple):
    """One part of the summary of an object, such as its connection.

    Args:
        label: what it is, e.g. ``connection``; several values have a plural.
        values: texts, in order; a count is one text.
    """

    label: str
    values: tuple[str, ...]


def value_at(attributes: Mapping[str, JSON], *path: str) -> JSON:
    """Return the value at a path of member names; ``None`` if there is none."""
    value: JSON = dict(attributes)
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(attributes: Mapping[str, JSON], *path: str) -> str:
    """Return the text at a path; "" if there is none, or something else."""
    value = value_at(attributes, *path)
    return value if isinstance(value, str) else ""


def reference_at(
    attributes: Mapping[str, JSON], resource_type: str, *path: str
) -> Iterator[Reference]:
    """Yield the reference whose name is the text at a path, if there is one."""
    name = text_at(attributes, *path)
    if name:
        pointer = "".join(f"/{pointer_token(part)}" for part in path)
        yield Reference(resource_type, name, pointer)
