"""Makes plans: which changes of DSS lead from what it has to what is wanted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dataikuapi.iac.models import Resource, ResourceId, State
from dataikuapi.iac.models.plan import (
    ActionType,
    ExecutionPlan,
    PlanMetadata,
    PlannedAction,
)
from dataikuapi.iac.plan.binding import bound, code_digest
from dataikuapi.iac.plan.deciding import Decider
from dataikuapi.iac.plan.options import PlanOptions
from dataikuapi.iac.plan.ordering import (
    created_beside,
    is_made_along,
    ordered,
    references,
)
from dataikuapi.iac.plan.promotion import promoted
from dataikuapi.iac.plan.renaming import as_rename, find_renamed, with_new_names
from dataikuapi.iac.plan.targeting import targeted
from dataikuapi.iac.types.lookup import (
    is_id_generated,
    kept_by_dss,
    noun_of,
    writing_of,
)
from dataikuapi.iac.types.registry import TYPES, default_types

__all__ = ["PlanGenerator", "covered_types"]

_COUNTED_FROM = 10
"""In a project of fewer managed objects, any number of changes is planned."""

_COUNTED = (ActionType.UPDATE, ActionType.DELETE, ActionType.RENAME)


class PlanGenerator:
    """Makes plans from three sides: what was stored, what is wanted, what is there.

    A value that only the code changed is updated; one that only DSS changed is kept;
    one that both changed is a conflict, as is anything that cannot be known for sure.
    Nothing that could not be read is changed, and nothing is deleted that is not ours,
    still the same, and not wanted by code that covers its type.

    Args:
        base: the stored state: what is ours, and how it was. Without it, what DSS has
            now counts as stored.
        options: what is allowed beyond what is safe in any case.

    Example:
        .. code-block:: python

            stored, live = manager.load_state(), manager.sync_all()
            wanted = open_source("git:main:SHOP").read()
            plan = PlanGenerator(stored).generate_plan(live, wanted)
            print(plan.summary())
    """

    def __init__(
        self, base: State | None = None, options: PlanOptions | None = None
    ) -> None:
        self._base = base
        self._options = options or PlanOptions()

    def generate_plan(
        self, current_state: State, desired_state: State
    ) -> ExecutionPlan:
        """Return what is to be done so that DSS has what is wanted.

        Args:
            current_state: what DSS has now.
            desired_state: what is wanted; its scope is what it covers.
        """
        live, code = current_state, desired_state
        own_values: tuple[str, ...] = ()
        if self._options.promotion is not None:
            code, own_values = promoted(code, live, self._options.promotion)
        base = live if self._base is None else self._base
        names = find_renamed(base, code, live)
        sides = (with_new_names(base, names), with_new_names(live, names))
        decider = Decider(sides[0], code, sides[1], self._options)
        known = {*code.resources, *sides[0].resources}
        found = [decider.decide(rid) for rid in sorted(known)]
        old_ids = {new: old for old, new in names.items()}
        actions = [
            as_rename(action, old_ids.get(action.resource_id))
            for action in found
            if action is not None
        ]
        actions = list(_without_cascades(actions, live))
        actions = list(_with_new_ids(_without_lone(actions)))
        self._options.require_found(
            rid for item in actions for rid in (item.resource_id, item.stored_id)
        )
        chosen = targeted(actions, live, self._options)
        result = ordered(chosen.actions)
        projects = {*code.project_keys()}
        return ExecutionPlan(
            bound(_with_blocked(result.actions), base),
            PlanMetadata(
                environment=base.environment or live.environment,
                url=_url(live),
                instance=dict(live.instance or {}),
                lineage=base.lineage,
                serial=base.serial,
                read_at=live.updated_at,
                code_digest=code_digest(desired_state),
                unmanaged=_unmanaged(live, {*known, *names}, projects),
                uncovered=_uncovered(base, code, projects),
                cycles=result.cycles,
                refusal=self._refusal(result.actions, base, projects),
                left_out=chosen.left_out,
                dependants=chosen.dependants,
                own_values=own_values,
            ),
        )

    def _refusal(
        self, actions: Iterable[PlannedAction], base: State, projects: set[str]
    ) -> str:
        """Return why there is too much to do; "" if there is not.

        Args:
            actions: of the plan.
            base: has the managed objects.
            projects: keys of those of which the code has an object.
        """
        managed = Counter(item.project_key for item in base)
        changed = Counter(
            action.project_key for action in actions if action.action_type in _COUNTED
        )
        limit = self._options.max_change
        for key, count in sorted(changed.items()):
            if key not in projects:
                return f"the code has no object of project {key}: is it the right one?"
            if managed[key] >= _COUNTED_FROM and not limit.allows(count, managed[key]):
                return (
                    f"{count:,} of {managed[key]:,} managed objects in {key} would be "
                    f"updated or deleted, more than {limit}"
                )
        return ""


def covered_types(source: State) -> list[str]:
    """Return the names of the types of which a source says what there is."""
    found = {item.resource_type for item in source}
    if source.scope is not None:
        found |= {name for _, name in source.scope.parts}
    return [name for name in TYPES if name in found]


def _without_cascades(
    actions: list[PlannedAction], live: State
) -> Iterator[PlannedAction]:
    """Yield the actions; a delete that would take along what stays is blocked.

    DSS deletes the recipes that use a dataset, a folder or a model with it.
    """
    by_id = {action.resource_id: action for action in actions}
    deleted = {
        rid
        for rid, action in by_id.items()
        if action.action_type is ActionType.DELETE
        and writing_of(action.resource_type).takes_recipes
    }
    users: dict[str, list[str]] = {}
    keys = sorted({ResourceId.parse(rid).project_key for rid in deleted})
    unread = {key: name for key in keys if (name := _unread_users(key, live))}
    for resource in live if deleted else ():
        for rid in _used_after(resource, by_id, deleted):
            users.setdefault(rid, []).append(resource.resource_id)
    for action in actions:
        taken = users.get(action.resource_id)
        if taken:
            stay = "are to stay" if len(taken) > 1 else "is to stay"
            why = f"DSS would delete {', '.join(taken)} with it, which {stay}"
            yield action.blocked(why)
        elif action.resource_id in deleted and action.project_key in unread:
            why = (
                "DSS would delete with it what uses it, and not all "
                f"{noun_of(unread[action.project_key], 2)} of {action.project_key} "
                "could be read"
            )
            yield replace(action.blocked(why), is_unknown=True)
        else:
            yield action


def _unread_users(project_key: str, live: State) -> str:
    """Return a type of what uses others, if some of a project is unknown; else "".

    Types that are not watched by default are looked up right before a delete alone.
    """
    for name in default_types():
        if writing_of(name).is_taken_along:
            anything = ResourceId(name, project_key, "*")
            unknown = any(
                rid.startswith(f"{name}.{project_key}.") for rid in live.unknown
            )
            if unknown or not live.covers(str(anything)):
                return name
    return ""


def _without_lone(actions: list[PlannedAction]) -> list[PlannedAction]:
    """Return the actions; what DSS makes along with others is not made alone."""
    return [
        (
            replace(
                action,
                action_type=ActionType.PLAN_ONLY,
                reason=kept_by_dss(ResourceId.parse(action.resource_id)),
            )
            if action.action_type is ActionType.CREATE
            and is_made_along(action)
            and not created_beside(action, actions)
            else action
        )
        for action in actions
    ]


def _with_new_ids(actions: list[PlannedAction]) -> Iterator[PlannedAction]:
    """Yield the actions; what refers to an object that gets another id is updated.

    It is as the code says, but for that id, which DSS generates when it creates the
    object.
    """
    created = {
        action.resource_id: action.resource_type
        for action in actions
        if action.action_type is ActionType.CREATE
        and is_id_generated(action.resource_type)
    }
    for action in actions:
        after, kind = action.diff.new_resource, action.action_type
        is_kept = kind is not ActionType.NO_CHANGE or not created
        is_written = writing_of(action.resource_type).writer is not None
        new = () if is_kept or not is_written else references(after, created)
        if new:
            why = f"it refers to {', '.join(sorted(new))}, to which DSS gives a new id"
            yield replace(action, action_type=ActionType.UPDATE, reason=why)
        else:
            yield action


def _used_after(
    resource: Resource, by_id: Mapping[str, PlannedAction], deleted: set[str]
) -> set[str]:
    """Return which of the deleted objects one that stays still uses.

    One that DSS deletes with what it uses.
    """
    if not writing_of(resource.resource_type).is_taken_along:
        return set()
    action = by_id.get(resource.resource_id)
    if action is not None and action.action_type is ActionType.DELETE:
        return set()
    is_changed = action is not None and action.action_type is ActionType.UPDATE
    after = action.diff.new_resource if action is not None and is_changed else resource
    return references(after, dict.fromkeys(deleted))


def _with_blocked(actions: Iterable[PlannedAction]) -> tuple[PlannedAction, ...]:
    """Return the actions; one that needs what is not done is blocked.

    Args:
        actions: in their order.
    """
    by_id: dict[str, PlannedAction] = {}
    for action in actions:
        broken = [
            rid
            for rid in action.dependencies
            if rid in by_id and not by_id[rid].action_type.is_executed
        ]
        is_broken = bool(broken) and action.action_type.writes
        why = f"it needs {', '.join(broken)}"
        by_id[action.resource_id] = action.blocked(why) if is_broken else action
    return tuple(by_id.values())


def _unmanaged(
    live: State, known: Iterable[str], projects: Iterable[str]
) -> tuple[str, ...]:
    known, projects = set(known), set(projects)
    return tuple(
        sorted(
            item.resource_id
            for item in live
            if item.resource_id not in known and item.project_key in projects
        )
    )


def _uncovered(base: State, code: State, projects: Iterable[str]) -> tuple[str, ...]:
    projects = set(projects)
    return tuple(
        sorted(
            {
                item.resource_type
                for item in base
                if item.project_key in projects and not code.covers(item.resource_id)
            }
        )
    )


def _url(live: State) -> str | None:
    address = (live.instance or {}).get("address")
    return address if isinstance(address, str) else None
