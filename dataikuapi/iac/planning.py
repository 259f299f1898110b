"""Plans from the stored state, a source, and what DSS has now."""

from collections.abc import Sequence
from dataclasses import replace

from dataikuapi.iac.exceptions import JournalNotSupportedError
from dataikuapi.iac.live_ids import live_ids_of, translated
from dataikuapi.iac.merge import require_same_instance
from dataikuapi.iac.models import State
from dataikuapi.iac.models.filled_in import filled_in, with_filled_in
from dataikuapi.iac.models.journal import JournalEntry, unfinished_projects
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.plan.binding import bound
from dataikuapi.iac.plan.generator import PlanGenerator, covered_types
from dataikuapi.iac.plan.matching import added_paths, match
from dataikuapi.iac.plan.options import PlanOptions
from dataikuapi.iac.state_reader import StateReader
from dataikuapi.iac.state_store import StateStore
from dataikuapi.iac.sync.instance import Progress

__all__ = ["make_plan"]


def make_plan(
    store: StateStore,
    reader: StateReader,
    source: State,
    options: PlanOptions | None,
    progress: Progress,
) -> ExecutionPlan:
    """Read DSS, and return what is to be done so that it has what is wanted.

    Args:
        store: has what was known last.
        reader: reads DSS.
        source: what is wanted.
        options: what is allowed beyond what is safe in any case.
        progress: see :meth:`StateManager.sync_all`.
    """
    stored, keys = store.load_for_reading(), source.project_keys()
    live = reader.read_projects(stored, keys, "keep", progress, covered_types(source))
    require_same_instance(stored, live)
    known = live_ids_of(stored)
    wanted = translated(source, known)
    entries = _entries(store)
    matches = match(entries, stored, wanted, live)
    wanted = translated(wanted, matches.ids)
    options = replace(options or PlanOptions(), uncertain=matches.uncertain)
    live = _with_filled_in(live, wanted, matches.created)
    base = _with_ours(stored, live, matches.ours)
    plan = PlanGenerator(base, options).generate_plan(live, wanted)
    metadata = replace(plan.metadata, ids=matches.ids)
    unfinished = unfinished_projects(entries)
    actions = [_adopted(item, unfinished, stored) for item in plan.actions]
    return replace(plan, actions=bound(actions, stored), metadata=metadata)


def _entries(store: StateStore) -> Sequence[JournalEntry]:
    """Return the journal; nothing of a backend without one."""
    try:
        return store.backend.journal().read()
    except JournalNotSupportedError:
        return ()


def _with_filled_in(live: State, wanted: State, created: set[str]) -> State:
    """Return what DSS has; of what an apply has created, it has filled in the rest."""
    found = {
        rid: with_filled_in(live[rid], added_paths(wanted[rid], live[rid]))
        for rid in created
        if rid in live and rid in wanted
    }
    return replace(live, resources={**live.resources, **found}) if found else live


def _with_ours(stored: State, live: State, ours: set[str]) -> State:
    """Return the state with what an interrupted apply has changed, as DSS has it."""
    done = {}
    for rid in ours & live.resources.keys():
        known, now = stored.get_resource(rid), live[rid]
        before = filled_in(known) if known is not None else frozenset()
        done[rid] = with_filled_in(now, before | filled_in(now))
    return replace(stored, resources={**stored.resources, **done}) if done else stored


def _adopted(
    action: PlannedAction, unfinished: set[str], stored: State
) -> PlannedAction:
    """Return an action; what an unfinished apply has done is still to be stored.

    With what it did itself, DSS changes other objects: the tree of the wiki, say, that
    lists a new article.
    """
    rid, live = action.resource_id, action.diff.old_resource
    is_over = action.action_type is not ActionType.NO_CHANGE
    if is_over or live is None or live.project_key not in unfinished:
        return action
    known = stored.get_resource(rid)
    if known is not None and not known.has_changed(live):
        return action
    why = "DSS has it as the code says, since an apply that was not finished"
    return replace(action, action_type=ActionType.ADOPT, reason=why)
