"""File locks between the processes and threads of one machine, with named holders."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dataikuapi.iac.backends.holder import current_holder
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import StateLockedError, StateReadError, StateWriteError
from dataikuapi.iac.files import (
    PRIVATE,
    Access,
    atomic_temporary,
    read_regular,
    remove_temporaries,
    require_regular,
)
from dataikuapi.iac.models.locks import LockInfo

__all__ = ["file_lock", "holder_of", "locked_beside"]

_LOCK, _INFO = ".lock", ".info"

_POLL_SECONDS = 0.02
"""How long to sleep between two attempts to take the lock."""

_PATIENCE_SECONDS = 1.0
"""How long to wait before saying so."""

logger = get_logger(__name__)


@contextmanager
def file_lock(target: Path, reason: str | None, timeout: float) -> Iterator[None]:
    """Hold the lock of a file.

    It is a kernel lock: it is released when the process that holds it dies, however it
    dies. The same thread may take it again; other threads and processes wait.

    Args:
        target: the file. The lock is a file beside it, ``.{name}.lock``, and its holder
            is written to ``.{name}.lock.info``. Both are as accessible as the file.
        reason: shown to anyone waiting for the lock; ``None`` if it is held so briefly
            that nobody asks, so that its holder is not written.
        timeout: seconds to wait; negative to wait forever.

    Raises:
        StateLockedError: if somebody else still holds it by then.
        StateWriteError: if the lock file cannot be created or opened, or if it is not a
            regular file of its own.
    """
    path, info = _lock_files(target)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        access = _access_for_savers(target)
        lock = FileLock(path, is_singleton=True)
        if not lock.lock_counter:
            _prepare(path, access)
        _acquire(lock, target, info, timeout)
    except Timeout as error:
        raise StateLockedError(
            f"{target} is locked by {_read_holder(info)}. Wait until it is done, or "
            "end that process, which releases the lock"
        ) from error
    except OSError as error:
        raise StateWriteError(
            f"cannot lock {target}: {_reason(error, target, path)}. The previous state "
            "is unchanged"
        ) from error
    try:
        if lock.lock_counter == 1 and reason is not None:
            _write_holder(info, reason, access)
        yield
    finally:
        if lock.lock_counter == 1 and reason is not None:
            with suppress(OSError):  # At worst it names a past holder.
                info.unlink()
        with suppress(OSError):  # The work under the lock is done; keep its outcome.
            lock.release()


def _access_for_savers(target: Path) -> Access:
    """Return the access that everybody needs who may write the file or its folder.

    Whoever may write to the folder can replace the file. That counts before the file is
    shared, too: later, only the owner of the lock could share that.
    """
    file, folder = Access.of(target) or PRIVATE, os.stat(target.parent)
    mode, group = file.mode & 0o666 | PRIVATE.mode, file.group
    if not folder.st_mode & stat.S_ISVTX:  # With it, one may replace one's own alone.
        if folder.st_mode & stat.S_IWGRP:
            group = group if mode & 0o060 else folder.st_gid
            mode |= 0o060
        if folder.st_mode & stat.S_IWOTH:
            mode |= 0o006
    return Access(mode, group=group)


def _prepare(path: Path, access: Access) -> None:
    """Create the lock file if it is missing, and grant access if it is ours.

    Taking the lock follows no symbolic link, but opens any kind of file and truncates
    it. A lock with several names may be in a snapshot; one with content is not a lock.
    """
    require_regular(path)
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        handle = os.open(path, flags | os.O_CREAT, PRIVATE.mode)
    try:
        status = os.fstat(handle)
        if status.st_nlink > 1 and status.st_size:
            raise OSError(errno.EMLINK, "a hard link to another file", str(path))
        access.grant(handle)
    finally:
        os.close(handle)


def _reason(error: OSError, target: Path, lock: Path) -> str:
    if isinstance(error, PermissionError):
        needed = lock if os.path.lexists(lock) else lock.parent
        return f"{error.strerror}; it takes permission to write {needed}"
    elsewhere = error.filename not in (None, str(target))
    return f"{error.strerror}: {error.filename}" if elsewhere else f"{error.strerror}"


def _acquire(lock: FileLock, target: Path, info: Path, timeout: float) -> None:
    """Take the lock; what it waits for is logged, unless it is quick."""
    if 0 <= timeout <= _PATIENCE_SECONDS:
        lock.acquire(timeout, poll_interval=_POLL_SECONDS)
        return
    try:
        lock.acquire(_PATIENCE_SECONDS, poll_interval=_POLL_SECONDS)
    except Timeout:
        logger.info("waiting for %s, which is locked by %s", target, _read_holder(info))
        rest = timeout if timeout < 0 else timeout - _PATIENCE_SECONDS
        lock.acquire(rest, poll_interval=_POLL_SECONDS)


def _write_holder(info: Path, reason: str, access: Access) -> None:
    """Record who holds the lock; readers see the whole record or none."""
    data = json.dumps(current_holder("", reason).to_dict()).encode("ascii")
    # If this fails, the lock protects all the same; its holder stays unknown.
    with suppress(OSError):
        remove_temporaries(info)
        with atomic_temporary(info, data, access, durable=False) as temporary:
            os.replace(temporary, info)


def holder_of(target: Path, name: str) -> LockInfo | None:
    """Return who holds the lock of a file; ``None`` if nobody does.

    Whoever holds it so briefly that nobody asks is not found.

    Args:
        target: the file.
        name: of the lock, for people.

    Raises:
        StateReadError: if that cannot be found out.
    """
    path, info = _lock_files(target)
    try:
        if not (os.path.lexists(info) and _is_held(path)):
            return None
        return _read_holder(info, name)
    except OSError as error:
        raise StateReadError(
            f"cannot find out who holds the lock of {target}: {error.strerror}"
        ) from error


def locked_beside(target: Path) -> list[str]:
    """Return the names of files that are named after a file and may be locked."""
    before, after = f".{target.name}.", f"{_LOCK}{_INFO}"
    try:
        names = sorted(os.listdir(target.parent))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StateReadError(
            f"cannot list {target.parent}: {error.strerror}"
        ) from error
    return [
        name[1 : -len(after)]
        for name in names
        if name.startswith(before) and name.endswith(after)
    ]


def _is_held(path: Path) -> bool:
    """Return whether somebody holds a lock, of which some holder is written.

    Only taking it shows that: if its last holder died, it is taken for a moment.
    """
    if not os.path.lexists(path):
        return False
    require_regular(path)
    probe = FileLock(path, is_singleton=False)  # What this process holds counts, too.
    try:
        probe.acquire(timeout=0)
    except Timeout:
        return True
    probe.release()
    return False


def _read_holder(info: Path, name: str = "") -> LockInfo:
    """Return what a holder wrote, also with an older version of this library."""
    try:
        written = json.loads(read_regular(info))
    except (OSError, ValueError):
        written = None
    return LockInfo.from_dict(written if isinstance(written, dict) else {}, name)


def _lock_files(target: Path) -> tuple[Path, Path]:
    path = target.with_name(f".{target.name}{_LOCK}")
    return path, path.with_name(f"{path.name}{_INFO}")
