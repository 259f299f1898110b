"""Statistics worksheets: served below their dataset, and deleted with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import InvalidDocumentError, ObjectNotFoundError
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.dataset import DATASET
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class StatisticsWorksheetKind(Kind):
    """Worksheets of all datasets; each says which dataset it is of."""

    def handle_list(self, request: ApiRequest) -> Any:
        """List the worksheets of a dataset."""
        dataset, project = request.path["dataset"], request.project()
        project.datasets.stored(dataset)
        return [
            self.list_item(stored.document)
            for stored in project.objects(self).values()
            if _dataset_of(stored.document) == dataset
        ]

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace a worksheet, and return it."""
        super().handle_put(request)
        return self.handle_get(request)

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a worksheet, which needs a selection of rows."""
        spec = required_object(prototype.get("dataSpec"), "dataSpec")
        if not isinstance(spec.get("datasetSelection"), dict):
            raise InvalidDocumentError("Missing datasetSelection in dataSpec")
        return super().new_object(request, prototype)

    def id_of(self, request: ApiRequest) -> str:
        """Return the id in the path, if that dataset has such a worksheet."""
        object_id, dataset = super().id_of(request), request.path["dataset"]
        document = request.project().objects(self).stored(object_id).document
        if _dataset_of(document) != dataset:
            raise ObjectNotFoundError(f"Worksheet {object_id} is not of {dataset}")
        return object_id

    def from_api(self, body: Any) -> StoredObject:
        """Return the worksheet that a client PUTs."""
        document = required_object(body, self.label)
        spec = required_object(document.get("dataSpec"), "dataSpec")
        required_text(spec, "inputDatasetSmartName", "dataSpec")
        return StoredObject(document)

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Delete the worksheets of a dataset that is deleted."""
        if kind is not DATASET:
            return
        for name in self._names_of(project, object_id):
            project.delete(self, name, login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Let worksheets follow their dataset: their path has its name."""
        if kind is not DATASET:
            return
        worksheets = project.objects(self)
        for name in self._names_of(project, old_id):
            document = worksheets.get(name)
            document["dataSpec"]["inputDatasetSmartName"] = new_id
            worksheets.save(name, document, login)

    def _names_of(self, project: Project, dataset: str) -> list[str]:
        worksheets = project.objects(self)
        return [
            name
            for name in worksheets.names()
            if _dataset_of(worksheets.stored(name).document) == dataset
        ]


def _dataset_of(document: Document) -> Any:
    return document.get("dataSpec", {}).get("inputDatasetSmartName")


STATISTICS_WORKSHEET = StatisticsWorksheetKind(
    label="worksheet",
    path="datasets/{dataset}/statistics/worksheets",
    file="statistics_worksheets/{id}.json",
    identity=generated_id(10),
    list_fields={"projectKey": None, "id": None, "name": None, "tags": []},
    fields=Fields(
        always={
            "name": "",
            "dataSpec": {},
            "rootCard": {"type": "worksheet_root", "cards": []},
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset({"description", "shortDesc"}),
    ),
)
