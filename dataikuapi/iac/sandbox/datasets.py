"""The datasets of a project."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.collection import ObjectCollection
from dataikuapi.iac.sandbox.fields import DATASET, Document


class Datasets(ObjectCollection):
    """The datasets of a project, by name."""

    kind = DATASET

    def definitions(self, tags: Collection[str] = ()) -> list[Document]:
        """Return the full definitions of the datasets, as DSS lists them.

        Args:
            tags: keep only datasets that have one of these; all when empty.
        """
        with self._lock:
            stored = list(self._documents.values())
        wanted = frozenset(tags)
        return [
            documents.copied(document)
            for document in stored
            if not wanted or wanted & set(document.get("tags", []))
        ]

    def create(self, body: Any, login: str) -> str:
        """Add the dataset that a client asks for, and return its name.

        Raises:
            InvalidDocumentError: name or type is missing.
            AlreadyExistsError: the name is taken.
        """
        prototype = documents.required_object(body, "dataset")
        name = documents.required_text(prototype, "name", "dataset")
        documents.required_text(prototype, "type", "dataset")
        documents.tag_list(prototype.get("tags") or [])
        self.add(name, login, documents.known_fields(self.kind, prototype))
        return name

    def _identity(self, name: str) -> dict[str, str]:
        return {**super()._identity(name), "smartName": name}
