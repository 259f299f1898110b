"""Values and ids: what the library speaks of. No I/O, and nothing that renders."""

from dataikuapi.iac.models.changes import Change, ChangeKind, Step
from dataikuapi.iac.models.diff import (
    AttributeDiffs,
    ChangeType,
    Coverage,
    ResourceDiff,
    ResourceDiffs,
    RuleUse,
    Unread,
)
from dataikuapi.iac.models.ids import ResourceId, make_resource_id
from dataikuapi.iac.models.resource import Resource, ResourceMetadata
from dataikuapi.iac.models.scope import ScopeEntry
from dataikuapi.iac.models.state import State

__all__ = [
    "AttributeDiffs",
    "Change",
    "ChangeKind",
    "ChangeType",
    "Coverage",
    "Resource",
    "ResourceDiff",
    "ResourceDiffs",
    "ResourceId",
    "ResourceMetadata",
    "RuleUse",
    "ScopeEntry",
    "State",
    "Step",
    "Unread",
    "make_resource_id",
]
