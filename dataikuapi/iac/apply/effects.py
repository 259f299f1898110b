"""What has to be restarted or rebuilt in DSS after an apply."""

from collections.abc import Iterable, Iterator

from dataikuapi.iac.analysis.weights import severity_of_change
from dataikuapi.iac.models.apply import ActionResult, ActionStatus
from dataikuapi.iac.models.plan import ExecutionPlan
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.plan.ordering import references
from dataikuapi.iac.types.references import Role
from dataikuapi.iac.types.registry import TYPES

__all__ = ["effects_of"]


def effects_of(results: Iterable[ActionResult], plan: ExecutionPlan) -> tuple[str, ...]:
    """Return what has to be done by hand now, one sentence for each object.

    Args:
        results: what was done.
        plan: has the objects that were not changed as well.
    """
    changed = [
        item
        for item in results
        if item.status in (ActionStatus.CREATED, ActionStatus.UPDATED)
    ]
    found = list(_own_effects(changed))
    reshaped = [item.action.resource_id for item in changed if _has_new_schema(item)]
    users = dict(_users(plan, reshaped)) if reshaped else {}
    found += [
        f"{rid}: its schema changed; propagate it through {', '.join(users[rid])}, or "
        "build what they compute"
        for rid in reshaped
        if users.get(rid)
    ]
    return tuple(found)


def _own_effects(results: Iterable[ActionResult]) -> Iterator[str]:
    for item in results:
        writer = TYPES[item.action.resource_type].writing.writer
        if writer is not None and writer.effect:
            yield f"{item.resource_id}: {writer.effect}"


def _has_new_schema(result: ActionResult) -> bool:
    return any(
        severity_of_change(result.action.resource_type, change) is Severity.SCHEMA
        for change in result.action.diff.changes
    )


def _users(plan: ExecutionPlan, ids: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the objects, each with those that have it as an input."""
    known = dict.fromkeys(ids)
    users: dict[str, list[str]] = {}
    for action in plan.actions:
        for rid in references(action.diff.new_resource, known, Role.INPUT):
            users.setdefault(rid, []).append(action.resource_id)
    yield from users.items()
