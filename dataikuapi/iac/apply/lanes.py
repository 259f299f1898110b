"""Runs actions in threads: one at a time in a project, projects beside each other."""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Condition, Event, Thread

from dataikuapi.iac.models.plan import PlannedAction
from dataikuapi.iac.sync.workers import SIGNAL_SECONDS

__all__ = ["Lanes"]


class Lanes:
    """Runs actions in the order of a plan, as far as that matters.

    Args:
        actions: in their order.
        run: runs one action; called in several threads.
        in_thread: a context for each thread.
        threads: how many there are at most.
    """

    def __init__(
        self,
        actions: Iterable[PlannedAction],
        run: Callable[[PlannedAction], object],
        in_thread: Callable[[], AbstractContextManager[None]],
        threads: int,
    ) -> None:
        self._waiting: dict[str, deque[PlannedAction]] = {}
        for action in actions:
            self._waiting.setdefault(action.project_key, deque()).append(action)
        self._open = {
            item.resource_id for lane in self._waiting.values() for item in lane
        }
        self._run, self._in_thread = run, in_thread
        self._threads = max(1, min(threads, len(self._waiting)))
        self._alive = self._threads
        self._over = Event()
        self._busy: set[str] = set()
        self._changed = Condition()
        self._error: BaseException | None = None
        self.is_stopped = False

    def run(self) -> bool:
        """Run the actions; return whether Ctrl-C has ended that before the end.

        Actions that are running are finished in any case.

        Raises:
            BaseException: what an action raised; no other one is begun after it.
        """
        threads = [Thread(target=self._serve) for _ in range(self._threads)]
        for thread in threads:
            thread.start()
        is_interrupted = False
        # Not Thread.join(): after Ctrl-C in it, Python 3.11 takes the thread for ended.
        while not self._over.is_set():
            try:
                if is_interrupted:
                    self.stop()
                self._over.wait(SIGNAL_SECONDS)
            except KeyboardInterrupt:
                is_interrupted = True
        if self._error is not None:
            raise self._error
        return is_interrupted

    def stop(self) -> None:
        """Begin no other action."""
        with self._changed:
            self.is_stopped = True
            self._changed.notify_all()

    def _serve(self) -> None:
        try:
            with self._in_thread():
                while (action := self._next()) is not None:
                    self._run(action)
                    self._finish(action)
        except BaseException as error:  # noqa: BLE001  # Raised by run().
            self._error = self._error or error
            self.stop()
        finally:
            with self._changed:
                self._alive -= 1
                if not self._alive:
                    self._over.set()

    def _finish(self, action: PlannedAction) -> None:
        with self._changed:
            self._busy.discard(action.project_key)
            self._open.discard(action.resource_id)
            self._changed.notify_all()

    def _next(self) -> PlannedAction | None:
        """Wait for an action that can be run; ``None`` if there is none any more."""
        with self._changed:
            while not self.is_stopped and any(self._waiting.values()):
                for key, lane in self._waiting.items():
                    if lane and key not in self._busy and self._is_ready(lane[0]):
                        self._busy.add(key)
                        return lane.popleft()
                self._changed.wait()
            return None

    def _is_ready(self, action: PlannedAction) -> bool:
        return self._open.isdisjoint(action.dependencies)
