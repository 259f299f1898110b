"""The flow: which objects are computed from which others, and what uses them."""

from collections import deque
from collections.abc import Container, Iterable, Iterator

from dataikuapi.iac.models import Resource, ResourceDiff
from dataikuapi.iac.types.lookup import references_of
from dataikuapi.iac.types.references import Reference, Role

__all__ = ["Flow", "possible_ids", "referenced_id"]


def referenced_id(
    resource: Resource, reference: Reference, known: Container[str] = ()
) -> str:
    """Return the id of the object that a reference refers to.

    It is put together from the reference, so there need not be such an object.

    Args:
        resource: that refers to it.
        reference: to the object.
        known: ids of objects; of several possible types, the one of a known object is
            chosen.
    """
    ids = possible_ids(resource, reference)
    return next((item for item in ids if item in known), ids[0])


def possible_ids(resource: Resource, reference: Reference) -> list[str]:
    """Return the ids that the object may have, the likeliest first."""
    own, there = resource.project_key, reference.project_key
    places = [f"{there or own}.{reference.name}"]
    if reference.is_smart:
        places.append(f"{own}.{there}.{reference.name}")
    return [
        f"{resource_type}.{place}"
        for place in places
        for resource_type in (reference.resource_type, *reference.other_types)
    ]


class Flow:
    """Inputs, outputs and uses of resources, before and after the changes.

    An edge that was removed counts as well: what it led to was affected. Objects that
    are not in the diffs, such as those of a type that is not read, connect others but
    are not listed themselves.

    Args:
        diffs: of the whole comparison, unchanged resources included.
    """

    def __init__(self, diffs: Iterable[ResourceDiff]) -> None:
        self._known: set[str] = set()
        self._next: dict[str, dict[str, None]] = {}
        self._producers: dict[str, dict[str, None]] = {}
        self._inputs: dict[str, dict[str, None]] = {}
        self._containers: dict[str, str] = {}
        diffs = list(diffs)
        self._known.update(diff.resource_id for diff in diffs)
        for diff in diffs:
            for resource in _versions(diff):
                self._add(resource)

    def downstream(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of what is computed from these objects or uses them, sorted.

        Args:
            ids: they are not part of the result.
        """
        start = set(ids)
        seen, queue = set(start), deque(start)
        while queue:
            for following in self._next.get(queue.popleft(), ()):
                if following not in seen:
                    seen.add(following)
                    queue.append(following)
        return tuple(sorted((seen - start) & self._known))

    def producers(self, resource_id: str) -> tuple[str, ...]:
        """Return the ids of the objects that have this one as an output."""
        return tuple(self._producers.get(resource_id, ()))

    def inputs(self, resource_id: str) -> tuple[str, ...]:
        """Return the ids of the inputs of an object, whether they exist or not."""
        return tuple(self._inputs.get(resource_id, ()))

    def container(self, resource_id: str) -> str | None:
        """Return the id of the flow zone that an object is in, or was in last."""
        return self._containers.get(resource_id)

    def steps(self) -> Iterator[tuple[str, str]]:
        """Yield the ids of each object and of what is computed from it directly."""
        for after, inputs in self._inputs.items():
            yield from ((before, after) for before in inputs)
        for after, producers in self._producers.items():
            yield from ((before, after) for before in producers)

    def _add(self, resource: Resource) -> None:
        own_id = resource.resource_id
        for reference in references_of(resource):
            role = reference.role
            if role is Role.MENTION:
                continue
            other = referenced_id(resource, reference, self._known)
            if role is Role.CONTENT:
                self._containers[other] = own_id
                continue
            before, after = (own_id, other) if role is Role.OUTPUT else (other, own_id)
            self._next.setdefault(before, {})[after] = None
            if role is Role.INPUT:
                self._inputs.setdefault(own_id, {})[other] = None
            elif role is Role.OUTPUT:
                self._producers.setdefault(other, {})[own_id] = None


def _versions(diff: ResourceDiff) -> list[Resource]:
    """Return the versions of a resource; one if both refer to the same objects.

    Most are equal. Whether a diff has changes does not tell: rules may ignore some.
    """
    found = [item for item in (diff.old_resource, diff.new_resource) if item]
    if len(found) > 1 and found[0].attributes == found[1].attributes:
        del found[0]
    return found
