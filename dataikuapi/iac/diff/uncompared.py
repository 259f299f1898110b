"""Which attributes of a resource cannot be compared, and why."""

from collections.abc import Iterator

from dataikuapi.iac.models import Resource, UncomparedAttribute
from dataikuapi.iac.types.lookup import (
    optional_attributes,
    privileged_attributes,
    recorded_since,
)

__all__ = ["uncompared_attributes"]


def uncompared_attributes(old: Resource, new: Resource) -> list[UncomparedAttribute]:
    """Return the attributes that are unknown in one of two versions of a resource."""
    kind = old.resource_type
    # Most types have none, and a state has many resources.
    if not (
        privileged_attributes(kind) or optional_attributes(kind) or recorded_since(kind)
    ):
        return []
    return [
        *_unreadable(old, new),
        *_left_out(old, new),
        *_not_recorded(old, new),
    ]


def _unreadable(old: Resource, new: Resource) -> Iterator[UncomparedAttribute]:
    kind = old.resource_type
    for name in sorted(privileged_attributes(kind) - optional_attributes(kind)):
        is_old, is_new = name in old.attributes, name in new.attributes
        if not (is_old and is_new):
            where = (
                "not in the old state"
                if is_new
                else "not in the new state" if is_old else "in neither state"
            )
            reason = f"the API key may not read them ({where})"
            yield UncomparedAttribute(old.resource_id, name, reason)


def _left_out(old: Resource, new: Resource) -> Iterator[UncomparedAttribute]:
    for name in sorted(optional_attributes(old.resource_type)):
        is_old, is_new = name in old.attributes, name in new.attributes
        if is_old != is_new:
            side = "new" if is_old else "old"
            reason = f"the {side} state comes from files that leave them out"
            yield UncomparedAttribute(old.resource_id, name, reason, is_unknown=False)


def _not_recorded(old: Resource, new: Resource) -> Iterator[UncomparedAttribute]:
    for name, witness in recorded_since(old.resource_type).items():
        if witness in old.attributes and witness in new.attributes:
            continue
        if name in old.attributes or name in new.attributes:
            side = "new" if witness in old.attributes else "old"
            reason = (
                f"the {side} state was read by a version of this library that did not "
                "record it; a sync records it"
            )
            yield UncomparedAttribute(old.resource_id, name, reason, is_unknown=False)
