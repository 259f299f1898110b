"""What stands against executing a plan, as far as it can be told before."""

from collections.abc import Iterator
from typing import NamedTuple

from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import INSTANCE, is_id_of
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan
from dataikuapi.iac.types.lookup import references_of
from dataikuapi.iac.types.naming import require_normal_name
from dataikuapi.iac.types.registry import TYPES

__all__ = [
    "CheckFinding",
    "check_names",
    "check_references",
    "new_references",
    "written_projects",
]

_VARIABLE = "${"
"""Begins a variable, whose value only DSS knows."""


class CheckFinding(NamedTuple):
    """What stands against executing a plan, or may do so.

    Args:
        subject: the id of what is needed, or of what is to be written.
        text: what is wrong with it, and what to do.
        is_unknown: whether it is only not known to be right.
    """

    subject: str
    text: str
    is_unknown: bool = False

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.subject}: {self.text}"


def written_projects(plan: ExecutionPlan) -> list[str]:
    """Return the keys of the projects to which a plan writes."""
    return sorted(
        {item.project_key for item in plan.actions if item.action_type.writes}
    )


def new_references(plan: ExecutionPlan) -> dict[str, list[str]]:
    """Return what is in no project, and what would newly refer to it.

    Returns:
        Ids of connections, code environments and the like, each with the ids of the
        objects that are created, or updated and did not refer to it before.
    """
    found: dict[str, list[str]] = {}
    for action in plan.of_type(ActionType.CREATE, ActionType.UPDATE, ActionType.RENAME):
        after = _on_instance(action.diff.new_resource)
        for rid in sorted(after - _on_instance(action.diff.old_resource)):
            found.setdefault(rid, []).append(action.resource_id)
    return found


def check_references(
    plan: ExecutionPlan, instance: State, unread: str = ""
) -> Iterator[CheckFinding]:
    """Yield what a plan needs on the instance, and what is not there.

    Args:
        plan: the plan.
        instance: what the API key sees there now, of the types that are needed.
        unread: why not all of that could be read; "" if it could.
    """
    for rid, users in new_references(plan).items():
        needed = f"{', '.join(users[:3])}{' and others' if len(users) > 3 else ''}"
        if _VARIABLE in rid:
            why = "its name has a variable, so it is not known whether DSS has it"
            yield CheckFinding(rid, f"{why}; needed by {needed}", True)
        elif instance.has_resource(rid):
            continue
        elif instance.scope is not None and instance.covers(rid):
            yield CheckFinding(
                rid,
                f"DSS does not have it; needed by {needed}. Create it in DSS, or let "
                "the environment have another one (connections and code_envs in "
                "dataiku-iac.yaml)",
            )
        else:
            reason = unread or "the API key does not see it"
            why = f"it is not known whether DSS has it: {reason}"
            yield CheckFinding(rid, f"{why}; needed by {needed}", True)


def check_names(plan: ExecutionPlan) -> Iterator[CheckFinding]:
    """Yield what would be created under a name that DSS spells otherwise."""
    for action in plan.of_type(ActionType.CREATE, ActionType.RENAME):
        try:
            require_normal_name(ResourceId.parse(action.resource_id))
        except ValueError as error:
            yield CheckFinding(action.resource_id, str(error))


def _on_instance(resource: Resource | None) -> set[str]:
    """Return the ids of what an object refers to that is in no project."""
    if resource is None:
        return set()
    found = {
        f"{item.resource_type}.{INSTANCE}.{item.name}": item.resource_type
        for item in references_of(resource)
        if item.project_key == INSTANCE and item.resource_type in TYPES
    }
    return {rid for rid, name in found.items() if is_id_of(name, rid)}
