"""The conductor: reads an instance into states, and keeps them in a backend."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.ignore.file import default_rules
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import Resource, State, make_resource_id
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.selection import (
    check_not_visible,
    check_on_error,
    check_tracked,
    projects_of,
    resource_type_of,
    unique,
)
from dataikuapi.iac.state_store import StateStore
from dataikuapi.iac.statefile.merge import instances_differ, require_same_instance
from dataikuapi.iac.sync import SYNCS, ResourceSync
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.fetch import (
    OnError,
    Reader,
    handle_failures,
    list_projects,
    read_projects,
    read_single,
)
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.progress import progress_bar
from dataikuapi.iac.sync.provenance import Provenance
from dataikuapi.iac.sync.result import FetchResult
from dataikuapi.iac.sync.workers import ProgressCallback, Workers

__all__ = ["StateManager"]


class StateManager(StateStore):
    """Reads one DSS instance and keeps its state in one place.

    What reads the types is in the attributes ``project_sync``, ``dataset_sync`` and
    ``recipe_sync``, which a caller may replace. Nothing is ever written to DSS.

    Args:
        backend: where the state is kept.
        client: how to reach DSS. It is not changed: calls go through a copy of it that
            has time-outs.
        environment: e.g. ``dev`` or ``prod``; goes into each state.
        secret_key: with one, a changed secret shows as a changed keyed digest; without,
            secrets do not show at all. Taken from the environment,
            ``DATAIKU_IAC_SECRET_KEY``, when left out.
        max_workers: how many calls to DSS are made at the same time.
        policy: how long DSS is waited for, and how often it is asked again.

    Example:
        .. code-block:: python

            client = DSSClient("https://dss.example.com", api_key)
            backend = LocalFileBackend(".dataiku/state/dev.state.json")
            manager = StateManager(backend, client, "dev")
            manager.save_state(manager.sync_project("SHOP"))
    """

    project_sync: ResourceSync
    dataset_sync: ResourceSync
    recipe_sync: ResourceSync

    def __init__(
        self,
        backend: StateBackend,
        client: DSSClient,
        environment: str,
        *,
        secret_key: str | None = None,
        max_workers: int = 10,
        policy: RetryPolicy | None = None,
    ) -> None:
        super().__init__(backend, environment)
        self.client = client
        self._workers = Workers(client, max_workers, policy)
        self._origin = Provenance()
        for resource_type, sync in SYNCS.items():
            reader = sync(client, secret_key=secret_key, workers=self._workers)
            setattr(self, f"{resource_type}_sync", reader)

    @classmethod
    def local(
        cls, client: DSSClient, environment: str, *, secret_key: str | None = None
    ) -> "StateManager":
        """Return a manager that keeps its state in the usual file.

        That is ``.dataiku/state/{environment}.state.json`` below the current folder.

        Args:
            client: how to reach DSS.
            environment: e.g. ``dev`` or ``prod``.
            secret_key: see the class.
        """
        # The one place where the conductor knows a backend: a convenience.
        from dataikuapi.iac.backends.local import LocalFileBackend, default_state_file

        backend = LocalFileBackend(default_state_file(environment))
        return cls(backend, client, environment, secret_key=secret_key)

    def __repr__(self) -> str:
        """Return in one line which instance is kept where."""
        return (
            f"<StateManager {self.environment}: "
            f"{describe_host(self.client)}, kept in {self.backend!r}>"
        )

    def sync_resource(self, resource_id: str) -> Resource:
        """Read one object from DSS.

        Args:
            resource_id: e.g. ``dataset.SHOP.orders``.

        Raises:
            ValueError: if the type is unknown or the id malformed.
            ResourceNotFoundError: if DSS says that there is no such object.
            DSSError: if DSS could not be asked.
        """
        resource_type = resource_type_of(resource_id, SYNCS)
        resource = replace(self._readers()[resource_type].fetch(resource_id))
        self._origin.ask(self._workers.client)
        self._origin.stamp(resource)
        return resource

    def sync_project(
        self,
        project_key: str,
        include_children: bool = True,
        *,
        on_error: OnError = "raise",
        progress: bool | ProgressCallback = False,
    ) -> State:
        """Read a project from DSS.

        Args:
            project_key: of the project.
            include_children: read its datasets and recipes too.
            on_error: see :meth:`sync_all`.
            progress: see :meth:`sync_all`.

        Returns:
            A new state, whose scope is what was read; nothing is stored.

        Raises:
            ProjectNotVisibleError: if it does not exist, or the key may not see it.
            SyncError: if something in it could not be read.
            DSSError: if DSS could not be asked.
        """
        check_on_error(on_error)
        make_resource_id("project", project_key)  # Refuses what is no project key.
        types = list(SYNCS) if include_children else ["project"]
        started = utc_now()
        with progress_bar(progress) as count, self._workers.running(count):
            reading = self._read([project_key], types)
        return self._result(reading, started, on_error)

    def sync_all(
        self,
        projects: Iterable[str] | None = None,
        *,
        on_error: OnError = "raise",
        confirm_removed: Iterable[str] = (),
        progress: bool | ProgressCallback = False,
    ) -> State:
        """Read projects with their datasets and recipes.

        A project that is in the stored state and that DSS no longer lists is unknown,
        and not removed: DSS hides deleted projects and forbidden ones alike.

        Args:
            projects: their keys; all that the API key may see when left out.
            on_error: "raise" a SyncError that has the rest of the state, or "keep" what
                the stored state says of the objects that could not be read, with a
                warning in the log. Either way they are in ``state.unknown``.
            confirm_removed: keys of projects that were deleted for certain.
            progress: True shows a bar; a callable is told how many calls are done, and
                how many are known to be needed.

        Returns:
            A new state, whose scope is what was read; nothing is stored.

        Raises:
            ValueError: if a project is said to be removed and DSS lists it, or while
                not all projects are read.
            SyncError: if something could not be read.
            DSSError: if DSS could not be asked at all.
        """
        check_on_error(on_error)
        removed = unique(confirm_removed, "confirm_removed")
        if projects is not None and removed:
            raise ValueError(
                "confirm_removed goes with a sync of all projects: only their list "
                "tells that a project is not there"
            )
        wanted = None if projects is None else unique(projects, "projects")
        types, started = list(SYNCS), utc_now()
        with progress_bar(progress) as count, self._workers.running(count):
            if wanted is not None:
                keys = wanted
                reading = self._read(keys, types)
            else:
                reading, keys = list_projects(self._readers()["project"])
                reading.join(self._read(keys, types[1:]))
        check_not_visible(removed, keys)
        reading.complete += [(key, kind) for key in removed for kind in types]
        known = keys + removed if projects is None else None
        return self._result(reading, started, on_error, known)

    def drift(
        self,
        project_key: str | None = None,
        *,
        ignore: Iterable[IgnoreRule | str] | None = None,
        progress: bool | ProgressCallback = False,
    ) -> DriftReport:
        """Read projects, and compare them with the stored state; nothing is stored.

        Args:
            project_key: of the project; all that are in the state when left out.
            ignore: what is not to be watched; when left out, the rules in the file
                ``.dataikuignore`` of the current folder, if there is one.
            progress: see :meth:`sync_all`.

        Raises:
            StateNotFoundError: if no state is stored.
            InstanceMismatchError: if it is of another DSS.
            IgnoreFileError: if the file with rules is none.
            DSSError: if DSS could not be asked at all; an object that cannot be read,
                or a project that is not visible, is unknown instead.
        """
        engine = DiffEngine(default_rules() if ignore is None else ignore)
        stored, started = self._load_required("to compare with"), utc_now()
        keys = projects_of(stored) if project_key is None else [project_key]
        fresh = self._result(self._read_whole(keys, progress), started, "keep")
        require_same_instance(stored, fresh)
        place = describe_host(self.client)
        return DriftReport.between(stored, fresh, engine, keys, place)

    def refresh(
        self,
        ids: Iterable[str] | None = None,
        *,
        confirm_removed: Iterable[str] = (),
        progress: bool | ProgressCallback = False,
    ) -> State:
        """Take over into the stored state what is in DSS, under the lock.

        Args:
            ids: of the objects to take over; those that DSS no longer has are removed
                from the state. All of the projects in the state when left out.
            confirm_removed: keys of projects that were deleted for certain, see
                :meth:`sync_all`.
            progress: see :meth:`sync_all`.

        Returns:
            The state as it is stored now. What could not be read is as it was, and in
            its ``unknown``; of ids, either all are taken over or none.

        Raises:
            ValueError: if an id is malformed, or a project is said to be removed that
                DSS still shows, or that is not in the state.
            StateNotFoundError: if no state is stored.
            ProjectNotVisibleError: if an id is in such a project.
            InstanceMismatchError: if the state is of another DSS.
            DSSError: if DSS could not be asked.
            StateWriteError: if it could not be stored; what was stored is intact.
        """
        removed = unique(confirm_removed, "confirm_removed")
        wanted = None if ids is None else unique(ids, "ids")
        for resource_id in wanted or ():
            resource_type_of(resource_id, SYNCS)
        with self._locked("refreshing the state"):
            stored, started = self._load_required("to refresh"), utc_now()
            check_tracked(removed, stored)
            if wanted is None:
                reading = self._read_whole(projects_of(stored), progress)
                check_not_visible(removed, {it.project_key for it in reading.resources})
                reading.confirm_removed(removed, list(SYNCS))
            else:
                reading = self._read_single(wanted, progress)
                reading.raise_failures(removed)
            fresh = self._result(reading, started, "keep")
            together = self._save_synced(fresh, deleted=reading.deleted)
        together.unknown = fresh.unknown
        return together

    def _readers(self) -> dict[str, Reader]:
        return {name: getattr(self, f"{name}_sync") for name in SYNCS}

    def _read(self, project_keys: list[str], types: list[str]) -> FetchResult:
        readers = self._readers()
        return read_projects(self._workers, self._origin, readers, project_keys, types)

    def _read_whole(
        self, keys: list[str], progress: bool | ProgressCallback
    ) -> FetchResult:
        """Read projects of which some may not be readable, if any can be."""
        with progress_bar(progress) as count, self._workers.running(count):
            reading = self._read(keys, list(SYNCS))
        reading.raise_if_unreachable()
        return reading

    def _read_single(
        self, ids: list[str], progress: bool | ProgressCallback
    ) -> FetchResult:
        with progress_bar(progress) as count, self._workers.running(count):
            return read_single(self._workers, self._origin, self._readers(), ids)

    def _result(
        self,
        reading: FetchResult,
        started: datetime,
        on_error: OnError,
        listed: list[str] | None = None,
    ) -> State:
        state = reading.state(started)
        state.environment = self.environment
        self._origin.stamp_state(state)
        if reading.failures or listed is not None:
            handle_failures(
                state, self._stored(state), reading.failures, listed, on_error
            )
        return state

    def _stored(self, fresh: State) -> State:
        """Return what is stored of the same DSS; an empty state if there is nothing."""
        stored = self.load_state()
        of_same = isinstance(stored, State) and not instances_differ(
            stored.instance, fresh.instance
        )
        return stored if of_same else State()
