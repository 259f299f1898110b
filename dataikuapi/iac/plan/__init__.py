"""Plans: what is to be changed in DSS so that it has what is wanted."""

from dataikuapi.iac.models.plan import (
    ActionType,
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
    PlannedValue,
)
from dataikuapi.iac.plan.formatter import PlanFormatter
from dataikuapi.iac.plan.generator import PlanGenerator
from dataikuapi.iac.plan.options import MaxChange, PlanOptions

__all__ = [
    "ActionType",
    "ExecutionPlan",
    "MaxChange",
    "PlanFormatter",
    "PlanGenerator",
    "PlanMetadata",
    "PlanOptions",
    "PlannedAction",
    "PlannedValue",
]
