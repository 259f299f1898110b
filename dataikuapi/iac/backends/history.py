"""The older versions of a state: keep, list, find and prune them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

from dataikuapi.iac.backends.blob_store import Blob, BlobInfo, BlobStore
from dataikuapi.iac.backends.conflicts import load_based
from dataikuapi.iac.backends.state_version import StateVersion, StateVersions
from dataikuapi.iac.backends.versions import (
    UNCHANGED,
    VERSION_PREFIX,
    backup_names,
    backup_prefix,
    beyond_limits,
    candidates_for,
    is_backup,
    is_version,
    names_agree_with_times,
    newest_first,
    replaced_by_serial,
    serials_by_name,
)
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State

__all__ = ["VersionHistory"]

logger = get_logger(__name__)


class VersionHistory:
    """The versions that saves leave behind, and the backups made by hand.

    Args:
        store: holds the state, and its versions beside it.
        name: of the blob that is the state.
        now: the clock: where a name is taken, the time is appended.
        load: makes the state of a blob.
        peek: makes it of what is quickly read, with lineage and serial at least;
            ``None`` if ``load`` is no slower.
    """

    def __init__(
        self,
        store: BlobStore,
        name: str,
        now: Callable[[], datetime],
        load: Callable[[Blob], State] = load_based,
        peek: Callable[[Blob], State] | None = None,
    ) -> None:
        self._store = store
        self._name = name
        self._now = now
        self._load_blob = load
        self._peek_blob = peek or load

    def all_copies(self) -> list[BlobInfo]:
        """Return the blobs of all backups, those that saves kept among them."""
        blobs = self._store.list_blobs(backup_prefix(self._name))
        return [blob for blob in blobs if is_backup(blob.name, self._name)]

    def versions(self) -> StateVersions:
        """Return the versions that saves kept, newest first.

        Serials are inferred from the names; a version is read only where those leave a
        doubt, as they do for the oldest.
        """
        return StateVersions(
            StateVersion(
                serial, blob.modified, blob.size, blob.name, partial(self._load, blob)
            )
            for blob, serial in self._numbered({})
        )

    def last_serial(self) -> int:
        """Return the highest serial in the version names, or 0."""
        return max(map(replaced_by_serial, self._blobs()), default=0)

    def recovery_hint(self) -> str:
        """Return what to do about a stored state that is not valid."""
        for blob in self._blobs():
            state = self._if_readable(blob, self._load_blob)
            if state is not None:
                location = self._store.location(blob.name)
                return (
                    f"the newest backup that loads is {location} (serial "
                    f"{state.serial}): dataiku-iac restore {state.serial}, or "
                    f"backend.restore({state.serial}) brings it back"
                )
        return "there is no backup that loads: delete it, sync again and save"

    def find(
        self, serial: int, lineage: str | None, unread: StateReadError | None = None
    ) -> State:
        """Return the version of that serial.

        Args:
            serial: of the version.
            lineage: of the stored state, if that is known: it saves reading versions.
            unread: why the stored state, which may be the one, could not be read.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateCorruptedError: if there is, and it is not a valid state.
            StateReadError: if there is, and it cannot be read.
        """
        blobs, read = self._blobs(), {}
        failures: list[StateReadError] = []
        for blob in candidates_for(blobs, serial):
            state = self._if_readable(blob, self._peek_blob, failures)
            if state is not None and state.serial == serial:
                state = self._whole(blob, state, failures)
            if state is None:
                continue
            if state.serial == serial:
                return state
            read[blob.name] = state.serial
            same_lineage = lineage is not None and state.lineage == lineage
            if same_lineage and names_agree_with_times(blobs):
                # Serials only grow within a lineage, so the name of the wanted version
                # would have come up before this one, and no other lineage interferes.
                break
        serials = [number for _, number in self._numbered(read)]
        kept = ", ".join(str(each) for each in serials if each != serial) or "none"
        known = {**serials_by_name(blobs), **read}
        for blob in blobs:
            if known.get(blob.name) == serial:
                self._require_readable(blob, f"other versions: {kept}")
        if unread is None and failures:
            unread = failures[0]
        if unread is not None:
            raise StateReadError(f"{unread}; other versions: {kept}") from unread
        raise StateNotFoundError(f"no version with serial {serial}; available: {kept}")

    @contextmanager
    def keeping_version(self, serial: int, unchanged: bool) -> Iterator[None]:
        """Keep the stored state as a version while the block replaces it.

        If the block raises an error because nothing was stored, the version is removed.

        Args:
            serial: of the save.
            unchanged: whether the save is a reading in which no object changed.

        Raises:
            StateWriteError: if it cannot be kept.
        """
        suffix = f"{VERSION_PREFIX}{serial}{UNCHANGED if unchanged else ''}"
        kept = None
        with suppress(StateNotFoundError):  # The write finds out as well.
            kept = self._copied(suffix, self._store.keep)
        try:
            yield
        except StateConflictError:
            if kept is not None:
                self._discard(kept)
            raise
        except BaseException:
            if kept is not None:
                self._discard_if_stored(kept)
            raise

    def create_backup(self, suffix: str) -> str:
        """Copy the stored state to a name that is free, and return that name.

        Raises:
            StateNotFoundError: if there is no stored state.
            StateWriteError: if it cannot be copied.
        """
        return self._copied(suffix, self._store.copy)

    def _discard(self, kept: str) -> None:
        """Remove a version after a save that stored nothing."""
        try:
            self._store.remove(kept)
        except (StateNotFoundError, StateWriteError) as error:
            logger.warning("cannot remove a redundant version: %s", error)

    def _discard_if_stored(self, kept: str) -> None:
        """Remove a version after a save that failed, unless it was replaced anyway."""
        try:
            stored = self._store.read(self._name).data
            same = stored == self._store.read(kept).data
        except (StateNotFoundError, StateReadError) as error:
            logger.warning("a version was kept, perhaps one too many: %s", error)
            return
        if same:
            self._discard(kept)

    def prune(self, max_versions: int, max_bytes: int) -> None:
        """Remove the oldest versions beyond the limits."""
        try:
            for blob in beyond_limits(self._blobs(), max_versions, max_bytes):
                with suppress(StateNotFoundError):  # Somebody else pruned it as well.
                    self._store.remove(blob.name)
        except (StateReadError, StateWriteError) as error:
            logger.warning("older versions were not pruned: %s", error)

    def _blobs(self) -> list[BlobInfo]:
        blobs = self._store.list_blobs(backup_prefix(self._name))
        return newest_first(blob for blob in blobs if is_version(blob.name, self._name))

    def _numbered(self, read: Mapping[str, int]) -> list[tuple[BlobInfo, int]]:
        """Pair versions with their serials, newest first.

        Args:
            read: the serials of those that were read already, by name.
        """
        blobs = self._blobs()
        serials = {**serials_by_name(blobs), **read}
        for blob in blobs:
            state = None
            if blob.name not in serials:
                state = self._if_readable(blob, self._peek_blob)
            if state is not None:
                serials[blob.name] = state.serial
        return [(blob, serials[blob.name]) for blob in blobs if blob.name in serials]

    def _load(self, blob: BlobInfo) -> State:
        return self._read(blob, self._load_blob)

    def _whole(
        self, blob: BlobInfo, peeked: State, failures: list[StateReadError]
    ) -> State | None:
        if self._peek_blob == self._load_blob:
            return peeked
        return self._if_readable(blob, self._load_blob, failures)

    def _read(self, blob: BlobInfo, load: Callable[[Blob], State]) -> State:
        try:
            return load(self._store.read(blob.name))
        except StateCorruptedError as error:
            location = self._store.location(blob.name)
            raise StateCorruptedError(
                f"{location} is not a valid state: {error}"
            ) from error

    def _require_readable(self, blob: BlobInfo, hint: str) -> None:
        try:
            self._load(blob)
        except StateCorruptedError as error:
            raise StateCorruptedError(f"{error}; {hint}") from error
        except StateReadError as error:
            raise StateReadError(f"{error}; {hint}") from error

    def _if_readable(
        self,
        blob: BlobInfo,
        load: Callable[[Blob], State],
        failures: list[StateReadError] | None = None,
    ) -> State | None:
        """Return a version; ``None`` if it is not valid, or cannot be read now.

        Args:
            blob: that is the version.
            load: reads it, or a part of it.
            failures: gets why it could not be read; by default, that is logged.
        """
        try:
            return self._read(blob, load)
        except (StateCorruptedError, StateNotFoundError):
            return None
        except StateReadError as error:
            if failures is None:
                logger.warning("a version is left out: %s", error)
            else:
                failures.append(error)
            return None

    def _copied(self, suffix: str, copy_blob: Callable[[str, str], bool]) -> str:
        names = backup_names(self._name, suffix, self._now())
        return next(name for name in names if copy_blob(self._name, name))
