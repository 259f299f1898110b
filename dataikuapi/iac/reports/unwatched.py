"""Describes what a comparison does not see: projects and types that nobody watches."""

from collections.abc import Collection, Iterator

from dataikuapi.iac.models import ResourceDiffs

__all__ = ["unsupported_lines", "unwatched_lines"]

_MAX_KEYS = 10
"""How many projects that are not watched are named."""


def unwatched_lines(diffs: ResourceDiffs) -> Iterator[str]:
    """Return a line each for the projects and the types that nobody watches."""
    keys = diffs.unwatched
    if keys:
        names = ", ".join(keys[:_MAX_KEYS])
        more = len(keys) - _MAX_KEYS
        rest = f" and {more:,} more" if more > 0 else ""
        count = f"{len(keys):,} project{'s' if len(keys) > 1 else ''}"
        yield f"not watched: {count} in DSS, but not in the state: {names}{rest}"
    if diffs.unwatched_types:
        names = ", ".join(diffs.unwatched_types)
        yield f"not yet watched: {names}; sync to include"
    yield from unsupported_lines(diffs.unsupported)


def unsupported_lines(types: Collection[str]) -> Iterator[str]:
    """Return one line if DSS does not have all types that were to be read."""
    if types:
        yield f"not supported by this DSS: {', '.join(types)}"
