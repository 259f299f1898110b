"""The conductor: reads an instance into states, and keeps them in a backend."""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.models import Resource, ResourceDiff, State, make_resource_id
from dataikuapi.iac.models.merge import (
    is_other_instance,
    merged,
    refuse_to_replace,
)
from dataikuapi.iac.models.state import NOTHING_STORED
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync import SYNCS, ResourceSync
from dataikuapi.iac.sync.connection import host_of
from dataikuapi.iac.sync.origin import Origin
from dataikuapi.iac.sync.policy import CallPolicy
from dataikuapi.iac.sync.progress import shown
from dataikuapi.iac.sync.reading import (
    OnError,
    Reader,
    Reading,
    list_projects,
    read_projects,
    tell_unknown,
)
from dataikuapi.iac.sync.workers import CountProgress, Workers

__all__ = ["StateManager"]

logger = logging.getLogger(__name__)


class StateManager:
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
        policy: CallPolicy | None = None,
    ) -> None:
        self.backend = backend
        self.client = client
        self.environment = environment
        self._workers = Workers(client, max_workers, policy)
        self._origin = Origin()
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
        from dataikuapi.iac.backends.local import LocalFileBackend

        backend = LocalFileBackend(f".dataiku/state/{environment}.state.json")
        return cls(backend, client, environment, secret_key=secret_key)

    def __repr__(self) -> str:
        """Return in one line which instance is kept where."""
        return (
            f"<StateManager {self.environment}: "
            f"{host_of(self.client)}, kept in {self.backend!r}>"
        )

    def load_state(self) -> State:
        """Return the stored state; an empty one where there is none.

        Raises:
            StateCorruptedError: if what is stored is not a state.
        """
        if self.backend.exists():
            try:
                return self.backend.load()
            except StateNotFoundError:
                logger.info("the state was deleted while it was about to be read")
        state = State(environment=self.environment)
        state.stored_as = NOTHING_STORED
        return state

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
            StateWriteError: if it could not be stored; what was stored is intact.
            StateCorruptedError: if what is stored is not a state.
        """
        state.environment = self.environment
        if state.scope is None and state.instance is None:
            self.backend.save(state)
            return
        with self._locked(f"saving {state!r}"):
            self._save_synced(state, allow_other_instance)

    def _save_synced(self, state: State, allow_other_instance: bool) -> None:
        if not self.backend.exists():
            self.backend.save(state)
            return
        stored = self.load_state()
        if not isinstance(stored, State):  # A mock that was told of no state.
            self.backend.save(state)
            return
        refuse_to_replace(stored, state, allow_other_instance)
        if state.scope is None:
            self.backend.save(state)
            return
        together = merged(stored, state)
        together.stored_as = stored.stored_as
        self.backend.save(together)
        state.serial, state.lineage = together.serial, together.lineage

    def _locked(self, reason: str) -> AbstractContextManager[None]:
        """Keep others from saving between our load and our save."""
        if issubclass(type(self.backend), StateBackend):
            return self.backend.lock(reason)
        return nullcontext()  # A stand-in with just the methods that are called.

    def diff_versions(self, old_serial: int, new_serial: int) -> list[ResourceDiff]:
        """Compare two stored versions; the stored state is one of them.

        Args:
            old_serial: of the version that was.
            new_serial: of the version that came after it.

        Raises:
            StateNotFoundError: if one of them is not kept.
        """
        return DiffEngine().diff(
            self.backend.load_version(old_serial), self.backend.load_version(new_serial)
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
        resource_type = str(resource_id).partition(".")[0]
        if resource_type not in SYNCS:
            known = ", ".join(sorted(SYNCS))
            raise ValueError(
                f"Unknown resource type {resource_type[:40]!r}; known: {known}"
            )
        resource = replace(self._readers()[resource_type].fetch(resource_id))
        self._origin.ask(self._workers.client)
        self._origin.sign(resource)
        return resource

    def sync_project(
        self,
        project_key: str,
        include_children: bool = True,
        *,
        on_error: OnError = "raise",
        progress: bool | CountProgress = False,
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
        _refuse_unknown(on_error)
        make_resource_id("project", project_key)  # Refuses what is no project key.
        types = list(SYNCS) if include_children else ["project"]
        started = utc_now()
        with shown(progress) as count, self._workers.at_work(count):
            reading = self._read([project_key], types)
        return self._result(reading, started, on_error)

    def sync_all(
        self,
        projects: Iterable[str] | None = None,
        *,
        on_error: OnError = "raise",
        confirm_removed: Iterable[str] = (),
        progress: bool | CountProgress = False,
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
        _refuse_unknown(on_error)
        removed = _keys(confirm_removed, "confirm_removed")
        if projects is not None and removed:
            raise ValueError(
                "confirm_removed goes with a sync of all projects: only their list "
                "tells that a project is not there"
            )
        wanted = None if projects is None else _keys(projects, "projects")
        types, started = list(SYNCS), utc_now()
        with shown(progress) as count, self._workers.at_work(count):
            if wanted is not None:
                keys = wanted
                reading = self._read(keys, types)
            else:
                reading, keys = list_projects(self._readers()["project"])
                reading.join(self._read(keys, types[1:]))
        _refuse_visible(removed, keys)
        reading.complete += [(key, kind) for key in removed for kind in types]
        known = keys + removed if projects is None else None
        return self._result(reading, started, on_error, known)

    def _readers(self) -> dict[str, Reader]:
        return {name: getattr(self, f"{name}_sync") for name in SYNCS}

    def _read(self, project_keys: list[str], types: list[str]) -> Reading:
        readers = self._readers()
        return read_projects(self._workers, self._origin, readers, project_keys, types)

    def _result(
        self,
        reading: Reading,
        started: datetime,
        on_error: OnError,
        listed: list[str] | None = None,
    ) -> State:
        state = reading.state(started)
        state.environment = self.environment
        self._origin.mark(state)
        if reading.failures or listed is not None:
            tell_unknown(state, self._stored(state), reading.failures, listed, on_error)
        return state

    def _stored(self, fresh: State) -> State:
        """Return what is stored of the same DSS; an empty state if there is nothing."""
        stored = self.load_state()
        of_same = isinstance(stored, State) and not is_other_instance(
            stored.instance, fresh.instance
        )
        return stored if of_same else State()


def _refuse_unknown(on_error: str) -> None:
    if on_error not in ("raise", "keep"):
        raise ValueError(f"on_error is {on_error!r}; it takes 'raise' or 'keep'")


def _keys(projects: Iterable[str], name: str) -> list[str]:
    """Return project keys, each once; one key is not a list of letters."""
    if isinstance(projects, str):
        raise ValueError(f"{name} is {projects!r}; it takes a list: [{projects!r}]")
    return list(dict.fromkeys(projects))


def _refuse_visible(removed: list[str], listed: list[str]) -> None:
    there = sorted(set(removed) & set(listed))
    if there:
        raise ValueError(f"confirm_removed: DSS still lists {', '.join(there)}")
