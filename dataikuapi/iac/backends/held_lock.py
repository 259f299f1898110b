"""A lock in a store of blobs that this process holds, and renews while it works."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from dataikuapi.iac.backends.blob_store import Blob, BlobStore
from dataikuapi.iac.backends.lock_record import FREE, LockRecord, lock_blob, stored_lock
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateLockedError,
    StateReadError,
    StateWriteError,
)

__all__ = ["HeldLock"]

_RENEWALS = 3
"""How often a lock is renewed while it is leased."""

logger = get_logger(__name__)


class HeldLock:
    """A lock that this process holds, and renews in a thread of its own."""

    def __init__(
        self,
        store: BlobStore,
        record: LockRecord,
        token: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._name = lock_blob(record.info.name)
        self._record = record
        self._token = token
        self._now = now
        self._mutex = threading.Lock()
        self._ended = threading.Event()
        threading.Thread(
            target=self._keep_renewing, name=f"renew {self._name}", daemon=True
        ).start()

    def require(self) -> None:
        """Make sure that it is still held."""
        with self._mutex:
            try:
                stored = stored_lock(self._store, self._record.info.name)
            except StateReadError as error:
                raise StateWriteError(
                    f"{error}, so whether the state is still locked is unknown, and "
                    "nothing was stored"
                ) from error
            if stored.token == self._token or self._is_own(stored):
                self._token = stored.token
                return
        taker = LockRecord.from_blob(stored, self._record.info.name)
        by = f" by {taker.info}" if taker else ""
        raise StateLockedError(
            f"the lock of {self._store.location(self._name)} was taken over{by}, since "
            f"this process did not renew it for {self._record.lease:g} seconds, or by "
            "force. Nothing was stored: load the state, make the change again, and save"
        )

    def renew(self) -> None:
        """Keep others from taking it over."""
        with self._mutex:
            if self._ended.is_set():
                return
            record = self._record.renewed(self._now())
            try:
                self._token = self._store.write(
                    self._name, record.to_bytes(), self._token
                )
            except StateConflictError:
                if not self._recognized():
                    self._ended.set()  # Taken over, which the next save finds out.
            except StateWriteError as error:
                logger.info("the lock was not renewed, but will be: %s", error)
            else:
                self._record = record

    def release(self) -> None:
        """Let others take it; if they have taken it over, it stays theirs."""
        self._ended.set()
        with self._mutex:
            try:
                self._store.write(self._name, FREE, self._token)
            except StateConflictError:
                if self._recognized():
                    self._store.write(self._name, FREE, self._token)
                else:
                    logger.warning("%s was taken over meanwhile", self._name)
            except StateWriteError as error:  # The work under it is done.
                logger.warning(
                    "the lock was not released, and ends in %g seconds: %s",
                    self._record.lease,
                    error,
                )

    def _recognized(self) -> bool:
        """Take the token of what is stored if it is a renewal of this lock.

        Its response was lost, so that its token is unknown.
        """
        with suppress(StateReadError):
            stored = stored_lock(self._store, self._record.info.name)
            if self._is_own(stored):
                self._token = stored.token
                return True
        return False

    def _is_own(self, stored: Blob) -> bool:
        record = LockRecord.from_blob(stored, self._record.info.name)
        return record is not None and record.info.lock_id == self._record.info.lock_id

    def _keep_renewing(self) -> None:
        while not self._ended.wait(self._record.lease / _RENEWALS):
            self.renew()
