"""A database in use: connections, with the tables on them, and failures as ours."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import sql

from dataikuapi.iac.backends.postgres.location import Location
from dataikuapi.iac.backends.postgres.sessions import Session, Sessions
from dataikuapi.iac.backends.postgres.tables import Tables
from dataikuapi.iac.exceptions import (
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)

__all__ = ["Database", "reason_of"]


class Database:
    """Lends connections for what is done with one state.

    Args:
        location: of the state.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self.sessions = Sessions(location)
        self._tables = Tables(location)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Lend a connection to the block, for what is in the tables.

        Raises:
            StateNotFoundError: if there are no tables.
            StateReadError: if reading fails, also in the block.
        """
        with self._read_failures(), self.sessions.use() as session:
            if not self._tables.exist(session):
                raise StateNotFoundError(f"no state at {self.location}")
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Lend a connection to the block, with tables; they are created if missing.

        Raises:
            StateWriteError: if writing fails, also in the block.
        """
        with self._write_failures(), self.sessions.use() as session:
            self._tables.create(session)
            yield session

    @contextmanager
    def locking(self) -> Iterator[Session]:
        """Lend a connection to the block that nothing else uses, with tables.

        Raises:
            StateWriteError: if there is none; what the block raises is not changed.
        """
        with ExitStack() as stack:
            with self._write_failures():
                session = stack.enter_context(self.sessions.lend())
                self._tables.create(session)
            yield session

    def value(self, column: str) -> Any:
        """Return what the row of the state has in a column; ``None`` without a row.

        Raises:
            StateReadError: if that cannot be found out.
        """
        query = sql.SQL("SELECT {} FROM states WHERE name = %s")
        with self._read_failures(), self.sessions.use() as session:
            if not self._tables.exist(session):
                return None
            query_of_column = query.format(sql.Identifier(column))
            row = session.execute(query_of_column, [self.location.state]).fetchone()
            return None if row is None else row[0]

    @contextmanager
    def _read_failures(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise StateReadError(
                f"cannot read {self.location}: {self._reason(error)}"
            ) from error

    @contextmanager
    def _write_failures(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise StateWriteError(
                f"cannot write to {self.location}: {self._reason(error)}"
            ) from error

    def _reason(self, error: psycopg.Error) -> str:
        pinned = self.sessions.pinned
        if pinned is not None and pinned.closed:
            return (
                f"{reason_of(error)}. The lock was lost with the connection, so that "
                "nothing can be stored under it; somebody else may have it"
            )
        return reason_of(error)


def reason_of(error: psycopg.Error) -> str:
    """Return why something failed, in one line and without the data in question."""
    return error.diag.message_primary or " ".join(str(error).split()) or "no reason"
