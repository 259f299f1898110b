"""Clones of a client: timeouts, sessions of their own, and tracked sockets."""

import inspect
import re
import socket
from contextlib import ExitStack
from http.client import HTTPResponse
from importlib.metadata import version
from io import BufferedReader
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import Mock, create_autospec

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DatasetSync,
    DSSTimeoutError,
    DSSUnreachableError,
    RetryPolicy,
    StateManager,
)
from dataikuapi.iac.sync.client_adapter import adapt_client
from dataikuapi.iac.sync.connection import clone_client
from dataikuapi.iac.sync.sockets import SocketTracker

# What sync/sockets.py relies on, some of it private to urllib3. A release of urllib3
# that changes it fails here first, with advice.


def connects_through_new_conn(connection_class):
    def refuse(self):
        raise NotImplementedError("connect() calls _new_conn()")

    refusing = type("Refusing", (connection_class,), {"_new_conn": refuse})
    with pytest.raises(NotImplementedError):
        refusing("dss.example.com").connect()
    return True


def reads_by_fp(connection_class):
    class Response(HTTPResponse):
        def __init__(self, sock, *args, **kwargs):
            super().__init__(sock, *args, **kwargs)
            assert isinstance(self.fp, BufferedReader)
            raise NotImplementedError(self.fp.detach().readinto(bytearray(9)))

    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP")
        connection = connection_class("dss.example.com")
        connection.response_class, connection.sock = Response, ours
        connection.request("GET", "/")
        with pytest.raises(NotImplementedError, match="4"):
            connection.getresponse()
    return True


def body_of_stream():
    response = requests.Response()
    response.raw = Mock(**{"stream.return_value": iter([b"a", b"b"])})
    response.content
    response.raw = None
    return response.content


def parameters(function):
    return list(inspect.signature(function).parameters)


RELIED_ON = {
    "HTTPConnection._new_conn(self)": lambda: (
        parameters(HTTPConnection._new_conn) == ["self"]
    ),
    "HTTPSConnection inherits _new_conn": lambda: (
        HTTPSConnection._new_conn is HTTPConnection._new_conn
    ),
    "HTTPConnection.connect() connects by _new_conn()": lambda: (
        connects_through_new_conn(HTTPConnection)
    ),
    "HTTPSConnection.connect() connects by _new_conn()": lambda: (
        connects_through_new_conn(HTTPSConnection)
    ),
    "HTTPConnection._dns_host, with the dot that .host lacks": lambda: (
        HTTPConnection("dss.example.com.")._dns_host == "dss.example.com."
    ),
    "timeout, source_address, socket_options and sock of a connection": lambda: (
        vars(HTTPConnection("h", timeout=3, source_address=("", 1))).items()
        >= {"timeout": 3, "source_address": ("", 1), "sock": None}.items()
        and (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        in (HTTPConnection("h").socket_options or [])
    ),
    "allowed_gai_family()": lambda: (
        allowed_gai_family() in (socket.AF_INET, socket.AF_UNSPEC)
    ),
    "NewConnectionError and ConnectTimeoutError take a connection and a text": lambda: (
        "why" in str(NewConnectionError(HTTPConnection("h"), "why"))
        and "why" in str(ConnectTimeoutError(HTTPConnection("h"), "why"))
    ),
    "pool_classes_by_scheme of a pool manager": lambda: (
        PoolManager().pool_classes_by_scheme
        == {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
    ),
    "ConnectionCls of a pool": lambda: (
        HTTPConnectionPool.ConnectionCls is HTTPConnection
        and HTTPSConnectionPool.ConnectionCls is HTTPSConnection
    ),
    "getresponse() makes a response_class, which reads a socket by .fp": lambda: (
        reads_by_fp(HTTPConnection) and reads_by_fp(HTTPSConnection)
    ),
    "requests reads a body by raw.stream(), and caches it": lambda: (
        body_of_stream() == b"ab"
    ),
    "poolmanager, proxy_manager and proxy_manager_for() of requests": lambda: (
        isinstance(HTTPAdapter().poolmanager, PoolManager)
        and HTTPAdapter().proxy_manager == {}
        and parameters(HTTPAdapter.proxy_manager_for)[1] == "proxy"
    ),
}


@pytest.mark.parametrize("what", RELIED_ON)
def test_urllib3_has_what_the_socket_tracker_relies_on(what):
    advice = (
        f"urllib3 {version('urllib3')} or requests {version('requests')} changed: "
        f"{what}. dataikuapi/iac/sync/sockets.py relies on that: adapt it, or exclude "
        "the release in pyproject.toml; see docs/decisions/0020"
    )
    try:
        assert RELIED_ON[what](), advice
    except (AttributeError, TypeError) as error:
        raise AssertionError(advice) from error


def test_the_next_major_release_of_urllib3_is_excluded():
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert re.search(r'"urllib3>=2[.\d]*,<3"', pyproject)


# Sessions and timeouts


POLICY = RetryPolicy(connect_timeout=3, read_timeout=7)


class Recorder(HTTPAdapter):
    """Records the timeouts, and connects to nothing."""

    timeouts: ClassVar[list[Any]] = []

    def send(
        self,
        request,
        stream=False,
        timeout=None,
        verify=True,
        cert=None,
        proxies=None,
    ):
        self.timeouts.append(timeout)
        raise requests.ConnectionError("no network here")


@pytest.fixture
def client():
    Recorder.timeouts.clear()
    client = DSSClient("http://dss.invalid", "key", extra_headers={"X-Team": "a"})
    client._session.mount("http://", Recorder())
    return client


def manager_of(client, policy):
    """Return a manager that has no state."""
    backend = Mock(**{"exists.return_value": False})
    return StateManager(backend, client, "test", policy=policy)


def test_every_call_has_a_timeout(client):
    with pytest.raises(requests.ConnectionError):
        clone_client(client, POLICY).list_projects()

    assert Recorder.timeouts == [(3, 7)]


def test_timeout_of_the_caller_is_kept(client):
    with pytest.raises(requests.ConnectionError):
        clone_client(client, POLICY)._session.get("http://dss.invalid", timeout=1)

    assert Recorder.timeouts == [1]


def test_client_of_the_caller_is_not_changed(client):
    session, headers = client._session, dict(client._session.headers)
    adapters = dict(session.adapters)
    max_retries = session.adapters["https://"].max_retries
    own = clone_client(client, POLICY, SocketTracker())
    own._session.headers["X-Other"] = "b"
    with pytest.raises(requests.ConnectionError):
        client.list_projects()

    assert client._session is session
    assert dict(session.headers) == headers
    assert dict(session.adapters) == adapters
    assert session.adapters["https://"].max_retries is max_retries
    assert session.hooks == {"response": []}
    assert Recorder.timeouts == [None]


def test_credentials_and_settings_are_copied(client):
    client._session.verify = False
    client._session.proxies["http"] = "http://proxy"
    own = clone_client(client, POLICY)

    assert own.host == client.host
    assert own._session.auth == client._session.auth
    assert own._session.headers["X-Team"] == "a"
    assert own._session.verify is False
    assert own._session.proxies == {"http": "http://proxy"}


def test_mock_is_used_as_it_is():
    for double in (Mock(), create_autospec(DSSClient, instance=True)):
        assert adapt_client(double).clone(POLICY) is double


def test_all_syncs_have_timeouts(client):
    manager = manager_of(client, POLICY)
    for call in (
        lambda: manager.sync_project("SHOP"),
        manager.sync_all,
        lambda: manager.sync_resource("dataset.SHOP.x"),
        lambda: manager.sync_resource("recipe.SHOP.x"),
    ):
        with pytest.raises(DSSUnreachableError):
            call()
    assert set(Recorder.timeouts) == {(3, 7)}

    Recorder.timeouts.clear()
    with pytest.raises(DSSUnreachableError):
        DatasetSync(client).list_all("SHOP")
    assert Recorder.timeouts == [(10.0, 60.0)]


def test_every_address_of_a_host_is_tried(server, monkeypatch):
    """Such as of localhost, where often nothing listens on the IPv6 address."""
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    found = [(*kind, ("127.0.0.1", 1)), (*kind, address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    own = clone_client(DSSClient(server.url, server.api_key), POLICY, SocketTracker())

    assert "ORDERS_DEMO" in own.list_project_keys()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        yield server


def test_socket_tracked_after_the_shutdown_is_shut_down(listener):
    sockets = SocketTracker()
    sockets.shutdown()
    with socket.create_connection(listener.getsockname()) as late:
        sockets.add(late)
        assert late.recv(1) == b""


def test_no_connection_is_made_after_the_shutdown(server):
    sockets = SocketTracker()
    policy = RetryPolicy(max_retries=0)
    own = clone_client(DSSClient(server.url, server.api_key), policy, sockets)
    assert "ORDERS_DEMO" in own.list_project_keys()
    sockets.shutdown()
    with pytest.raises(requests.ConnectionError):
        own.list_project_keys()


def test_host_that_accepts_no_connection_is_a_timeout(listener):
    address = listener.getsockname()
    with ExitStack() as stack:
        for _ in range(8):  # More than the host queues.
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        client = DSSClient(f"http://127.0.0.1:{address[1]}", "key")
        policy = RetryPolicy(connect_timeout=0.05, max_retries=0)
        with pytest.raises(DSSTimeoutError):
            manager_of(client, policy).sync_project("SHOP")


def test_host_without_an_address_is_unreachable(monkeypatch):
    client = DSSClient("http://dss.invalid", "key")
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=error))
    with pytest.raises(DSSUnreachableError, match="Name or service not known"):
        manager_of(client, RetryPolicy(max_retries=0)).sync_project("SHOP")


def test_invalid_host_name_is_unreachable():
    client = DSSClient(f"http://{'a' * 64}.example", "key")
    with pytest.raises(DSSUnreachableError, match="Check the URL"):
        manager_of(client, RetryPolicy(max_retries=0)).sync_project("SHOP")


def test_connection_class_with_a_new_conn_of_its_own_is_kept(server):
    """As urllib3 has one for SOCKS proxies, which connects by PySocks."""
    opened = []

    class Connection(HTTPConnection):
        def _new_conn(self):
            opened.append(super()._new_conn())
            return opened[-1]

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    sockets = SocketTracker()
    own = clone_client(DSSClient(server.url, server.api_key), POLICY)
    adapter = HTTPAdapter()
    adapter.poolmanager.pool_classes_by_scheme = {"http": Pool}
    sockets.track(adapter)
    own._session.mount("http://", adapter)
    assert "ORDERS_DEMO" in own.list_project_keys()
    sockets.shutdown()

    assert len(opened) == 1
    assert opened[0].recv(1) == b"", "it is tracked once it is connected"
    own._session.close()
