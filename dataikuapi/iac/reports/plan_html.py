"""Renders plans as HTML, for notebooks."""

from collections import Counter
from collections.abc import Iterator

from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.reports.fact_lines import about_line
from dataikuapi.iac.reports.html_blocks import (
    MAX_LISTED,
    MAX_OPEN,
    change_list,
    counts_table,
    entry_of,
    omitted,
    title_of,
)
from dataikuapi.iac.reports.markup import Html, element, output, section
from dataikuapi.iac.reports.plan_words import (
    PlanNotes,
    action_title,
    change_of_side,
    kept_title,
    plan_notes,
    plan_title,
    sides_of,
    summary_of_plan,
    urgent_first,
)

__all__ = ["plan_html"]

_LEFT_ALONE = frozenset({ActionType.KEPT, ActionType.PLAN_ONLY})


def plan_html(plan: ExecutionPlan) -> str:
    """Return a plan as an HTML fragment with its own style.

    The deletes, the conflicts and what is blocked come first, then the other actions in
    the plan's order; what is unchanged is only counted.
    """
    title, notes = plan_title(plan), PlanNotes(plan)
    actions = urgent_first(plan)
    is_open = len(actions) <= MAX_OPEN
    return output(
        *([element("p", element("b", title))] if title else []),
        element("p", summary_of_plan(plan)),
        *([_counts(plan)] if actions else []),
        *(_action(action, notes, is_open) for action in actions[:MAX_LISTED]),
        *omitted(len(actions) - MAX_LISTED, "more object"),
        *(element("div", line, css="quiet") for line in plan_notes(plan)),
    )


def _counts(plan: ExecutionPlan) -> Html:
    rows: dict[str, Counter[str]] = {}
    for action in plan.actions:
        row = rows.setdefault(action.resource_type, Counter())
        row[action.action_type.value] += 1
    names = [kind.value for kind in ActionType if plan.of_type(kind)]
    return counts_table({name: name for name in names}, dict(sorted(rows.items())))


def _action(action: PlannedAction, notes: PlanNotes, is_open: bool) -> Html:
    diff, title, about = action.diff, action_title(action), notes.of(action)
    below = [*_conflicts(action), *_kept(action)]
    is_left_alone = action.action_type in _LEFT_ALONE and not diff.changes
    if not diff.has_changed or is_left_alone:
        line = title_of(title, (), about, is_open)
        if not below:
            return element("div", *line, css="entry")
        return section(line, below, is_open=is_open)
    about = [*filter(None, [about_line(diff)]), *about]
    return entry_of(diff, diff.changes, about, is_open, title, below)


def _conflicts(action: PlannedAction) -> Iterator[Html]:
    for value in action.conflicts:
        for title, change in sides_of(value):
            yield element("div", f"{title}:", *change_list([change]), css="entry")


def _kept(action: PlannedAction) -> Iterator[Html]:
    if action.kept:
        changes = [change_of_side(each, each.code, each.live) for each in action.kept]
        yield element("div", kept_title(action), *change_list(changes), css="entry")
