"""Adapts a stand-in for a backend, such as a mock, to what the library relies on."""

from pathlib import Path

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.models import State

__all__ = ["adapt_backend"]


def adapt_backend(backend: StateBackend) -> StateBackend:
    """Return the backend, or what makes a backend of a stand-in for one.

    Args:
        backend: anything with the five methods of a backend. Not isinstance() decides,
            to which an autospecced mock lies.
    """
    if issubclass(type(backend), StateBackend):
        return backend
    return _BackendDouble(backend)


class _BackendDouble(StateBackend):
    """A backend whose five methods are those of a stand-in; it has no lock."""

    def __init__(self, double: StateBackend) -> None:
        self._double = double

    def __repr__(self) -> str:
        """Return what the stand-in says of itself."""
        return repr(self._double)

    def load(self) -> State:
        """Return what the stand-in returns."""
        return self._double.load()

    def save(self, state: State, *, force: bool = False) -> None:
        """Pass the state on, without ``force``."""
        self._double.save(state)

    def exists(self) -> bool:
        """Return what the stand-in returns.

        A mock that nobody configured returns another mock: then nothing is stored.
        """
        return self._double.exists() is True

    def delete(self) -> None:
        """Let the stand-in delete."""
        self._double.delete()

    def backup(self, suffix: str = "backup") -> Path | str:
        """Return what the stand-in returns."""
        return self._double.backup(suffix)
