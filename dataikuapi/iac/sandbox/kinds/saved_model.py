"""Saved models: also listed are agents and retrieval-augmented LLMs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    copied,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import InvalidDocumentError, ObjectNotFoundError
from dataikuapi.iac.sandbox.kinds.agent import AGENT, RAG_MODEL, LLMKind
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.files import Files
    from dataikuapi.iac.sandbox.requests import ApiRequest

_CREATABLE = ("MLFLOW_PYFUNC", "PROXY_MODEL", "LLM_GENERIC")
"""The types of models that a client may create; DSS itself creates the others."""

_LLM_KINDS: tuple[LLMKind, ...] = (AGENT, RAG_MODEL)


@dataclass(frozen=True, eq=False)
class SavedModelKind(Kind):
    """Saved models. Their versions are no configuration, and are not served."""

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return the models in the folder, less the agents."""
        return {
            object_id: stored
            for object_id, stored in super().load(files).items()
            if not any(kind.is_own(stored.document) for kind in _LLM_KINDS)
        }

    def handle_list(self, request: ApiRequest) -> Any:
        """List models and agents alike, as summaries."""
        project = request.project()
        agents = [
            kind.as_saved_model(stored.document)
            for kind in _llm_kinds(request)
            for stored in project.objects(kind).values()
        ]
        return [*super().handle_list(request), *map(self.list_item, agents)]

    def handle_get(self, request: ApiRequest) -> Any:
        """Return a model, or an agent in the words of models."""
        kind = self._kind_of(request)
        stored = request.project().objects(kind).stored(self.id_of(request))
        document = kind.to_api(stored)
        return kind.as_saved_model(document) if isinstance(kind, LLMKind) else document

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace a model or an agent; the active version takes a call of its own.

        Unlike a PUT at its own path, this one renames an agent.
        """
        kind, object_id = self._kind_of(request), self.id_of(request)
        body, project = request.body, request.project()
        if isinstance(kind, LLMKind):
            body = kind.from_saved_model(required_object(body, kind.label))
        fields = replace(kind.fields, kept=self.fields.kept)
        with project.lock:
            project.objects(kind).put(object_id, body, request.login, fields)
            project.saved(kind, object_id, request.login)
        return done(f"Updated {self.label} {object_id}")

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a model of a type that can be created: trained ones cannot.

        Raises:
            InvalidDocumentError: it is of another type, or has no name.
        """
        required_text(prototype, "name", self.label)
        model_type = prototype.get("savedModelType")
        if model_type not in _CREATABLE:
            raise InvalidDocumentError(f"Cannot create a saved model of {model_type}")
        return super().new_object(request, prototype)

    def handle_list_versions(self, request: ApiRequest) -> Any:
        """List the versions that are in the document; trained ones are not served."""
        kind, object_id = self._kind_of(request), self.id_of(request)
        document = request.project().objects(kind).get(object_id)
        return [
            {"id": name, "active": name == document.get("activeVersion")}
            for name in _versions_of(document)
        ]

    def handle_activate(self, request: ApiRequest) -> Any:
        """Make another version of a model or an agent the active one."""
        kind, object_id = self._kind_of(request), self.id_of(request)
        version, project = request.path["version"], request.project()
        with project.lock:
            document = project.objects(kind).get(object_id)
            if version not in _versions_of(document):
                raise ObjectNotFoundError(f"{object_id} has no version {version}")
            document["activeVersion"] = version
            project.objects(kind).save(object_id, document, request.login)
        return done(f"Activated version {version} of {object_id}")

    def routes(self) -> Routes:
        """Return the usual requests, and those for versions."""
        versions = f"/projects/{{key}}/{self.path}/{{id}}/versions"
        return {
            **super().routes(),
            versions: {"GET": self.handle_list_versions},
            f"{versions}/{{version}}/actions/setActive": {"POST": self.handle_activate},
        }

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete a model or an agent."""
        object_id = self.id_of(request)
        request.project().delete(self._kind_of(request), object_id, request.login)
        return done(f"Deleted {self.label} {object_id}")

    def _kind_of(self, request: ApiRequest) -> Kind:
        """Return of which kind the object is; this one if there is none."""
        project, object_id = request.project(), self.id_of(request)
        for kind in _llm_kinds(request):
            if object_id in project.objects(kind):
                return kind
        return self

    def list_item(self, document: Document) -> Document:
        """Return a summary, with the type of the model."""
        task: Mapping[str, Any] = document.get("miniTask") or {}
        model_type = document.get("savedModelType") or "DSS_MANAGED"
        shown = task.get("taskType") if model_type == "DSS_MANAGED" else model_type
        return copied({**super().list_item(document), "type": shown})


def _versions_of(document: Document) -> list[str]:
    """Return the ids of the versions of a model or an agent that are known here."""
    versions = document.get("versions") or document.get("inlineVersions") or []
    known = [version["versionId"] for version in versions if "versionId" in version]
    active = document.get("activeVersion")
    return known if active is None or active in known else [*known, active]


def _llm_kinds(request: ApiRequest) -> list[LLMKind]:
    """Return the kinds of agents that the store has; it may be that of an older DSS."""
    return [kind for kind in _LLM_KINDS if kind in request.store.kinds]


SAVED_MODEL = SavedModelKind(
    label="saved model",
    path="savedmodels",
    file="saved_models/{id}.json",
    identity=generated_id(8),
    object_type="SAVED_MODEL",
    computable=True,
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "savedModelType": "DSS_MANAGED",
        "tags": [],
        "versionTag": None,
    },
    fields=Fields(
        always={
            "name": "",
            "publishPolicy": "UNCONDITIONAL",
            "rebuildBehavior": "EXPLICIT",
            "conditionalOutputs": [],
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset("""
            id savedModelType needsInputDataFolder cleanTemporaryVersionsPostJob
            contentType activeVersion inlineVersions partitioning flowOptions
            lastExportedFrom metrics metricsChecks miniTask lastTrainIndex
            lastTrainJobId proxyModelConfiguration predictionType description shortDesc
            """.split()),
        kept=frozenset({"activeVersion"}),
    ),
)
