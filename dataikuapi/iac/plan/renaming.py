"""Objects that have another name in the code than in DSS."""

from collections.abc import Iterator
from dataclasses import replace

from dataikuapi.iac.analysis.renames import find_renames
from dataikuapi.iac.live_ids import renamed
from dataikuapi.iac.models import ChangeType, Resource, ResourceDiff, State
from dataikuapi.iac.models.plan import ActionType, PlannedAction
from dataikuapi.iac.types.lookup import is_recreated, writing_of

__all__ = ["as_rename", "find_renamed", "with_new_names"]

_RENAMED = (ActionType.NO_CHANGE, ActionType.UPDATE, ActionType.KEPT)
"""What may be planned for an object that is renamed as well."""


def find_renamed(base: State, code: State, live: State) -> dict[str, str]:
    """Return the new id of each object that the code has renamed, by its old id.

    These are objects that are ours and in DSS, and that the code has under another
    name alone, otherwise as they were.

    Args:
        base: the stored state.
        code: what is wanted.
        live: what DSS has now.
    """
    old = {item.resource_id: item for item in _removed(base, code, live)}
    new = {item.resource_id: item for item in _added(base, code, live)}
    if not (old and new):
        return {}
    found = find_renames([*map(_gone, old.values()), *map(_come, new.values())])
    for old_id, before in old.items():
        same = [
            rid
            for rid, after in new.items()
            if (after.resource_type, after.project_key)
            == (before.resource_type, before.project_key)
            and not renamed(before, rid).has_changed(after)
        ]
        if old_id not in found and len(same) == 1 and same[0] not in found.values():
            found[old_id] = same[0]
    return found


def _removed(base: State, code: State, live: State) -> Iterator[Resource]:
    for resource in base:
        rid, writer = resource.resource_id, writing_of(resource.resource_type).writer
        now = live.get_resource(rid)
        is_gone = rid not in code and code.covers(rid) and rid not in code.unknown
        is_ours = now is not None and not is_recreated(resource, now)
        if writer is not None and writer.renames and is_gone and is_ours:
            yield resource


def _added(base: State, code: State, live: State) -> Iterator[Resource]:
    for resource in code:
        rid = resource.resource_id
        if rid not in base and rid not in live and rid not in live.unknown:
            yield resource


def _gone(resource: Resource) -> ResourceDiff:
    rid, kind = resource.resource_id, resource.resource_type
    return ResourceDiff(ChangeType.REMOVED, rid, kind, resource, None)


def _come(resource: Resource) -> ResourceDiff:
    rid, kind = resource.resource_id, resource.resource_type
    return ResourceDiff(ChangeType.ADDED, rid, kind, None, resource)


def with_new_names(state: State, names: dict[str, str]) -> State:
    """Return a state in which objects have their new names; what names them does not.

    Args:
        state: is not changed.
        names: new ids by old ones.
    """
    if not names:
        return state
    moved = [
        renamed(item, names[rid]) if rid in names else item
        for rid, item in state.resources.items()
    ]
    return replace(state, resources={item.resource_id: item for item in moved})


def as_rename(action: PlannedAction, old_id: str | None) -> PlannedAction:
    """Return the action for an object, which is renamed as well if it has an old id."""
    if old_id is None or action.action_type not in _RENAMED:
        return action
    return replace(action, action_type=ActionType.RENAME, renamed_from=old_id)
