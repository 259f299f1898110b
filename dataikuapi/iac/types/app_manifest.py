"""The manifest of an application that a project is the template of."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import (
    Documents,
    Identity,
    Path,
    Project,
    ResourceType,
    Severities,
)
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import SingleFile
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    ids_at,
    text_at,
    typed_ids_at,
)
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import ObjectShape, Shape, expect_object
from dataikuapi.iac.types.writers import SingleWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["AppManifestType"]

_TILES = ("homepageSections", "tiles")
_AS_RECIPE = "useAsRecipeSettings"

_IN_TILES: Mapping[str, str] = {
    "scenarioId": "scenario",
    "dashboardId": "dashboard",
    "datasetName": "dataset",
    "folderId": "managed_folder",
}
"""Members of tiles that say what these are about, each with the type of that object."""

_REGULAR = "REGULAR"
"""The ``projectAppType`` of a project that is not an application."""


class AppManifestType(ResourceType):
    """The manifest of an application. Only templates and instances of one have it."""

    name = "app_manifest"
    writing = Writing(
        writer=SingleWriter("app-manifest"),
        uncreatable="a project is made an application in DSS",
        undeletable="an application has it as long as it is one",
    )
    requests = "1 for an application; the project says whether it is one"
    identity = Identity.SINGLETON
    layout = SingleFile("app-manifest.json")
    shared_responses = frozenset({"/projects/{project}"})
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/app-manifest": ObjectShape(foreign=("params", "schema")),
    }
    volatile: ClassVar[Volatile] = {
        ("imgPattern",): "how the tile of the application is drawn",
        ("imgColor",): "how the tile of the application is drawn",
        ("showInitials",): "how the tile of the application is drawn",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "label": "",
        "shortDesc": "",
        "tags": [],
        "homepageSections": [],
    }
    severities: ClassVar[Severities] = {
        ("instantiationPermission",): Severity.PERMISSIONS,
        ("limitedVisibilityEnabled",): Severity.PERMISSIONS,
        ("accessRequestsEnabled",): Severity.PERMISSIONS,
        ("allowedMissingConnections",): Severity.CONNECTION,
        ("allowedMissingCodeEnvs",): Severity.CONNECTION,
    }
    code: ClassVar[frozenset[Path]] = frozenset({(*_TILES, "prerunScript")})

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the manifest, if the project is an application.

        DSS responds with an error for any other project.
        """
        summary = expect_object(project.get_summary(), "projectKey")
        if summary.get("projectAppType", _REGULAR) == _REGULAR:
            return {}
        document = expect_object(get_json(project, "app-manifest"))
        return {"": {self.main: document}}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the manifest, under ``document``.

        Raises:
            ResourceNotFoundError: if the project is not an application.
        """
        documents = self.list_documents(project).get(name)
        if documents is None:
            raise ResourceNotFoundError(
                f"project {project.project_key} is no application, so it has no "
                "manifest"
            )
        return documents

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return what tiles run, show and fill, and the roles of an app as a recipe."""
        for member, resource_type in _IN_TILES.items():
            yield from ids_at(attributes, resource_type, *_TILES, member)
        scenario = (_AS_RECIPE, "runScenarioTile", "scenarioId")
        yield from ids_at(attributes, "scenario", *scenario)
        for roles in ("inputRoles", "outputRoles"):
            yield from typed_ids_at(
                attributes, _AS_RECIPE, roles, member="objectId", type_member="type"
            )

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the name of the application."""
        if text_at(attributes, "label"):
            yield Fact("label", (text_at(attributes, "label"),))
