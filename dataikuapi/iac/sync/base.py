"""What it takes to read one type of object from DSS."""

from abc import ABC, abstractmethod
from typing import Any

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.canonical import metadata_of
from dataikuapi.iac.models import Resource, ResourceId, make_resource_id
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync.connection import with_time_out

__all__ = ["ResourceSync"]


class ResourceSync(ABC):
    """Reads the objects of one type; it never writes to DSS.

    A subclass implements the three abstract members below.

    Args:
        client: how to reach DSS. It is not changed: calls go through a copy of it that
            has time-outs.
    """

    def __init__(self, client: DSSClient) -> None:
        self.client = with_time_out(client)

    @property
    @abstractmethod
    def resource_type(self) -> str:
        """The first part of the ids, e.g. ``dataset``."""

    @abstractmethod
    def fetch(self, resource_id: str) -> Resource:
        """Read one object.

        Raises:
            ValueError: if the id is malformed or of another type.
            ResourceNotFoundError: if DSS says that there is no such object.
        """

    @abstractmethod
    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all objects of the type.

        Args:
            project_key: only those in this project.

        Raises:
            ValueError: if the type lives in projects and no key was given.
        """

    def _parse(self, resource_id: str, *, named: bool = True) -> ResourceId:
        """Read an id of this type; ``named`` ones are inside a project."""
        parsed = ResourceId.parse(resource_id)
        if parsed.resource_type == self.resource_type:
            if bool(parsed.resource_name) == named:
                return parsed
        expected = f"{self.resource_type}.{{PROJECT_KEY}}{'.{name}' if named else ''}"
        raise ValueError(
            f"Invalid {self.resource_type} resource_id {resource_id[:200]!r}: "
            f"expected {expected}"
        )

    def _require(self, project_key: str | None) -> str:
        if not project_key:
            raise ValueError(
                f"project_key required: {self.resource_type}s are listed by project, "
                "e.g. list_all('SHOP')"
            )
        return project_key

    def _resource(
        self,
        project_key: str,
        name: str | None,
        attributes: dict[str, JSON],
        tags_of: dict[str, Any],
    ) -> Resource:
        """Build the resource; ``tags_of`` is the document with its versionTag."""
        return Resource(
            self.resource_type,
            make_resource_id(self.resource_type, project_key, name),
            attributes,
            metadata_of(tags_of, read_at=utc_now(), read_by="system"),
        )
