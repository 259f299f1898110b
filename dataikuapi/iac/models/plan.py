"""ExecutionPlan: what is to be done so that DSS has what is wanted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from dataikuapi.iac.models.changes import PathSegments, format_path
from dataikuapi.iac.models.diff import ResourceDiff
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.resource import Resource

__all__ = [
    "ActionType",
    "ExecutionPlan",
    "PlanMetadata",
    "PlannedAction",
    "PlannedValue",
    "StoredObject",
]


class ActionType(str, Enum):
    """What is planned for an object.

    The first four write to DSS, the next two to the stored state alone. All others do
    nothing, and say why.
    """

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RENAME = "rename"
    ADOPT = "adopt"
    FORGET = "forget"
    NO_CHANGE = "no-change"
    CONFLICT = "conflict"
    KEPT = "kept"
    BLOCKED = "blocked"
    PLAN_ONLY = "plan-only"

    @property
    def writes(self) -> bool:
        """Whether DSS is changed."""
        return self in _WRITING

    @property
    def is_executed(self) -> bool:
        """Whether anything is changed: DSS, or the stored state."""
        return self in _EXECUTED


_WRITING = frozenset(
    {ActionType.CREATE, ActionType.UPDATE, ActionType.DELETE, ActionType.RENAME}
)
_EXECUTED = _WRITING | {ActionType.ADOPT, ActionType.FORGET}


@dataclass(frozen=True)
class PlannedValue:
    """A value on which the three sides do not agree.

    Args:
        segments: its path.
        base: what the stored state has; ``None`` also where it has nothing.
        code: what is wanted, likewise.
        live: what DSS has now, likewise.
    """

    segments: PathSegments
    base: JSON = None
    code: JSON = None
    live: JSON = None

    @property
    def path(self) -> str:
        """The path, as reports show it."""
        return format_path(self.segments)


@dataclass(frozen=True)
class StoredObject:
    """What the stored state has of an object when a plan is made.

    Args:
        checksum: of its attributes.
        serial: in which version of the state it alone was last stored, if it was.
        created_at: when it was created in DSS, if that is known.
    """

    checksum: str
    serial: int | None = None
    created_at: datetime | None = None

    @classmethod
    def of(cls, resource: Resource | None) -> "StoredObject | None":
        """Return what is stored; ``None`` if nothing is."""
        if resource is None:
            return None
        metadata = resource.metadata
        return cls(resource.compute_checksum(), metadata.serial, metadata.created_at)


@dataclass(frozen=True)
class PlannedAction:
    """What is planned for one object.

    Args:
        action_type: what is to be done.
        resource_id: of the object.
        resource_type: of the object.
        diff: from what DSS has now to what it would have; of an object that is only
            forgotten, from what the stored state has.
        dependencies: ids of the objects whose actions come first.
        reason: why nothing is done, or what else is to be known of it.
        conflicts: values that were changed in DSS and in the code.
        kept: values that were changed in DSS alone, and stay.
        is_unknown: whether nothing is done since something could not be read.
        drops_data: whether a delete drops what the object holds as well.
        renamed_from: the id that the object has in DSS and in the stored state before
            it is renamed; "" if it is not.
        stored: what the stored state has of the object; ``None`` if it does not have
            it, or if nothing is executed.
    """

    action_type: ActionType
    resource_id: str
    resource_type: str
    diff: ResourceDiff
    dependencies: tuple[str, ...] = ()
    reason: str = ""
    conflicts: tuple[PlannedValue, ...] = ()
    kept: tuple[PlannedValue, ...] = ()
    is_unknown: bool = False
    drops_data: bool = False
    renamed_from: str = ""
    stored: StoredObject | None = None

    @property
    def stored_id(self) -> str:
        """The id that the object has in the stored state, if it has it."""
        return self.renamed_from or self.resource_id

    @property
    def project_key(self) -> str:
        """The key of the object's project."""
        return ResourceId.parse(self.resource_id).project_key

    def blocked(self, reason: str) -> "PlannedAction":
        """Return the action as one that is not executed."""
        return replace(
            self, action_type=ActionType.BLOCKED, reason=reason, drops_data=False
        )


@dataclass(frozen=True)
class PlanMetadata:
    """What a plan was made of.

    Args:
        environment: whose DSS is changed.
        url: of that DSS, if it is known.
        instance: what identifies that DSS, as a state has it.
        lineage: of the stored state; ``None`` without one.
        serial: of the stored state.
        read_at: when DSS was read.
        source: what was wanted, in words.
        code_digest: of what was wanted; "" if it is not known.
        unmanaged: ids of objects that neither the code nor the stored state has.
        uncovered: names of types that the code does not cover; what the stored state
            has of them is left alone.
        cycles: ids of objects that refer to each other, of which the order is
            arbitrary.
        refusal: why the plan as a whole is not executed; "" if it may be.
        left_out: ids of objects with an action that is not among the targets.
        dependants: ids of objects that depend on what the targets change, and are not
            among them; whether anything is to be done with them or not.
        ids: in DSS of objects that have another one in the code, where the stored state
            does not remember that yet.
        own_values: values that stay as the environment has them for itself, though the
            one that is promoted has others, such as ``recipe.SHOP.r: params.x``.
    """

    environment: str = ""
    url: str | None = None
    instance: Mapping[str, JSON] = field(default_factory=dict)
    lineage: str | None = None
    serial: int = 0
    read_at: datetime | None = None
    source: str = ""
    code_digest: str = ""
    unmanaged: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    refusal: str = ""
    left_out: tuple[str, ...] = ()
    dependants: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    own_values: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class ExecutionPlan:
    """What is to be done, in this order.

    Printed, it is a report; a notebook shows it as a list to unfold.

    Args:
        actions: one for each object that the code or the stored state has.
        metadata: what the plan was made of.
    """

    actions: Sequence[PlannedAction] = ()
    metadata: PlanMetadata = field(default_factory=PlanMetadata)

    def summary(self) -> dict[str, int]:
        """Return how many actions there are of each type, by its name."""
        counts = Counter(action.action_type for action in self.actions)
        return {kind.value.replace("-", "_"): counts[kind] for kind in ActionType}

    def has_changes(self) -> bool:
        """Return whether anything is to be done, in DSS or in the stored state."""
        return any(action.action_type.is_executed for action in self.actions)

    def of_type(self, *types: ActionType) -> list[PlannedAction]:
        """Return the actions of these types, in the same order."""
        return [action for action in self.actions if action.action_type in types]

    def by_id(self) -> Mapping[str, PlannedAction]:
        """Return the actions by the ids of their objects."""
        return {action.resource_id: action for action in self.actions}

    def live_ids(self) -> set[str]:
        """Return the ids of the objects that DSS had, as far as they are known."""
        found = {
            action.stored_id
            for action in self.actions
            if action.diff.old_resource is not None
            and action.action_type is not ActionType.FORGET
        }
        return found.union(self.metadata.unmanaged)

    def from_source(self, source: str) -> "ExecutionPlan":
        """Return the plan with the name of what was wanted.

        Args:
            source: in words.
        """
        return replace(self, metadata=replace(self.metadata, source=source))

    def replaced(self, actions: Iterable[PlannedAction]) -> "ExecutionPlan":
        """Return the plan with other actions."""
        return replace(self, actions=tuple(actions))

    def __repr__(self) -> str:
        """Return a summary in one line, without values."""
        counts = [f"{count} {name}" for name, count in self.summary().items() if count]
        where = self.metadata.environment or "without environment"
        return f"<ExecutionPlan {where}: {', '.join(counts) or 'empty'}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from dataikuapi.iac.reports.plan_html import plan_html

        return plan_html(self)

    def __str__(self) -> str:
        """Return the plan as text, without colors."""
        from dataikuapi.iac.reports.plan_text import render_plan_text

        return render_plan_text(self)
