"""Statistics worksheets: served below their dataset."""

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
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id
from dataikuapi.iac.sandbox.kinds.of_dataset import OfDatasetKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class StatisticsWorksheetKind(OfDatasetKind):
    """Worksheets of all datasets; each says which dataset it is of."""

    def handle_list(self, request: ApiRequest) -> Any:
        """List the worksheets of a dataset."""
        dataset, project = request.path["dataset"], request.project()
        project.datasets.stored(dataset)
        return [
            self.list_item(stored.document)
            for stored in project.objects(self).values()
            if self.dataset_of(stored.document) == dataset
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
        if self.dataset_of(document) != dataset:
            raise ObjectNotFoundError(f"Worksheet {object_id} is not of {dataset}")
        return object_id

    def from_api(self, body: Any) -> StoredObject:
        """Return the worksheet that a client PUTs."""
        document = required_object(body, self.label)
        spec = required_object(document.get("dataSpec"), "dataSpec")
        required_text(spec, "inputDatasetSmartName", "dataSpec")
        return StoredObject(document)


STATISTICS_WORKSHEET = StatisticsWorksheetKind(
    label="worksheet",
    path="datasets/{dataset}/statistics/worksheets",
    file="statistics_worksheets/{id}.json",
    identity=generated_id(10),
    dataset_at=("dataSpec", "inputDatasetSmartName"),
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
