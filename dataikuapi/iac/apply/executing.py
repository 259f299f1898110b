"""Executes actions of a plan: look, write, look again."""

from collections.abc import Callable, Collection

from dataikuapi.iac.apply.comparing import (
    NotAsPlanned,
    is_same,
    listed_paths,
    require_as_planned,
    unmet,
)
from dataikuapi.iac.apply.creating import Creator
from dataikuapi.iac.apply.noting import ApplyLog
from dataikuapi.iac.apply.objects import LiveObjects, error_of, kind_of
from dataikuapi.iac.apply.outcomes import done, uncertain, updated
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSAuthenticationError,
    StateWriteError,
)
from dataikuapi.iac.live_ids import renamed, with_ids
from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.apply import ActionResult, ActionStatus
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.plan import ActionType, PlannedAction
from dataikuapi.iac.sync.typed import Reading
from dataikuapi.iac.sync.workers import is_fatal
from dataikuapi.iac.types.rewriting import rewritten

__all__ = ["Executor"]

_UNANSWERED = 3
"""After how many attempts to read, of different objects, DSS is taken to be gone. Each
has been repeated as the policy says."""


class Executor:
    """Executes actions, each of which notes its intent and its outcome.

    Args:
        objects: reads and writes DSS.
        log: of this apply.
        known: ids of the objects that DSS had when the plan was made.
        created: ids in DSS of what this apply has created, by those in the plan, where
            they differ; added to.
        stop: called if no other action can succeed either, with the reason.
    """

    def __init__(
        self,
        objects: LiveObjects,
        log: ApplyLog,
        known: Collection[str],
        created: dict[str, str],
        stop: Callable[[str], object],
    ) -> None:
        self._objects, self._log, self._ids = objects, log, created
        self._creator = Creator(objects, log, known, created)
        self._stop = stop
        self._moved: set[str] = set()
        # Lanes of other projects add to both dicts of ids: copy before iterating.
        self._renamed: dict[str, str] = {}

    def execute(self, action: PlannedAction) -> ActionResult:
        """Do what an action says, if its object is as planned.

        Raises:
            StateWriteError: if the journal could not be written; then DSS was not asked
                to do anything, or has done it and it is in the journal as begun.
        """
        try:
            result = self._executed(action)
        except NotAsPlanned as refusal:
            result = ActionResult(action, ActionStatus.REFUSED, str(refusal))
        except StateWriteError:
            raise
        except DataikuIaCError as error:  # Before DSS was asked to do anything.
            if isinstance(error, DSSAuthenticationError):
                self._stop(str(error))
            elif is_fatal(error) or self._objects.unanswered >= _UNANSWERED:
                self._stop(f"DSS does not respond: {error}")
            result = ActionResult(action, ActionStatus.FAILED, str(error))
        self._log.outcome(result)
        return result

    def _executed(self, action: PlannedAction) -> ActionResult:
        match action.action_type:
            case ActionType.CREATE:
                self._moved.add(action.project_key)
                return self._creator.create(action)
            case ActionType.UPDATE:
                result = self._update(action)
                self._moved.add(action.project_key)
                return result
            case ActionType.RENAME:
                result = self._rename(action)
                self._moved.add(action.project_key)
                return result
            case ActionType.DELETE:
                result = self._delete(action)
                self._moved.add(action.project_key)
                return result
            case ActionType.ADOPT:
                return self._adopt(action)
            case _:
                return self._forget(action)

    def _update(self, action: PlannedAction) -> ActionResult:
        rid, target = action.resource_id, action.diff.new_resource
        assert target is not None
        wanted = with_ids(target, dict(self._ids))
        is_noted = self._noted_update(action, wanted)  # While the object is read.
        before = self._required(action)
        if is_same(before.resource, wanted):
            note = ("DSS had it as planned already",)
            return done(action, notes=note, resource=before.resource)
        merged = require_as_planned(
            action,
            before.resource,
            wanted,
            has_moved=action.project_key in self._moved,
            names=dict(self._renamed),
        )
        if merged is not wanted:
            wanted = merged
            if is_same(before.resource, wanted):
                note = ("DSS had it as planned already",)
                return done(action, notes=note, resource=before.resource)
            is_noted = self._noted_update(action, wanted)
        documents = rewritten(
            kind_of(rid),
            before.documents,
            before.resource.attributes,
            wanted.attributes,
        )
        is_noted()
        error, saves = None, None
        try:
            saves = self._objects.save(rid, before.documents, documents)
        except DataikuIaCError as reported:  # DSS may have saved it or not.
            error = reported
        try:
            after = self._objects.read(rid)
        except DataikuIaCError as unread:
            return uncertain(action, error, unread)
        if after is None:
            return ActionResult(
                action, ActionStatus.FAILED, "somebody deleted it in DSS meanwhile"
            )
        return updated(action, before, wanted, after, error, saves)

    def _noted_update(
        self, action: PlannedAction, wanted: Resource
    ) -> Callable[[], None]:
        """Begin to note an update; return what waits for that."""
        details: dict[str, JSON] = {"wanted": wanted.metadata.checksum}
        if action.renamed_from:
            details["renamed_from"] = action.renamed_from
        return self._log.intend(action, details)

    def _rename(self, action: PlannedAction) -> ActionResult:
        """Rename an object, then change what else is to be different."""
        old_id, new_id = action.renamed_from, action.resource_id
        found = self._objects.read(old_id)
        if found is None:
            raise NotAsPlanned(
                f"{old_id} was deleted or renamed since the plan was made"
            )
        require_as_planned(
            action,
            renamed(found.resource, new_id),
            renamed(found.resource, new_id),
            has_moved=True,
            names=dict(self._renamed),
        )
        if self._objects.read(new_id) is not None:
            raise NotAsPlanned("it was created in DSS since the plan was made")
        self._log.intent(action, {"renamed_from": old_id})
        error = error_of(lambda: self._objects.rename(old_id, new_id))
        try:
            after = self._objects.read(new_id)
        except DataikuIaCError as unread:
            return uncertain(action, error, unread)
        if after is None:
            why = "DSS has not renamed it" if error is None else str(error)
            return ActionResult(action, ActionStatus.FAILED, why)
        self._renamed[old_id] = new_id
        target = action.diff.new_resource
        assert target is not None
        before = renamed(found.resource, new_id)
        if unmet(with_ids(target, dict(self._ids)), after.resource, before):
            try:
                return self._update(action)
            except (NotAsPlanned, DataikuIaCError) as failure:
                if isinstance(failure, (StateWriteError, DSSAuthenticationError)):
                    raise
                why = f"it was renamed, and nothing else: {failure}"
                return ActionResult(action, ActionStatus.FAILED, why)
        notes = () if error is None else (f"DSS did it, although it reported: {error}",)
        return done(action, notes=notes, resource=after.resource)

    def _delete(self, action: PlannedAction) -> ActionResult:
        rid = action.resource_id
        found = self._objects.read(rid)
        if found is None:
            self._objects.require_unlisted(rid)
            return done(action, notes=("DSS did not have it any more",))
        require_as_planned(
            action,
            found.resource,
            found.resource,
            has_moved=action.project_key in self._moved,
            names=dict(self._renamed),
        )
        taken = self._objects.users(rid)
        if taken:
            use = "uses" if len(taken) == 1 else "use"
            raise NotAsPlanned(
                f"DSS would delete {listed_paths(taken)} with it, which {use} it since "
                "the plan was made"
            )
        self._log.intent(action, {})
        error = error_of(lambda: self._objects.delete(rid, action.drops_data))
        try:
            after = self._objects.read(rid)
        except DataikuIaCError as unread:
            return uncertain(action, error, unread)
        if after is not None:
            why = "DSS still has it" if error is None else str(error)
            return ActionResult(action, ActionStatus.FAILED, why)
        notes = () if error is None else (f"DSS reported: {error}",)
        return done(action, notes=notes)

    def _adopt(self, action: PlannedAction) -> ActionResult:
        found = self._required(action)
        require_as_planned(action, found.resource, found.resource, has_moved=False)
        return done(action, resource=found.resource)

    def _forget(self, action: PlannedAction) -> ActionResult:
        if self._objects.read(action.resource_id) is not None:
            raise NotAsPlanned("it is in DSS again")
        return done(action)

    def _required(self, action: PlannedAction) -> Reading:
        found = self._objects.read(action.resource_id)
        if found is None:
            raise NotAsPlanned("it was deleted in DSS since the plan was made")
        return found
