"""The objects that an apply changes: read, and written by the calls of their types."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSTimeoutError,
    DSSUnreachableError,
    InvalidResponseError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    UnsupportedValueError,
)
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.plan.ordering import references
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.errors import not_found, still_listed, translate_errors
from dataikuapi.iac.sync.instance import InstanceReader
from dataikuapi.iac.sync.subjects import Listing
from dataikuapi.iac.sync.typed import Reading, TypedSync
from dataikuapi.iac.types import Documents, ResourceType
from dataikuapi.iac.types.lookup import is_id_generated, kept_by_dss
from dataikuapi.iac.types.registry import TYPES
from dataikuapi.iac.types.shapes import path_segment
from dataikuapi.iac.types.writing import NO_WRITER, Project, Writer

__all__ = ["LiveObjects", "error_of", "is_refusal", "kind_of", "writer_of"]


class LiveObjects:
    """Objects of one instance.

    Args:
        reader: reads the instance; its client also makes the calls that write.

    Attributes:
        unanswered: how many attempts to read something DSS has not responded to, since
            the last one to which it has.
    """

    def __init__(self, reader: InstanceReader) -> None:
        self._reader = reader
        self.unanswered = 0

    def read(self, resource_id: str) -> Reading | None:
        """Return an object as DSS has it; ``None`` if DSS says that it has none.

        Raises:
            ProjectNotVisibleError: if the project does not exist, or is not visible.
            DSSError: if it could not be read.
        """
        rid = ResourceId.parse(resource_id)
        try:
            with self._reading():
                found = self._sync(rid).read(rid)
        except ProjectNotVisibleError:
            raise
        except ResourceNotFoundError:
            return None
        self._reader.provenance.stamp(found.resource)
        return found

    def listed(self, resource_type: str, project_key: str) -> dict[str, Resource]:
        """Return all objects of a type in a project, by id.

        Raises:
            DSSError: if they could not be read.
        """
        sync = self._sync(ResourceId(resource_type, project_key))
        with self._reading():
            found = sync.list_all(project_key)
        for resource in found:
            self._reader.provenance.stamp(resource)
        return {resource.resource_id: resource for resource in found}

    def names(self, resource_id: str) -> set[str]:
        """Return the ids of all objects of a type in a project.

        Args:
            resource_id: of one of the type in the project.

        Raises:
            DSSError: if they could not be listed.
        """
        rid = ResourceId.parse(resource_id)
        with self._reading():
            listed = self._sync(rid).list_ids(rid.project_key)
        return {str(found) for found in listed}

    def require_unlisted(self, resource_id: str) -> None:
        """Check that DSS does not list an object of which it says that it has none.

        Raises:
            DSSError: if it does, or the objects could not be listed.
        """
        rid = ResourceId.parse(resource_id)
        if resource_id in self.names(resource_id):
            client = self._sync(rid).client
            raise still_listed(client, rid, not_found(client, rid))

    def users(self, resource_id: str) -> list[str]:
        """Return the ids of the objects that DSS would delete with one, sorted.

        Raises:
            DSSError: if they could not be listed.
        """
        rid = ResourceId.parse(resource_id)
        if not kind_of(resource_id).writing.takes_recipes:
            return []
        return sorted(
            resource.resource_id
            for reader in self._reader.readers.values()
            if isinstance(reader, TypedSync)
            for resource in self._listed_users(reader, rid)
            if references(resource, {resource_id: None})
        )

    def _listed_users(self, reader: TypedSync, rid: ResourceId) -> list[Resource]:
        kind = reader.kind
        if kind.writing.users is None:
            return []
        subject = Listing(kind.name, rid.project_key)
        with self._reading(), translate_errors(reader.client, subject):
            project = reader.client.get_project(path_segment(rid.project_key))
            listed = kind.writing.users(project, rid)
        return [
            Resource(
                kind.name, str(ResourceId(kind.name, rid.project_key, name)), attributes
            )
            for name, attributes in listed.items()
        ]

    def create(self, resource_id: str, documents: Documents) -> str:
        """Create an object, and return the id that it has in DSS.

        Args:
            resource_id: the id that it is to have.
            documents: what it is to be.

        Raises:
            DataikuIaCError: if DSS reports an error, or whether it did is not known.
        """
        rid = ResourceId.parse(resource_id)
        with self._writing(rid) as (writer, project):
            name = writer.create(project, rid.resource_name, documents)
        return str(ResourceId(rid.resource_type, rid.project_key, name))

    def save(self, resource_id: str, old: Documents, new: Documents) -> int:
        """Save an object; see :meth:`create`.

        Args:
            resource_id: its id.
            old: the documents as DSS has them.
            new: the documents as DSS is to have them.

        Returns:
            How many requests were sent that save the object.
        """
        rid = ResourceId.parse(resource_id)
        with self._writing(rid) as (writer, project):
            return writer.save(project, rid.resource_name, old, new)

    def delete(self, resource_id: str, drop_data: bool) -> None:
        """Delete an object; see :meth:`create`.

        Args:
            resource_id: its id.
            drop_data: whether what it holds is dropped as well.
        """
        rid = ResourceId.parse(resource_id)
        with self._writing(rid) as (writer, project):
            writer.delete(project, rid.resource_name, drop_data)

    def rename(self, resource_id: str, new_id: str) -> None:
        """Rename an object; see :meth:`create`.

        Args:
            resource_id: its id.
            new_id: the id that it has then.
        """
        rid, new = ResourceId.parse(resource_id), ResourceId.parse(new_id)
        with self._writing(rid) as (writer, project):
            writer.rename(project, rid.resource_name, new.resource_name)

    def is_generated(self, resource_id: str) -> bool:
        """Return whether DSS generates the ids of objects of its type."""
        rid = ResourceId.parse(resource_id)
        return is_id_generated(rid.resource_type) and not kept_by_dss(rid)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Count the attempts to which DSS does not respond."""
        is_answered = True
        try:
            yield
        except (DSSUnreachableError, DSSTimeoutError, InvalidResponseError):
            is_answered = False
            raise
        finally:
            self.unanswered = 0 if is_answered else self.unanswered + 1

    @contextmanager
    def _writing(self, rid: ResourceId) -> Iterator[tuple[Writer, Project]]:
        """Yield the writer and the project; translate what the client raises."""
        client = self._sync(rid).client
        with translate_errors(client, rid, writes=True):
            project = client.get_project(path_segment(rid.project_key))
            yield writer_of(kind_of(str(rid))), project

    def _sync(self, rid: ResourceId) -> TypedSync:
        reader = self._reader.readers.get(rid.resource_type)
        if not isinstance(reader, TypedSync):
            raise DataikuIaCError(
                f"{rid} cannot be changed: this manager does not read objects of type "
                f"{rid.resource_type} by the library's own reader"
            )
        return reader


def kind_of(resource_id: str) -> ResourceType:
    """Return the type of an object."""
    return TYPES[ResourceId.parse(resource_id).resource_type]


def writer_of(kind: ResourceType) -> Writer:
    """Return the calls that write objects of a type.

    Raises:
        UnsupportedValueError: if there are none.
    """
    if kind.writing.writer is None:
        raise UnsupportedValueError(NO_WRITER)
    return kind.writing.writer


def is_refusal(error: DataikuIaCError) -> bool:
    """Return whether DSS has refused to do something, so that it has not done it."""
    cause = error.__cause__
    return isinstance(cause, ErrorResponse) and cause.is_refusal


def error_of(call: Callable[[], object]) -> DataikuIaCError | None:
    """Make a call; return its error, after which DSS may have done it or not."""
    try:
        call()
    except DataikuIaCError as error:
        return error
    return None
