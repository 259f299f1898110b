"""Where in a resource an overlay has something to say."""

from collections.abc import Iterator
from typing import NamedTuple

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.ids import INSTANCE
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


_CODE_ENV_MEMBER = "envname"
_CONNECTION_END = "connection"
"""Names of members that have such a name wherever they are, in lower case."""


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
        is_used: whether it is known to be used; it may be left over, such as a code
            environment beside the selection of another one.
    """

    section: str
    tokens: Tokens
    name: str
    before: str = ""
    after: str = ""
    is_used: bool = True


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
    """Yield where a resource has names of connections and code environments.

    Also such that are not used: those of an environment are not to be in the code.
    """
    used = set()
    for place in _used_places(resource):
        used.add(place.tokens)
        yield place
    # Variables have names that people chose, and an object of the instance its own.
    if (
        variables_path(resource.resource_type) is None
        and resource.project_key != INSTANCE
    ):
        for place in _members(resource.attributes, ()):
            if place.tokens not in used:
                yield place


def _used_places(resource: Resource) -> Iterator[NamePlace]:
    for reference in references_of(resource):
        if reference.resource_type == CONNECTION.name:
            section, name = "connections", reference.name
        elif reference.resource_type == CODE_ENV.name:
            section, name = "code_envs", reference.name.partition("/")[2]
        else:
            continue
        yield _name_place(resource, reference, section, name)


def _members(value: JSON, tokens: Tokens) -> Iterator[NamePlace]:
    """Yield where members at any depth have names, by what the members are called."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _members(item, (*tokens, str(position)))
    elif isinstance(value, dict):
        for member, item in value.items():
            section = _section_of(member)
            if isinstance(item, dict | list):
                yield from _members(item, (*tokens, member))
            elif section and isinstance(item, str) and item:
                yield NamePlace(section, (*tokens, member), item, is_used=False)


def _section_of(member: str) -> str:
    lower = member.lower()
    if lower.endswith(_CONNECTION_END):
        return "connections"
    return "code_envs" if lower == _CODE_ENV_MEMBER else ""


def _name_place(
    resource: Resource, reference: Reference, section: str, name: str
) -> NamePlace:
    tokens = parse_pointer(reference.pointer)
    text = str(value_at_pointer(resource.attributes, tokens))
    if text == name:
        return NamePlace(section, tokens, name)
    # A part of the id of an LLM, type:connection:model.
    before, _, after = text.partition(f":{name}:")
    return NamePlace(section, tokens, name, f"{before}:", f":{after}")
