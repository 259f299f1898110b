"""Managed folders: their settings. What is in them is not served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import required_object, required_text
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class ManagedFolderKind(Kind):
    """Managed folders. A rename keeps the id."""

    def routes(self) -> Routes:
        """Return the usual requests, and the one that renames."""
        action = "/projects/{key}/actions/renameManagedFolder"
        return {**super().routes(), action: {"POST": self.handle_rename}}

    def handle_rename(self, request: ApiRequest) -> Any:
        """Give a folder another name."""
        body = required_object(request.body, "renaming")
        object_id, name = (
            required_text(body, part, "renaming") for part in ("id", "newName")
        )
        objects = request.project().objects(self)
        with request.project().lock:
            document = {**objects.get(object_id), "name": name}
            objects.save(object_id, document, request.login)
        return done(f"Renamed managed folder {object_id}")


MANAGED_FOLDER = ManagedFolderKind(
    label="managed folder",
    path="managedfolders",
    file="managed_folders/{id}.json",
    identity=generated_id(8),
    object_type="MANAGED_FOLDER",
    computable=True,
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "type": None,
        "params": {},
        "tags": [],
    },
    fields=Fields(
        required=("name", "type"),
        always={
            "name": "",
            "type": "Filesystem",
            "params": {},
            "flowOptions": {
                "virtualizable": False,
                "rebuildBehavior": "NORMAL",
                "crossProjectBuildBehavior": "DEFAULT",
            },
            "metrics": {"probes": [], "displayedState": {"metrics": []}},
            "checks": {"checks": [], "displayedState": {"checks": []}},
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset(
            {"id", "description", "shortDesc", "partitioning", "dkuProperties"}
        ),
    ),
)
