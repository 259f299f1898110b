"""Comparison of states, and application of the changes that it finds."""

from dataikuapi.iac.diff.engine import DiffEngine
from dataikuapi.iac.diff.patch import apply_changes
from dataikuapi.iac.models.diff import ChangeType, ResourceDiff

__all__ = ["ChangeType", "DiffEngine", "ResourceDiff", "apply_changes"]
