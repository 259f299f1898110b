"""Insights: wrapped when they are sent, and updated by a POST to their own path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class InsightKind(Kind):
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

    def create(self, request: ApiRequest) -> str:
        """Add the insight that a client asks for, which is under `insightPrototype`."""
        body = required_object(request.body, self.label)
        prototype = required_object(body.get("insightPrototype"), "insightPrototype")
        for name in ("name", *self.fields.required):
            required_text(prototype, name, self.label)
        objects, project = request.project().objects(self), request.project()
        with project.lock:
            object_id = self.new_id(prototype, objects)
            fields = {"owner": request.login, **self.fields.known(prototype)}
            objects.add(object_id, request.login, fields)
        return object_id


INSIGHT = InsightKind(
    label="insight",
    path="insights",
    file="insights/{id}.json",
    identity=generated_id(7),
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
            {"owner", "dashboardCreationId", "description", "shortDesc"}
        ),
    ),
)
