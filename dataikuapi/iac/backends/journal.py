"""The journal of applies as a blob of lines beside the state."""

from collections.abc import Sequence
from contextlib import suppress

from dataikuapi.iac.backends.blob_store import BlobStore
from dataikuapi.iac.backends.versions import journal_name
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models.journal import (
    Journal,
    JournalEntry,
    JournalEvent,
    positions_to_keep,
)
from dataikuapi.iac.statefile.journal_lines import decode_entry, encode_entry

__all__ = ["BlobJournal"]

MAX_BYTES = 1_000_000
"""How large a journal may get before it is compacted."""

logger = get_logger(__name__)


class BlobJournal(Journal):
    """Keeps entries as lines of JSON, in a blob named after that of the state.

    It has a lock of its own, held while an entry is written: an apply adds entries
    from several threads, and while somebody else saves the state.

    When an apply begins, a journal that has become large is compacted: of finished
    applies, what they did to the objects is dropped; of all but the last ones, that
    they were. See :func:`~dataikuapi.iac.models.journal.positions_to_keep`.

    Args:
        store: holds the state.
        state_name: of the blob that is the state.
        timeout: how many seconds an entry waits for others to be written; negative to
            wait forever.
        max_bytes: how large it may be before it is compacted.
    """

    def __init__(
        self,
        store: BlobStore,
        state_name: str,
        timeout: float,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.name = journal_name(state_name)
        self._store = store
        self._timeout = timeout
        self._max_bytes = max_bytes

    def __repr__(self) -> str:
        """Return where the journal is."""
        return f"<{type(self).__name__} {self._store.location(self.name)}>"

    def append(self, *entries: JournalEntry) -> None:
        """Add entries; when this returns, they survive a crash.

        Raises:
            ValueError: if one could not be read again, as it holds what JSON cannot.
            StateLockedError: if others hold the lock of the journal.
            StateWriteError: if it could not be stored.
        """
        lines = b"".join(map(encode_entry, entries))
        with self._store.lock(self.name, None, self._timeout):
            if any(entry.event is JournalEvent.BEGIN for entry in entries):
                self._compact()
            self._store.append(self.name, lines)

    def read(self) -> Sequence[JournalEntry]:
        """Return the entries, oldest first, without one that was cut off by a crash.

        Raises:
            StateReadError: if they could not be read.
            StateCorruptedError: if what is stored is not a journal.
        """
        try:
            data = self._store.read(self.name).data
        except StateNotFoundError:
            return []
        return self._parse(data)[0]

    def clear(self) -> None:
        """Remove all entries.

        Raises:
            StateLockedError: if others hold the lock of the journal.
            StateWriteError: if they could not be removed.
        """
        with (
            self._store.lock(self.name, "clear the journal", self._timeout),
            suppress(StateNotFoundError),  # Nothing was applied yet.
        ):
            self._store.remove(self.name)

    def _compact(self) -> None:
        """Drop what is not needed anymore; call it under the lock.

        Where the storage has no locks, others may append meanwhile: then nothing is
        dropped, and the next apply tries again. A failure is no reason not to apply.
        """
        try:
            stored = self._store.read(self.name)
            if len(stored.data) <= self._max_bytes:
                return
            entries, lines = self._parse(stored.data)
            kept = positions_to_keep(entries)
            if len(kept) < len(entries):
                # The lines as they are: they may have members that are unknown here.
                data = b"".join(lines[position] for position in kept)
                self._store.write(self.name, data, stored.token)
        except (StateNotFoundError, StateConflictError):
            pass
        except (StateCorruptedError, StateReadError, StateWriteError) as error:
            logger.warning("the journal was not compacted: %s", error)

    def _parse(self, data: bytes) -> tuple[list[JournalEntry], list[bytes]]:
        """Return the entries, and the line of each.

        What is after the last line feed was cut off while it was written.

        Raises:
            StateCorruptedError: if a line is no entry.
        """
        entries, lines = [], []
        for number, line in enumerate(data.split(b"\n")[:-1], start=1):
            try:
                entries.append(decode_entry(line))
            except ValueError as error:
                location = self._store.location(self.name)
                raise StateCorruptedError(
                    f"{location} is not a valid journal: line {number}: {error}. It "
                    "was left as it is: repair that line; or see in DSS what became of "
                    "the last apply, and move the file away"
                ) from error
            lines.append(line + b"\n")
        return entries, lines
