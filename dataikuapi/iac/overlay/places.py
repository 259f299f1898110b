"""Where in a resource an overlay has something to say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.pointers import parse_pointer, value_at_pointer
from dataikuapi.iac.overlay.model import Overlay
from dataikuapi.iac.types.instance_type import InstanceType
from dataikuapi.iac.types.lookup import references_of, replaceable_types, variables_path
from dataikuapi.iac.types.references import Reference

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
    """Where a resource has a name that an overlay may replace.

    Args:
        section: of the overlay, such as ``connections``.
        tokens: names and positions on the way to the text that has the name.
        name: as it is now.
        before: what the text has before the name.
        after: what it has after the name.
        is_used: whether it is known to be used; it may be left over, such as a code
            environment beside the selection of another one.
        is_selected: whether the object around the name says whether it is used.
    """

    section: str
    tokens: Tokens
    name: str
    before: str = ""
    after: str = ""
    is_used: bool = True
    is_selected: bool = False


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
    """Yield where a resource has names that an overlay may replace.

    Also such that are not used: those of an environment are not to be in the code.
    """
    used = set()
    kinds = replaceable_types()
    for place in _used_places(resource, kinds):
        used.add(place.tokens)
        yield place
    # Variables have names that people chose, and an object of the instance its own.
    if (
        variables_path(resource.resource_type) is None
        and resource.project_key != INSTANCE
    ):
        for place in _members(resource.attributes, (), tuple(kinds.values())):
            if place.tokens not in used:
                yield place


def _used_places(
    resource: Resource, kinds: Mapping[str, InstanceType]
) -> Iterator[NamePlace]:
    for reference in references_of(resource):
        kind = kinds.get(reference.resource_type)
        if kind is not None:
            yield _name_place(resource, reference, kind)


def _members(
    value: JSON, tokens: Tokens, kinds: Sequence[InstanceType]
) -> Iterator[NamePlace]:
    """Yield where members at any depth have names, by what the members are called."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _members(item, (*tokens, str(position)), kinds)
    elif isinstance(value, dict):
        for member, item in value.items():
            if isinstance(item, dict | list):
                yield from _members(item, (*tokens, member), kinds)
            elif isinstance(item, str) and item:
                for kind in kinds:
                    if kind.is_named_in(member):
                        yield NamePlace(
                            kind.overlay_section,
                            (*tokens, member),
                            item,
                            is_used=False,
                            is_selected=kind.is_selected,
                        )


def _name_place(
    resource: Resource, reference: Reference, kind: InstanceType
) -> NamePlace:
    name = kind.name_in_documents(reference.name)
    tokens = parse_pointer(reference.pointer)
    text = str(value_at_pointer(resource.attributes, tokens))
    before = after = ""
    if text != name:  # A part of the id of an LLM, type:connection:model.
        before, _, after = text.partition(f":{name}:")
        before, after = f"{before}:", f":{after}"
    return NamePlace(
        kind.overlay_section,
        tokens,
        name,
        before,
        after,
        is_selected=kind.is_selected,
    )
