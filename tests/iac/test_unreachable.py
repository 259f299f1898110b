"""Connections that fail: the cause is named, and what cannot succeed is not retried."""

import socket
from unittest.mock import Mock

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DSSUnreachableError,
    InvalidResponseError,
    RetryPolicy,
    StateManager,
)
from dataikuapi.iac.sandbox import Fault, ProjectStore
from iac.raw_server import certificate, raw_server, tls

UNUSED = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def waits():
    return []


def failure(waits, url, expected=DSSUnreachableError, **session):
    """Return the message of a request that fails."""
    client = DSSClient(url, "the-key")
    for name, value in session.items():
        setattr(client._session, name, value)
    policy = RetryPolicy(sleep=waits.append, jitter=lambda: 0.5)
    with pytest.raises(expected) as raised:
        StateManager(Mock(), client, "x", policy=policy).sync_resource("project.SHOP")
    message = str(raised.value)
    assert type(raised.value) is expected
    assert url.rpartition("@")[2].rpartition("://")[2] in message
    assert "the-key" not in message and "hunter2" not in message
    return message


# Certificates


@pytest.mark.parametrize("setting", ["verify", "cert"])
def test_file_with_certificates_that_does_not_exist(waits, setting):
    message = failure(waits, f"https://{UNUSED}", **{setting: "/no/such/file.pem"})

    assert "/no/such/file.pem" in message
    assert "Check the path" in message
    assert waits == []


def test_file_that_holds_no_certificates(waits, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate")
    with raw_server(lambda _: None) as port:
        message = failure(waits, f"https://127.0.0.1:{port}", verify=str(file))

    assert "TLS" in message
    assert waits == []


def test_certificate_that_is_not_trusted(waits, tmp_path):
    with raw_server(lambda _: None, tls(*certificate(tmp_path, "localhost"))) as port:
        message = failure(waits, f"https://localhost:{port}")

    assert "certificate is not valid here: self-signed certificate" in message.replace(
        "self signed", "self-signed"
    )
    assert "REQUESTS_CA_BUNDLE" in message
    assert waits == [], "it is not retried"


def test_certificate_of_another_host(waits, tmp_path):
    pem, key = certificate(tmp_path, "dss.example.com")
    with raw_server(lambda _: None, tls(pem, key)) as port:
        message = failure(waits, f"https://localhost:{port}", verify=str(pem))

    assert "not valid for 'localhost'" in message
    assert waits == []


def test_https_where_http_is_served(waits, server):
    message = failure(waits, server.url.replace("http:", "https:"))

    assert "the TLS connection failed" in message and "serves https" in message
    assert waits == []


def test_http_where_https_is_served(waits):
    alert = b"\x15\x03\x01\x00\x02\x02\x46"
    with raw_server(lambda connection: connection.sendall(alert)) as port:
        message = failure(waits, f"http://127.0.0.1:{port}")

    assert "the port serves https, and the URL says http. Use https://" in message
    assert waits == []


# Names, networks and proxies


NAME_ERRORS = {
    "unknown": (socket.EAI_NONAME, [0.25]),
    "for the moment": (socket.EAI_AGAIN, [0.25, 0.5, 1.0, 2.0]),
}


@pytest.mark.parametrize(
    ("code", "expected"), NAME_ERRORS.values(), ids=list(NAME_ERRORS)
)
def test_unknown_host_is_retried_once(waits, monkeypatch, code, expected):
    error = socket.gaierror(code, "Name or service not known")
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=error))
    message = failure(waits, "http://dss.invalid")

    assert "Name or service not known" in message
    assert waits == expected


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_refuses_connections(waits, scheme):
    proxies = {scheme: f"http://me:hunter2@{UNUSED}"}
    message = failure(waits, f"{scheme}://dss.example.com", proxies=proxies)

    assert f"the proxy {UNUSED} failed: Connection refused" in message
    assert "Check the proxy" in message


def test_proxy_in_the_environment(waits, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{UNUSED}")

    assert f"the proxy {UNUSED} failed" in failure(waits, "http://dss.example.com")


def test_proxy_that_is_not_a_url(waits):
    message = failure(waits, "http://dss.example.com", proxies={"http": "http:///x"})

    assert "the proxy" in message and "Check the proxy" in message


def test_proxy_that_refuses_the_tunnel(waits):
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    with raw_server(lambda connection: connection.sendall(refusal)) as port:
        proxies = {"https": f"http://127.0.0.1:{port}"}
        message = failure(waits, "https://dss.example.com", proxies=proxies)

    assert "407 Proxy Authentication Required" in message
    assert f"127.0.0.1:{port}" in message
    assert waits == []


# Redirects


def test_redirect_to_another_host_is_named_and_not_followed(waits, server, serve):
    with serve(ProjectStore()) as other:
        requested = []
        other.faults = lambda method, path: requested.append(path)
        secret = other.url.replace("http://", "http://me:hunter2@")
        server.faults = lambda method, path: Fault.redirect(f"{secret}/login")
        message = failure(waits, server.url, InvalidResponseError)

    assert f"redirects to {other.url} (requested: project.SHOP)" in message
    assert "does not accept the API key" not in message
    assert requested == []


def test_redirect_on_the_same_host_is_followed(server):
    moved = "/projects/ORDERS_DEMO/metadata"
    target = f"{server.url}/public/api{moved}"
    requested = []

    def plan(method, path):
        requested.append(path)
        first = path == moved and requested.count(moved) == 1
        return Fault.redirect(target) if first else None

    server.faults = plan
    manager = StateManager(Mock(), DSSClient(server.url, server.api_key), "x")

    assert manager.sync_resource("project.ORDERS_DEMO").attributes["name"]
    assert requested.count(moved) == 2


def test_redirects_in_a_loop(waits, server):
    server.faults = lambda method, path: Fault.redirect("/login")

    assert "redirects in a loop" in failure(waits, server.url, InvalidResponseError)
    assert waits == []
