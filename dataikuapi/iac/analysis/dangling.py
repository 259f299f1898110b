"""Finds references to objects that do not exist."""

from collections.abc import Collection, Container, Iterator
from typing import NamedTuple

from dataikuapi.iac.analysis.flow import possible_ids, referenced_id
from dataikuapi.iac.models import (
    ChangeType,
    Resource,
    ResourceDiff,
    ResourceDiffs,
    State,
)
from dataikuapi.iac.models.scope import Part, Scope
from dataikuapi.iac.types.lookup import references_of
from dataikuapi.iac.types.references import Reference

__all__ = ["DanglingReference", "dangling_references", "new_dangling_references"]


class DanglingReference(NamedTuple):
    """A reference to an object that does not exist.

    Args:
        resource_id: of the object that refers to it.
        pointer: where the reference is, as a JSON Pointer into the attributes.
        target_id: of the missing object; the likeliest, if the reference does not say
            of which type it is, or in which project.
    """

    resource_id: str
    pointer: str
    target_id: str


def dangling_references(state: State) -> list[DanglingReference]:
    """Return the dangling references in a state, in the order of the ids.

    What the state has not read is not missing: a reference to an object of a type, or
    in a project, that is out of its scope does not count.

    Args:
        state: not modified.
    """
    parts = _known_parts(state.scope, state.resources)
    known = {*state.resources, *state.unknown}
    return [
        _dangling(state.resources[key], item)
        for key in sorted(state.resources)
        for item in references_of(state.resources[key])
        if _is_missing(state.resources[key], item, known, parts)
    ]


def new_dangling_references(diffs: ResourceDiffs) -> list[DanglingReference]:
    """Return the references that the changes made dangling.

    Either what they refer to was removed, or they are new and refer to nothing.

    Args:
        diffs: or a part of them; the whole comparison counts.
    """
    removed = {
        diff.resource_id
        for diff in diffs.whole
        if diff.change_type is ChangeType.REMOVED
    }
    known = {diff.resource_id for diff in diffs.whole} - removed
    parts = _known_parts(diffs.scope, known)
    known.update(item.resource_id for item in diffs.unknown)
    return [
        _dangling(diff.new_resource, item, removed)
        for diff in diffs.whole
        if diff.new_resource is not None
        for item in _candidates(diff, removed)
        if _is_missing(diff.new_resource, item, known, parts, removed)
    ]


def _candidates(diff: ResourceDiff, removed: Collection[str]) -> Iterator[Reference]:
    """Yield the references that may have become dangling: none in most resources."""
    new = diff.new_resource
    if new is None or not (removed or diff.has_changed):
        return
    before = set(references_of(diff.old_resource)) if diff.old_resource else set()
    for item in references_of(new):
        is_new = diff.has_changed and item not in before
        if is_new or any(key in removed for key in possible_ids(new, item)):
            yield item


def _known_parts(scope: Scope | None, ids: Collection[str]) -> Collection[Part]:
    """Return of which parts it is known which objects there are.

    Without a scope, a state claims to be whole; yet a type of which it has nothing may
    not have been read at all.
    """
    return scope.parts if scope is not None else set(map(_part, ids))


def _is_missing(
    resource: Resource,
    reference: Reference,
    known: Container[str],
    parts: Collection[Part],
    removed: Container[str] = (),
) -> bool:
    ids = possible_ids(resource, reference)
    if any(key in known for key in ids):
        return False
    return any(key in removed for key in ids) or all(_part(key) in parts for key in ids)


def _part(resource_id: str) -> Part:
    """Return the part of an object; an id in diffs need not be valid."""
    resource_type, _, rest = resource_id.partition(".")
    return rest.partition(".")[0], resource_type


def _dangling(
    resource: Resource, reference: Reference, removed: Container[str] = ()
) -> DanglingReference:
    target_id = referenced_id(resource, reference, removed)
    return DanglingReference(resource.resource_id, reference.pointer, target_id)
