"""Reads objects that are in no project, as far as the API key may."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import ClassVar, cast

from dataikuapi.utils import DataikuException

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSPermissionError,
    SyncError,
)
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import INSTANCE, listing_key
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.errors import not_found, translate_errors
from dataikuapi.iac.sync.typed import TypedSync
from dataikuapi.iac.sync.unsupported import translate_listing_errors
from dataikuapi.iac.types import Documents
from dataikuapi.iac.types.instance_type import InstanceType, NotPermittedError
from dataikuapi.iac.types.walked_type import Node, WalkedType

__all__ = ["InstanceTypeSync"]


class InstanceTypeSync(TypedSync):
    """Reads the objects of one type on the instance, which a subclass sets.

    With a key that is not an administrator's, what DSS lists is read without its
    definition, and what it does not list is unknown.

    Attributes:
        kind: the resource type.
    """

    kind: ClassVar[InstanceType]

    def list_all(self, project_key: str | None = INSTANCE) -> list[Resource]:
        """Read all objects of the type.

        Args:
            project_key: nothing else than ``@instance``.

        Raises:
            ValueError: if another project key was passed.
            SyncError: if some of the objects could not be read, or DSS lists only those
                that the API key may use. Its ``state`` has the others.
            DSSError: if they could not be listed.
        """
        if project_key not in (None, INSTANCE):
            raise ValueError(
                f"{self.kind.plural} are in no project, so their project_key is "
                f"{INSTANCE!r}, not {project_key!r}"
            )
        started = utc_now()
        listed, refusal = self._list_permitted()
        if refusal is None:
            return self._read_all(listed, started)
        if not listed:
            raise refusal
        raise self._read_in_part(listed, refusal)

    def _read_in_part(
        self, listed: Mapping[ResourceId, Documents | None], refusal: DataikuIaCError
    ) -> SyncError:
        """Return an error that has what is listed, and that there may be more."""
        failures: dict[str, DataikuIaCError] = {}
        try:
            resources = self._read_all(listed, utc_now())
        except SyncError as error:
            resources, failures = error.state.list_resources(), error.failures
        failures = {**failures, listing_key(self.resource_type, INSTANCE): refusal}
        state = State(
            resources={item.resource_id: item for item in resources},
            unknown={key: str(error) for key, error in failures.items()},
            scope=Scope(),
        )
        return SyncError(state, failures)

    def _list(self, key: str) -> dict[ResourceId, Documents | None]:
        return self._list_permitted()[0]

    def _list_permitted(
        self,
    ) -> tuple[dict[ResourceId, Documents | None], DSSPermissionError | None]:
        """List the objects, and say why there may be others, if there may be."""
        client, kind = self.client, self.kind
        with (
            self._refusal_explained(),
            translate_listing_errors(client, kind, INSTANCE),
        ):
            listed: Mapping[str, Documents | None]
            is_complete = True
            try:
                listed = self._list_documents()
            except (DataikuException, NotPermittedError) as error:
                self._require_refusal(error)
                listed, is_complete = self._list_names(), kind.lists_all_names
        found = {ResourceId(kind.name, INSTANCE, name): listed[name] for name in listed}
        return found, None if is_complete else self._refused()

    def _fetch(self, rid: ResourceId, listed: Documents | None = None) -> Resource:
        with (
            self._refusal_explained(),
            translate_errors(self.client, rid, self.kind.is_missing),
        ):
            documents = self._fetch_permitted(rid) if listed is None else listed
        return self._build(rid, documents)

    def _fetch_permitted(self, rid: ResourceId) -> Documents:
        client, kind, name = self.client, self.kind, rid.resource_name
        try:
            return kind.fetch_documents(client, name)
        except (DataikuException, NotPermittedError) as error:
            self._require_refusal(error)
            names = self._list_names()
            if name in names:
                return names[name]
            if kind.lists_all_names:
                raise not_found(client, rid) from error
            raise

    def _list_documents(self) -> dict[str, Documents | None]:
        if isinstance(self.kind, WalkedType):
            return self.kind.list_documents(self.client, self._read_nodes)
        return self.kind.list_documents(self.client)

    def _list_names(self) -> dict[str, Documents]:
        if isinstance(self.kind, WalkedType):
            return self.kind.list_names(self.client, self._read_nodes)
        return self.kind.list_names(self.client)

    def _read_nodes(self, names: list[str]) -> list[Node]:
        """Read objects of a tree concurrently, and raise the first error."""
        results = self._workers.run([partial(self._read_node, name) for name in names])
        nodes = list[Node]()
        for result in results:
            if isinstance(result, Exception):
                raise result
            nodes.append(result)
        return nodes

    def _read_node(self, name: str) -> Node | Exception:
        """Read an object of a tree; return what is to be raised where it is awaited."""
        kind = cast(WalkedType, self.kind)
        try:
            return kind.read_node(self.client, name)
        except DataikuIaCError:
            raise
        except Exception as error:  # noqa: BLE001  # Translated as for any listing.
            return error

    @contextmanager
    def _refusal_explained(self) -> Iterator[None]:
        try:
            yield
        except NotPermittedError as error:
            raise self._refused() from error

    def _require_refusal(self, error: Exception) -> None:
        """Raise the error unless it is that the API key lacks a permission."""
        if isinstance(error, DataikuException):
            response = ErrorResponse.of_exception(error)
            if not response.is_forbidden or response.may_lack_feature:
                raise error

    def _refused(self) -> DSSPermissionError:
        return DSSPermissionError(
            f"{describe_host(self.client)} lists all {self.kind.plural} to "
            "administrators only, so there may be others than the API key may see. Use "
            "the key of an administrator"
        )

    def _invalid(self, resource_id: object, named: bool) -> ValueError:
        return ValueError(
            f"Invalid {self.resource_type} resource_id {str(resource_id)[:200]!r}: "
            f"expected {self.resource_type}.{INSTANCE}.{{name}}"
        )
