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
        environment: e.g. ``dev`` or ``prod``; recorded in each state.
    """

    def __init__(self, backend: StateBackend, environment: str) -> None:
        self.environment = environment
        self._backend = adapt_backend(backend)

    def load(self) -> State:
        """Return the stored state, or an empty one if there is none.

        Raises:
            StateCorruptedError: if what is stored is not a valid state.
        """
        if self._backend.exists():
            try:
                return self._backend.load()
            except StateNotFoundError:
                logger.info("the state was deleted before it could be loaded")
        state = State(environment=self.environment)
        state.base_version = NO_BASE
        return state

    def load_required(self, purpose: str) -> State:
        """Return the stored state, which has to exist.

        Args:
            purpose: what it is needed for, for the message, e.g. ``to refresh``.

        Raises:
            StateNotFoundError: if there is none.
            StateCorruptedError: if what is stored is not a valid state.
        """
        if not self._backend.exists():
            raise StateNotFoundError(
                f"there is no state in {self._backend!r} {purpose}; create one first: "
                "dataiku-iac sync, or manager.save_state(manager.sync_project(...))"
            )
        return self.load()

    def lock(self, reason: str) -> AbstractContextManager[None]:
        """Prevent other saves between a load and a save."""
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
            self.merge_and_save(state, self.load(), allow_other_instance)

    def merge_and_save(
        self,
        state: State,
        stored: State,
        allow_other_instance: bool = False,
        deleted: Collection[str] = (),
    ) -> State:
        """Merge the state that a sync read into the stored one, and save the result.

        Args:
            state: what the sync read.
            stored: the stored state, loaded under the lock that is still held.
            allow_other_instance: whether it may be of another DSS instance.
            deleted: ids of single objects that no longer exist.

        Returns:
            The whole state, as it is stored now.

        Raises:
            StateConflictError: if the stored state was read later.
            InstanceMismatchError: if the stored state is of another DSS instance.
            StateWriteError: if it could not be stored; the stored state is unchanged.
        """
        require_newer(stored, state, allow_other_instance)
        if state.scope is None:
            self._backend.save(state)
            return state
        merged = merge(stored, state, deleted)
        merged.base_version = stored.base_version
        self._backend.save(merged)
        state.serial, state.lineage = merged.serial, merged.lineage
        return merged

    def diff_versions(self, old_serial: int, new_serial: int) -> ResourceDiffs:
        """Compare two stored versions; see :meth:`StateManager.diff_versions`."""
        return DiffEngine().diff(
            self._backend.load_version(old_serial),
            self._backend.load_version(new_serial),
        )
