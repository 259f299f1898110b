"""Counts and describes resources, for reports."""

from collections import Counter
from collections.abc import Iterable

from dataikuapi.iac.models import ChangeType, Resource, ResourceDiff, ResourceDiffs
from dataikuapi.iac.models.scope import Part
from dataikuapi.iac.types.lookup import display_name_of, facts_of, noun_of, writing_of
from dataikuapi.iac.types.references import Fact

__all__ = [
    "Counts",
    "about",
    "count_by_type",
    "count_changes",
    "deletion",
    "display_name",
]

Counts = dict[Part, Counter[str]]
"""Number of resources by change, by project key and type."""


def count_changes(diffs: ResourceDiffs) -> Counts:
    """Count the resources by project, type and change, in this order.

    The changes are the values of :class:`ChangeType`, and ``recreated`` and
    ``unknown``. A recreated resource counts as modified as well, if it was, and not as
    unchanged.
    """
    counts: Counts = {}
    for diff in diffs:
        row = counts.setdefault(_project_and_type(diff.resource_id), Counter())
        is_same = diff.change_type is ChangeType.UNCHANGED and diff.is_recreated
        row[diff.change_type.value] += not is_same
        row["recreated"] += diff.is_recreated
    for item in diffs.unknown:
        row = counts.setdefault(_project_and_type(item.resource_id), Counter())
        row["unknown"] += 1
    return dict(sorted(counts.items()))


def count_by_type(items: Iterable[Resource | ResourceDiff]) -> str:
    """Return the number of resources, such as "2 datasets, 1 recipe"."""
    counts = Counter(item.resource_type for item in items)
    return ", ".join(
        f"{count:,} {noun_of(kind, count)}" for kind, count in sorted(counts.items())
    )


def about(diff: ResourceDiff) -> tuple[Fact, ...]:
    """Return what an added or removed resource is, in short."""
    resource = diff.new_resource or diff.old_resource
    return facts_of(resource) if resource is not None else ()


def display_name(item: Resource | ResourceDiff) -> str:
    """Return the name that people know an object by; "" if its id has that name.

    Args:
        item: a resource, or the diff of one, which has the name after the change.
    """
    if isinstance(item, Resource):
        return display_name_of(item)
    resource = item.new_resource or item.old_resource
    return display_name_of(resource) if resource is not None else ""


def deletion(diff: ResourceDiff, drops_data: bool = False) -> str:
    """Say what a delete takes, such as "deletes dataset orders; its data stays".

    Args:
        diff: of what is deleted.
        drops_data: whether what it holds is dropped as well.
    """
    name = display_name(diff) or diff.resource_name
    what = f"deletes {noun_of(diff.resource_type)} {name}".rstrip()
    if drops_data:
        return f"{what}, and its data is dropped for good"
    contents = writing_of(diff.resource_type).contents_after_delete
    return f"{what}; {contents}" if contents else what


def _project_and_type(resource_id: str) -> Part:
    """Split an id, or the key of a listing, which is not parsed as an id."""
    resource_type, _, rest = resource_id.partition(".")
    return rest.partition(".")[0], resource_type
