"""Reads projects."""

from typing import Any

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync.errors import project_not_visible, translate_errors
from dataikuapi.iac.sync.typed import TypedSync
from dataikuapi.iac.types import Documents
from dataikuapi.iac.types.registry import PROJECT

__all__ = ["ProjectSync"]


class ProjectSync(TypedSync):
    """Reads a project's own configuration, not the objects inside.

    It takes four requests: the summary, the metadata (where DSS has name, descriptions,
    tags and checklists), the settings and the permissions. Without the right to read
    permissions, the resource has no attribute ``permissions``.
    """

    kind = PROJECT

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read the projects that the API key may see.

        Args:
            project_key: only this one.

        Raises:
            ProjectNotVisibleError: if there is no project of that key, or it is not
                visible to the API key.
            SyncError: if some of them could not be read.
            DSSError: if they could not be listed.
        """
        started = utc_now()
        with translate_errors(self.client, None):
            summaries = PROJECT.list_projects(self.client)
        if project_key is not None:
            if project_key not in summaries:
                raise project_not_visible(self.client, project_key)
            summaries = {project_key: summaries[project_key]}
        return self._read_all(
            {
                ResourceId(self.resource_type, key): summary
                for key, summary in summaries.items()
            },
            started,
        )

    def _documents(
        self, project: Any, name: str, listed: Documents | None
    ) -> Documents:
        if listed is None:
            return PROJECT.fetch_documents(project, name)
        return PROJECT.complete(project, listed)
