"""Serves a store over HTTP on the loopback interface, from a background thread."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType

import uvicorn

from dataikuapi.iac.sandbox.faults import FaultPlan, FaultyApp
from dataikuapi.iac.sandbox.routes import PREFIXES, create_app
from dataikuapi.iac.sandbox.store import SANDBOX_LOGIN, ProjectStore

_HOST = "127.0.0.1"


class SandboxServer:
    """An embedded DSS that the real client can talk to.

    Args:
        store: what it serves; an empty one when omitted. It may change while being
            served.
        port: 0 for any free one.

    Attributes:
        store: the store.
        api_key: a key for all projects.
        faults: the plan of what goes wrong, by request; None for nothing. May be set at
            any time.

    .. code-block:: python

        with SandboxServer(store) as server:
            client = dataikuapi.DSSClient(server.url, server.api_key)
    """

    def __init__(self, store: ProjectStore | None = None, port: int = 0) -> None:
        self.store = ProjectStore() if store is None else store
        self.api_key = self.store.add_api_key(SANDBOX_LOGIN)
        self._app = FaultyApp(create_app(self.store), PREFIXES)
        self._port = port
        self._url: str | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def faults(self) -> FaultPlan | None:
        """The plan of what goes wrong, by request."""
        return self._app.plan

    @faults.setter
    def faults(self, plan: FaultPlan | None) -> None:
        self._app.plan = plan

    @property
    def url(self) -> str:
        """The address to give to the client.

        Raises:
            RuntimeError: the server is not running.
        """
        if self._url is None:
            raise RuntimeError("the sandbox is not running; call start() first")
        return self._url

    def start(self) -> SandboxServer:
        """Start serving; return this server once it accepts requests.

        Raises:
            OSError: the port is taken.
            OverflowError: there is no port of that number.
            RuntimeError: it is running already, or could not start.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox is already running")
        listener = _listening_socket(self._port)
        self._url = f"http://{_HOST}:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(_config(self._app))
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="dss-sandbox", daemon=True
        )
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.001)
        if not self._server.started:
            self.stop()
            listener.close()
            raise RuntimeError("the sandbox could not start; see its log")
        return self

    def stop(self) -> None:
        """Stop serving and wait for the thread to end. Does nothing if not running."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._url = self._server = self._thread = None

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _listening_socket(port: int) -> socket.socket:
    # The protocol has to be given: asyncio sets TCP_NODELAY only on sockets whose proto
    # is IPPROTO_TCP, and without it each request waits 40 ms for a delayed ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _config(app: FaultyApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none",
        # A client in the middle of a request must not delay the stop.
        timeout_graceful_shutdown=1,
    )
