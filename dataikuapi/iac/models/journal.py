"""The journal of applies: what is about to be done, and what became of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from dataikuapi.iac.models.apply import ActionStatus
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import utc_now

__all__ = [
    "ApplyRun",
    "Journal",
    "JournalEntry",
    "JournalEvent",
    "applies_of",
    "open_intents",
    "positions_to_keep",
    "unfinished_projects",
    "unsettled",
]

KEPT_APPLIES = 100
"""Of how many applies a journal keeps at least that they were, and how they ended."""


class JournalEvent(str, Enum):
    """What an entry says."""

    BEGIN = "begin"
    """An apply begins; the details say of which plan, and who applies it."""
    INTENT = "intent"
    """DSS is about to be asked to change an object."""
    OUTCOME = "outcome"
    """What became of that."""
    END = "end"
    """An apply is over."""


@dataclass(frozen=True)
class JournalEntry:
    """One entry of the journal.

    Args:
        run: identifies the apply.
        event: what the entry says.
        resource_id: of the object, in an intent or an outcome.
        details: what else is to be known; never a secret.
        at: when it was written.
    """

    run: str
    event: JournalEvent
    resource_id: str = ""
    details: Mapping[str, JSON] = field(default_factory=dict)
    at: datetime = field(default_factory=utc_now)


class Journal(ABC):
    """Keeps the entries of all applies to the projects of one state."""

    @abstractmethod
    def append(self, *entries: JournalEntry) -> None:
        """Add entries; when this returns, they survive a crash.

        Raises:
            StateWriteError: if it could not be stored.
        """

    @abstractmethod
    def read(self) -> Sequence[JournalEntry]:
        """Return the entries, oldest first, without one that was cut off by a crash.

        Raises:
            StateReadError: if they could not be read.
            StateCorruptedError: if what is stored is not a journal.
        """

    @abstractmethod
    def clear(self) -> None:
        """Remove all entries.

        Raises:
            StateWriteError: if they could not be removed.
        """


def open_intents(entries: Iterable[JournalEntry]) -> dict[str, JournalEntry]:
    """Return the intents of which nobody knows what became, by the id of the object.

    Args:
        entries: of a journal, oldest first.
    """
    found: dict[str, JournalEntry] = {}
    for entry in entries:
        if entry.event is JournalEvent.INTENT:
            found[entry.resource_id] = entry
        elif entry.event is JournalEvent.OUTCOME:
            found.pop(entry.resource_id, None)
    return found


def unsettled(entries: Iterable[JournalEntry]) -> dict[str, dict[str, JSON]]:
    """Return what is known of the actions of which the stored state may not know.

    These are those of applies that are not over, until a later one that is over has
    stored what they did, and those that failed or are uncertain. Of a creation that
    failed and left nothing in DSS, nothing is to be known.

    Args:
        entries: of a journal, oldest first.

    Returns:
        The details of intent and outcomes, by the id of the object.
    """
    entries = list(entries)
    return {
        rid: _merged([entries[position].details for position in found])
        for rid, found in _unsettled_positions(entries).items()
    }


def _merged(details: Sequence[Mapping[str, JSON]]) -> dict[str, JSON]:
    """Return all details; what was created stays that, whatever is done with it."""
    found = {key: item for each in details for key, item in each.items()}
    return {**found, "action": details[0].get("action")}


def _unsettled_positions(entries: Sequence[JournalEntry]) -> dict[str, list[int]]:
    """Return the positions of the entries that :func:`unsettled` is made of."""
    found: dict[str, list[int]] = {}
    settled: dict[str, set[str]] = {}
    """By each apply that is not over; its state is stored when it is."""
    for position, entry in enumerate(entries):
        rid = entry.resource_id
        done = settled.setdefault(entry.run, set())
        if entry.event is JournalEvent.END:
            for known in done:
                found.pop(known, None)
            del settled[entry.run]
        elif entry.event is JournalEvent.INTENT:
            is_update = entry.details.get("action") == "update"
            before = _creation(entries, found.get(rid, ())) if is_update else []
            found[rid] = [*before, position]
            for others in settled.values():
                others.discard(rid)
        elif entry.event is JournalEvent.OUTCOME and rid in found:
            found[rid].append(position)
            if _leaves_nothing(entry.details):
                done.add(rid)
    return found


def _creation(entries: Sequence[JournalEntry], known: Sequence[int]) -> list[int]:
    """Return the positions of what is known of the creation of an object."""
    first = entries[known[0]] if known else None
    if first is None or first.details.get("action") != "create":
        return []
    return [position for position in known if entries[position].run == first.run]


_NOT_STORED = (ActionStatus.UNCERTAIN.value, ActionStatus.REFUSED.value)
"""What became of actions, beside failures, that leave the stored state as it is."""


def _leaves_nothing(outcome: Mapping[str, JSON]) -> bool:
    """Return whether nothing is to be found out about an action that is over."""
    status = outcome.get("status")
    if status == ActionStatus.FAILED.value:
        return outcome.get("action") == "create" and "live_id" not in outcome
    return status not in _NOT_STORED


def unfinished_projects(entries: Iterable[JournalEntry]) -> set[str]:
    """Return the keys of the projects in which the last apply did not do all.

    Args:
        entries: of a journal, oldest first.
    """
    found: set[str] = set()
    changed: dict[str, set[str]] = {}
    for entry in entries:
        own = changed.setdefault(entry.run, set())
        if entry.event is JournalEvent.END and entry.details.get("outcome") == "done":
            found -= own
        elif entry.resource_id:
            own.add(ResourceId.parse(entry.resource_id).project_key)
            found |= own
    return found


@dataclass(frozen=True)
class ApplyRun:
    """The entries of one apply.

    Args:
        run: identifies the apply.
        begin: its first entry; ``None`` if that is not in the journal.
        end: its last one; ``None`` if it is not over, or was cut off.
        intents: the last one for each object, by id.
        outcomes: the last one for each object, by id.
        open: those of its intents of which nobody knows what became, by id. Another
            apply may have found out.
    """

    run: str
    begin: JournalEntry | None
    end: JournalEntry | None
    intents: Mapping[str, JournalEntry]
    outcomes: Mapping[str, JournalEntry]
    open: Mapping[str, JournalEntry]


def applies_of(entries: Iterable[JournalEntry]) -> list[ApplyRun]:
    """Return the applies in a journal, in the order in which they began.

    Args:
        entries: of a journal, oldest first.
    """
    entries = list(entries)
    runs: dict[str, list[JournalEntry]] = {}
    for entry in entries:
        runs.setdefault(entry.run, []).append(entry)
    unknown = open_intents(entries)
    return [_apply_run(run, own, unknown) for run, own in runs.items()]


def _apply_run(
    run: str, entries: Sequence[JournalEntry], unknown: Mapping[str, JournalEntry]
) -> ApplyRun:
    begin = end = None
    for entry in entries:
        if entry.event is JournalEvent.BEGIN:
            begin, end = begin or entry, None  # It may go on after it was interrupted.
        elif entry.event is JournalEvent.END:
            end = entry
    return ApplyRun(
        run,
        begin,
        end,
        intents=_by_object(entries, JournalEvent.INTENT),
        outcomes=_by_object(entries, JournalEvent.OUTCOME),
        open={key: entry for key, entry in unknown.items() if entry.run == run},
    )


def _by_object(
    entries: Iterable[JournalEntry], event: JournalEvent
) -> dict[str, JournalEntry]:
    return {entry.resource_id: entry for entry in entries if entry.event is event}


def positions_to_keep(
    entries: Sequence[JournalEntry], applies: int = KEPT_APPLIES
) -> list[int]:
    """Return which entries of a journal are still needed, by position.

    They are all of applies that are not over, and of the last one; that the last
    applies began and ended; and what shows which intents are open, and which actions
    are unsettled: those are the same without the other entries.

    Args:
        entries: oldest first.
        applies: how many of the last ones to keep.
    """
    runs = applies_of(entries)
    whole = {run.run for run in runs if run.end is None} | {r.run for r in runs[-1:]}
    kept = _actions_to_keep(entries, whole)
    kept.update(*_unsettled_positions(entries).values())
    named = whole | {run.run for run in runs[-applies:]}
    named |= {entries[position].run for position in kept}
    return [
        position
        for position, entry in enumerate(entries)
        if position in kept
        or (
            entry.run in named and entry.event in (JournalEvent.BEGIN, JournalEvent.END)
        )
    ]


def _actions_to_keep(entries: Sequence[JournalEntry], whole: Set[str]) -> set[int]:
    """Return the positions of intents and outcomes to keep.

    Args:
        entries: oldest first.
        whole: the applies of which all are kept.
    """
    unknown = open_intents(entries)
    kept, unanswered = set(), set()
    for position, entry in enumerate(entries):
        key, in_whole = entry.resource_id, entry.run in whole
        if entry.event is JournalEvent.INTENT:
            if in_whole or entry is unknown.get(key):
                kept.add(position)
                unanswered.add(key)
        elif entry.event is JournalEvent.OUTCOME:
            # Without the outcome, an intent that is kept would look open.
            if in_whole or key in unanswered:
                kept.add(position)
            unanswered.discard(key)
    return kept
