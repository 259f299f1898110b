"""Adapts a backend: a StateBackend, or a test double such as a mock.

All special treatment of test doubles is in this module.
"""

from pathlib import Path

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.models import State

__all__ = ["adapt_backend"]


def adapt_backend(backend: StateBackend) -> StateBackend:
    """Return the backend itself, or an adapter for a test double.

    Args:
        backend: anything with the five methods of a backend. isinstance() cannot
            distinguish them: it is true of an autospecced mock.

    Raises:
        TypeError: if it has none of them.
    """
    if issubclass(type(backend), StateBackend):
        return backend
    if not any(hasattr(backend, name) for name in _METHODS):
        raise TypeError(
            f"{type(backend).__name__} is no backend, since it cannot load or save: a "
            "backend comes before the client, and open_backend() makes one from a path "
            "or URL"
        )
    return _BackendAdapter(backend)


_METHODS = ("load", "save", "exists", "delete", "backup")


class _BackendAdapter(StateBackend):
    """Adapts a test double with the five methods of a backend; it has no lock."""

    def __init__(self, double: StateBackend) -> None:
        self._double = double

    def __repr__(self) -> str:
        """Return the representation of the test double."""
        return repr(self._double)

    def load(self) -> State:
        """Delegate to the test double."""
        return self._double.load()

    def save(self, state: State, *, force: bool = False) -> None:
        """Pass the state on, without ``force``."""
        self._double.save(state)

    def exists(self) -> bool:
        """Delegate to the test double.

        A mock that nobody configured returns another mock: then nothing is stored.
        """
        return self._double.exists() is True

    def delete(self) -> None:
        """Delegate to the test double."""
        self._double.delete()

    def backup(self, suffix: str = "backup") -> Path | str:
        """Delegate to the test double."""
        return self._double.backup(suffix)
