"""Agents and retrieval-augmented LLMs: saved models with paths of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, copied
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.files import Files
    from dataikuapi.iac.sandbox.requests import ApiRequest

_NOT_SAVED: tuple[str, ...] = ("name", "activeVersion")

_IN_FILE = {"type": "savedModelType", "versions": "inlineVersions"}


@dataclass(frozen=True, eq=False)
class LLMKind(Kind):
    """A kind that DSS stores as saved models of some types.

    Args:
        type_end: how the names of these types end.
    """

    type_end: str = ""

    def is_own(self, document: Document) -> bool:
        """Return whether the document of a saved model is of this kind."""
        return str(document.get("savedModelType", "")).endswith(self.type_end)

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return those in the folder of saved models, in the words of the API."""
        return {
            object_id: StoredObject(self._as_served(stored.document))
            for object_id, stored in super().load(files).items()
            if self.is_own(stored.document)
        }

    def as_saved_model(self, document: Document) -> Document:
        """Return a document in the words of saved models."""
        return {_IN_FILE.get(name, name): value for name, value in document.items()}

    def from_saved_model(self, document: Document) -> Document:
        """Return a document in the words of this kind."""
        own = {in_file: name for name, in_file in _IN_FILE.items()}
        return {own.get(name, name): value for name, value in document.items()}

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace it; name and active version are dropped without a word."""
        object_id = self.id_of(request)
        objects = request.project().objects(self)
        with request.project().lock:
            before = objects.get(object_id)
            response = super().handle_put(request)
            kept = {name: before[name] for name in _NOT_SAVED if name in before}
            objects.save(object_id, {**objects.get(object_id), **kept}, request.login)
        return response

    def list_item(self, document: Document) -> Document:
        """Return a summary: of each version the tags alone."""
        shown = ("versionId", "versionTag", "creationTag")
        versions = [
            {name: version[name] for name in shown if name in version}
            for version in document.get("versions", [])
        ]
        return copied({**super().list_item(document), "versions": versions})

    def _as_served(self, document: Document) -> Document:
        known = {
            own: document[in_file]
            for own, in_file in _IN_FILE.items()
            if in_file in document
        }
        return {**self.fields.known(document), **known}


_FIELDS = Fields(
    always={
        "name": "",
        "type": "",
        "versions": [],
        "tags": [],
        "customFields": {},
        "checklists": NO_CHECKLISTS,
    },
    optional=frozenset({"id", "activeVersion", "description", "shortDesc"}),
)
_LIST_FIELDS = {
    "projectKey": None,
    "id": None,
    "name": None,
    "type": None,
    "activeVersion": None,
}

AGENT = LLMKind(
    label="agent",
    path="agents",
    file="saved_models/{id}.json",
    identity=generated_id(8),
    object_type="SAVED_MODEL",
    computable=True,
    is_recent=True,
    list_fields=_LIST_FIELDS,
    fields=_FIELDS,
    type_end="_AGENT",
)
RAG_MODEL = replace(
    AGENT,
    label="retrieval-augmented LLM",
    path="retrieval-augmented-llms",
    type_end="RETRIEVAL_AUGMENTED_LLM",
)
