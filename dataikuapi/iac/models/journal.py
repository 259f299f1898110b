"""The journal of applies: what is about to be done, and what became of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import utc_now

__all__ = ["Journal", "JournalEntry", "JournalEvent", "open_intents"]


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
    def append(self, entry: JournalEntry) -> None:
        """Add an entry; when this returns, it survives a crash.

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
