"""Who asks DSS: a few threads, each with a session of its own."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Event, RLock, Thread, local
from time import monotonic
from typing import Any, Generic, TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSAuthenticationError,
    DSSUnreachableError,
)
from dataikuapi.iac.sync.connection import OpenSockets, is_dss_client, own_copy
from dataikuapi.iac.sync.policy import CallPolicy

__all__ = ["CountProgress", "Workers"]

T = TypeVar("T")

CountProgress = Callable[[int, int], object]
"""Is told how many calls are done, and how many are known to be needed so far."""

_JOIN_SECONDS = 0.8
"""How long a cancelled sync waits for its threads; cut off, they end at once."""


class _Cancelled(BaseException):
    """Ends a worker; no ``except`` for errors is to catch it."""


@dataclass
class _Batch(Generic[T]):
    """Calls that somebody waits for."""

    depth: int
    outcomes: list[Any]
    open: int


@dataclass
class _Queue:
    """Calls that nobody makes yet; those of inner batches are made first.

    Whoever waits for a batch makes calls of batches further in meanwhile. Nothing waits
    for an outer call, so this cannot come to a stand.
    """

    levels: list[deque[Callable[[], None]]] = field(default_factory=list)

    def put(self, depth: int, calls: list[Callable[[], None]]) -> None:
        while len(self.levels) <= depth:
            self.levels.append(deque())
        self.levels[depth].extend(calls)

    def take(self, outside: int) -> Callable[[], None] | None:
        for level in reversed(self.levels[outside:]):
            if level:
                return level.popleft()
        return None


class Workers:
    """Makes calls of a client in several threads, under one limit.

    Args:
        client: is not changed; each thread has a copy. One that is no DSSClient is used
            as it is, in one thread.
        max_workers: how many calls are made at the same time.
        policy: how patient each of them is.

    Raises:
        ValueError: if there is to be no worker.
    """

    def __init__(
        self, client: DSSClient, max_workers: int = 1, policy: CallPolicy | None = None
    ) -> None:
        if max_workers < 1:
            raise ValueError(f"max_workers is {max_workers}; it takes at least one")
        self._given = client
        self._max_workers = max_workers if is_dss_client(client) else 1
        self._policy = (policy or CallPolicy()).sleeping_by(self._sleep)
        self._sockets = OpenSockets()
        self._local = local()
        self._condition = Condition()
        self._busy = RLock()
        self._threads: list[Thread] = []
        self._is_at_work = False
        self._reset(None)

    def _reset(self, progress: CountProgress | None) -> None:
        self._queue = _Queue()
        self._progress = progress
        self._done = self._known = 0
        self._cancelled = Event()
        self._hopeless: DataikuIaCError | None = None
        self._broken: BaseException | None = None

    @property
    def client(self) -> DSSClient:
        """The client of the thread that asks."""
        if not hasattr(self._local, "client"):
            self._local.client = own_copy(self._given, self._policy, self._sockets)
        return self._local.client

    @contextmanager
    def at_work(self, progress: CountProgress | None = None) -> Iterator[None]:
        """Have the threads for a while; whatever ends it, they end with it.

        The calling thread is one of the workers. Another one that comes meanwhile waits
        for its turn.

        Args:
            progress: told after each call, from whichever thread made it.
        """
        with self._busy:
            self._reset(progress)
            self._threads = [
                Thread(
                    target=self._work,
                    args=(self._cancelled,),
                    name=f"dataiku-iac-{number}",
                    daemon=True,
                )
                for number in range(1, self._max_workers)
            ]
            self._is_at_work = True
            for thread in self._threads:
                thread.start()
            try:
                yield
            finally:
                self._end()
                self._is_at_work = False

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | DataikuIaCError]:
        """Make calls, and return what each returned, in their order.

        A call may itself use this method. Without threads (see :meth:`at_work`) the
        calls are made one after the other.

        Returns:
            For each call its result, or the error of our tree that it raised. Another
            exception ends them all and is raised.
        """
        depth = getattr(self._local, "depth", 0)
        if depth:
            return self._run(depth, calls)
        with self._busy:
            if not self._is_at_work:
                self._reset(None)  # Nothing of an earlier run counts any more.
            return self._run(depth, calls)

    def _run(
        self, depth: int, calls: Sequence[Callable[[], T]]
    ) -> list[T | DataikuIaCError]:
        batch: _Batch[T] = _Batch(depth, [None] * len(calls), len(calls))
        steps = [self._step(batch, index, call) for index, call in enumerate(calls)]
        with self._condition:
            self._queue.put(depth, steps)
            self._known += len(calls)
            self._condition.notify_all()
        while True:
            step = self._next(depth, batch)
            if step is None:
                return batch.outcomes
            step()

    def _next(self, depth: int, batch: _Batch[T]) -> Callable[[], None] | None:
        """Return a call to make; None once the batch is done."""
        with self._condition:
            while batch.open:
                if self._broken is not None:
                    raise self._broken
                if depth and self._cancelled.is_set():
                    raise _Cancelled
                step = self._queue.take(depth)
                if step is not None:
                    return step
                self._condition.wait()
            return None

    def _step(
        self, batch: _Batch[T], index: int, call: Callable[[], T]
    ) -> Callable[[], None]:
        def step() -> None:
            before = getattr(self._local, "depth", 0)
            self._local.depth = batch.depth + 1
            try:
                outcome = self._outcome(call)
            finally:
                self._local.depth = before
            with self._condition:
                batch.outcomes[index] = outcome
                batch.open -= 1
                self._done += 1
                if self._progress is not None:
                    self._progress(self._done, self._known)
                self._condition.notify_all()

        return step

    def _outcome(self, call: Callable[[], T]) -> T | DataikuIaCError:
        if self._hopeless is not None:
            return self._hopeless
        try:
            return call()
        except DataikuIaCError as error:
            if _is_hopeless(error):
                self._hopeless = error
            return error

    def _work(self, cancelled: Event) -> None:
        """Make calls until there is nothing more to do; the life of a thread."""
        self._local.cancelled = cancelled
        try:
            while (step := self._next_for_thread(cancelled)) is not None:
                step()
        except _Cancelled:
            pass
        except BaseException as error:  # Raised again by whoever waits for the batch.
            with self._condition:
                self._broken = error
                self._condition.notify_all()
        finally:
            if hasattr(self._local, "client") and is_dss_client(self._given):
                self._local.client._session.close()

    def _next_for_thread(self, cancelled: Event) -> Callable[[], None] | None:
        with self._condition:
            while not cancelled.is_set():
                step = self._queue.take(0)
                if step is not None:
                    return step
                self._condition.wait()
            return None

    def _end(self) -> None:
        self._cancelled.set()
        with self._condition:
            self._condition.notify_all()
        if self._done < self._known:  # Cut short: somebody waits for an answer.
            self._sockets.cut()
        deadline = monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - monotonic(), 0))
        self._threads = []

    def _sleep(self, seconds: float) -> None:
        cancelled: Event = getattr(self._local, "cancelled", self._cancelled)
        if cancelled.wait(seconds):
            raise _Cancelled


def _is_hopeless(error: DataikuIaCError) -> bool:
    """Tell whether nothing else would be answered either, retries included."""
    if isinstance(error, DSSUnreachableError):
        return error.is_gone
    return isinstance(error, DSSAuthenticationError)
