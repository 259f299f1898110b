"""Renders what an apply has done as text, for a terminal."""

from collections.abc import Iterator

from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.console import printable
from dataikuapi.iac.models.apply import ActionResult, ActionStatus, ApplyResult
from dataikuapi.iac.reports.fact_lines import quoted, with_notes
from dataikuapi.iac.reports.terminal import colored, folded

__all__ = ["render_apply_text", "summary_of_apply"]

_SIGNS = {
    ActionStatus.CREATED: "+",
    ActionStatus.UPDATED: "~",
    ActionStatus.RENAMED: ">",
    ActionStatus.DELETED: "-",
    ActionStatus.ADOPTED: "=",
    ActionStatus.FORGOTTEN: ".",
    ActionStatus.SKIPPED: "#",
    ActionStatus.REFUSED: "!",
    ActionStatus.FAILED: "!",
    ActionStatus.UNCERTAIN: "!",
}
"""What is listed, in this order: what asks for somebody comes last."""

_COLORS = {"!": "35", "#": "35", "=": "36", ".": "36"}

_ALWAYS = ("created", "updated", "deleted")
"""What the last line counts even if there is none."""


def render_apply_text(result: ApplyResult, *, color: bool = False) -> str:
    """Return what was done as text: what asks for somebody last, then the counts.

    Args:
        result: what to describe.
        color: color the signs.
    """
    lines = [printable(line) for line in _lines(result)]
    return "\n".join(colored(line, _COLORS) if color else line for line in lines)


def _lines(result: ApplyResult) -> Iterator[str]:
    for status in _SIGNS:
        for item in result.of_status(status):
            yield from with_notes(_title(item), _notes(item))
    if result.results:
        yield ""
    if result.effects:
        yield "Left to do in DSS:"
        yield from folded([f"  {effect}" for effect in result.effects])
        yield ""
    if result.is_interrupted:
        yield "Interrupted. What was done is stored; apply again to do the rest."
    yield summary_of_apply(result)


def _title(item: ActionResult) -> str:
    known = item.action.resource_id
    name = quoted(display_name(item.action.diff))
    live = item.resource_id
    new_id = f", in DSS {live}" if live != known else ""
    return f"{_SIGNS[item.status]} {item.status.value} {known}{name}{new_id}"


def _notes(item: ActionResult) -> list[str]:
    return [note for note in (item.reason, *item.notes) if note]


def summary_of_apply(result: ApplyResult) -> str:
    """Return how much was done, and how much was not, in one line."""
    counts = result.summary()
    if not result.results:
        return "No changes."
    done = [f"{counts[name]:,} {name}" for name in _ALWAYS]
    others = [
        f"{count:,} {name}"
        for name, count in counts.items()
        if count and name not in _ALWAYS
    ]
    return f"Apply: {', '.join(done)}{'; ' if others else ''}{', '.join(others)}."
