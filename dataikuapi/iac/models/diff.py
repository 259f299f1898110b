"""ResourceDiff: what happened to one resource between two states."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Optional, TypedDict

from dataikuapi.iac.models.changes import Change, PathSegment, ValueChangeType
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource

__all__ = [
    "AttributeDiffs",
    "ChangeType",
    "ResourceDiff",
    "ValueChange",
]


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
        attribute_diffs: what differs, by top-level attribute; only of a modified one.
        changes: what differs, one entry per changed value; only of a modified one.
            Without them, they are derived from the attribute diffs.
        is_recreated: whether it was deleted and created again under the same id.
    """

    change_type: ChangeType
    resource_id: str
    resource_type: str
    old_resource: Optional[Resource] = None
    new_resource: Optional[Resource] = None
    attribute_diffs: Optional[AttributeDiffs] = None
    changes: tuple[Change, ...] = ()
    is_recreated: bool = False

    def __post_init__(self) -> None:
        """Derive changes from the attribute diffs."""
        if self.attribute_diffs and not self.changes:
            object.__setattr__(self, "changes", _shallow(self.attribute_diffs))

    @property
    def last_modified_by(self) -> str | None:
        """Login of the last editor, as DSS has it.

        For a removed resource, that is the last one before; DSS does not say who
        removed it.
        """
        resource = self.new_resource or self.old_resource
        return resource.metadata.last_modified_by if resource else None

    @property
    def last_modified_at(self) -> datetime | None:
        """Time of the last edit, as DSS has it; see :attr:`last_modified_by`."""
        resource = self.new_resource or self.old_resource
        return resource.metadata.last_modified_at if resource else None

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


def _shallow(parts: AttributeDiffs) -> tuple[Change, ...]:
    added = [
        Change(ValueChangeType.ADDED, (PathSegment(name),), new=value)
        for name, value in parts["added"].items()
    ]
    removed = [
        Change(ValueChangeType.REMOVED, (PathSegment(name),), old=value)
        for name, value in parts["removed"].items()
    ]
    modified = [
        Change(
            ValueChangeType.MODIFIED, (PathSegment(name),), change["old"], change["new"]
        )
        for name, change in parts["modified"].items()
    ]
    return (*added, *removed, *modified)
