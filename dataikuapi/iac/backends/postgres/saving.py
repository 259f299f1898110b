"""A save: one transaction, whose outcome is found out even if its answer is lost."""

from collections.abc import Callable
from contextlib import suppress

import psycopg

from dataikuapi.iac.backends.conflicts import conflict_error
from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.backends.postgres.database import reason_of
from dataikuapi.iac.backends.postgres.location import Location
from dataikuapi.iac.backends.postgres.sessions import Session, Sessions
from dataikuapi.iac.backends.postgres.versions import prune
from dataikuapi.iac.backends.postgres.writing import (
    StoredRow,
    VersionRows,
    close_rows,
    lock_row,
    write_version,
)
from dataikuapi.iac.exceptions import StateConflictError, StateWriteError
from dataikuapi.iac.models.locks import STATE_LOCK
from dataikuapi.iac.models.stored_version import BaseVersion
from dataikuapi.iac.models.times import format_time
from dataikuapi.iac.statefile.parts import StateParts
from dataikuapi.iac.statefile.serialization import collector_paused

__all__ = ["Saving"]

_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts to find out what became of a save: a restart takes some."""

_OUTCOME_MILLIS = 90_000
"""How long to wait for a transaction without a client; the server ends it sooner."""


class Saving:
    """Stores versions of one state.

    Args:
        location: of the state.
        sessions: for its database.
        sleep: pauses for a number of seconds.
    """

    def __init__(
        self,
        location: Location,
        sessions: Sessions,
        sleep: Callable[[float], None],
    ) -> None:
        self._location = location
        self._sessions = sessions
        self._sleep = sleep

    def store(
        self,
        session: Session,
        new: NewVersion[StateParts],
        force: bool,
        max_versions: int,
    ) -> str:
        """Store a version in place of its base, and return its token.

        Args:
            session: for the database, in which the tables are.
            new: the version.
            force: replace whatever is stored.
            max_versions: how many older versions are kept.

        Raises:
            StateConflictError: if something else than the base is stored.
            StateWriteError: if it could not be stored.
        """
        with collector_paused():
            rows = VersionRows(new.encoded.data)
        token = rows.token(new.base.token)
        if session.closed:
            raise self._lock_lost()
        try:
            with session.transaction():
                stored = self._locked(session)
                if force or stored.token == new.base.token:
                    write_version(session, stored, new, rows, token)
                    prune(session, stored.state_id, max_versions)
                elif stored.token != token:
                    raise self._conflict(stored, new.base)
        except psycopg.Error as error:
            if session.closed and self._was_stored(token):
                return token
            raise StateWriteError(
                f"cannot write to {self._location}: {reason_of(error)}. The stored "
                "state is unchanged"
            ) from error
        return token

    def remove(self, session: Session) -> bool:
        """Let nothing be stored; the versions stay.

        Returns:
            Whether anything was.

        Raises:
            psycopg.Error: if that failed.
            StateWriteError: if the lock was lost.
        """
        with session.transaction():
            stored = self._locked(session)
            if stored.serial is None:
                return False
            close_rows(session, stored.state_id, stored.last_serial + 1)
            session.execute(
                "UPDATE states SET serial = NULL, token = '' WHERE id = %s",
                [stored.state_id],
            )
            return True

    def _locked(self, session: Session) -> StoredRow:
        """Lock the row of the state.

        Raises:
            StateWriteError: if this thread holds the lock of the state, but this
                connection does not: a pooler has put us on another one.
        """
        key = self._location.key(STATE_LOCK)
        stored = lock_row(session, self._location.state, key)
        if session is self._sessions.pinned and not stored.has_lock:
            raise self._lock_lost()
        return stored

    def _was_stored(self, token: str) -> bool:
        """Return whether a save was stored whose answer was lost.

        Raises:
            StateWriteError: if that cannot be found out.
        """
        for pause in (0.0, *_PAUSES):
            self._sleep(pause)
            with (
                suppress(psycopg.OperationalError),
                self._sessions.fresh() as session,
                session.transaction(),
            ):
                session.execute(f"SET LOCAL lock_timeout = {_OUTCOME_MILLIS}")
                stored = lock_row(session, self._location.state, 0)
                if stored.token == token:
                    return True
                find = "SELECT FROM versions WHERE state_id = %s AND token = %s"
                found = session.execute(find, [stored.state_id, token])
                return found.fetchone() is not None
        raise StateWriteError(
            f"the connection to {self._location} ended during a save, and cannot be "
            "opened again: whether it was stored is not known. Save again: it is "
            "stored once"
        )

    def _lock_lost(self) -> StateWriteError:
        return StateWriteError(
            f"the lock of {self._location} was lost, as the connection that held it "
            "ended: somebody else may have stored something. Nothing was stored; load "
            "the state and try again. A pooler between here and the server must be in "
            "session mode"
        )

    def _conflict(self, stored: StoredRow, base: BaseVersion) -> StateConflictError:
        if stored.serial is None:
            return conflict_error(base, None)
        since = f", of {format_time(stored.updated_at)}" if stored.updated_at else ""
        return StateConflictError(
            f"another state was stored in the meantime: serial {stored.serial}{since}. "
            "Load it, make the change again, and save"
        )
