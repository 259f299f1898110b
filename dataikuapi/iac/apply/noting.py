"""Notes in the journal what one apply is about to do, and what became of it."""

from collections import deque
from collections.abc import Callable, Mapping
from threading import Condition, Thread

from dataikuapi.iac.models.apply import ActionResult, ApplyResult
from dataikuapi.iac.models.journal import Journal, JournalEntry, JournalEvent
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import ExecutionPlan, PlannedAction
from dataikuapi.iac.sync.workers import SIGNAL_SECONDS

__all__ = ["ApplyLog"]


class ApplyLog:
    """The entries of one apply.

    Args:
        journal: where they are kept; ``None`` to keep none.
        run: identifies the apply.
    """

    def __init__(self, journal: Journal | None, run: str) -> None:
        self._journal = journal
        self._run = run
        self._waiting: deque[JournalEntry] = deque()
        self._changed = Condition()
        self._noted = self._wanted = self._written = 0
        self._is_over = False
        self._error: BaseException | None = None

    def __enter__(self) -> "ApplyLog":
        """Start the thread that writes; what it waits for does not keep others."""
        if self._journal is not None:
            Thread(target=self._serve, args=(self._journal,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def begin(self, plan: ExecutionPlan, by: str, message: str) -> None:
        """Note that the apply begins.

        Args:
            plan: that is applied.
            by: who applies it: the login of a user, or the id of an API key.
            message: why; "" if nobody says so.
        """
        known = plan.metadata
        counts = {name: count for name, count in plan.summary().items() if count}
        details: dict[str, JSON] = {
            "by": by,
            "source": known.source,
            "url": known.url,
            "environment": known.environment,
            "message": message,
            "actions": {**counts},
        }
        self._wait_for(self._append(JournalEvent.BEGIN, "", details))

    def intend(
        self, action: PlannedAction, details: Mapping[str, JSON]
    ) -> Callable[[], None]:
        """Note that DSS is about to be asked to do something.

        Returns:
            What has to be called before DSS is asked: it returns once the note survives
            a crash, and raises a StateWriteError if it could not be stored.
        """
        known: dict[str, JSON] = {"action": action.action_type.value}
        number = self._append(
            JournalEvent.INTENT, action.resource_id, known | dict(details)
        )
        return lambda: self._wait_for(number)

    def intent(self, action: PlannedAction, details: Mapping[str, JSON]) -> None:
        """Note that DSS is about to be asked to do something, and wait for it.

        Raises:
            StateWriteError: if it could not be stored.
        """
        self.intend(action, details)()

    def outcome(self, result: ActionResult) -> None:
        """Note what became of an action.

        The note is written with the next intent: if it gets lost, the intent and what
        DSS has tell as much.
        """
        details: dict[str, JSON] = {
            "action": result.action.action_type.value,
            "status": result.status.value,
        }
        if result.resource is not None:
            details["live_id"] = result.resource_id
            details["checksum"] = result.resource.metadata.checksum
        elif result.begun:
            details["live_id"] = result.begun
            details |= {"checksum": result.begun_as} if result.begun_as else {}
        self._append(JournalEvent.OUTCOME, result.action.resource_id, details)

    def end(self, result: ApplyResult) -> None:
        """Note that the apply is over, and what was done is stored in the state."""
        outcome = "done" if result.is_complete else "incomplete"
        details: dict[str, JSON] = {
            "outcome": "interrupted" if result.is_interrupted else outcome,
            "counts": {**result.summary()},
            "serial": result.serial,
        }
        self._wait_for(self._append(JournalEvent.END, "", details))

    def _append(
        self, event: JournalEvent, resource_id: str, details: Mapping[str, JSON]
    ) -> int:
        """Add an entry to those to be written, and return its number."""
        entry = JournalEntry(self._run, event, resource_id, details)
        with self._changed:
            self._waiting.append(entry)
            self._noted += 1
            if event is not JournalEvent.OUTCOME:
                self._wanted = self._noted
                self._changed.notify_all()
            return self._noted

    def _wait_for(self, number: int) -> None:
        with self._changed:
            while self._journal is not None and self._written < number:
                if self._error is not None:
                    raise self._error
                self._changed.wait(SIGNAL_SECONDS)

    def _serve(self, journal: Journal) -> None:
        """Write what waits, all of it at once."""
        while True:
            with self._changed:
                while self._written >= self._wanted and not self._is_over:
                    self._changed.wait()
                if not self._waiting:
                    return
                entries = list(self._waiting)
                self._waiting.clear()
            try:
                journal.append(*entries)
            except BaseException as error:  # noqa: BLE001  # Raised to who waits.
                self._error = error
            with self._changed:
                self._written += 0 if self._error else len(entries)
                self._changed.notify_all()
                if self._error is not None:
                    return
