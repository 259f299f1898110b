"""How is a thread woken that waits for DSS, or for a connection to it?"""

import socket
import sys
from threading import Lock
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NewConnectionError,
)
from urllib3.util.connection import allowed_gai_family

__all__ = ["SocketTracker"]


class SocketTracker:
    """The connections of all copies of a client, to be cut when nobody waits for them.

    A thread that waits for an answer cannot be stopped in another way.
    """

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = Lock()
        self._is_shut_down = False

    def add(self, opened: socket.socket) -> None:
        """Note a socket, connected or about to be; after a cut it ends at once."""
        with self._lock:
            self._sockets.add(opened)
            if self._is_shut_down:
                _shut(opened)

    def shutdown(self) -> None:
        """End all connections; who waits for an answer gets an error at once."""
        with self._lock:
            self._is_shut_down = True
            for opened in list(self._sockets):
                _shut(opened)

    def track(self, adapter: HTTPAdapter) -> None:
        """Note the connections of the adapter as they are made."""
        classes = adapter.poolmanager.pool_classes_by_scheme
        adapter.poolmanager.pool_classes_by_scheme = {
            scheme: self._tracking(pool_class) for scheme, pool_class in classes.items()
        }

    def _tracking(self, pool_class: Any) -> Any:
        """Return the pool class, of any scheme, with connections that are noted."""
        sockets: SocketTracker = self
        connection_class: Any = pool_class.ConnectionCls
        if connection_class._new_conn is HTTPConnection._new_conn:
            connection_class = _early(sockets, connection_class)

        class TrackingConnection(connection_class):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class TrackingPool(pool_class):  # type: ignore[misc]
            ConnectionCls = TrackingConnection

        return TrackingPool


def _shut(opened: socket.socket) -> None:
    try:
        opened.settimeout(0)  # Should it be just about to connect, it gives up.
        opened.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It was closed already, or had not begun to connect.


def _early(sockets: SocketTracker, connection_class: Any) -> Any:
    """Return the class with connections that are noted before they are made.

    Shutting a socket down wakes who waits for it to connect. One behind a SOCKS proxy,
    whose connections another library makes, is noted once it is connected.
    """

    class EarlyConnection(connection_class):  # type: ignore[misc]
        _handshaking: socket.socket | None = None

        def connect(self) -> None:
            try:
                super().connect()
            finally:
                if self._handshaking is not None:
                    self._handshaking.close()

        def _new_conn(self) -> socket.socket:
            """Connect as urllib3 does, which shows a socket once it is connected."""
            try:
                connected = self._connected()
            except UnicodeError:
                raise LocationParseError(
                    f"'{self.host}', label empty or too long"
                ) from None
            except TimeoutError as error:
                raise ConnectTimeoutError(
                    self,
                    f"Connection to {self.host} timed out. "
                    f"(connect timeout={self.timeout})",
                ) from error
            except OSError as error:
                raise NewConnectionError(
                    self, f"Failed to establish a new connection: {error}"
                ) from error
            sys.audit("http.client.connect", self, self.host, self.port)
            # TLS takes the socket over, and only says so after the handshake.
            self._handshaking = connected.dup()
            sockets.add(self._handshaking)
            return connected

        def _connected(self) -> socket.socket:
            """Connect to the first address of the host that answers."""
            host = self._dns_host.strip("[]")
            problem = OSError("getaddrinfo returns an empty list")
            for family, kind, protocol, _, address in socket.getaddrinfo(
                host, self.port, allowed_gai_family(), socket.SOCK_STREAM
            ):
                try:
                    return self._connected_to(address, family, kind, protocol)
                except OSError as error:
                    problem = error
            raise problem

        def _connected_to(self, address: Any, *kind: int) -> socket.socket:
            opened = socket.socket(*kind)
            try:
                for option in self.socket_options or ():
                    opened.setsockopt(*option)
                opened.settimeout(self.timeout)
                if self.source_address:
                    opened.bind(self.source_address)
                sockets.add(opened)
                opened.connect(address)
            except BaseException:
                opened.close()
                raise
            return opened

    return EarlyConnection
