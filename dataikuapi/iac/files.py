"""Read files without waiting, and replace them atomically and durably."""

import errno
import glob
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dataikuapi.iac.console import get_logger

__all__ = [
    "PRIVATE",
    "Access",
    "append_in_place",
    "atomic_temporary",
    "fsync_dir",
    "read_regular",
    "remove_temporaries",
    "rename_if_free",
    "require_regular",
    "resolve_symlink",
]

logger = get_logger(__name__)


@dataclass(frozen=True)
class Access:
    """Who owns a file, and who may read and write it.

    Args:
        mode: the permission bits.
        owner: user id; -1 leaves it as it is.
        group: group id; -1 leaves it as it is.
    """

    mode: int
    owner: int = -1
    group: int = -1

    @classmethod
    def of(cls, path: Path) -> "Access | None":
        """Return the access to a file, links followed; ``None`` if it is missing."""
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return None
        return cls(status.st_mode & 0o777, status.st_uid, status.st_gid)

    def grant(self, handle: int) -> str | None:
        """Give an open file this access, as far as the system allows.

        Only root may keep another owner. If the group cannot be kept, the group that
        the file has instead gets no more than everybody does.

        Returns:
            What could not be granted and why; ``None`` if everything was, perhaps
            except for the owner. Some file systems have no permissions, and some
            systems cannot change those of an open file.
        """
        status = os.fstat(handle)
        mode, problem = self.mode, None
        if not self._keep_group(handle, status):
            mode = mode & ~0o070 | (mode & 0o007) << 3
            problem = f"group {self.group} cannot be set"
        if stat.S_IMODE(status.st_mode) != mode:
            try:
                os.fchmod(handle, mode)
            except AttributeError:  # Windows before Python 3.13.
                problem = f"mode {mode:03o} cannot be set on this system"
            except OSError as error:
                problem = f"mode {mode:03o} cannot be set: {error.strerror}"
        return problem

    def _keep_group(self, handle: int, status: os.stat_result) -> bool:
        """Set the owner if possible, and the group; return whether the group is set."""
        if self.owner not in (-1, status.st_uid):
            with suppress(OSError):
                os.fchown(handle, self.owner, self.group)
                return True
        if self.group in (-1, status.st_gid):
            return True
        with suppress(OSError):
            os.fchown(handle, -1, self.group)
            return True
        return False


PRIVATE = Access(0o600)
"""Only the owner may read and write."""


def resolve_symlink(path: Path) -> Path:
    """Return the target of a symbolic link, which need not exist yet."""
    return Path(os.path.realpath(path))


def require_regular(path: Path) -> None:
    """Check that a path is free or that of a regular file; a link is neither.

    Raises:
        OSError: if there is anything else, such as a named pipe or a device.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise _not_regular(path)


def read_regular(path: str | Path) -> bytes:
    """Read a regular file; links are followed.

    Raises:
        OSError: if it cannot be read or is something else, such as a named pipe, which
            could keep the reader waiting forever.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _not_regular(path)
        return file.read()


def append_in_place(path: Path, data: bytes, access: Access) -> bool:
    """Add lines to a file in one write, and fsync it.

    Args:
        path: of the file; a link is refused.
        data: what to add.
        access: that the file is to have from now on, if it is ours to decide.

    Returns:
        False, and nothing done, unless the file exists and ends with a line feed, and
        has no other name: under that, it may be in a snapshot.

    Raises:
        OSError: if that failed. The file may have a part of the data then.
    """
    require_regular(path)
    if not os.path.lexists(path):
        return False
    with open(path, "r+b", buffering=0, opener=_open_to_append) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(path)
        if status.st_nlink > 1 or status.st_size == 0:
            return False
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            return False
        access.grant(file.fileno())
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(file.fileno())
    return True


@contextmanager
def atomic_temporary(
    target: Path, data: bytes, access: Access | None, *, durable: bool = True
) -> Iterator[Path]:
    """Yield a new file next to the target; it is removed unless the caller renames it.

    Args:
        target: the file that it is to replace.
        data: its content.
        access: to the file, which until it is written only its owner may read; ``None``
            for that of any new file.
        durable: fsync the content, and log a warning if access cannot be granted;
            otherwise it is a file for the moment, for which neither is worthwhile.
    """
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        opener = None if access is None else _open_private
        with open(temporary, "xb", opener=opener) as file:
            file.write(data)
            file.flush()
            problem = access and access.grant(file.fileno())
            if problem and durable:
                logger.warning("permissions of %s: %s", target, problem)
            if durable:
                os.fsync(file.fileno())
        yield temporary
    finally:
        with suppress(OSError):  # The caller succeeded, or raises an error of its own.
            temporary.unlink()


def remove_temporaries(target: Path) -> None:
    """Remove the temporary files that killed processes left next to the target.

    The caller holds a lock: no other process is writing one. Only the target's:
    ``.dev.json.….tmp`` is that of ``dev.json``, whose lock is another than that of
    ``dev``.
    """
    unique = "[0-9a-f]" * 32
    for left in target.parent.glob(f".{glob.escape(target.name)}.{unique}.tmp"):
        with suppress(OSError):
            left.unlink()


def fsync_dir(folder: Path) -> None:
    """Fsync a folder, so that a rename in it survives a crash."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        # The file itself is fsynced: after a crash there is the old file or the new
        # one, each of them whole. Some file systems cannot do more.
        logger.warning("cannot fsync folder %s: %s", folder, error.strerror)


def _open_private(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE.mode)


def _open_without_waiting(name: str, flags: int) -> int:
    # Windows has neither flag, nor named pipes in folders or terminals.
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    return os.open(name, flags)


def _open_to_append(name: str, flags: int) -> int:
    # Links are refused already, unless one was planted meanwhile.
    flags |= os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return _open_without_waiting(name, flags)


def _not_regular(path: str | Path) -> OSError:
    return OSError(errno.EINVAL, "not a regular file", str(path))


def rename_if_free(temporary: Path, target: Path) -> bool:
    """Give a file its name unless that exists; a plain rename would overwrite.

    Returns:
        False, and nothing done, if it exists.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError:  # No links on this file system: check, then rename.
        if os.path.lexists(target):
            return False
        os.replace(temporary, target)
    return True
