"""Which members of an object DSS has filled in, since the code does not say them.

DSS completes what it is asked to create. Such a member is not in the code, and stays
out of plans until the code says it; without a note of it, a plan would remove it again
and again.
"""

from collections.abc import Iterable
from dataclasses import replace

from dataikuapi.iac.models.resource import Resource

__all__ = ["filled_in", "with_filled_in"]

_KEY = "filled_in"
"""The key in the metadata of a resource. It is optional, and among what metadata keep
as ``extra``, so that versions of this library that do not know it keep it too."""


def filled_in(resource: Resource) -> frozenset[str]:
    """Return the paths of the members, as reports show paths."""
    found = resource.metadata.extra.get(_KEY)
    if not isinstance(found, list):
        return frozenset()
    return frozenset(path for path in found if isinstance(path, str))


def with_filled_in(resource: Resource, paths: Iterable[str]) -> Resource:
    """Return an object of which DSS has filled in these members, and no others.

    Args:
        resource: is not changed.
        paths: as reports show them.
    """
    extra = dict(resource.metadata.extra)
    extra.pop(_KEY, None)
    known = sorted(paths)
    if known:
        extra[_KEY] = [*known]
    return replace(resource, metadata=replace(resource.metadata, extra=extra))
