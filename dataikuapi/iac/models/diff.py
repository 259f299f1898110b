"""What happened to one resource between two states."""

from dataclasses import dataclass
from enum import Enum
from typing import Optional, TypedDict

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource

__all__ = ["AttributeDiffs", "ChangeType", "ResourceDiff", "ValueChange"]


class ChangeType(Enum):
    """The four things that can have happened to a resource."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    UNCHANGED = "unchanged"


class ValueChange(TypedDict):
    """The two values of an attribute that both states have."""

    old: JSON
    new: JSON


class AttributeDiffs(TypedDict):
    """Which top-level attributes of a resource differ, by name."""

    added: dict[str, JSON]
    removed: dict[str, JSON]
    modified: dict[str, ValueChange]


_SIGNS = {
    ChangeType.ADDED: "+",
    ChangeType.REMOVED: "-",
    ChangeType.MODIFIED: "~",
    ChangeType.UNCHANGED: " ",
}


@dataclass(frozen=True, repr=False)
class ResourceDiff:
    """What happened to one resource.

    Args:
        change_type: which of the four.
        resource_id: of the resource.
        resource_type: of the resource.
        old_resource: as the old state has it; ``None`` if it was added.
        new_resource: as the new state has it; ``None`` if it was removed.
        attribute_diffs: what differs; only of a modified one.
    """

    change_type: ChangeType
    resource_id: str
    resource_type: str
    old_resource: Optional[Resource] = None
    new_resource: Optional[Resource] = None
    attribute_diffs: Optional[AttributeDiffs] = None

    @property
    def is_recreated(self) -> bool:
        """Whether a project was deleted, and made again under the same key.

        Its creationTag tells, which DSS keeps as long as a project lives.
        """
        if self.resource_type != "project":
            return False
        if self.old_resource is None or self.new_resource is None:
            return False
        before = self.old_resource.metadata.created_at
        after = self.new_resource.metadata.created_at
        return None not in (before, after) and before != after

    def __repr__(self) -> str:
        """Return in one line what happened; no value of an attribute."""
        parts = self.attribute_diffs
        names = (
            [*parts["added"], *parts["removed"], *parts["modified"]] if parts else []
        )
        which = f": {', '.join(sorted(names))}" if names else ""
        return f"<ResourceDiff {self.change_type.value} {self.resource_id}{which}>"

    def __str__(self) -> str:
        """Return the sign of the change and the id, as Terraform does."""
        return f"{_SIGNS[self.change_type]} {self.resource_id}"
