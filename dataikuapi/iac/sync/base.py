"""What it takes to read one type of object from DSS."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.canonical import mask_for, metadata_of
from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.json_values import JSON, first_unsupported
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync.connection import own_copy
from dataikuapi.iac.sync.errors import ask

__all__ = ["ResourceSync"]

T = TypeVar("T")

SECRET_KEY_VARIABLE = "DATAIKU_IAC_SECRET_KEY"


class ResourceSync(ABC):
    """Reads the objects of one type; it never writes to DSS.

    A subclass implements the three abstract members below.

    Args:
        client: how to reach DSS. It is not changed: calls go through a copy of it that
            has time-outs.
        secret_key: with one, a changed secret shows as a changed keyed digest; without,
            secrets do not show at all. Taken from the environment,
            ``DATAIKU_IAC_SECRET_KEY``, when left out.
    """

    def __init__(self, client: DSSClient, *, secret_key: str | None = None) -> None:
        self.client = own_copy(client)
        self._mask = mask_for(secret_key or os.environ.get(SECRET_KEY_VARIABLE))

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

    def _ask(self, about: ResourceId | None, call: Callable[[], T]) -> T:
        """Call the client; whatever fails is an error of our tree."""
        return ask(self.client, about, call)

    def _require(self, project_key: str | None) -> str:
        if not project_key:
            raise ValueError(
                f"project_key required: {self.resource_type}s are listed by project, "
                "e.g. list_all('SHOP')"
            )
        return project_key

    def _resource(
        self,
        about: ResourceId,
        attributes: dict[str, JSON],
        tags_of: dict[str, Any],
    ) -> Resource:
        """Build the resource; ``tags_of`` is the document with its versionTag."""
        problem = first_unsupported(attributes, "attributes")
        if problem:
            raise UnsupportedValueError(
                f"{about} has a value that a state cannot hold exactly: {problem}. "
                "Change it in DSS"
            )
        return Resource(
            self.resource_type,
            str(about),
            attributes,
            metadata_of(tags_of, read_at=utc_now(), read_by="system"),
        )
