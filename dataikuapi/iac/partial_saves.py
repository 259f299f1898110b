"""Saving some projects of a state: what it replaces, and what it leaves as stored."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from dataikuapi.iac.exceptions import StateConflictError
from dataikuapi.iac.merge import merge, with_serial, without_note
from dataikuapi.iac.models.ids import ResourceId, project_key_of
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.slices import restricted
from dataikuapi.iac.models.state import State
from dataikuapi.iac.models.stored_version import (
    NO_BASE,
    NOTHING_STORED,
    BaseVersion,
    ReadingStart,
)
from dataikuapi.iac.outdated import require_not_outdated

__all__ = [
    "follow",
    "is_same_record",
    "is_stored",
    "merge_scope",
    "require_first",
    "touched_projects",
]


def merge_scope(stored: State, fresh: State) -> State:
    """Return the stored state with what another one covers replaced by it.

    Args:
        stored: what is stored now; is not changed.
        fresh: a reading; or what was loaded of some projects, and edited.

    Raises:
        StateConflictError: if something that it replaces was stored since.
        ValueError: if it has an object of a project that was not loaded.
    """
    base = fresh.base_version
    if fresh.reading_start is not None or base is None:
        require_not_outdated(stored, fresh)
        return merge(stored, replace(fresh, scope=fresh.scope or Scope()))
    _require_loaded(fresh, base)
    edited = replace(fresh)
    edited.reading_start = ReadingStart(base.lineage, base.serial, base.token)
    require_not_outdated(stored, edited, base.checksums.keys() - fresh.resources.keys())
    return _with_edited_projects(stored, fresh, base)


def _with_edited_projects(stored: State, edited: State, base: BaseVersion) -> State:
    """Return the stored state with some projects as they were edited.

    When it is saved, what was edited gets the serial of the new version.
    """
    projects: Collection[str] | None = base.projects
    if projects is None:  # It was loaded as a whole, or stored as the first state.
        before = {project_key_of(key) for key in base.checksums}
        projects = before | {item.project_key for item in edited}
    kept = {
        key: item
        for key, item in stored.resources.items()
        if item.project_key not in projects
    }
    resources = {**kept, **edited.resources}
    scope = stored.scope
    if scope is None:
        # What has no serial counts as stored in that of its state, which now changes.
        resources = {
            key: with_serial(item, stored.serial if key in kept else base.serial)
            for key, item in resources.items()
        }
    else:
        scope = scope.with_serial(stored.serial)
        others = [key for key in scope.projects if key not in projects]
        scope = scope.of_projects(others).merge(edited.scope or Scope())
    return replace(
        stored,
        serial=stored.serial + 1,
        updated_at=edited.updated_at,
        resources={key: resources[key] for key in sorted(resources)},
        scope=scope,
        extra={**without_note(stored), **edited.extra},
    )


def _require_loaded(edited: State, base: BaseVersion) -> None:
    """Refuse an object of a project of which nobody knows what is stored."""
    if base.projects is None:
        return
    for item in edited:
        if item.project_key not in base.projects:
            keys = sorted({*base.projects, item.project_key})
            raise ValueError(
                f"{item.resource_id} is of project {item.project_key}, which was not "
                f"loaded. Load both: load_projects({keys})"
            )


def require_first(state: State) -> None:
    """Refuse to save what replaces something where nothing is stored.

    Raises:
        StateConflictError: if something was stored when it was loaded, or its reading
            began.
    """
    base, start = state.base_version, state.reading_start
    had_base = base is not None and base._replace(projects=None) != NO_BASE
    if had_base if start is None else start != NOTHING_STORED:
        raise StateConflictError(
            "the stored state was deleted since this one was read. Sync or load again, "
            "then save; or store it all the same with save(state, force=True)"
        )


def touched_projects(state: State, deleted: Iterable[str] = ()) -> set[str]:
    """Return the keys of the projects of which a merge changes anything.

    Args:
        state: a reading, or what was loaded of some projects.
        deleted: ids of single objects that no longer exist.
    """
    base = state.base_version
    of_base = base.projects if base is not None and base.projects else ()
    of_scope = state.scope.projects if state.scope is not None else ()
    ids = map(ResourceId.parse, deleted)
    return {
        *of_base,
        *of_scope,
        *(item.project_key for item in state),
        *(rid.project_key for rid in ids),
    }


def is_stored(stored: State, edited: State) -> bool:
    """Return whether an earlier save of what was edited stored it, though it failed.

    Args:
        stored: what is stored of the projects that were edited.
        edited: what was to be saved.
    """
    return (
        edited.may_be_stored
        and stored.resources.keys() == edited.resources.keys()
        and all(
            item.compute_checksum() == stored.resources[key].compute_checksum()
            and is_same_record(item, stored.resources[key])
            for key, item in edited.resources.items()
        )
    )


def is_same_record(one: Resource, other: Resource) -> bool:
    """Return whether all but the attributes is equal, and the serial of the save."""
    unsaved = replace(one.metadata, serial=None, checksum="")
    return one.extra == other.extra and unsaved == replace(
        other.metadata, serial=None, checksum=""
    )


def follow(state: State, stored: State) -> None:
    """Let a state say that it is part of what is stored.

    Args:
        state: that was merged into it; gets its serial and lineage.
        stored: of at least the projects of the state.
    """
    state.environment, state.may_be_stored = stored.environment, False
    state.serial, state.lineage = stored.serial, stored.lineage
    if state.reading_start is not None or state.base_version is None:
        state.reading_start = ReadingStart.from_stored(stored)
        return
    projects = state.base_version.projects
    own = stored if projects is None else restricted(stored, projects)
    state.base_version, state.scope = own.base_version, own.scope
    for key, item in state.resources.items():
        item.metadata.serial = own.resources[key].metadata.serial
