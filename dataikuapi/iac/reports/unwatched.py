"""Describes what a comparison does not see: projects and types that nobody watches."""

from collections.abc import Collection, Iterator, Sequence

from dataikuapi.iac.models import ResourceDiffs

__all__ = ["some", "unsupported_lines", "unwatched_lines"]

_MAX_NAMES = 10
"""How many projects, types or objects are named."""


def unwatched_lines(diffs: ResourceDiffs) -> Iterator[str]:
    """Return a line each for the projects and the types that nobody watches."""
    keys = diffs.unwatched
    if keys:
        count = f"{len(keys):,} project{'s' if len(keys) > 1 else ''}"
        yield f"not watched: {count} in DSS, but not in the state: {some(keys)}"
    if diffs.unwatched_types:
        names = ", ".join(diffs.unwatched_types)
        # Of what was not read just now, the newer state is stored already.
        is_read = diffs.coverage is not None
        yield (
            f"not yet watched: {names}; sync to include"
            if is_read
            else f"newly watched: {names}"
        )
    yield from unsupported_lines(diffs.unsupported)
    if diffs.disabled_types:
        yield f"disabled types: {some(diffs.disabled_types)}"


def some(names: Sequence[str]) -> str:
    """Return the first of many names, and how many are left."""
    more = len(names) - _MAX_NAMES
    rest = f" and {more:,} more" if more > 0 else ""
    return ", ".join(names[:_MAX_NAMES]) + rest


def unsupported_lines(types: Collection[str]) -> Iterator[str]:
    """Return one line if DSS does not have all types that were to be read."""
    if types:
        yield f"not supported by this DSS: {', '.join(types)}"
