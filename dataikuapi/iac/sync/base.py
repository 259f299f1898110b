"""What it takes to read one type of object from DSS."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    SyncError,
    UnsupportedValueError,
)
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.json_values import JSON, find_unsupported
from dataikuapi.iac.models.scope import scope_entry
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync.errors import ask
from dataikuapi.iac.sync.workers import Workers
from dataikuapi.iac.types import make_redactor, metadata_of

__all__ = ["ResourceSync"]

T = TypeVar("T")
Outcomes = Mapping[ResourceId, Resource | DataikuIaCError]

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
            ResourceNotFoundError: if DSS says that there is no such object.
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

    def _ask(self, rid: ResourceId | None, call: Callable[[], T]) -> T:
        """Call the client; whatever fails is an error of our tree."""
        return ask(self.client, rid, call)

    def _asked(self, calls: Mapping[ResourceId, Callable[[], Resource]]) -> Outcomes:
        """Make a call to DSS for each object, with all workers at once."""
        return dict(zip(calls, self._workers.run(list(calls.values()))))

    def _found(self, outcomes: Outcomes) -> list[Resource]:
        """Return what was read; one object that failed does not lose the others.

        Raises:
            SyncError: if any failed; one that is gone meanwhile is just not there.
        """
        found = [item for item in outcomes.values() if isinstance(item, Resource)]
        failures = {
            str(rid): error
            for rid, error in outcomes.items()
            if isinstance(error, DataikuIaCError)
            and (
                isinstance(error, ProjectNotVisibleError)
                or not isinstance(error, ResourceNotFoundError)
            )
        }
        if failures:
            state = State(
                resources={resource.resource_id: resource for resource in found},
                unknown={key: str(error) for key, error in failures.items()},
                scope=[
                    scope_entry(key, [self.resource_type], utc_now())
                    for key in sorted({rid.project_key for rid in outcomes})
                ],
            )
            raise SyncError(state, failures)
        return found

    def _require(self, project_key: str | None) -> str:
        if not project_key:
            raise ValueError(
                f"project_key required: {self.resource_type}s are listed by project, "
                "e.g. list_all('SHOP')"
            )
        return project_key

    def _resource(
        self,
        rid: ResourceId,
        attributes: dict[str, JSON],
        tags_of: dict[str, Any],
    ) -> Resource:
        """Build the resource; ``tags_of`` is the document with its versionTag."""
        self._refuse_unsupported(rid, attributes)
        return Resource._from_parts(
            self.resource_type,
            str(rid),
            attributes,
            metadata_of(tags_of, read_at=utc_now(), read_by="system"),
        )

    def _canonical(
        self, rid: ResourceId, raw: Any, build: Callable[[], dict[str, JSON]]
    ) -> dict[str, JSON]:
        """Build attributes; say where, if what DSS returned is nested too deep."""
        try:
            return build()
        except RecursionError:
            self._refuse_unsupported(rid, raw)
            raise

    def _refuse_unsupported(self, rid: ResourceId, attributes: Any) -> None:
        problem = find_unsupported(attributes, "attributes")
        if problem:
            raise UnsupportedValueError(
                f"{rid} has a value that a state cannot hold exactly: {problem}. "
                "Change it in DSS"
            )
