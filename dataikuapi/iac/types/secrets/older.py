"""Compares states that have a mask for a setting with those that have the setting.

States written before this library told settings such as ``passwordPolicy`` from secrets
are still in use, and must not show such a setting as changed.
"""

from collections.abc import Mapping
from typing import TypeVar, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.markers import ENCRYPTED, MARKER, SECRET
from dataikuapi.iac.types.secrets.names import Meaning, is_keyed_by_column, meaning_of

__all__ = ["mask_alike"]

Value = TypeVar("Value", bound=JSON)


def mask_alike(one: Value, other: Value) -> tuple[Value, Value]:
    """Return both values, with a marker for each setting that one of them masks.

    In an older state nothing is known of such a setting, so it is neither equal to
    today's nor changed. A marker with a key id is not from an older state. Under the
    name of a secret, the constant marker is taken for that of a secret, which has
    become a setting.

    Args:
        one: attributes, with markers; not modified.
        other: the same attributes at another time.
    """
    return cast(tuple[Value, Value], _alike(one, other, Meaning.UNKNOWN, ""))


def _alike(one: JSON, other: JSON, meaning: Meaning, name: str) -> tuple[JSON, JSON]:
    """Return both values with the same markers.

    Args:
        one: a value.
        other: the value in its place at another time.
        meaning: what its name says of it, or that of an object around it.
        name: its own, or that of the list around it.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return _alike_objects(one, other, meaning, name)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        items = zip(one, other, strict=True)
        pairs = [_alike(first, second, meaning, name) for first, second in items]
        return [first for first, _ in pairs], [second for _, second in pairs]
    for marked, shown in ((one, other), (other, one)):
        if _may_mask_setting(marked, meaning) and _is_shown(shown):
            return SECRET, SECRET
    return one, other


def _alike_objects(
    one: dict[str, JSON], other: dict[str, JSON], meaning: Meaning, name: str
) -> tuple[JSON, JSON]:
    first, second = dict(one), dict(other)
    for key in one.keys() & other.keys():
        own = Meaning.SETTING if is_keyed_by_column(name) else _meaning(one, key)
        if own is Meaning.UNKNOWN:
            own = meaning
        first[key], second[key] = _alike(one[key], other[key], own, key)
    return first, second


def _meaning(around: Mapping[str, JSON], key: str) -> Meaning:
    """Return what the name of a member says, or the name beside it."""
    label = around.get("name", around.get("key"))
    return meaning_of(label if key == "value" and isinstance(label, str) else key)


def _may_mask_setting(marked: JSON, meaning: Meaning) -> bool:
    """Return whether a whole value is a marker behind which there may be a setting."""
    if not isinstance(marked, str) or marked == ENCRYPTED:
        return False
    marker = MARKER.fullmatch(marked)
    is_older = marked != SECRET and marker is not None and marker["key_id"] is None
    return is_older or (meaning is Meaning.SETTING and marked == SECRET)


def _is_shown(value: JSON) -> bool:
    if isinstance(value, str):
        return value != "" and MARKER.fullmatch(value) is None
    return isinstance(value, (int, float)) and not isinstance(value, bool)
