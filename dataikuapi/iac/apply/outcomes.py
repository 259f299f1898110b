"""What became of an action, by what DSS has before and after it."""

from dataclasses import replace

from dataikuapi.iac.apply.comparing import (
    elsewhere,
    is_same,
    listed_paths,
    not_removed,
    unmet,
)
from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.apply import DONE, ActionResult, ActionStatus
from dataikuapi.iac.models.plan import PlannedAction
from dataikuapi.iac.plan.matching import added_paths
from dataikuapi.iac.sync.typed import Reading

__all__ = ["done", "uncertain", "updated"]


def updated(
    action: PlannedAction,
    before: Reading,
    wanted: Resource,
    after: Reading,
    error: DataikuIaCError | None,
    saves: int | None,
) -> ActionResult:
    """Return what became of an update.

    Args:
        action: the update.
        before: the object before it.
        wanted: what it was to be.
        after: what it is.
        error: that DSS reported.
        saves: how many requests saved it; ``None`` if an error leaves that open.
    """
    old, new = before.resource, after.resource
    others = unmet(wanted, new, old)
    # It was not as wanted before, so if it is now it was saved.
    is_unsaved = bool(others) and is_same(old, new)
    if error is not None and others:
        part = "" if is_unsaved else f"; it differs from the plan in {others}"
        return ActionResult(action, ActionStatus.FAILED, f"{error}{part}")
    if is_unsaved:
        why = f"DSS accepted the change, and did not store it: {others}"
        return ActionResult(action, ActionStatus.FAILED, why)
    grown = _growth(old, new)
    is_alone = grown is not None and saves is not None and grown <= saves
    by_others = set() if is_alone else elsewhere(wanted, new, old)
    kept = not_removed(wanted, new, old)
    by_others -= kept
    others = ", ".join(filter(None, [others, listed_paths(sorted(by_others))]))
    notes = []
    if error is not None:
        notes.append(f"DSS stored it, although it reported: {error}")
    if others:
        notes.append(f"DSS stored something else than planned in {others}")
    if grown is not None and saves is not None and grown > saves:
        notes.append(
            f"its version grew by {grown} instead of {saves}: somebody else saved "
            "it at the same time, so look whether their edit is still there"
        )
    stored = new
    if others and not is_alone:
        # It may be the edit of somebody else, which nobody has agreed to: as what was
        # wanted is stored, it is told as drift, and the next plan keeps it.
        metadata = replace(stored.metadata, checksum="")
        stored = replace(stored, attributes=wanted.attributes, metadata=metadata)
    not_by_dss = by_others | kept
    added = tuple(path for path in added_paths(wanted, new) if path not in not_by_dss)
    found = done(action, notes=tuple(notes), resource=stored)
    return replace(found, filled_in=added)


def _growth(before: Resource, after: Resource) -> int | None:
    """Return by how much the version of an object has grown; None if it has none."""
    old, new = before.metadata.version_number, after.metadata.version_number
    return None if old is None or new is None else new - old


def done(
    action: PlannedAction,
    *,
    notes: tuple[str, ...] = (),
    resource: Resource | None = None,
) -> ActionResult:
    """Return that an action was done.

    Args:
        action: the action.
        notes: what else is to be known.
        resource: what DSS has then; ``None`` if it has nothing.
    """
    return ActionResult(
        action, DONE[action.action_type], notes=notes, resource=resource
    )


def uncertain(
    action: PlannedAction, error: DataikuIaCError | None, unread: DataikuIaCError
) -> ActionResult:
    """Return that nobody knows what became of a write.

    Args:
        action: the action.
        error: that DSS reported of the write, if it did.
        unread: why the object could not be read afterwards.
    """
    first = f"{error}; then " if error is not None else ""
    why = f"{first}it could not be read again: {unread}"
    return ActionResult(action, ActionStatus.UNCERTAIN, why)
