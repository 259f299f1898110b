"""Apply: does in DSS what a plan says."""

from dataikuapi.iac.apply.engine import ApplyEngine
from dataikuapi.iac.models.apply import ActionResult, ActionStatus, ApplyResult

__all__ = ["ActionResult", "ActionStatus", "ApplyEngine", "ApplyResult"]
