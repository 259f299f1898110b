"""ApplyResult: what became of the actions of a plan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.models.resource import Resource

__all__ = ["DONE", "ActionResult", "ActionStatus", "ApplyResult"]


class ActionStatus(str, Enum):
    """What became of an action."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    RENAMED = "renamed"
    ADOPTED = "adopted"
    FORGOTTEN = "forgotten"
    FAILED = "failed"
    """DSS did not do it, or not all of it; the object is not stored in the state."""
    REFUSED = "refused"
    """The object was not as the plan has it, so nothing was done."""
    UNCERTAIN = "uncertain"
    """Whether DSS did it is not known, and cannot be found out."""
    SKIPPED = "skipped"
    """It was not begun: what it needs was not done, or the apply was interrupted."""

    @property
    def is_done(self) -> bool:
        """Whether the action was done."""
        return self in DONE.values()


DONE: Mapping[ActionType, ActionStatus] = {
    ActionType.CREATE: ActionStatus.CREATED,
    ActionType.UPDATE: ActionStatus.UPDATED,
    ActionType.DELETE: ActionStatus.DELETED,
    ActionType.RENAME: ActionStatus.RENAMED,
    ActionType.ADOPT: ActionStatus.ADOPTED,
    ActionType.FORGET: ActionStatus.FORGOTTEN,
}
"""What an action is when it is done."""


@dataclass(frozen=True)
class ActionResult:
    """What became of one action.

    Args:
        action: of the plan.
        status: what became of it.
        reason: why it was not done.
        notes: what DSS did otherwise than it was asked to, and what else is to be told.
        resource: the object as DSS has it now, if it has it; without what somebody else
            may have changed at the same time.
        filled_in: paths of members that DSS has added by itself.
        begun: the id in DSS of an object that was created, and is not as it was to be.
        begun_as: the checksum of what it was then; "" if that is not known.
    """

    action: PlannedAction
    status: ActionStatus
    reason: str = ""
    notes: tuple[str, ...] = ()
    resource: Resource | None = None
    filled_in: tuple[str, ...] = ()
    begun: str = ""
    begun_as: str = ""

    @property
    def resource_id(self) -> str:
        """The id of the object in DSS, which of a new one DSS may have generated."""
        known = self.action.resource_id
        return known if self.resource is None else self.resource.resource_id


@dataclass(frozen=True, repr=False)
class ApplyResult:
    """What became of a plan.

    Args:
        plan: that was applied.
        results: one for each action that is executed, in the order of the plan.
        effects: what has to be restarted or rebuilt in DSS now, in words.
        is_interrupted: whether somebody stopped the apply.
        serial: of the state that has what was done; ``None`` if nothing was stored.
    """

    plan: ExecutionPlan
    results: Sequence[ActionResult] = ()
    effects: tuple[str, ...] = ()
    is_interrupted: bool = False
    serial: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything was done that the plan says."""
        is_done = all(result.status.is_done for result in self.results)
        return is_done and not self.plan.metadata.refusal

    def of_status(self, *statuses: ActionStatus) -> list[ActionResult]:
        """Return the results with one of these statuses, in the order of the plan."""
        return [result for result in self.results if result.status in statuses]

    def summary(self) -> dict[str, int]:
        """Return how many actions there are of each status, by its name."""
        counts = Counter(result.status for result in self.results)
        return {status.value: counts[status] for status in ActionStatus}

    def __repr__(self) -> str:
        """Return a summary in one line."""
        counts = [f"{count} {name}" for name, count in self.summary().items() if count]
        return f"<ApplyResult {', '.join(counts) or 'nothing to do'}>"

    def __str__(self) -> str:
        """Return the result as text, without colors."""
        from dataikuapi.iac.reports.apply_text import render_apply_text

        return render_apply_text(self)
