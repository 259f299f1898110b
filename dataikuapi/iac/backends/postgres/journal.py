"""The journal of applies as rows of a table."""

from collections.abc import Sequence

import psycopg

from dataikuapi.iac.backends.postgres.database import Database, reason_of
from dataikuapi.iac.backends.postgres.sessions import Session
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import StateCorruptedError, StateNotFoundError
from dataikuapi.iac.models.journal import (
    Journal,
    JournalEntry,
    JournalEvent,
    positions_to_keep,
)
from dataikuapi.iac.statefile.journal_lines import decode_entry, encode_entry

__all__ = ["PostgresJournal"]

logger = get_logger(__name__)

_APPEND = """
INSERT INTO journal (state, run, event, resource_id, line)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::json[])
"""

_READ = "SELECT position, line::text FROM journal WHERE state = %s ORDER BY position"

_SIZE = "SELECT coalesce(sum(length(line::text)), 0) FROM journal WHERE state = %s"

_DROP = "DELETE FROM journal WHERE state = %s AND position = ANY(%s)"


class PostgresJournal(Journal):
    """Keeps a row for each entry, by the name of the state.

    It needs no lock: several threads add entries while somebody else saves the state.
    When an apply begins, a journal that has become large is compacted; see
    :func:`~dataikuapi.iac.models.journal.positions_to_keep`.

    Args:
        database: with the state.
        max_bytes: how large it may be before it is compacted.
    """

    def __init__(self, database: Database, max_bytes: int) -> None:
        self._database = database
        self._location = database.location
        self._max_bytes = max_bytes

    def __repr__(self) -> str:
        """Return where the journal is."""
        return f"<{type(self).__name__} {self._location}>"

    def append(self, *entries: JournalEntry) -> None:
        """Add entries; when this returns, they survive a crash of the server.

        Raises:
            ValueError: if one could not be read again, as it holds what JSON cannot.
            StateWriteError: if it could not be stored.
        """
        lines = [encode_entry(entry).decode() for entry in entries]
        values = [
            self._location.state,
            [entry.run for entry in entries],
            [entry.event.value for entry in entries],
            [entry.resource_id for entry in entries],
            lines,
        ]
        with self._database.writing() as session:
            if any(entry.event is JournalEvent.BEGIN for entry in entries):
                self._compact(session)
            session.execute(_APPEND, values)

    def read(self) -> Sequence[JournalEntry]:
        """Return the entries, oldest first.

        Raises:
            StateReadError: if they could not be read.
            StateCorruptedError: if a row is not an entry.
        """
        try:
            with self._database.reading() as session:
                return [entry for _, entry in self._positioned(session)]
        except StateNotFoundError:
            return []

    def clear(self) -> None:
        """Remove all entries.

        Raises:
            StateWriteError: if they could not be removed.
        """
        remove = "DELETE FROM journal WHERE state = %s"
        with self._database.writing() as session:
            session.execute(remove, [self._location.state])

    def _positioned(self, session: Session) -> list[tuple[int, JournalEntry]]:
        found = []
        rows = session.execute(_READ, [self._location.state]).fetchall()
        for position, line in rows:
            try:
                found.append((position, decode_entry(line.encode())))
            except ValueError as error:
                raise StateCorruptedError(
                    f"the journal of {self._location} is not valid: position "
                    f"{position}: {error}. It was left as it is: repair that row of "
                    f'"{self._location.schema}".journal; or see in DSS what became of '
                    "the last apply, and delete the row"
                ) from error
        return found

    def _compact(self, session: Session) -> None:
        """Drop what is not needed anymore; a failure is no reason not to apply."""
        state = self._location.state
        try:
            size = session.execute(_SIZE, [state]).fetchone()
            if size is None or size[0] <= self._max_bytes:
                return
            positions, entries = zip(*self._positioned(session), strict=True)
            kept = set(positions_to_keep(entries))
            dropped = [p for i, p in enumerate(positions) if i not in kept]
            session.execute(_DROP, [state, dropped])
        except StateCorruptedError as error:
            logger.warning("the journal was not compacted: %s", error)
        except psycopg.Error as error:
            logger.warning("the journal was not compacted: %s", reason_of(error))
