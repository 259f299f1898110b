"""One project: its objects of every kind, and what a change to one does to others."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from dataikuapi.iac.sandbox.collection import Clock, ObjectCollection
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.dataset import DATASET
from dataikuapi.iac.sandbox.kinds.project import PROJECT
from dataikuapi.iac.sandbox.kinds.project_git import ProjectGit
from dataikuapi.iac.sandbox.kinds.recipe import RECIPE
from dataikuapi.iac.sandbox.layout import Content


class Project:
    """One project of the sandbox.

    Do not instantiate directly, use
    :meth:`dataikuapi.iac.sandbox.store.ProjectStore.project`.

    Args:
        project_key: the key.
        content: the project as its files have it.
        kinds: what a project of this store consists of.
        now: returns milliseconds since 1970.

    Attributes:
        lock: hold it to read and write several objects as one step; re-entrant.
        git: the project's repository.
    """

    def __init__(
        self, project_key: str, content: Content, kinds: Sequence[Kind], now: Clock
    ) -> None:
        self.project_key = project_key
        self.lock = threading.RLock()
        owner = PROJECT.owner(content[PROJECT])
        self._objects = {
            kind: ObjectCollection(
                kind, project_key, content[kind], owner=owner, now=now, lock=self.lock
            )
            for kind in kinds
        }
        self.git = ProjectGit(self)

    @property
    def datasets(self) -> ObjectCollection:
        """The project's datasets, by name."""
        return self.objects(DATASET)

    @property
    def recipes(self) -> ObjectCollection:
        """The project's recipes, by name."""
        return self.objects(RECIPE)

    def objects(self, kind: Kind) -> ObjectCollection:
        """Return the project's objects of a kind."""
        return self._objects[kind]

    def collections(self) -> Iterable[tuple[Kind, ObjectCollection]]:
        """Return all kinds, each with the project's objects of it."""
        return self._objects.items()

    def kind_of_computable(self, object_id: str) -> Kind | None:
        """Return of which kind an object is that recipes read or write."""
        for kind, objects in self._objects.items():
            if kind.computable and object_id in objects:
                return kind
        return None

    def saved(
        self, kind: Kind, object_id: str, login: str, *, is_new: bool = False
    ) -> None:
        """Do to others what DSS does when an object was created or saved."""
        with self.lock:
            for other in self._objects:
                other.on_saved(self, kind, object_id, login, is_new=is_new)

    def delete(self, kind: Kind, object_id: str, login: str) -> None:
        """Delete an object, and do to others what DSS does then.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self.lock:
            self.objects(kind).remove(object_id)
            for other in self._objects:
                other.on_removed(self, kind, object_id, login)

    def rename(self, kind: Kind, old_id: str, new_id: str, login: str) -> None:
        """Rename an object, and do to others what DSS does then.

        Raises:
            AlreadyExistsError: the new id is taken.
            ObjectNotFoundError: there is no such object.
        """
        with self.lock:
            self.objects(kind).rename(old_id, new_id)
            for other in self._objects:
                other.on_renamed(self, kind, old_id, new_id, login)
