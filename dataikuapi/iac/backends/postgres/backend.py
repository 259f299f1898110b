"""A state in a PostgreSQL database."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

import psycopg

from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.backends.partitioned import PartitionedBackend
from dataikuapi.iac.backends.postgres.database import Database
from dataikuapi.iac.backends.postgres.journal import PostgresJournal
from dataikuapi.iac.backends.postgres.location import Location
from dataikuapi.iac.backends.postgres.locks import Locks
from dataikuapi.iac.backends.postgres.reading import (
    entries_of_all_versions,
    read_state,
)
from dataikuapi.iac.backends.postgres.saving import Saving
from dataikuapi.iac.backends.postgres.sessions import Session
from dataikuapi.iac.backends.postgres.versions import add_backup, older_versions
from dataikuapi.iac.backends.state_version import StateVersion, StateVersions
from dataikuapi.iac.backends.versions import check_suffix
from dataikuapi.iac.exceptions import (
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.locks import APPLY_LOCK, STATE_LOCK, LockInfo
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.statefile.parts import StateParts
from dataikuapi.iac.statefile.verify import row_problems

__all__ = ["PostgresBackend"]

DEFAULT_MAX_VERSIONS = 200
"""A version costs what changed, and each save of one project makes one."""

JOURNAL_BYTES = 1_000_000


class PostgresBackend(PartitionedBackend):
    """Stores a state in a PostgreSQL database, a row for each resource.

    One schema holds the states of many environments, told apart by their names. Its
    tables are created when something is first stored. Reading or saving some projects
    moves their rows alone, and a save writes the rows that changed, in one transaction.

    The lock is an advisory lock of the connection that saves: it ends with the
    connection, at once if the process dies, and within a minute if its machine or the
    network does. What is saved under a lock that was taken away is refused. A pooler
    must be in session mode.

    Credentials come from where libpq looks for them: ``PGPASSWORD``, ``~/.pgpass``, a
    service file, or the URL, which messages show without them.

    Args:
        url: as libpq has it, with the name of the state and perhaps of the schema in
            the query: ``postgresql://host/database?state=prod&schema=dataiku_iac``.
        state: its name, in place of the one in the URL. Defaults to ``dev``.
        schema: with the tables. Defaults to ``dataiku_iac``.
        now: the clock, for the names of backups.
        sleep: pauses for a number of seconds, until a server that was restarted can
            say what became of a save.
        max_versions: how many older versions are kept; the oldest are removed first.

    Raises:
        ConfigurationError: if it is no such URL.

    Example:
        .. code-block:: python

            backend = PostgresBackend("postgresql://db.example.com/dataiku?state=prod")
            state = backend.load_projects(["SHOP"])
            state.add_resource(resource)
            backend.save_scope(state)
    """

    capabilities = frozenset(
        {
            Capability.SHARED,
            Capability.COMPARE_AND_SWAP,
            Capability.LOCK,
            Capability.LOCK_ENDS_WITH_HOLDER,
            Capability.LOCK_LIST,
            Capability.LOCK_RELEASE,
            Capability.LEASE,
            Capability.HISTORY,
            Capability.JOURNAL,
            Capability.PARTS,
        }
    )

    lock_freed_after = 0.0

    def __init__(
        self,
        url: str,
        *,
        state: str | None = None,
        schema: str | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        max_versions: int = DEFAULT_MAX_VERSIONS,
    ) -> None:
        self.max_versions = max_versions
        self.location = Location.parse(url, state, schema)
        self._now = now
        self._database = Database(self.location)
        self._sessions = self._database.sessions
        self._locks = Locks(self.location)
        self._saving = Saving(self.location, self._sessions, sleep)
        self._leases: list[Session] = []

    def __repr__(self) -> str:
        """Return the kind of backend, and where its state is."""
        return f"<PostgresBackend {self.location}>"

    def close(self) -> None:
        """Close the connections that are kept; the next call opens one again."""
        self._sessions.close()

    def read_parts(self, project_keys: Collection[str] | None) -> State:
        """Return what is stored of some projects, or all.

        See :meth:`PartitionedBackend.read_parts`.
        """
        with self._database.reading() as session:
            return read_state(session, self.location, project_keys)

    def read_version(self, serial: int) -> State:
        """Return the whole state as it was in a serial.

        See :meth:`PartitionedBackend.read_version`.
        """
        with self._database.reading() as session:
            try:
                return read_state(session, self.location, None, serial)
            except StateNotFoundError as error:
                kept = older_versions(session, self.location.state)
                serials = ", ".join(str(item.serial) for item in kept) or "none"
                raise StateNotFoundError(f"{error}; older ones: {serials}") from error

    def replace_parts(self, new: NewVersion[StateParts], force: bool) -> str:
        """Store a version in place of its base.

        See :meth:`PartitionedBackend.replace_parts`.
        """
        with self._database.writing() as session:
            self._require_leases()
            return self._saving.store(session, new, force, self.max_versions)

    def last_serial(self) -> int:
        """Return the greatest serial that was ever stored here, or 0.

        Raises:
            StateReadError: if that cannot be found out.
        """
        return int(self._database.value("last_serial") or 0)

    def exists(self) -> bool:
        """Return whether anything is stored, readable or not.

        Raises:
            StateReadError: if that cannot be found out.
        """
        return self._database.value("serial") is not None

    def delete(self) -> None:
        """Remove the stored state; its versions stay, and can be restored.

        Raises:
            StateNotFoundError: if there is none.
            StateWriteError: if it cannot be removed.
        """
        with self.lock("delete"), self._database.writing() as session:
            if not self._saving.remove(session):
                raise StateNotFoundError(f"no state at {self.location}")

    def backup(self, suffix: str = "backup") -> str:
        """Keep the stored version under a name, however many others follow.

        It is a version like others, and restored by its serial.

        Args:
            suffix: the name: letters, digits, ``_``, ``-`` and single dots. If it is
                taken, the time is appended.

        Returns:
            Where the copy is.

        Raises:
            ValueError: if the suffix has other characters, or is reserved.
            StateNotFoundError: if nothing is stored.
            StateWriteError: if it cannot be kept.
        """
        check_suffix(suffix)
        with self._database.writing() as session:
            kept = add_backup(session, self.location.state, suffix, self._now())
        if kept is None:
            raise StateNotFoundError(f"no state at {self.location}")
        return f"{self.location}, serial {kept.serial}, kept as {kept.name!r}"

    def history(self) -> StateVersions:
        """Return the older versions, newest first.

        Raises:
            StateReadError: if they cannot be listed.
        """
        try:
            with self._database.reading() as session:
                found = older_versions(session, self.location.state)
        except StateNotFoundError:
            return StateVersions()
        return StateVersions(
            StateVersion(
                serial=item.serial,
                time=item.stored_at,
                size=item.size,
                name=f"{self.location.state}, serial {item.serial}",
                load=partial(self.read_version, item.serial),
            )
            for item in found
        )

    @contextmanager
    def lock(self, reason: str = "", timeout: float | None = None) -> Iterator[None]:
        """Prevent other saves for the duration of the block.

        See :meth:`StateBackend.lock`. What this thread does in the block, it does on
        the connection that holds the lock: if that ends, nothing is stored.
        """
        if self._sessions.pinned is not None:
            yield
            return
        seconds = self.lock_timeout if timeout is None else timeout
        with (
            self._database.locking() as session,
            self._locks.hold(session, [STATE_LOCK], reason, seconds),
            self._sessions.pin(session),
        ):
            yield

    @contextmanager
    def lease(self, project_keys: Sequence[str]) -> Iterator[None]:
        """Prevent other applies to these projects for the duration of the block.

        See :meth:`StateBackend.lease`. It has a connection of its own; if that ends,
        this backend stores nothing until the block is left.
        """
        names = [f"{APPLY_LOCK}{key}" for key in project_keys]
        with (
            self._database.locking() as session,
            self._locks.hold(session, names, "apply", 0),
        ):
            self._leases.append(session)
            try:
                yield
            finally:
                self._leases.remove(session)

    def locks(self) -> list[LockInfo]:
        """Return who holds a lock; see :meth:`StateBackend.locks`."""
        try:
            with self._database.reading() as session:
                return self._locks.held(session)
        except StateNotFoundError:
            return []

    def release_lock(self, name: str, *, force: bool = False) -> LockInfo:
        """End the connection of the holder of a lock, whose next save then fails.

        See :meth:`StateBackend.release_lock`. Without force it is never taken: a lock
        that is held has a holder that is connected. Ending the connection of another
        user of the database takes the role ``pg_signal_backend``.
        """
        with self._database.writing() as session:
            return self._locks.release(session, name, force)

    def journal(self) -> Journal:
        """Return the journal of applies: rows that stay when the state is removed."""
        return PostgresJournal(self._database, JOURNAL_BYTES)

    def verify(self) -> list[str]:
        """Check what is stored, and each row of all versions.

        Returns:
            What is wrong, one sentence each.

        Raises:
            StateReadError: if the rows cannot be read.
        """
        problems = super().verify()
        with suppress(StateNotFoundError), self._database.reading() as session:
            for row in entries_of_all_versions(session, self.location):
                problems += row_problems(*row)
        return list(dict.fromkeys(problems))

    def _require_leases(self) -> None:
        """Refuse to store something after a lease was taken away.

        Raises:
            StateWriteError: if one was.
        """
        for session in self._leases:
            try:
                session.execute("")
            except psycopg.OperationalError as error:
                raise StateWriteError(
                    f"the lease on projects of {self.location} was lost, as the "
                    "connection that held it ended: somebody else may be applying to "
                    "them. Nothing was stored; the journal has what was done"
                ) from error
