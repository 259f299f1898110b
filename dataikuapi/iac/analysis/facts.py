"""Puts together what reports say of a comparison, in the order of weight."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from dataikuapi.iac.analysis.causes import Cause, Causes
from dataikuapi.iac.analysis.dangling import (
    DanglingReference,
    new_dangling_references,
)
from dataikuapi.iac.analysis.flow import Flow
from dataikuapi.iac.analysis.grouping import ChangeKey, Group, group_changes, key_of
from dataikuapi.iac.analysis.renames import find_renames
from dataikuapi.iac.analysis.weights import (
    heaviest,
    severity_of_change,
    severity_of_diff,
)
from dataikuapi.iac.models import Change, ChangeType, ResourceDiff, ResourceDiffs
from dataikuapi.iac.models.severity import Severity

__all__ = [
    "Analysis",
    "DerivedFact",
    "Fact",
    "ObjectFact",
    "SharedFact",
    "analyze",
    "fact_of",
]

_NO_CAUSES: Mapping[int, Cause] = {}


@dataclass(frozen=True)
class DerivedFact:
    """Changes that DSS made by itself in one resource, with their common cause.

    Args:
        severity: the heaviest of the changes.
        diff: of the resource.
        changes: those of its changes that have this cause.
        cause: why DSS made them.
    """

    severity: Severity
    diff: ResourceDiff
    changes: tuple[Change, ...]
    cause: Cause


@dataclass(frozen=True)
class ObjectFact:
    """What happened to one resource.

    Args:
        severity: the heaviest of what happened.
        diff: of the resource.
        changes: those that are neither shared nor derived.
        renamed_from: if the resource was added, the removed one that it was before.
        downstream: ids of what is computed from it or uses it.
        derived: changes of other resources that this one caused.
    """

    severity: Severity
    diff: ResourceDiff
    changes: tuple[Change, ...]
    renamed_from: ResourceDiff | None = None
    downstream: tuple[str, ...] = ()
    derived: tuple[DerivedFact, ...] = ()


@dataclass(frozen=True)
class SharedFact:
    """Changes that are the same in several resources.

    Args:
        severity: the heaviest of the changes.
        diffs: of the resources.
        changes: as in the first of them.
        downstream: ids of what is computed from any of them or uses it.
    """

    severity: Severity
    diffs: tuple[ResourceDiff, ...]
    changes: tuple[Change, ...]
    downstream: tuple[str, ...] = ()


Fact = ObjectFact | SharedFact | DerivedFact


@dataclass(frozen=True)
class Analysis:
    """What a report says of the diffs that it shows.

    Args:
        diffs: those shown.
        flow: of the whole comparison.
        renames: new ids by old ids.
        causes: of the changes of each resource, by position, by resource id.
    """

    diffs: ResourceDiffs
    flow: Flow
    renames: Mapping[str, str]
    causes: Mapping[str, Mapping[int, Cause]] = field(default_factory=dict)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What changed, each thing once: the heaviest first.

        Of those that weigh the same, the ones with most downstream come first, and then
        those that come first in the diffs. A derived fact is among them, after all
        others, only if the object that caused it is not.
        """
        shared = [self._shared(group) for group in self._groups]
        derived = self._derived()
        objects = [item for item in map(self._object, self._shown) if item]
        own = {item.diff.resource_id: item for item in objects}
        for item in derived:
            above = own.get(item.cause.resource_id)
            if above is not None:
                own[above.diff.resource_id] = replace(
                    above, derived=(*above.derived, item)
                )
        apart = [item for item in derived if item.cause.resource_id not in own]
        return tuple(sorted([*own.values(), *shared, *apart], key=_weight))

    def severity(self, diff: ResourceDiff) -> Severity:
        """Return the heaviest of what a diff affects."""
        return severity_of_diff(diff)

    def cause(self, diff: ResourceDiff, position: int) -> Cause | None:
        """Return why DSS made a change by itself, if it did."""
        return self.causes.get(diff.resource_id, _NO_CAUSES).get(position)

    @cached_property
    def dangling(self) -> tuple[DanglingReference, ...]:
        """The references that the changes of the whole comparison made dangling."""
        return tuple(new_dangling_references(self.diffs))

    @cached_property
    def renamed_from(self) -> Mapping[str, ResourceDiff]:
        """The removed resources by the new ids, of those that are shown."""
        old_ids = {new: old for old, new in self.renames.items()}
        shown = {diff.resource_id: diff for diff in self.diffs}
        return {
            new: shown[old]
            for new, old in old_ids.items()
            if old in shown and new in shown
        }

    @cached_property
    def _shown(self) -> list[ResourceDiff]:
        hidden = {diff.resource_id for diff in self.renamed_from.values()}
        return [
            diff
            for diff in self.diffs
            if diff.has_changed and diff.resource_id not in hidden
        ]

    @cached_property
    def _groups(self) -> list[Group]:
        return group_changes((diff, self._edits(diff)) for diff in self._shown)

    @cached_property
    def _shared_keys(self) -> dict[str, set[ChangeKey]]:
        """The changes of each resource that belong to a group."""
        keys: dict[str, set[ChangeKey]] = {}
        for group in self._groups:
            for diff in group.diffs:
                own = keys.setdefault(diff.resource_id, set())
                own.update(map(key_of, group.changes))
        return keys

    def _edits(self, diff: ResourceDiff) -> list[Change]:
        """Return the changes without the derived ones."""
        causes = self.causes.get(diff.resource_id, _NO_CAUSES)
        return [
            change
            for position, change in enumerate(diff.changes)
            if position not in causes
        ]

    def _object(self, diff: ResourceDiff) -> ObjectFact | None:
        """Return what a resource has of its own; ``None`` if it has nothing."""
        shared = self._shared_keys.get(diff.resource_id, set())
        changes = self._edits(diff)
        if shared:
            changes = [item for item in changes if key_of(item) not in shared]
        if diff.changes and not changes and not diff.is_recreated:
            return None
        severities = [severity_of_change(diff.resource_type, item) for item in changes]
        if diff.is_recreated or not changes:
            severities.append(severity_of_diff(replace(diff, changes=())))
        severity = heaviest(severities)
        return ObjectFact(
            severity,
            diff,
            _by_weight(diff, changes),
            self.renamed_from.get(diff.resource_id),
            self._affected(severity, [diff]),
        )

    def _shared(self, group: Group) -> SharedFact:
        severity = heaviest(
            severity_of_change(diff.resource_type, change)
            for diff in group.diffs
            for change in group.changes
        )
        downstream = self._affected(severity, group.diffs)
        changes = _by_weight(group.diffs[0], group.changes)
        return SharedFact(severity, group.diffs, changes, downstream)

    def _affected(
        self, severity: Severity, diffs: Iterable[ResourceDiff]
    ) -> tuple[str, ...]:
        if severity is Severity.DESCRIPTION:
            return ()
        return self.flow.downstream(diff.resource_id for diff in diffs)

    def _derived(self) -> list[DerivedFact]:
        """Return the derived changes, by resource and cause."""
        found = []
        for diff in self._shown:
            by_cause: dict[Cause, list[Change]] = {}
            for position, cause in self.causes.get(diff.resource_id, {}).items():
                by_cause.setdefault(cause, []).append(diff.changes[position])
            for cause, changes in by_cause.items():
                severity = heaviest(
                    severity_of_change(diff.resource_type, item) for item in changes
                )
                found.append(DerivedFact(severity, diff, tuple(changes), cause))
        return found


def analyze(diffs: Iterable[ResourceDiff]) -> Analysis:
    """Find out what the diffs mean.

    Args:
        diffs: those to show. Flow, renames and causes are those of the whole comparison
            that they are part of.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    whole = diffs.whole
    flow = Flow(whole)
    renames = find_renames(whole)
    return Analysis(diffs, flow, renames, _causes(whole, diffs, flow, renames))


def fact_of(diff: ResourceDiff) -> ObjectFact:
    """Return what happened to one resource, whatever happened to others."""
    return ObjectFact(severity_of_diff(diff), diff, _by_weight(diff, diff.changes))


def _causes(
    whole: Sequence[ResourceDiff],
    diffs: Iterable[ResourceDiff],
    flow: Flow,
    renames: Mapping[str, str],
) -> dict[str, dict[int, Cause]]:
    causes = Causes(whole, flow, renames)
    found = {}
    for diff in diffs:
        if diff.change_type is ChangeType.MODIFIED:
            looked_up = [causes.of(diff, change) for change in diff.changes]
            known = {at: cause for at, cause in enumerate(looked_up) if cause}
            if known:
                found[diff.resource_id] = known
    return found


def _by_weight(diff: ResourceDiff, changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes with the heaviest first, otherwise in the same order."""
    return tuple(
        sorted(
            changes, key=lambda item: severity_of_change(diff.resource_type, item).rank
        )
    )


def _weight(fact: Fact) -> tuple[bool, int, int]:
    is_derived = isinstance(fact, DerivedFact)
    downstream = () if isinstance(fact, DerivedFact) else fact.downstream
    return is_derived, fact.severity.rank, -len(downstream)
