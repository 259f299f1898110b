"""The older versions of a state: listing, pruning and naming them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import NamedTuple

from dataikuapi.iac.backends.postgres.sessions import Session

__all__ = ["Backup", "StoredVersion", "add_backup", "older_versions", "prune"]


class StoredVersion(NamedTuple):
    """A version as the listing has it: its size is that of the whole, in bytes."""

    serial: int
    stored_at: datetime
    size: int


_OLDER = """
SELECT v.serial, v.stored_at, v.size
  FROM versions v JOIN states s ON s.id = v.state_id
 WHERE s.name = %s AND (s.serial IS NULL OR v.serial < s.serial)
 ORDER BY v.serial DESC
"""


def older_versions(session: Session, name: str) -> list[StoredVersion]:
    """Return the versions that are not stored anymore, newest first.

    Args:
        session: for the database.
        name: of the state.
    """
    found = session.execute(_OLDER, [name]).fetchall()
    return [StoredVersion(*row) for row in found]


# The newest older version stays in any case; first go those whose objects the next one
# has, too.
_BEYOND = """
SELECT serial FROM (
    SELECT serial,
           coalesce(lead(is_unchanged) OVER (ORDER BY serial), false) AS is_redundant,
           row_number() OVER (ORDER BY serial DESC) AS age
      FROM versions WHERE state_id = %(state_id)s) v
 WHERE age > 1
   AND NOT EXISTS (SELECT FROM backups b
                    WHERE b.state_id = %(state_id)s AND b.serial = v.serial)
 ORDER BY age > 2, is_redundant, serial DESC
OFFSET %(kept)s
"""

_REMOVE = "DELETE FROM versions WHERE state_id = %(state_id)s AND serial = %(serial)s"

# What was valid in the removed version, and in no other one.
_REMOVE_ROWS = """
DELETE FROM {table}
 WHERE state_id = %(state_id)s AND valid_to > %(serial)s
   AND valid_to <= (SELECT min(serial) FROM versions
                     WHERE state_id = %(state_id)s AND serial > %(serial)s)
   AND valid_from > coalesce((SELECT max(serial) FROM versions
                     WHERE state_id = %(state_id)s AND serial < %(serial)s), -1)
"""


def prune(session: Session, state_id: int, kept: int) -> None:
    """Remove the oldest versions, and what only they have.

    Args:
        session: in a transaction.
        state_id: in the database.
        kept: how many older versions to keep; backups are neither counted nor removed.
    """
    beyond = session.execute(_BEYOND, {"state_id": state_id, "kept": kept})
    for (serial,) in beyond.fetchall():
        values = {"state_id": state_id, "serial": serial}
        session.execute(_REMOVE, values)
        for table in ("projects", "resources"):
            session.execute(_REMOVE_ROWS.format(table=table), values)


_ADD_BACKUP = """
INSERT INTO backups (state_id, name, serial)
SELECT id, %s, serial FROM states WHERE name = %s AND serial IS NOT NULL
ON CONFLICT (state_id, name) DO NOTHING RETURNING serial
"""


class Backup(NamedTuple):
    """A version that is kept under a name."""

    name: str
    serial: int


def add_backup(
    session: Session, state: str, suffix: str, now: datetime
) -> Backup | None:
    """Keep the stored version under a name that is free.

    Args:
        session: for the database.
        state: its name.
        suffix: the name; where it is taken, the time is appended.
        now: that time.

    Returns:
        What is kept; ``None`` if nothing is stored.
    """
    stored = "SELECT FROM states WHERE name = %s AND serial IS NOT NULL"
    for name in _names(suffix, now):
        row = session.execute(_ADD_BACKUP, [name, state]).fetchone()
        if row is not None:
            return Backup(name, row[0])
        if session.execute(stored, [state]).fetchone() is None:
            return None
    raise AssertionError("not reached")


def _names(suffix: str, now: datetime) -> Iterator[str]:
    stamp = f"{now:%Y%m%dT%H%M%S%fZ}"
    yield suffix
    yield f"{suffix}-{stamp}"
    yield from (f"{suffix}-{stamp}-{number}" for number in count(2))
