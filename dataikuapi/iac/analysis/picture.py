"""What a picture of the flow shows: what changed, its neighbors, and their zones."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dataikuapi.iac.analysis.facts import Analysis, Fact, ObjectFact, SharedFact
from dataikuapi.iac.analysis.flow import Flow, referenced_id
from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.models import ChangeType, Resource, ResourceDiff
from dataikuapi.iac.types.lookup import noun_of, references_of
from dataikuapi.iac.types.references import FLOW_TYPES, Role

__all__ = ["MAX_NODES", "Box", "Link", "Node", "Picture", "Step", "picture_of"]

MAX_NODES = 60
"""A picture with more is not taken in at a glance."""

_MAX_LINKS = 240
"""Mermaid refuses a picture with more than 500."""

Step = tuple[str, str]
"""The ids of an object and of what is computed from it directly."""


class Node(NamedTuple):
    """An object in a picture.

    Args:
        resource_id: of the object.
        name: that people know it by.
        noun: what its type is called; "" if nothing is known of the object but its id.
        change: what happened to it; unchanged if it is a neighbor of what changed.
        is_step: whether it computes others, as recipes do, and is no data itself.
    """

    resource_id: str
    name: str
    noun: str
    change: ChangeType
    is_step: bool


class Link(NamedTuple):
    """An arrow from an object to what is computed from it.

    Args:
        before: id of the object.
        after: id of what is computed from it.
        change: whether the arrow is new, gone, or as it was.
    """

    before: str
    after: str
    change: ChangeType


class Box(NamedTuple):
    """Objects that are drawn together.

    Args:
        label: the name of their zone, with the project where there are several; "" for
            those that are in none.
        nodes: the objects.
    """

    label: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Picture:
    """A part of the flow.

    Args:
        boxes: with the objects, in the order of their labels and ids.
        links: arrows between these objects.
        omitted: how many objects were left out.
        omitted_changed: how many of these changed.
    """

    boxes: tuple[Box, ...] = ()
    links: tuple[Link, ...] = ()
    omitted: int = 0
    omitted_changed: int = 0

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The objects of all boxes."""
        return tuple(node for box in self.boxes for node in box.nodes)


def picture_of(analysis: Analysis, max_nodes: int = MAX_NODES) -> Picture:
    """Return the picture of what changed, and what is one step away from it.

    Args:
        analysis: of the diffs to show; neighbors are those of the whole comparison.
        max_nodes: if there are more, those around what weighs most are shown.
    """
    flow = analysis.flow
    steps = sorted(set(flow.steps()))
    changed = _changed(analysis, {item for step in steps for item in step})
    found = list(dict.fromkeys(_with_neighbors(changed, steps)))
    shown = found[:max_nodes]
    whole = {diff.resource_id: diff for diff in analysis.diffs.whole}
    nodes = {item: _node(item, whole.get(item), item in changed) for item in shown}
    links = [
        Link(*step, _link_change(step, whole))
        for step in steps
        if nodes.keys() >= set(step) and step[0] != step[1]
    ]
    return Picture(
        _boxes(nodes.values(), flow, whole),
        tuple(links[:_MAX_LINKS]),
        omitted=len(found) - len(shown),
        omitted_changed=len(changed.keys() - nodes.keys()),
    )


def _changed(analysis: Analysis, in_flow: set[str]) -> dict[str, None]:
    """Return the ids of what changed and belongs to the flow, the heaviest first."""
    found = (diff for fact in analysis.facts for diff in _diffs_of(fact))
    return dict.fromkeys(
        diff.resource_id
        for diff in found
        if diff.resource_id in in_flow or diff.resource_type in FLOW_TYPES
    )


def _diffs_of(fact: Fact) -> Iterator[ResourceDiff]:
    if isinstance(fact, SharedFact):
        yield from fact.diffs
        return
    yield fact.diff
    if isinstance(fact, ObjectFact):
        yield from filter(None, [fact.renamed_from])
        yield from (item.diff for item in fact.derived)


def _with_neighbors(changed: Collection[str], steps: Iterable[Step]) -> Iterator[str]:
    """Yield each id with those of its neighbors, first of those that changed too."""
    beside: dict[str, list[str]] = {}
    for before, after in steps:
        beside.setdefault(before, []).append(after)
        beside.setdefault(after, []).append(before)
    for item in changed:
        yield item
        yield from sorted(beside.get(item, ()), key=lambda other: other not in changed)


def _node(resource_id: str, diff: ResourceDiff | None, is_changed: bool) -> Node:
    # An id of what is not in the diffs was put together, and need not be a valid one.
    resource_type = resource_id.partition(".")[0]
    name = (display_name(diff) if diff else "") or _name_in(resource_id)
    change = diff.change_type if diff and is_changed else ChangeType.UNCHANGED
    if is_changed and change is ChangeType.UNCHANGED:  # It was created again.
        change = ChangeType.MODIFIED
    is_step = resource_type not in FLOW_TYPES
    return Node(
        resource_id, name, noun_of(resource_type) if diff else "", change, is_step
    )


def _name_in(resource_id: str) -> str:
    return "".join(resource_id.split(".", 2)[2:])


def _link_change(step: Step, whole: dict[str, ResourceDiff]) -> ChangeType:
    """Return what became of an arrow, by both versions of the recipe at one end."""
    diff = next((whole[item] for item in step if _owns(step, whole.get(item))), None)
    if diff is None or not diff.has_changed:
        return ChangeType.UNCHANGED
    is_old, is_new = (
        step in _steps_of(item, whole)
        for item in (diff.old_resource, diff.new_resource)
    )
    if is_old == is_new:
        return ChangeType.UNCHANGED
    return ChangeType.ADDED if is_new else ChangeType.REMOVED


def _owns(step: Step, diff: ResourceDiff | None) -> bool:
    return diff is not None and diff.resource_type not in FLOW_TYPES


def _steps_of(resource: Resource | None, whole: dict[str, ResourceDiff]) -> set[Step]:
    steps: set[Step] = set()
    if resource is None:
        return steps
    own = resource.resource_id
    for reference in references_of(resource):
        if reference.role in (Role.INPUT, Role.OUTPUT):
            other = referenced_id(resource, reference, whole)
            is_input = reference.role is Role.INPUT
            steps.add((other, own) if is_input else (own, other))
    return steps


def _boxes(
    nodes: Iterable[Node], flow: Flow, whole: dict[str, ResourceDiff]
) -> tuple[Box, ...]:
    by_zone: dict[tuple[str, str, str], list[Node]] = {}
    for node in nodes:
        project_key = node.resource_id.split(".")[1]
        zone = flow.container(node.resource_id) or ""
        known = whole.get(zone)
        name = (display_name(known) if known else "") or _name_in(zone)
        by_zone.setdefault((project_key, name, zone), []).append(node)
    has_several = len({project_key for project_key, _, _ in by_zone}) > 1
    return tuple(
        Box(
            ": ".join(filter(None, [project_key if has_several else "", name])),
            tuple(sorted(by_zone[project_key, name, zone])),
        )
        for project_key, name, zone in sorted(by_zone)
    )
