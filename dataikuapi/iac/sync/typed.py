"""Reads objects of any type, as its ResourceType defines."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from time import sleep
from typing import Any, ClassVar, NamedTuple

from dataikuapi.utils import DataikuException

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    SyncError,
    TypeNotSupportedError,
)
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.scope import Part, Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.errors import not_found, still_listed, translate_errors
from dataikuapi.iac.sync.nested_listing import list_nested, usable_parents
from dataikuapi.iac.sync.unsupported import translate_listing_errors
from dataikuapi.iac.types import Documents, ResourceType, resource_from
from dataikuapi.iac.types.naming import require_normal_name
from dataikuapi.iac.types.nested import NestedName, NestedType
from dataikuapi.iac.types.shapes import (
    UnexpectedShapeError,
    UnusableName,
    path_segment,
)

__all__ = ["Reading", "TypedSync", "is_deleted"]


class Reading(NamedTuple):
    """One object as DSS has it.

    Args:
        documents: as DSS returned them, by part.
        resource: what they stand for.
    """

    documents: Documents
    resource: Resource


Outcomes = dict[ResourceId, Resource | DataikuIaCError]


class TypedSync(ResourceSync):
    """Reads the objects of one type, which a subclass sets.

    Attributes:
        kind: the resource type.
    """

    kind: ClassVar[ResourceType]

    @property
    def resource_type(self) -> str:
        """The first part of the ids."""
        return self.kind.name

    def fetch(self, resource_id: str) -> Resource:
        """Read one object.

        Args:
            resource_id: ``{type}.{PROJECT_KEY}.{name}``, or without the name for a type
                of which each project has exactly one.

        Raises:
            ValueError: if the id is malformed.
            ResourceNotFoundError: if DSS reports that there is no such object.
            ProjectNotVisibleError: if the project does not exist, or is not visible to
                the API key.
            DSSError: if a request to DSS failed.
        """
        is_named = self.kind.identity.is_named
        rid = self._parse(resource_id, named=is_named)
        if (rid.project_key == INSTANCE) is not self.kind.is_on_instance:
            raise self._invalid(resource_id, is_named)
        require_normal_name(rid)
        return self._fetch(rid)

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all objects of the type in a project.

        Args:
            project_key: of the project.

        Raises:
            ValueError: if no project key was passed.
            ProjectNotVisibleError: if the project does not exist, or is not visible to
                the API key.
            SyncError: if some of the objects could not be read.
            DSSError: if they could not be listed.
        """
        if not project_key:
            raise ValueError(
                f"project_key required: {self.kind.plural} are listed by project, e.g. "
                "list_all('SHOP')"
            )
        started = utc_now()
        return self._read_all(self._list(project_key), started)

    def still_listed(
        self, project_key: str, missing: Mapping[ResourceId, DataikuIaCError]
    ) -> dict[ResourceId, DataikuIaCError]:
        """List a project again to see whether missing objects are gone.

        Args:
            project_key: of the project.
            missing: objects that DSS does not have, by its response to a fetch, each
                with that; those of other projects and types do not matter.

        Returns:
            Why it is not certain that an object is gone, for those where it is not.
        """
        part = (self.resource_type, project_key)
        asked = [rid for rid in missing if (rid.resource_type, rid.project_key) == part]
        try:
            with self._workers.fresh_responses():
                listed = self._list_supported(project_key)
        except DataikuIaCError as error:
            return dict.fromkeys(asked, error)
        return {
            rid: still_listed(self.client, rid, missing[rid])
            for rid in asked
            if rid in listed
        }

    def list_ids(self, project_key: str) -> set[ResourceId]:
        """Return the ids of the objects of the type in a project, none of them read.

        Raises:
            DSSError: if they could not be listed.
        """
        return set(self._list_supported(project_key))

    def _list(self, key: str) -> dict[ResourceId, Documents | None]:
        kind, listed = self.kind, dict[str, Documents | None]()
        with translate_listing_errors(self.client, kind, key):
            project = self.client.get_project(path_segment(key))
            if isinstance(kind, NestedType):
                listed = dict.fromkeys(usable_parents(kind, project))
            else:
                listed = kind.list_documents(project)
        if isinstance(kind, NestedType):
            names = list_nested(self._workers, kind, key, list(listed))
            listed = dict.fromkeys(names)
        return {
            ResourceId(kind.name, key, name): documents
            for name, documents in listed.items()
        }

    def _list_supported(self, key: str) -> dict[ResourceId, Documents | None]:
        """List objects of a type of which one is known, so DSS does have them."""
        try:
            return self._list(key)
        except TypeNotSupportedError as error:
            raise error.failure from error

    def _read_all(
        self, listed: Mapping[ResourceId, Documents | None], started: datetime
    ) -> list[Resource]:
        """Fetch the objects whose listing is incomplete, concurrently, and build all.

        Args:
            listed: the documents in the listing, by id.
            started: when the listing was requested.

        Raises:
            SyncError: if any failed; objects deleted in the meantime are omitted.
        """
        outcomes: Outcomes = {
            rid: self._unusable(rid, name)
            for rid in listed
            if (name := _unusable_name(rid)) is not None
        }
        calls = {
            rid: partial(self._fetch, rid, documents)
            for rid, documents in listed.items()
            if rid not in outcomes and (documents is None or self.kind.privileged)
        }
        results = self._workers.run(list(calls.values()))
        outcomes.update(zip(calls, results, strict=True))
        self._confirm_deleted(outcomes)
        # In this thread only: it takes CPU time, and the other workers have requests.
        # They get the interpreter after each object, not only every 5 ms.
        for rid, documents in listed.items():
            if documents is not None and rid not in outcomes:
                outcomes[rid] = self._try_build(rid, documents)
                sleep(0)
        return self._collect(outcomes, started)

    def _confirm_deleted(self, outcomes: Outcomes) -> None:
        """List again what was listed and could not be found, if there is any."""
        missing = {
            rid: outcome
            for rid, outcome in outcomes.items()
            if isinstance(outcome, DataikuIaCError) and is_deleted(outcome)
        }
        for key in {rid.project_key for rid in missing}:
            outcomes.update(self.still_listed(key, missing))

    def _unusable(self, rid: ResourceId, name: UnusableName) -> DataikuIaCError:
        try:
            with translate_errors(self.client, rid):
                raise UnexpectedShapeError(name.reason)
        except DataikuIaCError as error:
            return error

    def _fetch(self, rid: ResourceId, listed: Documents | None = None) -> Resource:
        """Fetch one object, starting from what the listing has of it."""
        return self.read(rid, listed).resource

    def read(self, rid: ResourceId, listed: Documents | None = None) -> Reading:
        """Read one object, and return its documents, too.

        Args:
            rid: its id.
            listed: what a listing has of it.

        Raises:
            ResourceNotFoundError: if DSS reports that there is no such object.
            DSSError: if a request to DSS failed.
        """
        rid = self._located(rid)
        with translate_errors(self.client, rid, self.kind.is_missing):
            project = self.client.get_project(path_segment(rid.project_key))
            documents = {
                **self._documents(project, rid.resource_name, listed),
                **self._privileged_documents(project),
            }
        return Reading(documents, self._build(rid, documents))

    def _located(self, rid: ResourceId) -> ResourceId:
        """Return the id as it is listed, if that is where its parent is known from."""
        is_searched = isinstance(self.kind, NestedType) and self.kind.is_searched
        if not is_searched or isinstance(rid.resource_name, NestedName):
            return rid
        for listed in self._list_supported(rid.project_key):
            if listed == rid:
                return listed
        raise not_found(self.client, rid)

    def _documents(
        self, project: Any, name: str, listed: Documents | None
    ) -> Documents:
        return self.kind.fetch_documents(project, name) if listed is None else listed

    def _privileged_documents(self, project: Any) -> Documents:
        """Fetch the privileged parts; those that the key may not read are omitted."""
        documents = {}
        for name, call in self.kind.privileged.items():
            try:
                documents[name] = call(project)
            except DataikuException as error:
                if not ErrorResponse.of_exception(error).is_forbidden:
                    raise
        return documents

    def _build(self, rid: ResourceId, documents: Documents) -> Resource:
        return resource_from(self.kind, rid, documents, self._redactor)

    def _try_build(
        self, rid: ResourceId, documents: Documents
    ) -> Resource | DataikuIaCError:
        try:
            return self._build(rid, documents)
        except DataikuIaCError as error:
            return error

    def _collect(self, outcomes: Outcomes, started: datetime) -> list[Resource]:
        """Return the resources.

        Raises:
            SyncError: if any failed; it has the others in its ``state``. Objects
                deleted in the meantime are omitted.
        """
        resources = [item for item in outcomes.values() if isinstance(item, Resource)]
        failures = {
            str(rid): error
            for rid, error in outcomes.items()
            if isinstance(error, DataikuIaCError) and not is_deleted(error)
        }
        if failures:
            state = State(
                resources={resource.resource_id: resource for resource in resources},
                unknown={key: str(error) for key, error in failures.items()},
                scope=Scope.from_parts(
                    {(rid.project_key, self.resource_type) for rid in outcomes}
                    - set(self._incomplete(outcomes)),
                    started,
                ),
            )
            raise SyncError(state, failures)
        return resources

    def _incomplete(self, outcomes: Outcomes) -> Iterable[Part]:
        """Yield the parts of which it is not known which objects there are."""
        for rid in outcomes:
            name = _unusable_name(rid)
            if name is not None and (name.is_anonymous or name == rid.project_key):
                yield rid.project_key, self.resource_type


def _unusable_name(rid: ResourceId) -> UnusableName | None:
    """Return the name under which an object is listed, if it is not usable."""
    name = rid.resource_name or rid.project_key
    return name if isinstance(name, UnusableName) else None


def is_deleted(error: DataikuIaCError) -> bool:
    """Return whether an object does not exist, by DSS's response to a fetch."""
    if isinstance(error, ProjectNotVisibleError):
        return False
    return isinstance(error, ResourceNotFoundError)
