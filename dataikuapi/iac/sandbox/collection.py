"""The objects of one kind in one project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, copied
from dataikuapi.iac.sandbox.errors import AlreadyExistsError, ObjectNotFoundError
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields

Clock = Callable[[], int]
Lock = AbstractContextManager[Any]


class ObjectCollection:
    """The objects of one kind in one project, by id; for most kinds that is the name.

    Documents are copied on their way in and out. What a change entails for other
    objects is left to :class:`~dataikuapi.iac.sandbox.projects.Project`.

    Args:
        kind: what they are.
        project_key: the project's key.
        loaded: the objects by id, as they are on disk.
        owner: the login for objects whose file does not say who made them.
        now: returns milliseconds since 1970.
        lock: a re-entrant one, shared by the whole project.
    """

    def __init__(
        self,
        kind: Kind,
        project_key: str,
        loaded: Mapping[str, StoredObject],
        *,
        owner: str,
        now: Clock,
        lock: Lock,
    ) -> None:
        self._kind = kind
        self._project_key = project_key
        self._now = now
        self._lock = lock
        self._objects = {
            object_id: kind.loaded(project_key, object_id, stored, owner)
            for object_id, stored in loaded.items()
        }

    def __contains__(self, object_id: object) -> bool:
        return object_id in self._objects

    def names(self) -> list[str]:
        """Return the ids of all objects, in the order in which they were added."""
        with self._lock:
            return list(self._objects)

    def documents(self) -> list[Document]:
        """Return a copy of each object's document, in the same order."""
        return [copied(item.document) for item in self.values()]

    def values(self) -> list[StoredObject]:
        """Return the objects themselves, not to be changed, in the same order."""
        with self._lock:
            return list(self._objects.values())

    def get(self, object_id: str) -> Document:
        """Return a copy of the object's document.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        return copied(self.stored(object_id).document)

    def stored(self, object_id: str) -> StoredObject:
        """Return the object itself, not to be changed.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        try:
            return self._objects[object_id]
        except KeyError:
            raise ObjectNotFoundError(
                f"{self._described(object_id)} does not exist"
            ) from None

    def add(
        self,
        object_id: str,
        login: str,
        fields: Mapping[str, Any],
        payload: str | None = None,
    ) -> None:
        """Add a new object.

        Args:
            object_id: must not be taken.
            login: who creates it.
            fields: stored as they are, over the defaults; nothing is dropped.
            payload: None for an object without one.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        with self._lock:
            self._require_free(object_id)
            added = self._kind.added_fields(self._project_key, object_id)
            document = self._kind.fields.created(fields, login, self._now(), added)
            self._objects[object_id] = StoredObject(document, payload)

    def put(
        self, object_id: str, body: Any, login: str, fields: Fields | None = None
    ) -> None:
        """Replace an object by what was read over the API, changed and sent back.

        Args:
            object_id: of the object; that in the document does not rename it.
            body: as the API has it. Without a payload the stored one stays.
            login: who saves.
            fields: what is kept of the document; as the kind says when omitted.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
            ObjectNotFoundError: there is no such object.
        """
        sent = self._kind.from_api(body)
        with self._lock:
            previous = self.stored(object_id).document
            added = self._kind.added_fields(self._project_key, object_id)
            known = fields or self._kind.fields
            document = known.replaced(sent.document, previous, added)
            self.save(object_id, document, login, payload=sent.payload)

    def save(
        self,
        object_id: str,
        document: Document,
        login: str,
        *,
        payload: str | None = None,
    ) -> None:
        """Store a document as the next version of an object.

        Args:
            object_id: of the object.
            document: stored whole; nothing is dropped.
            login: who saves.
            payload: None keeps the stored one.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self._lock:
            previous = self.stored(object_id)
            self._objects[object_id] = StoredObject(
                self._kind.fields.next_version(
                    document, previous.document, login, self._now()
                ),
                previous.payload if payload is None else payload,
            )

    def remove(self, object_id: str) -> None:
        """Remove an object, and nothing that refers to it.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self._lock:
            self.stored(object_id)
            del self._objects[object_id]

    def rename(self, old_id: str, new_id: str) -> None:
        """Give an object another id, and change nothing that refers to it.

        Its version tag stays, as in the git history of a real project.

        Raises:
            AlreadyExistsError: the new id is taken.
            ObjectNotFoundError: there is no such object.
        """
        with self._lock:
            stored = self.stored(old_id)
            self._require_free(new_id)
            added = self._kind.added_fields(self._project_key, new_id)
            renamed = StoredObject({**stored.document, **added}, stored.payload)
            moved = {old_id: (new_id, renamed)}
            self._objects = dict(
                moved.get(object_id, (object_id, item))
                for object_id, item in self._objects.items()
            )

    def _require_free(self, object_id: str) -> None:
        if object_id in self._objects:
            raise AlreadyExistsError(f"{self._described(object_id)} already exists")

    def _described(self, object_id: str) -> str:
        named = ".".join(part for part in (self._project_key, object_id) if part)
        return f"{self._kind.label.capitalize()} {named}"
