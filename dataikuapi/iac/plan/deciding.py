"""What is to be done with each object, by what the three sides have of it."""

from dataclasses import replace
from typing import Any

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.diff.uncompared import uncompared_attributes
from dataikuapi.iac.ignore.filter import IgnoreFilter
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    Resource,
    ResourceDiff,
    ResourceId,
    State,
    ValueChangeType,
)
from dataikuapi.iac.models.changes import PathSegments, format_path
from dataikuapi.iac.models.filled_in import filled_in
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.markers import holds_secret
from dataikuapi.iac.models.plan import ActionType, PlannedAction
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.plan.edits import edit_in_dss
from dataikuapi.iac.plan.merging import MISSING, Merge, Merged
from dataikuapi.iac.plan.options import PlanOptions, Side
from dataikuapi.iac.types.lookup import (
    is_recreated,
    kept_by_dss,
    sets_of,
    without_noise,
    writing_of,
)
from dataikuapi.iac.types.references import value_at
from dataikuapi.iac.types.writing import NO_WRITER

__all__ = ["Decider"]

_WANTED = {
    ActionType.CREATE: "DSS does not have it; ",
    ActionType.DELETE: "the code no longer has it; ",
}
"""What a reason begins with, where no changes are shown that say it."""


class Decider:
    """Decides what a plan does with each object.

    Args:
        base: the stored state: what is ours, and how it was.
        code: what is wanted.
        live: what DSS has now.
        options: what is allowed.
    """

    def __init__(
        self, base: State, code: State, live: State, options: PlanOptions
    ) -> None:
        self._base, self._code, self._live = base, code, live
        self._options = options
        self._engine = DiffEngine(options.ignore)
        self._rules = IgnoreFilter(options.ignore, utc_now().date())

    def decide(self, resource_id: str) -> PlannedAction | None:
        """Return what is to be done with an object.

        Returns:
            ``None`` if the plan does not concern it: the code does not cover it, or a
            rule leaves it out as a whole.
        """
        action = self._wanted(resource_id)
        return None if action is None else _as_possible(action)

    def _wanted(self, resource_id: str) -> PlannedAction | None:
        """Return what is to be done, whether DSS has calls for that or not."""
        base = self._base.get_resource(resource_id)
        code = self._code.get_resource(resource_id)
        live = self._live.get_resource(resource_id)
        if code is None and (base is None or not self._code.covers(resource_id)):
            return None
        if self._is_ignored(base, code, live):
            return None
        why = self._unknown(resource_id)
        if why:
            action = _action(ActionType.BLOCKED, base, code or base, why)
            is_uncertain = resource_id in self._options.uncertain
            return replace(action, is_unknown=not is_uncertain)
        if code is None:
            assert base is not None
            return self._without_code(base, live)
        if live is None:
            return self._without_live(base, code)
        return self._with_both(base, code, live)

    def _is_ignored(
        self, base: Resource | None, code: Resource | None, live: Resource | None
    ) -> bool:
        """Return whether a rule leaves out the addition or removal of an object."""
        if live is not None and code is not None:
            return False
        old = base if live is None and code is None else live
        return self._engine.compare(old, code) is None

    def _unknown(self, resource_id: str) -> str:
        """Return why it is not known whether DSS has an object, and how."""
        if resource_id in self._options.uncertain:
            return self._options.uncertain[resource_id]
        for side, where in ((self._live, "DSS"), (self._code, "the code")):
            if resource_id in side.unknown:
                return f"could not be read from {where}: {side.unknown[resource_id]}"
        resource_type = resource_id.partition(".")[0]
        if resource_type in self._live.unsupported:
            return f"this DSS does not have the type {resource_type}"
        if not (self._live.has_resource(resource_id) or self._live.covers(resource_id)):
            return "objects of its type were not read from DSS, or could not be"
        return ""

    def _without_code(self, base: Resource, live: Resource | None) -> PlannedAction:
        """Decide for an object of ours that the code no longer has."""
        rid = base.resource_id
        if live is None:
            return _action(ActionType.FORGET, base, None, "it is not in DSS either")
        side = self._options.take.get(rid)
        if side == "live":
            return _action(ActionType.KEPT, live, live, "it stays, as was asked for")
        if is_recreated(base, live):
            why = (
                "it was deleted and created again in DSS since it was stored, so it is "
                "not deleted: to delete it, adopt it and plan again"
            )
            return _action(ActionType.CONFLICT, live, live, why)
        kept = kept_by_dss(ResourceId.parse(rid))
        if kept:
            why = f"the code no longer has it; {kept}"
            return _action(ActionType.PLAN_ONLY, live, live, why)
        if self._differ(base, live) and side != "code":
            why = f"the code no longer has it, and {edit_in_dss(live)}"
            return _action(ActionType.CONFLICT, live, live, why)
        why = self._undeletable(live)
        if why:
            return _action(ActionType.PLAN_ONLY, live, live, why)
        action = _action(ActionType.DELETE, live, None)
        is_droppable = writing_of(live.resource_type).droppable
        return replace(action, drops_data=self._options.delete_data and is_droppable)

    def _undeletable(self, live: Resource) -> str:
        """Return why an object is not deleted; "" if it is."""
        why = writing_of(live.resource_type).undeletable
        if why:
            return f"the code no longer has it; {why}"
        if self._options.is_protected(live.resource_id):
            return "the code no longer has it, but it is protected from being deleted"
        if not self._options.allow_delete:
            return "the code no longer has it; it is deleted if deletes are allowed"
        writing = writing_of(live.resource_type)
        if writing.loses_contents and not self._options.delete_data:
            return (
                f"the code no longer has it; {writing.contents_after_delete} if it is "
                "deleted, so that is done only if its data may be deleted"
            )
        return ""

    def _without_live(self, base: Resource | None, code: Resource) -> PlannedAction:
        """Decide for an object that is wanted, and that DSS does not have."""
        side: Side | None = self._options.take.get(code.resource_id)
        if base is not None and side != "code":
            if side == "live":
                return _action(ActionType.FORGET, base, None, "it was deleted in DSS")
            if self._differ(base, code):
                why = "it was deleted in DSS, and changed in the code"
                return _action(ActionType.CONFLICT, None, code, why)
            if not self._options.revert_drift:
                return _action(ActionType.KEPT, None, code, "it was deleted in DSS")
        if holds_secret(code.attributes):
            why = "the code does not have its secrets: create it in DSS, then adopt it"
            return _action(ActionType.PLAN_ONLY, None, code, why)
        return _action(ActionType.CREATE, None, code)

    def _with_both(
        self, base: Resource | None, code: Resource, live: Resource
    ) -> PlannedAction:
        side: Side | None = self._options.take.get(code.resource_id)
        if base is not None and is_recreated(base, live) and side is None:
            why = "it was deleted and created again in DSS since it was stored"
            return _action(ActionType.CONFLICT, live, code, why)
        is_by_dss = bool(kept_by_dss(ResourceId.parse(live.resource_id)))
        if base is None and is_by_dss and side is None:
            side = "code"  # Nobody has made it, so nobody's work is lost.
        if base is None:
            if side == "live" or not self._differ(live, code):
                return _action(ActionType.ADOPT, live, live)
            if side is None:
                edit = edit_in_dss(live)
                why = f"DSS has another one, which nobody has stored: {edit}"
                return _action(ActionType.CONFLICT, live, code, why)
        # Without a stored version, nothing was changed on the other side.
        return self._merged(base or live, code, live)

    def _merged(self, base: Resource, code: Resource, live: Resource) -> PlannedAction:
        found = self._merge(base, code, live)
        kept, conflicts = tuple(found.kept), tuple(found.conflicts)
        settled = writing_of(live.resource_type).settled
        attributes = settled(found.attributes, live.attributes)
        if conflicts:
            action = _action(ActionType.CONFLICT, live, live, edit_in_dss(live))
        elif found.secrets:
            paths = ", ".join(item.path for item in found.secrets)
            why = f"the code does not have the secrets in {paths}: change it in DSS"
            action = _action(ActionType.PLAN_ONLY, live, live, why)
        elif found.updates and not json_equal(attributes, live.attributes):
            after = _with_attributes(live, attributes)
            action = _action(ActionType.UPDATE, live, after)
        else:
            kind = ActionType.KEPT if kept else ActionType.NO_CHANGE
            action = _action(kind, live, live, edit_in_dss(live) if kept else "")
        action = replace(action, kept=kept, conflicts=conflicts)
        return self._with_unread(action, base, code)

    def _with_unread(
        self, action: PlannedAction, base: Resource, code: Resource
    ) -> PlannedAction:
        """Return an action that tells what the code changes where nobody may look."""
        names = [
            name
            for name in self._live.unknown_in_part.get(code.resource_id, ())
            if name in code.attributes
            and name in base.attributes
            and not json_equal(code.attributes[name], base.attributes[name])
        ]
        if not names:
            return action
        why = (
            f"the API key may not read its {', '.join(names)}, so what the code "
            "changes there is not planned"
        )
        if action.action_type is ActionType.NO_CHANGE:
            return replace(action.blocked(why), is_unknown=True)
        return replace(action, reason="; ".join(filter(None, [action.reason, why])))

    def _merge(self, base: Resource, code: Resource, live: Resource) -> Merged:
        names = {
            *self._live.unknown_in_part.get(live.resource_id, ()),
            *self._base.unknown_in_part.get(live.resource_id, ()),
        }
        for other in (base, code):
            uncompared = uncompared_attributes(other, live)
            names.update(item.attribute for item in uncompared)
        paths, left_to_dss = writing_of(live.resource_type).from_live, filled_in(base)
        diff = ResourceDiff(
            ChangeType.MODIFIED, live.resource_id, live.resource_type, live, code
        )

        def is_live(path: PathSegments, wanted: Any, now: Any) -> bool:
            is_other = len(path) == 1 and path[0].name in names
            if is_other or tuple(item.name for item in path) in paths:
                return True
            if wanted is MISSING and format_path(path) in left_to_dss:
                return True
            change = Change(ValueChangeType.MODIFIED, path, _json(now), _json(wanted))
            return self._rules.suppresses(diff, change)

        takes = self._options.take.get(code.resource_id)
        merge = Merge(
            sets_of(live.resource_type), is_live, self._options.revert_drift, takes
        )
        before = without_noise(base.resource_type, base.attributes)
        return merge(before, code.attributes, live.attributes)

    def _differ(self, old: Resource, new: Resource) -> bool:
        """Return whether two versions differ, apart from what rules leave out."""
        found = self._engine.compare(old, new)
        return found is not None and found.has_changed


def _as_possible(action: PlannedAction) -> PlannedAction:
    """Return an action; one for which DSS has no calls is only told of."""
    why = _impossible(action)
    if not why:
        return action
    why = _WANTED.get(action.action_type, "") + why
    if action.action_type is ActionType.DELETE:
        live = action.diff.old_resource
        return _action(ActionType.PLAN_ONLY, live, live, why)
    rest = _possible_part(action)
    if rest is not None:
        found = _action(ActionType.UPDATE, action.diff.old_resource, rest, why)
        return replace(found, kept=action.kept)
    return replace(action, action_type=ActionType.PLAN_ONLY, reason=why)


def _possible_part(action: PlannedAction) -> Resource | None:
    """Return an object with what of an update DSS has calls for; ``None`` if nothing.

    A member that has a value without one is left as it is. Where only one side has the
    member, such as the digest of a file, the other is another sort of object.
    """
    old, new = action.diff.old_resource, action.diff.new_resource
    writing = writing_of(action.resource_type)
    if action.action_type is not ActionType.UPDATE or writing.writer is None:
        return None
    assert old is not None and new is not None
    names = {path[0] for path in writing.unchangeable}
    if names & (old.attributes.keys() ^ new.attributes.keys()):
        return None
    attributes = {key: x for key, x in new.attributes.items() if key not in names}
    attributes |= {key: x for key, x in old.attributes.items() if key in names}
    is_rest = not json_equal(attributes, old.attributes)
    return _with_attributes(new, attributes) if is_rest else None


def _impossible(action: PlannedAction) -> str:
    """Return why DSS has no calls for what is wanted; "" if it has."""
    if not action.action_type.writes:
        return ""
    writing = writing_of(action.resource_type)
    if writing.writer is None:
        return NO_WRITER
    if action.action_type is ActionType.CREATE and writing.uncreatable:
        return writing.uncreatable
    if action.action_type is ActionType.DELETE:
        return ""
    old, new = action.diff.old_resource, action.diff.new_resource
    for path, reason in writing.unchangeable.items():
        before, after = (
            value_at(each.attributes, *path) if each is not None else None
            for each in (old, new)
        )
        if not json_equal(before, after):
            return f"{'.'.join(path)}: {reason}"
    return ""


def _action(
    kind: ActionType, old: Resource | None, new: Resource | None, reason: str = ""
) -> PlannedAction:
    diff = DiffEngine().compare(old, new)
    assert diff is not None  # One of them is there, and no rule leaves it out.
    rid = diff.resource_id
    return PlannedAction(kind, rid, diff.resource_type, diff, reason=reason)


def _with_attributes(live: Resource, attributes: dict[str, JSON]) -> Resource:
    metadata = replace(live.metadata, checksum="")
    return replace(live, attributes=attributes, metadata=metadata)


def _json(value: Any) -> JSON:
    return value if isinstance(value, (dict, list, str, int, float)) else None
