"""What every backend does that keeps a state as one document: all but storing bytes."""

import copy
import logging
import re
import uuid
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

from dataikuapi.iac.backends.base import StateBackend, StateVersion
from dataikuapi.iac.backends.conflicts import (
    conflict_error,
    digest_in_background,
    digest_of,
    next_version,
)
from dataikuapi.iac.backends.versions import (
    SAVE_BACKUP_PREFIX,
    Blob,
    backup_name,
    expired,
    is_backup,
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
from dataikuapi.iac.models.state import BaseVersion
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.statefile.serialization import dumps, loads
from dataikuapi.iac.statefile.verify import find_problems

__all__ = ["BlobBackend"]

logger = logging.getLogger(__name__)

_SUFFIX = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class BlobBackend(StateBackend):
    """A backend over named blobs: files, or objects in a bucket.

    A subclass stores bytes and nothing else: ``exists`` and the six abstract methods
    with an underscore; ``_keep`` and ``lock`` where it can do better. ``name`` is the
    blob that is the state; backups are named after it.

    Args:
        name: of the blob that is the state, e.g. ``dev.state.json``.
        now: the clock, for the names of backups.
        max_versions: how many older versions are kept; the oldest go first.
        max_bytes: how much room they may take together, in bytes. What was backed up
            by hand neither counts nor goes.
    """

    def __init__(
        self,
        name: str,
        *,
        now: Callable[[], datetime] = utc_now,
        max_versions: int = 20,
        max_bytes: int = 500_000_000,
    ) -> None:
        self.name = name
        self.max_versions = max_versions
        self.max_bytes = max_bytes
        self._now = now

    @abstractmethod
    def _location(self, name: str) -> Path | str:
        """Return where the blob of that name is, as a person would look for it."""

    @abstractmethod
    def _blobs(self) -> list[Blob]:
        """Return all blobs in the place of the state, newest first."""

    @abstractmethod
    def _read(self, name: str) -> bytes:
        """Return the blob.

        Raises:
            StateNotFoundError: if there is none of that name.
            StateReadError: if it is there and could not be read.
        """

    @abstractmethod
    def _write(self, name: str, data: bytes) -> None:
        """Store the blob in one step: others see the old one or the new one.

        Raises:
            StateWriteError: if that failed; the old blob is as it was.
        """

    @abstractmethod
    def _copy(self, name: str, target: str) -> bool:
        """Copy a blob under a name that is free.

        Returns:
            False, and nothing done, if the target was taken.

        Raises:
            StateNotFoundError: if there is no blob to copy.
            StateWriteError: if copying failed.
        """

    @abstractmethod
    def _remove(self, name: str) -> None:
        """Remove the blob.

        Raises:
            StateNotFoundError: if there is none of that name.
        """

    def _keep(self, name: str, target: str) -> bool:
        """Do as ``_copy`` with a blob that is about to be replaced, and not changed."""
        return self._copy(name, target)

    def load(self) -> State:
        """Return the stored state, validated.

        Raises:
            StateNotFoundError: if there is none.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a state.
        """
        data = self._read(self.name)
        try:
            state = loads(data)
        except StateCorruptedError as error:
            raise StateCorruptedError(
                f"{self._location(self.name)} is no state: {error}. It was left as it "
                f"is; {self._recovery_hint()}"
            ) from error
        state.base_version = BaseVersion(state.lineage, state.serial, digest_of(data))
        return state

    def save(self, state: State, *, force: bool = False) -> None:
        """Store the state, if nobody stored another one since it was loaded.

        The version before is kept under the suffix ``pre-serial-N``, where N is the
        serial of the state that is stored now. The first save keeps the serial of the
        state; later ones give it the next one. The state then carries what was stored:
        serial and lineage, and which version it is based on.

        Args:
            state: one that was never loaded continues what is stored.
            force: store it whatever is stored, even what cannot be read.

        Raises:
            StateConflictError: if the stored state is of another lineage, or changed
                since this one was loaded.
            StateLockedError: if somebody else keeps the lock.
            StateWriteError: if it could not be stored; what was there is intact.
        """
        with self.lock("save"):
            stored = self._stored()
            digest = digest_in_background(stored)
            lineage, serial = next_version(state, stored, force)
            version = copy.copy(state)
            version.lineage = lineage or str(uuid.uuid4())
            version.serial = serial
            data = dumps(version)
            base = state.base_version
            if not force and base is not None and base.digest != digest():
                raise conflict_error(stored)
            new_digest = digest_in_background(data)
            self._replace(data, serial, stored is not None)
            state.lineage, state.serial = version.lineage, serial
            state.base_version = BaseVersion(state.lineage, serial, new_digest())
            self._prune()

    def delete(self) -> None:
        """Remove the stored state; backups stay.

        Raises:
            StateNotFoundError: if there is none.
        """
        with self.lock("delete"):
            self._remove(self.name)

    def backup(self, suffix: str = "backup") -> Path | str:
        """Copy what is stored, unread, under a name that nobody has.

        Args:
            suffix: letters, digits, ``_``, ``-`` and single dots. ``dev.state.json``
                is copied to ``dev.state.{suffix}.json``; if that is taken, the time is
                appended to the suffix. ``pre-serial-`` is for saves alone.

        Returns:
            Where the copy went.

        Raises:
            ValueError: if the suffix has other characters, or is that of a save.
            StateNotFoundError: if nothing is stored.
        """
        if not _SUFFIX.fullmatch(suffix) or suffix.startswith(SAVE_BACKUP_PREFIX):
            raise ValueError(
                f"invalid backup suffix {suffix!r}: use letters, digits, '_', '-' and "
                f"'.', and not {SAVE_BACKUP_PREFIX!r}"
            )
        return self._location(self._backed_up(suffix, self._copy))

    def history(self) -> list[StateVersion]:
        """Return the older versions that saves kept and that load, newest first."""
        versions = []
        for blob in self._versions():
            try:
                state = loads(self._read(blob.name))
            except (StateCorruptedError, StateNotFoundError, StateReadError):
                continue
            versions.append(
                StateVersion(
                    state.serial,
                    state.lineage,
                    state.updated_at,
                    blob.size,
                    len(state.resources),
                    blob.name,
                )
            )
        return versions

    def load_version(self, serial: int) -> State:
        """Return the version of that serial; the stored state counts too.

        Raises:
            StateNotFoundError: if none of that serial is kept.
        """
        for name in [self.name, *(blob.name for blob in self._versions())]:
            try:
                state = loads(self._read(name))
            except (StateCorruptedError, StateNotFoundError, StateReadError):
                continue
            if state.serial == serial:
                return state
        kept = ", ".join(str(version.serial) for version in self.history()) or "none"
        raise StateNotFoundError(f"no version with serial {serial}; kept are: {kept}")

    def restore(self, serial: int) -> State:
        """Bring an older version back, as a new one; what is stored now is kept too.

        Also where what is stored cannot be read.

        Returns:
            The state as it is stored now.

        Raises:
            StateNotFoundError: if none of that serial is kept.
            StateWriteError: if it could not be stored; what was there is intact.
        """
        with self.lock(f"restore serial {serial}"):
            state = self.load_version(serial)
            state.serial = max([serial, *map(replaced_by_serial, self._versions())]) + 1
            try:
                state.lineage = self.load().lineage
                self.save(state)
            except (StateCorruptedError, StateNotFoundError):
                self.save(state, force=True)
            return state

    def verify(self) -> list[str]:
        """Look through what is stored and its backups; nothing is changed.

        Returns:
            What is wrong, one sentence each: unreadable files, keys that stand twice,
            resources filed under another id, checksums that do not match.
        """
        blobs = [Blob(self.name, 0)] if self.exists() else []
        found = []
        for blob in [*blobs, *self._backups()]:
            try:
                wrong = find_problems(self._read(blob.name))
            except StateNotFoundError:
                continue  # Thinned out meanwhile.
            except StateReadError as error:
                wrong = [str(error)]
            found += [f"{self._location(blob.name)}: {problem}" for problem in wrong]
        return found

    def _stored(self) -> bytes | None:
        try:
            return self._read(self.name)
        except StateNotFoundError:
            return None
        except StateReadError as error:
            raise StateWriteError(
                f"{error}, so it cannot be told what a save would replace"
            ) from error

    def _replace(self, data: bytes, serial: int, keep: bool) -> None:
        """Keep what is stored as a version, and store the data; both or neither."""
        kept = (
            self._backed_up(f"{SAVE_BACKUP_PREFIX}{serial}", self._keep)
            if keep
            else None
        )
        try:
            self._write(self.name, data)
        except BaseException:
            if kept is not None:
                self._drop_if_still_stored(kept)
            raise

    def _drop_if_still_stored(self, kept: str) -> None:
        """Remove a version unless the save that failed got as far as replacing it."""
        try:
            if self._read(self.name) == self._read(kept):
                self._remove(kept)
        except (StateNotFoundError, StateReadError, StateWriteError):
            logger.warning("%s is kept, perhaps twice", self._location(kept))

    def _backed_up(self, suffix: str, copy_blob: Callable[[str, str], bool]) -> str:
        """Copy the state under the first free name, and return that name."""
        stamp = f"{self._now():%Y%m%dT%H%M%S%fZ}"
        endings = ("" if n == 0 else f"-{stamp}" + f"-{n}" * (n > 1) for n in count())
        names = (backup_name(self.name, f"{suffix}{ending}") for ending in endings)
        return next(name for name in names if copy_blob(self.name, name))

    def _backups(self, kind: str = "") -> list[Blob]:
        return [blob for blob in self._blobs() if is_backup(blob.name, self.name, kind)]

    def _versions(self) -> list[Blob]:
        return newest_first(self._backups(SAVE_BACKUP_PREFIX))

    def _prune(self) -> None:
        """Remove the versions that are too many or too big together, oldest first."""
        try:
            many = expired(self._versions(), self.max_versions, self.max_bytes)
            for blob in many:
                self._remove(blob.name)
        except (StateNotFoundError, StateReadError, StateWriteError) as error:
            logger.warning("older versions were not thinned out: %s", error)

    def _recovery_hint(self) -> str:
        """Return what to do about a state that cannot be read."""
        for version in self.history()[:1]:
            return (
                f"the newest backup that loads is {self._location(version.name)} "
                f"(serial {version.serial}): restore({version.serial}) brings it back"
            )
        return "there is no backup that loads: delete it, sync again and save"
