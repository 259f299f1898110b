"""What a plan has to know of how DSS keeps and deletes objects of a type.

And the calls by which DSS creates, saves and deletes them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON

__all__ = ["NO_WRITER", "Documents", "ListUsers", "Project", "Writer", "Writing"]

Documents = Mapping[str, Any]
"""What DSS returns for one object, by part, such as ``document`` or ``payload``."""

Project = Any
"""A :class:`~dataikuapi.dss.project.DSSProject`; the client is not typed."""

ListUsers = Callable[[Project, ResourceId], Mapping[str, dict[str, JSON]]]
"""Lists objects of a type that may use another one, in one request.

Called with a handle of the project and the id of the other object; returns, by name,
attributes that have at least the references which make DSS delete them with it.
"""

NO_WRITER = "objects of its type are only read: change it in DSS"
"""Why a plan does nothing with an object of a type without a writer."""

_NO_CALL = "DSS has no call for it"


class Writer(ABC):
    """The calls by which DSS creates, saves and deletes objects of a type.

    No method reads what it changes, or makes a request again: DSS has no conditional
    writes, so whoever calls reads the object before and after, and decides. Of a type
    that is never created or deleted, nobody calls that method.

    Attributes:
        effect: what has to be restarted or rebuilt in DSS after a save, in words; "" if
            nothing.
    """

    effect: str = ""

    @property
    def renames(self) -> bool:
        """Whether DSS can give an object another name that is its id."""
        return False

    def rename(self, project: Project, name: str, new_name: str) -> None:
        """Give an object another name, by which other objects then refer to it.

        Args:
            project: a handle of the project.
            name: of the object.
            new_name: which it is to have.
        """
        raise NotImplementedError(_NO_CALL)

    @property
    def chooses_id(self) -> bool:
        """Whether the caller chooses an id where DSS otherwise generates one."""
        return False

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Create an object.

        DSS need not store all of the documents: the caller reads what it made of them,
        and saves the rest.

        Args:
            project: a handle of the project.
            name: or id, as the object is to have; DSS may generate another one.
            documents: what the object is to be.

        Returns:
            The name or id that it has in DSS.
        """
        raise NotImplementedError(_NO_CALL)

    @abstractmethod
    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Save an object; only what differs is sent where that is apart.

        Args:
            project: a handle of the project.
            name: or id of the object.
            old: the documents as DSS has them.
            new: the documents as DSS is to have them.

        Returns:
            How many requests were sent that save the object: its version has grown by
            more only if somebody else has saved it, too.
        """

    def delete(self, project: Project, name: str, drop_data: bool) -> None:
        """Delete an object.

        Args:
            project: a handle of the project.
            name: or id of the object.
            drop_data: drop what it holds as well, such as a dataset's data, where DSS
                can keep it.
        """
        raise NotImplementedError(_NO_CALL)


def _as_is(attributes: dict[str, JSON], live: Mapping[str, JSON]) -> dict[str, JSON]:
    return attributes


@dataclass(frozen=True)
class Writing:
    """How objects of a type are changed.

    Args:
        from_live: paths of values that a plan never changes, since they belong to one
            instance.
        environment_specific: paths of values that a plan from another environment does
            not change, beside connections, and what decides who may do what.
        decides: values of that kind by which others are read, such as a type of
            storage, each with the paths of these others: they stay together.
        starts_as: values that an object from another environment is created with.
        takes_recipes: whether DSS deletes the recipes that use an object with it.
        users: lists objects that DSS deletes with what they use; ``None`` for a type
            whose objects stay.
        loses_contents: whether what a deleted object holds is lost in any case.
        undeletable: why a plan never deletes an object; "" if it may.
        contents_after_delete: what becomes of what a deleted object holds, in words; ""
            if it holds nothing but its configuration.
        droppable: whether DSS drops what a deleted object holds, if it is asked to.
        writer: the calls; ``None`` if a plan never changes or creates an object.
        uncreatable: why a plan never creates an object; "" if it may.
        by_dss: why a plan neither creates nor deletes some objects by themselves, by
            name: DSS does so along with others of the type.
        settled: returns attributes that were merged with those that DSS has, which are
            its second argument, so that nothing in them contradicts itself.
        unchangeable: paths of values that a plan can send neither for an object that
            there is nor for a new one, each with the reason.
    """

    from_live: frozenset[tuple[str, ...]] = frozenset()
    environment_specific: frozenset[tuple[str, ...]] = frozenset()
    decides: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]] = field(
        default_factory=dict
    )
    starts_as: Mapping[tuple[str, ...], JSON] = field(default_factory=dict)
    takes_recipes: bool = False
    users: ListUsers | None = None
    loses_contents: bool = False
    undeletable: str = ""
    contents_after_delete: str = ""
    droppable: bool = False
    writer: Writer | None = None
    uncreatable: str = ""
    by_dss: Mapping[str, str] = field(default_factory=dict)
    settled: Callable[[dict[str, JSON], Mapping[str, JSON]], dict[str, JSON]] = _as_is
    unchangeable: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def is_taken_along(self) -> bool:
        """Whether DSS deletes an object with what it uses."""
        return self.users is not None
