"""Plans from the stored state, a source, and what DSS has now."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from dataikuapi.iac.exceptions import JournalNotSupportedError
from dataikuapi.iac.live_ids import LiveIds, distinct, live_ids_of, translated
from dataikuapi.iac.merge import require_same_instance
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.filled_in import filled_in, with_filled_in
from dataikuapi.iac.models.journal import JournalEntry, unfinished_projects
from dataikuapi.iac.models.plan import ActionType, ExecutionPlan, PlannedAction
from dataikuapi.iac.plan.binding import bound, code_digest
from dataikuapi.iac.plan.generator import PlanGenerator, covered_types
from dataikuapi.iac.plan.matching import added_paths, match
from dataikuapi.iac.plan.options import PlanOptions
from dataikuapi.iac.plan.promotion import Promotion
from dataikuapi.iac.state_reader import StateReader
from dataikuapi.iac.state_store import StateStore
from dataikuapi.iac.sync.instance import Progress
from dataikuapi.iac.types.lookup import display_name_of, has_counted_ids

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

    Raises:
        StateReadError: if the stored state could not be read.
        StateCorruptedError: if what is stored is not a valid state.
    """
    digest = code_digest(source)
    source = _watched(source, reader.types)
    stored, keys = store.load(), source.project_keys()
    types = [name for name in covered_types(source) if name in reader.types]
    live = reader.read_projects(stored, keys, "keep", progress, types)
    require_same_instance(stored, live)
    options = options or PlanOptions()
    remembered = live_ids_of(stored)
    known = distinct(remembered, source.resources)
    apart = _counted_apart(source, known, options.promotion)
    first = {**known, **apart}
    wanted = translated(source, first)
    entries = _entries(store)
    matches = match(entries, stored, wanted, live)
    wanted = translated(wanted, matches.ids)
    uncertain = {**matches.uncertain, **_counted_otherwise(wanted, stored, known)}
    options = replace(
        options,
        uncertain=uncertain,
        promotion=_translated(options.promotion, first, matches.ids),
    )
    live = _with_filled_in(live, wanted, matches.created)
    base = _with_ours(stored, live, matches.ours)
    plan = PlanGenerator(base, options).generate_plan(live, wanted)
    own = {rid: rid for rid in remembered.keys() - known.keys()}
    ids = {
        rid: live_id
        for rid, live_id in matches.ids.items()
        if rid not in apart.values()
    }
    ids |= {code: matches.ids.get(rid, rid) for code, rid in apart.items()}
    metadata = replace(plan.metadata, ids={**own, **ids}, code_digest=digest)
    is_ours = _of(unfinished_projects(entries), matches.ours)
    actions = [_adopted(item, is_ours, stored) for item in plan.actions]
    return replace(plan, actions=bound(actions, stored), metadata=metadata)


def _watched(source: State, types: Collection[str]) -> State:
    """Return what is wanted of the types that are read of DSS.

    A repository of DSS has the palette of tags, say, which is not watched by default.
    """
    found = {
        rid: item
        for rid, item in source.resources.items()
        if item.resource_type in types
    }
    return replace(source, resources=found)


def _counted_apart(
    source: State, known: LiveIds, promotion: Promotion | None
) -> dict[str, str]:
    """Return ids for what another environment has counted, which no object here has.

    Args:
        source: what is wanted.
        known: what the state remembers of ids.
        promotion: says of which environment it is; ``None`` if it is of none.
    """
    if promotion is None:
        return {}
    return {
        rid: f"{rid}@{promotion.source}"
        for rid, item in source.resources.items()
        if has_counted_ids(item.resource_type) and rid not in known
    }


def _counted_otherwise(wanted: State, stored: State, known: LiveIds) -> dict[str, str]:
    """Return what has the number of something else in DSS, each with the reason.

    Another instance may have counted differently, so a number alone is no proof: what
    has another name and another text may be another one.

    Args:
        wanted: with the ids in DSS.
        stored: what was stored of it.
        known: what the state remembers of ids.
    """
    found = {}
    for rid, item in wanted.resources.items():
        before = stored.get_resource(rid)
        is_sure = not has_counted_ids(item.resource_type) or rid in known.values()
        if before is None or is_sure:
            continue
        names = [display_name_of(each) for each in (before, item)]
        texts = [each.attributes.get("payload") for each in (before, item)]
        if names[0] != names[1] and texts[0] != texts[1]:
            found[rid] = (
                f"DSS counts its ids, and has {names[0]!r} under this one where the "
                f"code has {names[1]!r}. If it is the same, change its name in DSS "
                "first, and sync"
            )
    return found


def _translated(promotion: Promotion | None, *ids: LiveIds) -> Promotion | None:
    for each in ids:
        promotion = promotion and promotion.translated(each)
    return promotion


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


def _of(projects: set[str], ours: set[str]) -> Callable[[Resource], bool]:
    """Return whether an unfinished apply may have changed an object."""
    return lambda item: item.project_key in projects or item.resource_id in ours


def _adopted(
    action: PlannedAction, is_ours: Callable[[Resource], bool], stored: State
) -> PlannedAction:
    """Return an action; what an unfinished apply has done is still to be stored.

    With what it did itself, DSS changes other objects: the tree of the wiki, say, that
    lists a new article.
    """
    rid, live = action.resource_id, action.diff.old_resource
    is_over = action.action_type is not ActionType.NO_CHANGE
    if is_over or live is None or not is_ours(live):
        return action
    known = stored.get_resource(rid)
    if known is not None and not known.has_changed(live):
        return action
    why = "DSS has it as the code says, since an apply that was not finished"
    return replace(action, action_type=ActionType.ADOPT, reason=why)
