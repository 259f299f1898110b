"""Creates objects, and looks for what was created if the response got lost."""

from collections.abc import Collection
from functools import partial

from dataikuapi.iac.apply.comparing import (
    NotAsPlanned,
    is_same,
    listed_paths,
    unmet,
    with_added,
)
from dataikuapi.iac.apply.noting import ApplyLog
from dataikuapi.iac.apply.objects import LiveObjects, error_of, is_refusal, kind_of
from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.live_ids import with_ids
from dataikuapi.iac.models import Resource, ResourceId
from dataikuapi.iac.models.apply import ActionResult, ActionStatus
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import PlannedAction
from dataikuapi.iac.plan.matching import added_paths, contradictions
from dataikuapi.iac.sync.typed import Reading
from dataikuapi.iac.types.lookup import display_name_of, kept_by_dss
from dataikuapi.iac.types.rewriting import new_documents, rewritten

__all__ = ["Creator"]


class _Uncertain(Exception):  # No error: it ends one action.
    """Which object was created cannot be found out; the message says why."""


class Creator:
    """Creates objects.

    Args:
        objects: reads and writes DSS.
        log: of this apply.
        known: ids of the objects that DSS had when the plan was made.
        ids: in DSS of what this apply has created, by those in the plan, where they
            differ; added to.
    """

    def __init__(
        self,
        objects: LiveObjects,
        log: ApplyLog,
        known: Collection[str],
        ids: dict[str, str],
    ) -> None:
        self._objects, self._log, self._known = objects, log, known
        self._ids = ids

    def create(self, action: PlannedAction) -> ActionResult:
        """Create the object of an action, unless DSS has it by now.

        Raises:
            NotAsPlanned: if DSS has another one.
            DataikuIaCError: if it is not known whether DSS has one, or DSS refuses to
                create it.
        """
        wanted = action.diff.new_resource
        assert wanted is not None
        wanted, rid = with_ids(wanted, dict(self._ids)), wanted.resource_id
        listed: set[str] = set()
        is_generated = self._objects.is_generated(rid)
        if is_generated:
            listed = self._objects.names(rid)
            self._refuse_namesakes(wanted, listed)
        else:
            now = self._objects.read(rid)
            why = kept_by_dss(ResourceId.parse(rid))
            if why and now is None:
                raise NotAsPlanned(why)
            if now is not None and not why:
                return _found(action, wanted, now)
            if now is not None:
                self._log.intent(action, {"wanted": wanted.metadata.checksum})
                return self._completed(action, wanted, None)
        documents = new_documents(kind_of(rid), wanted.attributes)
        details: dict[str, JSON] = {"wanted": wanted.metadata.checksum}
        if is_generated:
            details["listed"] = [*sorted(listed)]
        self._log.intent(action, details)
        error: DataikuIaCError | None = None
        try:
            live_id = self._objects.create(rid, documents)
        except DataikuIaCError as failure:
            if is_refusal(failure):
                raise  # What is there by now, somebody else has created.
            error = failure
            try:
                found = self._created(wanted, listed)
            except _Uncertain as uncertain:
                why = f"{error}; {uncertain}"
                return ActionResult(action, ActionStatus.UNCERTAIN, why)
            except DataikuIaCError as unread:
                why = f"{error}; then DSS could not be asked for it: {unread}"
                return ActionResult(action, ActionStatus.UNCERTAIN, why)
            if found is None:
                return ActionResult(action, ActionStatus.FAILED, str(error))
            live_id = found
        if live_id != rid:
            self._ids[rid] = live_id
            self._log.intent(action, {**details, "live_id": live_id})
        return self._completed(action, with_ids(wanted, dict(self._ids)), error)

    def _refuse_namesakes(self, wanted: Resource, listed: set[str]) -> None:
        others = listed - set(self._known) - set(self._ids.values())
        same = [item.resource.resource_id for item in self._namesakes(wanted, others)]
        if same:
            raise NotAsPlanned(
                f"{', '.join(same)} of the same name was created in DSS since the plan "
                "was made"
            )

    def _namesakes(self, wanted: Resource, ids: Collection[str]) -> list[Reading]:
        found = (self._objects.read(rid) for rid in sorted(ids))
        return [
            item
            for item in found
            if item is not None
            and display_name_of(item.resource) == display_name_of(wanted)
        ]

    def _created(self, wanted: Resource, listed: set[str]) -> str | None:
        """Return the id of what a request has created whose response got lost.

        Raises:
            _Uncertain: if that cannot be told apart from what others have created.
        """
        rid = wanted.resource_id
        if self._objects.is_generated(rid):
            new = self._objects.names(rid) - listed - set(self._ids.values())
            same = self._namesakes(wanted, new)
        else:
            same = [item] if (item := self._objects.read(rid)) is not None else []
            if not same:
                self._refuse_other_names(rid)
        others = {
            (found := item.resource).resource_id: contradictions(
                with_ids(wanted, {rid: found.resource_id}), found
            )
            for item in same
        }
        ours = [found for found, paths in others.items() if not paths]
        if len(ours) > 1:
            raise _Uncertain(
                f"DSS has {len(ours)} new ones of its name, {', '.join(ours)}: look at "
                "them in DSS, delete what nobody wants, then plan again"
            )
        if others and not ours:
            found_id, paths = next(iter(others.items()))
            raise _Uncertain(
                f"DSS has {found_id} now, with something else in "
                f"{listed_paths(paths)}: somebody else seems to have created it; look "
                "at it in DSS, then plan again"
            )
        return ours[0] if ours else None

    def _refuse_other_names(self, resource_id: str) -> None:
        """Look whether DSS may have created an object under a name of its own.

        It names some recipes as it likes, whatever was asked for.

        Raises:
            _Uncertain: if it has new ones.
        """
        known = {*self._known, *self._ids.values(), *self._ids}
        new = sorted(self._objects.names(resource_id) - known)
        if new:
            raise _Uncertain(
                f"DSS has new ones, {listed_paths(new)}, of which one may be it: look "
                "at them in DSS, delete what nobody wants, then plan again"
            )

    def _completed(
        self, action: PlannedAction, wanted: Resource, error: DataikuIaCError | None
    ) -> ActionResult:
        """Save what DSS did not store when it created an object, and read it back."""
        rid, unsaved, made = wanted.resource_id, None, None
        try:
            made = self._required(rid)
            if unmet(wanted, made.resource):
                documents = rewritten(
                    kind_of(rid),
                    made.documents,
                    made.resource.attributes,
                    with_added(wanted.attributes, made.resource.attributes),
                )
                save = partial(self._objects.save, rid, made.documents, documents)
                unsaved = error_of(save)
                made = self._required(rid)
            others = unmet(wanted, made.resource)
            if unsaved is not None and others:
                raise unsaved
        except DataikuIaCError as failure:
            why = f"it was created as {rid}, but not completed: {failure}"
            left = "" if made is None else made.resource.metadata.checksum
            return ActionResult(
                action, ActionStatus.FAILED, why, begun=rid, begun_as=left
            )
        notes = [
            f"DSS {did} it, although it reported: {each}"
            for did, each in (("created", error), ("completed", unsaved))
            if each is not None
        ]
        if others:
            notes.append(f"DSS stored something else than planned in {others}")
        return ActionResult(
            action,
            ActionStatus.CREATED,
            notes=tuple(notes),
            resource=made.resource,
            filled_in=added_paths(wanted, made.resource),
        )

    def _required(self, resource_id: str) -> Reading:
        found = self._objects.read(resource_id)
        if found is None:
            raise DataikuIaCError(
                f"DSS does not have {resource_id} any more: plan again"
            )
        return found


def _found(action: PlannedAction, wanted: Resource, now: Reading) -> ActionResult:
    """Return what becomes of a creation if DSS has the object by now."""
    if not is_same(now.resource, wanted):
        raise NotAsPlanned("it was created in DSS since the plan was made")
    note = "it was created in DSS since the plan was made, just as planned"
    return ActionResult(
        action, ActionStatus.ADOPTED, notes=(note,), resource=now.resource
    )
