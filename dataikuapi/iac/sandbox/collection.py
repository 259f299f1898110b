"""What all the collections of objects inside a project have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.errors import AlreadyExistsError, ObjectNotFoundError
from dataikuapi.iac.sandbox.fields import Document, Kind

Clock = Callable[[], int]
Lock = AbstractContextManager[Any]


class ObjectCollection:
    """The objects of one kind in one project, by name.

    Stored documents are replaced, never edited, and copied on their way in and out.
    A new kind of object is a subclass that says its `kind`.

    Args:
        project_key: put into each document, for its file does not have it.
        loaded: documents by name, as they are on disk.
        owner: see :func:`~dataikuapi.iac.sandbox.documents.tagged`.
        now: returns milliseconds since 1970.
        lock: a re-entrant one, shared by the whole project.
    """

    kind: ClassVar[Kind]

    def __init__(
        self,
        project_key: str,
        loaded: Mapping[str, Document],
        *,
        owner: str,
        now: Clock,
        lock: Lock,
    ) -> None:
        self._project_key = project_key
        self._now = now
        self._lock = lock
        self._documents = {
            name: {
                **documents.with_tags(documents.copied(document), owner),
                **self._identity(name),
            }
            for name, document in loaded.items()
        }

    def __contains__(self, name: object) -> bool:
        return name in self._documents

    def names(self) -> list[str]:
        """Return the names of all objects, in the order in which they came."""
        with self._lock:
            return list(self._documents)

    def get(self, name: str) -> Document:
        """Return a copy of the object's document.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        return documents.copied(self._stored(name))

    def add(self, name: str, login: str, fields: Mapping[str, Any]) -> None:
        """Add a new object.

        Args:
            name: must not be taken.
            login: who made it.
            fields: stored as they are, over the defaults; nothing is dropped.

        Raises:
            AlreadyExistsError: the name is taken.
        """
        with self._lock:
            if name in self._documents:
                label = self.kind.label.capitalize()
                raise AlreadyExistsError(
                    f"{label} {self._project_key}.{name} already exists"
                )
            self._documents[name] = documents.created(
                self.kind, fields, login, self._now(), **self._identity(name)
            )

    def put(self, name: str, body: Any, login: str) -> None:
        """Replace an object by a document that was read, changed and sent back.

        Args:
            name: of the object; the name in the document does not rename it.
            body: the whole document.
            login: who saves.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
            ObjectNotFoundError: there is no such object.
        """
        document = documents.required_object(body, self.kind.label)
        for required in ("projectKey", "name", "type"):
            documents.required_text(document, required, self.kind.label)
        with self._lock:
            self._documents[name] = documents.saved(
                self.kind, document, self._stored(name), login, self._now()
            )

    def remove(self, name: str) -> None:
        """Delete an object.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self._lock:
            self._stored(name)
            del self._documents[name]

    def _identity(self, name: str) -> dict[str, str]:
        return {"projectKey": self._project_key, "name": name}

    def _stored(self, name: str) -> Document:
        try:
            return self._documents[name]
        except KeyError:
            label = self.kind.label.capitalize()
            raise ObjectNotFoundError(
                f"{label} {self._project_key}.{name} does not exist"
            ) from None
