"""Advisory locks, which end with the connection that holds them, and their holders."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from dataikuapi.iac.backends.holder import current_holder
from dataikuapi.iac.backends.postgres.database import reason_of
from dataikuapi.iac.backends.postgres.location import Location
from dataikuapi.iac.backends.postgres.sessions import Session
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateLockedError,
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models.locks import APPLY_LOCK, LockInfo

__all__ = ["Locks"]

_PATIENCE_SECONDS = 1.0
"""How long to wait before saying so."""

_END_MILLIS = 10_000
"""How long to wait until a session is over that is told to end."""

logger = get_logger(__name__)

# One round trip, and one transaction: without the lock there is no row. What is said of
# a holder need not survive a crash of the server, as the lock does not.
_TAKE = """
SELECT set_config('lock_timeout', {millis}, true),
       set_config('synchronous_commit', 'off', true);
SELECT pg_advisory_lock({key});
INSERT INTO locks (state, name, key, pid, holder)
VALUES ({state}, {name}, {key}, pg_backend_pid(), {holder})
ON CONFLICT (state, name) DO UPDATE SET key = excluded.key, pid = excluded.pid,
    since = clock_timestamp(), holder = excluded.holder
"""

_RELEASE = """
SELECT set_config('synchronous_commit', 'off', true);
DELETE FROM locks WHERE pid = pg_backend_pid();
SELECT pg_advisory_unlock_all()
"""

_HELD = """
SELECT l.name, l.pid, l.key, l.since, l.holder::text FROM locks l JOIN pg_locks p
    ON p.locktype = 'advisory' AND p.objsubid = 1 AND p.granted AND p.pid = l.pid
   AND (p.classid::bigint << 32 | p.objid::bigint) = l.key
   AND p.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 WHERE l.state = %s ORDER BY l.name
"""

_TERMINATE = """
SELECT pg_terminate_backend(pid, %s) FROM pg_locks
 WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid = %s
   AND (classid::bigint << 32 | objid::bigint) = %s
"""


class _Held(NamedTuple):
    """A lock that somebody holds, and by which session."""

    info: LockInfo
    pid: int
    key: int


class Locks:
    """The locks of one state.

    Args:
        location: of the state.
    """

    def __init__(self, location: Location) -> None:
        self._location = location

    @contextmanager
    def hold(
        self, session: Session, names: Sequence[str], reason: str, timeout: float
    ) -> Iterator[None]:
        """Hold locks during the block.

        Args:
            session: that holds them, and no others; it is not to be used again if this
                raises an error.
            names: of the locks, in an order that is the same for all.
            reason: shown to anyone waiting.
            timeout: seconds to wait for each; negative to wait forever.

        Raises:
            StateLockedError: if somebody else still holds one by then.
            StateWriteError: if locking failed.
        """
        for name in names:
            self._take(session, name, reason, timeout)
        try:
            yield
        finally:
            # Whatever happens to the locks now, the outcome of the work stays. Where
            # they cannot be released, the connection is broken, and they are free.
            with suppress(psycopg.Error):
                session.execute(_RELEASE)

    def held(self, session: Session) -> list[LockInfo]:
        """Return who holds a lock.

        Raises:
            psycopg.Error: if that cannot be found out.
        """
        return [item.info for item in self._held(session)]

    def release(self, session: Session, name: str, force: bool) -> LockInfo:
        """End the session that holds a lock; see :meth:`StateBackend.release_lock`."""
        held = {item.info.name: item for item in self._held(session)}
        if name not in held:
            raise StateNotFoundError(
                f"nobody holds the lock {name!r} of {self._location}"
            )
        info, pid, key = held[name]
        if not force:
            raise StateLockedError(
                f"{self._named(name)} is locked by {info}, whose connection is open. "
                "Wait until it is done, end that process, or take the lock with force"
            )
        self._end(session, info, pid, key)
        return info

    def _take(self, session: Session, name: str, reason: str, timeout: float) -> None:
        """Take a lock; what it waits for is logged, unless it is quick."""
        try:
            if 0 <= timeout <= _PATIENCE_SECONDS:
                self._wait(session, name, reason, timeout)
                return
            try:
                self._wait(session, name, reason, _PATIENCE_SECONDS)
            except psycopg.errors.LockNotAvailable:
                holder = self._holder(session, name)
                logger.info("waiting for %s, locked by %s", self._location, holder)
                rest = timeout if timeout < 0 else timeout - _PATIENCE_SECONDS
                self._wait(session, name, reason, rest)
        except psycopg.errors.LockNotAvailable as error:
            raise StateLockedError(
                f"{self._named(name)} is locked by {self._holder(session, name)}. Wait "
                "until it is done, or end that process, which releases the lock"
            ) from error
        except psycopg.Error as error:
            session.close()  # It may hold the lock, or wait for it.
            raise StateWriteError(
                f"cannot lock {self._location}: {reason_of(error)}. The stored state "
                "is unchanged"
            ) from error

    def _wait(self, session: Session, name: str, reason: str, timeout: float) -> None:
        # To PostgreSQL, 0 means forever.
        millis = 0 if timeout < 0 else max(1, int(timeout * 1000))
        # ASCII, with escapes: the name of a user need not be Unicode.
        holder = json.dumps(current_holder(name, reason).to_dict())
        session.execute(self._statement(_TAKE, name, millis=str(millis), holder=holder))

    def _statement(self, text: Any, name: str, **values: str) -> sql.Composed:
        literals = {key: sql.Literal(value) for key, value in values.items()}
        return sql.SQL(text).format(
            state=sql.Literal(self._location.state),
            name=sql.Literal(name),
            key=sql.Literal(self._location.key(name)),
            **literals,
        )

    def _named(self, name: str) -> str:
        """Return what a lock keeps others from, for messages."""
        if name.startswith(APPLY_LOCK):
            return f"project {name[len(APPLY_LOCK):]} of {self._location}"
        return str(self._location)

    def _holder(self, session: Session, name: str) -> str:
        try:
            found = [h.info for h in self._held(session) if h.info.name == name]
        except psycopg.Error:
            found = []
        return str(found[0]) if found else "an unknown holder"

    def _held(self, session: Session) -> list[_Held]:
        rows = session.execute(_HELD, [self._location.state]).fetchall()
        return [
            _Held(_info(name, since, holder), pid, key)
            for name, pid, key, since, holder in rows
        ]

    def _end(self, session: Session, info: LockInfo, pid: int, key: int) -> None:
        try:
            ended = session.execute(_TERMINATE, [_END_MILLIS, pid, key]).fetchone()
        except psycopg.errors.InsufficientPrivilege as error:
            raise StateWriteError(
                f"cannot take the lock {info.name!r} of {self._location} from {info}: "
                "ending a connection of another database user takes the role "
                "pg_signal_backend. End that process, or ask an administrator"
            ) from error
        if ended is not None and not ended[0]:
            raise StateWriteError(
                f"cannot take the lock {info.name!r} of {self._location} from {info}: "
                "the server has not ended its connection yet; try again"
            )


def _info(name: str, since: datetime, holder: str) -> LockInfo:
    return replace(LockInfo.from_dict(json.loads(holder), name), since=since)
