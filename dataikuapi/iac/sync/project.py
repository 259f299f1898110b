"""Reads projects."""

from functools import partial
from typing import Any

from dataikuapi.dss.project import DSSProject
from dataikuapi.utils import DataikuException

from dataikuapi.iac.canonical import project_attributes
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.refusals import Refusal

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
            ProjectNotVisibleError: if it does not exist, or the key may not see it.
            DSSError: if DSS could not be asked.
        """
        about = self._parse(resource_id, named=False)
        project = self.client.get_project(about.project_key)
        return self._read(about, self._ask(about, lambda: _summary(project)))

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read the projects that the key may see.

        Args:
            project_key: only this one.

        Raises:
            SyncError: if some of them could not be read.
            DSSError: if DSS could not be asked.
        """
        summaries = {
            ResourceId(self.resource_type, item["projectKey"]): item
            for item in self._ask(None, self.client.list_projects)
        }
        wanted = {
            about: partial(self._read, about, summary)
            for about, summary in summaries.items()
            if project_key in (None, about.project_key)
        }
        return self._found(self._asked(wanted))

    def _read(self, about: ResourceId, summary: dict[str, Any]) -> Resource:
        project = self.client.get_project(about.project_key)
        attributes = project_attributes(
            summary,
            self._ask(about, project.get_metadata),
            self._ask(about, lambda: project.get_settings().settings),
            self._ask(about, lambda: _permissions(project)),
            self._mask,
        )
        return self._resource(about, attributes, summary)


def _summary(project: DSSProject) -> dict[str, Any]:
    summary: dict[str, Any] = project.get_summary()
    summary["projectKey"]  # Fails on JSON that comes from something else than DSS.
    return summary


def _permissions(project: DSSProject) -> dict[str, Any] | None:
    """Return the permissions; ``None`` where the key has no right to read them."""
    try:
        permissions: dict[str, Any] = project.get_permissions()
    except DataikuException as error:
        if not Refusal.of_exception(error).is_forbidden:
            raise
        return None
    return permissions
