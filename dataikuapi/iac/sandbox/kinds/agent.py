"""Agents and retrieval-augmented LLMs: saved models with paths of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    copied,
    required_text,
    version_tag,
)
from dataikuapi.iac.sandbox.errors import InvalidDocumentError
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.files import Files
    from dataikuapi.iac.sandbox.requests import ApiRequest

_FIRST_VERSION = "v1"
_RAG_TYPE = "RETRIEVAL_AUGMENTED_LLM"

_BLOCKS: Mapping[str, Document] = {
    "PYTHON_AGENT": {"pythonAgentSettings": {}},
    "PLUGIN_AGENT": {"pluginAgentSettings": {}},
    "TOOLS_USING_AGENT": {"toolsUsingAgentSettings": {"tools": []}},
    "STRUCTURED_AGENT": {"structuredAgentSettings": {}},
}
"""The first settings of a version, in a member of it, by type of agent."""

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

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return it with a first version, which is active."""
        for name in ("name", "type"):
            required_text(prototype, name, self.label)
        new = super().new_object(request, prototype).document
        version = {
            "versionId": _FIRST_VERSION,
            "versionTag": version_tag(0, request.login, request.store.now()),
            "creationTag": version_tag(0, request.login, request.store.now()),
            **self.first_settings(prototype),
        }
        return StoredObject(
            {**new, "activeVersion": _FIRST_VERSION, "versions": [version]}
        )

    def first_settings(self, prototype: Document) -> Document:
        """Return the settings of a first version, in a block named after the type."""
        if prototype["type"] not in _BLOCKS:
            raise InvalidDocumentError(f"Unknown type of agent: {prototype['type']}")
        blocks: Document = copied(_BLOCKS[prototype["type"]])
        plugin_type = prototype.get("pluginAgentType")
        if plugin_type is not None:
            blocks["pluginAgentSettings"] = {"pluginAgentType": plugin_type}
        return blocks

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


@dataclass(frozen=True, eq=False)
class RagModelKind(LLMKind):
    """Retrieval-augmented LLMs. Which bank and LLM they use, each version says."""

    def prototype(self, request: ApiRequest) -> Document:
        """Return the body with the one type that there is."""
        return {**super().prototype(request), "type": _RAG_TYPE}

    def first_settings(self, prototype: Document) -> Document:
        """Return the settings of a first version."""
        settings = {
            "kbRef": required_text(prototype, "knowledgeBankRef", self.label),
            "llmId": required_text(prototype, "llmId", self.label),
        }
        return {"ragllmSettings": settings}


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
    # Dropped without a word: a PUT of the saved model renames it, an action activates.
    kept=frozenset({"name", "activeVersion"}),
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
RAG_MODEL = RagModelKind(
    label="retrieval-augmented LLM",
    path="retrieval-augmented-llms",
    file="saved_models/{id}.json",
    identity=generated_id(8),
    object_type="SAVED_MODEL",
    computable=True,
    is_recent=True,
    list_fields=_LIST_FIELDS,
    fields=_FIELDS,
    type_end=_RAG_TYPE,
)
