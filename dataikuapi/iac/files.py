"""How does a file get its content in one step, so that nobody sees half of it?"""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["atomic_temporary", "fsync_dir", "resolve_symlink"]

logger = logging.getLogger(__name__)


def resolve_symlink(path: Path) -> Path:
    """Return the file behind a symbolic link, which need not be there yet."""
    return Path(os.path.realpath(path))


@contextmanager
def atomic_temporary(target: Path, data: bytes, mode: int | None) -> Iterator[Path]:
    """Give a new file in the same folder; remove it unless it was renamed away.

    Args:
        target: the file whose place it is to take.
        data: its content, which is brought to the disk.
        mode: of the file, which until then is its owner's alone; ``None`` for that of
            any new file.
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
        with suppress(OSError):  # What counts is done, or has its own error.
            temporary.unlink()


def fsync_dir(folder: Path) -> None:
    """Bring a rename to the disk."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        # The file itself is on the disk: after a crash the old one is there or the new
        # one, and each is whole. Some file systems cannot do more.
        logger.warning("cannot sync folder %s: %s", folder, error.strerror)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
