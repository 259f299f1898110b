"""How is a state kept in one place, so that nothing in it is lost?"""

import logging
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import ResourceDiffs, State
from dataikuapi.iac.models.state import NO_BASE
from dataikuapi.iac.statefile.merge import merge, require_newer

__all__ = ["StateStore"]

logger = logging.getLogger(__name__)


class StateStore:
    """Keeps the state of one environment in one backend.

    Args:
        backend: where the state is kept.
        environment: e.g. ``dev`` or ``prod``; goes into each state.
    """

    def __init__(self, backend: StateBackend, environment: str) -> None:
        self.backend = backend
        self.environment = environment

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
        state.base_version = NO_BASE
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

    def diff_versions(self, old_serial: int, new_serial: int) -> ResourceDiffs:
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

    def _load_required(self, purpose: str) -> State:
        """Return the stored state, without which something is in vain."""
        if not self.backend.exists():
            raise StateNotFoundError(
                f"there is no state in {self.backend!r} {purpose}; make one first: "
                "dataiku-iac sync, or manager.save_state(manager.sync_project(...))"
            )
        return self.load_state()

    def _save_synced(
        self,
        state: State,
        allow_other_instance: bool = False,
        deleted: Collection[str] = (),
    ) -> State:
        """Store what was read, and return the whole state as it is stored then."""
        if not self.backend.exists():
            self.backend.save(state)
            return state
        stored = self.load_state()
        if not isinstance(stored, State):  # A mock that was told of no state.
            self.backend.save(state)
            return state
        require_newer(stored, state, allow_other_instance)
        if state.scope is None:
            self.backend.save(state)
            return state
        together = merge(stored, state, deleted)
        together.base_version = stored.base_version
        self.backend.save(together)
        state.serial, state.lineage = together.serial, together.lineage
        return together

    def _locked(self, reason: str) -> AbstractContextManager[None]:
        """Keep others from saving between our load and our save."""
        if issubclass(type(self.backend), StateBackend):
            return self.backend.lock(reason)
        return nullcontext()  # A stand-in with just the methods that are called.
