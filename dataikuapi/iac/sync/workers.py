"""Who asks DSS: a few threads, each with a session of its own."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event, RLock, Thread, local
from time import monotonic, sleep
from typing import Any, Generic, TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSAuthenticationError,
    DSSUnreachableError,
)
from dataikuapi.iac.sync.connection import clone_client, is_dss_client
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.sockets import SocketTracker

__all__ = ["ProgressCallback", "Workers", "is_fatal"]

T = TypeVar("T")

ProgressCallback = Callable[[int, int], object]
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


class _Run:
    """What the threads of one sync share; a thread that outlives it harms no other.

    Calls of inner batches are made first. Whoever waits for a batch makes calls of
    batches further in meanwhile. Nothing waits for an outer call, so this cannot come
    to a stand.
    """

    def __init__(self, progress: ProgressCallback | None) -> None:
        self.condition = Condition()
        self.cancelled = Event()
        self.sockets = SocketTracker()
        self.done = self.known = 0
        self.fatal: DataikuIaCError | None = None
        self.broken: BaseException | None = None
        self._progress = progress
        self._levels: list[deque[Callable[[], None]]] = []

    def put(self, depth: int, calls: list[Callable[[], None]]) -> None:
        with self.condition:
            while len(self._levels) <= depth:
                self._levels.append(deque())
            self._levels[depth].extend(calls)
            self.known += len(calls)
            self.condition.notify_all()

    def take(self, outside: int) -> Callable[[], None] | None:
        for level in reversed(self._levels[outside:]):
            if level:
                return level.popleft()
        return None

    def close(self, batch: _Batch[T], index: int, outcome: T | DataikuIaCError) -> None:
        with self.condition:
            batch.outcomes[index] = outcome
            batch.open -= 1
            self.done += 1
            if self._progress is not None:
                self._progress(self.done, self.known)
            self.condition.notify_all()

    def end(self, broken: BaseException | None = None) -> None:
        with self.condition:
            self.broken = self.broken or broken
            self.cancelled.set()
            self.condition.notify_all()


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
        self, client: DSSClient, max_workers: int = 1, policy: RetryPolicy | None = None
    ) -> None:
        if max_workers < 1:
            raise ValueError(f"max_workers is {max_workers}; it takes at least one")
        self._given = client
        self._max_workers = max_workers if is_dss_client(client) else 1
        self._policy = (policy or RetryPolicy()).with_sleep(self._sleep)
        self._local = local()
        self._busy = RLock()
        self._run_at_work: _Run | None = None

    @property
    def client(self) -> DSSClient:
        """The client of the thread that asks."""
        if not hasattr(self._local, "client"):
            run = self._run_of_thread()
            sockets = None if run is None else run.sockets
            self._local.client = clone_client(self._given, self._policy, sockets)
        return self._local.client

    @contextmanager
    def running(self, progress: ProgressCallback | None = None) -> Iterator[None]:
        """Have the threads for a while; whatever ends it, they end with it.

        The calling thread is one of the workers. Another one that comes meanwhile waits
        for its turn.

        Args:
            progress: told after each step, from whichever thread made it.
        """
        with self._busy:
            run, threads = _Run(progress), []
            self._run_at_work = run
            try:
                for number in range(1, self._max_workers):
                    name = f"dataiku-iac-{number}"
                    thread = Thread(target=self._work, args=(run,), name=name)
                    thread.daemon = True
                    thread.start()
                    threads.append(thread)
                yield
            finally:
                self._run_at_work = None
                _end(run, threads)

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | DataikuIaCError]:
        """Make calls, and return what each returned, in their order.

        A call may itself use this method. Without threads (see :meth:`running`) the
        calls are made one after the other.

        Returns:
            For each call its result, or the error of our tree that it raised. Another
            exception ends them all and is raised.
        """
        run = self._run_of_thread()
        if run is not None:
            return self._run(run, calls)
        with self._busy:
            run = self._run_at_work or _Run(None)
            self._local.run = run
            try:
                return self._run(run, calls)
            finally:
                del self._local.run

    def _run_of_thread(self) -> _Run | None:
        run: _Run | None = getattr(self._local, "run", None)
        return run

    def _run(
        self, run: _Run, calls: Sequence[Callable[[], T]]
    ) -> list[T | DataikuIaCError]:
        depth = getattr(self._local, "depth", 0)
        batch: _Batch[T] = _Batch(depth, [None] * len(calls), len(calls))
        steps = [
            self._step(run, batch, index, call) for index, call in enumerate(calls)
        ]
        run.put(depth, steps)
        while (step := _next_within(run, batch)) is not None:
            step()
        return batch.outcomes

    def _step(
        self, run: _Run, batch: _Batch[T], index: int, call: Callable[[], T]
    ) -> Callable[[], None]:
        def step() -> None:
            before = getattr(self._local, "depth", 0)
            self._local.depth = batch.depth + 1
            try:
                outcome = _outcome(run, call)
            finally:
                self._local.depth = before
            run.close(batch, index, outcome)

        return step

    def _work(self, run: _Run) -> None:
        """Make calls until there is nothing more to do; the life of a thread."""
        self._local.run = run
        try:
            while (step := _next(run)) is not None:
                step()
        except _Cancelled:
            pass
        except BaseException as error:  # Raised again by whoever waits for the batch.
            run.end(error)
        finally:
            if hasattr(self._local, "client"):
                self._local.client._session.close()

    def _sleep(self, seconds: float) -> None:
        run = self._run_of_thread()
        if run is None:
            sleep(seconds)
        elif run.cancelled.wait(seconds):
            raise _Cancelled


def _next(run: _Run) -> Callable[[], None] | None:
    """Return a call to make; None once the sync has ended."""
    with run.condition:
        while not run.cancelled.is_set():
            step = run.take(0)
            if step is not None:
                return step
            run.condition.wait()
        return None


def _next_within(run: _Run, batch: _Batch[T]) -> Callable[[], None] | None:
    """Return a call to make; None once the batch is done."""
    with run.condition:
        while batch.open:
            if run.broken is not None:
                raise run.broken
            if run.cancelled.is_set():
                raise _Cancelled
            step = run.take(batch.depth)
            if step is not None:
                return step
            run.condition.wait()
        return None


def _outcome(run: _Run, call: Callable[[], T]) -> T | DataikuIaCError:
    if run.fatal is not None:
        return run.fatal
    try:
        return call()
    except DataikuIaCError as error:
        if is_fatal(error):
            run.fatal = error
        return error


def is_fatal(error: DataikuIaCError) -> bool:
    """Tell whether nothing else would be answered either, retries included."""
    if isinstance(error, DSSUnreachableError):
        return error.no_connection
    return isinstance(error, DSSAuthenticationError)


def _end(run: _Run, threads: list[Thread]) -> None:
    run.end()
    if run.done < run.known:  # Cut short: somebody waits for an answer.
        run.sockets.shutdown()
    deadline = monotonic() + _JOIN_SECONDS
    for thread in threads:
        thread.join(max(deadline - monotonic(), 0))
