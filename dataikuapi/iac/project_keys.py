"""Gives projects in a state other keys, wherever they are named."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import cast

from dataikuapi.iac.live_ids import live_ids_of, with_live_ids
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.pointers import (
    parse_pointer,
    value_at_pointer,
    with_value_at,
)
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.state import State
from dataikuapi.iac.types.lookup import references_of, sets_of
from dataikuapi.iac.types.references import Reference
from dataikuapi.iac.types.sets import sorted_sets

__all__ = ["moved_id", "with_project_keys"]

_BESIDE = "projectKey"
"""The member with the project of an object that is named beside it."""

_EXPOSED = ("exposedObjects", "objects", "rules", "targetProject")


def with_project_keys(state: State, keys: Mapping[str, str]) -> State:
    """Return the state with other project keys: in ids, attributes, scope and unknown.

    References to objects of these projects follow, in other projects as well.

    Args:
        state: is not changed.
        keys: the new key of each project that gets another one.

    Raises:
        ValueError: if two projects of the state would have the same key.
    """
    keys = {old: new for old, new in keys.items() if old != new}
    if not keys:
        return state
    _require_apart(state, keys)
    known = state.resources.keys()
    moved = [_with_project_key(each, keys, known) for each in state.list_resources()]
    ids = {
        moved_id(code, keys): moved_id(live, keys)
        for code, live in live_ids_of(state).items()
    }
    scope = None if state.scope is None else state.scope.with_project_keys(keys)
    resources = {each.resource_id: each for each in moved}
    return replace(
        with_live_ids(state, ids),
        resources=resources,
        scope=scope,
        unknown={moved_id(key, keys): why for key, why in state.unknown.items()},
        unknown_in_part={
            moved_id(key, keys): names for key, names in state.unknown_in_part.items()
        },
    )


def _require_apart(state: State, keys: Mapping[str, str]) -> None:
    """Check that no two projects get the same key: only one would be left."""
    found: dict[str, str] = {}
    for old in sorted(state.project_keys()):
        new = keys.get(old, old)
        if new in found:
            raise ValueError(
                f"projects {found[new]} and {old} would both be {new}: give each a key "
                "of its own, or leave one of them out"
            )
        found[new] = old


def moved_id(text: str, keys: Mapping[str, str]) -> str:
    """Return an id, or the key of a listing, with another project key."""
    rid = ResourceId.parse(text)
    return str(replace(rid, project_key=keys.get(rid.project_key, rid.project_key)))


def _with_project_key(
    resource: Resource, keys: Mapping[str, str], known: Container[str]
) -> Resource:
    own, attributes = resource.project_key, resource.attributes
    if own in keys and attributes.get("projectKey") == own:
        attributes = {**attributes, "projectKey": keys[own]}
    for reference in references_of(resource):
        if reference.project_key in keys and not _is_name(reference, own, known):
            attributes = _with_reference(attributes, reference, keys)
    attributes = _with_texts(attributes, _EXPOSED, keys)
    if own not in keys and attributes is resource.attributes:
        return resource
    return replace(
        resource,
        resource_id=moved_id(resource.resource_id, keys),
        attributes=sorted_sets(attributes, sets_of(resource.resource_type)),
        metadata=replace(resource.metadata, checksum=""),
    )


def _is_name(reference: Reference, own: str, known: Container[str]) -> bool:
    """Return whether what looks like a project is part of a name in the same one."""
    types = (reference.resource_type, *reference.other_types)
    name = f"{own}.{reference.project_key}.{reference.name}"
    return reference.is_smart and any(f"{kind}.{name}" in known for kind in types)


def _with_reference(
    attributes: dict[str, JSON], reference: Reference, keys: Mapping[str, str]
) -> dict[str, JSON]:
    """Return attributes in which a reference has the new key of its project."""
    old = str(reference.project_key)
    tokens = parse_pointer(reference.pointer)
    text = value_at_pointer(attributes, tokens)
    beside = (*tokens[:-1], _BESIDE)
    owner = value_at_pointer(attributes, tokens[:-1])
    if isinstance(text, str) and text.startswith(f"{old}."):
        new = f"{keys[old]}{text[len(old):]}"
        return cast(dict[str, JSON], with_value_at(attributes, tokens, new))
    if isinstance(owner, dict) and owner.get(_BESIDE) == old:
        return cast(dict[str, JSON], with_value_at(attributes, beside, keys[old]))
    return attributes


def _with_texts(
    attributes: dict[str, JSON], path: tuple[str, ...], keys: Mapping[str, str]
) -> dict[str, JSON]:
    """Return attributes in which texts at a path are keys that may be new ones."""
    changed = _renamed(attributes, path, keys)
    return attributes if changed == attributes else cast(dict[str, JSON], changed)


def _renamed(value: JSON, path: tuple[str, ...], keys: Mapping[str, str]) -> JSON:
    if isinstance(value, list):
        return [_renamed(item, path, keys) for item in value]
    if not path:
        return keys.get(value, value) if isinstance(value, str) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _renamed(value[path[0]], path[1:], keys)}
