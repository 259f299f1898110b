"""Where in a resource an overlay has something to say."""

from collections.abc import Iterator
from typing import NamedTuple

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.pointers import parse_pointer, value_at_pointer
from dataikuapi.iac.overlay.model import Overlay
from dataikuapi.iac.types.references import Reference
from dataikuapi.iac.types.registry import (
    CODE_ENV,
    CONNECTION,
    references_of,
    variables_path,
)

__all__ = ["NamePlace", "ValuePlace", "name_places", "value_places"]

Tokens = tuple[str, ...]


class ValuePlace(NamedTuple):
    """Where an overlay sets a value.

    Args:
        entry: of the overlay, such as ``patch[0]``, for messages.
        tokens: names and positions on the way to the value.
        value: what the environment has there.
    """

    entry: str
    tokens: Tokens
    value: JSON


class NamePlace(NamedTuple):
    """Where a resource has the name of a connection or a code environment.

    Args:
        section: of the overlay, ``connections`` or ``code_envs``.
        tokens: names and positions on the way to the text that has the name.
        name: as it is now.
        before: what the text has before the name.
        after: what it has after the name.
    """

    section: str
    tokens: Tokens
    name: str
    before: str
    after: str


def value_places(resource: Resource, overlay: Overlay) -> Iterator[ValuePlace]:
    """Yield where the overlay sets a value in a resource.

    A patch whose pointer leads nowhere in this resource has no place in it.
    """
    path = variables_path(resource.resource_type)
    if path is not None and _leads_somewhere(resource, (*path, "")):
        for name, value in overlay.variables.items():
            yield ValuePlace(f"variables.{name}", (*path, name), value)
    for number, patch in enumerate(overlay.patches):
        if patch.ids.fullmatch(resource.resource_id) and _leads_somewhere(
            resource, patch.tokens
        ):
            yield ValuePlace(f"patch[{number}]", patch.tokens, patch.value)


def _leads_somewhere(resource: Resource, tokens: Tokens) -> bool:
    """Return whether there is a value, or an object that may have it as a member."""
    *parents, last = tokens
    try:
        holder = value_at_pointer(resource.attributes, parents)
        if not isinstance(holder, dict):
            value_at_pointer(holder, [last])
    except LookupError:
        return False
    return True


def name_places(resource: Resource) -> Iterator[NamePlace]:
    """Yield where a resource has names of connections and code environments."""
    for reference in references_of(resource):
        if reference.resource_type == CONNECTION.name:
            section, name = "connections", reference.name
        elif reference.resource_type == CODE_ENV.name:
            section, name = "code_envs", reference.name.partition("/")[2]
        else:
            continue
        yield _name_place(resource, reference, section, name)


def _name_place(
    resource: Resource, reference: Reference, section: str, name: str
) -> NamePlace:
    tokens = parse_pointer(reference.pointer)
    text = str(value_at_pointer(resource.attributes, tokens))
    if text == name:
        return NamePlace(section, tokens, name, "", "")
    # A part of the id of an LLM, type:connection:model.
    before, _, after = text.partition(f":{name}:")
    return NamePlace(section, tokens, name, f"{before}:", f":{after}")
