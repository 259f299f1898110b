"""Managed folders: their settings. What is in them is not served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import ForbiddenError
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.connection import CONNECTION
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest

_DEFAULT_PATH = "/${projectKey}/${odbId}"
"""Stored as it is, so that it fits wherever the project is copied to."""

_TYPES = {"EC2": "S3", "SSH": "SCP"}
"""What the folders in a connection are called, where not as the connection."""


@dataclass(frozen=True, eq=False)
class ManagedFolderKind(Kind):
    """Managed folders. A rename keeps the id."""

    def routes(self) -> Routes:
        """Return the usual requests, and the one that renames."""
        action = "/projects/{key}/actions/renameManagedFolder"
        return {**super().routes(), action: {"POST": self.handle_rename}}

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a folder; the client leaves it to DSS of which type it is.

        Raises:
            ForbiddenError: the connection is not for managed folders.
        """
        params = {"path": _DEFAULT_PATH, **(prototype.get("params") or {})}
        connection = _connection(request, params.get("connection"))
        if not connection.get("allowManagedFolders", True):
            raise ForbiddenError(
                f"Connection {connection['name']} does not allow managed folders"
            )
        in_connection = str(connection.get("type", "Filesystem"))
        folder_type = prototype.get("type") or _TYPES.get(in_connection, in_connection)
        sent = {**prototype, "type": folder_type, "params": params}
        return super().new_object(request, sent)

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


def _connection(request: ApiRequest, name: Any) -> Document:
    """Return a connection of the instance; {} for one that it does not have."""
    instance = request.store.instance
    known = instance.names(CONNECTION)
    return instance.get(CONNECTION, name) if name in known else {}


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
