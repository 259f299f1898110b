"""The URL of a state in PostgreSQL: libpq's own, and which state of the database."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models.environments import check_environment

__all__ = ["DEFAULT_SCHEMA", "DEFAULT_STATE", "Location"]

DEFAULT_STATE = "dev"
DEFAULT_SCHEMA = "dataiku_iac"

_URL = re.compile(
    r"postgres(?:ql)?://(?P<base>[^?#]*)(?:\?(?P<query>[^#]*))?", re.IGNORECASE
)
_PORTS = re.compile(r"[0-9,]*")
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_$-]{0,62}")

_OWN = ("state", "schema")
"""Keys of the query that libpq does not get."""

_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_GIVE_UP_MILLIS = 60_000
_CONNECT_SECONDS = 10


@dataclass(frozen=True, repr=False)
class Location:
    """Where a state is, and how to connect to it.

    Args:
        params: of the connection, as libpq names them; the password may be in them.
        schema: of the database, that has the tables.
        state: the name of the state in them.
    """

    params: Mapping[str, str | int]
    schema: str
    state: str

    @classmethod
    def parse(
        cls, url: str, state: str | None = None, schema: str | None = None
    ) -> "Location":
        """Parse a URL such as ``postgresql://host/database?state=dev``.

        Args:
            url: of the database, as libpq has it, and perhaps the keys ``state`` and
                ``schema`` in its query.
            state: its name, in place of the one in the URL.
            schema: in place of the one in the URL.

        Raises:
            ConfigurationError: if libpq would not understand it, or would take a part
                of the password for something else; no part of it is quoted.
        """
        match = _URL.fullmatch(url)
        if match is None:
            raise ConfigurationError(_INVALID)
        query = [item for item in (match["query"] or "").split("&") if item]
        own: dict[str, str] = {}
        for item in query:
            key, _, value = item.partition("=")
            if key in own:
                raise ConfigurationError(f"the URL of a state has {key} twice")
            if key in _OWN:
                own[key] = unquote(value)
        rest = "&".join(item for item in query if item.partition("=")[0] not in _OWN)
        params = _parameters(match["base"], rest)
        chosen_schema = schema or own.get("schema") or DEFAULT_SCHEMA
        if not _SCHEMA.fullmatch(chosen_schema):
            raise ConfigurationError(
                f"invalid schema {chosen_schema[:80]!r}: use 1 to 63 letters (A-Z, "
                "a-z), digits, '_', '-' and '$', beginning with a letter or '_'"
            )
        name = check_environment(state or own.get("state") or DEFAULT_STATE)
        return cls(params, chosen_schema, name)

    def __str__(self) -> str:
        """Return the URL without user, password and other settings."""
        hosts = [str(host) for host in str(self.params.get("host", "")).split(",")]
        ports = str(self.params.get("port", "")).split(",")
        if len(ports) < len(hosts):
            ports = ports * len(hosts)
        named = [
            (quote(host, safe=":[]") if ":" not in host else f"[{host}]")
            + (f":{port}" if port else "")
            for host, port in zip(hosts, ports, strict=False)
        ]
        database = quote(str(self.params.get("dbname", "")), safe="")
        query = [("state", self.state)]
        if self.schema != DEFAULT_SCHEMA:
            query.append(("schema", self.schema))
        if "service" in self.params:
            query.append(("service", str(self.params["service"])))
        shown = "&".join(f"{key}={quote(value)}" for key, value in query)
        return f"postgresql://{','.join(named)}/{database}?{shown}"

    def connect_params(self) -> dict[str, str | int]:
        """Return the parameters with defaults for what neither URL nor libpq sets.

        A server that vanished is noticed within a minute, also while waiting for it.
        """
        defaults: dict[str, str | int] = {
            "fallback_application_name": "dataiku-iac",
            "tcp_user_timeout": _GIVE_UP_MILLIS,
            **_KEEPALIVE,
        }
        if "PGCONNECT_TIMEOUT" not in os.environ and "service" not in self.params:
            defaults["connect_timeout"] = _CONNECT_SECONDS
        if "," in str(self.params.get("host", "")):
            # Of several servers, those that follow the others cannot be written to.
            defaults["target_session_attrs"] = "read-write"
        # Names and messages are of any language, whatever PGCLIENTENCODING says.
        return {**defaults, **self.params, "client_encoding": "UTF8"}

    def key(self, lock: str) -> int:
        """Return the key of an advisory lock, of which a database has 2**64.

        Args:
            lock: its name, for this state.
        """
        return advisory_key(self.schema, self.state, lock)


def advisory_key(*names: str) -> int:
    """Return the key of the advisory lock of that name."""
    digest = hashlib.sha256("\0".join(("dataiku-iac", *names)).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _parameters(base: str, query: str) -> dict[str, str | int]:
    """Return what libpq reads from a URL.

    Its own messages quote what it does not understand, which may be the password: so
    they are neither shown nor kept as the cause.
    """
    user, at, host = base.partition("@")
    if "@" in host or (at and "/" in user):
        raise ConfigurationError(_INVALID)
    try:
        params = conninfo_to_dict(f"postgresql://{base}{'?' if query else ''}{query}")
    except ProgrammingError:
        raise ConfigurationError(_INVALID) from None
    if not _PORTS.fullmatch(str(params.get("port", ""))):
        raise ConfigurationError(_INVALID)
    return {key: value for key, value in params.items() if value is not None}


_INVALID = (
    "this is no URL of a PostgreSQL database as libpq reads it: write "
    "postgresql://USER@HOST:PORT/DATABASE?state=NAME, with special characters as in "
    "%40 for '@'; the password is better kept in ~/.pgpass or PGPASSWORD"
)
