"""Insights: wrapped when they are sent, and updated by a POST to their own path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.kinds.base import Routes
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id
from dataikuapi.iac.sandbox.kinds.of_dataset import OfDatasetKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class InsightKind(OfDatasetKind):
    """Insights. What they show is not validated on a save."""

    def routes(self) -> Routes:
        """Return the usual requests, with the update as a POST."""
        usual = super().routes()
        path = f"/projects/{{key}}/{self.path}/{self.identity.route_parameter}"
        of_one = {**usual[path], "POST": self.handle_put}
        del of_one["PUT"]
        return {**usual, path: of_one}

    def from_api(self, body: Any) -> StoredObject:
        """Return the insight that a client sends, which is under `insight`."""
        return super().from_api(required_object(body, self.label).get("insight"))

    def prototype(self, request: ApiRequest) -> Document:
        """Return the insight that a client asks for, under `insightPrototype`."""
        body = super().prototype(request)
        return required_object(body.get("insightPrototype"), "insightPrototype")

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return an insight of the caller, unless the prototype says of whom."""
        required_text(prototype, "name", self.label)
        new = super().new_object(request, prototype).document
        return StoredObject({"owner": request.login, **new})


INSIGHT = InsightKind(
    label="insight",
    path="insights",
    file="insights/{id}.json",
    identity=generated_id(7),
    dataset_at=("params", "datasetSmartName"),
    object_type="INSIGHT",
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "type": None,
        "owner": None,
        "listed": False,
        "tags": [],
    },
    fields=Fields(
        required=("type",),
        always={
            "params": {},
            "listed": False,
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset(
            {"owner", "dashboardCreationId", "description", "shortDesc", "content"}
        ),
    ),
)
