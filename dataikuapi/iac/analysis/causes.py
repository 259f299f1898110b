"""Finds changes that follow from others: DSS makes them, nobody edited them."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dataikuapi.iac.analysis.flow import Flow, referenced_id
from dataikuapi.iac.analysis.weights import names_of, severity_of_change
from dataikuapi.iac.models import Change, ChangeType, Resource, ResourceDiff
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.lookup import is_membership, is_produced, references_of
from dataikuapi.iac.types.references import Reference

__all__ = ["Cause", "Causes"]


class Cause(NamedTuple):
    """Why DSS made a change.

    Args:
        resource_id: of the changed object under which the change is shown; of the
            recipe, if that has not changed.
        reason: in words, such as "schema follows recipe compute_orders".
    """

    resource_id: str
    reason: str


class Causes:
    """Looks up the causes of changes.

    Args:
        diffs: of the whole comparison, unchanged resources included.
        renames: new ids by old ids.
    """

    def __init__(
        self, diffs: Sequence[ResourceDiff], flow: Flow, renames: Mapping[str, str]
    ) -> None:
        self._diffs = {diff.resource_id: diff for diff in diffs}
        self._edited = {diff.resource_id for diff in diffs if _is_edited(diff)}
        self._with_other_columns = {
            diff.resource_id for diff in diffs if _has_other_columns(diff)
        }
        self._roots: dict[str, str | None] = {}
        self._flow = flow
        self._renames = renames
        self._old_ids = {new: old for old, new in renames.items()}
        # Of each resource, since they are looked up for each of its changes.
        self._references: dict[int, tuple[Resource, tuple[Reference, ...]]] = {}

    def of(self, diff: ResourceDiff, change: Change) -> Cause | None:
        """Return the cause of a change; ``None`` if it is an edit of its own."""
        if is_produced(diff.resource_type, names_of(change)):
            return self._producer(diff, names_of(change)[0])
        return self._made_or_deleted(diff, change)

    def _producer(self, diff: ResourceDiff, attribute: str) -> Cause | None:
        """Return the recipe that has the object as an output, if any.

        That a recipe was run leaves no trace in its configuration.
        """
        producers = self._flow.producers(diff.resource_id)
        if not producers:
            return None
        producer = next(filter(self._edited.__contains__, producers), producers[0])
        root = self._root(producer)
        if root is None:
            reason = f"{attribute} changed by a run of {_noun(producer)}, or by hand"
            return Cause(producer, reason)
        return Cause(root, f"{attribute} follows {_noun(producer)}")

    def _root(self, producer: str) -> str | None:
        """Return the nearest edited object upstream that explains other columns."""
        if producer not in self._roots:
            self._roots[producer] = self._search_upstream(producer)
        return self._roots[producer]

    def _search_upstream(self, producer: str) -> str | None:
        seen, queue = {producer}, deque([producer])
        while queue:
            recipe = queue.popleft()
            root = recipe if recipe in self._edited else self._roots.get(recipe)
            if root is not None:
                return root
            if recipe in self._roots:
                continue  # There is nothing above it.
            for source in self._flow.inputs(recipe):
                if source in self._with_other_columns:
                    above = self._flow.producers(source)
                    if not above:
                        return source
                    queue.extend(item for item in above if item not in seen)
                    seen.update(above)
        return None

    def _made_or_deleted(self, diff: ResourceDiff, change: Change) -> Cause | None:
        """Return the object whose rename, creation or deletion the change follows."""
        before = self._referenced_at(diff.old_resource, change, change.old)
        after = self._referenced_at(diff.new_resource, change, change.new)
        if not before and not after:
            return None
        new = self._renamed_in(diff, before, after)
        if new:
            return Cause(max(new), f"refers to {_noun(max(new))} by its new name")
        is_whole = all(map(self._is_removed, before)) and all(map(self._is_new, after))
        if is_whole and is_membership(diff.resource_type, names_of(change)):
            other = max(before | after)
            verb = "created" if after else "deleted"
            return Cause(other, f"follows from {_noun(other)} being {verb}")
        return None

    def _renamed_in(
        self, diff: ResourceDiff, before: set[str], after: set[str]
    ) -> set[str]:
        """Return the new ids, if the references before became those after by renames.

        An item of a list that names another object is removed and added: two changes,
        each of which has its other half somewhere in the resource.
        """
        if not (before <= self._renames.keys() and after <= self._old_ids.keys()):
            return set()
        new = {self._renames[old] for old in before}
        if before and after:
            return new if new == after else set()
        old = {self._old_ids[name] for name in after}
        is_renamed = new <= self._referenced_in(
            diff.new_resource
        ) and old <= self._referenced_in(diff.old_resource)
        return new | after if is_renamed else set()

    def _referenced_in(self, resource: Resource | None) -> set[str]:
        """Return all ids that a resource refers to."""
        if resource is None:
            return set()
        references = self._references_of(resource)
        return {referenced_id(resource, item, self._diffs) for item in references}

    def _referenced_at(
        self, resource: Resource | None, change: Change, value: object
    ) -> set[str]:
        """Return the ids that a resource refers to inside the changed value."""
        if resource is None or value is None:
            return set()
        pointer = change.pointer
        return {
            referenced_id(resource, item, self._diffs)
            for item in self._references_of(resource)
            if item.pointer == pointer or item.pointer.startswith(f"{pointer}/")
        }

    def _references_of(self, resource: Resource) -> tuple[Reference, ...]:
        known = self._references.get(id(resource))
        if known is None:
            # With the resource, so that its number is not given to another one.
            known = self._references[id(resource)] = resource, references_of(resource)
        return known[1]

    def _is_removed(self, resource_id: str) -> bool:
        diff = self._diffs.get(resource_id)
        return diff is not None and diff.change_type is ChangeType.REMOVED

    def _is_new(self, resource_id: str) -> bool:
        diff = self._diffs.get(resource_id)
        return diff is not None and diff.change_type is ChangeType.ADDED


def _is_edited(diff: ResourceDiff) -> bool:
    """Return whether an object is new, or computes something else."""
    return diff.change_type is ChangeType.ADDED or any(
        severity_of_change(diff.resource_type, item) is not Severity.DESCRIPTION
        for item in diff.changes
    )


def _has_other_columns(diff: ResourceDiff) -> bool:
    return any(is_produced(diff.resource_type, names_of(item)) for item in diff.changes)


def _noun(resource_id: str) -> str:
    """Return type and name of an object of which the project is clear."""
    resource_type, _, rest = resource_id.partition(".")
    return f"{resource_type} {rest.partition('.')[2] or rest}"
