"""Lays an overlay over the resources of a state, and takes it off again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple, cast

from dataikuapi.iac.exceptions import OverlayError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.pointers import (
    value_at_pointer,
    with_value_at,
    without_value_at,
)
from dataikuapi.iac.overlay.model import Overlay
from dataikuapi.iac.overlay.places import (
    NamePlace,
    ValuePlace,
    name_places,
    value_places,
)
from dataikuapi.iac.types.lookup import redacted, without_noise

__all__ = ["Overlaid", "apply_overlay", "remove_overlay", "with_attributes"]

Names = Mapping[str, Mapping[str, str]]
"""New names of objects of the instance, by section of the overlay and old name."""


class Overlaid(NamedTuple):
    """A state over which an overlay was laid.

    Args:
        state: with the values of the environment.
        unmatched: entries of the overlay that matched nothing, such as ``patch[0]``.
        places: where the overlay has set something, by the id of the object: names and
            positions on the way there.
    """

    state: State
    unmatched: tuple[str, ...]
    places: Mapping[str, frozenset[tuple[str, ...]]] = MappingProxyType({})


def apply_overlay(state: State, overlay: Overlay) -> Overlaid:
    """Return what an environment should have, given what the code says.

    Args:
        state: what the code says; not modified. Secrets that the overlay sets are
            masked, as those that are read from DSS.
        overlay: that of the environment.

    Raises:
        OverlayError: if two entries set the same value.
    """
    if not overlay:
        return Overlaid(state, ())
    names = _names(overlay)
    used: set[str] = set()
    resources, places = {}, {}
    for resource in state.resources.values():
        values = list(value_places(resource, overlay))
        renamed = [
            place
            for place in name_places(resource)
            if place.name in names[place.section] and not _is_overruled(place, values)
        ]
        _require_apart(resource, values, renamed)
        used.update(place.entry for place in values)
        used.update(f"{place.section}.{place.name}" for place in renamed)
        attributes: JSON = resource.attributes
        for place in renamed:
            new = names[place.section][place.name]
            attributes = _with_name(attributes, place, new)
        for item in values:
            attributes = with_value_at(attributes, item.tokens, item.value)
        rid = resource.resource_id
        resources[rid] = with_attributes(resource, attributes)
        places[rid] = frozenset(
            [*(item.tokens for item in values), *(item.tokens for item in renamed)]
        )
    unmatched = tuple(entry for entry in _entries(overlay) if entry not in used)
    set_places = {rid: found for rid, found in places.items() if found}
    return Overlaid(replace(state, resources=resources), unmatched, set_places)


def remove_overlay(state: State, overlay: Overlay, base: State) -> State:
    """Return what the code should say, given what an environment has.

    A value that the overlay sets is that of the code, whatever the environment has, and
    missing where the code has none.

    Args:
        state: what the environment has; not modified.
        overlay: that of the environment.
        base: what the code says now.

    Raises:
        OverlayError: if two entries set the same value, that is not certain, or laying
            the overlay over the result would not give what the environment has.
    """
    if not overlay:
        return state
    names = _names(overlay)
    resources = {
        resource.resource_id: _without_overlay(
            resource, overlay, names, base.get_resource(resource.resource_id)
        )
        for resource in state.resources.values()
    }
    return replace(state, resources=resources)


def _without_overlay(
    resource: Resource, overlay: Overlay, names: Names, base: Resource | None
) -> Resource:
    own: JSON = {} if base is None else base.attributes
    attributes: JSON = resource.attributes
    values, renamed = list(value_places(resource, overlay)), []
    for place in name_places(resource):
        old = _old_name(resource, place, names[place.section], own)
        if old != place.name:
            attributes = _with_name(attributes, place, old)
            if not _is_overruled(place, values):
                renamed.append(place._replace(name=old))
    _require_apart(resource, values, renamed)
    for item in values:
        attributes = _with_own_value(resource, attributes, item, own)
    return with_attributes(resource, attributes)


def _old_name(
    resource: Resource, place: NamePlace, names: Mapping[str, str], own: JSON
) -> str:
    """Return which name in the code stands for one in an environment."""
    candidates = [old for old, new in names.items() if new == place.name]
    if place.name not in names:
        candidates.append(place.name)  # As it is.
    if not candidates and not place.is_used:
        candidates.append(place.name)  # Left over from where it was used.
    if not candidates:
        raise OverlayError(
            f"{resource.resource_id} uses {place.name} in this environment, and no "
            f"name in the code would give that: {place.section} replaces it with "
            f"{names[place.name]}. Change the object, or the overlay"
        )
    for name in candidates:
        if _text_at(own, place.tokens) == f"{place.before}{name}{place.after}":
            return name
    if len(candidates) > 1 and place.name in names.values():
        candidates = [name for name in candidates if name != place.name]
    if len(candidates) > 1 and place.is_used:
        raise OverlayError(
            f"{resource.resource_id} uses {place.name} in this environment, and "
            f"{place.section} has that for each of {', '.join(candidates)}. Write the "
            "right one into the file of the object, then pull again"
        )
    return candidates[0]


def _text_at(value: JSON, tokens: Sequence[str]) -> JSON:
    try:
        return value_at_pointer(value, tokens)
    except LookupError:
        return None


def _with_own_value(
    resource: Resource, attributes: JSON, place: ValuePlace, own: JSON
) -> JSON:
    try:
        return with_value_at(
            attributes, place.tokens, value_at_pointer(own, place.tokens)
        )
    except LookupError:
        pass  # The code does not have it.
    try:
        return without_value_at(attributes, place.tokens)
    except LookupError as error:
        raise OverlayError(
            f"{place.entry} sets an item of a list in {resource.resource_id}, and the "
            "code has no such item, so there is nothing to write in its place. Let the "
            "entry set the whole list"
        ) from error


def _with_name(attributes: JSON, place: NamePlace, name: str) -> JSON:
    text = f"{place.before}{name}{place.after}"
    return with_value_at(attributes, place.tokens, text)


def with_attributes(resource: Resource, attributes: JSON) -> Resource:
    """Return the resource with other attributes, as they would be read."""
    if attributes is resource.attributes:
        return resource
    kind, changed = resource.resource_type, cast(dict[str, JSON], attributes)
    return replace(
        resource,
        attributes=redacted(kind, without_noise(kind, changed)),
        metadata=replace(resource.metadata, checksum=""),
    )


def _is_overruled(place: NamePlace, values: Iterable[ValuePlace]) -> bool:
    """Return whether a name that is not known to be used has an entry of its own."""
    return not place.is_used and any(
        place.tokens[: len(item.tokens)] == item.tokens for item in values
    )


def _require_apart(
    resource: Resource, values: Iterable[ValuePlace], names: Iterable[NamePlace]
) -> None:
    """Check that no two entries say something about the same value."""
    found = [
        *((place.tokens, place.entry) for place in values),
        *((place.tokens, f"{place.section}.{place.name}") for place in names),
    ]
    found.sort(key=lambda item: item[0])
    for (tokens, entry), (others, other) in pairwise(found):
        if others[: len(tokens)] == tokens:
            raise OverlayError(
                f"{entry} and {other} of the overlay both set "
                f"{'.'.join(others)} of {resource.resource_id}. Remove one of them"
            )


def _names(overlay: Overlay) -> Names:
    return {"connections": overlay.connections, "code_envs": overlay.code_envs}


def _entries(overlay: Overlay) -> Iterator[str]:
    """Yield the name of each entry, as messages have it."""
    for section, names in _names(overlay).items():
        yield from (f"{section}.{name}" for name in names)
    yield from (f"variables.{name}" for name in overlay.variables)
    yield from (f"patch[{number}]" for number in range(len(overlay.patches)))
