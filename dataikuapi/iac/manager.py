"""The facade: reads an instance into states, and stores them in a backend."""

from collections.abc import Iterable
from datetime import datetime

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.ignore.file import default_rules
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import Resource, ResourceDiffs, State, make_resource_id
from dataikuapi.iac.models.ids import unique
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.state_store import StateStore
from dataikuapi.iac.statefile.merge import require_same_instance
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.instance import InstanceReader, Progress, Reader, ReaderOf
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.removals import ConfirmedRemovals
from dataikuapi.iac.sync.result import (
    FetchResult,
    OnError,
    check_on_error,
    handle_failures,
)
from dataikuapi.iac.types.registry import DATASET, PROJECT, RECIPE, resource_type_of

__all__ = ["StateManager"]


class StateManager:
    """Reads one DSS instance and keeps its state in one place.

    What reads the contract's types is in the attributes ``project_sync``,
    ``dataset_sync`` and ``recipe_sync``, which a caller may replace. Nothing is ever
    written to DSS.

    Args:
        backend: where the state is stored.
        client: how to reach DSS. It is not changed: calls go through a copy of it that
            has timeouts.
        environment: e.g. ``dev`` or ``prod``; goes into each state.
        secret_key: with one, a changed secret shows as a changed keyed digest; without,
            secrets do not show at all. Taken from the environment,
            ``DATAIKU_IAC_SECRET_KEY``, when omitted.
        max_workers: how many calls to DSS are made at the same time.
        policy: how long to wait for DSS, and how often to retry.
        types: names of the resource types to read; when omitted, all that the library
            knows, or, for a client that is not a
            :class:`~dataikuapi.dssclient.DSSClient`, project, dataset and recipe.

    Raises:
        ValueError: if a type is unknown.

    Example:
        .. code-block:: python

            client = DSSClient("https://dss.example.com", api_key)
            backend = LocalFileBackend(".dataiku/state/dev.state.json")
            manager = StateManager(backend, client, "dev")
            manager.save_state(manager.sync_project("SHOP"))
    """

    project_sync = ReaderOf(PROJECT)
    dataset_sync = ReaderOf(DATASET)
    recipe_sync = ReaderOf(RECIPE)

    def __init__(
        self,
        backend: StateBackend,
        client: DSSClient,
        environment: str,
        *,
        secret_key: str | None = None,
        max_workers: int = 10,
        policy: RetryPolicy | None = None,
        types: Iterable[str] | None = None,
    ) -> None:
        self.backend = backend
        self.client = client
        self.environment = environment
        self._instance = InstanceReader(
            client,
            types,
            secret_key=secret_key,
            max_workers=max_workers,
            policy=policy,
        )

    @property
    def readers(self) -> dict[str, Reader]:
        """What reads each type, by its name; may be replaced."""
        return self._instance.readers

    @property
    def _store(self) -> StateStore:
        return StateStore(self.backend, self.environment)

    @classmethod
    def local(
        cls, client: DSSClient, environment: str, *, secret_key: str | None = None
    ) -> "StateManager":
        """Return a manager that stores its state in the default file.

        That is ``.dataiku/state/{environment}.state.json`` below the current folder.

        Args:
            client: how to reach DSS.
            environment: e.g. ``dev`` or ``prod``.
            secret_key: see the class.
        """
        # The one place where the facade knows a backend: a convenience.
        from dataikuapi.iac.backends.local import LocalFileBackend, default_state_file

        backend = LocalFileBackend(default_state_file(environment))
        return cls(backend, client, environment, secret_key=secret_key)

    def __repr__(self) -> str:
        """Return in one line which instance is kept where."""
        return (
            f"<StateManager {self.environment}: "
            f"{describe_host(self.client)}, kept in {self.backend!r}>"
        )

    def load_state(self) -> State:
        """Return the stored state; an empty one where there is none.

        Raises:
            StateCorruptedError: if what is stored is not a state.
        """
        return self._store.load()

    def save_state(self, state: State, *, allow_other_instance: bool = False) -> None:
        """Store the state as one of this manager's environment.

        Of a state that a sync read, exactly its scope is replaced in what is stored;
        the rest stays, so that two people who each sync their project lose nothing. A
        state without a scope claims to be whole and replaces everything.

        Args:
            state: is marked with the environment, and otherwise left as it is.
            allow_other_instance: store it even if what is stored is of another DSS.

        Raises:
            StateConflictError: if what is stored was read later.
            InstanceMismatchError: if what is stored is of another DSS.
            StateWriteError: if it could not be stored; the stored state is unchanged.
            StateCorruptedError: if what is stored is not a state.
        """
        self._store.save(state, allow_other_instance)

    def diff_versions(self, old_serial: int, new_serial: int) -> ResourceDiffs:
        """Compare two stored versions; the stored state is one of them.

        Args:
            old_serial: of the version that was.
            new_serial: of the version that came after it.

        Raises:
            StateNotFoundError: if one of them is not kept.
        """
        return self._store.diff_versions(old_serial, new_serial)

    def sync_resource(self, resource_id: str) -> Resource:
        """Read one object from DSS.

        Args:
            resource_id: e.g. ``dataset.SHOP.orders``.

        Raises:
            ValueError: if the type is unknown or the id malformed.
            ResourceNotFoundError: if DSS reports that there is no such object.
            DSSError: if DSS could not be asked.
        """
        return self._instance.read_object(resource_id)

    def sync_project(
        self,
        project_key: str,
        include_children: bool = True,
        *,
        on_error: OnError = "raise",
        progress: Progress = False,
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
        make_resource_id(PROJECT.name, project_key)  # Refuses an invalid project key.
        types = None if include_children else [PROJECT.name]
        started = utc_now()
        result = self._instance.read_projects([project_key], progress, types)
        return self._state(result, started, on_error)

    def sync_all(
        self,
        projects: Iterable[str] | None = None,
        *,
        on_error: OnError = "raise",
        confirm_removed: Iterable[str] = (),
        progress: Progress = False,
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
        removals = ConfirmedRemovals(confirm_removed)
        if projects is not None and removals:
            raise ValueError(
                "confirm_removed goes with a sync of all projects: only their list "
                "tells that a project is not there"
            )
        started = utc_now()
        if projects is not None:
            keys = unique(projects, "projects")
            result = self._instance.read_projects(keys, progress)
            return self._state(result, started, on_error)
        result, listed = self._instance.read_all(progress, removals)
        return self._state(result, started, on_error, listed=listed)

    def drift(
        self,
        project_key: str | None = None,
        *,
        ignore: Iterable[IgnoreRule | str] | None = None,
        progress: Progress = False,
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
        stored, started = self._store.load_required("to compare with"), utc_now()
        keys = stored.project_keys() if project_key is None else [project_key]
        result = self._instance.read_again(keys, progress)
        fresh = self._state(result, started, "keep", stored)
        require_same_instance(stored, fresh)
        place = describe_host(self.client)
        return DriftReport.between(stored, fresh, engine, keys, place)

    def refresh(
        self,
        ids: Iterable[str] | None = None,
        *,
        confirm_removed: Iterable[str] = (),
        progress: Progress = False,
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
        removals = ConfirmedRemovals(confirm_removed)
        wanted = None if ids is None else unique(ids, "ids")
        for resource_id in wanted or ():
            resource_type_of(resource_id, self._instance.types)
        with self._store.lock("refreshing the state"):
            stored, started = self._store.load_required("to refresh"), utc_now()
            removals.require_tracked(stored)
            if wanted is None:
                keys = stored.project_keys()
                result = self._instance.read_again(keys, progress, removals)
            else:
                result = self._instance.read_objects(wanted, progress)
                result.raise_failures(removals)
            fresh = self._state(result, started, "keep", stored)
            together = self._store.save_reading(fresh, stored, deleted=result.deleted)
        together.unknown = fresh.unknown
        return together

    def _state(
        self,
        result: FetchResult,
        started: datetime,
        on_error: OnError,
        stored: State | None = None,
        listed: list[str] | None = None,
    ) -> State:
        """Make a state of what was read; ``stored`` is loaded if not given."""
        state = result.state(started)
        state.environment = self.environment
        self._instance.provenance.stamp_state(state)
        if result.failures or listed is not None:
            before = self._store.load() if stored is None else stored
            handle_failures(state, before, result.failures, listed, on_error)
        return state
