"""Reads a project from its files, in the layout in which DSS commits it to git."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import partial

from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.sources.known_objects import KnownObjects
from dataikuapi.iac.sources.marker import MARKER, Marker
from dataikuapi.iac.types import TYPES, ResourceType, resource_from
from dataikuapi.iac.types.layout import Files, Layout
from dataikuapi.iac.types.registry import PROJECT
from dataikuapi.iac.types.secrets import Redactor, redact_constant

__all__ = ["object_id", "read_project_files"]

logger = get_logger(__name__)

_UNREAD = "could not be read when it was pulled; pull again"


def read_project_files(
    files: Files,
    project_key: str,
    read_at: datetime,
    *,
    marker: Marker | None = None,
    types: Iterable[str] | None = None,
    is_whole: bool = True,
    managed_types: Collection[str] = (),
    redactor: Redactor = redact_constant,
) -> State:
    """Return the objects of a project, with the types that the files cover as scope.

    Args:
        files: contents by path, relative to the project's folder.
        project_key: of the project; its files do not have it.
        read_at: when they were read.
        marker: among the files, if pull wrote them.
        types: names of the types to read. Defaults to all.
        is_whole: whether a type that has no place among the files has no objects; if
            not, nothing is known of it. A marker decides otherwise.
        managed_types: names of types of which, without a marker, there are no objects
            where they have no place among the files.
        redactor: replaces each secret.

    Raises:
        SourceError: if the files are not those of a project, or one of them is not what
            DSS writes; the message names it.
    """
    if PROJECT.layout is None or not PROJECT.layout.covers(files.keys()):
        raise SourceError("there is no params.json: it is not the folder of a project")
    if marker is not None and not TYPES.keys() & set(marker.types):
        raise SourceError(f"{MARKER} names no type that is known; pull again")
    selected = TYPES if types is None else {name: TYPES[name] for name in types}
    known = KnownObjects(files, marker, project_key, read_at)
    state, parts = State(serial=1), []
    for name, kind in selected.items():
        layout = kind.layout
        if layout is None:
            continue
        is_sure = is_whole or name in managed_types
        if not _is_covered(name, layout, files, marker, is_sure):
            continue
        parts.append((project_key, name))
        for object_name in layout.names(files):
            rid = object_id(name, project_key, object_name)
            read = partial(_read_object, kind, layout, rid, redactor)
            found = known.find(rid, read)
            state.resources[str(rid)] = read(files) if found is None else found
    state.unknown = {
        str(rid): _UNREAD
        for rid in _unread_in(marker, project_key)
        if rid.resource_type in selected and str(rid) not in state.resources
    }
    state.resources = dict(sorted(state.resources.items()))
    state.scope = Scope.from_parts(parts, read_at)
    state.updated_at = read_at
    return state


def _unread_in(marker: Marker | None, project_key: str) -> Iterator[ResourceId]:
    """Yield the ids of the objects that exist, and that pull could not read."""
    for text in marker.unread if marker is not None else ():
        try:
            rid = ResourceId.parse(text)
        except ValueError as error:
            raise SourceError(f"unread in {MARKER}: {error}; pull again") from error
        yield object_id(rid.resource_type, project_key, rid.resource_name)


def _read_object(
    kind: ResourceType,
    layout: Layout,
    rid: ResourceId,
    redactor: Redactor,
    files: Files,
) -> Resource:
    name = rid.resource_name
    for path in layout.stale_files(files, name):
        logger.warning("%s is not read: %s has another type now", path, rid)
    documents = layout.documents(files, rid.project_key, name)
    return resource_from(kind, rid, documents, redactor)


def _is_covered(
    name: str, layout: Layout, files: Files, marker: Marker | None, is_sure: bool
) -> bool:
    """Return whether objects of a type that the files do not have do not exist."""
    if marker is not None:
        return name in marker.types
    return is_sure or layout.covers(files.keys())


def object_id(resource_type: str, project_key: str, name: str) -> ResourceId:
    """Return the id of an object.

    Args:
        resource_type: of the object.
        project_key: of its project.
        name: as its layout has it.

    Raises:
        SourceError: if nothing can have that name.
    """
    try:
        return ResourceId(resource_type, project_key, name)
    except ValueError as error:
        raise SourceError(f"{name!r:.80} cannot be the name of an object") from error
