"""What happened to one resource between two states, and to many?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Optional, TypedDict

from dataikuapi.iac.models.changes import Change, PathSegment, ValueChangeType
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource

__all__ = [
    "AttributeDiffs",
    "ChangeType",
    "Coverage",
    "ResourceDiff",
    "ResourceDiffs",
    "RuleUsage",
    "UnreadableResource",
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
        changes: what differs, one entry a changed value; only of a modified one. Where
            there are attribute diffs alone, they are made of those.
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
        """Make changes of attribute diffs."""
        if self.attribute_diffs and not self.changes:
            object.__setattr__(self, "changes", _shallow(self.attribute_diffs))

    @property
    def last_modified_by(self) -> str | None:
        """Login of the last editor, as DSS tells it.

        Of a removed resource it is who edited it before; who removed it is not known.
        """
        resource = self.new_resource or self.old_resource
        return resource.metadata.last_modified_by if resource else None

    @property
    def last_modified_at(self) -> datetime | None:
        """Time of the last edit, as DSS tells it; see :attr:`last_modified_by`."""
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


class UnreadableResource(NamedTuple):
    """What could not be read, so that nobody knows whether it changed.

    Args:
        resource_id: of the object; that of a listing that failed has no name.
        reason: why.
        last_known: what the old state has of it; ``None`` where it has nothing.
    """

    resource_id: str
    reason: str
    last_known: Resource | None = None


class RuleUsage(NamedTuple):
    """What a rule to ignore changes has done.

    Args:
        rule: as it is written, with its author, reason and expiry date.
        suppressed: how many changes, and whole resources, it hid.
        expired: whether it is past its date; then it hides nothing.
    """

    rule: str
    suppressed: int
    expired: bool = False


class Coverage(NamedTuple):
    """How much of what exists is in a state.

    Args:
        tracked: how many of the objects that were read are in the state.
        existing: how many were read.
    """

    tracked: int
    existing: int

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where nothing exists."""
        return self.tracked / self.existing if self.existing else 1.0


class ResourceDiffs(list[ResourceDiff]):
    """All that a comparison found: one diff a resource, and what goes with them.

    Args:
        diffs: in the order of the ids.
        unknown: what could not be read, in the order of the ids.
        rules: the rules that were asked for, in their order, and what each hid.
        coverage: of the old state, where DSS was read to tell.
        title: what was compared with what, in one line; "" if nobody said.
    """

    def __init__(
        self,
        diffs: Iterable[ResourceDiff] = (),
        *,
        unknown: Iterable[UnreadableResource] = (),
        rules: Iterable[RuleUsage] = (),
        coverage: Coverage | None = None,
        title: str = "",
    ) -> None:
        super().__init__(diffs)
        self.unknown = tuple(unknown)
        self.rules = tuple(rules)
        self.coverage = coverage
        self.title = title

    @classmethod
    def from_iterable(cls, diffs: Iterable[ResourceDiff]) -> "ResourceDiffs":
        """Return the diffs as they are if they know more, or else just them."""
        return diffs if isinstance(diffs, cls) else cls(diffs)

    def of_type(self, change_type: ChangeType) -> list[ResourceDiff]:
        """Return those to which that happened."""
        return [diff for diff in self if diff.change_type is change_type]
