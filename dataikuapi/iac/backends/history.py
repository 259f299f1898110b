"""The older versions of a state: keep, list, find and prune them."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from dataikuapi.iac.backends.base import StateVersion
from dataikuapi.iac.backends.blob_store import BlobInfo, BlobStore
from dataikuapi.iac.backends.versions import (
    SAVE_BACKUP_PREFIX,
    backup_names,
    expired,
    is_backup,
    name_prefix,
    newest_first,
    replaced_by_serial,
)
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.statefile.serialization import loads

__all__ = ["VersionHistory"]

logger = logging.getLogger(__name__)


class VersionHistory:
    """The versions that saves leave behind, and the backups made by hand.

    Args:
        store: holds the state, and its versions beside it.
        name: of the blob that is the state.
        now: the clock: where a name is taken, the time is appended.
    """

    def __init__(
        self, store: BlobStore, name: str, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._name = name
        self._now = now

    def backups(self, kind: str = "") -> list[BlobInfo]:
        """Return the blobs of all backups, or of those whose suffix begins so."""
        blobs = self._store.list_blobs(name_prefix(self._name))
        return [blob for blob in blobs if is_backup(blob.name, self._name, kind)]

    def versions(self) -> list[StateVersion]:
        """Return the versions that saves kept and that load, newest first."""
        return [
            StateVersion(
                state.serial,
                state.lineage,
                state.updated_at,
                blob.size,
                len(state.resources),
                blob.name,
            )
            for blob, state in self._readable()
        ]

    def last_serial(self) -> int:
        """Return the greatest serial that a save wrote, going by the names; or 0."""
        return max(map(replaced_by_serial, self._blobs()), default=0)

    def newest_readable(self) -> tuple[Path | str, int] | None:
        """Return the newest version that loads: where it is, and its serial."""
        for blob, state in self._readable():
            return self._store.location(blob.name), state.serial
        return None

    def find(self, serial: int) -> State:
        """Return the version of that serial.

        Raises:
            StateNotFoundError: if no version of that serial is kept.
        """
        found = []
        for _, state in self._readable():
            if state.serial == serial:
                return state
            found.append(str(state.serial))
        kept = ", ".join(found) or "none"
        raise StateNotFoundError(f"no version with serial {serial}; kept are: {kept}")

    def keep(self, serial: int) -> str:
        """Keep the stored state as the version that a save of that serial replaces.

        Returns:
            The name of the version.

        Raises:
            StateNotFoundError: if there is no stored state.
            StateWriteError: if it cannot be kept.
        """
        return self._copied(f"{SAVE_BACKUP_PREFIX}{serial}", self._store.keep)

    def back_up(self, suffix: str) -> str:
        """Copy the stored state to a name that is free, and return that name.

        Raises:
            StateNotFoundError: if there is no stored state.
            StateWriteError: if it cannot be copied.
        """
        return self._copied(suffix, self._store.copy)

    def discard(self, kept: str) -> None:
        """Remove a version after a save that stored nothing."""
        try:
            self._store.remove(kept)
        except (StateNotFoundError, StateWriteError) as error:
            logger.warning("a version too many was kept: %s", error)

    def discard_if_stored(self, kept: str) -> None:
        """Remove a version after a save that failed, unless it was replaced anyway."""
        try:
            stored = self._store.read(self._name).data
            same = stored == self._store.read(kept).data
        except (StateNotFoundError, StateReadError) as error:
            logger.warning("a version was kept, perhaps one too many: %s", error)
            return
        if same:
            self.discard(kept)

    def prune(self, max_versions: int, max_bytes: int) -> None:
        """Remove the versions that are too many or too big together, oldest first."""
        try:
            for blob in expired(self._blobs(), max_versions, max_bytes):
                self._store.remove(blob.name)
        except (StateNotFoundError, StateReadError, StateWriteError) as error:
            logger.warning("older versions were not pruned: %s", error)

    def _blobs(self) -> list[BlobInfo]:
        return newest_first(self.backups(SAVE_BACKUP_PREFIX))

    def _readable(self) -> Iterator[tuple[BlobInfo, State]]:
        for blob in self._blobs():
            try:
                yield blob, loads(self._store.read(blob.name).data)
            except (StateCorruptedError, StateNotFoundError, StateReadError):
                continue

    def _copied(self, suffix: str, copy_blob: Callable[[str, str], bool]) -> str:
        names = backup_names(self._name, suffix, self._now())
        return next(name for name in names if copy_blob(self._name, name))
