"""Responses that several types need, each requested once in a sync."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock, local
from typing import Any, TypeVar

from dataikuapi.iac.types import ResourceType
from dataikuapi.iac.types.shapes import match_path

__all__ = ["SharedResponses", "shared_paths"]

T = TypeVar("T")


def shared_paths(kinds: Iterable[ResourceType]) -> frozenset[str]:
    """Return the paths that more than one of these types requests."""
    return frozenset(path for kind in kinds for path in kind.shared_responses)


class _ThreadState(local):
    """Thread-local state."""

    is_bypassed = False


class SharedResponses:
    """The responses to some requests, for the duration of a sync.

    The first thread that needs a response requests it, and others wait for that. An
    error is not kept: the next thread tries itself.

    Args:
        paths: which requests, as :attr:`ResourceType.responses` writes paths.
    """

    def __init__(self, paths: Collection[str] = ()) -> None:
        self._paths = paths
        self._lock = Lock()
        self._locks: dict[str, Lock] = {}
        self._values: dict[str, Any] = {}
        self._this_thread = _ThreadState()

    @contextmanager
    def bypassed(self) -> Iterator[None]:
        """Let this thread make every request itself, to see what is there now."""
        before = self._this_thread.is_bypassed
        self._this_thread.is_bypassed = True
        try:
            yield
        finally:
            self._this_thread.is_bypassed = before

    def as_here(self, call: Callable[[], T]) -> Callable[[], T]:
        """Return a call that is bypassed in other threads, too, if this one is."""
        is_bypassed = self._this_thread.is_bypassed
        return partial(self._call_bypassed, call) if is_bypassed else call

    def _call_bypassed(self, call: Callable[[], T]) -> T:
        with self.bypassed():
            return call()

    def get(self, path: str, request: Callable[[], Any]) -> Any:
        """Return the response to a request.

        Args:
            path: of the request.
            request: makes it.

        Returns:
            JSON that others may hold, too.
        """
        is_shared = any(
            match_path(template, path) is not None for template in self._paths
        )
        if self._this_thread.is_bypassed or not is_shared:
            return request()
        path = path.strip("/")
        with self._lock:
            lock = self._locks.setdefault(path, Lock())
        with lock:
            if path not in self._values:
                self._values[path] = request()
            return self._values[path]
