"""Finds renamed objects: for a comparison, one was removed and another one added."""

import re
from collections.abc import Iterable

from dataikuapi.iac.analysis.flow import possible_ids
from dataikuapi.iac.models import ChangeType, Resource, ResourceDiff, ResourceId
from dataikuapi.iac.models.json_values import canonical_bytes
from dataikuapi.iac.types.lookup import references_of

__all__ = ["find_renames"]

_MIN_ATTRIBUTES = 3
"""With fewer, attributes agree by chance; real objects have more than ten."""

_Names = dict[str, tuple[str, str]]
"""The name of each renamed object, and a placeholder for it, by its id."""


def find_renames(diffs: Iterable[ResourceDiff]) -> dict[str, str]:
    """Return the new id of each renamed object, by its old id.

    A removed and an added object of one type and project are the same if their
    attributes agree but for the name, also where the name is part of a value such as a
    path, and but for references to other renamed objects. If several objects agree,
    none of them counts as renamed.

    Args:
        diffs: of the whole comparison.
    """
    removed: list[Resource] = []
    added: list[Resource] = []
    for diff in diffs:
        if diff.change_type is ChangeType.REMOVED and diff.old_resource:
            removed.append(diff.old_resource)
        elif diff.change_type is ChangeType.ADDED and diff.new_resource:
            added.append(diff.new_resource)
    found: dict[str, str] = {}
    # A recipe is found once what it refers to is known to be renamed.
    while pairs := _new_pairs(removed, added, found):
        found |= pairs
    return found


def _new_pairs(
    removed: list[Resource], added: list[Resource], found: dict[str, str]
) -> dict[str, str]:
    known = {*found, *found.values()}
    removed = [item for item in removed if item.resource_id not in known]
    added = [item for item in added if item.resource_id not in known]
    kinds = {_kind(item) for item in removed} & {_kind(item) for item in added}
    before = _by_content(removed, kinds, _placeholders(found))
    after = _by_content(
        added, kinds, _placeholders({new: old for old, new in found.items()})
    )
    return {
        ids[0]: after[content][0]
        for content, ids in before.items()
        if len(ids) == 1 and len(after.get(content, ())) == 1
    }


def _kind(resource: Resource) -> tuple[str, str]:
    return resource.resource_type, resource.project_key


def _placeholders(found: dict[str, str]) -> _Names:
    names: _Names = {}
    for own, other in found.items():
        name = ResourceId.parse(own).resource_name
        names[own] = (name, "\0".join(sorted((own, other))))
    return names


def _by_content(
    resources: Iterable[Resource], kinds: set[tuple[str, str]], names: _Names
) -> dict[tuple[str, str, bytes], list[str]]:
    """Group the ids of resources by what these are, apart from names."""
    groups: dict[tuple[str, str, bytes], list[str]] = {}
    for resource in resources:
        has_content = len(resource.attributes) >= _MIN_ATTRIBUTES
        if resource.resource_name and has_content and _kind(resource) in kinds:
            content = (*_kind(resource), _nameless(resource, names))
            groups.setdefault(content, []).append(resource.resource_id)
    return groups


def _nameless(resource: Resource, names: _Names) -> bytes:
    """Return the attributes with placeholders for the names of renamed objects."""
    replaced = {resource.resource_name: "\0"}
    for item in references_of(resource) if names else ():
        for other in possible_ids(resource, item):
            if other in names:
                name, placeholder = names[other]
                replaced.setdefault(name, placeholder)
    tokens = {_inside(name): _inside(token) for name, token in replaced.items()}
    any_name = b"|".join(map(re.escape, sorted(tokens, key=len, reverse=True)))
    # A name may be the end of a longer one, such as SHOP_orders, never its beginning.
    pattern = rb"(?<![A-Za-z0-9])(?:%s)(?![A-Za-z0-9_])" % any_name
    text = canonical_bytes(resource.attributes)
    return re.sub(pattern, lambda match: tokens[match[0]], text)


def _inside(text: str) -> bytes:
    """Return a text as it is inside a JSON string."""
    return canonical_bytes(text)[1:-1]
