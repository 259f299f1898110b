"""Ids of objects in DSS that differ from those in the code, and what refers to them.

DSS generates the ids of most types, so an object that is created again, or in another
environment, has another id there. The state remembers which.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import cast

from dataikuapi.iac.analysis.flow import possible_ids
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.pointers import (
    parse_pointer,
    value_at_pointer,
    with_value_at,
)
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.state import State
from dataikuapi.iac.types.registry import references_of, sets_of
from dataikuapi.iac.types.sets import sorted_sets

__all__ = [
    "LiveIds",
    "distinct",
    "live_ids_of",
    "renamed",
    "translated",
    "with_ids",
    "with_live_ids",
]

LiveIds = Mapping[str, str]
"""Ids of resources in DSS, by their ids in the code, where they differ."""

_KEY = "ids"
"""The key of the state file. It is optional, and among what a state keeps as ``extra``,
so that versions of this library that do not know it keep it too."""


def live_ids_of(state: State) -> dict[str, str]:
    """Return the ids that a state remembers."""
    found = state.extra.get(_KEY)
    if not isinstance(found, dict):
        return {}
    return {code: live for code, live in found.items() if isinstance(live, str)}


def with_live_ids(state: State, ids: LiveIds) -> State:
    """Return a state that remembers these ids, and no others.

    An object that was deleted in DSS and created again has another id there since: that
    is the one to remember.

    Args:
        state: is not changed.
        ids: those to remember.
    """
    extra = {name: item for name, item in state.extra.items() if name != _KEY}
    latest = {code: _latest(code, ids) for code in sorted(ids)}
    found = {code: live for code, live in latest.items() if code != live}
    if found:
        extra[_KEY] = cast(JSON, found)
    return replace(state, extra=extra)


def _latest(resource_id: str, ids: LiveIds) -> str:
    """Return the id that one has in the end, if that has another one, and so on."""
    seen = {resource_id}
    while (following := ids.get(resource_id, resource_id)) not in seen:
        seen.add(following)
        resource_id = following
    return resource_id


def distinct(ids: LiveIds, code: Container[str]) -> LiveIds:
    """Return the ids by which no two objects of the code are the same one in DSS.

    One that took the place of another has its id in DSS. If the code has the other one
    again, the id is that one's.

    Args:
        ids: in DSS, by those in the code.
        code: ids of the objects in the code.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for code_id, live_id in ids.items():
        if code_id in code:
            is_another = live_id in code and live_id not in ids
            if is_another or live_id in taken:
                continue
            taken.add(live_id)
        found[code_id] = live_id
    return found


def translated(state: State, ids: LiveIds) -> State:
    """Return a state whose objects have other ids, and refer to each other by these.

    Args:
        state: is not changed.
        ids: new ids of resources, by the old ones.
    """
    if not ids:
        return state
    moved = [with_ids(item, ids) for item in state]
    return replace(
        state,
        resources={item.resource_id: item for item in moved},
        unknown={ids.get(key, key): why for key, why in state.unknown.items()},
    )


def with_ids(resource: Resource, ids: LiveIds) -> Resource:
    """Return an object with other ids: its own, and those that it refers to.

    Args:
        resource: is not changed.
        ids: new ids of resources, by the old ones.
    """
    attributes = resource.attributes
    new_id = ids.get(resource.resource_id, resource.resource_id)
    old_name = resource.resource_name
    if new_id != resource.resource_id and attributes.get("id") == old_name:
        attributes = {**attributes, "id": ResourceId.parse(new_id).resource_name}
    for reference in references_of(resource) if ids else ():
        for possible in possible_ids(resource, reference):
            if possible in ids:
                tokens = parse_pointer(reference.pointer)
                attributes = _replaced(attributes, tokens, possible, ids[possible])
                break
    if new_id == resource.resource_id and attributes is resource.attributes:
        return resource
    return replace(
        resource,
        resource_id=new_id,
        attributes=sorted_sets(attributes, sets_of(resource.resource_type)),
        metadata=replace(resource.metadata, checksum=""),
    )


def renamed(resource: Resource, new_id: str) -> Resource:
    """Return an object under another name; what it refers to stays.

    Args:
        resource: is not changed.
        new_id: its id under that name.
    """
    name = ResourceId.parse(new_id).resource_name
    attributes = resource.attributes
    if attributes.get("name") == resource.resource_name:
        attributes = {**attributes, "name": name}
    metadata = replace(resource.metadata, checksum="", dataiku_internal_id=name)
    return replace(
        resource, resource_id=new_id, attributes=attributes, metadata=metadata
    )


def _replaced(
    attributes: dict[str, JSON], tokens: tuple[str, ...], old_id: str, new_id: str
) -> dict[str, JSON]:
    """Return attributes in which the text at a pointer has the name of the new id."""
    text = value_at_pointer(attributes, tokens)
    if not isinstance(text, str):
        return attributes
    old, new = (ResourceId.parse(each).resource_name for each in (old_id, new_id))
    changed = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", lambda _: new, text)
    return cast(dict[str, JSON], with_value_at(attributes, tokens, changed))
