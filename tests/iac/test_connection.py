"""Calling DSS: in time, again where that helps, and on sessions of our own."""

import socket
from unittest.mock import Mock, create_autospec

import pytest
import requests
from requests.adapters import HTTPAdapter

from dataikuapi import DSSClient
from dataikuapi.iac import DatasetSync, DSSUnreachableError, RetryPolicy, StateManager
from dataikuapi.iac.sync.connection import clone_client
from dataikuapi.iac.sync.sockets import SocketTracker

POLICY = RetryPolicy(connect_timeout=3, read_timeout=7)


class Recorder(HTTPAdapter):
    """Notes the time-outs, and connects to nothing."""

    time_outs = []

    def send(self, request, timeout=None, **kwargs):
        self.time_outs.append(timeout)
        raise requests.ConnectionError("no network here")


@pytest.fixture
def client():
    Recorder.time_outs.clear()
    client = DSSClient("http://dss.invalid", "key", extra_headers={"X-Team": "a"})
    client._session.mount("http://", Recorder())
    return client


def test_every_call_has_a_time_out(client):
    with pytest.raises(requests.ConnectionError):
        clone_client(client, POLICY).list_projects()

    assert Recorder.time_outs == [(3, 7)]


def test_a_time_out_that_somebody_sets_stays(client):
    with pytest.raises(requests.ConnectionError):
        clone_client(client, POLICY)._session.get("http://dss.invalid", timeout=1)

    assert Recorder.time_outs == [1]


def test_the_callers_client_is_left_as_it_is(client):
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
    assert Recorder.time_outs == [None]


def test_credentials_and_settings_come_along(client):
    client._session.verify = False
    client._session.proxies["http"] = "http://proxy"
    own = clone_client(client, POLICY)

    assert own.host == client.host
    assert own._session.auth == client._session.auth
    assert own._session.headers["X-Team"] == "a"
    assert own._session.verify is False
    assert own._session.proxies == {"http": "http://proxy"}


def test_a_mock_is_used_as_it_is():
    for double in (Mock(), create_autospec(DSSClient, instance=True)):
        assert clone_client(double, POLICY) is double


def test_all_syncs_call_with_a_time_out(client):
    backend = Mock(**{"exists.return_value": False})
    manager = StateManager(backend, client, "test", policy=POLICY)
    for call in (
        lambda: manager.sync_project("SHOP"),
        lambda: manager.sync_all(),
        lambda: manager.sync_resource("dataset.SHOP.x"),
        lambda: manager.sync_resource("recipe.SHOP.x"),
    ):
        with pytest.raises(DSSUnreachableError):
            call()
    assert set(Recorder.time_outs) == {(3, 7)}

    Recorder.time_outs.clear()
    with pytest.raises(DSSUnreachableError):
        DatasetSync(client).list_all("SHOP")
    assert Recorder.time_outs == [(10.0, 60.0)]


def test_each_address_of_a_host_is_tried(server, monkeypatch):
    """As with localhost, whose IPv6 address comes first and often answers nothing."""
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    found = [(*kind, ("127.0.0.1", 1)), (*kind, address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    own = clone_client(DSSClient(server.url, server.api_key), POLICY, SocketTracker())

    assert "ORDERS_DEMO" in own.list_project_keys()
