"""The variables of a project: the standard ones, and the local ones."""

from collections.abc import Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.base import Documents, Identity, Project, ResourceType
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import ObjectShape, Shape, expect_object

__all__ = ["VariablesType"]


class VariablesType(ResourceType):
    """Both maps of variables, apart. Local ones hold for one instance only.

    Values may be secrets, so they are masked like those of any other document.
    """

    name = "variables"
    plural = "variables"
    identity = Identity.SINGLETON
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/variables/": ObjectShape(
            required={"standard": dict, "local": dict}
        ),
    }
    defaults: ClassVar[Mapping[str, JSON]] = {"standard": {}, "local": {}}

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the variables, as the one object of the project."""
        return {"": self.fetch_documents(project, "")}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return both maps, under ``document``."""
        return {self.main: expect_object(get_json(project, "variables/"))}
