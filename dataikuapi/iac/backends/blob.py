"""What every backend does that keeps a state as one document: all but storing bytes."""

import re
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.serialization import dumps, loads

__all__ = ["BlobBackend"]

_SUFFIX = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class BlobBackend(StateBackend):
    """A backend over named blobs: files, or objects in a bucket.

    A subclass stores bytes and nothing else: ``exists`` and the six methods with an
    underscore. ``name`` is the blob that is the state; backups are named after it.

    Args:
        name: of the blob that is the state, e.g. ``dev.state.json``.
        now: the clock, for the names of backups.
    """

    def __init__(self, name: str, *, now: Callable[[], datetime] = utc_now) -> None:
        self.name = name
        self._now = now

    @abstractmethod
    def _location(self, name: str) -> Path | str:
        """Return where the blob of that name is, as a person would look for it."""

    @abstractmethod
    def _names(self) -> list[str]:
        """Return the names of all blobs in the place of the state, newest first."""

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

    def load(self) -> State:
        """Return the stored state, validated.

        Raises:
            StateNotFoundError: if there is none.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a state.
        """
        data = self._read(self.name)
        try:
            return loads(data)
        except StateCorruptedError as error:
            raise StateCorruptedError(
                f"{self._location(self.name)} is no state: {error}. It was left as it "
                f"is; {self._advice()}"
            ) from error

    def save(self, state: State) -> None:
        """Store the state, after a backup of the one stored before.

        The backup has the suffix ``pre-serial-N`` where N is the serial of the state
        that is about to be stored.

        Raises:
            StateWriteError: if it could not be stored; what was there is intact.
        """
        data = dumps(state)
        try:
            self.backup(f"pre-serial-{state.serial}")
        except StateNotFoundError:
            pass  # The first save: there is nothing to back up.
        self._write(self.name, data)

    def delete(self) -> None:
        """Remove the stored state; backups stay.

        Raises:
            StateNotFoundError: if there is none.
        """
        self._remove(self.name)

    def backup(self, suffix: str = "backup") -> Path | str:
        """Copy what is stored, unread, under a name that nobody has.

        Args:
            suffix: letters, digits, ``_``, ``-`` and single dots. ``dev.state.json``
                is copied to ``dev.state.{suffix}.json``; if that is taken, the time is
                appended to the suffix.

        Returns:
            Where the copy went.

        Raises:
            ValueError: if the suffix has other characters.
            StateNotFoundError: if nothing is stored.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(
                f"invalid backup suffix {suffix!r}: use letters, digits, '_', '-', '.'"
            )
        stamp = f"{self._now():%Y%m%dT%H%M%S%fZ}"
        for attempt in count():
            ending = (
                ("", f"-{stamp}")[attempt] if attempt < 2 else f"-{stamp}-{attempt}"
            )
            target = self._backup_name(f"{suffix}{ending}")
            if self._copy(self.name, target):
                return self._location(target)
        raise AssertionError("count() does not end")

    def _advice(self) -> str:
        """Return what to do about a state that cannot be read."""
        first, last = self._backup_name("\n").split("\n")
        for name in self._names():
            if name.startswith(first) and name.endswith(last) and name != self.name:
                try:
                    serial = loads(self._read(name)).serial
                except (StateCorruptedError, StateNotFoundError, StateReadError):
                    continue
                return (
                    f"the newest backup that loads is {self._location(name)} (serial "
                    f"{serial}): copy it over the broken one"
                )
        return "there is no backup that loads: sync the projects again and save"

    def _backup_name(self, suffix: str) -> str:
        path = Path(self.name)
        return f"{path.stem}.{suffix}{path.suffix}"
