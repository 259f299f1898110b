"""Applies plans: does in DSS what they say, and stores what came of it."""

import uuid
from collections.abc import Callable
from threading import Lock

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.apply.checkpoint import commit_pending
from dataikuapi.iac.apply.effects import effects_of
from dataikuapi.iac.apply.executing import Executor
from dataikuapi.iac.apply.lanes import Lanes
from dataikuapi.iac.apply.memberships import filled_lists
from dataikuapi.iac.apply.noting import ApplyLog
from dataikuapi.iac.apply.objects import LiveObjects
from dataikuapi.iac.apply.recording import Recorder
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import DataikuIaCError, PlanRefusedError
from dataikuapi.iac.manager import StateManager
from dataikuapi.iac.models.apply import ActionResult, ActionStatus, ApplyResult
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.plan.binding import check_binding, left_of, wanted_by
from dataikuapi.iac.plan.options import MaxChange, PlanOptions
from dataikuapi.iac.sync.instance import InstanceReader

__all__ = ["ApplyEngine"]

logger = get_logger(__name__)

Progress = Callable[[int, int], object]
"""Called with how many actions are done, and how many there are."""


class ApplyEngine:
    """Does what a plan says, object by object, and nothing else.

    Before each write the object is read again, and left alone if it is not as planned;
    after it, once more, since DSS drops some values in silence. No write is repeated.
    Between reading and writing an edit of somebody else can be overwritten: DSS has no
    conditional writes. That takes the time of one request. The version of the object
    tells afterwards; of types without versions, such as variables, zones, library files
    and notebooks, nothing does. An edit right after the write is not overwritten: it is
    told, is drift, and the next plan keeps it.

    Args:
        client: connects to DSS.
        state_manager: has the state, and reads DSS.
        progress_callback: called with how many actions are done, and of how many.

    Example:
        .. code-block:: python

            plan = manager.plan(open_source("./SHOP").read())
            result = ApplyEngine(client, manager).apply(plan)
            print(result)
    """

    def __init__(
        self,
        client: DSSClient,
        state_manager: StateManager,
        progress_callback: Progress | None = None,
    ) -> None:
        self._manager = state_manager
        is_same = client is state_manager.client
        self._reader = (
            state_manager.instance_reader
            if is_same
            else state_manager.open_reader(client)
        )
        self._progress = progress_callback
        self._last: ExecutionPlan | None = None
        self._undone: list[PlannedAction] = []

    def apply(self, plan: ExecutionPlan, *, journal: bool = True) -> ApplyResult:
        """Do what a plan says.

        What fails leaves the rest going, except for what needs it. Ctrl-C ends it after
        the actions that have begun; so does a DSS that does not respond any more.

        Args:
            plan: what to do.
            journal: whether to note each action durably before and after it, so that an
                interrupted apply can be resumed.

        Returns:
            What became of each action. It is stored in the state.

        Raises:
            PlanRefusedError: if the plan as a whole is not to be executed.
            PlanOutdatedError: if what is stored of its objects has changed since.
            JournalNotSupportedError: if the backend has no journal.
            StateWriteError: if journal or state could not be stored.
            DSSAuthenticationError: if DSS does not accept the API key.
        """
        if plan.metadata.refusal:
            raise PlanRefusedError(f"nothing was done: {plan.metadata.refusal}")
        actions = [item for item in plan.actions if item.action_type.is_executed]
        if not actions:
            return ApplyResult(plan)
        self._last, self._undone = plan, actions
        backend = self._manager.backend
        log = ApplyLog(backend.journal() if journal else None, uuid.uuid4().hex)
        self._reader.identify()
        if self._reader.provenance.refusal is not None:
            raise self._reader.provenance.refusal
        keys = sorted({action.project_key for action in actions})
        with backend.lease(keys), log:
            stored = self._manager.load_state()
            check_binding(plan, stored, instance=self._reader.provenance.instance)
            run = _Run(self._reader, self._manager, plan, log)
            result = run.execute(actions, self._progress)
        self._undone = [x.action for x in result.results if not x.status.is_done]
        return result

    def resume(self, *, journal: bool = True) -> ApplyResult:
        """Do what is left of the plan that this engine has applied last.

        It is planned again, so that what was done is not done twice, and what somebody
        else did meanwhile is found. What was planned by options such as
        ``revert_drift`` is done as it was planned then, unless its object has changed
        since. After a crash, in another process, plan for the
        same source again and apply that: the journal says what was begun.

        Args:
            journal: as for :meth:`apply`.

        Returns:
            What became of what was left.

        Raises:
            PlanRefusedError: if this engine has not applied anything yet.
            DSSError: if DSS could not be read.
        """
        if self._last is None:
            raise PlanRefusedError(
                "there is nothing to resume: this engine has not applied a plan yet. "
                "After a crash, plan for the same source again, and apply that plan"
            )
        options = PlanOptions(
            allow_delete=bool(self._last.of_type(ActionType.DELETE)),
            delete_data=any(item.drops_data for item in self._last.actions),
            max_change=MaxChange(100, True),
        )
        wanted = wanted_by(self._last)
        plan = (
            self._manager.plan(wanted, options)
            if wanted.resources
            else self._last.replaced(())  # Deletes alone: each looks at its object.
        )
        left = plan.replaced(left_of(self._last, plan, self._undone))
        return self.apply(left.from_source(self._last.metadata.source), journal=journal)


class _Run:
    """One apply."""

    def __init__(
        self,
        reader: InstanceReader,
        manager: StateManager,
        plan: ExecutionPlan,
        log: ApplyLog,
    ) -> None:
        self._plan, self._log, self._reader = plan, log, reader
        self._message = manager.backend.save_message
        created: dict[str, str] = {}
        self._recorder = Recorder(manager.store, reader, plan, created)
        self._objects = LiveObjects(reader)
        self._executor = Executor(
            self._objects, log, plan.live_ids(), created, self._stop
        )
        self._lock = Lock()
        self._results: dict[str, ActionResult] = {}
        self._lanes: Lanes | None = None
        self._committed: set[str] = set()
        self._why_stopped = "the apply was interrupted"

    def execute(
        self, actions: list[PlannedAction], progress: Progress | None
    ) -> ApplyResult:
        """Execute the actions, and store what came of it, even after Ctrl-C."""
        total = len(actions)

        def run(action: PlannedAction) -> None:
            result = self._result_of(action)
            with self._lock:
                self._results[action.resource_id] = result
                self._recorder.add(result)
                if progress is not None:
                    progress(len(self._results), total)

        workers = self._reader.workers
        lanes = Lanes(actions, run, workers.own_client, workers.max_workers)
        self._lanes = lanes
        by = self._reader.provenance.identity or ""
        self._log.begin(self._plan, by, self._message)
        try:
            is_interrupted = lanes.run()
            if not lanes.is_stopped:
                self._note_filled_lists()
        finally:
            self._recorder.store()
        results = [
            self._results.get(item.resource_id) or self._skipped(item)
            for item in actions
        ]
        found = ApplyResult(
            self._plan,
            tuple(results),
            effects_of(results, self._plan),
            is_interrupted,
            self._recorder.serial,
        )
        self._log.end(found)
        return found

    def _note_filled_lists(self) -> None:
        """Note what DSS has added to lists; what is not noted, the next plan tells."""
        try:
            with self._reader.workers.own_client():
                found = filled_lists(self._objects, self._plan, self._results.values())
                for item in found:
                    self._recorder.add_filled(item)
        except DataikuIaCError as error:
            logger.debug("the lists that DSS keeps could not be read: %s", error)

    def _result_of(self, action: PlannedAction) -> ActionResult:
        """Execute an action, unless something that it needs was not done."""
        missing = [
            rid
            for rid in action.dependencies
            if rid in self._results and not self._results[rid].status.is_done
        ]
        if missing:
            why = f"it needs {', '.join(missing)}"
            return ActionResult(action, ActionStatus.SKIPPED, why)
        self._commit_before(action)
        return self._executor.execute(action)

    def _commit_before(self, action: PlannedAction) -> None:
        """Commit the project in DSS, if nothing was written to it yet."""
        key = action.project_key
        if action.action_type.writes and key not in self._committed:
            self._committed.add(key)
            commit_pending(self._reader.workers.client, key, self._plan.metadata)

    def _skipped(self, action: PlannedAction) -> ActionResult:
        return ActionResult(action, ActionStatus.SKIPPED, self._why_stopped)

    def _stop(self, why: str) -> None:
        self._why_stopped = why
        assert self._lanes is not None
        self._lanes.stop()
