"""The contract of what reads one type of object from DSS."""

import os
from abc import ABC, abstractmethod

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.sync.workers import Workers
from dataikuapi.iac.types.secrets import make_redactor

__all__ = ["ResourceSync"]

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
        workers: who makes the calls; the calling thread alone when left out.
    """

    def __init__(
        self,
        client: DSSClient,
        *,
        secret_key: str | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._workers = workers or Workers(client)
        self._redactor = make_redactor(
            secret_key or os.environ.get(SECRET_KEY_VARIABLE)
        )

    @property
    def client(self) -> DSSClient:
        """How to reach DSS: the copy that the asking thread has."""
        return self._workers.client

    @client.setter
    def client(self, client: DSSClient) -> None:
        self._workers = Workers(client)

    @property
    @abstractmethod
    def resource_type(self) -> str:
        """The first part of the ids, e.g. ``dataset``."""

    @abstractmethod
    def fetch(self, resource_id: str) -> Resource:
        """Read one object.

        Returns:
            A new resource, which the caller may keep and change.

        Raises:
            ValueError: if the id is malformed or of another type.
            ResourceNotFoundError: if DSS reports that there is no such object.
        """

    @abstractmethod
    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all objects of the type.

        Args:
            project_key: only those in this project.

        Returns:
            New resources, which the caller may keep and change.

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
