"""How are the versions that saves leave behind named, ordered and thinned out?"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "Blob",
    "SAVE_BACKUP_PREFIX",
    "backup_name",
    "expired",
    "is_backup",
    "newest_first",
    "replaced_by_serial",
]

SAVE_BACKUP_PREFIX = "pre-serial-"
"""Begins the suffix of what a save leaves behind; then comes the serial of the save."""

_SERIAL = re.compile(rf"\.{SAVE_BACKUP_PREFIX}([0-9]+)")


class Blob(NamedTuple):
    """A stored blob: its name, and how many bytes it has."""

    name: str
    size: int


def backup_name(name: str, suffix: str) -> str:
    """Return ``dev.state.{suffix}.json`` for ``dev.state.json``."""
    path = Path(name)
    return f"{path.stem}.{suffix}{path.suffix}"


def is_backup(name: str, of: str, kind: str = "") -> bool:
    """Tell whether a blob is a backup of another, with a suffix that begins so."""
    first, last = backup_name(of, f"{kind}\n").split("\n")
    return name.startswith(first) and name.endswith(last) and name != of


def replaced_by_serial(blob: Blob) -> int:
    """Return the serial that replaced this version."""
    match = _SERIAL.search(blob.name)
    return int(match[1]) if match else 0


def newest_first(blobs: Iterable[Blob]) -> list[Blob]:
    """Order versions by what replaced them; a copy of a folder makes times lie."""
    return sorted(blobs, key=replaced_by_serial, reverse=True)


def expired(versions: list[Blob], most: int, most_bytes: int) -> list[Blob]:
    """Return which versions are too many, or too big together; the oldest are."""
    room, too_many = most_bytes, []
    for number, blob in enumerate(versions):
        room -= blob.size
        if number >= most or room < 0:
            too_many.append(blob)
    return too_many
