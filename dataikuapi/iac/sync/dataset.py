"""Reads datasets."""

from functools import partial
from typing import Any

from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.types import dataset_attributes

__all__ = ["DatasetSync"]


class DatasetSync(ResourceSync):
    """Reads datasets: their settings and schema, never their data.

    DSS lists datasets with their whole definition, so that a project takes one call.
    """

    @property
    def resource_type(self) -> str:
        """The first part of the ids."""
        return "dataset"

    def fetch(self, resource_id: str) -> Resource:
        """Read one dataset.

        Args:
            resource_id: ``dataset.{PROJECT_KEY}.{name}``.

        Raises:
            ValueError: if the id is malformed.
            ResourceNotFoundError: if DSS says that there is no such dataset.
            DSSError: if DSS could not be asked.
        """
        return self._fetch(self._parse(resource_id))

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all datasets of a project; those shared into it are not among them.

        Args:
            project_key: of the project.

        Raises:
            ValueError: if no project key was given.
            ProjectNotVisibleError: if it does not exist, or the key may not see it.
            SyncError: if some of them could not be read.
            DSSError: if DSS could not be asked.
        """
        key = self._require(project_key)
        project = self.client.get_project(key)
        documents = self._ask(
            ResourceId("project", key),
            lambda: {item["name"]: dict(item) for item in project.list_datasets()},
        )
        ids = {name: ResourceId(self.resource_type, key, name) for name in documents}
        incomplete = {
            ids[name]: partial(self._fetch, ids[name])
            for name, document in documents.items()
            if "params" not in document or "schema" not in document
        }
        outcomes = dict(self._asked(incomplete))
        # Not by all workers: building takes time that they had better spend asking.
        for name, document in documents.items():
            if ids[name] not in outcomes:
                outcomes[ids[name]] = self._attempt(ids[name], document)
        return self._found(outcomes)

    def _attempt(
        self, rid: ResourceId, document: dict[str, Any]
    ) -> Resource | DataikuIaCError:
        try:
            return self._build(rid, document)
        except DataikuIaCError as error:
            return error

    def _fetch(self, rid: ResourceId) -> Resource:
        dataset = self.client.get_project(rid.project_key).get_dataset(
            rid.resource_name
        )
        return self._build(
            rid, self._ask(rid, lambda: dict(dataset.get_settings().settings))
        )

    def _build(self, rid: ResourceId, document: dict[str, Any]) -> Resource:
        return self._ask(rid, lambda: self._built(rid, document))

    def _built(self, rid: ResourceId, document: dict[str, Any]) -> Resource:
        attributes = self._canonical(
            rid, document, lambda: dataset_attributes(document, self._redactor)
        )
        return self._resource(rid, attributes, document)
