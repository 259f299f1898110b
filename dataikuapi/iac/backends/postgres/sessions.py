"""Connections to one database: kept between calls, and one of a thread for a lock."""

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, sql

from dataikuapi.iac.backends.postgres.location import Location

__all__ = ["Session", "Sessions"]

Session = Connection[tuple[Any, ...]]

_SETTINGS = """
SELECT set_config('search_path', quote_ident({schema}), false),
       set_config('timezone', 'UTC', false),
       -- The server notices within a minute that the machine of a holder is gone.
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '60000', false);
-- What is stored survives a crash, whatever is usual for this user.
SELECT set_config('synchronous_commit', 'on', false)
 WHERE current_setting('synchronous_commit') = 'off'
"""


class Sessions:
    """Opens connections when they are needed, and keeps what is idle.

    A thread that holds a lock does everything on the connection that holds it: when
    that connection ends, the lock ends, and nothing can be stored under it.

    Args:
        location: what to connect to.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._idle: list[Session] = []
        self._mutex = threading.Lock()
        self._process = os.getpid()
        self._of_thread = threading.local()
        weakref.finalize(self, _close_all, self._idle, self._process)

    @property
    def pinned(self) -> Session | None:
        """The connection that holds a lock for this thread."""
        found: tuple[int, Session] | None = getattr(self._of_thread, "pinned", None)
        if found is None or found[0] != os.getpid():
            return None  # Or a fork inherited it: its lock is that of the parent.
        return found[1]

    @contextmanager
    def use(self) -> Iterator[Session]:
        """Lend a connection to the block: the pinned one, if there is one.

        Raises:
            psycopg.Error: if none can be opened.
        """
        pinned = self.pinned
        if pinned is not None:
            yield pinned
            return
        with self.lend() as session:
            yield session

    @contextmanager
    def lend(self) -> Iterator[Session]:
        """Lend a connection that nobody else uses to the block.

        Raises:
            psycopg.Error: if none can be opened.
        """
        session = self._take() or self._open()
        try:
            yield session
        except BaseException:
            session.close()  # Who knows what it is in the middle of.
            raise
        self._put(session)

    @contextmanager
    def pin(self, session: Session) -> Iterator[None]:
        """Let this thread do everything on one connection during the block."""
        self._of_thread.pinned = os.getpid(), session
        try:
            yield
        finally:
            self._of_thread.pinned = None

    @contextmanager
    def fresh(self) -> Iterator[Session]:
        """Lend a new connection to the block.

        Raises:
            psycopg.Error: if none can be opened.
        """
        session = self._open()
        try:
            yield session
        finally:
            session.close()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._mutex:
            _close_all(self._idle, self._process)
            self._idle.clear()

    def _open(self) -> Session:
        params: dict[str, Any] = self._location.connect_params()
        # Statements are not prepared: a pooler between us may not know them.
        session = psycopg.connect(autocommit=True, prepare_threshold=None, **params)
        try:
            settings = sql.SQL(_SETTINGS)
            session.execute(settings.format(schema=sql.Literal(self._location.schema)))
        except BaseException:
            session.close()
            raise
        return session

    def _take(self) -> Session | None:
        """Return an idle connection that still works."""
        while True:
            with self._mutex:
                if self._process != os.getpid():  # A fork: these are the parent's.
                    self._idle, self._process = [], os.getpid()
                    weakref.finalize(self, _close_all, self._idle, self._process)
                if not self._idle:
                    return None
                session = self._idle.pop()
            try:
                session.execute("")
            except psycopg.OperationalError:  # The server was restarted, say.
                session.close()
            else:
                return session

    def _put(self, session: Session) -> None:
        with self._mutex:
            if session.closed or self._process != os.getpid() or len(self._idle) >= 4:
                session.close()
            else:
                self._idle.append(session)


def _close_all(sessions: list[Session], process: int) -> None:
    if process == os.getpid():
        for session in sessions:
            session.close()
