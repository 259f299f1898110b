"""Files in one folder as named blobs."""

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

from dataikuapi.iac.backends.blob_store import ABSENT, Blob, BlobInfo, BlobStore
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

__all__ = ["FolderStore"]


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
