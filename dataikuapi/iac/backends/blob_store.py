"""The storage contract: named blobs with conditional writes."""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models.stored_version import NO_BASE

__all__ = ["ABSENT", "Blob", "BlobInfo", "BlobStore"]

ABSENT: Final = NO_BASE.token
"""The version token of a blob that does not exist; no stored blob has it."""

_APPEND_ATTEMPTS = 100
"""How often to try; of those who try at the same time, one succeeds each time."""

_APPEND_PAUSE = 0.5
"""The longest pause between two attempts, in seconds."""


class Blob(NamedTuple):
    """The content of a blob, and the version token that identifies this content.

    A token is opaque: an ETag, say, or a digest. Whenever the content of a blob
    changes, so does its token.
    """

    data: bytes
    token: str


class BlobInfo(NamedTuple):
    """A blob as a listing shows it: its size in bytes, and when it was written."""

    name: str
    size: int
    modified: datetime


class BlobStore(ABC):
    """A folder, a bucket or a table that holds blobs by name.

    Subclass it with the five abstract methods, and build a
    :class:`~dataikuapi.iac.backends.blob.BlobBackend` on it. The other methods work as
    they are; override those for which the storage has something better.
    """

    @abstractmethod
    def location(self, name: str) -> Path | str:
        """Return the blob's path or URL, for messages."""

    @abstractmethod
    def list_blobs(self, prefix: str) -> list[BlobInfo]:
        """Return the blobs whose names begin with the prefix, in any order.

        Raises:
            StateReadError: if they cannot be listed.
        """

    @abstractmethod
    def read(self, name: str) -> Blob:
        """Return the content of the blob and its version token.

        Raises:
            StateNotFoundError: if there is no such blob.
            StateReadError: if it exists and cannot be read.
        """

    @abstractmethod
    def write(self, name: str, data: bytes, expected: str | None) -> str:
        """Replace the blob if it still has the expected token.

        The check and the write are one atomic operation: of two writers that expect
        the same token, one is refused. A storage without conditional writes checks
        under its :meth:`lock`, which a backend holds while it writes. Readers see the
        old content or the new one, also after a crash.

        Args:
            name: of the blob.
            data: the new content.
            expected: the token from :meth:`read` or from the last write; ``ABSENT`` if
                the blob must not exist yet; ``None`` to write unconditionally.

        Returns:
            The token of what was written.

        Raises:
            StateConflictError: if the token is another one. The data was not stored.
            StateWriteError: if the write failed.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove the blob.

        Raises:
            StateNotFoundError: if there is no such blob.
            StateWriteError: if it cannot be removed.
        """

    def exists(self, name: str) -> bool:
        """Return whether the blob exists, readable or not.

        Raises:
            StateReadError: if that cannot be found out.
        """
        return any(blob.name == name for blob in self.list_blobs(name))

    def copy(self, name: str, target: str) -> bool:
        """Copy a blob, and never overwrite one.

        Returns:
            False, and nothing done, if the target exists.

        Raises:
            StateNotFoundError: if there is no blob to copy.
            StateWriteError: if copying failed.
        """
        try:
            data = self.read(name).data
        except StateReadError as error:
            raise StateWriteError(f"{error}, so it cannot be copied") from error
        return self.create(target, data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a blob, and never overwrite one, whatever it has.

        Returns:
            False, and nothing done, if it exists.

        Raises:
            StateWriteError: if it could not be stored.
        """
        try:
            self.write(name, data, ABSENT)
        except StateConflictError:
            return False
        return True

    def append(self, name: str, data: bytes) -> None:
        """Add lines to a blob of lines, which is created if it is missing.

        When this returns, they survive a crash. Of several writers at once none loses
        what another one added. What is after the last line feed was cut off by a crash,
        while it was written: it is dropped, so that no line is glued to it.

        The default reads, and writes if nobody else did meanwhile; else it tries again.

        Args:
            name: of the blob.
            data: what to add; it ends with a line feed.

        Raises:
            StateConflictError: if others wrote meanwhile each time.
            StateWriteError: if it could not be stored.
        """
        for attempt in range(_APPEND_ATTEMPTS):
            stored = self._stored(name)
            whole = stored.data[: stored.data.rfind(b"\n") + 1]
            try:
                self.write(name, whole + data, stored.token)
            except StateConflictError:
                time.sleep(random.uniform(0, min(0.01 * attempt, _APPEND_PAUSE)))
            else:
                return
        raise StateConflictError(
            f"others keep writing to {self.location(name)}, so nothing was added to "
            "it; try again"
        )

    def _stored(self, name: str) -> Blob:
        """Return a blob, empty if it is missing."""
        try:
            return self.read(name)
        except StateNotFoundError:
            return Blob(b"", ABSENT)
        except StateReadError as error:
            raise StateWriteError(f"{error}, so nothing was added to it") from error

    def keep(self, name: str, target: str) -> bool:
        """Copy a blob that is about to be replaced, like :meth:`copy`.

        A storage that replaces blobs, and never changes one in place, may link.
        """
        return self.copy(name, target)

    @contextmanager
    def lock(self, name: str, reason: str | None, timeout: float) -> Iterator[None]:
        """Keep others from writing the blob; by default there is no lock.

        Re-entrant in one thread: a backend that holds it takes it again to save.

        Args:
            name: of the blob.
            reason: shown to anyone waiting for the lock; ``None`` if it is held so
                briefly that nobody asks.
            timeout: seconds to wait for it; negative to wait forever.

        Raises:
            StateLockedError: if somebody else still holds it by then.
            StateWriteError: if locking failed.
        """
        yield
