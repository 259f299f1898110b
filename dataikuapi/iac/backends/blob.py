"""A state as one document in a blob store: conflicts, history, verification."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.blob_store import Blob, BlobStore
from dataikuapi.iac.backends.conflicts import (
    conflict_error,
    load_based,
    stored_version,
    succeed_stored,
)
from dataikuapi.iac.backends.history import VersionHistory
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.backends.state_version import StateVersions
from dataikuapi.iac.backends.versions import check_suffix
from dataikuapi.iac.exceptions import (
    NewerFormatError,
    StateConflictError,
    StateCorruptedError,
    StateMergeConflictError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.stored_version import NO_BASE, BaseVersion
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.statefile.serialization import write
from dataikuapi.iac.statefile.verify import find_problems

__all__ = ["BlobBackend"]

DEFAULT_MAX_VERSIONS = 20
DEFAULT_MAX_BYTES = 500_000_000


class BlobBackend(StateBackend):
    """Stores a state as one blob, and its backups beside it.

    Args:
        store: where the blobs are.
        name: of the blob that is the state, e.g. ``dev.state.json``; backups are named
            after it.
        now: the clock, for the names of backups.
        max_versions: how many older versions are kept; the oldest are removed first.
        max_bytes: how many bytes they may take together. Backups made by hand are
            neither counted nor removed.
    """

    keeps_versions = True
    """Whether a save keeps the version before; a store may have room for one blob."""

    capabilities = frozenset(
        {Capability.COMPARE_AND_SWAP, Capability.HISTORY, Capability.JOURNAL}
    )

    def __init__(
        self,
        store: BlobStore,
        name: str,
        *,
        now: Callable[[], datetime] = utc_now,
        max_versions: int = DEFAULT_MAX_VERSIONS,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self.name = name
        self.max_versions = max_versions
        self.max_bytes = max_bytes
        self._store = store
        self._history = VersionHistory(store, name, now)

    def __repr__(self) -> str:
        """Return the kind of backend, and where its state is."""
        return f"<{type(self).__name__} {self._store.location(self.name)}>"

    def exists(self) -> bool:
        """Return whether anything is stored, readable or not.

        Raises:
            StateReadError: if that cannot be found out.
        """
        return self._store.exists(self.name)

    def lock(
        self, reason: str = "", timeout: float | None = None
    ) -> AbstractContextManager[None]:
        """Prevent other saves for the duration of the block, if the store has locks.

        See :meth:`StateBackend.lock`. ``save`` takes it by itself; reading needs none.
        """
        seconds = self.lock_timeout if timeout is None else timeout
        return self._store.lock(self.name, reason, seconds)

    @contextmanager
    def lease(self, project_keys: Sequence[str]) -> Iterator[None]:
        """Prevent other applies to these projects, if the store has locks.

        See :meth:`StateBackend.lease`.
        """
        with ExitStack() as stack:
            for key in project_keys:
                name = f"{self.name}.{quote(key, safe='')}.apply"
                stack.enter_context(self._store.lock(name, f"apply to {key}", 0))
            yield

    def load(self) -> State:
        """Return the stored state, validated; see :meth:`StateBackend.load`.

        The message of a StateCorruptedError names the newest version that loads.
        """
        stored = self._store.read(self.name)
        try:
            return load_based(stored)
        except (NewerFormatError, StateMergeConflictError) as error:
            raise type(error)(
                f"{self._store.location(self.name)} is not a valid state: {error}"
            ) from error
        except StateCorruptedError as error:
            raise StateCorruptedError(
                f"{self._store.location(self.name)} is not a valid state: {error}. It "
                f"was left as it is; {self._history.recovery_hint()}"
            ) from error

    def save(self, state: State, *, force: bool = False) -> None:
        """Replace the stored state, unless it changed since this one was loaded.

        The previous version is kept with the suffix ``pre-serial-N``, where N is the
        serial of this save; with ``pre-serial-N-unchanged``, if the state is a reading
        in which no object changed: such versions are pruned first. The first save keeps
        the serial of the state; later ones give it the next one. The state then carries
        what was stored: serial and lineage, and which version it is based on.

        Args:
            state: one that was never loaded continues what is stored.
            force: replace whatever is stored, even what is not a valid state.

        Raises:
            StateConflictError: if the stored state is of another lineage, or changed
                since this one was loaded.
            StateLockedError: if somebody else holds the lock.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        with self.lock("save"):
            base, last = state.base_version, self._last_serial()
            if base is None or base.projects is not None or force:
                base = stored_version(self._stored(), state, force, last)
            new = NewVersion.of(state, base, force, last, self.save_message, write)
            new.record_as_stored(self._replace(base, new, force))
            self._history.prune(self.max_versions, self.max_bytes)

    def delete(self) -> None:
        """Remove the stored state; backups stay.

        Raises:
            StateNotFoundError: if there is none.
            StateWriteError: if it cannot be removed.
        """
        with self.lock("delete"):
            self._store.remove(self.name)

    def backup(self, suffix: str = "backup") -> Path | str:
        """Copy what is stored, valid or not, to a name that is free.

        Args:
            suffix: letters, digits, ``_``, ``-`` and single dots. ``dev.state.json``
                is copied to ``dev.state.{suffix}.json``; if that exists, the time is
                appended to the suffix. ``pre-serial-`` is reserved for saves, and
                ``state`` as the whole of it or between dots for other states.

        Returns:
            Where the copy went.

        Raises:
            ValueError: if the suffix has other characters, or is reserved.
            StateNotFoundError: if nothing is stored.
            StateWriteError: if it cannot be copied.
        """
        return self._store.location(self._history.create_backup(check_suffix(suffix)))

    def history(self) -> StateVersions:
        """Return the older versions that saves kept, newest first.

        Serials are inferred from names. Where those leave a doubt, as they do for the
        oldest version, the version is read, and left out if it does not load. Whether
        the others load shows when they are read.

        Raises:
            StateReadError: if they cannot be listed.
        """
        return self._history.versions()

    def load_version(self, serial: int) -> State:
        """Return the version of that serial; the stored state is one of them.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if the versions cannot be listed.
        """
        lineage = unread = None
        try:
            stored = load_based(self._store.read(self.name))
            if stored.serial == serial:
                return stored
            lineage = stored.lineage
        except (StateCorruptedError, StateNotFoundError):
            pass  # Fall back to the older versions.
        except StateReadError as error:
            unread = error
        return self._history.find(serial, lineage, unread)

    def restore(self, serial: int) -> State:
        """Store an older version again, as the newest one.

        The current content, valid or not, is kept as a version.

        Returns:
            The state as it is stored now.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if what is stored, or the versions, cannot be read.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        with self.lock(f"restore serial {serial}"):
            state = self.load_version(serial)
            last = self._history.last_serial()
            force = succeed_stored(
                state, last, lambda: load_based(self._store.read(self.name))
            )
            self.save(state, force=force)
            return state

    def journal(self) -> Journal:
        """Return the journal of applies: a blob beside the state, which stays with it.

        Like backups, it is neither removed with the state nor restored with a version.
        """
        return BlobJournal(self._store, self.name, self.lock_timeout)

    def verify(self) -> list[str]:
        """Check what is stored and all its backups; nothing is changed.

        Returns:
            What is wrong, one sentence each: unreadable blobs, duplicate keys,
            resources filed under another id, checksums that do not match.

        Raises:
            StateReadError: if the backups cannot be listed.
        """
        names = [self.name] if self.exists() else []
        found = []
        for name in [*names, *(blob.name for blob in self._history.all_copies())]:
            try:
                wrong = find_problems(self._store.read(name).data)
            except StateNotFoundError:
                continue  # Pruned in the meantime.
            except StateReadError as error:
                wrong = [str(error)]
            found += [f"{self._store.location(name)}: {problem}" for problem in wrong]
        return found

    def _last_serial(self) -> int:
        try:
            return self._history.last_serial()
        except StateReadError as error:
            raise StateWriteError(
                f"{error}, so the serials of {self._store.location(self.name)} that "
                "were used before are unknown"
            ) from error

    def _stored(self) -> Blob | None:
        try:
            return self._store.read(self.name)
        except StateNotFoundError:
            return None
        except StateReadError as error:
            raise StateWriteError(
                f"{error}, so the state that a save would overwrite is unknown"
            ) from error

    def _replace(self, base: BaseVersion, new: NewVersion[bytes], force: bool) -> str:
        """Keep the base version and write the new one; both or neither.

        Returns:
            The token of what was written.

        Raises:
            StateConflictError: if the base version is no longer stored.
        """
        keeping: AbstractContextManager[None] = nullcontext()
        if base != NO_BASE and self.keeps_versions:
            keeping = self._history.keeping_version(new.serial, new.is_unchanged)
        expected = None if force else base.token
        try:
            with keeping:
                return self._write(new, expected)
        except StateConflictError as error:
            stored = self._stored()
            found = stored and _loaded(stored)
            if stored is None or found is None or not new.is_stored_in(found):
                raise conflict_error(base, stored) from error
            new.version.lineage = found.lineage
            return stored.token

    def _write(self, new: NewVersion[bytes], expected: str | None) -> str:
        try:
            return self._store.write(self.name, new.encoded.data, expected)
        except StateConflictError:
            raise
        except BaseException:
            new.state.may_be_stored = True
            raise


def _loaded(stored: Blob) -> State | None:
    """Return the state in a blob; ``None`` if it is not valid."""
    try:
        return load_based(stored)
    except StateCorruptedError:
        return None
