"""The base class of types of which DSS has no list: objects say what is inside them."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.types.base import Documents
from dataikuapi.iac.types.instance_type import Client, InstanceType
from dataikuapi.iac.types.shapes import UnexpectedShapeError

__all__ = ["Node", "ReadAll", "WalkedType"]

Node = Mapping[str, Any]
"""What DSS returns for one object of the tree."""

ReadAll = Callable[[list[str]], list[Node]]
"""Returns the objects of these names, in order, and may read them concurrently."""


class WalkedType(InstanceType):
    """A type on the instance whose objects are a tree, from one root down.

    All objects at one depth are read together, so a sync reads them concurrently.

    Attributes:
        root: name of the root.
    """

    root: ClassVar[str]

    @abstractmethod
    def require_permission(self, client: Client) -> None:
        """Request something that takes the permission to see all objects."""

    @abstractmethod
    def read_node(self, client: Client, name: str) -> Node:
        """Read one object of the tree."""

    @abstractmethod
    def names_inside(self, node: Node) -> list[str]:
        """Return the names of the objects inside of one."""

    @abstractmethod
    def describe(self, node: Node) -> Documents:
        """Return the documents of an object, without its definition."""

    def list_documents(
        self, project: Client, read_all: ReadAll | None = None
    ) -> dict[str, Documents | None]:
        """Return the names only, of all objects; each has to be fetched.

        Args:
            project: the client.
            read_all: see :meth:`walk`; by default one is read after the other.
        """
        self.require_permission(project)
        return dict.fromkeys(self.walk(read_all or self._one_by_one(project)))

    def list_names(
        self, client: Client, read_all: ReadAll | None = None
    ) -> dict[str, Documents]:
        """Return the objects that the key may see, without definitions.

        Args:
            client: the client.
            read_all: see :meth:`walk`; by default one is read after the other.
        """
        tree = self.walk(read_all or self._one_by_one(client))
        return {name: self.describe(node) for name, node in tree.items()}

    def walk(self, read_all: ReadAll) -> dict[str, Node]:
        """Return all objects that the key may see, by name, from the root down.

        Args:
            read_all: reads those at one depth.

        Raises:
            UnexpectedShapeError: if an object is inside of two others.
        """
        found: dict[str, Node] = {}
        seen, level = {self.root}, [self.root]
        while level:
            nodes = read_all(level)
            found.update(zip(level, nodes, strict=True))
            level = [name for node in nodes for name in self.names_inside(node)]
            for name in level:
                if name in seen:
                    raise UnexpectedShapeError(
                        f"the {self.noun} {name} is in two {self.plural}"
                    )
                seen.add(name)
        return found

    def _one_by_one(self, client: Client) -> ReadAll:
        return lambda names: [self.read_node(client, name) for name in names]
