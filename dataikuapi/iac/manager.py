"""The conductor: reads an instance into states, and keeps them in a backend."""

import logging
from collections.abc import Iterable

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import Resource, State, make_resource_id
from dataikuapi.iac.sync import SYNCS, ResourceSync
from dataikuapi.iac.sync.connection import with_time_out

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
        self, backend: StateBackend, client: DSSClient, environment: str
    ) -> None:
        self.backend = backend
        self.client = client
        self.environment = environment
        patient = with_time_out(client)
        for resource_type, sync in SYNCS.items():
            setattr(self, f"{resource_type}_sync", sync(patient))

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

    def save_state(self, state: State) -> None:
        """Store the state as one of this manager's environment.

        Raises:
            StateWriteError: if it could not be stored; what was stored is intact.
        """
        state.environment = self.environment
        self.backend.save(state)

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
            A new state; nothing is stored.

        Raises:
            ResourceNotFoundError: if DSS says that there is no such project.
        """
        project = self.project_sync.fetch(make_resource_id("project", project_key))
        children = self._children(project_key) if include_children else []
        return self._state([project, *children])

    def sync_all(self) -> State:
        """Read all projects that the key may see, with their datasets and recipes.

        Returns:
            A new state; nothing is stored.
        """
        resources = []
        for project in self.project_sync.list_all():
            resources += [project, *self._children(project.project_key)]
        return self._state(resources)

    def _sync_of(self, resource_type: str) -> ResourceSync:
        sync: ResourceSync = getattr(self, f"{resource_type}_sync")
        return sync

    def _children(self, project_key: str) -> list[Resource]:
        return [
            resource
            for resource_type in SYNCS
            if resource_type != "project"
            for resource in self._sync_of(resource_type).list_all(project_key)
        ]

    def _state(self, resources: Iterable[Resource]) -> State:
        ordered = sorted(resources, key=lambda resource: resource.resource_id)
        return State(
            serial=1,
            environment=self.environment,
            resources={resource.resource_id: resource for resource in ordered},
        )
