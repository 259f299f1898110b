"""How DSS creates, saves and deletes objects of most types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dataikuapi.iac.types.requests import post_json, send
from dataikuapi.iac.types.shapes import (
    UnexpectedShapeError,
    expect_object,
    path_segment,
)
from dataikuapi.iac.types.writing import Documents, Project, Writer

__all__ = ["ListedWriter", "SingleWriter", "key_of"]

_MAIN = "document"


@dataclass(frozen=True)
class ListedWriter(Writer):
    """The calls for objects with a path each, below a listing that takes new ones.

    A new object is posted as a whole document, which DSS stores at once. A subclass
    overrides what DSS does otherwise.

    Args:
        listing: path below the project to which new objects are posted; "" if they are
            created otherwise, or not at all.
        item: path of an object, with ``{name}`` for its name or id.
        chosen: member of a document that has the name, if the caller chooses it; "" if
            DSS generates an id.
        answer: member of the response to a new object that has its name or id; "" if
            it has none: it is the one that was asked for.
        holds_data: whether DSS can drop data with an object.
        rename_action: of the project, that renames an object; "" if there is none.
        effect: as for all writers.
    """

    listing: str
    item: str
    chosen: str = ""
    answer: str = "id"
    holds_data: bool = False
    rename_action: str = ""
    effect: str = ""

    @property
    def chooses_id(self) -> bool:
        """Whether the caller chooses the name."""
        return bool(self.chosen)

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the object to the listing."""
        body = self.prototype(project, name, documents[_MAIN])
        if not self.answer:
            send(project, "POST", self.listing, body)
            return name
        return self.name_in(post_json(project, self.listing, body))

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what is posted; by default the whole document."""
        own = {"projectKey": key_of(project)}
        if self.chosen:
            own[self.chosen] = name
        else:
            document = {key: item for key, item in document.items() if key != "id"}
        return {**document, **own}

    def name_in(self, response: Any) -> str:
        """Return the name or id of a new object.

        Raises:
            UnexpectedShapeError: if the response does not have it.
        """
        name = expect_object(response).get(self.answer)
        if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
            raise UnexpectedShapeError(f"expected an id under {self.answer}")
        return str(name)

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the whole document."""
        send(project, "PUT", self.path(name), new[_MAIN])
        return 1

    @property
    def renames(self) -> bool:
        """Whether there is an action for it."""
        return bool(self.rename_action)

    def rename(self, project: Project, name: str, new_name: str) -> None:
        """Rename the object by the action of the project."""
        body = {"oldName": name, "newName": new_name}
        send(project, "POST", f"actions/{self.rename_action}", body)

    def delete(self, project: Project, name: str, drop_data: bool) -> None:
        """Delete the object, with its data only if that is asked for."""
        query = "?dropData=true" if drop_data and self.holds_data else ""
        send(project, "DELETE", self.path(name) + query)

    def path(self, name: str) -> str:
        """Return the path of an object."""
        return self.item.format(name=path_segment(name))


@dataclass(frozen=True)
class SingleWriter(Writer):
    """The call for what each project has one of: the whole of it is replaced.

    Args:
        path: of the document, below the project.
        effect: as for all writers.
    """

    path: str
    effect: str = ""

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the whole document."""
        body = self.body(old[_MAIN], new[_MAIN])
        send(project, "PUT", self.path, body)
        return 1

    def body(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Return what is put; by default the new document."""
        return new


def key_of(project: Project) -> str:
    """Return the key of a project, which its handle has quoted for paths."""
    return unquote(project.project_key)
