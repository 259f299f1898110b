"""The conductor: reads an instance into states, and keeps them in a backend."""

import logging
from collections.abc import Iterable
from datetime import datetime

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import (
    InstanceMismatchError,
    StateConflictError,
    StateNotFoundError,
)
from dataikuapi.iac.models import Resource, State, make_resource_id
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.merge import merged
from dataikuapi.iac.models.scope import read_later, scope_entry
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.sync import SYNCS, ResourceSync
from dataikuapi.iac.sync.connection import host_of, own_copy
from dataikuapi.iac.sync.instance import is_other_instance, read_instance

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
    ) -> None:
        self.backend = backend
        self.client = client
        self.environment = environment
        self._own_client = own_copy(client)
        self._instance: dict[str, JSON] | None = None
        for resource_type, sync in SYNCS.items():
            reader = sync(self._own_client, secret_key=secret_key)
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
        return State(environment=self.environment)

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
        synced = state.scope is not None or state.instance is not None
        if not synced or not self.backend.exists():
            self.backend.save(state)
            return
        stored = self.load_state()
        if not allow_other_instance:
            _refuse_other_instance(stored, state)
        _refuse_older(stored, state)
        self.backend.save(state if state.scope is None else merged(stored, state))

    def sync_resource(self, resource_id: str) -> Resource:
        """Read one object from DSS.

        Args:
            resource_id: e.g. ``dataset.SHOP.orders``.

        Raises:
            ValueError: if the type is unknown or the id malformed.
            ResourceNotFoundError: if DSS says that there is no such object.
        """
        resource_type = resource_id.partition(".")[0]
        if resource_type not in SYNCS:
            known = ", ".join(sorted(SYNCS))
            raise ValueError(
                f"Unknown resource type {resource_type[:40]!r}; known: {known}"
            )
        return self._sync_of(resource_type).fetch(resource_id)

    def sync_project(self, project_key: str, include_children: bool = True) -> State:
        """Read a project from DSS.

        Args:
            project_key: of the project.
            include_children: read its datasets and recipes too.

        Returns:
            A new state, whose scope is what was read; nothing is stored.

        Raises:
            ProjectNotVisibleError: if it does not exist, or the key may not see it.
            DSSError: if DSS could not be asked.
            UnsupportedValueError: if DSS has a value that a state cannot hold.
        """
        started = utc_now()
        project = self.project_sync.fetch(make_resource_id("project", project_key))
        return self._state([project], include_children, started)

    def sync_all(self, projects: Iterable[str] | None = None) -> State:
        """Read projects with their datasets and recipes.

        Args:
            projects: their keys; all that the API key may see when left out. A project
                that the key does not see is outside the scope of the result, and so
                never shows as removed.

        Returns:
            A new state, whose scope is what was read; nothing is stored.

        Raises:
            ProjectNotVisibleError: if one of ``projects`` does not exist, or the key
                may not see it.
            DSSError: if DSS could not be asked.
            UnsupportedValueError: if DSS has a value that a state cannot hold.
        """
        started = utc_now()
        if projects is None:
            found = self.project_sync.list_all()
        else:
            ids = [make_resource_id("project", key) for key in projects]
            found = [self.project_sync.fetch(resource_id) for resource_id in ids]
        return self._state(found, True, started)

    def _sync_of(self, resource_type: str) -> ResourceSync:
        sync: ResourceSync = getattr(self, f"{resource_type}_sync")
        return sync

    def _state(
        self, projects: list[Resource], include_children: bool, started: datetime
    ) -> State:
        """Build the state of these projects, and of what is inside them."""
        types = list(SYNCS) if include_children else ["project"]
        keys = [project.project_key for project in projects]
        found = projects + [
            resource
            for key in keys
            for resource_type in types
            if resource_type != "project"
            for resource in self._sync_of(resource_type).list_all(key)
        ]
        found.sort(key=lambda resource: resource.resource_id)
        return State(
            serial=1,
            environment=self.environment,
            resources={resource.resource_id: resource for resource in found},
            instance=self._read_instance(),
            scope=[scope_entry(key, types, started) for key in keys],
        )

    def _read_instance(self) -> dict[str, JSON] | None:
        """Return which DSS it is; asked once a manager."""
        if self._instance is None:
            self._instance = read_instance(self._own_client)
        return self._instance


def _refuse_other_instance(stored: State, fresh: State) -> None:
    if is_other_instance(stored.instance, fresh.instance):
        raise InstanceMismatchError(
            f"the stored state is of DSS {stored.instance}, this one of "
            f"{fresh.instance}. Keep them in two places, or save with "
            "allow_other_instance=True"
        )


def _refuse_older(stored: State, fresh: State) -> None:
    later = read_later(stored.scope or [], fresh.scope or [])
    if later:
        raise StateConflictError(
            f"what is stored was read later than this state: {'; '.join(later)[:300]}. "
            "Sync again, then save"
        )
