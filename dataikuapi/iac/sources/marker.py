"""The file by which the code form of a project says what it is: its key, its types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.building import CANONICAL_FORM
from dataikuapi.iac.types.layout import Files, json_file, json_in

__all__ = ["MARKER", "KnownObject", "Marker"]

MARKER = ".dataiku-iac.json"

_VERSION = 1


@dataclass(frozen=True)
class KnownObject:
    """An object whose files were written by pull.

    Args:
        checksum: of the attributes that these files stand for.
        paths: of the files.
    """

    checksum: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Marker:
    """What pull writes beside the files of a project.

    Args:
        project_key: of the project.
        types: names of the types that these files cover; what they do not have of these
            does not exist.
        digests: of the files as they were written, by path, to tell whether somebody
            has changed them since.
        pending: digests of the files that a pull is about to write, ``None`` for those
            that it is about to remove; empty once it has finished. Until then, each of
            these files is as in ``digests`` or as in ``pending``.
        objects: what pull wrote, by id: as long as the files have their digests, the
            objects have these checksums, and their files need not be parsed.
        unread: ids of objects that exist, but could not be read and have no files.
    """

    project_key: str
    types: tuple[str, ...]
    digests: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str | None] = field(default_factory=dict)
    objects: Mapping[str, KnownObject] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @classmethod
    def read(cls, files: Files) -> "Marker | None":
        """Return the marker among the files of a project; ``None`` without one.

        Raises:
            SourceError: if it is not valid.
        """
        if MARKER not in files:
            return None
        document = json_in(files, MARKER)
        if document.get("format_version") != _VERSION:
            raise SourceError(
                f"{MARKER} has format_version {document.get('format_version')!r:.40}; "
                f"this version of the library reads {_VERSION}"
            )
        key, types = document.get("project_key"), document.get("types")
        digests, pending = document.get("digests", {}), document.get("pending", {})
        if not (isinstance(key, str) and key):
            raise SourceError(f"{MARKER} has no project_key")
        if not isinstance(types, list) or not all(isinstance(t, str) for t in types):
            raise SourceError(f"types in {MARKER} is not a list of names")
        if not isinstance(digests, dict) or not isinstance(pending, dict):
            raise SourceError(f"digests or pending in {MARKER} is not an object")
        unread = document.get("unread", [])
        if not isinstance(unread, list) or not all(isinstance(u, str) for u in unread):
            raise SourceError(f"unread in {MARKER} is not a list of ids")
        objects = _objects_in(document)
        return cls(key, tuple(types), digests, pending, objects, tuple(unread))

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        document: dict[str, JSON] = {
            "format_version": _VERSION,
            "project_key": self.project_key,
            "types": [*sorted(self.types)],
            "digests": dict(self.digests),
        }
        if self.objects:
            document["canonical_form"] = CANONICAL_FORM
            document["objects"] = {
                rid: {"checksum": known.checksum, "files": [*known.paths]}
                for rid, known in sorted(self.objects.items())
            }
        if self.unread:
            document["unread"] = [*sorted(self.unread)]
        if self.pending:
            document["pending"] = dict(self.pending)
        return json_file(document, list(document))


def _objects_in(document: Mapping[str, Any]) -> dict[str, KnownObject]:
    """Return the objects whose checksums are by the rules of this version."""
    entries = document.get("objects", {})
    if document.get("canonical_form") != CANONICAL_FORM:
        return {}
    try:
        return {
            rid: KnownObject(str(entry["checksum"]), tuple(map(str, entry["files"])))
            for rid, entry in entries.items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise SourceError(
            f"objects in {MARKER} is not what pull writes; pull again, or remove that "
            "member"
        ) from error
