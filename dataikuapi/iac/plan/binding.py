"""What a plan is bound to: it is not executed once that has changed.

A plan is bound to the stored state of the objects that it changes, not to all of it:
what others store of other objects does not spoil it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dataikuapi.iac.exceptions import PlanOutdatedError
from dataikuapi.iac.live_ids import live_ids_of
from dataikuapi.iac.merge import instances_differ
from dataikuapi.iac.models import State
from dataikuapi.iac.models.json_values import JSON, checksum
from dataikuapi.iac.models.plan import (
    ActionType,
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
    StoredObject,
)
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now

__all__ = ["bound", "check_binding", "code_digest", "left_of", "wanted_by"]

_MAX_NAMED = 10
"""Objects that a message names."""


def code_digest(code: State) -> str:
    """Return the digest of what is wanted: of the ids and checksums of its objects.

    Args:
        code: what is wanted.
    """
    found = sorted(code.resources.items())
    return checksum([[rid, resource.compute_checksum()] for rid, resource in found])


def wanted_by(plan: ExecutionPlan) -> State:
    """Return what a plan leads to: the objects that it has, as they are to be.

    Args:
        plan: any.
    """
    gone = (ActionType.DELETE, ActionType.FORGET)
    found = {
        action.resource_id: action.diff.new_resource
        for action in plan.actions
        if action.diff.new_resource is not None and action.action_type not in gone
    }
    parts = {(item.project_key, item.resource_type) for item in plan.actions}
    return State(resources=found, scope=Scope.from_parts(parts, utc_now()))


def left_of(
    plan: ExecutionPlan, again: ExecutionPlan, undone: Iterable[PlannedAction]
) -> list[PlannedAction]:
    """Return the actions of a second plan that are about what a first one was to do.

    Args:
        plan: the first one.
        again: a later one for what the first one leads to. It may be about more:
            objects that the first one left alone, for whatever reason.
        undone: the actions of the first one that were not done. Those that the second
            plan does not have, as it knows no options of the first, stay as they are.
    """
    first = {
        rid: action
        for action in plan.actions
        if action.action_type.is_executed
        for rid in (action.resource_id, action.stored_id)
    }
    first |= {
        live: first[code] for code, live in again.metadata.ids.items() if code in first
    }
    gone = (ActionType.DELETE, ActionType.FORGET)
    found = []
    for action in again.actions:
        before = first.get(action.resource_id)
        if before is None:
            continue
        is_gone = action.action_type in gone
        if not is_gone or (before.action_type in gone or before.renamed_from):
            found.append(replace(action, drops_data=before.drops_data))
    return _with_undone(found, again, undone)


def _with_undone(
    found: list[PlannedAction], again: ExecutionPlan, undone: Iterable[PlannedAction]
) -> list[PlannedAction]:
    """Return the actions, with those that were not done and are not planned again."""
    planned, ids = again.by_id(), again.metadata.ids
    executed = {item.resource_id for item in found if item.action_type.is_executed}
    left = {}
    for action in undone:
        rid = action.resource_id
        now = planned.get(ids.get(rid, rid))
        is_settled = now is not None and now.action_type is ActionType.NO_CHANGE
        # What refers to a new object by an id that DSS has replaced is planned again.
        is_moved = any(each in ids for each in (rid, *action.dependencies))
        if not (is_settled or is_moved or ids.get(rid, rid) in executed):
            left[rid] = action
    return [item for item in found if item.resource_id not in left] + [*left.values()]


def bound(actions: Iterable[PlannedAction], base: State) -> tuple[PlannedAction, ...]:
    """Return the actions; each that is executed knows what is stored of its object.

    Args:
        actions: of a plan.
        base: the stored state.
    """
    return tuple(
        (
            replace(action, stored=StoredObject.of(base.get_resource(action.stored_id)))
            if action.action_type.is_executed
            else action
        )
        for action in actions
    )


def check_binding(
    plan: ExecutionPlan,
    stored: State,
    code_digest: str | None = None,
    *,
    instance: Mapping[str, JSON] | None = None,
) -> None:
    """Check that a plan still fits what it was made of.

    An object that was stored again as it was has not changed.

    Args:
        plan: is about to be executed.
        stored: the state as it is stored now.
        code_digest: of the code as it is now; ``None`` if it is not at hand, as where
            the plan alone was handed on.
        instance: what identifies the DSS that is about to be changed, if that is known;
            see ``State.instance``.

    Raises:
        PlanOutdatedError: if the stored state is another one, or has one of the objects
            otherwise now, or if the code, the environment or the DSS is another one.
    """
    made_of = plan.metadata
    reasons = list(_others(made_of, stored, instance))
    changed: list[str] = []
    if not reasons:  # Objects of another state have nothing to do with the plan's.
        actions = [each for each in plan.actions if each.action_type.is_executed]
        found = {each.resource_id: _change(each, stored) for each in actions}
        known = live_ids_of(stored)
        found |= {
            each.resource_id: f"was created since, as {known[each.resource_id]}"
            for each in actions
            if each.action_type is ActionType.CREATE
            and known.get(each.resource_id, each.resource_id) != each.resource_id
            and each.resource_id not in made_of.ids
        }
        changed = [rid for rid, change in found.items() if change]
        reasons += [f"{rid} {found[rid]}" for rid in changed[:_MAX_NAMED]]
    if len(changed) > _MAX_NAMED:
        reasons.append(f"and {len(changed) - _MAX_NAMED:,} more objects have changed")
    if code_digest is not None and code_digest != made_of.code_digest:
        reasons.append(f"the code has changed{_named(made_of.source)}")
    if reasons:
        raise PlanOutdatedError(reasons, changed)


def _others(
    made_of: PlanMetadata, stored: State, instance: Mapping[str, JSON] | None
) -> Iterator[str]:
    """Yield why a plan is for another stored state, or for another DSS."""
    names = (made_of.environment, stored.environment)
    if all(names) and names[0] != names[1]:
        yield f"it is a plan for environment {names[0]}, and this is {names[1]}"
    for other in (stored.instance, instance):
        if made_of.instance and instances_differ(other, made_of.instance):
            yield (
                f"it is a plan for the DSS at {_address(made_of.instance)}, and this "
                f"is the one at {_address(other)}"
            )
            break
    if made_of.lineage is None or made_of.lineage == stored.lineage:
        return
    if stored.lineage is None:
        yield "the stored state that it was made of is gone"
    else:
        yield (
            f"the stored state is another one: its lineage is {stored.lineage}, not "
            f"{made_of.lineage}"
        )


def _change(action: PlannedAction, stored: State) -> str:
    """Say what has changed in what is stored of an object; "" if nothing has."""
    before, resource = action.stored, stored.get_resource(action.stored_id)
    now = StoredObject.of(resource)
    if before is None or now is None:
        if before is now:
            return ""
        return "is stored now, and was not" if now else "is not stored any more"
    version = "" if now.serial is None else f" (in version {now.serial})"
    if before.checksum != now.checksum:
        return f"was stored with another configuration since{version}"
    times = {before.created_at, now.created_at} - {None}
    if len(times) > 1:
        return f"was created again in DSS, and stored since{version}"
    return ""


def _named(source: str) -> str:
    return f": {source}" if source else ""


def _address(instance: Mapping[str, JSON] | None) -> str:
    known = instance or {}
    return str(known.get("address") or known.get("node_id") or "an unknown address")
