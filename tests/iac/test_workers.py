"""Calls in several threads: in order, under one limit, and canceled at once."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DataikuIaCError,
    DSSError,
    DSSUnreachableError,
    LocalFileBackend,
    RetryPolicy,
    StateManager,
)
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.sync import DatasetSync
from dataikuapi.iac.sync.workers import Workers

PATIENCE = 60
"""Seconds that responses, connections and other threads take, or may take."""

AT_ONCE = 5
"""Seconds in which everything ends that does not wait, also on a busy machine."""


@pytest.fixture
def client():
    return DSSClient("http://dss.invalid", "key")


def threads():
    return [item for item in threading.enumerate() if "dataiku-iac" in item.name]


def await_threads(count):
    """Wait until there are this many threads."""
    deadline = time.monotonic() + PATIENCE
    while len(threads()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def have_ended(left):
    """Return whether the threads end by themselves."""
    for thread in left:
        thread.join(AT_ONCE)
    return not any(thread.is_alive() for thread in left)


def no_connection():
    error = DSSUnreachableError("no connection")
    error.no_connection = True
    return error


def fail(error):
    raise error


# Responses that threads share


def test_calls_for_fresh_responses_reach_dss(server):
    """Also those that other threads make."""
    client, path = DSSClient(server.url, server.api_key), "/projects/{project}/tags"
    workers, requested = Workers(client, 2, shared_paths=[path]), []
    server.faults = lambda method, path: requested.append(path)

    def tags():
        return workers.client.get_project(SAMPLE_PROJECT_KEY).get_tags()

    with workers.running():
        workers.run([tags, tags])
        assert len(requested) == 1
        with workers.fresh_responses():
            workers.run([tags, tags])
        assert len(requested) == 3
        workers.run([tags])
    assert len(requested) == 3


# Calls and their results


def test_results_are_in_the_order_of_the_calls(client):
    workers = Workers(client, 4)
    done = [threading.Event() for _ in range(5)]
    done[4].set()

    def call(number):
        assert done[number + 1].wait(PATIENCE)
        done[number].set()
        return number

    with workers.running():
        results = workers.run([partial(call, number) for number in range(4)])
    assert results == [0, 1, 2, 3]


def test_exception_of_the_package_is_a_result_and_any_other_ends_the_run(client):
    workers, error = Workers(client, 3), DSSError("no")
    with workers.running():
        assert workers.run([lambda: 1, lambda: fail(error), lambda: 2]) == [1, error, 2]
        with pytest.raises(ZeroDivisionError):
            workers.run([lambda: 1 / 0] * 5)


def test_other_exception_does_not_wait_for_calls_in_progress(client):
    workers, released = Workers(client, 3), threading.Event()
    begun = threading.Event()
    made: list[int] = []
    left: list[threading.Thread] = []

    def slow():
        begun.set()
        released.wait(PATIENCE)

    def broken():
        begun.wait(PATIENCE)
        return 1 / 0

    def branch():
        return workers.run([slow, broken, *[partial(made.append, 1)] * 100])

    def run():
        with workers.running():
            try:
                workers.run([branch])
            finally:
                left.extend(threads())
                released.set()

    started = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        run()
    assert time.monotonic() - started < PATIENCE
    assert have_ended(left)


@pytest.mark.parametrize("max_workers", [1, 2, 5])
def test_nested_calls_stay_under_the_limit(client, max_workers):
    workers, lock = Workers(client, max_workers), threading.Lock()
    running, most, full = set(), [], threading.Event()

    def leaf():
        with lock:
            running.add(threading.get_ident())
            most.append(len(running))
            if len(running) == max_workers:
                full.set()
        assert full.wait(PATIENCE), "fewer calls at the same time than allowed"
        with lock:
            running.remove(threading.get_ident())
        return 1

    def branch():
        return sum(workers.run([leaf] * 5))

    with workers.running():
        assert workers.run([branch] * 10) == [5] * 10
    assert max(most) == max_workers


def test_thread_that_waits_for_nested_calls_makes_them_too(client):
    workers, meeting = Workers(client, 3), threading.Barrier(3)

    def branch():
        return workers.run([partial(meeting.wait, PATIENCE)] * 3)

    with workers.running():
        (met,) = workers.run([branch])
    assert not isinstance(met, DataikuIaCError)
    assert sorted(met) == [0, 1, 2]


def test_nested_calls_do_not_wait_for_other_calls(client):
    workers, leaf_made = Workers(client, 2), threading.Event()

    def branch():
        return workers.run([leaf_made.set])

    with workers.running():
        calls: list[Callable[[], Any]] = [partial(leaf_made.wait, PATIENCE), branch]
        assert workers.run(calls) == [True, [None]]


def test_nesting_deeper_than_the_number_of_threads_does_not_deadlock(client):
    workers = Workers(client, 2)

    def branch(depth):
        if depth == 0:
            return 1
        return sum(workers.run([partial(branch, depth - 1)] * 3))

    with workers.running():
        assert branch(5) == 3**5


def test_without_threads_calls_are_sequential(client):
    workers = Workers(client, 5)
    assert workers.run([threading.get_ident] * 3) == [threading.get_ident()] * 3
    assert threads() == []


def test_ended_run_leaves_nothing_for_the_next_one(client):
    made, workers = [], Workers(client)
    with pytest.raises(ZeroDivisionError):
        workers.run([lambda: 1 / 0, lambda: made.append("stale")])
    assert workers.run([lambda: 1]) == [1]
    assert made == []

    workers.run([partial(fail, no_connection())])
    assert workers.run([lambda: 1]) == [1]


def test_client_that_is_not_a_dss_client_is_used_in_one_thread():
    double: Any = object()
    workers = Workers(double, 5)
    with workers.running():
        assert workers.run([lambda: workers.client] * 3) == [double] * 3
        assert set(workers.run([threading.get_ident] * 9)) == {threading.get_ident()}


def test_each_thread_has_a_session_of_its_own(client):
    workers, meeting = Workers(client, 3), threading.Barrier(3)

    def session():
        meeting.wait(PATIENCE)
        return workers.client._session

    with workers.running():
        sessions = workers.run([session] * 3)
    sessions += [client._session, workers.client._session]
    assert len(set(map(id, sessions))) == 5


def test_workers_of_another_client_have_the_same_limit_and_policy(client):
    waits: list[float] = []
    policy = RetryPolicy(initial_backoff=7, jitter=lambda: 0.5, sleep=waits.append)
    reader = DatasetSync(client, workers=Workers(client, 3, policy))
    reader.client = DSSClient("https://other.example.com", "key")
    workers = reader._workers
    workers._policy.wait(1)

    assert workers.client.host == "https://other.example.com"
    assert (workers._threads, waits) == (3, [7])


def test_policy_on_its_own_waits(monkeypatch):
    began = time.monotonic()
    RetryPolicy(initial_backoff=0.05, jitter=lambda: 0.5).wait(1)

    assert time.monotonic() - began >= 0.04


def test_max_workers_is_at_least_one(client):
    with pytest.raises(ValueError, match="max_workers is 0"):
        Workers(client, 0)


def test_no_call_is_made_after_a_failed_connection(client):
    made = []

    def call():
        made.append(1)
        raise no_connection()

    workers = Workers(client, 2)
    with workers.running():
        results = workers.run([call] * 100)
    assert len(made) <= 2
    assert all(isinstance(result, DSSUnreachableError) for result in results)
    assert isinstance(workers.run([lambda: 1])[0], int), "the next sync asks again"


@pytest.mark.parametrize("max_workers", [1, 3])
def test_progress_counts_every_call(client, max_workers):
    counts, workers = [], Workers(client, max_workers)
    with workers.running(lambda done, known: counts.append((done, known))):
        workers.run([lambda: workers.run([lambda: 1] * 2)] * 3)

    assert [done for done, _ in counts] == list(range(1, 10))
    assert counts[-1] == (9, 9)


def test_exception_of_the_progress_callback_ends_the_run(client):
    workers = Workers(client, 3)
    failing = workers.running(lambda done, known: 1 / 0)
    with pytest.raises(ZeroDivisionError), failing:
        workers.run([lambda: 1] * 9)
    assert threads() == []


def test_no_thread_is_left_after_a_sync(server, tmp_path):
    manager = StateManager.local(DSSClient(server.url, server.api_key), "x")
    manager.sync_project("ORDERS_DEMO")

    assert threads() == []


# Ctrl-C


def seconds_to_end(call, when):
    """Press Ctrl-C during a call, and return the seconds from there to its end.

    Args:
        call: has to end with KeyboardInterrupt.
        when: returns when it is time to press.
    """
    pressed, returned = [], []

    def press():
        when()
        time.sleep(0.2)  # Usually enough to get to where a thread waits; never needed.
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    finger = threading.Thread(target=press)

    def interrupted_call():
        finger.start()
        call()
        returned.append("before Ctrl-C")
        finger.join()

    with pytest.raises(KeyboardInterrupt):
        interrupted_call()
    seconds = time.monotonic() - pressed[0]
    finger.join()
    assert returned == []
    return seconds


@pytest.fixture
def syncing(tmp_path, sigint):
    """Return a function that returns the sync of a project, with long timeouts."""

    def sync(client):
        backend = LocalFileBackend(tmp_path / "x.state.json")
        policy = RetryPolicy(connect_timeout=PATIENCE, read_timeout=PATIENCE)
        manager = StateManager(backend, client, "x", policy=policy)
        return partial(manager.sync_project, "ORDERS_DEMO")

    return sync


def test_ctrl_c_while_threads_start_leaves_no_thread(client, monkeypatch):
    start, started = threading.Thread.start, []

    def interrupted(thread):
        start(thread)
        started.append(thread)
        if len(started) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), Workers(client, 5).running():
        pass
    assert len(started) == 3
    assert have_ended(started)


def test_ctrl_c_ends_a_sync_and_its_threads(server, syncing):
    sync, asked = syncing(DSSClient(server.url, server.api_key)), threading.Event()

    def plan(method, path):
        if "/recipes/" in path and path[-1] != "/":
            asked.set()
            return Fault.slow(PATIENCE)
        return None

    server.faults = plan
    assert seconds_to_end(sync, asked.wait) < AT_ONCE
    assert have_ended(threads())
    server.faults = None
    assert sync().resources, "and it works again"


def test_ctrl_c_ends_the_wait_before_a_retry(server, syncing):
    sync, asked = syncing(DSSClient(server.url, server.api_key)), threading.Event()

    def plan(method, path):
        asked.set()
        return Fault.page(503, {"Retry-After": str(PATIENCE)})

    server.faults = plan
    assert seconds_to_end(sync, asked.wait) < AT_ONCE
    assert have_ended(threads())


@pytest.fixture
def silent():
    """A host that accepts connections and never responds, and a wait for one."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=50))
        server.settimeout(PATIENCE)

        def await_request():
            connection = stack.enter_context(server.accept()[0])
            connection.recv(1)

        yield server.getsockname(), await_request


@pytest.fixture
def full():
    """A host with a full queue of connections, and a wait for all threads."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname(), partial(await_threads, 10)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["full", "silent"])
@pytest.mark.parametrize("is_proxy", [False, True])
def test_ctrl_c_ends_the_wait_for_a_host(scheme, host, is_proxy, request, syncing):
    (address, port), it_waits = request.getfixturevalue(host)
    client = DSSClient(f"{scheme}://{address}:{port}", "key")
    if is_proxy:
        client.host = f"{scheme}://dss.invalid"
        client._session.proxies[scheme] = f"http://{address}:{port}"

    assert seconds_to_end(syncing(client), it_waits) < AT_ONCE
    assert have_ended(threads())


def test_ctrl_c_does_not_wait_for_a_name_server(monkeypatch, syncing):
    answers = threading.Event()
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **kwargs: answers.wait(PATIENCE) and []
    )
    sync = syncing(DSSClient("http://dss.invalid", "key"))
    try:
        assert seconds_to_end(sync, partial(await_threads, 10)) < AT_ONCE
        left = threads()
        assert all(thread.daemon for thread in left), "Python does not wait on exit"
    finally:
        answers.set()
    assert have_ended(left)
