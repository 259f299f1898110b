"""What a place that keeps a state has to promise."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from dataikuapi.iac.exceptions import StateNotFoundError
from dataikuapi.iac.models import State

__all__ = ["StateBackend", "StateVersion"]

DEFAULT_LOCK_TIMEOUT = 60.0
"""How many seconds a lock is waited for when nothing else is said."""


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
        """Return the older versions, newest first; by default there are none."""
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
