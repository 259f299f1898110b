"""Storing a version: a transaction that writes the rows that changed."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from psycopg import sql

from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.backends.postgres.sessions import Session
from dataikuapi.iac.models import State
from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.statefile.parts import StateParts

__all__ = ["StoredRow", "VersionRows", "close_rows", "lock_row", "write_version"]


class StoredRow(NamedTuple):
    """The row of a state, locked until the transaction ends.

    Args:
        state_id: in the database.
        serial: of what is stored; ``None`` if nothing is.
        token: of what is stored; "" if nothing is.
        last_serial: the greatest that was ever stored.
        updated_at: when what is stored was changed.
        has_lock: whether this connection holds the lock of the state.
    """

    state_id: int
    serial: int | None
    token: str
    last_serial: int
    updated_at: datetime | None
    has_lock: bool


_LOCK_ROW = """
SELECT s.id, s.serial, s.token, s.last_serial, s.updated_at,
       EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                  AND pid = pg_backend_pid()
                  AND (classid::bigint << 32 | objid::bigint) = %s)
  FROM states s WHERE s.name = %s FOR UPDATE
"""


def lock_row(session: Session, name: str, lock_key: int) -> StoredRow:
    """Lock the row of a state, which is created if it is missing.

    It waits for other transactions that store the same state.

    Args:
        session: in a transaction.
        name: of the state.
        lock_key: of the advisory lock of the state.
    """
    for _ in range(2):
        found = session.execute(_LOCK_ROW, [lock_key, name]).fetchone()
        if found is not None:
            return StoredRow(*found)
        create = "INSERT INTO states (name) VALUES (%s) ON CONFLICT DO NOTHING"
        session.execute(create, [name])
    raise AssertionError("not reached: rows of states are never deleted")


class _Row(NamedTuple):
    """What a row has, beside its keys.

    Args:
        digest: of it; equal ones are not written again.
        values: returns its size in bytes, and the values of the columns.
    """

    digest: bytes
    values: Callable[[], tuple[Any, ...]]


class _Table(NamedTuple):
    """A table whose rows are valid in spans of versions.

    Args:
        name: of the table.
        keys: names of the columns that tell the rows of a version apart; all are texts.
        columns: names of the others, and what of PostgreSQL's types COPY sends.
    """

    name: str
    keys: tuple[str, ...]
    columns: Mapping[str, str]


# json as bytea: COPY sends the same bytes for both, and Python has bytes.
_PROJECTS = _Table(
    "projects", ("project_key",), {"size": "int8", "belongings": "bytea"}
)
_RESOURCES = _Table(
    "resources",
    ("project_key", "resource_id"),
    {
        "size": "int8",
        "resource_type": "text",
        "name": "text",
        "checksum": "text",
        "entry": "bytea",
        "attributes": "bytea",
    },
)


class VersionRows:
    """The rows of a version.

    Args:
        parts: of the version.
    """

    def __init__(self, parts: StateParts) -> None:
        self.head = orjson.dumps(parts.head)
        self.projects: dict[tuple[str, ...], _Row] = {}
        self.resources: dict[tuple[str, ...], _Row] = {}
        for key, part in parts.projects.items():
            belongings = {"scope": part.scope, "ids": part.ids}
            self.projects[(key,)] = _project_row(orjson.dumps(belongings))
            for resource_id, entry in part.resources.items():
                self.resources[key, resource_id] = _resource_row(resource_id, entry)

    def token(self, base: str) -> str:
        """Return what identifies this version in place of that one.

        The same version in place of the same one has the same token. So a save that is
        repeated since its answer was lost finds out that it was stored.
        """
        digest = hashlib.blake2b(base.encode() + b"\0" + self.head, digest_size=16)
        for row in (*self.projects.values(), *self.resources.values()):
            digest.update(row.digest)
        return digest.hexdigest()


def _project_row(belongings: bytes) -> _Row:
    return _Row(_digest(belongings), lambda: (len(belongings), belongings))


def _resource_row(resource_id: str, entry: Mapping[str, Any]) -> _Row:
    """Return the row of a resource; its attributes are written only if they changed."""
    rest = orjson.dumps({k: v for k, v in entry.items() if k != "attributes"})

    def values() -> tuple[Any, ...]:
        attributes = orjson.dumps(entry["attributes"])
        rid = ResourceId.parse(resource_id)
        return (
            len(rest) + len(attributes),
            rid.resource_type,
            rid.resource_name,
            entry["metadata"]["checksum"],
            rest,
            attributes,
        )

    return _Row(_digest(rest), values)  # The checksum of the attributes is in there.


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


_INSERT_VERSION = """
INSERT INTO versions (state_id, serial, token, is_unchanged, head, size)
SELECT %(state_id)s, %(serial)s, %(token)s, %(is_unchanged)s, %(head)s, %(growth)s
       + coalesce((SELECT size FROM versions
                    WHERE state_id = %(state_id)s AND serial = %(stored)s), 0)
"""

_UPDATE_STATE = """
UPDATE states SET serial = %s, last_serial = greatest(last_serial, %s), token = %s,
                  lineage = %s, environment = %s, updated_at = %s
 WHERE id = %s
"""


def write_version(
    session: Session,
    stored: StoredRow,
    new: NewVersion[StateParts],
    rows: VersionRows,
    token: str,
) -> None:
    """Write a version: the rows that changed, and what it is.

    Args:
        session: in the transaction that has locked the row of the state.
        stored: that row.
        new: the version.
        rows: of the version.
        token: of the version.
    """
    spans = _Spans(session, stored.state_id, new.serial, new.base.projects)
    growth = spans.replace(_PROJECTS, rows.projects)
    growth += spans.replace(_RESOURCES, rows.resources)
    version: State = new.version
    session.execute(
        _INSERT_VERSION,
        {
            "state_id": stored.state_id,
            "stored": stored.serial,
            "serial": new.serial,
            "token": token,
            "is_unchanged": new.is_unchanged,
            "head": rows.head.decode(),
            "growth": growth,
        },
    )
    session.execute(
        _UPDATE_STATE,
        [
            new.serial,
            new.serial,
            token,
            _text(version.lineage or ""),
            _text(version.environment),
            version.updated_at,
            stored.state_id,
        ],
    )


def close_rows(session: Session, state_id: int, serial: int) -> None:
    """End the validity of all that is stored.

    Args:
        session: in a transaction.
        state_id: in the database.
        serial: of the first version that has nothing of it.
    """
    for table in (_PROJECTS, _RESOURCES):
        _Spans(session, state_id, serial, None).replace(table, {})


def _text(text: str) -> str:
    """Return a text as PostgreSQL can show it; the head has it as it is."""
    return text.replace("\0", "\ufffd")


class _Spans(NamedTuple):
    """The rows of the stored version, of some projects or all.

    Args:
        session: in a transaction.
        state_id: in the database.
        serial: of the version that follows.
        project_keys: of the projects; ``None`` for all.
    """

    session: Session
    state_id: int
    serial: int
    project_keys: Collection[str] | None

    def replace(self, table: _Table, wanted: Mapping[tuple[str, ...], _Row]) -> int:
        """Write the rows that differ, and end the validity of what they replace.

        Returns:
            By how many bytes the state grows.
        """
        stored = self._digests(table)
        fresh = [key for key, row in wanted.items() if stored.get(key) != row.digest]
        ended = [
            key
            for key, digest in stored.items()
            if key not in wanted or wanted[key].digest != digest
        ]
        ended_size = self._end(table, ended)
        return self._insert(table, wanted, fresh) - ended_size

    def _digests(self, table: _Table) -> dict[tuple[str, ...], bytes]:
        statement = "SELECT {keys}, digest FROM {table} WHERE state_id = %s"
        statement += " AND valid_to IS NULL"
        values: list[Any] = [self.state_id]
        if self.project_keys is not None:
            statement += " AND project_key = ANY(%s)"
            values.append(sorted(self.project_keys))
        query = sql.SQL(statement).format(
            keys=_names(table.keys), table=sql.Identifier(table.name)
        )
        found = self.session.execute(query, values, binary=True)
        return {tuple(keys): digest for *keys, digest in found}

    def _end(self, table: _Table, keys: list[tuple[str, ...]]) -> int:
        """End the validity of rows, and return how many bytes they have."""
        if not keys:
            return 0
        query = sql.SQL(
            "WITH ended AS (UPDATE {table} t SET valid_to = %s FROM unnest({arrays})"
            " AS u ({keys}) WHERE t.state_id = %s AND t.valid_to IS NULL AND {match}"
            " RETURNING t.size) SELECT coalesce(sum(size), 0)::bigint FROM ended"
        ).format(
            table=sql.Identifier(table.name),
            arrays=sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(table.keys)),
            keys=_names(table.keys),
            match=sql.SQL(" AND ").join(
                sql.SQL("t.{key} = u.{key}").format(key=sql.Identifier(key))
                for key in table.keys
            ),
        )
        arrays = [list(column) for column in zip(*keys, strict=True)]
        values = [self.serial, *arrays, self.state_id]
        row = self.session.execute(query, values).fetchone()
        return int(row[0]) if row is not None else 0

    def _insert(
        self,
        table: _Table,
        wanted: Mapping[tuple[str, ...], _Row],
        keys: list[tuple[str, ...]],
    ) -> int:
        """Write rows, and return how many bytes they have."""
        if not keys:
            return 0
        before = ("state_id", "valid_from", *table.keys, "digest")
        types = ["int8", "int8", *["text"] * len(table.keys), "bytea"]
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
            sql.Identifier(table.name), _names((*before, *table.columns))
        )
        size = 0
        with self.session.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([*types, *table.columns.values()])
            for key in keys:
                row = wanted[key]
                values = row.values()
                size += values[0]
                copy.write_row((self.state_id, self.serial, *key, row.digest, *values))
        return size


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
