"""Comparing states, and applying the changes that were found."""

from dataikuapi.iac.diff.engine import DiffEngine
from dataikuapi.iac.diff.patch import apply_changes
from dataikuapi.iac.models.diff import ChangeType, ResourceDiff

__all__ = ["ChangeType", "DiffEngine", "ResourceDiff", "apply_changes"]
