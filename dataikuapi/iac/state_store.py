"""Loads and saves the state of one environment in one backend."""

import logging
from collections.abc import Collection
from contextlib import AbstractContextManager

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.double import adapt_backend
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import ResourceDiffs, State
from dataikuapi.iac.models.state import NO_BASE
from dataikuapi.iac.statefile.merge import merge, require_newer

__all__ = ["StateStore"]

logger = logging.getLogger(__name__)


class StateStore:
    """The state of one environment, in one backend.

    Args:
        backend: where the state is stored.
        environment: e.g. ``dev`` or ``prod``; goes into each state.
    """

    def __init__(self, backend: StateBackend, environment: str) -> None:
        self.environment = environment
        self._backend = adapt_backend(backend)

    def load(self) -> State:
        """Return the stored state; an empty one where there is none.

        Raises:
            StateCorruptedError: if what is stored is not a state.
        """
        if self._backend.exists():
            try:
                return self._backend.load()
            except StateNotFoundError:
                logger.info("the state was deleted while it was about to be read")
        state = State(environment=self.environment)
        state.base_version = NO_BASE
        return state

    def load_required(self, purpose: str) -> State:
        """Return the stored state, without which there is nothing to do.

        Args:
            purpose: what it is needed for, e.g. ``to refresh``.

        Raises:
            StateNotFoundError: if there is none.
            StateCorruptedError: if what is stored is not a state.
        """
        if not self._backend.exists():
            raise StateNotFoundError(
                f"there is no state in {self._backend!r} {purpose}; make one first: "
                "dataiku-iac sync, or manager.save_state(manager.sync_project(...))"
            )
        return self.load()

    def lock(self, reason: str) -> AbstractContextManager[None]:
        """Keep others from saving between a load and a save."""
        return self._backend.lock(reason)

    def save(self, state: State, allow_other_instance: bool = False) -> None:
        """Store a state; see :meth:`StateManager.save_state`."""
        state.environment = self.environment
        if state.scope is None and state.instance is None:
            self._backend.save(state)
            return
        with self.lock(f"saving {state!r}"):
            if not self._backend.exists():
                self._backend.save(state)
                return
            self.save_reading(state, self.load(), allow_other_instance)

    def save_reading(
        self,
        state: State,
        stored: State,
        allow_other_instance: bool = False,
        deleted: Collection[str] = (),
    ) -> State:
        """Store what was read, over what is stored.

        Args:
            state: what was read.
            stored: what is stored, loaded under the lock that is still held.
            allow_other_instance: whether it may be of another DSS.
            deleted: ids of single objects that do not exist.

        Returns:
            The whole state as it is stored then.

        Raises:
            StateConflictError: if what is stored was read later.
            InstanceMismatchError: if what is stored is of another DSS.
            StateWriteError: if it could not be stored; the stored state is unchanged.
        """
        require_newer(stored, state, allow_other_instance)
        if state.scope is None:
            self._backend.save(state)
            return state
        together = merge(stored, state, deleted)
        together.base_version = stored.base_version
        self._backend.save(together)
        state.serial, state.lineage = together.serial, together.lineage
        return together

    def diff_versions(self, old_serial: int, new_serial: int) -> ResourceDiffs:
        """Compare two stored versions; see :meth:`StateManager.diff_versions`."""
        return DiffEngine().diff(
            self._backend.load_version(old_serial),
            self._backend.load_version(new_serial),
        )
