"""What a place that keeps a state has to promise."""

from abc import ABC, abstractmethod
from pathlib import Path

from dataikuapi.iac.models import State

__all__ = ["StateBackend"]


class StateBackend(ABC):
    """One place that keeps one state.

    Subclass it with these five methods, or build on
    :class:`~dataikuapi.iac.backends.blob.BlobBackend`, which needs less.
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
