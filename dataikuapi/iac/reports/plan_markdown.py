"""Renders plans as Markdown, for comments on pull requests."""

import sys
from collections.abc import Iterator

from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.reports.formatting import counted
from dataikuapi.iac.reports.markdown_blocks import (
    MAX_CHARACTERS,
    MAX_NAME,
    RESERVE,
    Section,
    code,
    code_html,
    fenced,
    sections,
    truncated,
)
from dataikuapi.iac.reports.plan_words import (
    PlanNotes,
    action_lines,
    action_title,
    plan_notes,
    plan_title,
    shown_actions,
    summary_of_plan,
    urgent_first,
)

__all__ = ["render_plan_markdown"]


def render_plan_markdown(
    plan: ExecutionPlan, *, verbose: bool = False, full: bool = False
) -> str:
    """Return a plan as Markdown, within the size limit of a comment.

    First all actions, one line each: the deletes, the conflicts and what is blocked,
    then the others in their order. Then the details, as collapsed sections in the
    plan's order, which share the room that is left. What does not fit is counted.

    Args:
        plan: what to describe.
        verbose: name all objects that the plan is not about, even if there are many.
        full: cut no values, whatever the size limit.
    """
    notes = PlanNotes(plan)
    parts = [
        f"### {code(plan_title(plan) or 'Plan')}",
        f"**{summary_of_plan(plan)}**",
    ]
    ends = [code(line) for line in plan_notes(plan, verbose=verbose)]
    limit = sys.maxsize if full else MAX_CHARACTERS
    room = limit - RESERVE - sum(len(part) + 2 for part in [*parts, *ends])
    names = [_name(action, notes) for action in urgent_first(plan)]
    if names:
        parts.append(fenced(names, room))
        room -= len(parts[-1]) + 2
    return "\n\n".join([*parts, *_all_details(plan, notes, room, full), *ends])


def _name(action: PlannedAction, notes: PlanNotes) -> str:
    about = "; ".join(notes.of(action))
    return truncated(f"{action_title(action)}  {about}".rstrip(), MAX_NAME)


def _all_details(
    plan: ExecutionPlan, notes: PlanNotes, room: int, full: bool
) -> Iterator[str]:
    """Yield a section for each action with details, as long as there is room."""
    found = [
        (action, lines)
        for action in shown_actions(plan)
        if (lines := _lines(action, full))
    ]

    def omitted(number: int) -> str:
        left = counted(len(found) - number, "more object")
        return f"_Details of {left} omitted (comment size limit)._"

    return sections(
        [_section(action, notes, lines) for action, lines in found],
        room,
        full,
        omitted,
    )


def _lines(action: PlannedAction, full: bool) -> list[str]:
    # Lines of a script are indented; without that, the diff syntax colors them.
    lines = action_lines(action, verbose=True, full=full)
    return [line.removeprefix("    ") for line in lines]


def _section(action: PlannedAction, notes: PlanNotes, lines: list[str]) -> Section:
    about = "; ".join(notes.of(action))
    title = (
        f"{code_html(action_title(action))}{f' {code_html(about)}' if about else ''}"
    )
    is_update = action.action_type is ActionType.UPDATE
    count = f", {counted(len(action.diff.changes), 'change')}" if is_update else ""
    return Section(f"{title}{count}", lines)
