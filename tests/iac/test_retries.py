"""Retries: which requests are repeated, after which waits, and when they give up."""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    ChangeType,
    DiffEngine,
    DSSError,
    DSSTimeoutError,
    InvalidResponseError,
    LocalFileBackend,
    RetryPolicy,
    StateManager,
    SyncError,
)
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sync.errors import translate_errors


class RecordedWaits:
    """Records the waits between retries instead of sleeping."""

    def __init__(self):
        self.waits = []

    def __call__(self, seconds):
        self.waits.append(seconds)


@pytest.fixture
def times():
    return RecordedWaits()


@pytest.fixture
def manager(server, tmp_path, times):
    policy = RetryPolicy(sleep=times, jitter=lambda: 0.5)
    backend = LocalFileBackend(tmp_path / "truth.state.json")
    client = DSSClient(server.url, server.api_key)
    return StateManager(backend, client, "test", policy=policy)


class FirstRequests:
    """A plan by which the first requests for each path fail."""

    def __init__(self, count, fault, pattern=""):
        self.count, self.fault, self.pattern = count, fault, pattern
        self.seen: dict[str, int] = {}

    def __call__(self, method, path):
        self.seen[path] = self.seen.get(path, 0) + 1
        fails = self.pattern in path and self.seen[path] <= self.count
        return self.fault if fails else None


TRANSIENT = {
    "429": Fault.page(429),
    "502": Fault.page(502),
    "503": Fault.page(503),
    "504": Fault.page(504),
    "closed connection": Fault.reset(),
    "truncated response": Fault.truncated(),
    "invalid Retry-After": Fault.page(503, {"Retry-After": "soon"}),
}


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=list(TRANSIENT))
def test_transient_fault_does_not_show(server, manager, times, fault):
    faultless = manager.sync_project("ORDERS_DEMO")
    server.faults = FirstRequests(2, fault)

    diffs = DiffEngine().diff(faultless, manager.sync_project("ORDERS_DEMO"))
    assert {diff.change_type for diff in diffs} == {ChangeType.UNCHANGED}
    assert times.waits


@pytest.fixture
def impatient(server, tmp_path):
    """Return a function that makes a manager with a short read timeout."""

    def made(max_retries):
        policy = RetryPolicy(
            read_timeout=0.5, max_retries=max_retries, sleep=lambda seconds: None
        )
        client = DSSClient(server.url, server.api_key)
        backend = LocalFileBackend(tmp_path / "truth.state.json")
        return StateManager(backend, client, "test", policy=policy)

    return made


@pytest.mark.parametrize(
    "fault", [Fault.slow(300), Fault.stalled(300)], ids=["late", "stalled"]
)
def test_late_response_is_retried(server, impatient, fault):
    server.faults = FirstRequests(1, fault, "/recipes/compute_shipments")
    # So many that a busy machine answers one of them within the timeout.
    manager = impatient(max_retries=10)

    assert manager.sync_resource("recipe.ORDERS_DEMO.compute_shipments")


def test_response_that_always_stalls_is_an_error(server, impatient):
    server.faults = FirstRequests(2, Fault.stalled(300), "/recipes/compute_shipments")
    with pytest.raises(DSSTimeoutError):
        impatient(max_retries=1).sync_resource("recipe.ORDERS_DEMO.compute_shipments")


def test_response_that_is_always_truncated_loses_nothing_else(server, manager):
    server.faults = FirstRequests(99, Fault.truncated(), "/recipes/compute_shipments")
    with pytest.raises(SyncError) as raised:
        manager.sync_project("ORDERS_DEMO")

    assert list(raised.value.failures) == ["recipe.ORDERS_DEMO.compute_shipments"]


def test_backoff_grows_and_has_jitter(server, manager, times):
    server.faults = FirstRequests(4, Fault.page(503), "/orders")
    manager.sync_resource("dataset.ORDERS_DEMO.orders")

    assert times.waits == [0.25, 0.5, 1.0, 2.0]
    assert RetryPolicy().jitter is not None


def test_retry_after_is_honored(server, manager, times):
    server.faults = FirstRequests(1, Fault.page(429, {"Retry-After": "7"}), "/orders")
    manager.sync_resource("dataset.ORDERS_DEMO.orders")

    assert times.waits == [7.0]


def test_retry_after_is_capped(server, manager, times):
    server.faults = FirstRequests(
        1, Fault.page(503, {"Retry-After": "86400"}), "/orders"
    )
    manager.sync_resource("dataset.ORDERS_DEMO.orders")

    assert times.waits == [60.0]


def test_permanent_fault_is_raised_after_five_attempts(server, manager, times):
    plan = server.faults = FirstRequests(99, Fault.page(503), "/orders")
    with pytest.raises(InvalidResponseError, match="returned 503"):
        manager.sync_resource("dataset.ORDERS_DEMO.orders")

    assert plan.seen["/projects/ORDERS_DEMO/datasets/orders"] == 5


@pytest.mark.parametrize("status", [400, 500])
def test_dss_error_is_not_retried(server, manager, times, status):
    error = Fault.error(status, "java.lang.IllegalArgumentException", "no")
    plan = server.faults = FirstRequests(99, error, "/orders")
    with pytest.raises(DSSError, match=f"returned {status}"):
        manager.sync_resource("dataset.ORDERS_DEMO.orders")

    assert plan.seen["/projects/ORDERS_DEMO/datasets/orders"] == 1
    assert times.waits == []


def test_write_is_never_retried(server, manager):
    plan = server.faults = FirstRequests(99, Fault.page(503), "/datasets/")
    client = manager.dataset_sync.client
    with pytest.raises(Exception, match="Unknown error"):
        client.get_project("ORDERS_DEMO").create_dataset("x", "Filesystem")

    assert plan.seen == {"/projects/ORDERS_DEMO/datasets/": 1}


@pytest.mark.parametrize("handled", [FileNotFoundError("x"), KeyError("x")])
def test_what_the_caller_is_handling_is_no_cause(manager, server, handled, times):
    """Such as a state that does not exist yet: then people sync."""
    server.faults = FirstRequests(1, Fault.reset())
    try:
        raise handled
    except (FileNotFoundError, KeyError):
        found = manager.sync_resource("dataset.ORDERS_DEMO.orders")
    assert found.attributes and times.waits
    server.faults = FirstRequests(99, Fault.reset())
    try:
        raise handled
    except (FileNotFoundError, KeyError):
        with pytest.raises(DSSError) as failed:
            manager.sync_resource("dataset.ORDERS_DEMO.orders")
    assert "No such file" not in str(failed.value) and ": x." not in str(failed.value)


def test_a_body_that_is_not_json_is_not_a_response(server):
    client = DSSClient(server.url, server.api_key)
    with pytest.raises(TypeError, match="set"), translate_errors(client, None):
        client._perform_json("PUT", "/projects/ORDERS_DEMO/variables", body={"a": {1}})
