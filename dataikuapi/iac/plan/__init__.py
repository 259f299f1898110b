"""Plans: what is to be changed in DSS so that it has what is wanted."""

from dataikuapi.iac.models.plan import (
    ActionType,
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
    PlannedValue,
    StoredObject,
)
from dataikuapi.iac.plan.binding import check_binding, code_digest
from dataikuapi.iac.plan.formatter import PlanFormatter
from dataikuapi.iac.plan.generator import PlanGenerator
from dataikuapi.iac.plan.options import MaxChange, PlanOptions
from dataikuapi.iac.plan.saved import read_plan, write_plan

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
    "StoredObject",
    "check_binding",
    "code_digest",
    "read_plan",
    "write_plan",
]
