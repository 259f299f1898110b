"""Decides what a pull writes and removes, from a state and what is in the folder.

Nothing here reads or writes files.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from dataikuapi.iac.exceptions import DataikuIaCError, SourceError
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import parse_listing_key
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sources.contents import Contents, FilesWithout
from dataikuapi.iac.sources.marker import KnownObject, Marker
from dataikuapi.iac.sources.project_files import object_id
from dataikuapi.iac.sources.safe_paths import require_distinct, require_safe
from dataikuapi.iac.types import TYPES, ResourceType, resource_from
from dataikuapi.iac.types.layout import Files, Layout
from dataikuapi.iac.types.lookup import privileged_attributes
from dataikuapi.iac.types.registry import PROJECT

__all__ = ["PullPlan", "plan_pull", "without_place"]


@dataclass(frozen=True)
class PullPlan:
    """What a pull writes and removes.

    Args:
        project_key: of the project.
        writes: contents of the files that are new or differ, by path.
        removals: paths of files of objects that are gone, and of stale payloads.
        unchanged: paths of files that are as they are to be.
        kept: paths of files of objects that could not be read.
        conflicts: what somebody did to files that are among ``writes`` or
            ``removals``, by path.
        interrupted: paths of files that an earlier pull wrote or removed before it was
            interrupted, as far as this one does not.
        owners: ids of objects, by the paths of their files.
        before: the marker to write first, which says what is about to happen.
        after: the marker to write last.
    """

    project_key: str
    writes: Mapping[str, bytes]
    removals: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    conflicts: Mapping[str, str]
    interrupted: tuple[str, ...]
    owners: Mapping[str, str]
    before: Marker
    after: Marker


@dataclass
class _Wanted:
    """The files that the objects of a state have."""

    files: dict[str, bytes] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    objects: dict[str, KnownObject] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)


def plan_pull(
    state: State,
    project_key: str,
    contents: Contents,
    *,
    with_local_files: bool = False,
) -> PullPlan:
    """Return what to write and to remove so that the files are as a state says.

    Args:
        state: what was read. Objects in its ``unknown`` keep their files.
        project_key: of the project in it.
        contents: what is in the folder.
        with_local_files: write files that hold for one instance only, too.

    Raises:
        SourceError: if an object cannot have a file of its name, two would have the
            same, or a file that decides what is removed cannot be read.
    """
    wanted = _wanted(state, project_key, contents, with_local_files)
    kept = _of_unknown(state, project_key, contents.files)
    gone = _gone(state, project_key, contents, wanted, kept)
    gone |= {
        path: rid
        for path, rid in wanted.stale.items()
        if path not in wanted.files and path not in kept
    }
    staying = (path for path in contents.files if path not in gone)
    require_distinct(wanted.files, (p for p in staying if p not in wanted.files))
    writes = {
        path: data
        for path, data in sorted(wanted.files.items())
        if contents.files.get(path) != data
    }
    removals = tuple(sorted(gone))
    return PullPlan(
        project_key,
        writes,
        removals,
        unchanged=tuple(sorted(wanted.files.keys() - writes.keys())),
        kept=tuple(sorted(kept)),
        conflicts=contents.changes((*writes, *removals)),
        interrupted=contents.interrupted({*writes, *removals}),
        owners={**wanted.owners, **gone},
        before=contents.marker_before(project_key, writes, removals),
        after=contents.marker_after(
            project_key,
            _types(state, project_key, contents),
            wanted.files,
            removals,
            wanted.objects,
            _unread(state, project_key, contents),
        ),
    )


def without_place(state: State, project_key: str) -> dict[str, str]:
    """Return why objects cannot have a file of their name, by their ids.

    Args:
        state: what was read.
        project_key: of the project in it.
    """
    found = {}
    for resource in state:
        kind = TYPES.get(resource.resource_type)
        if kind is None or kind.layout is None or resource.project_key != project_key:
            continue
        try:
            _files(kind.layout, resource.resource_id, resource.attributes)
        except SourceError as error:
            found[resource.resource_id] = str(error)
    return found


def _wanted(
    state: State, project_key: str, contents: Contents, with_local_files: bool
) -> _Wanted:
    wanted = _Wanted()
    for resource in state:
        rid, kind = resource.resource_id, TYPES.get(resource.resource_type)
        is_readable = resource.project_key == project_key and rid not in state.unknown
        if kind is None or kind.layout is None or not is_readable:
            continue
        attributes = _with_unknown_parts(resource, kind.layout, contents.files)
        name, found = resource.resource_name, _files(kind.layout, rid, attributes)
        if found is None:
            continue
        if name:  # Others may have local files, which the digests do not tell apart.
            known = contents.known(rid, found) or _known(kind, kind.layout, rid, found)
            wanted.objects[rid] = known
        if with_local_files:
            found |= kind.layout.local_files(name, attributes)
        for path in found:
            other = wanted.owners.setdefault(path, rid)
            if other != rid:
                raise SourceError(f"{other} and {rid} would both be in {path}")
        wanted.files |= found
        stale = kind.layout.paths(contents.files, name)
        wanted.stale |= dict.fromkeys(stale, rid)
    return wanted


def _files(
    layout: Layout, rid: str, attributes: Mapping[str, JSON]
) -> dict[str, bytes] | None:
    """Return the files of an object; ``None`` if its content is not in a state."""
    name = ResourceId.parse(rid).resource_name
    found = layout.files(name, attributes)
    require_safe(dict.fromkeys(found, rid))
    if layout.names(found) == [name]:
        return found
    if not found:
        return None
    raise SourceError(
        f"{rid} cannot have a file: {name!r:.300} is not the name of one. Rename the "
        "object in DSS"
    )


def _known(
    kind: ResourceType, layout: Layout, rid: str, files: Mapping[str, bytes]
) -> KnownObject:
    """Return what files stand for: less than the object, where they cannot tell all."""
    written = _read(kind, layout, rid, files)
    return KnownObject(written.metadata.checksum, tuple(sorted(files)))


def _read(
    kind: ResourceType, layout: Layout, resource_id: str, files: Files
) -> Resource:
    rid = ResourceId.parse(resource_id)
    documents = layout.documents(files, rid.project_key, rid.resource_name)
    return resource_from(kind, rid, documents)


def _with_unknown_parts(
    resource: Resource, layout: Layout, files: Files
) -> Mapping[str, JSON]:
    """Return attributes, with those that could not be read as the files have them."""
    hidden = privileged_attributes(resource.resource_type) - resource.attributes.keys()
    name = resource.resource_name
    if not hidden or not any(layout.paths(files, name)):
        return resource.attributes
    kind, rid = TYPES[resource.resource_type], resource.resource_id
    try:
        before = _read(kind, layout, rid, files).attributes
    except DataikuIaCError:  # Somebody damaged it, which is a conflict.
        return resource.attributes
    parts = {key: before[key] for key in hidden if key in before}
    return {**resource.attributes, **parts}


def _of_unknown(state: State, project_key: str, files: Files) -> frozenset[str]:
    """Return the paths of files of objects that could not be read."""
    return frozenset(
        path
        for rid, layout in _unknown(state, project_key)
        for path in layout.paths(files, rid.resource_name)
    )


def _unknown(state: State, project_key: str) -> Iterator[tuple[ResourceId, Layout]]:
    for key in state.unknown:
        rid, kind = ResourceId.parse(key), TYPES.get(key.partition(".")[0])
        is_object = rid.project_key == project_key and parse_listing_key(key) is None
        if is_object and kind is not None and kind.layout is not None:
            yield rid, kind.layout


def _gone(
    state: State,
    project_key: str,
    contents: Contents,
    wanted: _Wanted,
    kept: Collection[str],
) -> dict[str, str]:
    """Return the paths of the files of objects that do not exist, each with the id."""
    if not contents.covered_types():
        return {}  # The folder is not that of a project.
    left = FilesWithout(contents.files, {*wanted.files, *kept})
    gone: dict[str, str] = {}
    for kind in TYPES.values():
        if kind.layout is None or not _is_listed(state, kind.name, project_key):
            continue
        for name in kind.layout.names(left):
            paths = list(kind.layout.paths(left, name))
            if paths and kind is not PROJECT:
                rid = str(object_id(kind.name, project_key, name))
                gone |= dict.fromkeys(paths, rid)
    return gone


def _is_listed(state: State, type_name: str, project_key: str) -> bool:
    """Return whether all objects of a type are known."""
    return state.covers(str(ResourceId(type_name, project_key)))


def _types(state: State, project_key: str, contents: Contents) -> tuple[str, ...]:
    """Return the types that the files cover afterwards."""
    read = {
        name
        for name, kind in TYPES.items()
        if kind.layout is not None and _is_listed(state, name, project_key)
    }
    return tuple(sorted(contents.covered_types() | read))


def _unread(state: State, project_key: str, contents: Contents) -> tuple[str, ...]:
    """Return the ids of objects that could not be read and have no files.

    Without them, the files would say that the objects do not exist.
    """
    found = {
        str(rid)
        for rid, layout in _unknown(state, project_key)
        if not any(layout.paths(contents.files, rid.resource_name))
    }
    before = contents.marker.unread if contents.marker else ()
    left = {
        rid
        for rid in before
        if not _is_listed(state, rid.partition(".")[0], project_key)
    }
    return tuple(sorted(found | left))
