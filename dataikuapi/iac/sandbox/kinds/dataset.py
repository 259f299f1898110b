"""Datasets: listed in full, shared between projects, renamed with what uses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, required_object, required_text
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.project import PROJECT

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

_METADATA = ("description", "tags", "customFields", "checklists")
"""The fields that the metadata has, beside the name as label."""


@dataclass(frozen=True, eq=False)
class DatasetKind(Kind):
    """Datasets.

    Another project sees those that are shared with it, under a smart name that begins
    with the key of their project.
    """

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return key, name and smart name."""
        added = super().added_fields(project_key, object_id)
        return {**added, "smartName": object_id}

    def handle_list(self, request: ApiRequest) -> Any:
        """List full definitions, by tag; those that are shared only on demand."""
        own = [
            self.list_item(stored.document)
            for stored in request.project().objects(self).values()
            if request.wants(stored.document.get("tags", []))
        ]
        if not request.flag("foreign"):
            return own
        key = request.project().project_key
        others = [p for p in request.store.projects() if p.project_key != key]
        return own + [item for other in others for item in self._shared(other, key)]

    def routes(self) -> Routes:
        """Return the usual requests, and those for two parts of a dataset."""
        dataset = f"/projects/{{key}}/{self.path}/{{id}}"
        parts: Routes = {
            f"{dataset}/schema": {
                "GET": self.handle_get_schema,
                "PUT": self.handle_put_schema,
            },
            f"{dataset}/metadata": {
                "GET": self.handle_get_metadata,
                "PUT": self.handle_put_metadata,
            },
        }
        return {**super().routes(), **parts}

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a dataset."""
        return done(f"Created dataset {self.create(request)}")

    def handle_get_schema(self, request: ApiRequest) -> Any:
        """Return the columns."""
        return request.project().objects(self).get(self.id_of(request))["schema"]

    def handle_put_schema(self, request: ApiRequest) -> Any:
        """Replace the columns, of which each has a name and a type."""
        schema = required_object(request.body, "schema")
        for column in schema.get("columns") or []:
            for name in ("name", "type"):
                required_text(required_object(column, "column"), name, "column")
        return self._save_parts(request, {"schema": schema})

    def handle_get_metadata(self, request: ApiRequest) -> Any:
        """Return what describes the dataset."""
        document = request.project().objects(self).get(self.id_of(request))
        parts = {name: document[name] for name in _METADATA if name in document}
        return {"label": document["name"], **parts}

    def handle_put_metadata(self, request: ApiRequest) -> Any:
        """Replace what describes the dataset."""
        sent = required_object(request.body, "metadata")
        known = {name: sent[name] for name in _METADATA if name in sent}
        return self._save_parts(request, self.fields.with_shuffled_tags(known))

    def _save_parts(self, request: ApiRequest, parts: Document) -> Any:
        object_id, objects = self.id_of(request), request.project().objects(self)
        with request.project().lock:
            document = {**objects.get(object_id), **parts}
            objects.save(object_id, document, request.login)
        return done(f"Updated dataset {object_id}")

    def _shared(self, project: Project, target_key: str) -> list[Document]:
        """Return the datasets that a project shares with another one."""
        with project.lock:
            datasets = project.objects(self)
            return [
                {**datasets.get(name), "smartName": f"{project.project_key}.{name}"}
                for name in PROJECT.shared_ids(project, self, target_key)
                if name in datasets
            ]


DATASET = DatasetKind(
    label="dataset",
    path="datasets",
    file="datasets/{id}.json",
    object_type="DATASET",
    computable=True,
    rename_action="renameDataset",
    fields=Fields(
        required=("type",),
        always={
            "type": "Filesystem",
            "managed": False,
            "checklists": NO_CHECKLISTS,
            "flowOptions": {
                "virtualizable": False,
                "rebuildBehavior": "NORMAL",
                "crossProjectBuildBehavior": "DEFAULT",
                "ignoreErrorStatusOnBuild": False,
            },
            "partitioning": {
                "ignoreNonMatchingFile": False,
                "considerMissingRequestedPartitionsAsEmpty": False,
                "dimensions": [],
            },
            "tags": [],
            "params": {},
            "schema": {"columns": [], "userModified": False},
            "metrics": {
                "probes": [],
                "engineConfig": {},
                "displayedState": {"partition": "ALL", "columns": [], "metrics": []},
            },
        },
        fresh={
            "featureGroup": False,
            "typeSystemVersion": "V2",
            "checks": [],
            "customMeta": {"kv": {}},
            "customFields": {},
            "dkuProperties": [],
            "metricsChecks": {
                "monitor": False,
                "checks": [],
                "displayedState": {"checks": []},
            },
            "readWriteOptions": {
                "preserveOrder": False,
                "writeBuckets": 1,
                "forceSingleOutputFile": False,
                "defaultReadOrdering": {"enabled": False, "rules": []},
            },
        },
        optional=frozenset(
            {
                "formatType",
                "formatParams",
                "shortDesc",
                "description",
                "remoteFiles",
                "dataSteward",
            }
        ),
    ),
)
