"""What a place that keeps a state has to promise."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import State

__all__ = ["StateBackend", "StateVersion"]

DEFAULT_LOCK_TIMEOUT = 60.0
"""How many seconds a lock is waited for when nothing else is said."""


@dataclass(frozen=True)
class StateVersion:
    """One older version of a state.

    Args:
        serial: of the version.
        lineage: of the version.
        time: when it last changed.
        size: in bytes.
        resources: how many it has.
        name: under which it is kept.
    """

    serial: int
    lineage: str | None
    time: datetime
    size: int
    resources: int
    name: str


class StateBackend(ABC):
    """One place that keeps one state.

    Subclass it with the five abstract methods, or build on
    :class:`~dataikuapi.iac.backends.blob.BlobBackend`, which needs less and does more:
    it refuses lost updates, and keeps a history.
    """

    @abstractmethod
    def load(self) -> State:
        """Return the stored state, validated.

        Raises:
            StateNotFoundError: if there is none.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a state.
        """

    @abstractmethod
    def save(self, state: State) -> None:
        """Store the state; whatever goes wrong, the one stored before stays whole.

        Raises:
            StateWriteError: if it could not be stored.
        """

    @abstractmethod
    def exists(self) -> bool:
        """Tell whether anything is stored, readable or not."""

    @abstractmethod
    def delete(self) -> None:
        """Remove the stored state; backups stay.

        Raises:
            StateNotFoundError: if there is none.
        """

    @abstractmethod
    def backup(self, suffix: str = "backup") -> Path | str:
        """Keep a copy of what is stored, and never overwrite an older copy.

        Args:
            suffix: goes into the name of the copy.

        Returns:
            Where the copy went.

        Raises:
            StateNotFoundError: if nothing is stored.
        """

    @contextmanager
    def lock(
        self, reason: str = "", timeout: float = DEFAULT_LOCK_TIMEOUT
    ) -> Iterator[None]:
        """Keep others from saving for a while; a backend without locks does nothing.

        Args:
            reason: is told to whoever waits.
            timeout: how many seconds to wait for whoever has the lock.

        Raises:
            StateLockedError: if somebody else still has it by then.
        """
        yield

    def history(self) -> list[StateVersion]:
        """Return the older versions that can be read, newest first; none by default."""
        return []

    def load_version(self, serial: int) -> State:
        """Return the version of that serial; the stored state counts too.

        Raises:
            StateNotFoundError: if there is none of that serial.
        """
        if self.exists():
            state = self.load()
            if state.serial == serial:
                return state
        raise StateNotFoundError(f"no version with serial {serial} is kept")
