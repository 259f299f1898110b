"""The contract of a backend: where one state is stored."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from dataikuapi.iac.exceptions import (
    JournalNotSupportedError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.save_note import SaveNote, set_note

__all__ = ["StateBackend", "StateVersion", "StateVersions"]

DEFAULT_LOCK_TIMEOUT = 60.0
"""Default number of seconds to wait for a lock."""


@dataclass(frozen=True)
class StateVersion:
    """One older version of a state, as a listing shows it.

    What a listing does not show, ``lineage`` and ``resources``, is read on first use.

    Args:
        serial: of the version. A backend may infer it without reading the version;
            the state that ``load`` returns has the true one.
        time: when it was stored; where a storage keeps versions by copying them, when
            it was replaced.
        size: in bytes.
        name: under which it is kept.
        load: reads the version. Raises StateNotFoundError if it was pruned since it
            was listed, StateReadError or StateCorruptedError if it cannot be read.
    """

    serial: int
    time: datetime
    size: int
    name: str
    load: Callable[[], State] = field(repr=False, compare=False)

    @property
    def lineage(self) -> str | None:
        """The lineage of the version; raises what ``load`` raises."""
        return self._contents[0]

    @property
    def resources(self) -> int:
        """How many resources the version has; raises what ``load`` raises."""
        return self._contents[1]

    @cached_property
    def _contents(self) -> tuple[str | None, int]:
        state = self.load()
        return state.lineage, len(state.resources)


class StateVersions(list[StateVersion]):
    """Older versions of a state, newest first; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        """Return what a notebook shows, without reading a version."""
        from dataikuapi.iac.reports.notebook import versions_html

        return versions_html(
            (item.serial, item.time, item.size, item.name) for item in self
        )


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
        """Replace the stored state; if that fails, the previous state is unchanged.

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
