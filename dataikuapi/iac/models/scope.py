"""Which part of an instance has a state read completely, and when?"""

from datetime import datetime
from typing import TypedDict

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.times import format_time, parse_time

__all__ = ["ScopeEntry", "covers", "merge_scopes", "newer_parts", "scope_entry"]


class ScopeEntry(TypedDict):
    """Some types of one project, all of whose objects were read at that time."""

    project: str
    types: list[str]
    read_at: str


def scope_entry(project_key: str, types: list[str], read_at: datetime) -> ScopeEntry:
    """Build an entry as it stands in the state file."""
    return {
        "project": project_key,
        "types": sorted(types),
        "read_at": format_time(read_at),
    }


def covers(scope: list[ScopeEntry] | None, resource_id: str) -> bool:
    """Tell whether an object that is not in a state of this scope does not exist.

    Args:
        scope: ``None`` claims to be whole.
        resource_id: of the object.
    """
    if scope is None:
        return True
    about = ResourceId.parse(resource_id)
    return (about.project_key, about.resource_type) in _times(scope)


def newer_parts(stored: list[ScopeEntry], fresh: list[ScopeEntry]) -> list[str]:
    """Return what of the fresh scope the stored one has read at a later time.

    Returns:
        E.g. ``["datasets of SHOP (read 2026-01-02T03:04:05Z)"]``.
    """
    known = _times(stored)
    return [
        f"{resource_type}s of {project} (read {format_time(known[part])})"
        for part, read_at in _times(fresh).items()
        for project, resource_type in [part]
        if part in known and known[part] > read_at
    ]


def merge_scopes(stored: list[ScopeEntry], fresh: list[ScopeEntry]) -> list[ScopeEntry]:
    """Return both scopes as one; where they overlap, the fresh one counts."""
    by_reading: dict[tuple[str, datetime], list[str]] = {}
    for (project, resource_type), moment in {**_times(stored), **_times(fresh)}.items():
        by_reading.setdefault((project, moment), []).append(resource_type)
    return [
        scope_entry(project, types, moment)
        for (project, moment), types in sorted(by_reading.items())
    ]


def _times(scope: list[ScopeEntry]) -> dict[tuple[str, str], datetime]:
    return {
        (entry["project"], resource_type): parse_time(entry["read_at"])
        for entry in scope
        for resource_type in entry["types"]
    }
