"""Which stored version a state comes from, or was read against."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dataikuapi.iac.models.state import State

__all__ = ["NOTHING_STORED", "NO_BASE", "BaseVersion", "ReadingStart", "parse_serial"]

_SERIAL = re.compile(r"[0-9]{1,18}")


def parse_serial(text: str) -> int:
    """Return the serial of a version, which is 0 or more.

    Raises:
        ValueError: if it is not one.
    """
    if not _SERIAL.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not a serial such as 3")
    return int(text)


class BaseVersion(NamedTuple):
    """The stored version that a state was loaded from, or saved as.

    Args:
        lineage: of that version.
        serial: of that version.
        token: identifies what is stored, e.g. a digest or an ETag; opaque to all but
            the backend.
        checksums: of its resources, by id: they show what a save changes.
        projects: keys of the projects of which it was loaded; ``None`` for all.
    """

    lineage: str | None
    serial: int
    token: str
    checksums: Mapping[str, str] = MappingProxyType({})
    projects: frozenset[str] | None = None


NO_BASE = BaseVersion(None, 0, "")
"""The base version of a state that was created because none was stored."""


class ReadingStart(NamedTuple):
    """The version that was stored when the reading of an instance began.

    Args:
        lineage: of that version; ``None`` if nothing was stored.
        serial: of that version.
        token: of that version, see :class:`BaseVersion`; "" in a backend without.
    """

    lineage: str | None
    serial: int
    token: str = ""

    @classmethod
    def from_stored(cls, stored: "State") -> "ReadingStart":
        """Return the start of a reading that begins while this state is stored."""
        if stored.base_version == NO_BASE:
            return NOTHING_STORED
        token = stored.base_version.token if stored.base_version else ""
        return cls(stored.lineage, stored.serial, token)


NOTHING_STORED = ReadingStart(None, -1)
"""The start of a reading that began when nothing was stored: any serial is later."""
