"""Asking in several threads: under one limit, in order, and ended at once."""

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DSSError, DSSUnreachableError, StateManager
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sync.sockets import SocketTracker
from dataikuapi.iac.sync.workers import Workers


@pytest.fixture
def client():
    return DSSClient("http://dss.invalid", "key")


def threads():
    return [item for item in threading.enumerate() if "dataiku-iac" in item.name]


def test_outcomes_come_in_the_order_of_the_calls(client):
    workers = Workers(client, 4)
    with workers.running():
        waits = [0.03, 0.0, 0.02, 0.01]
        calls = [lambda wait=wait: time.sleep(wait) or wait for wait in waits]
        assert workers.run(calls) == waits


def test_an_error_of_ours_is_an_outcome_and_another_one_ends_it_all(client):
    def fail(error):
        raise error

    workers, error = Workers(client, 3), DSSError("no")
    with workers.running():
        assert workers.run([lambda: 1, lambda: fail(error), lambda: 2]) == [1, error, 2]
        with pytest.raises(ZeroDivisionError):
            workers.run([lambda: 1 / 0] * 5)


@pytest.mark.parametrize("max_workers", [1, 2, 5])
def test_calls_within_calls_stay_under_the_limit(client, max_workers):
    workers, lock, running, most = (
        Workers(client, max_workers),
        threading.Lock(),
        [0],
        [],
    )

    def leaf():
        with lock:
            running[0] += 1
            most.append(running[0])
        time.sleep(0.002)
        with lock:
            running[0] -= 1
        return 1

    def branch():
        return sum(workers.run([leaf] * 5))

    with workers.running():
        assert workers.run([branch] * 10) == [5] * 10
    assert max(most) <= max_workers
    assert max_workers == 1 or max(most) > 1


def test_without_threads_the_calls_are_made_one_after_the_other(client):
    workers = Workers(client, 5)
    assert workers.run([threading.get_ident] * 3) == [threading.get_ident()] * 3
    assert threads() == []


def test_a_run_that_was_ended_leaves_nothing_for_the_next_one(client):
    made, workers = [], Workers(client)
    with pytest.raises(ZeroDivisionError):
        workers.run([lambda: 1 / 0, lambda: made.append("stale")])
    assert workers.run([lambda: 1]) == [1]
    assert made == []

    def gone():
        error = DSSUnreachableError("gone")
        error.no_connection = True
        raise error

    workers.run([gone])
    assert workers.run([lambda: 1]) == [1]


def test_a_client_that_is_no_dss_client_is_used_in_one_thread():
    double = object()
    workers = Workers(double, 5)
    with workers.running():
        assert workers.run([lambda: workers.client] * 3) == [double] * 3
        assert set(workers.run([threading.get_ident] * 9)) == {threading.get_ident()}


def test_each_thread_has_a_session_of_its_own(client):
    workers, barrier = Workers(client, 3), threading.Barrier(3)

    def session():
        barrier.wait(5)
        return id(workers.client._session)

    with workers.running():
        sessions = workers.run([session] * 3)
    assert len({*sessions, id(client._session)}) == 4


def test_there_has_to_be_a_worker(client):
    with pytest.raises(ValueError, match="max_workers is 0"):
        Workers(client, 0)


def test_nobody_goes_on_asking_a_host_that_is_gone(client):
    asked = []

    def fail():
        asked.append(1)
        raise gone

    gone = DSSUnreachableError("gone")
    gone.no_connection = True
    workers = Workers(client, 2)
    with workers.running():
        outcomes = workers.run([fail] * 100)
    assert len(asked) <= 2
    assert all(isinstance(outcome, DSSUnreachableError) for outcome in outcomes)
    assert isinstance(workers.run([lambda: 1])[0], int), "the next sync asks again"


@pytest.mark.parametrize("max_workers", [1, 3])
def test_progress_counts_every_call(client, max_workers):
    told, workers = [], Workers(client, max_workers)
    with workers.running(lambda done, known: told.append((done, known))):
        workers.run([lambda: workers.run([lambda: 1] * 2)] * 3)

    assert [done for done, _ in told] == list(range(1, 10))
    assert told[-1] == (9, 9)


def test_no_thread_is_left(server, tmp_path):
    manager = StateManager.local(DSSClient(server.url, server.api_key), "x")
    manager.sync_project("ORDERS_DEMO")

    assert threads() == []


def seconds_until_ctrl_c_ends(manager):
    """Sync, press Ctrl-C after 0.3 seconds, and tell how long it took in all."""
    ring = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    ring.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        manager.sync_project("ORDERS_DEMO")
    took = time.monotonic() - started
    ring.join()
    return took


def test_ctrl_c_ends_a_sync_within_a_second_and_leaves_no_thread(server):
    manager = StateManager.local(DSSClient(server.url, server.api_key), "x")
    manager.sync_project("ORDERS_DEMO")
    server.faults = lambda method, path: (
        Fault.slow(20) if "/recipes/" in path and path[-1] != "/" else None
    )

    assert seconds_until_ctrl_c_ends(manager) < 1.3
    assert threads() == []
    server.faults = None
    assert manager.sync_project("ORDERS_DEMO").resources, "and it works again"


def test_ctrl_c_ends_a_wait_between_two_tries(server):
    manager = StateManager.local(DSSClient(server.url, server.api_key), "x")
    server.faults = lambda method, path: Fault.page(503, {"Retry-After": "30"})
    seconds_until_ctrl_c_ends(manager)

    assert threads() == []


@pytest.fixture
def listener():
    """A port of a host that lets connect, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        yield server


@pytest.fixture
def full(listener):
    """One with a queue of connections that is full: connecting to it waits."""
    with ExitStack() as stack:
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener


# Where Ctrl-C lands in a TLS handshake, Python leaves its socket to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("scheme", "host"), [("http", "full"), ("https", "full"), ("https", "listener")]
)
def test_ctrl_c_ends_a_wait_for_a_connection(scheme, host, request, tmp_path):
    port = request.getfixturevalue(host).getsockname()[1]
    client = DSSClient(f"{scheme}://127.0.0.1:{port}", "key")
    manager = StateManager.local(client, "x")

    assert seconds_until_ctrl_c_ends(manager) < 1.3
    assert threads() == []


def test_a_connection_that_is_opened_after_the_end_is_ended(listener):
    sockets = SocketTracker()
    sockets.shutdown()
    with socket.create_connection(listener.getsockname()) as late:
        sockets.add(late)
        assert late.recv(1) == b""
