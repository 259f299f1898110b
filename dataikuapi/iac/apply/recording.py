"""Stores what an apply has done in the state, in batches."""

from dataclasses import replace

from dataikuapi.iac.live_ids import LiveIds, live_ids_of, renamed, with_live_ids
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.apply import ActionResult, ActionStatus
from dataikuapi.iac.models.changes import format_path
from dataikuapi.iac.models.filled_in import filled_in, with_filled_in
from dataikuapi.iac.models.plan import ExecutionPlan, PlannedAction
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.plan.merging import Merge, nothing_is_live
from dataikuapi.iac.state_store import StateStore
from dataikuapi.iac.sync.instance import InstanceReader
from dataikuapi.iac.sync.result import FetchResult
from dataikuapi.iac.types.lookup import sets_of

__all__ = ["Recorder"]

_BATCH = 500
"""After how many actions the state is stored: a large one takes a while."""

_GONE = (ActionStatus.DELETED, ActionStatus.FORGOTTEN)


class Recorder:
    """Stores results in a state.

    Args:
        store: of the state.
        reader: knows which instance was written.
        plan: that is applied.
        created: ids in DSS of what was created, by those in the plan, where they
            differ; may be added to.

    Attributes:
        serial: of the version that has what was stored last; ``None`` if nothing was.
    """

    def __init__(
        self,
        store: StateStore,
        reader: InstanceReader,
        plan: ExecutionPlan,
        created: LiveIds,
    ) -> None:
        self._store, self._reader = store, reader
        self._plan, self._created = plan, created
        self._there = plan.live_ids()
        self._results: list[ActionResult] = []
        self.serial: int | None = None

    def add(self, result: ActionResult) -> None:
        """Add a result; every 500 are stored.

        Raises:
            StateWriteError: if the state could not be stored.
        """
        if result.status.is_done:
            self._results.append(result)
        if len(self._results) >= _BATCH:
            self.store()

    def add_filled(self, result: ActionResult) -> None:
        """Take an object to whose lists DSS has added something, if it is stored.

        Args:
            result: has the object, and what was added.
        """
        is_done = result.action.action_type.is_executed
        if is_done or self._store.load().has_resource(result.action.stored_id):
            self._results.append(result)

    def store(self) -> None:
        """Store the results that are not stored yet.

        Raises:
            StateWriteError: if the state could not be stored.
        """
        if not self._results:
            return
        stored = self._store.load()
        found = FetchResult(
            resources=[
                _as_stored(result, result.resource, stored)
                for result in self._results
                if result.resource is not None
            ]
        )
        fresh = self._reader.build_state(found, utc_now(), "keep", stored)
        ids = self._live_ids(live_ids_of(stored))
        fresh = with_live_ids(fresh, ids) if ids else fresh
        gone = [
            result.action.resource_id
            for result in self._results
            if result.status in _GONE and result.resource is None
        ]
        gone += [item.action.renamed_from for item in self._results if _is_moved(item)]
        merged = self._store.merge_and_save(fresh, stored, deleted=gone)
        self.serial = merged.serial
        self._results.clear()

    def _live_ids(self, stored: LiveIds) -> dict[str, str]:
        """Return the ids to remember: those in DSS, by those in the code.

        Args:
            stored: those that the state remembers.
        """
        planned = {**stored, **self._plan.metadata.ids}
        created = dict(self._created)
        found = {
            code: created.get(rid, rid)
            for code, rid in planned.items()
            if code in stored or rid in created or rid in self._there
        }
        return found | {
            rid: live for rid, live in created.items() if rid not in planned.values()
        }


def _is_moved(result: ActionResult) -> bool:
    return bool(result.action.renamed_from)


def _as_stored(result: ActionResult, live: Resource, stored: State) -> Resource:
    """Return an object as it goes into the state.

    What was changed in DSS alone, and the plan keeps, is not stored: it is still to be
    told, and not to be taken for what somebody has agreed to.
    """
    known = stored.get_resource(result.action.stored_id)
    if known is not None and _is_moved(result):
        known = renamed(known, live.resource_id)
    planned = result.action.diff.old_resource
    left = {path for each in (known, planned) if each for path in filled_in(each)}
    left -= _changed_paths(result.action)
    live = with_filled_in(live, left.union(result.filled_in))
    is_kept = bool(result.action.kept) or not result.action.action_type.is_executed
    if not is_kept or planned is None or known is None:
        return live
    merge = Merge(sets_of(live.resource_type), nothing_is_live)
    merged = merge(planned.attributes, live.attributes, known.attributes)
    metadata = replace(live.metadata, checksum="")
    return replace(live, attributes=merged.attributes, metadata=metadata)


def _changed_paths(action: PlannedAction) -> set[str]:
    """Return the paths of what an action changes, and of what that is in.

    The code has something to say of these, so they are not left to DSS any more.
    """
    if not action.action_type.is_executed:
        return set()
    return {
        format_path(change.segments[:end])
        for change in action.diff.changes
        for end in range(1, len(change.segments) + 1)
    }
