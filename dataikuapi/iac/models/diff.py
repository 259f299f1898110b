"""ResourceDiff: what happened to one resource between two states."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple, TypedDict

from dataikuapi.iac.models.changes import (
    Change,
    Changes,
    PathSegment,
    ValueChangeType,
)
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource

__all__ = [
    "AttributeDiffs",
    "ChangeType",
    "MaskedValues",
    "ResourceDiff",
    "ValueChange",
]


class ChangeType(Enum):
    """What can happen to a resource."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    UNCHANGED = "unchanged"


class ValueChange(TypedDict):
    """The values of an attribute in both states."""

    old: JSON
    new: JSON


class AttributeDiffs(TypedDict):
    """Which top-level attributes of a resource differ, by name."""

    added: dict[str, JSON]
    removed: dict[str, JSON]
    modified: dict[str, ValueChange]


class MaskedValues(NamedTuple):
    """How many values are masked in both states and cannot be compared.

    Args:
        without_key: no secret key was used when the states were read.
        other_key: the states were read with different secret keys, or one without.
        encrypted: DSS encrypts them, with another result at each save.
    """

    without_key: int = 0
    other_key: int = 0
    encrypted: int = 0

    @property
    def total(self) -> int:
        """The number of all of them."""
        return sum(self)


NOTHING_MASKED = MaskedValues()


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
        change_type: added, removed, modified or unchanged.
        resource_id: of the resource.
        resource_type: of the resource.
        old_resource: the one in the old state; ``None`` if it was added.
        new_resource: the one in the new state; ``None`` if it was removed.
        attribute_diffs: what differs, by top-level attribute, if it was modified.
        changes: what differs, one entry per changed value, if it was modified; derived
            from the attribute diffs when omitted.
        is_recreated: whether it was deleted and created again under the same id.
        masked: how many values could not be compared, which may have changed or not.
        old_read_at: when the old state was read, if it says so.
    """

    change_type: ChangeType
    resource_id: str
    resource_type: str
    old_resource: Resource | None = None
    new_resource: Resource | None = None
    attribute_diffs: AttributeDiffs | None = None
    changes: tuple[Change, ...] = Changes()
    is_recreated: bool = False
    masked: MaskedValues = NOTHING_MASKED
    old_read_at: datetime | None = None

    def __post_init__(self) -> None:
        """Derive changes from the attribute diffs."""
        changes = self.changes
        if self.attribute_diffs and not changes:
            changes = _derive_changes(self.attribute_diffs)
        if not isinstance(changes, Changes):
            object.__setattr__(self, "changes", Changes(changes))

    @property
    def project_key(self) -> str:
        """The key of the project that the object is or belongs to."""
        return ResourceId.parse(self.resource_id).project_key

    @property
    def resource_name(self) -> str:
        """The name inside the project; "" for the project itself."""
        return ResourceId.parse(self.resource_id).resource_name

    @property
    def has_changed(self) -> bool:
        """Whether it was added, removed, modified, or deleted and created again."""
        return self.change_type is not ChangeType.UNCHANGED or self.is_recreated

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

    @property
    def editor_is_recorded(self) -> bool | None:
        """Whether :attr:`last_modified_by` is who made the last of the changes.

        An import, a duplication, a revert and a push through git change an object
        without a later version tag; then it is whoever saved the object last before.
        Nor can an edit from before the old state was read have made a change since.
        ``None`` if there is nothing to tell it by, or no editor.
        """
        old, new = self.old_resource, self.new_resource
        if self.predates_old_state:
            return False
        if self.change_type is not ChangeType.MODIFIED or self.last_modified_by is None:
            return None
        if old is None or new is None:
            return None
        return new.metadata.is_saved_after(old.metadata)

    @property
    def predates_old_state(self) -> bool:
        """Whether the last edit was made before the old state was read.

        That of a removed resource always was, so for it this is false.
        """
        when = self.last_modified_at
        if self.new_resource is None or when is None or self.old_read_at is None:
            return False
        return when < self.old_read_at

    def with_changes(self, changes: Sequence[Change]) -> "ResourceDiff":
        """Return the diff with only some of its changes; with none, it is unchanged.

        Args:
            changes: a part of those that it has.
        """
        if len(changes) == len(self.changes):
            return self
        if not changes:
            return replace(
                self,
                change_type=ChangeType.UNCHANGED,
                changes=(),
                attribute_diffs=None,
            )
        return replace(
            self,
            changes=tuple(changes),
            attribute_diffs=_restrict(self.attribute_diffs, changes),
        )

    def __repr__(self) -> str:
        """Return a summary in one line, without values of attributes."""
        parts = self.attribute_diffs
        names = (
            [*parts["added"], *parts["removed"], *parts["modified"]] if parts else []
        )
        changed = f": {', '.join(sorted(names))}" if names else ""
        return f"<ResourceDiff {self.change_type.value} {self.resource_id}{changed}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from dataikuapi.iac.reports.html import diff_html

        return diff_html(self)

    def __str__(self) -> str:
        """Return the sign of the change, as Terraform has it, and the id."""
        return f"{_SIGNS[self.change_type]} {self.resource_id}"


def _derive_changes(parts: AttributeDiffs) -> tuple[Change, ...]:
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


def _restrict(
    diffs: AttributeDiffs | None, changes: Sequence[Change]
) -> AttributeDiffs | None:
    """Return the diffs of only those attributes that have a change."""
    if diffs is None:
        return None
    names = {change.segments[0].name for change in changes}
    return {
        "added": {key: value for key, value in diffs["added"].items() if key in names},
        "removed": {
            key: value for key, value in diffs["removed"].items() if key in names
        },
        "modified": {
            key: value for key, value in diffs["modified"].items() if key in names
        },
    }
