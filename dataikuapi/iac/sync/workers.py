"""Runs calls to DSS in several threads, each with its own client."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from queue import SimpleQueue
from threading import Condition, Event, RLock, Thread, get_ident, local
from time import monotonic, sleep
from typing import Generic, TypeVar

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSAuthenticationError,
    DSSUnreachableError,
)
from dataikuapi.iac.sync.client_adapter import adapt_client
from dataikuapi.iac.sync.policy import RetryPolicy
from dataikuapi.iac.sync.shared_responses import SharedResponses
from dataikuapi.iac.sync.sockets import SocketTracker

__all__ = ["SIGNAL_SECONDS", "ProgressCallback", "Workers", "is_fatal"]

T = TypeVar("T")

ProgressCallback = Callable[[int, int], object]
"""Called with how many calls are done, and how many are known to be needed so far."""

_JOIN_SECONDS = 0.8
"""How long to wait for the threads, which end once their sockets are shut down."""

SIGNAL_SECONDS = 0.2
"""Wait in slices of this length: on Windows, Ctrl-C is only handled between waits."""


class _Cancelled(BaseException):
    """Ends a thread whose sync is over; like KeyboardInterrupt, not an Exception."""


class _Batch(Generic[T]):
    """Calls that one thread waits for."""

    def __init__(self, calls: Sequence[Callable[[], T]]) -> None:
        self.results: dict[int, T | DataikuIaCError] = {}
        self._unclaimed = deque(enumerate(calls))
        self._size = len(calls)

    @property
    def is_finished(self) -> bool:
        """Whether all results are there."""
        return len(self.results) == self._size

    def claim(self) -> tuple[int, Callable[[], T]] | None:
        """Take the next unclaimed call; ``None`` if there is none left."""
        try:
            return self._unclaimed.popleft()  # Atomic.
        except IndexError:
            return None


class _Run:
    """The calls of one sync, shared by its threads.

    A call may itself wait for further calls. Its thread first runs those that no other
    thread has claimed, and then waits only for calls in progress: this cannot deadlock,
    and no thread is idle for longer than a call takes.

    Args:
        progress: called after each call, by one thread at a time.
        is_threaded: whether other threads make the calls. The one that starts the run
            then only waits, where Ctrl-C reaches it at once.
        shared_paths: of the responses that the threads share.
    """

    def __init__(
        self,
        progress: ProgressCallback | None,
        is_threaded: bool,
        shared_paths: Collection[str],
    ) -> None:
        self.shared = SharedResponses(shared_paths)
        self.sockets = SocketTracker()
        self.ended = Event()
        self._progress = progress
        self._caller = get_ident() if is_threaded else None
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._changed = Condition()
        self._done = self._known = 0
        self._fatal: DataikuIaCError | None = None
        self._error: BaseException | None = None

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | DataikuIaCError]:
        """Make the calls, and return their results in order."""
        batch = _Batch([self.shared.as_here(call) for call in calls])
        with self._changed:
            self._known += len(calls)
        for _ in calls:
            self._queue.put(partial(self._run_next, batch))
        if get_ident() != self._caller:
            while self._run_next(batch):
                pass
        with self._changed:
            while not (batch.is_finished or self.ended.is_set()):
                self._changed.wait(SIGNAL_SECONDS)
        self._raise_if_ended()
        return [batch.results[index] for index in range(len(calls))]

    def serve_queue(self) -> None:
        """Make calls until the run ends."""
        while (run_one := self._queue.get()) is not None:
            run_one()

    def end(self, error: BaseException | None = None) -> None:
        """End the run; all waiting threads wake, and raise the first error, if any."""
        with self._changed:
            self._error = self._error or error
            self.ended.set()
            self._changed.notify_all()

    def join(self, threads: Sequence[Thread]) -> None:
        """End the run, and wait for its threads."""
        self.end()
        for _ in threads:
            self._queue.put(None)
        if self._done < self._known:
            self.sockets.shutdown()
        deadline = monotonic() + _JOIN_SECONDS
        for thread in threads:
            if thread.is_alive():
                thread.join(max(deadline - monotonic(), 0))

    def _run_next(self, batch: _Batch[T]) -> bool:
        """Run the next unclaimed call; return whether there was one."""
        self._raise_if_ended()
        claimed = batch.claim()
        if claimed is None:
            return False
        index, call = claimed
        result = self._call(call)
        with self._changed:
            batch.results[index] = result
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._known)
            if batch.is_finished:
                self._changed.notify_all()
        return True

    def _call(self, call: Callable[[], T]) -> T | DataikuIaCError:
        if self._fatal is not None:
            return self._fatal
        try:
            return call()
        except DataikuIaCError as error:
            if is_fatal(error):
                self._fatal = error
            return error

    def _raise_if_ended(self) -> None:
        if self._error is not None:
            raise self._error
        if self.ended.is_set():
            raise _Cancelled


class _ThreadState(local):
    """Thread-local state."""

    run: _Run | None = None
    client: DSSClient | None = None


class Workers:
    """Runs calls of a client in several threads, under one limit.

    Args:
        client: not changed; each thread has a clone.
        max_workers: maximum number of concurrent calls.
        policy: timeouts and retries of each call.
        shared_paths: of the responses that several calls of one :meth:`running` need.

    Attributes:
        adapter: of the client.
        max_workers: maximum number of concurrent calls.

    Raises:
        ValueError: if ``max_workers`` is less than one.
    """

    def __init__(
        self,
        client: DSSClient,
        max_workers: int = 1,
        policy: RetryPolicy | None = None,
        shared_paths: Collection[str] = (),
    ) -> None:
        if max_workers < 1:
            raise ValueError(f"max_workers is {max_workers}; it takes at least one")
        self.adapter = adapt_client(client)
        self._threads = self.adapter.thread_count(max_workers)
        self.max_workers = max_workers
        self._options = max_workers, policy, shared_paths
        self._shared_paths = shared_paths
        self._policy = (policy or RetryPolicy()).with_sleep(self._sleep)
        self._this_thread = _ThreadState()
        self._run_lock = RLock()

    @property
    def client(self) -> DSSClient:
        """The calling thread's clone of the client."""
        state = self._this_thread
        if state.client is None:
            state.client = self.adapter.clone(self._policy)
        return state.client

    @contextmanager
    def own_client(self) -> Iterator[None]:
        """Close the calling thread's clone of the client when the block ends."""
        try:
            yield
        finally:
            client, self._this_thread.client = self._this_thread.client, None
            if client is not None and self.adapter.can_identify:
                client._session.close()

    def with_client(self, client: DSSClient) -> "Workers":
        """Return workers of another client, with the same limit and policy."""
        return Workers(client, *self._options)

    @contextmanager
    def running(self, progress: ProgressCallback | None = None) -> Iterator[None]:
        """Start worker threads for :meth:`run`, and stop them when the block ends.

        A second thread that enters meanwhile waits until the first has left.

        Args:
            progress: called after each call, by whichever thread made it.
        """
        run = _Run(progress, self._threads > 0, self._shared_paths)
        threads = list[Thread]()
        with self._activated(run):
            try:
                for number in range(self._threads):
                    name = f"dataiku-iac-{number}"
                    # A daemon: on exit Python joins all others, even one stuck in DNS.
                    thread = Thread(None, self._work, name, (run,), daemon=True)
                    threads.append(thread)  # First: Ctrl-C may interrupt start().
                    thread.start()
                yield
            finally:
                run.join(threads)

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | DataikuIaCError]:
        """Make calls, and return their results in order.

        A call may itself use this method. Outside :meth:`running` the calls are made
        one after the other. After an error that is fatal no more are made; see
        :func:`is_fatal`.

        Returns:
            For each call what it returned, or the exception of this package that it
            raised. Any other exception ends all calls and is raised.
        """
        run = self._this_thread.run
        if run is not None:
            return run.run(calls)
        run = _Run(None, False, self._shared_paths)
        with self._activated(run):
            return run.run(calls)

    @contextmanager
    def fresh_responses(self) -> Iterator[None]:
        """Let the calling thread's requests reach DSS, whatever others received.

        So do those of the calls that it hands to :meth:`run`.
        """
        run = self._this_thread.run
        with run.shared.bypassed() if run is not None else nullcontext():
            yield

    @contextmanager
    def _activated(self, run: _Run) -> Iterator[None]:
        with self._run_lock:
            outer, self._this_thread.run = self._this_thread.run, run
            try:
                yield
            finally:
                self._this_thread.run = outer

    def _work(self, run: _Run) -> None:
        state = self._this_thread
        state.run = run
        try:
            state.client = self.adapter.clone(self._policy, run.sockets, run.shared)
            run.serve_queue()
        except _Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001  # Raised where it is awaited.
            run.end(error)
        finally:
            if state.client is not None:
                state.client._session.close()

    def _sleep(self, seconds: float) -> None:
        run = self._this_thread.run
        if run is None:
            sleep(seconds)
        elif run.ended.wait(seconds):
            raise _Cancelled


def is_fatal(error: DataikuIaCError) -> bool:
    """Return whether all other calls would fail in the same way."""
    if isinstance(error, DSSUnreachableError):
        return error.no_connection
    return isinstance(error, DSSAuthenticationError)
