"""Ids of objects in DSS that differ from those in the code, and what refers to them.

DSS generates the ids of most types, so an object that is created again, or in another
environment, has another id there. The state remembers which.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from itertools import count
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
from dataikuapi.iac.types.code_texts import with_changed_texts
from dataikuapi.iac.types.lookup import code_of, has_counted_ids, references_of, sets_of
from dataikuapi.iac.types.sets import sorted_sets

__all__ = [
    "LiveIds",
    "distinct",
    "live_ids_of",
    "renamed",
    "translated",
    "with_code_ids",
    "with_ids",
    "with_live_ids",
]

LiveIds = Mapping[str, str]
"""Ids of resources in DSS, by their ids in the code, where they differ."""

_GENERATED = re.compile(r"(?=.*[0-9A-Z])\w{6,}")
"""What looks like an id that DSS has generated: 6 or more such characters."""

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

    Args:
        state: is not changed.
        ids: those to remember; equal ones only where an id is a count, which another
            environment may give to something else.
    """
    extra = {name: item for name, item in state.extra.items() if name != _KEY}
    found = {
        code: ids[code]
        for code in sorted(ids)
        if code != ids[code] or has_counted_ids(ResourceId.parse(code).resource_type)
    }
    if found:
        extra[_KEY] = cast(JSON, found)
    return replace(state, extra=extra)


def distinct(ids: LiveIds, code: Container[str]) -> LiveIds:
    """Drop ids that would map two objects of the code to one in DSS.

    That happens where ``b`` was created in the place of ``a``, so that it has the id of
    ``a`` in DSS, and the code has ``a`` again: then ``a`` gets its id back.

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


def with_code_ids(state: State, ids: LiveIds | None = None) -> State:
    """Return a state whose objects have the ids that they have in the code.

    An object that the code does not have, and whose id is that of another one there,
    gets a number that is free.

    Args:
        state: is not changed.
        ids: in DSS, by those in the code. Defaults to those that the state remembers.
    """
    known = live_ids_of(state) if ids is None else ids
    back = {live: code for code, live in known.items()}
    taken = {*back.values(), *state.resources}
    for rid in sorted(set(back.values()) & (state.resources.keys() - back.keys())):
        parsed = ResourceId.parse(rid)
        numbers = (str(replace(parsed, resource_name=f"{n}")) for n in count(1))
        back[rid] = next(number for number in numbers if number not in taken)
        taken.add(back[rid])
    differing = {live: code for live, code in back.items() if code != live}
    return with_live_ids(translated(state, differing), {})


def translated(state: State, ids: LiveIds) -> State:
    """Return a state whose objects have other ids, and refer to each other by these.

    Args:
        state: is not changed.
        ids: new ids of resources, by the old ones.
    """
    if not ids:
        return state
    renaming = _Renaming(ids)
    moved = [renaming.of(item) for item in state]
    return replace(
        state,
        resources={item.resource_id: item for item in moved},
        unknown={ids.get(key, key): why for key, why in state.unknown.items()},
        unknown_in_part={
            ids.get(key, key): names for key, names in state.unknown_in_part.items()
        },
    )


def with_ids(resource: Resource, ids: LiveIds) -> Resource:
    """Return an object with other ids: its own, and those that it refers to.

    Also where these are in code, such as ``dataiku.Folder("a1B2c3D4")``.

    Args:
        resource: is not changed.
        ids: new ids of resources, by the old ones.
    """
    return _Renaming(ids).of(resource) if ids else resource


class _Renaming:
    """Gives other ids to objects.

    Args:
        ids: new ids of resources, by the old ones.
    """

    def __init__(self, ids: LiveIds) -> None:
        self._ids = ids
        self._in_code: dict[str, dict[str, str]] = {}
        for old, new in ids.items():
            parsed = ResourceId.parse(old)
            name = parsed.resource_name
            is_clear = _GENERATED.fullmatch(name) and not has_counted_ids(
                parsed.resource_type
            )
            if old != new and is_clear:
                names = self._in_code.setdefault(parsed.project_key, {})
                names[name] = ResourceId.parse(new).resource_name

    def of(self, resource: Resource) -> Resource:
        """Return an object with its new ids."""
        attributes, rid = resource.attributes, resource.resource_id
        new_id = self._ids.get(rid, rid)
        if new_id != rid and attributes.get("id") == resource.resource_name:
            attributes = {**attributes, "id": ResourceId.parse(new_id).resource_name}
        for reference in references_of(resource):
            for possible in possible_ids(resource, reference):
                if possible in self._ids:
                    tokens, new = parse_pointer(reference.pointer), self._ids[possible]
                    attributes = _replaced(attributes, tokens, possible, new)
                    break
        attributes = self._with_code(resource, attributes)
        if new_id == rid and attributes is resource.attributes:
            return resource
        return replace(
            resource,
            resource_id=new_id,
            attributes=sorted_sets(attributes, sets_of(resource.resource_type)),
            metadata=replace(resource.metadata, checksum=""),
        )

    def _with_code(
        self, resource: Resource, attributes: dict[str, JSON]
    ) -> dict[str, JSON]:
        """Return attributes with other names of ids of the project in code."""
        paths = code_of(resource.resource_type)
        names = self._in_code.get(resource.project_key, {}) if paths else {}
        if not names:
            return attributes
        token = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])")

        def rename_in(text: str, _: tuple[str, ...] = ()) -> str:
            return token.sub(lambda match: names[match[0]], text)

        changed = with_changed_texts(attributes, paths, rename_in)
        for name, *others in paths:  # A payload that is JSON is code as well.
            if not others and isinstance(changed.get(name), dict):
                changed = {**changed, name: _with_texts(changed[name], rename_in)}
        return attributes if changed == attributes else changed


def _with_texts(value: JSON, change: Callable[[str], str]) -> JSON:
    """Return a value in which all texts are changed, but no names of members."""
    if isinstance(value, dict):
        return {name: _with_texts(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_texts(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


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
