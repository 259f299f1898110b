"""Renders plans as text, for a terminal."""

from collections.abc import Iterator

from dataikuapi.iac.console import printable
from dataikuapi.iac.models.plan import ExecutionPlan, PlannedAction
from dataikuapi.iac.reports.excerpts import WIDTH, excerpt
from dataikuapi.iac.reports.fact_lines import with_notes
from dataikuapi.iac.reports.plan_words import (
    PlanNotes,
    action_lines,
    action_title,
    plan_notes,
    plan_title,
    shown_actions,
    summary_of_plan,
    urgent_actions,
)
from dataikuapi.iac.reports.terminal import colored, folded

__all__ = ["render_plan_text"]

_COLORS = {"!": "35", "#": "35", "=": "36", ".": "36"}
"""SGR parameters of the signs of actions that drifts do not have."""

_SCREEN = 24
"""Lines of a terminal: what fits needs no list of its own."""

_MAX_URGENT = 6
"""Most deletes, conflicts and blocked actions, each, that are named first."""


def render_plan_text(
    plan: ExecutionPlan,
    *,
    color: bool = False,
    verbose: bool = False,
    full: bool = False,
) -> str:
    """Return a plan as text: the actions in their order, the counts at the end.

    A text that is longer than a screen begins with a list of the deletes, the conflicts
    and what is blocked.

    Args:
        plan: what to describe.
        color: color the signs of actions and changes.
        verbose: list everything, even if there is much.
        full: cut no values.
    """
    lines = [printable(line) for line in _lines(plan, verbose, full)]
    return "\n".join(colored(line, _COLORS) if color else line for line in lines)


def _lines(plan: ExecutionPlan, verbose: bool, full: bool) -> Iterator[str]:
    title = plan_title(plan)
    if title:
        yield from (*folded([title]), "")
    notes = PlanNotes(plan)
    blocks = [
        line
        for action in shown_actions(plan)
        for line in _block(action, notes, verbose, full)
    ]
    if len(blocks) > _SCREEN:
        yield from _headlines(plan, notes)
    yield from (*blocks, *([""] if blocks else []))
    about = list(folded(plan_notes(plan, verbose=verbose)))
    yield from (*about, *([""] if about else []))
    yield summary_of_plan(plan)


def _block(
    action: PlannedAction, notes: PlanNotes, verbose: bool, full: bool
) -> Iterator[str]:
    yield from with_notes(action_title(action), notes.of(action))
    lines = action_lines(action, verbose=verbose, full=full)
    yield from (f"    {line}" for line in lines)


def _headlines(plan: ExecutionPlan, notes: PlanNotes) -> Iterator[str]:
    """Yield what a reader must not overlook, each kind up to a number."""
    urgent = list(urgent_actions(plan))
    refusal = plan.metadata.refusal
    if not urgent and not refusal:
        return
    yield "Look at these first:"
    if refusal:
        yield from folded([f"  refused, nothing is done: {refusal}"])
    for noun, actions in urgent:
        for action in actions[:_MAX_URGENT]:
            yield excerpt(f"  {_headline(action, notes)}", WIDTH)
        if len(actions) > _MAX_URGENT:
            yield f"  … and {len(actions) - _MAX_URGENT:,} more {noun}"
    yield ""


def _headline(action: PlannedAction, notes: PlanNotes) -> str:
    paths = ", ".join(value.path for value in action.conflicts)
    about = [f"in {paths}"] if paths else notes.of(action)
    return f"{action_title(action)}  {'; '.join(about)}"
