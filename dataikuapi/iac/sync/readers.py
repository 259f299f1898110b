"""The readers of a manager, one for each resource type, as replaceable attributes."""

from typing import Protocol, overload

from dataikuapi.iac.models import Resource
from dataikuapi.iac.types import ResourceType

__all__ = ["Reader", "ReaderOf"]


class Reader(Protocol):
    """Reads one type: a ResourceSync, or what a caller replaced it with."""

    def fetch(self, resource_id: str) -> Resource:
        """Read one object."""
        ...

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all objects; those in one project, if the type is in projects."""
        ...


class ReaderOf:
    """Descriptor: the reader of one type, as a replaceable attribute of a manager."""

    def __init__(self, kind: ResourceType) -> None:
        self._kind = kind

    @overload
    def __get__(self, manager: None, owner: object) -> "ReaderOf": ...

    @overload
    def __get__(self, manager: "HasReaders", owner: object) -> Reader: ...

    def __get__(
        self, manager: "HasReaders | None", owner: object
    ) -> "Reader | ReaderOf":
        """Return the reader; on the class, the descriptor itself."""
        if manager is None:
            return self
        name = self._kind.name
        if name not in manager.readers:
            raise AttributeError(
                f"this manager does not read {self._kind.plural}; create it with "
                f"types=[{name!r}, …]"
            )
        return manager.readers[name]

    def __set__(self, manager: "HasReaders", reader: Reader) -> None:
        """Replace the reader."""
        manager.readers[self._kind.name] = reader


class HasReaders(Protocol):
    """An object with attributes that are :class:`ReaderOf`."""

    @property
    def readers(self) -> dict[str, Reader]:
        """The readers, by type."""
        ...
