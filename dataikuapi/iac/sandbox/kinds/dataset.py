"""Datasets: listed in full, shared between projects, renamed with what uses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.kinds.base import Kind, done
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.project import PROJECT

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest


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

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a dataset."""
        return done(f"Created dataset {self.create(request)}")

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
