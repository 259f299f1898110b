"""Tracks the sockets of HTTP connections, to wake threads that are blocked on them.

The only way to wake a thread that waits for a connection or a response is to shut down
its socket. urllib3 exposes a socket once it is connected, which to a dead host it never
is. So the connecting is done here, by overriding urllib3's private ``_new_conn``; see
docs/decisions/0020 for the reasons, and for the tests that guard it.
"""

import socket
import sys
from threading import Lock
from typing import Any, ClassVar
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from dataikuapi.iac.sync.limits import BoundedHTTPResponse, Budget

__all__ = ["SocketTracker"]


class SocketTracker:
    """The sockets of the clients of one sync, to be shut down all at once."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = Lock()
        self._is_shut_down = False

    def add(self, sock: socket.socket) -> None:
        """Track a socket, connected or not; after a shutdown, shut it down too."""
        with self._lock:
            self._sockets.add(sock)
            if self._is_shut_down:
                _shut_down(sock)

    def shutdown(self) -> None:
        """Shut down all sockets; a thread blocked on one gets an error at once."""
        with self._lock:
            self._is_shut_down = True
            for sock in list(self._sockets):
                _shut_down(sock)

    def track(self, adapter: HTTPAdapter, budget: Budget | None = None) -> None:
        """Track all connections that an adapter makes, also those through proxies.

        Args:
            adapter: of one client.
            budget: for the responses on these connections; ``None`` for no bounds.
        """
        self._track_pools(adapter.poolmanager, budget)
        proxy_manager_for = adapter.proxy_manager_for

        def tracked_proxy_manager_for(proxy: str, **options: Any) -> Any:
            is_new = proxy not in adapter.proxy_manager
            manager = proxy_manager_for(proxy, **options)
            if is_new:
                self._track_pools(manager, budget)
            return manager

        setattr(adapter, "proxy_manager_for", tracked_proxy_manager_for)

    def _track_pools(self, manager: PoolManager, budget: Budget | None) -> None:
        manager.pool_classes_by_scheme = {
            scheme: self._tracking(pool_class, budget)
            for scheme, pool_class in manager.pool_classes_by_scheme.items()
        }

    def _tracking(self, pool_class: Any, budget: Budget | None) -> Any:
        """Return a subclass of a pool class, with connections that are tracked."""
        base = pool_class.ConnectionCls
        is_urllib3s = base._new_conn is HTTPConnection._new_conn
        tracked = _DirectConnection if is_urllib3s else _TrackedConnection
        members: dict[str, Any] = {"tracker": self}
        if budget is not None:
            bounded = type(
                "BoundedResponse", (BoundedHTTPResponse,), {"budget": budget}
            )
            members["response_class"] = bounded
        connection_class = type(base.__name__, (tracked, base), members)
        return type("TrackingPool", (pool_class,), {"ConnectionCls": connection_class})


def _shut_down(sock: socket.socket) -> None:
    try:
        sock.settimeout(0)  # If it is just about to connect, connecting fails.
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It is closed, or not connected yet.


class _TrackedConnection(HTTPConnection):
    """A connection whose socket is tracked once it is connected.

    For connection classes that connect in their own way, such as that for SOCKS.
    """

    tracker: ClassVar[SocketTracker]
    _in_handshake: socket.socket | None = None

    def connect(self) -> None:
        """Connect, and do the TLS handshake if there is one."""
        try:
            super().connect()
        finally:
            if self._in_handshake is not None:
                self._in_handshake.close()
        # TLS in TLS, through a proxy, has a wrapper around the socket.
        self.tracker.add(getattr(self.sock, "socket", self.sock))

    def _new_conn(self) -> socket.socket:
        sock = self._connected()
        # TLS detaches this socket, and exposes its own only after the handshake.
        self._in_handshake = sock.dup()
        self.tracker.add(self._in_handshake)
        return sock

    def _connected(self) -> socket.socket:
        return super()._new_conn()


class _DirectConnection(_TrackedConnection):
    """A connection whose socket is tracked before it is connected."""

    def _connected(self) -> socket.socket:
        """Connect as urllib3's ``_new_conn`` does."""
        try:
            sock = self._connected_to_any()
        except TimeoutError as error:
            raise ConnectTimeoutError(
                self,
                f"Connection to {self.host} timed out. "
                f"(connect timeout={self.timeout})",
            ) from error
        except (OSError, UnicodeError) as error:  # UnicodeError: not a host name.
            raise NewConnectionError(
                self, f"Failed to establish a new connection: {error}"
            ) from error
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

    def _connected_to_any(self) -> socket.socket:
        """Connect to the first address of the host that accepts the connection."""
        host, family = self._dns_host.strip("[]"), allowed_gai_family()
        last_error = OSError("getaddrinfo returns an empty list")
        for *kind, _, address in socket.getaddrinfo(
            host, self.port, family, socket.SOCK_STREAM
        ):
            try:
                return self._connected_to(address, *kind)
            except OSError as error:
                last_error = error
        raise last_error

    def _connected_to(self, address: Any, *kind: int) -> socket.socket:
        sock = socket.socket(*kind)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(self.timeout)
            if self.source_address:
                sock.bind(self.source_address)
            self.tracker.add(sock)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock
