"""A state in a file on this machine."""

import glob
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from dataikuapi.iac.backends.base import DEFAULT_LOCK_TIMEOUT
from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.backends.locks import file_lock
from dataikuapi.iac.backends.versions import Blob
from dataikuapi.iac.exceptions import (
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.files import atomic_temporary, fsync_dir, resolve_symlink
from dataikuapi.iac.models.times import utc_now

__all__ = ["LocalFileBackend", "default_state_file"]


def default_state_file(environment: str) -> Path:
    """Return where the state of an environment is kept unless somebody says where."""
    return Path(f".dataiku/state/{environment}.state.json")


class LocalFileBackend(BlobBackend):
    """Keeps a state in a local JSON file, and a backup of each version beside it.

    The usual place is ``.dataiku/state/{environment}.state.json``. Missing folders are
    made on the first save. A save writes a temporary file in the same folder, brings it
    to the disk and renames it, so that whoever reads sees the old state or the new one,
    also after a crash. A new file is readable by its owner only; an old one keeps its
    mode. A symbolic link stays one.

    Args:
        state_file: path of the file.
        now: the clock, for the names of backups.
        max_versions: how many older versions are kept; the oldest go first.
        max_bytes: how much room they may take together, in bytes.

    Example:
        .. code-block:: python

            backend = LocalFileBackend(".dataiku/state/dev.state.json")
            with backend.lock("adding a dataset"):
                state = backend.load()
                state.add_resource(resource)
                backend.save(state)
    """

    def __init__(
        self,
        state_file: str | Path,
        *,
        now: Callable[[], datetime] = utc_now,
        max_versions: int = 20,
        max_bytes: int = 500_000_000,
    ) -> None:
        self.state_file = Path(state_file)
        super().__init__(
            self.state_file.name,
            now=now,
            max_versions=max_versions,
            max_bytes=max_bytes,
        )

    def __repr__(self) -> str:
        """Return the call that makes this backend."""
        return f"LocalFileBackend({str(self.state_file)!r})"

    def exists(self) -> bool:
        """Tell whether the file is there, readable or not."""
        with _failure_is_read_error(self.state_file):
            return self.state_file.exists()

    @contextmanager
    def lock(
        self, reason: str = "", timeout: float = DEFAULT_LOCK_TIMEOUT
    ) -> Iterator[None]:
        """Keep other threads and processes from saving for a while.

        The lock goes when the process dies. The same thread may take it again; ``save``
        takes it by itself. Reading needs no lock.

        Args:
            reason: is told to whoever waits.
            timeout: how many seconds to wait for whoever has the lock; 0 for none.

        Raises:
            StateLockedError: if somebody else still has it by then; names them.
        """
        with file_lock(resolve_symlink(self.state_file), reason, timeout):
            yield

    def _location(self, name: str) -> Path:
        return self.state_file.with_name(name)

    def _blobs(self) -> list[Blob]:
        folder = self.state_file.parent
        found = []
        with _failure_is_read_error(folder):
            for name in os.listdir(folder) if folder.is_dir() else []:
                try:
                    status = os.stat(folder / name)
                except FileNotFoundError:
                    continue  # A temporary file of somebody who saves meanwhile.
                if stat.S_ISREG(status.st_mode):
                    found.append((status.st_mtime_ns, Blob(name, status.st_size)))
        return [blob for _, blob in sorted(found, reverse=True)]

    def _read(self, name: str) -> bytes:
        path = self._location(name)
        with _failure_is_read_error(path), _missing_file_is_missing_state(path):
            return path.read_bytes()

    def _write(self, name: str, data: bytes) -> None:
        target = resolve_symlink(self._location(name))
        with _failure_is_write_error(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_stale_temporaries(target)
            with atomic_temporary(target, data, _mode(target)) as temporary:
                os.replace(temporary, target)
            fsync_dir(target.parent)

    def _copy(self, name: str, target: str) -> bool:
        source, copy = self._location(name), self._location(target)
        with _failure_is_write_error(copy), _missing_file_is_missing_state(source):
            with atomic_temporary(
                copy, source.read_bytes(), _mode(source)
            ) as temporary:
                if not _placed(temporary, copy):
                    return False
            fsync_dir(copy.parent)
        return True

    def _keep(self, name: str, target: str) -> bool:
        """Link instead of copying: the rename of a save leaves the old file alone."""
        source, link = self._location(name), self._location(target)
        try:
            os.link(resolve_symlink(source), link)
        except FileExistsError:
            return False
        except OSError:  # Another file system, or one without links.
            return self._copy(name, target)
        return True

    def _remove(self, name: str) -> None:
        path = self._location(name)
        with _failure_is_write_error(path), _missing_file_is_missing_state(path):
            path.unlink()


def _remove_stale_temporaries(target: Path) -> None:
    """Remove what saves left behind that were killed; who saves has the lock."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.tmp"):
        with suppress(OSError):
            left.unlink()


def _mode(path: Path) -> int:
    """Return the mode of a file; of one that is not there, the owner's alone."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0o600


def _placed(temporary: Path, target: Path) -> bool:
    """Give a file its name unless the name is taken; a rename would overwrite."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError:  # No links on this file system: check, then rename.
        if target.exists():
            return False
        os.replace(temporary, target)
    return True


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
def _failure_is_write_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateWriteError(
            f"cannot write {path}: {error.strerror}. What was stored before is intact"
        ) from error
