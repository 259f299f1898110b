"""A state as a manifest and a blob for each project, in a store of blobs."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobStore
from dataikuapi.iac.backends.conflicts import based_on, superseded_error
from dataikuapi.iac.backends.history import VersionHistory
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.backends.object_lock import LEASE_SECONDS, ObjectLocks
from dataikuapi.iac.backends.part_checks import find_problems
from dataikuapi.iac.backends.part_collection import collect
from dataikuapi.iac.backends.part_store import MissingPartError, PartStore
from dataikuapi.iac.backends.part_writer import PartWriter
from dataikuapi.iac.backends.partitioned import PartitionedBackend
from dataikuapi.iac.backends.state_version import StateVersions
from dataikuapi.iac.backends.versions import check_suffix
from dataikuapi.iac.exceptions import (
    NewerFormatError,
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.locks import APPLY_LOCK, STATE_LOCK, LockInfo
from dataikuapi.iac.models.stored_version import NO_BASE, BaseVersion
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.statefile.manifest import Manifest
from dataikuapi.iac.statefile.part_files import read_parts
from dataikuapi.iac.statefile.parts import StateParts

__all__ = ["BlobPartsBackend"]

DEFAULT_MAX_VERSIONS = 20
_MANIFEST_BYTES = 1_000_000_000
"""Manifests are small, so no version is too big to be kept."""

_READ_ATTEMPTS = 20
"""How often a state is read while others store it, and remove what it was before."""


class _Stored(NamedTuple):
    """The manifest that is stored, and its token."""

    manifest: Manifest | None
    token: str


NOTHING = _Stored(None, ABSENT)


class BlobPartsBackend(PartitionedBackend):
    """Stores a state as a manifest, and a compressed blob for each project.

    Saving one project writes its blob, a page of the index, and the manifest, which
    alone is replaced, by compare-and-swap; see
    :mod:`dataikuapi.iac.statefile.manifest`. A version is a copy of the manifest. What
    no manifest leads to anymore is removed once in a while, a day after it was written
    at the earliest.

    A lock is a blob, too, which its holder renews; see
    :mod:`dataikuapi.iac.backends.object_lock`. A save makes sure that it still holds
    it. Yet a state is safe without: nothing but the manifest is ever replaced.

    Args:
        store: where the blobs are; it has to have conditional writes.
        name: of the manifest, e.g. ``dev.state.json``.
        now: the clock, for the names of backups, and for those who look at locks.
        max_versions: how many older versions are kept; the oldest are removed first.
        lease_seconds: how long after its holder died a lock can be taken.
        monotonic: the clock by which locks are observed.
        sleep: waits that many seconds.
    """

    capabilities = frozenset(Capability)
    lock_freed_after = LEASE_SECONDS

    def __init__(
        self,
        store: BlobStore,
        name: str,
        *,
        now: Callable[[], datetime] = utc_now,
        max_versions: int = DEFAULT_MAX_VERSIONS,
        lease_seconds: float = LEASE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.max_versions = max_versions
        self.lock_freed_after = lease_seconds
        self._blobs = store
        self._parts = PartStore(store)
        self._locks = ObjectLocks(
            store, lease_seconds, now=now, monotonic=monotonic, sleep=sleep
        )
        self._history = VersionHistory(store, name, now, self._load, _peek)
        self._writer = PartWriter(self._parts, max(max_versions, 1))
        self._last_read = NOTHING

    def __repr__(self) -> str:
        """Return the kind of backend, and where its state is."""
        return f"<{type(self).__name__} {self._location}>"

    def exists(self) -> bool:
        """Return whether anything is stored, readable or not.

        Raises:
            StateReadError: if that cannot be found out.
        """
        return self._blobs.exists(self.name)

    def lock(
        self, reason: str = "", timeout: float | None = None
    ) -> AbstractContextManager[None]:
        """Prevent other saves for the duration of the block.

        See :meth:`StateBackend.lock`. Of a holder that died, others take it once it has
        not been renewed for as long as it is leased, even if their time is up before.
        """
        seconds = self.lock_timeout if timeout is None else timeout
        return self._locks.hold(STATE_LOCK, reason, seconds)

    @contextmanager
    def lease(self, project_keys: Sequence[str]) -> Iterator[None]:
        """Prevent other applies to these projects; see :meth:`StateBackend.lease`."""
        with ExitStack() as stack:
            for key in project_keys:
                held = self._locks.hold(f"{APPLY_LOCK}{key}", f"apply to {key}", 0)
                stack.enter_context(held)
            yield

    def locks(self) -> list[LockInfo]:
        """Return who holds a lock; see :meth:`StateBackend.locks`.

        Whether one is stale is told by the clocks of two machines, so it is a hint.
        """
        return self._locks.locks()

    def release_lock(self, name: str, *, force: bool = False) -> LockInfo:
        """Take a lock away from its holder, whose next save then fails.

        See :meth:`StateBackend.release_lock`. Without ``force``, one that seems to be
        stale is observed first, for as long as it is leased.
        """
        return self._locks.release(name, force)

    def read_parts(self, project_keys: Collection[str] | None) -> State:
        """Return what is stored of some projects, or all."""
        for _ in range(_READ_ATTEMPTS):
            blob = self._blobs.read(self.name)
            try:
                manifest = Manifest.from_bytes(blob.data)
                state = self._state(manifest, blob.token, project_keys)
            except MissingPartError as error:
                if self._blobs.read(self.name).token == blob.token:
                    raise self._corrupted(error) from error
            except StateCorruptedError as error:
                raise self._corrupted(error) from error
            else:
                self._last_read = _Stored(manifest, blob.token)
                return state
        raise StateReadError(
            f"cannot read {self._location}: others kept storing it meanwhile"
        )

    def read_version(self, serial: int) -> State:
        """Return the whole state as it was in a serial."""
        lineage = unread = None
        try:
            blob = self._blobs.read(self.name)
            manifest = Manifest.from_bytes(blob.data)
            lineage = manifest.state().lineage
            if manifest.serial == serial:
                return self._state(manifest, blob.token, None)
        except (StateCorruptedError, StateNotFoundError):
            pass  # Fall back to the older versions.
        except StateReadError as error:
            unread = error
        return self._history.find(serial, lineage, unread)

    def replace_parts(self, new: NewVersion[StateParts], force: bool) -> str:
        """Store a version in place of its base, in one atomic step."""
        stored = NOTHING if force else self._base(new.base)
        manifest = self._writer.write(new, stored.manifest)
        keeping: AbstractContextManager[None] = nullcontext()
        if new.base != NO_BASE:
            keeping = self._history.keeping_version(new.serial, new.is_unchanged)
        try:
            with keeping:
                self._locks.require(STATE_LOCK)
                token = self._swap(manifest, None if force else stored.token)
        except StateConflictError as error:
            raise superseded_error(new.base, self._described()) from error
        self._last_read = _Stored(manifest, token)
        self._history.prune(self.max_versions, _MANIFEST_BYTES)
        if stored.manifest is not None and manifest.collected == manifest.serial:
            collect(self._blobs, self._parts, self.name, self._history.all_copies())
        return token

    def last_serial(self) -> int:
        """Return the greatest serial of the versions that are kept, or 0."""
        return self._history.last_serial()

    def delete(self) -> None:
        """Remove the stored state; backups stay, and the versions.

        Raises:
            StateNotFoundError: if there is none.
            StateWriteError: if it cannot be removed.
        """
        with self.lock("delete"):
            self._blobs.remove(self.name)

    def backup(self, suffix: str = "backup") -> Path | str:
        """Keep what is stored, valid or not, under a name that is free.

        Its parts are not copied: they are kept as long as a manifest leads to them.

        Args:
            suffix: letters, digits, ``_``, ``-`` and single dots; see
                :meth:`BlobBackend.backup`.

        Raises:
            ValueError: if the suffix has other characters, or is reserved.
            StateNotFoundError: if nothing is stored.
            StateWriteError: if it cannot be copied.
        """
        return self._blobs.location(self._history.create_backup(check_suffix(suffix)))

    def history(self) -> StateVersions:
        """Return the older versions that saves kept, newest first.

        Their sizes are those of the manifests.

        Raises:
            StateReadError: if they cannot be listed.
        """
        return self._history.versions()

    def journal(self) -> Journal:
        """Return the journal of applies: a blob beside the state.

        Like backups, it is neither removed with the state nor restored with a version.
        """
        return BlobJournal(self._blobs, self.name, self.lock_timeout)

    def verify(self) -> list[str]:
        """Check what is stored, all backups, and all that they lead to.

        Returns:
            What is wrong, one sentence each.

        Raises:
            StateReadError: if the backups cannot be listed.
        """
        names = [self.name] if self.exists() else []
        names += [blob.name for blob in self._history.all_copies()]
        return find_problems(self._blobs, self._parts, names)

    @property
    def _location(self) -> Path | str:
        return self._blobs.location(self.name)

    def _load(self, blob: Blob) -> State:
        return self._state(Manifest.from_bytes(blob.data), blob.token, None)

    def _state(
        self, manifest: Manifest, token: str, project_keys: Collection[str] | None
    ) -> State:
        if project_keys is None:
            entries = self._parts.entries(manifest)
        else:
            entries = self._parts.entries_of(manifest, project_keys)
        state = read_parts(manifest.head, self._parts.files(entries))
        state.base_version = based_on(state, token)
        return state

    def _corrupted(self, error: StateCorruptedError) -> StateCorruptedError:
        hint = ""
        if not isinstance(error, NewerFormatError):
            hint = f". It was left as it is; {self._history.recovery_hint()}"
        return type(error)(f"{self._location} is not a valid state: {error}{hint}")

    def _base(self, base: BaseVersion) -> _Stored:
        """Return the manifest of the version that is to be replaced.

        Raises:
            StateConflictError: if it is no longer stored.
        """
        last = self._last_read  # Once: another thread may load in between.
        if base.token == last.token:
            return last
        if base == NO_BASE:
            return NOTHING
        try:
            blob = self._blobs.read(self.name)
            if blob.token == base.token:
                return _Stored(Manifest.from_bytes(blob.data), blob.token)
        except (StateNotFoundError, StateCorruptedError):
            pass  # Something else is stored.
        except StateReadError as error:
            raise StateWriteError(
                f"{error}, so the state that a save would overwrite is unknown"
            ) from error
        raise superseded_error(base, self._described())

    def _described(self) -> State | str | None:
        """Return what is stored, for messages."""
        try:
            return Manifest.from_bytes(self._blobs.read(self.name).data).state()
        except StateNotFoundError:
            return None
        except (StateCorruptedError, StateReadError):
            return "something that cannot be read"

    def _swap(self, manifest: Manifest, expected: str | None) -> str:
        """Replace the manifest, and return its token.

        A write whose answer was lost counts if the save is among the last ones.
        """
        try:
            return self._blobs.write(self.name, manifest.to_bytes(), expected)
        except StateWriteError:
            try:
                blob = self._blobs.read(self.name)
                stored = Manifest.from_bytes(blob.data)
            except (StateCorruptedError, StateNotFoundError, StateReadError):
                stored = None
            if stored is None or manifest.save_id not in stored.saves:
                raise
            if stored.save_id == manifest.save_id:
                return blob.token
            # Somebody else has stored something on top: so the next save of this state
            # is refused, as it has to be.
            return f"superseded {manifest.save_id}"


def _peek(blob: Blob) -> State:
    return Manifest.from_bytes(blob.data).state()
