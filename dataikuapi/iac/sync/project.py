"""Reads projects."""

from functools import partial
from typing import Any

from dataikuapi.dss.project import DSSProject
from dataikuapi.utils import DataikuException

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.types import project_attributes

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
        rid = self._parse(resource_id, named=False)
        project = self.client.get_project(rid.project_key)
        return self._read(rid, self._ask(rid, lambda: _summary(project)))

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read the projects that the key may see.

        Args:
            project_key: only this one.

        Raises:
            SyncError: if some of them could not be read.
            DSSError: if DSS could not be asked.
        """
        summaries = self._ask(None, lambda: _by_key(self.client.list_projects()))
        wanted = {
            ResourceId(self.resource_type, key): summary
            for key, summary in summaries.items()
            if project_key in (None, key)
        }
        calls = {rid: partial(self._read, rid, wanted[rid]) for rid in wanted}
        return self._found(self._asked(calls))

    def _read(self, rid: ResourceId, summary: dict[str, Any]) -> Resource:
        project = self.client.get_project(rid.project_key)
        metadata = self._ask(rid, lambda: _document(project.get_metadata()))
        settings = self._ask(rid, lambda: _document(project.get_settings().settings))
        permissions = self._ask(rid, lambda: _permissions(project))
        parts = (summary, metadata, settings, permissions)
        return self._ask(rid, lambda: self._built(rid, *parts))

    def _built(
        self,
        rid: ResourceId,
        summary: dict[str, Any],
        metadata: dict[str, Any],
        settings: dict[str, Any],
        permissions: dict[str, Any] | None,
    ) -> Resource:
        documents = (summary, metadata, settings, permissions)
        attributes = self._canonical(
            rid,
            list(documents),
            lambda: project_attributes(*documents, self._redactor),
        )
        return self._resource(rid, attributes, summary)


def _by_key(projects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["projectKey"]: dict(item) for item in projects}


def _document(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("not an object")
    return answer


def _summary(project: DSSProject) -> dict[str, Any]:
    summary: dict[str, Any] = project.get_summary()
    summary["projectKey"]  # Fails on JSON that comes from something else than DSS.
    return summary


def _permissions(project: DSSProject) -> dict[str, Any] | None:
    """Return the permissions; ``None`` where the key has no right to read them."""
    try:
        permissions: dict[str, Any] = _document(project.get_permissions())
    except DataikuException as error:
        if not ErrorResponse.of_exception(error).is_forbidden:
            raise
        return None
    return permissions
