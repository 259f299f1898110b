"""The storages that `backends.py` measures, each with the least that moves its bytes.

Servers are those of the tests, in processes of their own. A yardstick knows where what
our backend stored is, moves just these bytes with the bare driver, and parses them with
orjson into plain objects; or it computes the checksums, serializes, and moves as many
bytes as our backend. It checks nothing, keeps no version, and detects no conflict.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, cast

import obstore
import orjson
import psycopg
import requests
from obstore.store import S3Store
from state import INDENTED, Plain, checksum

from dataikuapi.iac import StateBackend
from dataikuapi.iac.backends import open_backend

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.append(str(TESTS))  # The servers of the tests.

Document = dict[str, Any]
"""A state file, parsed."""

_AS_IT_COMES = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
"""Settings of PostgreSQL that its tests change, as they are by default."""


class Moved:
    """How many bytes were moved, in both directions."""

    def __init__(self) -> None:
        self.bytes = 0


class Storage(ABC):
    """A storage in which there is a state for each name."""

    name: str
    keeps_projects_apart = True

    @abstractmethod
    def open(self, state: str) -> StateBackend:
        """Open the backend of a state."""

    @contextmanager
    def counted(self, state: str) -> Iterator[tuple[StateBackend, Moved]]:
        """Open it so that the bytes are counted that it moves in the block."""
        raise NotImplementedError

    @abstractmethod
    def plain_load(self, state: str) -> object:
        """Move what is stored, parse it, and build plain objects."""

    @abstractmethod
    def plain_save(self, document: Document) -> None:
        """Serialize a state, with its checksums, and store it."""


class LocalFiles(Storage):
    """A file on the disk of this machine."""

    name = "local file"
    keeps_projects_apart = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plain = folder / "plain.json"
        self._new = folder / "new.json"

    def open(self, state: str) -> StateBackend:
        """Open the backend of a file."""
        return open_backend(self._folder / f"{state}.state.json")

    @contextmanager
    def counted(self, state: str) -> Iterator[tuple[StateBackend, Moved]]:
        """Count what the operating system read and wrote for this process."""
        moved, before = Moved(), _read_and_written()
        yield self.open(state), moved
        moved.bytes = _read_and_written() - before

    def plain_load(self, state: str) -> object:
        """Read the file, parse it, and build plain objects."""
        return plain(orjson.loads((self._folder / f"{state}.state.json").read_bytes()))

    def plain_save(self, document: Document) -> None:
        """Write a new file that survives a crash, in place of the old one."""
        with_checksums(document)
        with self._new.open("xb") as file:
            file.write(orjson.dumps(document, option=INDENTED))
            file.flush()
            os.fsync(file.fileno())
        self._new.replace(self._plain)


class OnServer(Storage):
    """A storage behind a port, before which one that counts can be put."""

    @abstractmethod
    def open_at(self, state: str, port: int) -> StateBackend:
        """Open the backend of a state through another port."""

    @abstractmethod
    def target(self) -> str | tuple[str, int]:
        """Return where the server listens: a socket in a folder, or host and port."""

    @contextmanager
    def counted(self, state: str) -> Iterator[tuple[StateBackend, Moved]]:
        """Count what goes through a port of our own."""
        with counting(self.target()) as (port, moved):
            yield self.open_at(state, port), moved


class HttpServer(OnServer):
    """Terraform's HTTP protocol, on the server of the tests."""

    name = "HTTP"
    keeps_projects_apart = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def open(self, state: str) -> StateBackend:
        """Open the backend of a document."""
        return self.open_at(state, self.target()[1])

    def open_at(self, state: str, port: int) -> StateBackend:
        """Open it through another port."""
        url = f"http://127.0.0.1:{port}/{state}"
        return open_backend(url, lock_address=url)

    def target(self) -> tuple[str, int]:
        """Return host and port."""
        return "127.0.0.1", int(self._url.rpartition(":")[2])

    def plain_load(self, state: str) -> object:
        """GET the document, parse it, and build plain objects."""
        return plain(orjson.loads(self._session.get(f"{self._url}/{state}").content))

    def plain_save(self, document: Document) -> None:
        """LOCK, GET, POST and UNLOCK: without these nothing is safe there."""
        url = f"{self._url}/plain"
        self._session.request("LOCK", url, data=b'{"ID": "x"}')
        with_checksums(document)
        data = orjson.dumps(document, option=INDENTED)
        digest = base64.b64encode(hashlib.md5(data).digest())
        assert self._session.get(url).status_code in (200, 404)
        headers = {"Content-MD5": digest}
        stored = self._session.post(f"{url}?ID=x", data=data, headers=headers)
        assert stored.status_code == 200
        self._session.request("UNLOCK", url, data=b'{"ID": "x"}')


class Buckets(OnServer):
    """S3, on moto's server."""

    name = "S3"

    def __init__(self, endpoint: str) -> None:
        from iac.buckets import KEYS, Bucket

        self._endpoint = endpoint
        self._keys = KEYS
        bucket: Any = Bucket
        self._bucket = bucket(endpoint).name
        self._store = S3Store(
            self._bucket,
            endpoint=endpoint,
            client_options={"allow_http": True},
            access_key_id=KEYS["access_key_id"],
            secret_access_key=KEYS["secret_access_key"],
            region=KEYS["region"],
        )

    def open(self, state: str) -> StateBackend:
        """Open the backend of a manifest."""
        return self.open_at(state, self.target()[1])

    def open_at(self, state: str, port: int) -> StateBackend:
        """Open it through another port."""
        url = f"s3://{self._bucket}/{state}.state.json"
        return open_backend(url, endpoint=f"http://127.0.0.1:{port}", **self._keys)

    def target(self) -> tuple[str, int]:
        """Return host and port."""
        return "127.0.0.1", int(self._endpoint.rpartition(":")[2])

    def plain_load(self, state: str) -> object:
        """GET the parts of the projects at once; decompress and parse them."""
        entries: Document = {}
        with ThreadPoolExecutor(16) as pool:
            for data in pool.map(self._get, self._part_names(state)):
                entries |= orjson.loads(gzip.decompress(data))["resources"]
        return plain({"resources": entries})

    def _get(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _part_names(self, state: str) -> list[str]:
        """Follow the manifest and the pages of the index, as each reader has to."""
        folder = f"{state}.state.json.d/parts"
        manifest = orjson.loads(self._get(f"{state}.state.json"))
        pages = [f"{folder}/{page}.json.gz" for page in manifest["pages"] if page]
        found: list[str] = []
        for data in map(self._get, pages):
            names = orjson.loads(gzip.decompress(data)).values()
            found += [f"{folder}/{name}.json.gz" for name in names]
        return found

    def plain_save(self, document: Document) -> None:
        """PUT a compressed object for each project, at once."""
        with_checksums(document)

        def put(item: tuple[str, Document]) -> None:
            data = gzip.compress(orjson.dumps(item[1]), 3)
            obstore.put(self._store, f"plain/{item[0]}.json.gz", data)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(put, by_project(document).items()))


class Database(OnServer):
    """PostgreSQL."""

    name = "PostgreSQL"

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._connection = psycopg.connect(cluster.url(), autocommit=True)
        self._connection.execute(
            "CREATE TABLE plain (id text PRIMARY KEY, entry json, attributes json)"
        )

    def open(self, state: str) -> StateBackend:
        """Open the backend of a state in the database."""
        return open_backend(self._cluster.url(state=state))

    def open_at(self, state: str, port: int) -> StateBackend:
        """Open it through another port."""
        host = f"postgres@127.0.0.1:{port}"
        return open_backend(f"postgresql://{host}/postgres?state={state}")

    def target(self) -> str:
        """Return the path of the socket."""
        return cast(str, self._cluster.socket)

    def plain_load(self, state: str) -> object:
        """COPY the rows of the resources, parse them, and build plain objects."""
        statement = """
            COPY (SELECT resource_id, entry, attributes
                    FROM dataiku_iac.resources r
                    JOIN dataiku_iac.states s ON s.id = r.state_id
                   WHERE s.name = '{}' AND valid_to IS NULL)
              TO STDOUT (FORMAT BINARY)"""
        entries: Document = {}
        with self._connection.cursor() as cursor:
            query = statement.format(state)
            with cursor.copy(query.encode()) as copy:
                for key, entry, attributes in copy.rows():
                    parsed = orjson.loads(entry)
                    parsed["attributes"] = orjson.loads(attributes)
                    entries[bytes(key).decode()] = parsed
        return plain({"resources": entries})

    def plain_save(self, document: Document) -> None:
        """Delete all rows and COPY others, in one transaction."""
        with_checksums(document)
        copied = "COPY plain FROM STDIN (FORMAT BINARY)"
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM plain")
            with cursor.copy(copied) as copy:
                copy.set_types(["text", "json", "json"])
                for key, entry in document["resources"].items():
                    rest = {k: v for k, v in entry.items() if k != "attributes"}
                    row = (orjson.dumps(rest), orjson.dumps(entry["attributes"]))
                    copy.write_row((key, *(each.decode() for each in row)))


def plain(document: Document) -> dict[str, Plain]:
    """Build plain objects of a document."""
    return {key: Plain(item) for key, item in document["resources"].items()}


def with_checksums(document: Document) -> None:
    """Compute the checksums that are stored with each resource."""
    for item in document["resources"].values():
        item["metadata"]["checksum"] = checksum(item["attributes"])


def by_project(document: Document) -> dict[str, Document]:
    """Divide the resources of a document."""
    found: dict[str, Document] = {}
    for key, item in document["resources"].items():
        found.setdefault(key.split(".")[1], {})[key] = item
    return found


@contextmanager
def counting(target: str | tuple[str, int]) -> Iterator[tuple[int, Moved]]:
    """Pass on what clients and a server say; yield the port, and what was moved."""
    moved = Moved()

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                moved.bytes += len(data)
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                kind = socket.AF_UNIX if isinstance(target, str) else socket.AF_INET
                server = socket.socket(kind)
                server.connect(target)
                for pair in ((client, server), (server, client)):
                    Thread(target=pass_on, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], moved
        listener.shutdown(socket.SHUT_RDWR)


def _read_and_written() -> int:
    text = Path("/proc/self/io").read_text()
    found = re.findall(r"^[rw]char: (\d+)", text, re.MULTILINE)
    return sum(map(int, found))


@contextmanager
def http_server() -> Iterator[str]:
    """Start the server of the tests in a process of its own; yield its URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "iac.http_state_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Storage]:
    """Start what a storage needs, and yield it.

    Args:
        name: ``local``, ``http``, ``s3`` or ``postgresql``.
        folder: for files.
    """
    if name == "local":
        yield LocalFiles(folder)
    elif name == "http":
        with http_server() as url:
            yield HttpServer(url)
    elif name == "s3":
        from iac.buckets import s3_server

        with s3_server() as endpoint:
            yield Buckets(endpoint)
    else:
        from iac.servers import postgres_cluster

        with postgres_cluster(**_AS_IT_COMES) as cluster:
            yield Database(cluster)


def document_of(projects: int, each: int) -> Document:
    """Return a state file of so many projects with so many resources, parsed."""
    from state import NOON, entry

    resources, scope = {}, []
    for project in range(projects):
        key = f"P{project}"
        for number in range(each):
            item = entry(project * each + number, False)
            item["resource_id"] = item["resource_id"].replace("SHOP", key)
            resources[item["resource_id"]] = item
        types = ["dataset", "recipe"]
        scope.append({"project": key, "types": types, "read_at": NOON})
    return {
        "version": 1,
        "serial": 1,
        "environment": "benchmark",
        "updated_at": NOON,
        "resources": {key: resources[key] for key in sorted(resources)},
        "lineage": json.dumps([projects, each]),
        "scope": scope,
    }
