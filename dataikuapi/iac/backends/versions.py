"""Name the backups of a state, and infer from the names which version is where.

A save that writes serial 7 keeps the version before as ``dev.state.pre-serial-7.json``,
or, if it is a reading in which no object changed, as
``dev.state.pre-serial-7-unchanged.json``.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count, pairwise
from pathlib import Path

from dataikuapi.iac.backends.blob_store import BlobInfo

__all__ = [
    "UNCHANGED",
    "VERSION_PREFIX",
    "backup_names",
    "backup_prefix",
    "beyond_limits",
    "candidates_for",
    "check_suffix",
    "is_backup",
    "is_version",
    "journal_name",
    "names_agree_with_times",
    "newest_first",
    "replaced_by_serial",
    "serials_by_name",
]

VERSION_PREFIX = "pre-serial-"
"""Prefix of the suffix of a version kept by a save; that save's serial follows."""

UNCHANGED = "-unchanged"
"""Follows the serial in the name of a version that has the objects of the next one."""

_KEPT = re.compile(
    rf"{VERSION_PREFIX}[0-9]+({UNCHANGED})?(-[0-9]{{8}}T[0-9]{{12}}Z(-[0-9]+)?)?"
)
_SERIAL = re.compile(rf"\.{VERSION_PREFIX}([0-9]+)({UNCHANGED})?")
_SUFFIX = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_JOURNAL_PART = "journal"
_OTHER_PARTS = {"state", _JOURNAL_PART}
"""Parts of names that are no backup's: in that of a state, ``dev.state.json``, and in
that of a journal; so not in a backup's suffix."""


def check_suffix(suffix: str) -> str:
    """Return the suffix for a backup made by hand.

    Raises:
        ValueError: if it is not valid, or reserved.
    """
    if not _SUFFIX.fullmatch(suffix):
        raise ValueError(
            f"invalid backup suffix {suffix!r}: use letters, digits, '_', '-' and "
            "single dots"
        )
    if suffix.startswith(VERSION_PREFIX) or _names_another(suffix):
        raise ValueError(
            f"reserved backup suffix {suffix!r}: {VERSION_PREFIX!r} is for what "
            "saves keep, 'state' for the states of other environments, "
            f"{_JOURNAL_PART!r} for the journal of applies"
        )
    return suffix


def backup_names(name: str, suffix: str, now: datetime) -> Iterator[str]:
    """Yield names for a backup: the one with just the suffix, then some with the time.

    For ``dev.state.json`` the first is ``dev.state.{suffix}.json``.
    """
    stamp = f"{now:%Y%m%dT%H%M%S%fZ}"
    yield _backup_name(name, suffix)
    yield _backup_name(name, f"{suffix}-{stamp}")
    yield from (_backup_name(name, f"{suffix}-{stamp}-{n}") for n in count(2))


def backup_prefix(name: str) -> str:
    """Return how the names of all backups of a blob begin."""
    return f"{Path(name).stem}."


def is_backup(name: str, of: str) -> bool:
    """Return whether a blob is a backup of another, going by its name.

    ``dev.state.json`` is a state, and not a backup of ``dev.json``.
    """
    suffix = _suffix(name, of)
    return suffix is not None and not _names_another(suffix)


def is_version(name: str, of: str) -> bool:
    """Return whether a blob is what a save kept of another.

    Exactly: the state of an environment called ``dev.state.pre-serial-1`` is not a
    version of that of ``dev``.
    """
    return _KEPT.fullmatch(_suffix(name, of) or "") is not None


def journal_name(of: str) -> str:
    """Return the name of the journal of applies that belongs to a state.

    That of ``dev.state.json`` is ``dev.state.json.journal.jsonl``.
    """
    return f"{of}.{_JOURNAL_PART}.jsonl"


def _names_another(suffix: str) -> bool:
    """Return whether a suffix has a part that tells a state, or a journal."""
    return not _OTHER_PARTS.isdisjoint(suffix.split("."))


def _suffix(name: str, of: str) -> str | None:
    """Return the suffix of a blob named after another; ``None`` if it is not."""
    first, last = backup_prefix(of), Path(of).suffix
    if not name.startswith(first) or not name.endswith(last):
        return None
    return name[len(first) : len(name) - len(last)] or None


def replaced_by_serial(version: BlobInfo) -> int:
    """Return the serial of the save that replaced this version."""
    found = _SERIAL.findall(version.name)
    return int(found[-1][0]) if found else 0


def newest_first(versions: Iterable[BlobInfo]) -> list[BlobInfo]:
    """Order versions by what replaced them; times do not survive copying a folder."""
    return sorted(versions, key=_age, reverse=True)


def serials_by_name(versions: Iterable[BlobInfo]) -> dict[str, int]:
    """Return the serials of versions by name, where the names leave no doubt.

    The save that kept ``pre-serial-6`` wrote serial 6, and the next one kept that as
    ``pre-serial-7``. If a name is missing before it, a version was removed, or the
    state was deleted and another began; if there are two of it, a save was forced.
    Either way the version has to be read.
    """
    versions = list(versions)
    saves = Counter(map(replaced_by_serial, versions))
    return {
        version.name: serial - 1
        for version in versions
        if saves[serial := replaced_by_serial(version)] == 1 and serial - 1 in saves
    }


def candidates_for(versions: Iterable[BlobInfo], serial: int) -> list[BlobInfo]:
    """Return which versions may have that serial, the likeliest first.

    What replaced a version has a greater serial, and most likely the next greater one
    among the names. Of several versions that were replaced by one serial, the newest
    comes first.
    """
    later = [each for each in versions if replaced_by_serial(each) > serial]
    return sorted(newest_first(later), key=replaced_by_serial)


def names_agree_with_times(versions: Iterable[BlobInfo]) -> bool:
    """Return whether versions were stored in the order of the serials in their names.

    They were not if the state was deleted and a new one began with smaller serials.
    Copying a folder may give the same impression.
    """
    times = [version.modified for version in sorted(versions, key=_age)]
    return all(earlier < later for earlier, later in pairwise(times))


def beyond_limits(
    versions: list[BlobInfo], most: int, most_bytes: int
) -> list[BlobInfo]:
    """Return which versions are too many, or too big together.

    The oldest are; first those whose objects the next version has too, so that readings
    without a change do not push changes out. The newest is neither, as long as any is
    to be kept: what a save replaced can be restored whatever its size.

    Args:
        versions: the newest first.
        most: how many to keep.
        most_bytes: how many bytes to keep.
    """
    room, too_many = most_bytes, []
    ordered = [*versions[:1], *sorted(versions[1:], key=_is_redundant)]
    for number, version in enumerate(ordered):
        room -= version.size
        if number >= most or (room < 0 and number > 0):
            too_many.append(version)
    return too_many


def _is_redundant(version: BlobInfo) -> bool:
    found = _SERIAL.findall(version.name)
    return bool(found and found[-1][1])


def _backup_name(name: str, suffix: str) -> str:
    path = Path(name)
    return f"{path.stem}.{suffix}{path.suffix}"


def _age(version: BlobInfo) -> tuple[int, datetime, str]:
    return replaced_by_serial(version), version.modified, version.name
