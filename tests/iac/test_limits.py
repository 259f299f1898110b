"""Bounds of a call: it ends, and takes no more memory than allowed."""

import gzip
import json
from itertools import cycle
from time import sleep
from unittest.mock import Mock

import pytest
from starlette.responses import Response

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DSSError,
    DSSTimeoutError,
    InvalidResponseError,
    RetryPolicy,
    StateManager,
)
from dataikuapi.iac.sandbox import Fault
from iac.raw_server import raw_server

ORDERS = "dataset.ORDERS_DEMO.orders"


class Clock:
    """A clock that advances by a step whenever it is read."""

    def __init__(self, step=0.0):
        self.now = 0.0
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def manager(url, key="key", **policy):
    policy = {"sleep": lambda seconds: None, **policy}
    client = DSSClient(url, key)
    return StateManager(Mock(), client, "x", policy=RetryPolicy(**policy))


# Time


@pytest.mark.parametrize("status", [200, 404, 503])
def test_body_that_drips_ends_at_the_deadline(server, no_hanging, status):
    dripping = Fault.endless(b" ", pause=0.001, status=status)
    server.faults = lambda method, path: dripping
    reader = manager(server.url, server.api_key, deadline=50, clock=Clock(step=1))

    with pytest.raises(DSSTimeoutError):
        reader.sync_resource(ORDERS)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPPING = {
    "a status line": (b"", b"HTTP/1.1 200 "),
    "a header": (HEAD + b"X-Header: ", b"x"),
    "headers": (HEAD, b"X: y\r\n"),
    "responses before the last": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of known length": (HEAD + b"Content-Length: 100000000\r\n\r\n", b" "),
    "a body until the end": (HEAD + b"Connection: close\r\n\r\n", b" "),
    "one chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", b" "),
    "the length of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize(("start", "drip"), DRIPPING.values(), ids=list(DRIPPING))
def test_whatever_drips_ends_at_the_deadline(no_hanging, start, drip):
    def respond(connection):
        connection.sendall(start)
        for byte in cycle(drip):
            connection.sendall(bytes([byte]))
            sleep(0.001)

    with raw_server(respond) as port:
        clock = Clock(step=1)
        policy = {"deadline": 60, "clock": clock}
        with pytest.raises(DSSError) as raised:
            manager(f"http://127.0.0.1:{port}", **policy).sync_resource(ORDERS)

    assert "127.0.0.1" in str(raised.value)
    assert clock.now < 400


def test_default_deadline_is_ten_minutes():
    assert RetryPolicy().deadline == 600


def test_deadline_covers_retries(server):
    clock = Clock()
    requested = []

    def plan(method, path):
        requested.append(path)
        return Fault.page(503, {"Retry-After": "8"})

    server.faults = plan
    policy = {"sleep": clock.sleep, "clock": clock, "deadline": 20}
    with pytest.raises(InvalidResponseError, match="503"):
        manager(server.url, server.api_key, **policy).sync_resource(ORDERS)

    assert len(requested) == 3
    assert clock.now == 16


def test_deadline_covers_redirects(server):
    clock = Clock()

    def plan(method, path):
        clock.now += 4
        return Fault.redirect(f"/step/{clock.now}")

    server.faults = plan
    policy = {"clock": clock, "deadline": 30, "max_retries": 0}
    with pytest.raises(DSSTimeoutError):
        manager(server.url, server.api_key, **policy).sync_resource(ORDERS)


def test_each_call_has_the_whole_time(server):
    clock = Clock()

    def plan(method, path):
        clock.now += 20

    server.faults = plan
    policy = {"clock": clock, "deadline": 30}
    reader = manager(server.url, server.api_key, **policy)

    assert reader.sync_resource("project.ORDERS_DEMO").attributes["permissions"]


# Size


@pytest.fixture
def small(server):
    return manager(server.url, server.api_key, max_response_bytes=100_000)


class Recorded:
    """Responds to all requests with one fault, and records them."""

    def __init__(self, fault):
        self.fault = fault
        self.requested: list[str] = []

    def __call__(self, method, path):
        self.requested.append(path)
        return self.fault


@pytest.mark.parametrize("status", [200, 404, 500])
def test_compressed_body_is_limited_by_what_it_expands_to(server, small, status):
    plan = server.faults = Recorded(Fault.gzipped(20_000_000, status))
    with pytest.raises(InvalidResponseError, match="max_response_bytes"):
        small.sync_resource(ORDERS)

    assert len(plan.requested) <= 2, "it is not retried"


@pytest.mark.parametrize("status", [200, 404])
def test_body_without_end_is_limited(server, small, no_hanging, status):
    plan = server.faults = Recorded(Fault.endless(b" " * 10_000, status=status))
    with pytest.raises(InvalidResponseError, match="max_response_bytes"):
        small.sync_resource(ORDERS)

    assert len(plan.requested) <= 2


def test_error_body_that_is_discarded_is_limited(server, no_hanging):
    """Before a retry, urllib3 reads a body to its end."""
    faults = iter([Fault.endless(b" " * 100_000, status=503)])
    server.faults = lambda method, path: (
        next(faults, None) if path.endswith("/orders") else None
    )
    small = manager(server.url, server.api_key, max_response_bytes=100_000)

    assert small.sync_resource(ORDERS).attributes["name"] == "orders"


def test_compressed_body_within_the_limit_is_read(server, small):
    project = DSSClient(server.url, server.api_key).get_project("ORDERS_DEMO")
    document = project.get_dataset("orders").get_settings().get_raw()
    body = gzip.compress(json.dumps(document).encode())
    headers = {"Content-Encoding": "gzip", "DSS-Version": "14"}
    whole = Fault(Response(body, 200, headers, "application/json"))
    server.faults = lambda method, path: whole if path.endswith("/orders") else None

    assert small.sync_resource(ORDERS).attributes["name"] == "orders"
