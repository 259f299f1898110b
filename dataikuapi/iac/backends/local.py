"""A state in a file on this machine."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from threading import Thread

from dataikuapi.iac.backends.blob import (
    DEFAULT_MAX_BYTES,
    DEFAULT_MAX_VERSIONS,
    BlobBackend,
)
from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobInfo, BlobStore
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.backends.locks import file_lock
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.files import (
    PRIVATE,
    Access,
    append_in_place,
    atomic_temporary,
    fsync_dir,
    read_regular,
    remove_temporaries,
    rename_if_free,
    require_regular,
    resolve_symlink,
)
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.times import utc_now

__all__ = ["FolderStore", "LocalFileBackend", "default_state_file"]


def default_state_file(environment: str) -> Path:
    """Return the default location of the state of an environment.

    Raises:
        ValueError: if that is not a valid name.
    """
    return Path(f".dataiku/state/{check_environment(environment)}.state.json")


class LocalFileBackend(BlobBackend):
    """Stores a state in a local JSON file, with its earlier versions next to it.

    The default location is ``.dataiku/state/{environment}.state.json``. Missing folders
    are created on the first save. A save writes a temporary file in the same folder,
    fsyncs it and renames it, so that a reader sees the old state or the new one, also
    after a crash. A new file is readable by its owner only; an existing one keeps its
    mode and group, and for root its owner. Whoever may write to it or to its folder can
    take the lock. A symbolic link stays one; what is not a regular file is refused. The
    lock is released when its process dies, and the thread that holds it may take it
    again.

    Args:
        state_file: path of the file.
        now: the clock, for the names of backups.
        max_versions: how many older versions are kept; the oldest are removed first.
        max_bytes: how many bytes they may take together.

    Raises:
        ValueError: if the path is blank, or does not end with the name of a file.

    Example:
        .. code-block:: python

            backend = LocalFileBackend(".dataiku/state/dev.state.json")
            with backend.lock("adding a dataset"):
                state = backend.load()
                state.add_resource(resource)
                backend.save(state)
    """

    capabilities = BlobBackend.capabilities | {
        Capability.SHARED,
        Capability.LOCK,
        Capability.LOCK_ENDS_WITH_HOLDER,
        Capability.LEASE,
    }
    lock_freed_after = 0.0

    def __init__(
        self,
        state_file: str | Path,
        *,
        now: Callable[[], datetime] = utc_now,
        max_versions: int = DEFAULT_MAX_VERSIONS,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self.state_file = Path(state_file)
        if not self.state_file.name.strip():
            raise ValueError(
                f"invalid state_file {str(state_file)!r}: pass the path of a file, "
                "such as .dataiku/state/dev.state.json"
            )
        super().__init__(
            FolderStore(self.state_file.parent),
            self.state_file.name,
            now=now,
            max_versions=max_versions,
            max_bytes=max_bytes,
        )

    def __repr__(self) -> str:
        """Return the call that makes this backend."""
        return f"LocalFileBackend({str(self.state_file)!r})"

    def journal(self) -> Journal:
        """Return the journal, beside the file to which symbolic links may lead."""
        state = resolve_symlink(self.state_file)
        store = FolderStore(state.parent, like=state)
        return BlobJournal(store, state.name, self.lock_timeout)


class FolderStore(BlobStore):
    """Files in one folder; the token of a file is the SHA-256 digest of its content.

    A file system has no conditional rename, so a write compares digests and renames
    under the lock of the file.

    Args:
        folder: may be missing; it is created by the first write.
        like: a file whose access new files get, if it exists; without one they are
            private.
    """

    def __init__(self, folder: Path, like: Path | None = None) -> None:
        self._folder = folder
        self._like = like

    def location(self, name: str) -> Path:
        """Return the path of the file."""
        return self._folder / name

    def list_blobs(self, prefix: str) -> list[BlobInfo]:
        """Return the files whose names begin with the prefix, in any order."""
        found = []
        with _failure_is_read_error(self._folder):
            for name in _names(self._folder):
                if not name.startswith(prefix):
                    continue
                try:
                    status = os.stat(self._folder / name)
                except OSError as error:
                    # Removed in the meantime, by a save that pruned, or a link loop.
                    if error.errno in (errno.ENOENT, errno.ELOOP):
                        continue
                    raise
                if stat.S_ISREG(status.st_mode):
                    modified = datetime.fromtimestamp(status.st_mtime, timezone.utc)
                    found.append(BlobInfo(name, status.st_size, modified))
        return found

    def exists(self, name: str) -> bool:
        """Return whether the file exists, readable or not."""
        path = self.location(name)
        with _failure_is_read_error(path):
            try:
                os.stat(path)
            except (FileNotFoundError, NotADirectoryError):
                return False
        return True

    def read(self, name: str) -> Blob:
        """Return the content of the file and its digest."""
        path = self.location(name)
        with _failure_is_read_error(path), _missing_file_is_missing_state(path):
            data = read_regular(path)
        return Blob(data, _digest(data))

    def write(self, name: str, data: bytes, expected: str | None) -> str:
        """Replace the file if it still has the expected digest; call it under the lock.

        The digests are computed while the new content is fsynced.
        """
        target = resolve_symlink(self.location(name))
        with _failure_is_write_error(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            remove_temporaries(target)
            stored = None if expected is None else _stored_digest(target)
            written = _digest_in_background(data)
            access = Access.of(target) or self._access_to_new()
            with atomic_temporary(target, data, access) as temporary:
                if stored is not None and stored() != expected:
                    raise StateConflictError(f"{target} has changed")
                os.replace(temporary, target)
            fsync_dir(target.parent)
        return written()

    def append(self, name: str, data: bytes) -> None:
        """Add lines to the file; call it under the lock.

        In place, if that is safe; else by replacing the file.
        """
        path = self.location(name)
        with _failure_is_write_error(path):
            if append_in_place(path, data, self._access_to_new()):
                return
        super().append(name, data)

    def _access_to_new(self) -> Access:
        like = self._like and Access.of(self._like)
        return replace(like, mode=like.mode | PRIVATE.mode) if like else PRIVATE

    def copy(self, name: str, target: str) -> bool:
        """Copy a file, with the access to it, and never overwrite one."""
        source, copy = self.location(name), self.location(target)
        with _failure_is_write_error(copy), _missing_file_is_missing_state(source):
            data, access = _read_to_copy(source)
            with atomic_temporary(copy, data, access) as temporary:
                if not rename_if_free(temporary, copy):
                    return False
            fsync_dir(copy.parent)
        return True

    def keep(self, name: str, target: str) -> bool:
        """Link instead of copying: the rename of a write leaves the old file alone."""
        source, link = self.location(name), self.location(target)
        try:
            os.link(resolve_symlink(source), link)
        except FileExistsError:
            return False
        except OSError:  # Another file system, or one without links.
            remove_temporaries(link)
            return self.copy(name, target)
        return True

    def remove(self, name: str) -> None:
        """Remove the file."""
        path = self.location(name)
        with (
            _failure_is_write_error(path, "remove"),
            _missing_file_is_missing_state(path),
        ):
            path.unlink()

    @contextmanager
    def lock(self, name: str, reason: str | None, timeout: float) -> Iterator[None]:
        """Keep other threads and processes from writing the file."""
        target = resolve_symlink(self.location(name))
        with _failure_leaves_state_unknown(target):
            require_regular(target)  # Before there is a lock file beside a device.
        with file_lock(target, reason, timeout):
            yield


def _read_to_copy(source: Path) -> tuple[bytes, Access]:
    try:
        return read_regular(source), Access.of(source) or PRIVATE
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StateWriteError(
            f"cannot read {source}: {error.strerror}, so it cannot be copied"
        ) from error


def _stored_digest(path: Path) -> Callable[[], str]:
    """Read a file; return a function that waits for its digest."""
    with _failure_leaves_state_unknown(path):
        try:
            data = read_regular(path)
        except FileNotFoundError:
            return lambda: ABSENT
    return _digest_in_background(data)


def _digest_in_background(data: bytes) -> Callable[[], str]:
    """Hash in a thread: hashing releases the GIL, so other work goes on meanwhile."""
    found: list[str] = []
    thread = Thread(target=lambda: found.append(_digest(data)))
    try:
        thread.start()
    except RuntimeError:  # At interpreter shutdown no thread can start.
        return lambda: _digest(data)

    def wait() -> str:
        thread.join()
        return found[0]

    return wait


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


@contextmanager
def _missing_file_is_missing_state(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StateNotFoundError(
            f"there is no state at {path}; sync a project and save it first"
        ) from error


@contextmanager
def _failure_is_read_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateReadError(f"cannot read {path}: {error.strerror}") from error


@contextmanager
def _failure_leaves_state_unknown(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateWriteError(
            f"cannot read {path}: {error.strerror}, so the state that a save would "
            "overwrite is unknown"
        ) from error


@contextmanager
def _failure_is_write_error(path: Path, action: str = "write") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateWriteError(
            f"cannot {action} {path}: {error.strerror}. The previous state is unchanged"
        ) from error
