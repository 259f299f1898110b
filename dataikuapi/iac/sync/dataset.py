"""Reads datasets."""

from typing import Any

from dataikuapi.iac.canonical import dataset_attributes
from dataikuapi.iac.models import Resource, make_resource_id
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.errors import missing_is_not_found

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
        """
        parsed = self._parse(resource_id)
        project = self.client.get_project(parsed.project_key)
        with missing_is_not_found(resource_id):
            settings = project.get_dataset(parsed.resource_name).get_settings()
        return self._build(parsed.project_key, settings.settings)

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all datasets of a project; those shared into it are not among them.

        Args:
            project_key: of the project.

        Raises:
            ValueError: if no project key was given.
        """
        key = self._require(project_key)
        return [
            (
                self._build(key, dict(item))
                if "params" in item and "schema" in item
                else self.fetch(make_resource_id(self.resource_type, key, item["name"]))
            )
            for item in self.client.get_project(key).list_datasets()
        ]

    def _build(self, project_key: str, document: dict[str, Any]) -> Resource:
        attributes = dataset_attributes(document)
        return self._resource(project_key, document["name"], attributes, document)
