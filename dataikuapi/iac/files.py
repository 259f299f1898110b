"""Replace files atomically and durably."""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["atomic_temporary", "fsync_dir", "resolve_symlink"]

logger = logging.getLogger(__name__)


def resolve_symlink(path: Path) -> Path:
    """Return the target of a symbolic link, which need not exist yet."""
    return Path(os.path.realpath(path))


@contextmanager
def atomic_temporary(target: Path, data: bytes, mode: int | None) -> Iterator[Path]:
    """Yield a new file next to the target; it is removed unless the caller renames it.

    Args:
        target: the file that it is to replace.
        data: its content, which is fsynced.
        mode: of the file, which until it is written only its owner may read; ``None``
            for the default mode of a new file.
    """
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb", opener=None if mode is None else _private) as file:
            file.write(data)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        yield temporary
    finally:
        with suppress(OSError):  # The caller succeeded, or raises an error of its own.
            temporary.unlink()


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


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
