"""Finds changes that several resources have in common."""

from collections.abc import Iterable
from typing import NamedTuple

from dataikuapi.iac.models import Change, ResourceDiff
from dataikuapi.iac.models.json_values import canonical_bytes

__all__ = ["MIN_RESOURCES", "ChangeKey", "Group", "group_changes", "key_of"]

MIN_RESOURCES = 3
"""The least number of resources with the same change that are shown together."""

ChangeKey = tuple[str, str, bytes, bytes]
"""Equal for changes of the same kind, at the same path, with the same values."""


class Group(NamedTuple):
    """Changes that are the same in each of several resources."""

    changes: tuple[Change, ...]
    diffs: tuple[ResourceDiff, ...]


def key_of(change: Change) -> ChangeKey:
    """Return what is equal for equal changes of several resources."""
    return (
        change.kind.value,
        f"{change.path} {change.from_pointer or ''}",
        canonical_bytes(change.old),
        canonical_bytes(change.new),
    )


def group_changes(
    found: Iterable[tuple[ResourceDiff, Iterable[Change]]],
) -> list[Group]:
    """Return the changes that at least :data:`MIN_RESOURCES` resources share.

    Changes that the same resources share make up one group.

    Args:
        found: diffs, each with those of its changes that are considered.
    """
    owners: dict[ChangeKey, dict[str, ResourceDiff]] = {}
    samples: dict[ChangeKey, Change] = {}
    for diff, changes in found:
        for change in changes:
            key = key_of(change)
            owners.setdefault(key, {})[diff.resource_id] = diff
            samples.setdefault(key, change)
    groups: dict[tuple[str, ...], Group] = {}
    for key, diffs in owners.items():
        if len(diffs) >= MIN_RESOURCES:
            known = groups.get(tuple(diffs), Group((), tuple(diffs.values())))
            groups[tuple(diffs)] = known._replace(
                changes=(*known.changes, samples[key])
            )
    return list(groups.values())
