"""Values and ids: what the library speaks of. No I/O, and nothing that renders."""

from dataikuapi.iac.models.diff import AttributeDiffs, ChangeType, ResourceDiff
from dataikuapi.iac.models.ids import ResourceId, make_resource_id
from dataikuapi.iac.models.resource import Resource, ResourceMetadata
from dataikuapi.iac.models.scope import ScopeEntry
from dataikuapi.iac.models.state import State

__all__ = [
    "AttributeDiffs",
    "ChangeType",
    "Resource",
    "ResourceDiff",
    "ResourceId",
    "ResourceMetadata",
    "ScopeEntry",
    "State",
    "make_resource_id",
]
