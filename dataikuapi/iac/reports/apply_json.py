"""Renders what an apply has done as JSON, for other programs."""

from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.models.apply import ActionResult, ApplyResult
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import ActionType, PlannedAction
from dataikuapi.iac.reports.json_report import dump

__all__ = ["APPLY_FORMAT_VERSION", "render_apply_json"]

APPLY_FORMAT_VERSION = 1
"""Of the documents; see ``apply_report_v1.schema.json``."""

_UNDECIDED = (ActionType.CONFLICT, ActionType.BLOCKED)


def render_apply_json(result: ApplyResult) -> str:
    """Return what was done as JSON; the same result gives the same text.

    Its schema is ``apply_report_v1.schema.json``. ``format_version`` is raised by a
    change that breaks readers.

    Args:
        result: what to describe.
    """
    plan, metadata = result.plan, result.plan.metadata
    return dump(
        {
            "format_version": APPLY_FORMAT_VERSION,
            "environment": metadata.environment,
            "serial": result.serial,
            "instance": {"url": metadata.url},
            "projects": [*sorted({each.project_key for each in plan.actions})],
            "source": metadata.source,
            "refusal": metadata.refusal or None,
            "is_complete": result.is_complete,
            "is_interrupted": result.is_interrupted,
            "summary": dict(result.summary()),
            "resources": [_entry(item) for item in result.results],
            "undecided": [_left(item) for item in plan.of_type(*_UNDECIDED)],
            "effects": list(result.effects),
        }
    )


def _entry(item: ActionResult) -> dict[str, JSON]:
    action = item.action
    return {
        "status": item.status.value,
        **_about(action),
        "live_id": item.begun or item.resource_id,
        "renamed_from": action.renamed_from,
        "reason": item.reason,
        "notes": list(item.notes),
    }


def _left(action: PlannedAction) -> dict[str, JSON]:
    return {**_about(action), "reason": action.reason}


def _about(action: PlannedAction) -> dict[str, JSON]:
    return {
        "action": action.action_type.value,
        "resource_id": action.resource_id,
        "resource_type": action.resource_type,
        "project_key": action.project_key,
        "display_name": display_name(action.diff) or None,
    }
