"""Notes in the journal what one apply is about to do, and what became of it."""

from collections import deque
from collections.abc import Mapping
from threading import Lock

from dataikuapi.iac.exceptions import StateWriteError
from dataikuapi.iac.models.apply import ActionResult, ApplyResult
from dataikuapi.iac.models.journal import Journal, JournalEntry, JournalEvent
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import ExecutionPlan, PlannedAction

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
        self._turn = Lock()
        self._error: StateWriteError | None = None

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
        self._append(JournalEvent.BEGIN, "", details)
        self._write()

    def intent(self, action: PlannedAction, details: Mapping[str, JSON]) -> None:
        """Note that DSS is about to be asked to do something.

        When this returns, the note survives a crash.

        Raises:
            StateWriteError: if it could not be stored.
        """
        known: dict[str, JSON] = {"action": action.action_type.value}
        self._append(JournalEvent.INTENT, action.resource_id, known | dict(details))
        self._write()

    def outcome(self, result: ActionResult) -> None:
        """Note what became of an action.

        The note is written with the next one: if it gets lost, the intent and what DSS
        has tell as much.
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
        self._append(JournalEvent.OUTCOME, result.action.resource_id, details)

    def end(self, result: ApplyResult) -> None:
        """Note that the apply is over, and what was done is stored in the state."""
        outcome = "done" if result.is_complete else "incomplete"
        details: dict[str, JSON] = {
            "outcome": "interrupted" if result.is_interrupted else outcome,
            "counts": {**result.summary()},
            "serial": result.serial,
        }
        self._append(JournalEvent.END, "", details)
        self._write()

    def _append(
        self, event: JournalEvent, resource_id: str, details: Mapping[str, JSON]
    ) -> None:
        self._waiting.append(JournalEntry(self._run, event, resource_id, details))

    def _write(self) -> None:
        """Write what waits, with what other threads have added meanwhile.

        So threads that note something at the same time wait for the disk together.

        Raises:
            StateWriteError: if that fails, here or in the thread that wrote it.
        """
        with self._turn:
            if self._error is not None:
                raise self._error
            entries = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if self._journal is None or not entries:
                return
            try:
                self._journal.append(*entries)
            except StateWriteError as error:
                self._error = error
                raise
