"""The domain model: values and ids, without I/O or rendering."""

from dataikuapi.iac.models.changes import (
    Change,
    Changes,
    PathSegment,
    ValueChangeType,
)
from dataikuapi.iac.models.comparison import (
    ComparedStates,
    Coverage,
    DSSVersions,
    HiddenResource,
    ResourceDiffs,
    RuleUsage,
    UncomparedAttribute,
    UnreadableResource,
)
from dataikuapi.iac.models.diff import (
    AttributeDiffs,
    ChangeType,
    MaskedValues,
    ResourceDiff,
)
from dataikuapi.iac.models.ids import ResourceId, make_resource_id
from dataikuapi.iac.models.resource import Resource, ResourceMetadata
from dataikuapi.iac.models.scope import Scope, ScopeEntry
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.models.state import State

__all__ = [
    "AttributeDiffs",
    "Change",
    "ChangeType",
    "Changes",
    "ComparedStates",
    "Coverage",
    "DSSVersions",
    "HiddenResource",
    "MaskedValues",
    "PathSegment",
    "Resource",
    "ResourceDiff",
    "ResourceDiffs",
    "ResourceId",
    "ResourceMetadata",
    "RuleUsage",
    "Scope",
    "ScopeEntry",
    "Severity",
    "State",
    "UncomparedAttribute",
    "UnreadableResource",
    "ValueChangeType",
    "make_resource_id",
]
