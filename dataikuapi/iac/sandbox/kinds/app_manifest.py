"""The manifest of an application; other projects have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import StoredObject, required_object
from dataikuapi.iac.sandbox.errors import InvalidDocumentError
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import ONE_PER_PROJECT
from dataikuapi.iac.sandbox.kinds.project import PROJECT

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class AppManifestKind(Kind):
    """One document, which only an application has."""

    def from_api(self, body: Any) -> StoredObject:
        """Return the manifest that a client PUTs."""
        return StoredObject(required_object(body, self.label))

    def handle_get(self, request: ApiRequest) -> Any:
        """Return the manifest, or fail for a project that is no application."""
        params = PROJECT.params(request.project())
        if params.get("projectAppType", "REGULAR") == "REGULAR":
            raise InvalidDocumentError("This project is not an application")
        return super().handle_get(request)


APP_MANIFEST = AppManifestKind(
    label="app manifest",
    path="app-manifest",
    file="app-manifest.json",
    identity=ONE_PER_PROJECT,
    fields=Fields(
        always={"label": "", "shortDesc": "", "tags": [], "homepageSections": []},
        optional=frozenset("""
            projectExportManifest instanceFeatures useAppHomepage imgPattern imgColor
            showInitials instantiationPermission useAsRecipeSettings
            limitedVisibilityEnabled accessRequestsEnabled allowedMissingConnections
            allowedMissingCodeEnvs version versionNotes
            """.split()),
        versioned=False,
    ),
)
