"""Prepares two environments to be compared beyond what their overlays say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.pointers import (
    value_at_pointer,
    with_value_at,
    without_value_at,
)
from dataikuapi.iac.overlay.applying import (
    apply_overlay,
    remove_overlay,
    with_attributes,
)
from dataikuapi.iac.overlay.model import Overlay
from dataikuapi.iac.overlay.places import value_places

__all__ = ["Leveled", "level_overlays"]

_Found = list[JSON]
"""The value at a place, alone; empty if there is none."""


class Leveled(NamedTuple):
    """Two states that are equal as far as both environments are as they should be.

    Args:
        old: what the environment of the later one should have, given the earlier one.
        new: what it has.
        unmatched_old: entries of the earlier one's overlay that matched nothing.
        unmatched_new: likewise, of the later one's.
    """

    old: State
    new: State
    unmatched_old: tuple[str, ...]
    unmatched_new: tuple[str, ...]


def level_overlays(
    old: State, old_overlay: Overlay, new: State, new_overlay: Overlay
) -> Leveled:
    """Return both states without what their environments are meant to differ in.

    What the overlay of the earlier one sets is no difference if it has that. Otherwise
    the difference is from what it has to what it should have.

    Args:
        old: what one environment has, with the project keys of the code.
        old_overlay: its overlay.
        new: what the other one has, likewise.
        new_overlay: its overlay.

    Raises:
        OverlayError: if two entries set the same value, or it is not certain what the
            environments have in common.
    """
    shared = remove_overlay(old, old_overlay, new)
    meant = apply_overlay(shared, old_overlay)
    expected = apply_overlay(shared, new_overlay)
    before, after = dict(expected.state.resources), dict(new.resources)
    for resource_id in before.keys() & after.keys():
        before[resource_id], after[resource_id] = _with_deviations(
            old[resource_id],
            meant.state[resource_id],
            (before[resource_id], after[resource_id]),
            old_overlay,
        )
    return Leveled(
        replace(expected.state, resources=before),
        replace(new, resources=after),
        meant.unmatched,
        expected.unmatched,
    )


def _with_deviations(
    old: Resource, meant: Resource, pair: tuple[Resource, Resource], overlay: Overlay
) -> tuple[Resource, Resource]:
    """Return both sides, with what the earlier one has otherwise than it should."""
    left: JSON = pair[0].attributes
    right: JSON = pair[1].attributes
    for place in value_places(old, overlay):
        has = _found(old.attributes, place.tokens)
        should = _found(meant.attributes, place.tokens)
        if json_equal(has, should):
            continue
        expected, found = _found(left, place.tokens), _found(right, place.tokens)
        left = _with_found(left, place.tokens, has)
        # Where the later one deviates, too, that shows.
        if json_equal(expected, found) or json_equal(has, found):
            right = _with_found(right, place.tokens, should)
    return with_attributes(pair[0], left), with_attributes(pair[1], right)


def _found(value: JSON, tokens: Sequence[str]) -> _Found:
    try:
        return [value_at_pointer(value, tokens)]
    except LookupError:
        return []


def _with_found(value: JSON, tokens: Sequence[str], found: _Found) -> JSON:
    """Return the value with what was found elsewhere, if it has a place for it."""
    try:
        if found:
            return with_value_at(value, tokens, found[0])
        return without_value_at(value, tokens)
    except LookupError:
        return value  # What should hold it differs, which shows.
