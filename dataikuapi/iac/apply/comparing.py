"""Compares an object with what a plan has of it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.live_ids import LiveIds, with_ids
from dataikuapi.iac.models import Change, Resource, ValueChangeType
from dataikuapi.iac.models.changes import member_names
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.plan import PlannedAction
from dataikuapi.iac.plan.edits import edit_in_dss
from dataikuapi.iac.plan.merging import Merge, nothing_is_live
from dataikuapi.iac.types.lookup import is_membership, is_recreated, sets_of, writing_of

__all__ = [
    "NotAsPlanned",
    "elsewhere",
    "is_same",
    "listed_paths",
    "not_removed",
    "require_as_planned",
    "unmet",
    "with_added",
]

_ADDED = ValueChangeType.ADDED

_SHOWN = 5
"""How many paths a message names."""


class NotAsPlanned(Exception):  # No error: it ends one action.
    """An object is not as the plan has it; the message says in which way."""


def is_same(one: Resource, other: Resource) -> bool:
    """Return whether two versions have the same configuration."""
    return not _changes(one, other)


def listed_paths(found: Iterable[str]) -> str:
    """Return paths as a message names them."""
    paths = list(found)
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def unmet(wanted: Resource, after: Resource, before: Resource | None = None) -> str:
    """Return where an object is not as it was to be; "" if that is nowhere.

    What DSS has added by itself does not count. What it had before, it has not added:
    that was to be removed.

    Args:
        wanted: what it was to be.
        after: what it is.
        before: what it was; ``None`` if it was not there.
    """
    changes = _changes(wanted, after)
    left = set() if before is None else not_removed(wanted, after, before)
    return listed_paths(
        item.path for item in changes if item.kind is not _ADDED or item.path in left
    )


def not_removed(wanted: Resource, after: Resource, before: Resource) -> set[str]:
    """Return the paths of what was to be removed, and is still there as it was."""
    old, new = (_additions(wanted, each) for each in (before, after))
    return {path for path in new if path in old and json_equal(new[path], old[path])}


def _additions(wanted: Resource, other: Resource) -> dict[str, JSON]:
    """Return the values that only the other version has, by their paths."""
    changes = _changes(wanted, other)
    return {item.path: item.new for item in changes if item.kind is _ADDED}


def elsewhere(wanted: Resource, after: Resource, before: Resource) -> set[str]:
    """Return the paths of what was added where the update has changed nothing.

    DSS completes what it is sent, such as a permission, but it does not add variables.

    Args:
        wanted: what it was to be.
        after: what it is.
        before: what it was.
    """
    changed = {item.segments for item in _changes(before, wanted)}
    return {
        item.path
        for item in _changes(wanted, after)
        if item.kind is _ADDED
        and not any(item.segments[:end] in changed for end in range(len(item.segments)))
    }


def with_added(wanted: dict[str, JSON], made: dict[str, JSON]) -> dict[str, JSON]:
    """Return what is wanted, with the members that DSS alone has, at any depth.

    Args:
        wanted: attributes as the plan has them.
        made: as DSS has them.
    """
    found = {**made, **wanted}
    for name, item in wanted.items():
        other = made.get(name)
        if isinstance(item, dict) and isinstance(other, dict):
            found[name] = with_added(item, other)
    return found


def require_as_planned(
    action: PlannedAction,
    now: Resource,
    wanted: Resource,
    *,
    has_moved: bool,
    names: LiveIds = MappingProxyType({}),
) -> Resource:
    """Return what an object is to be, if it is as it was when the plan was made.

    Args:
        action: has what it was.
        now: what it is.
        wanted: what it is to be by the plan.
        has_moved: whether this apply has changed other objects of its project since.
            Then DSS itself may have moved them from one list to another, and this is
            merged.
        names: new ids of the objects that this apply has renamed. DSS itself follows
            that in some of what refers to them.

    Raises:
        NotAsPlanned: if it is not.
    """
    planned = action.diff.old_resource
    assert planned is not None
    if is_recreated(planned, now):
        raise NotAsPlanned(
            "it was deleted and created again in DSS since the plan was made"
        )
    changes = _changes(planned, now)
    if changes and names:
        followed = _changes(planned, with_ids(planned, names))
        if all(
            change in followed or _has_new_names(change, names) for change in changes
        ):
            return wanted
    if not changes:
        return wanted
    if not (has_moved and all(_is_moved(now, change) for change in changes)):
        paths = listed_paths(change.path for change in changes)
        raise NotAsPlanned(f"{edit_in_dss(now)} since the plan was made: {paths}")
    if wanted is now:
        return wanted
    merge = Merge(sets_of(now.resource_type), nothing_is_live)
    merged = merge(planned.attributes, wanted.attributes, now.attributes)
    if merged.conflicts:
        paths = listed_paths(item.path for item in merged.conflicts)
        raise NotAsPlanned(f"{edit_in_dss(now)} since the plan was made: {paths}")
    settled = writing_of(now.resource_type).settled(merged.attributes, now.attributes)
    metadata = replace(now.metadata, checksum="")
    return replace(wanted, attributes=settled, metadata=metadata)


def _is_moved(resource: Resource, change: Change) -> bool:
    return is_membership(resource.resource_type, member_names(change.segments))


def _has_new_names(change: Change, names: LiveIds) -> bool:
    """Return whether a text differs by new names alone, in some of their places.

    Of code, DSS follows a rename where it finds the name, say in ``Dataset("orders")``.
    """
    if not (isinstance(change.old, str) and isinstance(change.new, str)):
        return False
    short = {
        ResourceId.parse(old).resource_name: ResourceId.parse(new).resource_name
        for old, new in names.items()
    }
    either = {
        old: f"(?:{re.escape(old)}|{re.escape(new)})" for old, new in short.items()
    }
    token = "|".join(map(re.escape, sorted(short, key=len, reverse=True)))
    pieces = re.split(rf"(?<![\w-])({token})(?![\w-])", change.old)
    pattern = "".join(either.get(piece, re.escape(piece)) for piece in pieces)
    return re.fullmatch(pattern, change.new) is not None


def _changes(old: Resource, new: Resource) -> tuple[Change, ...]:
    if old.metadata.checksum == new.metadata.checksum:
        return ()  # Most are: an object is as planned, and then as it was to be.
    diff = DiffEngine().compare(old, new)
    return () if diff is None else tuple(diff.changes)
