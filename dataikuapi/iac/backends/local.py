"""A state in a file on this machine."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dataikuapi.iac.backends.blob import BlobBackend
from dataikuapi.iac.exceptions import (
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models.times import utc_now

__all__ = ["LocalFileBackend"]


class LocalFileBackend(BlobBackend):
    """Keeps a state in a local JSON file, and a backup of each version beside it.

    The usual place is ``.dataiku/state/{environment}.state.json``. Missing folders are
    made on the first save. A save writes a temporary file in the same folder and
    renames it, so that whoever reads sees the old state or the new one.

    Args:
        state_file: path of the file.
        now: the clock, for the names of backups.

    Example:
        .. code-block:: python

            backend = LocalFileBackend(".dataiku/state/dev.state.json")
            backend.save(state)
    """

    def __init__(
        self, state_file: str | Path, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.state_file = Path(state_file)
        super().__init__(self.state_file.name, now=now)

    def __repr__(self) -> str:
        """Return the call that makes this backend."""
        return f"LocalFileBackend({str(self.state_file)!r})"

    def exists(self) -> bool:
        """Tell whether the file is there, readable or not."""
        return self.state_file.exists()

    def _location(self, name: str) -> Path:
        return self.state_file.with_name(name)

    def _names(self) -> list[str]:
        files = [path for path in self.state_file.parent.iterdir() if path.is_file()]
        files.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [path.name for path in files]

    def _read(self, name: str) -> bytes:
        path = self._location(name)
        try:
            with _missing_file_is_missing_state(path):
                return path.read_bytes()
        except OSError as error:
            raise StateReadError(f"cannot read {path}: {error.strerror}") from error

    def _write(self, name: str, data: bytes) -> None:
        target = self._location(name)
        with _failure_is_write_error(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with _temporary_beside(target) as temporary:
                temporary.write_bytes(data)
                os.replace(temporary, target)

    def _copy(self, name: str, target: str) -> bool:
        source, copy = self._location(name), self._location(target)
        with _failure_is_write_error(copy), _missing_file_is_missing_state(source):
            source.stat()  # A state that is not there is told before a bad folder is.
            with _temporary_beside(copy) as temporary:
                shutil.copyfile(source, temporary)
                try:
                    # A link fails where a rename would overwrite.
                    os.link(temporary, copy)
                except FileExistsError:
                    return False
        return True

    def _remove(self, name: str) -> None:
        path = self._location(name)
        with _failure_is_write_error(path), _missing_file_is_missing_state(path):
            path.unlink()


@contextmanager
def _missing_file_is_missing_state(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StateNotFoundError(
            f"there is no state at {path}; sync a project and save it first"
        ) from error


@contextmanager
def _failure_is_write_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateWriteError(
            f"cannot write {path}: {error.strerror}. What was stored before is intact"
        ) from error


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    """Give a new file in the same folder; remove it unless it was renamed away."""
    handle, name = tempfile.mkstemp(
        prefix=f".{target.name}.", suffix=".tmp", dir=target.parent
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
