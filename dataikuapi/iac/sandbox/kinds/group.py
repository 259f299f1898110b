"""Groups: their rights for administrators, and names for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.kinds.base import Routes
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class GroupKind(InstanceKind):
    """Groups of users."""

    def routes(self) -> Routes:
        """Return the usual requests, and that for names."""
        return {**super().routes(), "/groups": {"GET": self.handle_list_names}}

    def handle_list_names(self, request: ApiRequest) -> Any:
        """List the names of all groups."""
        return [{"name": name} for name in request.store.instance.names(self)]


_FLAGS = {
    "admin": False,
    "mayManageUDM": False,
    "mayCreateProjects": True,
    "mayWriteUnsafeCode": False,
    "mayWriteSafeCode": True,
    "mayCreateAuthenticatedConnections": False,
    "mayManageCodeEnvs": False,
    "mayCreateCodeEnvs": False,
    "mayDevelopPlugins": False,
}
_ALWAYS = {"description": "", "sourceType": "LOCAL", **_FLAGS}

GROUP = GroupKind(
    label="group",
    path="admin/groups",
    always=_ALWAYS,
    initial={
        "administrators": {**_ALWAYS, "name": "administrators", "admin": True},
        "readers": {**_ALWAYS, "name": "readers", "mayCreateProjects": False},
    },
)
