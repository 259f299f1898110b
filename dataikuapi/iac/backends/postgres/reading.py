"""Reading a version: its rows, parsed and validated as a state file is."""

from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from dataikuapi.iac.backends.conflicts import based_on
from dataikuapi.iac.backends.postgres.location import Location
from dataikuapi.iac.backends.postgres.sessions import Session
from dataikuapi.iac.exceptions import StateCorruptedError, StateNotFoundError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.statefile.parts import Part, unite
from dataikuapi.iac.statefile.serialization import build, collector_paused, parse

__all__ = ["entries_of_all_versions", "read_state"]

_CHUNK = 2**18
"""Bytes of entries that are parsed at a time: they fit into a processor's caches."""

_STORED = """
SELECT s.id, s.serial, v.token, v.head::text
  FROM states s LEFT JOIN versions v ON v.state_id = s.id AND v.serial = s.serial
 WHERE s.name = %s AND s.serial IS NOT NULL
"""

_VERSION = """
SELECT s.id, v.serial, v.token, v.head::text
  FROM states s JOIN versions v ON v.state_id = s.id
 WHERE s.name = %s AND v.serial = %s
"""

_COPY = """
COPY (SELECT {columns} FROM {table} WHERE state_id = {state_id}{span}{projects})
  TO STDOUT (FORMAT BINARY)
"""

_ENTRY = ("resource_id", "entry", "attributes")

_Entry = tuple[bytes, bytes, bytes]
"""The id, what the entry has beside attributes, and these: as they are stored."""


def read_state(
    session: Session,
    location: Location,
    project_keys: Collection[str] | None,
    serial: int | None = None,
) -> State:
    """Return what is stored; all of it is of one moment.

    Args:
        session: for the database.
        location: of the state.
        project_keys: of the projects that are read; ``None`` for all.
        serial: of the version; that of the stored state when omitted.

    Raises:
        StateNotFoundError: if there is none.
        StateCorruptedError: if it is not a valid state.
    """
    with _of_one_moment(session), collector_paused():
        version = _find(session, location, serial)
        rows = _Rows(session, version.state_id, serial, project_keys)
        try:
            return _state(version, rows)
        except StateCorruptedError as error:
            raise StateCorruptedError(
                f"{location}, serial {version.serial}, is not a valid state: {error}"
            ) from error


def entries_of_all_versions(
    session: Session, location: Location
) -> Iterator[tuple[str, bytes]]:
    """Yield each entry of a resource that any version has: its id, and its JSON.

    Args:
        session: for the database.
        location: of the state.
    """
    find = "SELECT id FROM states WHERE name = %s"
    for (state_id,) in session.execute(find, [location.state]).fetchall():
        for entry in _Rows(
            session, state_id, None, None, of_all_versions=True
        ).entries():
            yield entry[0].decode(), _document(entry)


class _Version(NamedTuple):
    state_id: int
    serial: int
    token: str | None
    head: str | None


class _Rows(NamedTuple):
    """Rows of a version.

    Args:
        session: for the database.
        state_id: in the database.
        serial: of the version; ``None`` for the stored state.
        project_keys: of the projects; ``None`` for all.
        of_all_versions: those of any version.
    """

    session: Session
    state_id: int
    serial: int | None
    project_keys: Collection[str] | None
    of_all_versions: bool = False

    def entries(self) -> Generator[_Entry, None, None]:
        """Yield those of resources."""
        return self._copied("resources", *_ENTRY)

    def belongings(self) -> Generator[tuple[bytes, bytes], None, None]:
        """Yield the keys of projects, and what else they have."""
        return self._copied("projects", "project_key", "belongings")

    def _copied(self, table: str, *columns: str) -> Generator[Any, None, None]:
        """Yield rows, each value as the bytes that it is."""
        statement = sql.SQL(_COPY).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            table=sql.Identifier(table),
            state_id=sql.Literal(self.state_id),
            span=self._span(),
            projects=self._projects(),
        )
        with self.session.cursor() as cursor, cursor.copy(statement) as copy:
            yield from copy.rows()

    def _span(self) -> sql.Composable:
        if self.of_all_versions:
            return sql.SQL("")
        if self.serial is None:
            return sql.SQL(" AND valid_to IS NULL")
        condition = " AND valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at})"
        return sql.SQL(condition).format(at=sql.Literal(self.serial))

    def _projects(self) -> sql.Composable:
        if self.project_keys is None:
            return sql.SQL("")
        keys = sql.Literal(sorted(self.project_keys))
        return sql.SQL(" AND project_key = ANY({}::text[])").format(keys)


@contextmanager
def _of_one_moment(session: Session) -> Iterator[None]:
    """Let all that the block reads be what was stored at one moment."""
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):  # What went wrong is what is to be told.
            session.rollback()
        raise
    session.execute("COMMIT")


def _find(session: Session, location: Location, serial: int | None) -> _Version:
    if serial is None:
        found = session.execute(_STORED, [location.state]).fetchone()
    else:
        found = session.execute(_VERSION, [location.state, serial]).fetchone()
    if found is None:
        what = "state" if serial is None else f"version with serial {serial}"
        raise StateNotFoundError(f"no {what} at {location}")
    return _Version(*found)


def _state(version: _Version, rows: _Rows) -> State:
    if version.head is None or version.token is None:
        raise StateCorruptedError("its row in the table of versions is missing")
    head = parse(version.head.encode())
    if not isinstance(head, dict):
        raise StateCorruptedError("its head is not an object")
    # What is being copied ends before anything else is done, also after an error.
    with closing(rows.belongings()) as belongings:
        state = build(unite(head, _parts(list(belongings))))
    resources: dict[str, Resource] = {}
    with closing(rows.entries()) as entries:
        for chunk in _chunks(entries):
            resources |= _parsed(head, chunk)
    state.resources = {key: resources[key] for key in sorted(resources)}
    state.base_version = based_on(state, version.token)
    return state


def _parts(rows: list[tuple[bytes, bytes]]) -> Iterator[Part]:
    """Parse all rows at once: to parse each by itself takes longer."""
    found = parse(b"".join((b"[", b",".join(data for _, data in rows), b"]")))
    for (key, _), belongings in zip(rows, found, strict=True):
        yield _part(key, belongings)


def _part(key: bytes, belongings: Any) -> Part:
    if isinstance(belongings, dict):
        scope, ids = belongings.get("scope"), belongings.get("ids")
        if isinstance(scope, list | None) and isinstance(ids, dict):
            return Part({}, scope, ids)
    raise StateCorruptedError(f"project {key.decode()}: its row is not valid")


def _chunks(entries: Iterator[_Entry]) -> Iterator[list[_Entry]]:
    chunk: list[_Entry] = []
    size = 0
    for entry in entries:
        chunk.append(entry)
        size += len(entry[2])
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _parsed(head: Mapping[str, Any], chunk: list[_Entry]) -> dict[str, Resource]:
    """Return the resources of a chunk; an error names the one that is not valid."""
    try:
        return _built(head, chunk)
    except StateCorruptedError:
        for entry in chunk:
            try:
                _built(head, [entry])
            except StateCorruptedError as error:
                name = entry[0].decode()[:200]
                raise StateCorruptedError(f"{name!r}: {error}") from error
        raise


def _built(head: Mapping[str, Any], chunk: list[_Entry]) -> dict[str, Resource]:
    # As deep as in a file.
    (entries,) = parse(b"".join((b"[[", b",".join(map(_document, chunk)), b"]]")))
    keys = (entry[0].decode() for entry in chunk)
    return build({**head, "resources": dict(zip(keys, entries, strict=True))}).resources


def _document(entry: _Entry) -> bytes:
    _, rest, attributes = entry
    return b"".join((rest[:-1], b',"attributes":', attributes, b"}"))
