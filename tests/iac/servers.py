"""Real servers for tests, started in temporary folders and stopped at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import pytest

REQUIRE = "DATAIKU_IAC_REQUIRE_SERVERS"
"""The variable that lets tests fail, if it is 1, for want of a server."""

_POSTGRES_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "150",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "lc_messages": "C",
}


def skip_or_fail(reason):
    """Skip a test for want of a server; in CI, where none may be skipped, fail it."""
    required = os.environ.get(REQUIRE) == "1" or os.environ.get("CI") == "true"
    if required:
        pytest.fail(f"{reason}; CI and {REQUIRE}=1 require it")
    pytest.skip(reason)


def postgres_programs():
    """Return the folder with PostgreSQL's programs, of the newest version."""
    found = sorted(
        glob("/usr/lib/postgresql/*/bin/initdb"),
        key=lambda path: float(Path(path).parents[1].name),
    )
    program = found[-1] if found else shutil.which("initdb")
    if not program:
        skip_or_fail("PostgreSQL is not installed (apt-get install postgresql)")
        raise AssertionError("not reached")
    return Path(os.path.realpath(program)).parent


class PostgresCluster:
    """A running PostgreSQL, which listens on a socket in its folder.

    Its superuser is ``postgres``; nobody has a password.
    """

    def __init__(self, folder, programs, user):
        self.folder = folder
        self._programs = programs
        self._user = user
        self._settings = {**_POSTGRES_SETTINGS, "unix_socket_directories": str(folder)}

    def initialize(self):
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self, **settings):
        chosen = {**self._settings, **settings}
        flags = " ".join(f"-c {name}={value}" for name, value in chosen.items())
        self._run("pg_ctl", "start", "-w", "-o", flags, "-l", str(self.folder / "log"))

    def stop(self, mode="immediate"):
        """Stop it; ``immediate`` is a crash."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def url(self, user="postgres", database="postgres", **query):
        """Return a URL for the database, and perhaps the state."""
        pairs = {"host": str(self.folder), **query}
        text = "&".join(f"{key}={value}" for key, value in pairs.items())
        return f"postgresql://{user}@/{database}?{text}"

    @property
    def socket(self):
        """The path of its socket."""
        return str(self.folder / ".s.PGSQL.5432")

    def _run(self, program, *arguments):
        done = subprocess.run(
            [self._programs / program, "-D", self.folder / "data", *arguments],
            cwd=self.folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C", "HOME": str(self.folder)},
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def postgres_cluster(**settings):
    """Start PostgreSQL in a temporary folder, and stop it after the block.

    It refuses to run as root: then it runs as ``postgres``, or else as ``nobody``.

    Args:
        **settings: of the server, beside those that make tests fast.
    """
    programs = postgres_programs()
    # Not in pytest's folder, which other users may not enter; and its path is short
    # enough for that of a socket.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(folder, user)
        cluster = PostgresCluster(folder, programs, user)
        cluster.initialize()
        cluster.start(**settings)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
