"""The facade of the library: syncs an instance, and stores its state."""

from collections.abc import Iterable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.drift import DriftReport
from dataikuapi.iac.drift_reading import read_drift
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import Resource, ResourceDiffs, State, make_resource_id
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.plan import ExecutionPlan
from dataikuapi.iac.plan.options import PlanOptions
from dataikuapi.iac.planning import make_plan
from dataikuapi.iac.selection import Defaults
from dataikuapi.iac.state_reader import StateReader
from dataikuapi.iac.state_store import StateStore
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.instance import InstanceReader, Progress, ReaderOptions
from dataikuapi.iac.sync.readers import Reader, ReaderOf
from dataikuapi.iac.sync.removals import ConfirmedRemovals
from dataikuapi.iac.sync.result import OnError
from dataikuapi.iac.types.registry import DATASET, PROJECT, RECIPE

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["StateManager"]


class StateManager:
    """Syncs one DSS instance, and stores its state in one backend.

    It never writes to DSS. A caller may replace the readers of three types:
    ``project_sync``, ``dataset_sync`` and ``recipe_sync``.

    Args:
        backend: where the state is stored.
        client: connects to DSS. It is not modified: a copy with timeouts is used.
        environment: e.g. ``dev`` or ``prod``; recorded in each state.
        secret_key: replaces secrets by a keyed digest, so that a changed secret shows;
            without a key, by a constant. Defaults to ``DATAIKU_IAC_SECRET_KEY``.
        max_workers: how many requests to DSS are made concurrently.
        policy: timeouts and retries.
        types: names of the types to read. Defaults to all that take few requests.

    Attributes:
        store: loads and saves the state.
        instance_reader: reads DSS; ``open_reader(client)`` by another client.

    Raises:
        ValueError: if a type is unknown, or the environment is not a valid name.
    """

    project_sync = ReaderOf(PROJECT)
    dataset_sync = ReaderOf(DATASET)
    recipe_sync = ReaderOf(RECIPE)

    def __init__(
        self,
        backend: StateBackend,
        client: DSSClient,
        environment: str,
        **options: "Unpack[ReaderOptions]",
    ) -> None:
        self.client = client
        self._backend = backend
        self.store = StateStore(backend, environment)
        self.open_reader = partial(InstanceReader, environment=environment, **options)
        self.instance_reader = self.open_reader(client)
        self._state_reader = StateReader(self.instance_reader)
        self._defaults = Defaults()

    @property
    def readers(self) -> dict[str, Reader]:
        """The reader of each resource type, by its name; may be replaced."""
        return self.instance_reader.readers

    @property
    def backend(self) -> StateBackend:
        """Where the state is stored."""
        return self._backend

    @property
    def environment(self) -> str:
        """The name of the environment, e.g. ``dev``."""
        return self.store.environment

    @classmethod
    def local(
        cls, client: DSSClient, environment: str, **options: "Unpack[ReaderOptions]"
    ) -> "StateManager":
        """Return a manager of ``.dataiku/state/{environment}.state.json``."""
        from dataikuapi.iac.backends.local import LocalFileBackend, default_state_file

        backend = LocalFileBackend(default_state_file(environment))
        return cls(backend, client, environment, **options)

    @classmethod
    def from_config(
        cls, environment: str | None = None, *, config_file: str | Path | None = None
    ) -> "StateManager":
        """Return the manager of an environment in ``dataiku-iac.yaml``.

        Its projects and ignore file are the defaults.

        Args:
            environment: Defaults to ``DATAIKU_ENVIRONMENT``, or ``dev``.
            config_file: Defaults to the nearest one, here or in a folder above.

        Raises:
            ConfigurationError: if it is not valid, or URL or API key are missing.
        """
        from dataikuapi.iac.config import open_environment

        env, backend, client, types = open_environment(environment, config_file)
        manager = cls(backend, client, env.name, max_workers=env.workers, types=types)
        manager._defaults = Defaults(env.project_keys.values(), env.ignore_rules)
        return manager

    def __repr__(self) -> str:
        """Return a one-line summary: environment, instance and backend."""
        host = describe_host(self.client)
        return f"<StateManager {self.environment}: {host}, stored in {self.backend!r}>"

    def load_state(self) -> State:
        """Return the stored state, or an empty one if there is none.

        Raises:
            StateCorruptedError: if what is stored is not a valid state.
        """
        return self.store.load()

    def save_state(self, state: State, *, allow_other_instance: bool = False) -> None:
        """Store the state under this manager's environment.

        A state that a sync returned replaces exactly its scope in the stored state, so
        two people who each sync their own project do not overwrite each other. A state
        without a scope is complete and replaces everything.

        Args:
            state: gets environment, serial and lineage; otherwise it is not modified.
            allow_other_instance: store it even over a state of another DSS instance.

        Raises:
            StateConflictError: if the stored state was read later.
            InstanceConflictError: if the stored state is of another DSS instance.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        self.store.save(state, allow_other_instance)

    def preview_save(self, state: State) -> ResourceDiffs:
        """Return what a save would change, if what is stored stays as it is."""
        return DiffEngine().diff(*self.store.preview(state))

    def diff_versions(
        self,
        old_serial: int,
        new_serial: int,
        ignore: Iterable[IgnoreRule | str] | None = None,
    ) -> ResourceDiffs:
        """Compare two stored versions; the current state counts as one.

        Args:
            old_serial, new_serial: of the versions.
            ignore: see :meth:`drift`.

        Raises:
            StateNotFoundError: if one of them does not exist, or was pruned.
        """
        engine = DiffEngine(self._defaults.rules(ignore))
        return engine.diff(*map(self.store.load_version, (old_serial, new_serial)))

    def sync_resource(self, resource_id: str) -> Resource:
        """Read one object from DSS.

        Args:
            resource_id: e.g. ``dataset.SHOP.orders``.

        Raises:
            ValueError: if the type is unknown or the id malformed.
            ResourceNotFoundError: if DSS reports that there is no such object.
        """
        return self.instance_reader.read_object(resource_id)

    def sync_project(
        self,
        project_key: str,
        include_children: bool = True,
        *,
        on_error: OnError = "raise",
        progress: Progress = False,
    ) -> State:
        """Read a project from DSS; see :meth:`sync_all`.

        Args:
            include_children: read the objects in the project too.
            on_error, progress: see :meth:`sync_all`; so is what it returns and raises.

        Raises:
            ProjectNotVisibleError: if it does not exist, or the key may not see it.
        """
        make_resource_id(PROJECT.name, project_key)  # Raises for an invalid key.
        types = None if include_children else [PROJECT.name]
        stored, keys = self.store.load_for_reading([project_key]), [project_key]
        return self._state_reader.read_projects(stored, keys, on_error, progress, types)

    def sync_all(
        self,
        projects: Iterable[str] | None = None,
        *,
        on_error: OnError = "raise",
        confirm_removed: Iterable[str] = (),
        types: Iterable[str] | None = None,
        progress: Progress = False,
        executor: Executor | None = None,
    ) -> State:
        """Read projects and the objects in them.

        A project in the stored state that DSS no longer lists is unknown, not removed:
        DSS does not list projects that the API key may not see, either.

        Args:
            projects: their keys. Defaults to all projects that the API key may see.
            on_error: "raise" a SyncError, whose ``state`` has what could be read; or
                "keep" the stored version of the objects that could not be read, and log
                a warning. Either way they are in ``state.unknown``.
            confirm_removed: keys of projects that are known to be deleted.
            types: names of some types. Defaults to all that this manager reads.
            progress: ``True`` shows a progress bar; a callable receives how many
                objects and listings were read, and how many are known to be needed.
            executor: reads each project in a task, in other processes or on other
                machines, which get the API key; progress is that of the projects then.

        Returns:
            A new state, whose scope is what was read; it is not stored.

        Raises:
            ValueError: if ``projects`` or ``types`` is empty, or ``confirm_removed``
                has a project that DSS still lists, or is combined with ``projects``.
            SyncError, ExecutorError: if some objects could not be read.
            DSSError: if the projects could not be listed, or the key sees none.
        """
        removals = ConfirmedRemovals(confirm_removed)
        keys = self._defaults.keys(projects)
        removals.require_all_projects(keys)
        stored = self.store.load_for_reading(keys)
        reader = self._state_reader.over(executor, self.open_reader, self.client)
        return reader.read_all(stored, keys, on_error, progress, removals, types)

    def sync_instance(
        self,
        types: Iterable[str] | None = None,
        *,
        on_error: OnError = "raise",
        progress: Progress = False,
    ) -> State:
        """Read what is in no project: connections, groups, code environments and more.

        What the API key may not read is unknown; else see :meth:`sync_all`.
        """
        stored, keys = self.store.load_for_reading([INSTANCE]), [INSTANCE]
        return self._state_reader.read_projects(stored, keys, on_error, progress, types)

    def drift(
        self,
        project_key: str | Iterable[str] | None = None,
        *,
        ids: Iterable[str] | None = None,
        ignore: Iterable[IgnoreRule | str] | None = None,
        types: Iterable[str] | None = None,
        progress: Progress = False,
    ) -> DriftReport:
        """Read projects and compare them with the stored state; nothing is stored.

        Args:
            project_key: one or several, or ``@instance``. Defaults to all in the state.
            ids: only these; ids, or patterns of ignore rules: ``dataset.SHOP.raw_*``.
            ignore: rules. Defaults to those in ``.dataikuignore`` here, if it exists.
            types, progress: see :meth:`sync_all`.

        Raises:
            StateNotFoundError: if there is no stored state, or no project in it.
            ResourceNotFoundError: if nothing has a project, an id or a pattern.
            InstanceMismatchError: if the stored state is of another DSS instance.
            IgnoreFileError: if ``.dataikuignore`` is not a valid ignore file.
            DSSError: if nothing could be read. A part that could not be is unknown.
        """
        engine = DiffEngine(self._defaults.rules(ignore))
        keys = self._defaults.needed_keys(project_key, ids)
        stored = self.store.load_required("to compare with", keys)
        selection = self._defaults.select(stored, self.readers, project_key, ids, types)
        return read_drift(self._state_reader, stored, selection, engine, progress)

    def plan(
        self,
        code: State,
        options: PlanOptions | None = None,
        *,
        progress: Progress = False,
    ) -> ExecutionPlan:
        """Read DSS, and return what is to be done so that it has what the code says.

        Args:
            code: what DSS is to have, such as ``open_source("./SHOP").read()``.
            options: what is allowed beyond what is safe in any case.
            progress: see :meth:`sync_all`.
        """
        return make_plan(self.store, self._state_reader, code, options, progress)

    def refresh(
        self,
        ids: Iterable[str] | None = None,
        *,
        projects: Iterable[str] | None = None,
        types: Iterable[str] | None = None,
        confirm_removed: Iterable[str] = (),
        dry_run: bool = False,
        progress: Progress = False,
    ) -> State:
        """Update the stored state to match DSS.

        Args:
            ids, projects: see :meth:`drift`; what DSS no longer has is removed.
            types, confirm_removed, progress: see :meth:`sync_all`.
            dry_run: store nothing.

        Returns:
            The state as it is, or would be, stored. What could not be read is in its
            ``unknown`` or ``unknown_in_part``; of ``ids`` all are updated or none.

        Raises:
            ValueError: if an id is malformed, or ``confirm_removed`` has a project that
                DSS still shows, or that is not in the state.
            ResourceNotFoundError, StateNotFoundError: see :meth:`drift`.
            DSSError: if a request to DSS failed.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        removals = ConfirmedRemovals(confirm_removed)
        keys = None if removals.keys else self._defaults.needed_keys(projects, ids)
        stored = self.store.load_required("to refresh", keys)
        selection = self._defaults.select(stored, self.readers, projects, ids, types)
        read = self._state_reader.reread(stored, selection, "raise", progress, removals)
        return self.store.update(stored, read.state, read.deleted, dry_run)
