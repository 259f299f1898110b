"""Connections: a map for administrators, and names for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.kinds.base import Routes
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class ConnectionKind(InstanceKind):
    """Connections. The request that resolves credentials is not served."""

    def routes(self) -> Routes:
        """Return the usual requests, and that for names."""
        names = {"GET": self.handle_list_names}
        return {**super().routes(), "/connections/get-names": names}

    def handle_list(self, request: ApiRequest) -> Any:
        """Return the connections by name; a key that is limited to projects gets []."""
        if request.caller.projects is not None:
            return []
        documents = request.administered_instance().documents(self)
        return {document["name"]: document for document in documents}

    def handle_list_names(self, request: ApiRequest) -> Any:
        """List the names of the connections that the caller may use."""
        kind = request.query.get("type", "all")
        groups = set(request.caller.info()["groups"])
        return [
            document["name"]
            for document in request.store.instance.documents(self)
            if kind in ("all", document["type"])
            and (request.caller.is_instance_admin or _is_usable(document, groups))
        ]


def _is_usable(connection: Document, groups: set[str]) -> bool:
    if connection["usableBy"] == "ALL":
        return True
    return not groups.isdisjoint(connection["allowedGroups"])


CONNECTION = ConnectionKind(
    label="connection",
    path="admin/connections",
    always={
        "type": "Filesystem",
        "params": {},
        "allowWrite": True,
        "allowManagedDatasets": True,
        "allowManagedFolders": True,
        "usableBy": "ALL",
        "allowedGroups": [],
        "detailsReadability": {"readableBy": "NONE", "allowedGroups": []},
        "credentialsMode": "GLOBAL",
    },
)
