"""Which lists DSS has put new objects into, while an apply created them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from dataikuapi.iac.analysis.flow import referenced_id
from dataikuapi.iac.apply.objects import LiveObjects
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.models import Resource, ValueChangeType
from dataikuapi.iac.models.apply import ActionResult, ActionStatus
from dataikuapi.iac.models.changes import member_names
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.plan.ordering import references
from dataikuapi.iac.types.lookup import is_membership, references_of
from dataikuapi.iac.types.references import Reference, Role
from dataikuapi.iac.types.registry import TYPES

__all__ = ["filled_lists"]

_LEFT = (ActionType.NO_CHANGE, ActionType.KEPT)
"""What is planned for objects that an apply leaves alone, and that are in no doubt."""


def filled_lists(
    objects: LiveObjects, plan: ExecutionPlan, results: Iterable[ActionResult]
) -> Iterator[ActionResult]:
    """Yield objects to whose lists DSS has added what was created, and nothing else.

    It puts a new recipe, and what that writes, into the zone of its input, say. Without
    a note of it, the next plan would tell that as an edit of somebody else. All objects
    of a type that has such lists are read at once, if the plan has one of them.

    Args:
        objects: reads DSS.
        plan: that was applied.
        results: what became of its actions.

    Raises:
        DSSError: if DSS could not be read.
    """
    done = {item.action.resource_id: item for item in results}
    created = {
        item.resource_id: item.resource
        for item in done.values()
        if item.status is ActionStatus.CREATED
    }
    known = dict.fromkeys((*created, *plan.live_ids()))
    moved = set(created)
    for resource in created.values():
        moved |= references(resource, known, Role.OUTPUT)
    keys = {ResourceId.parse(rid).project_key for rid in created}
    read: dict[tuple[str, str], dict[str, Resource]] = {}
    for action in plan.actions:
        result = done.get(action.resource_id) or _left_alone(action)
        part = (action.resource_type, action.project_key)
        has_lists = bool(TYPES[action.resource_type].memberships)
        if not (has_lists and part[1] in keys and result and result.resource):
            continue
        if part not in read:
            read[part] = objects.listed(*part)
        now = read[part].get(result.resource_id)
        added = _added(result.resource, now, moved) if now is not None else []
        if added:
            paths = (*result.filled_in, *added)
            yield replace(result, resource=now, filled_in=paths)


def _left_alone(action: PlannedAction) -> ActionResult | None:
    """Return an object that the plan does not change, as the plan has read it."""
    if action.action_type not in _LEFT:
        return None
    return ActionResult(action, ActionStatus.UPDATED, resource=action.diff.old_resource)


def _added(before: Resource, now: Resource, moved: Collection[str]) -> list[str]:
    """Return the paths at which an object has more; none if anything else differs."""
    diff = DiffEngine().compare(before, now)
    changes = () if diff is None else diff.changes
    old = {_named(item) for item in references_of(before)}
    new = [item for item in references_of(now) if _named(item) not in old]
    is_ours = all(referenced_id(now, item, moved) in moved for item in new)
    is_added = all(
        change.kind is ValueChangeType.ADDED
        and is_membership(now.resource_type, member_names(change.segments))
        for change in changes
    )
    return [change.path for change in changes] if is_ours and is_added else []


def _named(reference: Reference) -> tuple[str, str | None, str]:
    return reference.resource_type, reference.project_key, reference.name
