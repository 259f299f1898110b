"""The tables and views of a schema: what they are, and creating them.

A row of ``resources`` or ``projects`` is what a version stored; it is valid from the
serial of that version, up to but without ``valid_to``, which is the serial of the one
that replaced it. So a version costs what changed.
"""

import psycopg
from psycopg import sql

from dataikuapi.iac.backends.postgres.location import Location, advisory_key
from dataikuapi.iac.backends.postgres.sessions import Session
from dataikuapi.iac.exceptions import StateReadError, StateWriteError

__all__ = ["VERSION", "Tables"]

VERSION = 1
"""Of the tables; a newer one may be unknown to this version of the library."""

# Rows of projects and resources have no foreign key, which would be looked up for each:
# who writes them has locked the row of the state, which is never deleted.
# json keeps the text as it is; jsonb would change numbers, and refuse \u0000.
_CREATE = r"""
CREATE TABLE schema_version (version integer NOT NULL);

CREATE TABLE states (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    serial bigint,
    token text NOT NULL DEFAULT '',
    lineage text,
    environment text NOT NULL DEFAULT '',
    updated_at timestamptz,
    last_serial bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN states.serial IS 'NULL: nothing is stored';

CREATE TABLE versions (
    state_id bigint NOT NULL REFERENCES states,
    serial bigint NOT NULL,
    token text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    size bigint NOT NULL,
    is_unchanged boolean NOT NULL,
    head json NOT NULL,
    PRIMARY KEY (state_id, serial)
);

CREATE TABLE backups (
    state_id bigint NOT NULL,
    name text NOT NULL,
    serial bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (state_id, name),
    FOREIGN KEY (state_id, serial) REFERENCES versions
);

CREATE TABLE projects (
    state_id bigint NOT NULL,
    project_key text COLLATE "C" NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    belongings json NOT NULL,
    PRIMARY KEY (state_id, project_key, valid_from)
);
CREATE UNIQUE INDEX current_projects
    ON projects (state_id, project_key) WHERE valid_to IS NULL;
CREATE INDEX past_projects
    ON projects (state_id, valid_to) WHERE valid_to IS NOT NULL;
COMMENT ON COLUMN projects.belongings IS 'its entries of the scope, and its ids';

CREATE TABLE resources (
    state_id bigint NOT NULL,
    project_key text COLLATE "C" NOT NULL,
    resource_id text COLLATE "C" NOT NULL,
    valid_from bigint NOT NULL,
    valid_to bigint,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    resource_type text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    entry json NOT NULL,
    attributes json NOT NULL,
    PRIMARY KEY (state_id, project_key, resource_id, valid_from)
);
CREATE UNIQUE INDEX current_entries
    ON resources (state_id, project_key, resource_id) WHERE valid_to IS NULL;
CREATE INDEX past_entries
    ON resources (state_id, valid_to) WHERE valid_to IS NOT NULL;
COMMENT ON COLUMN resources.entry IS 'the entry of a state file without attributes';

CREATE UNLOGGED TABLE locks (
    state text NOT NULL,
    name text NOT NULL,
    key bigint NOT NULL,
    pid integer NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    holder json NOT NULL,
    PRIMARY KEY (state, name)
);

CREATE TABLE journal (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL,
    run text NOT NULL,
    event text NOT NULL,
    resource_id text NOT NULL,
    line json NOT NULL
);
CREATE INDEX journal_of_state ON journal (state, position);

-- Text of PostgreSQL cannot have the character 0, which JSON may; here it is U+FFFD.
CREATE VIEW current_resources AS
SELECT s.name AS state, s.environment, s.serial,
       r.resource_id, r.resource_type, r.project_key, r.name,
       r.checksum,
       CASE WHEN strpos(r.attributes::text, '\u0000') > 0
            THEN replace(r.attributes::text, '\u0000', '\ufffd')::jsonb
            ELSE r.attributes::jsonb END AS attributes
  FROM states s
  JOIN resources r ON r.state_id = s.id AND r.valid_to IS NULL;

CREATE VIEW connections_in_use AS
SELECT DISTINCT c.state, c.project_key, c.resource_type, c.name,
       used.value #>> '{{}}' AS connection
  FROM current_resources c,
       jsonb_path_query(c.attributes, '$.**.connection ? (@.type() == "string")')
           AS used (value);

INSERT INTO schema_version VALUES ({version});
"""

# lz4 takes a tenth of the time of pglz. A server may be built without it, and before
# version 14 none has it.
_HAS_LZ4 = """
SELECT FROM pg_settings
 WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)
"""
_COMPRESS = "ALTER TABLE resources ALTER attributes SET COMPRESSION lz4"

# Not to_regclass(): within a transaction it may not see what others have created since.
_FIND = """
SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relname = 'schema_version'
"""


class Tables:
    """The tables of a schema, which are created when something is first stored.

    Args:
        location: has the name of the schema.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._are_known = False

    def exist(self, session: Session) -> bool:
        """Return whether they are there; once they are, they are not looked for again.

        Raises:
            StateReadError: if they are of a version that is unknown here.
        """
        if not self._are_known:
            schema = self._location.schema
            if session.execute(_FIND, [schema]).fetchone() is None:
                return False
            self._require_known_version(session)
            self._are_known = True
        return True

    def create(self, session: Session) -> None:
        """Create them where they are missing; others may do so at the same time.

        Raises:
            StateWriteError: if that takes rights that the user does not have, or they
                are of a version that is unknown here.
        """
        try:
            if self.exist(session):
                return
        except StateReadError as error:
            raise StateWriteError(str(error)) from error
        if session.info.parameter_status("server_encoding") != "UTF8":
            raise StateWriteError(
                f"cannot keep states in {self._location}: the encoding of this "
                "database is not UTF8. Create another one with ENCODING 'UTF8' "
                "TEMPLATE template0"
            )
        schema = self._location.schema
        try:
            with session.transaction():
                key = advisory_key(schema, "create tables")
                session.execute("SELECT pg_advisory_xact_lock(%s)", [key])
                if self.exist(session):
                    return
                find = "SELECT FROM pg_namespace WHERE nspname = %s"
                if session.execute(find, [schema]).fetchone() is None:
                    create = sql.SQL("CREATE SCHEMA {}")
                    session.execute(create.format(sql.Identifier(schema)))
                session.execute(sql.SQL(_CREATE).format(version=sql.Literal(VERSION)))
                if session.execute(_HAS_LZ4).fetchone() is not None:
                    session.execute(_COMPRESS)
        except psycopg.errors.InsufficientPrivilege as error:
            raise StateWriteError(
                f"cannot create the tables of {self._location}: "
                f"{error.diag.message_primary}. Let somebody with the right to create "
                "them save a state once, and then grant you USAGE on the schema "
                f'"{schema}", and SELECT, INSERT, UPDATE, DELETE on its tables'
            ) from error
        self._are_known = True

    def _require_known_version(self, session: Session) -> None:
        # With the name of the schema: else a lack of rights would look like no table.
        table = sql.Identifier(self._location.schema, "schema_version")
        query = sql.SQL("SELECT version FROM {}").format(table)
        found = session.execute(query).fetchone()
        version = found[0] if found is not None else None
        if version != VERSION:
            raise StateReadError(
                f"the tables of {self._location} are of version {version}, and this "
                f"version of dataiku-iac knows {VERSION} only: upgrade it"
            )
