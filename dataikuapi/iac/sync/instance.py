"""Reads the projects and objects of one instance concurrently."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypedDict, TypeVar, cast

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    StateNotFoundError,
)
from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.ids import INSTANCE, unique
from dataikuapi.iac.models.scope import Part
from dataikuapi.iac.models.stored_version import ReadingStart
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.classes import sync_class
from dataikuapi.iac.sync.client_adapter import selected_types
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.progress import progress_bar
from dataikuapi.iac.sync.project_listing import ProjectListing
from dataikuapi.iac.sync.provenance import Provenance
from dataikuapi.iac.sync.readers import Reader
from dataikuapi.iac.sync.removals import ConfirmedRemovals
from dataikuapi.iac.sync.result import FetchResult, OnError, handle_failures
from dataikuapi.iac.sync.shared_responses import shared_paths
from dataikuapi.iac.sync.typed import TypedSync, is_deleted
from dataikuapi.iac.sync.workers import ProgressCallback, Workers
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.naming import require_known_type, select_types
from dataikuapi.iac.types.registry import PROJECT

__all__ = ["InstanceReader", "Progress", "ReaderOptions"]

T = TypeVar("T")
Progress = bool | ProgressCallback


class ReaderOptions(TypedDict, total=False):
    """Options of an :class:`InstanceReader`."""

    secret_key: str | None
    max_workers: int
    policy: RetryPolicy | None
    types: Iterable[str] | None


class InstanceReader:
    """Reads one instance.

    Args:
        client: connects to DSS; not modified.
        types: names of the resource types to read. Defaults to those that
            :meth:`ClientAdapter.default_types` returns.
        secret_key: see :class:`~dataikuapi.iac.sync.base.ResourceSync`.
        max_workers: how many requests to DSS are made concurrently.
        policy: timeouts and retries.
        environment: recorded in each state.

    Attributes:
        readers: the reader of each type, in the order of the types.
        provenance: which instance it is, known once something was read.
        projects: lists the projects of the instance.
    """

    def __init__(
        self,
        client: DSSClient,
        types: Iterable[str] | None = None,
        *,
        secret_key: str | None = None,
        max_workers: int = 10,
        policy: RetryPolicy | None = None,
        environment: str = "",
    ) -> None:
        self._environment = environment
        names = selected_types(client, types)
        self._workers = Workers(
            client, max_workers, policy, shared_paths(TYPES[name] for name in names)
        )
        self.projects = ProjectListing(self._workers)
        self.provenance = Provenance()
        self.readers: dict[str, Reader] = {
            name: sync_class(TYPES[name])(
                client, secret_key=secret_key, workers=self._workers
            )
            for name in names
        }

    @property
    def workers(self) -> Workers:
        """What makes the requests."""
        return self._workers

    @property
    def types(self) -> list[str]:
        """Names of the types that are read of projects; that of projects first."""
        return [name for name in self.readers if not TYPES[name].is_on_instance]

    @property
    def instance_types(self) -> list[str]:
        """Names of the types that are read of the instance itself."""
        return [name for name in self.readers if TYPES[name].is_on_instance]

    def read_object(self, resource_id: str) -> Resource:
        """Read one object, in the calling thread.

        Raises:
            ValueError: if the type is unknown or the id malformed.
            ResourceNotFoundError: if DSS reports that there is no such object.
            DSSError: if a request to DSS failed.
        """
        resource_type = require_known_type(resource_id, self.readers)
        resource = replace(self.readers[resource_type].fetch(resource_id))
        self.identify()
        self.provenance.stamp(resource)
        return resource

    def read_objects(
        self, ids: Sequence[str], parts: Sequence[Part], progress: Progress
    ) -> FetchResult:
        """Read single objects, and all objects of some types in projects.

        Args:
            ids: of the single objects.
            parts: project keys, each with a type.
            progress: see :meth:`StateManager.sync_all`.
        """
        calls = [
            partial(self.readers[require_known_type(key, self.readers)].fetch, key)
            for key in ids
        ]
        result = FetchResult()
        with self._session(progress):
            results = self._run_with_provenance(calls)
            outcomes = dict(zip(ids, results, strict=True))
            outcomes.update(self._still_listed(outcomes))
            if parts:
                result = self._read(parts)
        for key, outcome in outcomes.items():
            if isinstance(outcome, DataikuIaCError):
                result.failures[key] = outcome
            else:
                result.resources.append(replace(outcome))
        return result

    def _still_listed(
        self, outcomes: Mapping[str, Resource | DataikuIaCError]
    ) -> dict[str, DataikuIaCError]:
        """Return why it is not certain that missing objects are gone, where it is not.

        Where the client is a test double, what it says of one object is enough.
        """
        if not self._workers.adapter.can_identify:
            return {}
        missing = {
            ResourceId.parse(key): outcome
            for key, outcome in outcomes.items()
            if isinstance(outcome, DataikuIaCError) and is_deleted(outcome)
        }
        reasons: dict[str, DataikuIaCError] = {}
        for name, project_key in sorted(
            {(rid.resource_type, rid.project_key) for rid in missing}
        ):
            reader = self.readers[name]
            if isinstance(reader, TypedSync) and reader.kind.identity.is_named:
                found = reader.still_listed(project_key, missing)
                reasons.update((str(rid), error) for rid, error in found.items())
        return reasons

    def read_projects(
        self,
        keys: Sequence[str],
        progress: Progress,
        types: Iterable[str] | None = None,
    ) -> FetchResult:
        """Read projects.

        Args:
            keys: of the projects; that of the instance for what is in no project.
            progress: see :meth:`StateManager.sync_all`.
            types: which types to read. Defaults to all.

        Raises:
            ValueError: if there is no key, or no type for one, or a type is not read.
        """
        if not keys:
            raise ValueError(
                "projects is empty, so nothing would be read; leave it out to read all "
                "projects"
            )
        parts = [(key, name) for key in keys for name in self._selected(key, types)]
        with self._session(progress):
            return self._read(parts)

    def _selected(self, key: str, types: Iterable[str] | None) -> list[str]:
        """Return the types to read of a project, or of the instance."""
        known = self.instance_types if key == INSTANCE else self.types
        selected = known if types is None else unique(types, "types")
        for name in selected:
            require_known_type(name, known)
        if not selected and key == INSTANCE:
            raise ValueError(
                "no type is selected that is in no project, so nothing would be read "
                "of the instance itself"
            )
        return selected

    def read_tracked_projects(
        self,
        keys: Sequence[str],
        progress: Progress,
        removals: ConfirmedRemovals = ConfirmedRemovals(()),
        types: Iterable[str] | None = None,
    ) -> FetchResult:
        """Read projects that are in the state; some may no longer be readable.

        Args:
            keys: of the projects.
            progress: see :meth:`StateManager.sync_all`.
            removals: those of them that are known to be deleted, with all their types.
            types: which types to read. Defaults to all.

        Raises:
            StateNotFoundError: if there is no key: the state has no project.
            ValueError: if DSS still shows a project that is confirmed as deleted.
        """
        if not keys:
            raise StateNotFoundError(
                "the stored state has no project, so there is nothing to compare with "
                "DSS; sync and save it first: dataiku-iac sync"
            )
        result = self.read_projects(keys, progress, types)
        removals.require_not_visible({item.project_key for item in result.resources})
        result.apply_removals(removals, list(TYPES))
        return result

    def read_all(
        self,
        progress: Progress,
        removals: ConfirmedRemovals,
        types: Iterable[str] | None = None,
    ) -> tuple[FetchResult, list[str]]:
        """Read all projects that the API key may see.

        Args:
            progress: see :meth:`StateManager.sync_all`.
            removals: projects that are known to be deleted; they count as read, and
                empty, with all their types.
            types: which types to read. Defaults to all.

        Returns:
            What was read, and the keys of all projects that are accounted for: the
            listed ones, readable or not, and those confirmed as deleted.

        Raises:
            ValueError: if DSS still lists a project that is confirmed as deleted.
            DSSPermissionError: if DSS lists no project, and none is confirmed.
            DSSError: if the projects could not be listed.
        """
        selected = self.types if types is None else select_types(types, self.types)
        with self._session(progress):
            reader = self._project_reader(selected)
            result, keys = self.projects.read(reader)
            if not removals:
                self.projects.require_any(keys)
            left = [name for name in selected if not reader or name != PROJECT.name]
            parts = [(key, name) for key in keys for name in left]
            result.extend(self._read(parts))
        removals.require_not_visible(keys)
        result.listed_parts += [(key, name) for key in removals.keys for name in TYPES]
        return result, [*keys, *removals.keys]

    def _project_reader(self, types: Sequence[str]) -> Reader | None:
        """Return what reads the projects that are listed; ``None`` for nothing."""
        return self.readers[PROJECT.name] if PROJECT.name in types else None

    def build_state(
        self,
        result: FetchResult,
        started: datetime,
        on_error: OnError,
        stored: State,
        listed: list[str] | None = None,
    ) -> State:
        """Build a state from what was read.

        Args:
            result: what was read.
            started: when reading began.
            on_error: see :meth:`StateManager.sync_all`.
            stored: the state that was stored when reading began.
            listed: the keys of all existing projects, if they were listed.

        Raises:
            SyncError: if there are failures to be raised.
            DSSError: if nothing at all could be read.
            TypeNotSupportedError: if DSS has none of the types.
        """
        result.distrust_unsupported(stored, self.provenance.instance)
        result.require_supported_type()
        state = result.to_state(started)
        state.environment = self._environment
        self.provenance.stamp_state(state)
        state.reading_start = ReadingStart.from_stored(stored)
        if result.failures or listed is not None:
            handle_failures(state, stored, result, listed, on_error)
        return state

    def _read(self, parts: Sequence[Part]) -> FetchResult:
        outcomes = self._run_with_provenance(
            [self._call(key, name) for key, name in parts]
        )
        result = FetchResult()
        for (key, name), outcome in zip(parts, outcomes, strict=True):
            is_own = isinstance(self.readers[name], ResourceSync)
            result.add(key, name, outcome, is_own)
        return result

    def _call(
        self, project_key: str, resource_type: str
    ) -> Callable[[], Resource | list[Resource]]:
        reader = self.readers[resource_type]
        if resource_type == PROJECT.name:
            return partial(reader.fetch, str(ResourceId(resource_type, project_key)))
        return partial(reader.list_all, project_key)

    def _run_with_provenance(
        self, calls: Sequence[Callable[[], T]]
    ) -> list[T | DataikuIaCError]:
        """Make the calls, and concurrently fetch the provenance.

        All in one batch: a call that waits for others takes a thread away from them.
        """
        results = self._workers.run([self.identify, *calls])
        return cast(list[T | DataikuIaCError], results[1:])

    def identify(self) -> None:
        """Find out which instance it is, and whose the API key is, if not yet known."""
        if self._workers.adapter.can_identify:
            self.provenance.fetch(self._workers.client)

    @contextmanager
    def _session(self, progress: Progress) -> Iterator[None]:
        with progress_bar(progress) as count, self._workers.running(count):
            yield
