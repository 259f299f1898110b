"""The base class of types whose objects DSS lists per parent, not per project."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from dataikuapi.iac.types.base import Documents, Project
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.shapes import UnusableName

__all__ = ["NestedName", "NestedType", "parent_of"]


class NestedName(str):
    """The name of a listed object, which remembers in which parent it was listed.

    Attributes:
        parent: name or id of the parent.
    """

    parent: str

    @classmethod
    def within(cls, parent: str, name: str, prefix: str = "") -> str:
        """Return the name of an object in a parent.

        Args:
            parent: name or id of the parent.
            name: as it is listed; one that is not usable is returned as it is.
            prefix: is put in front of it.
        """
        if isinstance(name, UnusableName):
            return name
        nested = cls(prefix + name)
        nested.parent = parent
        return nested


def parent_of(name: str) -> str:
    """Return the parent in which an object was listed.

    Raises:
        TypeError: if it was not listed.
    """
    if not isinstance(name, NestedName):
        raise TypeError(f"{name} was not listed, so its parent is not known")
    return name.parent


class NestedType(ListedType):
    """A type of object that is in an object of another type, such as an analysis.

    There is one listing for each parent; a sync requests them concurrently.

    Attributes:
        is_searched: whether a name does not say in which parent the object is, so the
            parents are searched for one that was not listed.
    """

    is_searched: ClassVar[bool] = False

    @abstractmethod
    def list_parents(self, project: Project) -> Iterable[str]:
        """Return the names or ids of all parents in a project."""

    @abstractmethod
    def list_in(self, project: Project, parent: str) -> list[str]:
        """Return the names or ids of the objects in a parent, as NestedName."""

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the names or ids only, of all parents."""
        parents = self.list_parents(project)
        return {
            name: None for parent in parents for name in self.list_in(project, parent)
        }
