"""The contract of a reader of one resource type."""

import os
from abc import ABC, abstractmethod

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.sync.workers import Workers
from dataikuapi.iac.types.secrets import Redactor, make_redactor

__all__ = ["ResourceSync"]

SECRET_KEY_VARIABLE = "DATAIKU_IAC_SECRET_KEY"


class ResourceSync(ABC):
    """Reads the objects of one type; never writes to DSS.

    A subclass implements the three abstract members below.

    Args:
        client: connects to DSS. It is not modified: requests go through a copy of it
            that has timeouts.
        secret_key: replaces secrets by a keyed digest, so that a changed secret shows;
            without a key they are replaced by a constant. Defaults to the environment
            variable ``DATAIKU_IAC_SECRET_KEY``.
        workers: make the requests. Defaults to the calling thread alone.
    """

    def __init__(
        self,
        client: DSSClient,
        *,
        secret_key: str | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._workers = workers or Workers(client)
        self._redactor = (
            make_redactor(
                os.environ.get(SECRET_KEY_VARIABLE) or None, SECRET_KEY_VARIABLE
            )
            if secret_key is None
            else make_redactor(secret_key)
        )

    @property
    def client(self) -> DSSClient:
        """The current thread's copy of the client."""
        return self._workers.client

    @client.setter
    def client(self, client: DSSClient) -> None:
        # A subclass need not call __init__.
        workers = self.__dict__.get("_workers")
        self._workers = workers.with_client(client) if workers else Workers(client)

    @property
    def redactor(self) -> Redactor:
        """Replaces secrets."""
        return self._redactor

    @redactor.setter
    def redactor(self, redactor: Redactor) -> None:
        self._redactor = redactor

    @property
    @abstractmethod
    def resource_type(self) -> str:
        """The first part of the ids, e.g. ``dataset``."""

    @abstractmethod
    def fetch(self, resource_id: str) -> Resource:
        """Read one object.

        Returns:
            A new resource, which the caller owns.

        Raises:
            ValueError: if the id is malformed or of another type.
            ResourceNotFoundError: if DSS reports that there is no such object.
        """

    @abstractmethod
    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all objects of this type.

        Args:
            project_key: of the project whose objects to read.

        Returns:
            New resources, which the caller owns.

        Raises:
            ValueError: if objects of this type are in projects, and no key was passed.
        """

    def _parse(self, resource_id: str, *, named: bool = True) -> ResourceId:
        """Parse an id of this type; ``named``: whether it must have a third part."""
        try:
            parsed = ResourceId.parse(resource_id)
        except ValueError as error:
            raise self._invalid(resource_id, named) from error
        is_named = bool(parsed.resource_name)
        if (parsed.resource_type, is_named) != (self.resource_type, named):
            raise self._invalid(resource_id, named)
        return parsed

    def _invalid(self, resource_id: object, named: bool) -> ValueError:
        expected = f"{self.resource_type}.{{PROJECT_KEY}}{'.{name}' if named else ''}"
        return ValueError(
            f"Invalid {self.resource_type} resource_id {str(resource_id)[:200]!r}: "
            f"expected {expected}"
        )
