"""API services: their settings are at a path of their own; none can be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, required_object
from dataikuapi.iac.sandbox.errors import AlwaysFailsError, NotInSandboxError
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class ApiServiceKind(Kind):
    """API services. The id is in the path of the request that creates one."""

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return the id."""
        return {"id": object_id}

    def routes(self) -> Routes:
        """Return the requests for the list, for a new one, and for the settings."""
        base = f"/projects/{{key}}/{self.path}"
        item = f"{base}/{self.identity.route_parameter}"
        package = f"{item}/packages/{{package}}"
        return {
            base: {"GET": self.handle_list},
            item: {"POST": self.handle_create},
            f"{item}/settings": {"GET": self.handle_get, "PUT": self.handle_put},
            f"{item}/packages": {"GET": self.handle_packages},
            f"{package}/summary": {"GET": self.handle_missing_package},
            f"{package}/archive": {"GET": self.handle_missing_package},
            f"{package}/publish": {"POST": self.handle_missing_package},
            package: {
                "POST": self.handle_new_package,
                "DELETE": self.handle_missing_package,
            },
        }

    def from_api(self, body: Any) -> StoredObject:
        """Return the settings that a client PUTs."""
        return StoredObject(required_object(body, self.label))

    def handle_create(self, request: ApiRequest) -> Any:
        """Create an empty service."""
        return done(f"Created API service {self.create(request)}")

    def prototype(self, request: ApiRequest) -> Document:
        """Return the id in the path; there is no body."""
        return {"id": self.id_of(request)}

    def handle_packages(self, request: ApiRequest) -> Any:
        """List no packages, even of a service that does not exist."""
        return []

    def handle_missing_package(self, request: ApiRequest) -> Any:
        """Fail, as DSS does for a package that does not exist."""
        request.project()
        raise AlwaysFailsError(f"Package {request.path['package']} does not exist")

    def handle_new_package(self, request: ApiRequest) -> Any:
        """Refuse: packages are not configuration."""
        raise NotInSandboxError("Creating a package is not in the sandbox")


API_SERVICE = ApiServiceKind(
    label="API service",
    path="apiservices",
    file="lambda_services/{id}.json",
    identity=Identity("id"),
    list_fields={"id": None, "name": None, "publicAccess": False, "endpoints": []},
    fields=Fields(
        always={
            "endpoints": [],
            "authRealm": {"queryKeys": []},
            "tags": [],
            "checklists": NO_CHECKLISTS,
        },
        # Services of newer versions have authMethod instead.
        fresh={"publicAccess": False},
        optional=frozenset("""
            id name authMethod oauth2Config openAPI error releaseNotes customFields
            description shortDesc deploymentMonitoring typeBadges
            """.split()),
    ),
)
