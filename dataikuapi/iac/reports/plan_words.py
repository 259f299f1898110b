"""Describes the actions of plans in the words that all reports use."""

from collections.abc import Iterator

from dataikuapi.iac.analysis import fact_of
from dataikuapi.iac.analysis.summary import deletion, display_name
from dataikuapi.iac.models import Change, ChangeType, ValueChangeType
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import (
    ActionType,
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
    PlannedValue,
)
from dataikuapi.iac.models.times import format_minute
from dataikuapi.iac.reports.excerpts import WIDTH, columns, json_text
from dataikuapi.iac.reports.fact_lines import quoted
from dataikuapi.iac.reports.formatting import change_lines, counted, is_script
from dataikuapi.iac.reports.terminal import object_lines
from dataikuapi.iac.reports.unwatched import some

__all__ = [
    "PlanNotes",
    "action_lines",
    "action_title",
    "change_of_side",
    "kept_title",
    "plan_notes",
    "plan_title",
    "shown_actions",
    "sides_of",
    "summary_of_plan",
    "urgent_actions",
    "urgent_first",
]

_TITLES = {
    ActionType.CREATE: "+ create",
    ActionType.UPDATE: "~ update",
    ActionType.RENAME: "> rename",
    ActionType.DELETE: "- delete",
    ActionType.ADOPT: "= adopt",
    ActionType.FORGET: ". forget",
    ActionType.CONFLICT: "! conflict",
    ActionType.BLOCKED: "# blocked",
    ActionType.KEPT: "* kept",
    ActionType.PLAN_ONLY: "* plan-only",
}

_LAST = (ActionType.KEPT, ActionType.PLAN_ONLY)
"""What is left alone on purpose, after all that is or would be done."""

_URGENT = {
    ActionType.DELETE: "to delete",
    ActionType.CONFLICT: "in conflict",
    ActionType.BLOCKED: "blocked",
}
"""What nobody must overlook, with the words for several."""

_BODIES = frozenset(ActionType) - {ActionType.ADOPT, ActionType.FORGET, *_LAST}
"""Actions that show what is, or would be, different in DSS."""

_NOT_DONE = frozenset({ActionType.CONFLICT, ActionType.PLAN_ONLY})
"""Actions that change nothing, for reasons of their own."""

_BLOCKED_FROM = {
    ChangeType.ADDED: "would be created",
    ChangeType.REMOVED: "would be deleted",
    ChangeType.MODIFIED: "would be updated",
}

_INDENT = 4
"""Of what is below the title of an action, as in the report of a drift."""


def plan_title(plan: ExecutionPlan) -> str:
    """Say which DSS the plan is for, and what is wanted; "" if nobody knows."""
    metadata = plan.metadata
    url = f"({metadata.url})" if metadata.environment else metadata.url
    parts = [
        " ".join(filter(None, [metadata.environment, url if metadata.url else ""])),
        f"from {metadata.source}" if metadata.source else "",
        f"DSS read {format_minute(metadata.read_at)}" if metadata.read_at else "",
    ]
    about = ", ".join(filter(None, parts))
    return f"Plan for {about}" if parts[0] else about[:1].upper() + about[1:]


def shown_actions(plan: ExecutionPlan) -> list[PlannedAction]:
    """Return the actions that a report shows one by one, what is left alone last."""
    first = [kind for kind in _TITLES if kind not in _LAST]
    return [*plan.of_type(*first), *plan.of_type(*_LAST)]


def urgent_actions(
    plan: ExecutionPlan,
) -> Iterator[tuple[str, list[PlannedAction]]]:
    """Yield the deletes, the conflicts and what is blocked, each with words for it."""
    for kind, words in _URGENT.items():
        actions = plan.of_type(kind)
        if actions:
            yield words, actions


def urgent_first(plan: ExecutionPlan) -> list[PlannedAction]:
    """Return the actions that a report shows, with what nobody must overlook first."""
    urgent = [action for _, actions in urgent_actions(plan) for action in actions]
    others = [each for each in shown_actions(plan) if each.action_type not in _URGENT]
    return [*urgent, *others]


def action_title(action: PlannedAction) -> str:
    """Return sign, action and id; with the name, if the id does not have it."""
    name = quoted(display_name(action.diff))
    return f"{_TITLES[action.action_type]} {action.resource_id}{name}"


class PlanNotes:
    """What is to be known of actions beside what they change.

    Args:
        plan: of the actions.
    """

    def __init__(self, plan: ExecutionPlan) -> None:
        self._by_id = plan.by_id()
        self._blocks: dict[str, list[str]] = {}
        for action in plan.of_type(ActionType.BLOCKED):
            for rid in action.dependencies:
                self._blocks.setdefault(rid, []).append(action.resource_id)

    def of(self, action: PlannedAction) -> list[str]:
        """Return the notes of an action."""
        return [note for note in self._of(action) if note]

    def _of(self, action: PlannedAction) -> Iterator[str]:
        kind = action.action_type
        if kind is ActionType.DELETE:
            yield deletion(action.diff, action.drops_data)
            first = [rid for rid in action.dependencies if not self._is_deleted(rid)]
            yield f"after the update of {some(first)}" if first else ""
        if kind is ActionType.BLOCKED:
            yield _BLOCKED_FROM.get(action.diff.change_type, "")
        if kind is ActionType.RENAME:
            yield f"from {action.renamed_from}; what refers to it follows"
        yield action.reason
        if kind in (ActionType.ADOPT, ActionType.FORGET):
            yield "only the stored state changes"
        if not kind.is_executed and action.resource_id in self._blocks:
            yield f"blocks {some(self._blocks[action.resource_id])}"

    def _is_deleted(self, resource_id: str) -> bool:
        action = self._by_id.get(resource_id)
        return action is None or action.action_type is ActionType.DELETE


def action_lines(
    action: PlannedAction, *, verbose: bool = False, full: bool = False
) -> Iterator[str]:
    """Describe an action below its title, as a report of a drift describes changes.

    Args:
        action: the action.
        verbose: list everything, even if there is much.
        full: cut no values.
    """
    for value in action.conflicts:
        yield from _conflict_lines(value, full)
    if action.action_type in _BODIES or action.diff.changes:
        lines = object_lines(fact_of(action.diff), verbose=verbose, full=full)
        if action.action_type in _NOT_DONE and action.diff.changes:
            yield "the code would change:"
        yield from lines
    if action.kept:
        yield kept_title(action)
    for value in action.kept:
        change = change_of_side(value, value.code, value.live)
        yield from _indented(change, full)


def kept_title(action: PlannedAction) -> str:
    """Say what the kept values are, and who changed them unless the reason does."""
    return f"stays as it was changed in DSS{_edit_of_kept(action)}:"


def _edit_of_kept(action: PlannedAction) -> str:
    live = action.diff.old_resource
    if action.reason or live is None:
        return ""
    login, when = live.metadata.last_modified_by, live.metadata.last_modified_at
    by = f" by {login}" if login else ""
    return f"{by}{f', {format_minute(when)}' if when else ''}"


def _conflict_lines(value: PlannedValue, full: bool) -> Iterator[str]:
    """Show what the stored state, the code and DSS have."""
    sides = (("stored", value.base), ("code", value.code), ("DSS", value.live))
    texts = ", ".join(f"{name} {_shown(side)}" for name, side in sides)
    line = f"! {value.path}: {texts}"
    is_long = columns(line) > WIDTH - _INDENT
    if not (is_long or any(_is_script(side) for _, side in sides)):
        yield line
        return
    yield f"! {value.path}:"
    for title, change in sides_of(value):
        yield f"  {title}:"
        yield from _indented(change, full)


def sides_of(value: PlannedValue) -> Iterator[tuple[str, Change]]:
    """Yield what the code changed, and what was changed in DSS."""
    yield "in the code", change_of_side(value, value.base, value.code)
    yield "in DSS", change_of_side(value, value.base, value.live)


def change_of_side(value: PlannedValue, old: JSON, new: JSON) -> Change:
    """Return the change from one side of a value to another."""
    kind = ValueChangeType.MODIFIED
    if old is None and new is not None:
        kind = ValueChangeType.ADDED
    elif new is None and old is not None:
        kind = ValueChangeType.REMOVED
    return Change(kind, value.segments, old, new)


def _indented(change: Change, full: bool) -> Iterator[str]:
    lines = change_lines(change, full=full, indent=2 * _INDENT)
    return (f"{' ' * _INDENT}{line}" for line in lines)


def _is_script(value: JSON) -> bool:
    return is_script(Change(ValueChangeType.ADDED, (), new=value))


def _shown(value: JSON) -> str:
    return "nothing" if value is None else json_text(value)


def plan_notes(plan: ExecutionPlan, *, verbose: bool = False) -> Iterator[str]:
    """Say what the plan is not about, and whether it is refused.

    Args:
        plan: the plan.
        verbose: name all objects, even if there are many.
    """
    metadata, unchanged = plan.metadata, plan.of_type(ActionType.NO_CHANGE)
    name = ", ".join if verbose else some
    if unchanged:
        yield f"unchanged: {counted(len(unchanged), 'object')}"
    if metadata.left_out:
        yield f"left out, not among the targets: {name(metadata.left_out)}"
    if metadata.dependants:
        yield f"left alone, depend on the targets: {name(metadata.dependants)}"
    if metadata.own_values:
        yield _own_values(metadata, verbose)
    if metadata.unmanaged:
        objects = counted(len(metadata.unmanaged), "object")
        yield f"not managed: {objects} only in DSS: {name(metadata.unmanaged)}"
    if metadata.uncovered:
        yield f"not covered by the code, left alone: {name(metadata.uncovered)}"
    for cycle in metadata.cycles:
        yield f"need each other, in arbitrary order: {name(cycle)}"
    if metadata.refusal:
        yield f"refused, nothing is done: {metadata.refusal}"


def _own_values(metadata: PlanMetadata, verbose: bool) -> str:
    """Say which values a promotion leaves as they are."""
    found = metadata.own_values
    owner = metadata.environment or "the target"
    count = counted(len(found), "environment-specific value")
    names = f": {', '.join(found)}" if verbose else " (-v names them)"
    return f"left as {owner} has them: {count}{names}"


def summary_of_plan(plan: ExecutionPlan) -> str:
    """Return how much is to be done, in one line."""
    counts = plan.summary()
    conflicts = counted(counts["conflict"], "conflict")
    left = [
        f"{counts[name]:,} {words}"
        for name, words in (
            ("blocked", "blocked"),
            ("kept", "kept"),
            ("plan_only", "plan-only"),
        )
        if counts[name]
    ]
    if not (plan.has_changes() or counts["conflict"] or counts["blocked"]):
        return " ".join(["No changes.", *([f"{', '.join(left)}."] if left else [])])
    written = ", ".join(
        f"{counts[name]:,} to {name}" for name in ("create", "update", "delete")
    )
    stored = [
        f"{counts[name]:,} to {name}"
        for name in ("rename", "adopt", "forget")
        if counts[name]
    ]
    return f"Plan: {written}; {', '.join([conflicts, *stored, *left])}."
