"""Locks in a store of blobs: leases that end by themselves when their holder dies.

A lock is a blob, which is only written conditionally. Its holder renews it while it
works. Whoever waits takes it over once it has not changed for as long as it is leased,
by the own clock of the waiting process: clocks of two machines are not compared.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from dataikuapi.iac.backends.blob_store import Blob, BlobStore
from dataikuapi.iac.backends.held_lock import HeldLock
from dataikuapi.iac.backends.holder import current_holder
from dataikuapi.iac.backends.lock_record import (
    FOLDER,
    FREE,
    LockRecord,
    lock_blob,
    stored_lock,
)
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateLockedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models.locks import LockInfo
from dataikuapi.iac.models.times import utc_now

__all__ = ["LEASE_SECONDS", "ObjectLocks"]

LEASE_SECONDS = 30.0
"""How long a lock is leased; its holder renews it three times as often."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""How many seconds to sleep between two attempts to take a lock."""

_PATIENCE_SECONDS = 1.0
"""How long to wait before saying so."""

logger = get_logger(__name__)


class ObjectLocks:
    """The locks of one state.

    Args:
        store: holds the state. It has to have conditional writes.
        lease_seconds: how long a lock is leased.
        now: the clock that tells others when a lock was taken.
        monotonic: the clock by which a lock is observed.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        store: BlobStore,
        lease_seconds: float = LEASE_SECONDS,
        *,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._lease = lease_seconds
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._held: dict[tuple[str, int, int], HeldLock] = {}

    @contextmanager
    def hold(self, name: str, reason: str, timeout: float) -> Iterator[None]:
        """Hold a lock; the same thread may take it again.

        Args:
            name: of the lock.
            reason: shown to anyone waiting for it.
            timeout: seconds to wait for it; negative to wait forever. If by then its
                holder seems to be dead, it is waited for as long as it is leased.

        Raises:
            StateLockedError: if somebody else still holds it by then.
            StateWriteError: if locking failed.
        """
        key = _key(name)
        if key in self._held:
            yield
            return
        self._held[key] = held = self._acquire(name, reason, timeout)
        try:
            yield
        finally:
            del self._held[key]
            held.release()

    def require(self, name: str) -> None:
        """Make sure that this thread still holds a lock that it took.

        Raises:
            StateLockedError: if somebody else took it over.
            StateWriteError: if that cannot be found out.
        """
        self._held[_key(name)].require()

    def locks(self) -> list[LockInfo]:
        """Return who holds a lock.

        Raises:
            StateReadError: if that cannot be found out.
        """
        found = []
        for blob in self._store.list_blobs(FOLDER):
            if blob.size:  # A lock that is free is empty.
                name = unquote(blob.name.removeprefix(FOLDER))
                record = LockRecord.from_blob(stored_lock(self._store, name), name)
                if record is not None:
                    found.append(record.seen_at(self._now()))
        return sorted(found, key=lambda lock: lock.name)

    def release(self, name: str, force: bool) -> LockInfo:
        """Take a lock away from its holder.

        Args:
            name: of the lock.
            force: even if its holder is not known to be gone.

        Returns:
            Who held it.

        Raises:
            StateNotFoundError: if nobody holds it.
            StateLockedError: if the holder is at work, and force is not set.
            StateWriteError: if it could not be released.
        """
        observed = _Observed(self._monotonic)
        while True:
            stored = self._look(name)
            record = LockRecord.from_blob(stored, name)
            if record is None:
                raise StateNotFoundError(f"nobody holds the lock {name!r}")
            info = record.seen_at(self._now())
            if force or observed.seconds(stored.token) > record.lease:
                try:
                    self._store.write(lock_blob(name), FREE, stored.token)
                except StateConflictError:
                    continue  # It was renewed, or somebody else took it.
                return info
            if observed.has_changed or not info.is_stale:
                raise StateLockedError(
                    f"{name!r} is locked by {info}, which has renewed its lock. Wait "
                    "until it is done; or take the lock away with --force, which "
                    "makes its next save fail"
                )
            self._sleep(min(_LONGEST_PAUSE, self._lease / 4))

    def _acquire(self, name: str, reason: str, timeout: float) -> "HeldLock":
        holder = current_holder(name, reason, now=self._now)
        observed = _Observed(self._monotonic)
        start, pause, told = self._monotonic(), _FIRST_PAUSE, False
        while True:
            stored = self._look(name)
            record = LockRecord.from_blob(stored, name)
            if record is None or observed.seconds(stored.token) > record.lease:
                held = self._try(name, holder, stored.token)
                if held is not None:
                    if record is not None:
                        logger.warning("took over the lock of %s", record.info)
                    return held
            else:
                waited = self._monotonic() - start
                is_stale = record.seen_at(self._now()).is_stale
                alive = observed.has_changed or not is_stale
                if 0 <= timeout <= waited and alive:
                    raise self._locked_error(name, record)
                if waited > _PATIENCE_SECONDS and not told:
                    logger.info(
                        "waiting for %s, which is locked by %s",
                        self._location(name),
                        record.info,
                    )
                    told = True
            self._sleep(random.uniform(pause / 2, pause))
            pause = min(2 * pause, _LONGEST_PAUSE, self._lease / 4)

    def _try(self, name: str, holder: LockInfo, token: str) -> "HeldLock | None":
        """Take a lock if it has not changed; ``None`` if it has."""
        record = LockRecord(holder, self._lease, self._now())
        try:
            token = self._store.write(lock_blob(name), record.to_bytes(), token)
        except StateConflictError:
            return None
        return HeldLock(self._store, record, token, self._now)

    def _look(self, name: str) -> Blob:
        try:
            return stored_lock(self._store, name)
        except StateReadError as error:
            raise StateWriteError(f"cannot lock {name!r}: {error}") from error

    def _locked_error(self, name: str, record: LockRecord) -> StateLockedError:
        return StateLockedError(
            f"{self._location(name)} is locked by {record.info}. Wait until it is "
            f"done; if it died, its lock can be taken {record.lease:g} seconds after "
            "it renewed it last"
        )

    def _location(self, name: str) -> Path | str:
        return self._store.location(lock_blob(name))


class _Observed:
    """How long something has had the same token, by the clock of this process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._token: str | None = None
        self._since = 0.0
        self.has_changed = False
        """Whether it was another one before: then somebody is at work."""

    def seconds(self, token: str) -> float:
        """Return for how long it is known to have had this token."""
        now = self._monotonic()
        if token != self._token:
            self.has_changed = self._token is not None
            self._token, self._since = token, now
        return now - self._since


def _key(name: str) -> tuple[str, int, int]:
    """Return what tells a lock of this thread; a forked child holds none."""
    return name, os.getpid(), threading.get_ident()
