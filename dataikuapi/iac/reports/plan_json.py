"""Renders plans as JSON, for other programs."""

from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.analysis.weights import severity_of_diff
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import (
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
    PlannedValue,
)
from dataikuapi.iac.reports.json_report import (
    attributes_of,
    change_entry,
    dump,
    finite,
    time_text,
)

__all__ = ["PLAN_FORMAT_VERSION", "render_plan_json"]

PLAN_FORMAT_VERSION = 1
"""Of the documents; see ``plan_report_v1.schema.json``."""


def render_plan_json(plan: ExecutionPlan, *, verbose: bool = False) -> str:
    """Return a plan as JSON; the same plan gives the same text.

    Its schema is ``plan_report_v1.schema.json``. ``format_version`` is raised by a
    change that breaks readers. It is a report: what is applied is the plan itself.

    Args:
        plan: what to describe.
        verbose: has no effect: everything is listed.
    """
    metadata = plan.metadata
    return dump(
        {
            "format_version": PLAN_FORMAT_VERSION,
            "environment": metadata.environment,
            "serial": metadata.serial,
            "instance": {"url": metadata.url},
            "projects": [*sorted({each.project_key for each in plan.actions})],
            "read_at": time_text(metadata.read_at),
            "source": metadata.source,
            "has_changes": plan.has_changes(),
            "summary": dict(plan.summary()),
            "resources": [_entry(action) for action in plan.actions],
            "notes": _notes(metadata),
        }
    )


def _entry(action: PlannedAction) -> dict[str, JSON]:
    diff = action.diff
    return {
        "action": action.action_type.value,
        "resource_id": action.resource_id,
        "resource_type": action.resource_type,
        "project_key": action.project_key,
        "display_name": display_name(diff) or None,
        "severity": severity_of_diff(diff).value if diff.has_changed else None,
        "reason": action.reason,
        "drops_data": action.drops_data,
        "renamed_from": action.renamed_from,
        "dependencies": list(action.dependencies),
        "last_modified_by": diff.last_modified_by,
        "last_modified_at": time_text(diff.last_modified_at),
        "attributes": attributes_of(diff),
        "changes": [change_entry(diff.resource_type, each) for each in diff.changes],
        "conflicts": [_value(value) for value in action.conflicts],
        "kept": [_value(value) for value in action.kept],
    }


def _value(value: PlannedValue) -> dict[str, JSON]:
    return {
        "path": value.path,
        "base": finite(value.base),
        "code": finite(value.code),
        "live": finite(value.live),
    }


def _notes(metadata: PlanMetadata) -> dict[str, JSON]:
    return {
        "refusal": metadata.refusal or None,
        "unmanaged": list(metadata.unmanaged),
        "uncovered_types": list(metadata.uncovered),
        "left_out": list(metadata.left_out),
        "dependants": list(metadata.dependants),
        "own_values": list(metadata.own_values),
        "cycles": [list(ids) for ids in metadata.cycles],
    }
