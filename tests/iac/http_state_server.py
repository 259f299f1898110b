"""A server that keeps documents by the protocol of Terraform's ``http`` backend.

Under ``/terraform/state/`` it locks as GitLab and Gitea do, by POST and DELETE of
``…/lock``, and answers 409; under ``/api/v4/`` it asks for a serial, too, and keeps
versions, as GitLab does. Elsewhere it locks by LOCK and UNLOCK of the document itself,
and answers 423. A test tells it what goes wrong.

As a program it prints its URL, and serves until its standard input is closed.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit


@dataclass
class Document:
    """What is stored at an address."""

    data: bytes | None = None
    lock: dict[str, str] | None = None
    versions: dict[int, bytes] = field(default_factory=dict)


class Reply(NamedTuple):
    """An answer to a request."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def purpose(self):
        """The method that it has where locks are no documents."""
        if self.path.endswith("/lock"):
            return {"POST": "LOCK", "DELETE": "UNLOCK"}.get(self.method, self.method)
        return self.method


@dataclass
class Fault:
    """What goes wrong with the next requests for a purpose.

    Args:
        purpose: of the requests.
        reply: to them; ``None`` to hang up, and to change nothing with ``wait``.
        is_done: whether the request is carried out all the same.
        times: how many requests.
        wait: called before they are answered.
    """

    purpose: str
    reply: Reply | None = None
    is_done: bool = False
    times: int = 1
    wait: Callable[[], object] | None = None


class StateServer:
    """Documents by path, and the requests for them."""

    def __init__(self):
        self.documents: dict[str, Document] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.authorization: str | None = None
        self.url = ""
        self._mutex = RLock()

    def methods(self):
        """Return the purposes of the requests so far, and forget them."""
        found = [each.purpose for each in self.requests]
        self.requests.clear()
        return found

    def reply(self, request):
        """Answer a request; ``None`` to hang up."""
        with self._mutex:
            self.requests.append(request)
            fault = next((f for f in self.faults if f.purpose == request.purpose), None)
            if fault is not None:
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
        if fault is not None and fault.wait:
            fault.wait()
        if fault is None or fault.is_done:
            with self._mutex:
                answer = self._carry_out(request)
            if fault is None or (fault.reply is None and fault.wait):
                return answer
        return fault.reply

    def _carry_out(self, request):
        if self.authorization and (
            request.headers.get("Authorization") != self.authorization
        ):
            return Reply(401)
        path, gitlab = request.path, "/terraform/state/" in request.path
        if "Content-MD5" in request.headers and (
            request.headers["Content-MD5"] != _md5(request.body)
        ):
            return Reply(400)
        if gitlab and path.endswith("/lock"):
            document = self._document(path.removesuffix("/lock"))
            if request.method == "POST":
                return _lock(document, request.body, 409)
            return _unlock(document, request.body, 409)
        if gitlab and "/versions/" in path:
            address, _, serial = path.partition("/versions/")
            data = self._document(address).versions.get(int(serial))
            return Reply(404) if data is None else Reply(200, data)
        document = self._document(path)
        if request.method == "LOCK":
            return _lock(document, request.body, 423)
        if request.method == "UNLOCK":
            return _unlock(document, request.body, 423)
        if request.method == "GET":
            if document.data is None:
                return Reply(404)
            return Reply(200, document.data, {"Content-MD5": _md5(document.data)})
        held = (document.lock or {}).get("ID", "")
        if request.method in ("POST", "PUT"):
            if request.query.get("ID", "") != held:
                return Reply(409, json.dumps(document.lock or {}).encode())
            return _store(document, request.body, path.startswith("/api/v4/"))
        if request.method == "DELETE":
            document.data = None
            document.versions.clear()
            return Reply(200)
        return Reply(405)

    def _document(self, path):
        return self.documents.setdefault(path, Document())


def _lock(document, body, held):
    if document.lock is not None:
        return Reply(held, json.dumps(document.lock).encode())
    document.lock = json.loads(body)
    return Reply(200)


def _unlock(document, body, held):
    """Like GitLab: ``terraform force-unlock`` passes no id, so none is needed."""
    name = json.loads(body).get("ID") if body else None
    if document.lock is None:
        return Reply(404)
    if name and name != document.lock["ID"]:
        return Reply(held, json.dumps(document.lock).encode())
    document.lock = None
    return Reply(200)


def _store(document, body, gitlab):
    if gitlab:
        serial = json.loads(body).get("serial")
        if not isinstance(serial, int):
            return Reply(400, b'{"error":"serial is missing"}')
        if serial in document.versions:
            return Reply(422, b'{"message":"version has already been taken"}')
        document.versions[serial] = body
    document.data = body
    return Reply(200)


def _md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self):
            parts = urlsplit(self.path)
            query = {name: each[0] for name, each in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, parts.path, query, dict(self.headers), body)
            reply = server.reply(request)
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in reply.headers and reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            try:
                self.wfile.write(reply.body)
            except OSError:
                self.close_connection = True  # Only whether it exists was asked.

        do_GET = do_POST = do_PUT = do_DELETE = do_LOCK = do_UNLOCK = answer

        def log_message(self, *arguments):
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(wrap=None):
    """Serve on a free port of this machine.

    Args:
        wrap: makes the listening socket another one, such as one with TLS.
    """
    state = StateServer()
    with _Server(("127.0.0.1", 0), _handler(state)) as http:
        scheme = "http"
        if wrap is not None:
            http.socket, scheme = wrap(http.socket), "https"
        state.url = f"{scheme}://127.0.0.1:{http.server_address[1]}"
        thread = Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            http.shutdown()
            thread.join()


if __name__ == "__main__":
    with serving() as server:
        print(server.url, flush=True)
        sys.stdin.read()
