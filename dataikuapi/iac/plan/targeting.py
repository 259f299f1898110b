"""Which actions are for the targets of a plan, and what depends on these."""

from collections.abc import Iterable
from typing import NamedTuple

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.plan import PlannedAction
from dataikuapi.iac.plan.options import PlanOptions
from dataikuapi.iac.plan.ordering import ordered, references
from dataikuapi.iac.types.references import Role

__all__ = ["Targeted", "targeted"]

_NEEDED = (Role.INPUT, Role.OUTPUT, Role.USE)
"""By which references an object depends on another; a mere mention is none."""


class Targeted(NamedTuple):
    """What a plan is about.

    Args:
        actions: for the targets, and for what they need.
        left_out: ids of all others with an action that would be executed.
        dependants: ids of objects that depend on what is changed, and are not planned.
    """

    actions: list[PlannedAction]
    left_out: tuple[str, ...] = ()
    dependants: tuple[str, ...] = ()


def targeted(
    actions: list[PlannedAction], live: Iterable[Resource], options: PlanOptions
) -> Targeted:
    """Return what a plan is about; everything, if it has no targets.

    Args:
        actions: for all objects that the code or the stored state has.
        live: what DSS has, which may be more.
        options: have the targets.
    """
    if not options.targets:
        return Targeted(actions)
    by_id = {action.resource_id: action for action in ordered(actions).actions}
    needed = [
        rid
        for rid, action in by_id.items()
        if options.is_target(rid) or options.is_target(action.stored_id)
    ]
    chosen: set[str] = set()
    while needed:
        rid = needed.pop()
        if rid not in chosen:
            chosen.add(rid)
            needed += by_id[rid].dependencies
    left_out = sorted(
        rid
        for rid, action in by_id.items()
        if rid not in chosen and action.action_type.is_executed
    )
    written = {rid: None for rid in chosen if by_id[rid].action_type.writes}
    others = {item.resource_id: item for item in live} | {
        rid: action.diff.new_resource or action.diff.old_resource
        for rid, action in by_id.items()
    }
    dependants = sorted(
        rid
        for rid, resource in others.items()
        if rid not in chosen and references(resource, written, *_NEEDED)
    )
    chosen_actions = [by_id[rid] for rid in by_id if rid in chosen]
    return Targeted(chosen_actions, tuple(left_out), tuple(dependants))
