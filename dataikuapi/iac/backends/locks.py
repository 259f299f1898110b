"""File locks between the processes and threads of one machine, with named holders."""

import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dataikuapi.iac.exceptions import StateLockedError, StateWriteError
from dataikuapi.iac.models.times import format_time, utc_now

__all__ = ["file_lock"]

_POLL_SECONDS = 0.02
"""How long to sleep between two attempts to take the lock."""


@contextmanager
def file_lock(target: Path, reason: str, timeout: float) -> Iterator[None]:
    """Hold the lock of a file.

    It is a kernel lock: it is released when the process that holds it dies, however it
    dies. The same thread may take it again; other threads and processes wait.

    Args:
        target: the file. The lock is a file beside it, ``.{name}.lock``, and its holder
            is written to ``.{name}.lock.info``.
        reason: shown to anyone waiting for the lock.
        timeout: seconds to wait; negative to wait forever.

    Raises:
        StateLockedError: if somebody else still holds it by then.
        StateWriteError: if the lock file cannot be created.
    """
    path = target.with_name(f".{target.name}.lock")
    info = path.with_name(f"{path.name}.info")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, mode=0o600, is_singleton=True)
        lock.acquire(timeout, poll_interval=_POLL_SECONDS)
    except Timeout as error:
        raise StateLockedError(
            f"{target} is locked by {_holder(info)}. Wait until it is done, or end "
            "that process, which releases the lock"
        ) from error
    except OSError as error:
        raise StateWriteError(
            f"cannot lock {target}: {error.strerror}. The previous state is unchanged"
        ) from error
    try:
        if lock.lock_counter == 1:
            _write_holder(info, reason)
        yield
    finally:
        if lock.lock_counter == 1:
            with suppress(OSError):  # At worst it names a past holder.
                info.unlink()
        with suppress(OSError):  # The work under the lock is done; keep its outcome.
            lock.release()


def _write_holder(info: Path, reason: str) -> None:
    """Record who holds the lock; readers see the whole record or none."""
    holder = {
        "user": _user(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": format_time(utc_now().replace(microsecond=0)),
        "reason": reason,
    }
    written = info.with_name(f"{info.name}.{os.getpid()}")
    try:
        written.write_text(json.dumps(holder), encoding="utf-8")
        written.chmod(0o600)
        os.replace(written, info)
    except OSError:
        pass  # The lock protects all the same; its holder stays unknown.
    finally:
        with suppress(OSError):
            written.unlink()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container whose user has no name.
        return str(os.getuid())


def _holder(info: Path) -> str:
    try:
        holder = json.loads(info.read_text("utf-8"))
        because = f" for {holder['reason']!r}" if holder["reason"] else ""
        return (
            f"{holder['user']} on {holder['host']}, process {holder['process']}, since "
            f"{holder['since']}{because}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "an unknown holder"
