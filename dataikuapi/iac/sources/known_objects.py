"""Objects whose files are as pull wrote them, and so need not be parsed."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from dataikuapi.iac.exceptions import SourceError
from dataikuapi.iac.models import Resource, ResourceId, ResourceMetadata
from dataikuapi.iac.models.resource import UNKNOWN_USER
from dataikuapi.iac.sources.marker import MARKER, Marker
from dataikuapi.iac.types.layout import Files

__all__ = ["KnownObjects", "digest_of"]


class KnownObjects:
    """The objects of which a marker tells the checksum.

    Args:
        files: of a project.
        marker: among them; ``None`` without one.
        project_key: that the objects are to have.
        read_at: when the files were read.
    """

    def __init__(
        self, files: Files, marker: Marker | None, project_key: str, read_at: datetime
    ) -> None:
        is_same_project = marker is not None and marker.project_key == project_key
        self._objects = marker.objects if marker and is_same_project else {}
        self._digests = marker.digests if marker else {}
        self._files = files
        self._read_at = read_at
        self._named = _names_in(files.keys() - self._digests.keys() - {MARKER})

    def find(
        self, resource_id: ResourceId, read: Callable[[Files], Resource]
    ) -> Resource | None:
        """Return an object; ``None`` if anything of it is not as pull wrote it.

        Args:
            resource_id: of the object.
            read: reads it from its files, once somebody looks at its attributes.
        """
        rid, name = str(resource_id), resource_id.resource_name
        known = self._objects.get(rid)
        if known is None or name in self._named:
            return None
        # Kept, so that a later change of a file does not show in what was read before.
        own: dict[str, bytes] = {}
        for path in known.paths:
            if path not in self._files or path not in self._digests:
                return None
            own[path] = self._files[path]
            if digest_of(own[path]) != self._digests[path]:
                return None
        metadata = ResourceMetadata(
            self._read_at,
            UNKNOWN_USER,
            str(name or resource_id.project_key),
            known.checksum,
        )
        later = partial(read, own)
        return _KnownResource(resource_id.resource_type, rid, metadata, later)


class _KnownResource(Resource):
    """A resource whose attributes are read when somebody looks at them.

    It then becomes an ordinary one.
    """

    _read: Callable[[], Resource]

    def __init__(
        self,
        resource_type: str,
        resource_id: str,
        metadata: ResourceMetadata,
        read: Callable[[], Resource],
    ) -> None:
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.metadata = metadata
        self.extra = {}
        self._read = read

    def __getattr__(self, name: str) -> Any:
        """Read the attributes.

        Raises:
            SourceError: if the files do not have the checksum that the marker says.
        """
        if name != "attributes":
            raise AttributeError(name)
        found = self._read()
        if found.metadata.checksum != self.metadata.checksum:
            raise SourceError(
                f"{MARKER} has another checksum of {self.resource_id} than its files; "
                "pull again, or remove that file"
            )
        self.attributes = found.attributes
        del self._read
        self.__class__ = Resource  # type: ignore[assignment]
        return found.attributes

    def _be_ordinary(self) -> None:
        """Read the attributes, if nobody has looked at them."""
        getattr(self, "attributes")

    def __eq__(self, other: object) -> bool:
        """Compare as an ordinary resource."""
        self._be_ordinary()
        return self == other

    def __reduce__(self) -> Any:
        """Copy and pickle an ordinary resource."""
        self._be_ordinary()
        return self.__reduce_ex__(2)

    # As an ordinary resource, it may change.
    __hash__ = None


def digest_of(data: bytes) -> str:
    """Return the digest of a file by which a later change of it shows."""
    return hashlib.sha256(data).hexdigest()


def _names_in(paths: Iterable[str]) -> frozenset[str]:
    """Return each name of an object that may have one of these files."""
    found: set[str] = set()
    for path in paths:
        found.add(path)
        for part in path.split("/"):
            pieces = part.split(".")
            found |= {".".join(pieces[:end]) for end in range(1, len(pieces) + 1)}
    return frozenset(found)
