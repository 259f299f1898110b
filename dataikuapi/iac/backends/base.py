"""The contract of a backend: where one state is stored."""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from dataikuapi.iac.backends.state_version import StateVersion, StateVersions
from dataikuapi.iac.exceptions import (
    JournalNotSupportedError,
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.locks import LockInfo
from dataikuapi.iac.models.save_note import SaveNote, set_note
from dataikuapi.iac.models.slices import restricted
from dataikuapi.iac.partial_saves import (
    follow,
    is_stored,
    merge_scope,
    require_first,
    touched_projects,
)

__all__ = ["ATTEMPTS", "PAUSE", "StateBackend"]

DEFAULT_LOCK_TIMEOUT = 60.0
"""Default number of seconds to wait for a lock."""

ATTEMPTS = 20
"""How often a save of some projects is tried while others store other projects."""

PAUSE = 0.02
"""The longest pause after the first attempt, in seconds; it grows with each one."""


class StateBackend(ABC):
    """Stores one state.

    Subclass it with the five abstract methods; the others have defaults that work with
    just these. Or build on :class:`~dataikuapi.iac.backends.blob.BlobBackend`, which
    needs less and does more: it refuses lost updates, and keeps a history.
    """

    lock_timeout = DEFAULT_LOCK_TIMEOUT
    """How many seconds a save waits for the lock; negative to wait forever."""

    save_message = ""
    """Why the next versions are saved; recorded in each of them."""

    capabilities: frozenset[Capability] = frozenset()
    """What the storage promises beyond the five methods."""

    lock_freed_after: float | None = None
    """How many seconds after the death of its holder others can take a lock; 0 if the
    storage notices, ``None`` if that takes :meth:`release_lock`."""

    @abstractmethod
    def load(self) -> State:
        """Return the stored state, validated.

        Raises:
            StateNotFoundError: if there is none.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
        """

    @abstractmethod
    def save(self, state: State, *, force: bool = False) -> None:
        """Replace the stored state, as a whole or not at all.

        A subclass may omit ``force``: this library passes it only to its own backends.

        Args:
            state: what to store.
            force: replace whatever is stored. A backend that detects no conflicts may
                ignore it.

        Raises:
            StateConflictError: if the stored state is not the one that this state was
                loaded from, in a backend that detects conflicts.
            StateWriteError: if it could not be stored.
        """

    @abstractmethod
    def exists(self) -> bool:
        """Return whether anything is stored, readable or not.

        Raises:
            StateReadError: if that cannot be found out.
        """

    @abstractmethod
    def delete(self) -> None:
        """Remove the stored state; backups stay.

        Raises:
            StateNotFoundError: if there is none.
            StateWriteError: if it cannot be removed.
        """

    @abstractmethod
    def backup(self, suffix: str = "backup") -> Path | str:
        """Copy what is stored, and never overwrite an older copy.

        Args:
            suffix: goes into the name of the copy.

        Returns:
            Where the copy went.

        Raises:
            StateNotFoundError: if nothing is stored.
            StateWriteError: if it cannot be copied.
        """

    def lock(
        self, reason: str = "", timeout: float | None = None
    ) -> AbstractContextManager[None]:
        """Prevent other saves for the duration of the block; the default does nothing.

        Re-entrant in one thread: ``save`` takes it again.

        Args:
            reason: shown to anyone waiting for the lock.
            timeout: seconds to wait for the lock; negative to wait forever. Defaults
                to ``lock_timeout``.

        Raises:
            StateLockedError: if somebody else still holds it by then.
            StateWriteError: if locking failed.
        """
        return nullcontext()

    def lease(self, project_keys: Sequence[str]) -> AbstractContextManager[None]:
        """Prevent other applies to these projects; the default does nothing.

        Saving the state goes on meanwhile.

        Args:
            project_keys: sorted, so that two who want the same do not wait for each
                other.

        Raises:
            StateLockedError: if somebody else is applying to one of them.
            StateWriteError: if locking failed.
        """
        return nullcontext()

    def locks(self) -> list[LockInfo]:
        """Return who holds a lock; by default nobody is known to.

        Raises:
            StateReadError: if that cannot be found out.
        """
        return []

    def release_lock(self, name: str, *, force: bool = False) -> LockInfo:
        """Take a lock away from its holder, whose next save then fails.

        Args:
            name: of the lock, as :meth:`locks` has it.
            force: take it even if its holder is not known to be gone.

        Returns:
            Who held it.

        Raises:
            StateNotFoundError: if nobody holds a lock of that name.
            StateLockedError: if the holder may still be at work, and force is not set.
            StateWriteError: by default: only its holder can release a lock.
        """
        raise StateWriteError(
            f"{self!r} cannot take a lock away from its holder: end that process"
        )

    def load_projects(self, project_keys: Iterable[str]) -> State:
        """Return what is stored of some projects.

        Its scope is what the stored one has of these projects, and it is based on the
        stored version. Save it with :meth:`save_scope`.

        Args:
            project_keys: of the projects; that of the instance for what is in none.

        Raises:
            StateNotFoundError: if nothing is stored.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
        """
        return restricted(self.load(), frozenset(project_keys))

    def save_scope(self, state: State) -> None:
        """Replace exactly what the scope of a state covers; the rest stays as stored.

        What others stored meanwhile elsewhere is no conflict. The state then carries
        serial and lineage of what was stored. Where nothing is stored, it is saved.
        After a save that failed, what is stored all the same is not stored again.

        Args:
            state: a reading of some projects, or what :meth:`load_projects` returned.

        Raises:
            StateConflictError: if something that it replaces was stored since it was
                loaded, or since its reading began; or if all was deleted since.
            ValueError: if it has an object of a project that was not loaded.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        try:
            stored = self.update_projects(
                touched_projects(state), partial(merge_scope, fresh=state)
            )
        except StateNotFoundError:
            require_first(state)
            self.save(state)
            return
        except StateConflictError:
            base = state.base_version
            if base is None or base.projects is None:
                raise
            stored = self.load_projects(base.projects)
            if not is_stored(stored, state):
                raise
        except BaseException:  # Also an interrupt, after it was stored.
            state.may_be_stored = True
            raise
        follow(state, stored)

    def update_projects(
        self, project_keys: Collection[str], change: Callable[[State], State]
    ) -> State:
        """Replace what is stored of some projects.

        Atomic where the backend locks or detects conflicts. With neither, what others
        store between its load and its save is lost. The default loads and saves all.

        Args:
            project_keys: of the projects.
            change: gets what is stored of at least these projects, and returns what is
                to be stored of it. Where others store something meanwhile, it is
                called again.

        Returns:
            What is stored now, of at least these projects.

        Raises:
            StateNotFoundError: if nothing is stored.
            StateConflictError: if others kept storing meanwhile.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        with self.lock("save"):
            for attempt in range(1, ATTEMPTS + 1):
                stored = self.load()
                changed = change(stored)
                try:
                    self.save(changed)
                except StateConflictError:
                    # Where nobody else has saved, trying again is no use.
                    is_still = self.load().base_version == stored.base_version
                    if attempt == ATTEMPTS or is_still:
                        raise
                    time.sleep(random.uniform(0, PAUSE * attempt))
                else:
                    return changed
        raise AssertionError("not reached")

    def history(self) -> list[StateVersion]:
        """Return the older versions, newest first; by default there are none.

        Raises:
            StateReadError: if they cannot be listed.
        """
        return StateVersions()

    def load_version(self, serial: int) -> State:
        """Return the version of that serial; the default knows the stored state alone.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
        """
        if self.exists():
            state = self.load()
            if state.serial == serial:
                return state
        raise StateNotFoundError(f"there is no version with serial {serial}")

    def restore(self, serial: int) -> State:
        """Store an older version again, as the newest one.

        The default saves what :meth:`load_version` returns, under the lock, with a
        serial above that of the stored state. It cannot replace a stored state that
        does not load.

        Returns:
            The state as it is stored now.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
            StateWriteError: if it could not be stored.
        """
        with self.lock(f"restore serial {serial}"):
            state = self.load_version(serial)
            if self.exists():
                stored = self.load()
                state.serial = max(serial, stored.serial) + 1
                state.lineage = stored.lineage
                state.base_version = stored.base_version
            set_note(state, SaveNote())
            self.save(state)
            return state

    def journal(self) -> Journal:
        """Return the journal of applies, which is kept where the state is.

        Raises:
            JournalNotSupportedError: by default: it takes a place to keep one.
        """
        raise JournalNotSupportedError(
            f"this backend cannot resume an interrupted apply, since it keeps no "
            f"journal: {self!r}. To apply all the same, pass --no-journal, or "
            "apply(..., journal=False)"
        )

    def verify(self) -> list[str]:
        """Return what is wrong with what is stored, one sentence each.

        The default says why the stored state does not load, and checks nothing else.
        """
        try:
            self.load()
        except StateNotFoundError:
            pass  # Nothing is stored, so nothing is wrong with it.
        except (StateCorruptedError, StateReadError) as error:
            return [str(error)]
        return []
