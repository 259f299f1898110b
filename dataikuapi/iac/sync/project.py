"""Reads projects."""

from typing import Any

from dataikuapi.dss.project import DSSProject
from dataikuapi.utils import DataikuException

from dataikuapi.iac.canonical import project_attributes
from dataikuapi.iac.models import Resource
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.errors import is_forbidden, missing_is_not_found

__all__ = ["ProjectSync"]


class ProjectSync(ResourceSync):
    """Reads a project's own configuration, not what is inside it.

    It takes four calls: the summary, the metadata (DSS keeps name, descriptions, tags
    and checklists there), the settings, and the permissions, for which a key needs more
    rights: without them the project has no attribute ``permissions``.
    """

    @property
    def resource_type(self) -> str:
        """The first part of the ids."""
        return "project"

    def fetch(self, resource_id: str) -> Resource:
        """Read one project.

        Args:
            resource_id: ``project.{PROJECT_KEY}``.

        Raises:
            ValueError: if the id is malformed.
            ResourceNotFoundError: if DSS says that there is no such project.
        """
        project_key = self._parse(resource_id, named=False).project_key
        project = self.client.get_project(project_key)
        with missing_is_not_found(resource_id):
            return self._read(project, project.get_summary())

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read the projects that the key may see.

        Args:
            project_key: only this one.
        """
        return [
            self._read(self.client.get_project(item["projectKey"]), item)
            for item in self.client.list_projects()
            if project_key in (None, item["projectKey"])
        ]

    def _read(self, project: DSSProject, summary: dict[str, Any]) -> Resource:
        attributes = project_attributes(
            {**summary, "projectKey": project.project_key},
            project.get_metadata(),
            project.get_settings().settings,
            _permissions(project),
        )
        return self._resource(project.project_key, None, attributes, summary)


def _permissions(project: DSSProject) -> dict[str, Any] | None:
    try:
        permissions: dict[str, Any] = project.get_permissions()
    except DataikuException as error:
        if not is_forbidden(error):
            raise
        return None
    return permissions
