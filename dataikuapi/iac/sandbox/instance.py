"""What an instance has outside of projects: connections, groups and the like."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from dataikuapi.iac.sandbox.documents import Document, copied, reencrypted
from dataikuapi.iac.sandbox.errors import AlreadyExistsError, ObjectNotFoundError
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind


class Instance:
    """The objects of an instance that are in no project, by kind and id.

    Documents are copied on their way in and out. Safe to use from several threads.

    Args:
        kinds: the kinds of object that there can be.

    Attributes:
        lock: hold it to read and write several objects as one step; re-entrant.
    """

    def __init__(self, kinds: Sequence[InstanceKind]) -> None:
        self.lock = threading.RLock()
        self._saves = 0
        self._objects: dict[InstanceKind, dict[str, Document]] = {
            kind: copied(dict(kind.initial)) for kind in kinds
        }

    def names(self, kind: InstanceKind) -> list[str]:
        """Return the ids of all objects of a kind, in the order of their creation."""
        with self.lock:
            return list(self._objects[kind])

    def documents(self, kind: InstanceKind) -> list[Document]:
        """Return a copy of each object's document, in the same order."""
        with self.lock:
            return copied(list(self._objects[kind].values()))

    def get(self, kind: InstanceKind, object_id: str) -> Document:
        """Return a copy of an object's document.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self.lock:
            if object_id not in self._objects[kind]:
                raise ObjectNotFoundError(f"{kind.label} {object_id} does not exist")
            return copied(self._objects[kind][object_id])

    def add(self, kind: InstanceKind, object_id: str, /, **fields: Any) -> None:
        """Add an object, with defaults for the fields not given.

        Raises:
            AlreadyExistsError: there is such an object.
        """
        with self.lock:
            if object_id in self._objects[kind]:
                raise AlreadyExistsError(f"{kind.label} {object_id} already exists")
            added = kind.added_fields(object_id)
            document = copied({**kind.always, **fields, **added})
            self._objects[kind][object_id] = document

    def put(self, kind: InstanceKind, object_id: str, document: Document) -> None:
        """Replace an object; what is encrypted in it is encrypted afresh.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self.lock:
            self.get(kind, object_id)
            self._saves += 1
            document = {**document, **kind.added_fields(object_id)}
            self._objects[kind][object_id] = reencrypted(copied(document), self._saves)

    def remove(self, kind: InstanceKind, object_id: str) -> None:
        """Remove an object.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self.lock:
            self.get(kind, object_id)
            del self._objects[kind][object_id]
