"""File locks between the processes and threads of one machine, with named holders."""

import errno
import getpass
import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import StateLockedError, StateWriteError
from dataikuapi.iac.files import (
    PRIVATE,
    Access,
    atomic_temporary,
    read_regular,
    remove_temporaries,
    require_regular,
)
from dataikuapi.iac.models.times import format_time, utc_now

__all__ = ["file_lock", "user_name"]

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
    path = target.with_name(f".{target.name}.lock")
    info = path.with_name(f"{path.name}.info")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        access = _access_for_savers(target)
        lock = FileLock(path, is_singleton=True)
        if not lock.lock_counter:
            _prepare(path, access)
        _acquire(lock, target, info, timeout)
    except Timeout as error:
        raise StateLockedError(
            f"{target} is locked by {_holder(info)}. Wait until it is done, or end "
            "that process, which releases the lock"
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
        logger.info("waiting for %s, which is locked by %s", target, _holder(info))
        rest = timeout if timeout < 0 else timeout - _PATIENCE_SECONDS
        lock.acquire(rest, poll_interval=_POLL_SECONDS)


def _write_holder(info: Path, reason: str, access: Access) -> None:
    """Record who holds the lock; readers see the whole record or none."""
    holder = {
        "user": user_name(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": format_time(utc_now().replace(microsecond=0)),
        "reason": reason,
    }
    data = json.dumps(holder).encode("ascii")
    # If this fails, the lock protects all the same; its holder stays unknown.
    with suppress(OSError):
        remove_temporaries(info)
        with atomic_temporary(info, data, access, durable=False) as temporary:
            os.replace(temporary, info)


def user_name() -> str:
    """Return the name of the user of this process, or the id if it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container whose user has no name.
        return str(os.getuid())


def _holder(info: Path) -> str:
    try:
        holder = json.loads(read_regular(info))
        because = f" for {holder['reason']!r}" if holder["reason"] else ""
        return (
            f"{holder['user']} on {holder['host']}, process {holder['process']}, since "
            f"{holder['since']}{because}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "an unknown holder"
