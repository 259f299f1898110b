"""The order of actions: what an object refers to comes before it, and goes after it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from dataikuapi.iac.analysis.flow import referenced_id
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.plan import ActionType, PlannedAction
from dataikuapi.iac.models.pointers import parse_pointer
from dataikuapi.iac.types.lookup import is_membership, kept_by_dss, references_of
from dataikuapi.iac.types.references import Role
from dataikuapi.iac.types.registry import TYPES

__all__ = ["Ordered", "created_beside", "is_made_along", "ordered", "references"]

_RANKS = {name: rank for rank, name in enumerate(TYPES)}


class Ordered(NamedTuple):
    """Actions in an order in which they can be executed.

    Args:
        actions: with their dependencies.
        cycles: ids of objects that need each other, of which the order is arbitrary.
    """

    actions: tuple[PlannedAction, ...]
    cycles: tuple[tuple[str, ...], ...]


def references(
    resource: Resource | None, known: Mapping[str, object], *roles: Role
) -> set[str]:
    """Return the ids of the objects that one refers to, as far as they are known.

    Args:
        resource: ``None`` refers to nothing.
        known: objects by id.
        roles: of the references. Defaults to all.
    """
    if resource is None:
        return set()
    found = {
        referenced_id(resource, item, known)
        for item in references_of(resource)
        if not roles or item.role in roles
    }
    return (found & known.keys()) - {resource.resource_id}


def ordered(actions: Iterable[PlannedAction]) -> Ordered:
    """Return actions in their order.

    What is created or updated follows what it refers to; what is deleted follows what
    refers to it, but goes before lists from which DSS itself removes it. Where objects
    refer to each other, a mere mention does not count.

    Args:
        actions: one for each object.
    """
    by_id = {action.resource_id: action for action in actions}
    edges = _edges(by_id)
    cycles = []
    while True:
        sorter = TopologicalSorter(edges)
        try:
            sorter.prepare()
        except CycleError as error:
            looping = set(error.args[1])
            strict = _edges(by_id, Role.INPUT, Role.OUTPUT, Role.USE)
            fewer = {rid: edges[rid] & strict[rid] for rid in looping}
            if all(fewer[rid] == edges[rid] for rid in looping):
                cycles.append(tuple(sorted(looping)))
                fewer = {rid: edges[rid] - looping for rid in looping}
            edges.update(fewer)
        else:
            break
    found = [
        replace(by_id[rid], dependencies=tuple(sorted(edges[rid])))
        for rid in _sorted(sorter)
    ]
    return Ordered(tuple(found), tuple(cycles))


def _edges(by_id: Mapping[str, PlannedAction], *roles: Role) -> dict[str, set[str]]:
    """Return, for each object, which others' actions come before its own."""
    edges: dict[str, set[str]] = {rid: set() for rid in by_id}
    made = {
        rid
        for rid, action in by_id.items()
        if action.action_type.writes and action.action_type is not ActionType.DELETE
    }
    absent = {
        rid
        for rid, action in by_id.items()
        if (action.diff.old_resource is None or action.is_unknown)
        and not action.action_type.is_executed
    }
    deleted = {
        rid for rid, action in by_id.items() if action.action_type is ActionType.DELETE
    }
    for rid, action in by_id.items():
        if action.action_type is ActionType.NO_CHANGE:
            continue  # What it refers to is the same before and after.
        after = references(action.diff.new_resource, by_id, *roles)
        before = references(action.diff.old_resource, by_id, *roles)
        if rid in made:
            edges[rid] |= (after & made) | ((after - before) & absent)
        if action.action_type is ActionType.CREATE and is_made_along(action):
            edges[rid] |= created_beside(action, by_id.values())
        gone = (before & deleted) - after
        members = _members(action.diff.old_resource, gone)
        edges[rid] |= members
        for other in gone - members:
            edges[other].add(rid)
    return edges


def is_made_along(action: PlannedAction) -> bool:
    """Return whether DSS makes the object of an action along with others."""
    return bool(kept_by_dss(ResourceId.parse(action.resource_id)))


def created_beside(action: PlannedAction, actions: Iterable[PlannedAction]) -> set[str]:
    """Return ids of the other objects of a type that are created in a project."""
    return {
        other.resource_id
        for other in actions
        if other.action_type is ActionType.CREATE
        and other.resource_type == action.resource_type
        and other.project_key == action.project_key
    } - {action.resource_id}


def _members(resource: Resource | None, known: Collection[str]) -> set[str]:
    """Return which of these objects are listed where DSS itself keeps the list.

    DSS takes what is deleted out of such a list. To do that first would be another
    change: it moves the object elsewhere, and others with it, or is not possible.
    """
    if resource is None or not known:
        return set()
    kind = resource.resource_type
    return {
        rid
        for item in references_of(resource)
        if is_membership(kind, _names(item.pointer))
        and (rid := referenced_id(resource, item, known)) in known
    }


def _names(pointer: str) -> tuple[str, ...]:
    """Return the names of the members along a pointer, without positions in lists."""
    return tuple(name for name in parse_pointer(pointer) if not name.isdigit())


def _sorted(sorter: "TopologicalSorter[str]") -> Iterator[str]:
    """Yield the ids in order; among those that are free, by type and id."""
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda rid: (_rank(rid), rid))
        yield from ready
        sorter.done(*ready)


def _rank(resource_id: str) -> int:
    return _RANKS.get(resource_id.partition(".")[0], len(_RANKS))
