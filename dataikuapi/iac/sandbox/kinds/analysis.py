"""Visual analyses: a list calls their ids differently than an analysis itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id
from dataikuapi.iac.sandbox.kinds.of_dataset import OfDatasetKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class AnalysisKind(OfDatasetKind):
    """Visual analyses; to delete one deletes its models too."""

    def list_item(self, document: Document) -> Document:
        """Return the summary, which has names of its own for id and dataset."""
        return {
            "projectKey": document["projectKey"],
            "analysisId": document["id"],
            "analysisName": document.get("name", ""),
            "inputDataset": document["inputDatasetSmartName"],
        }

    def from_api(self, body: Any) -> StoredObject:
        """Return the analysis that a client PUTs; it need not repeat its id."""
        document = required_object(body, self.label)
        required_text(document, "inputDatasetSmartName", self.label)
        return StoredObject(document)

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace an analysis, and return it."""
        super().handle_put(request)
        return self.handle_get(request)

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return an analysis of the dataset that a client names."""
        dataset = required_text(prototype, "inputDataset", self.label)
        return StoredObject(
            {"name": f"Analyze {dataset}", "inputDatasetSmartName": dataset}
        )


ANALYSIS = AnalysisKind(
    label="analysis",
    path="lab",
    file="analysis/{id}/core_params.json",
    identity=generated_id(8),
    dataset_at=("inputDatasetSmartName",),
    fields=Fields(
        required=("inputDatasetSmartName",),
        always={
            "script": {"steps": []},
            "charts": [],
            "tags": [],
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset(
            {"customFields", "customMeasures", "description", "shortDesc"}
        ),
    ),
)
