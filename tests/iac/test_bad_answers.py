"""Whatever a host answers: an error of our tree, the host, the object, what to do."""

from unittest.mock import create_autospec

import pytest
from dataikuapi.utils import DataikuException

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DSSAuthenticationError,
    DSSError,
    DSSPermissionError,
    DSSTimeoutError,
    DSSUnreachableError,
    InvalidResponseError,
    LocalFileBackend,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    StateBackend,
    StateManager,
    SyncError,
    UnexpectedResponseError,
    UnsupportedValueError,
)
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sync.policy import RetryPolicy

IDS = [
    "project.ORDERS_DEMO",
    "dataset.ORDERS_DEMO.orders",
    "recipe.ORDERS_DEMO.compute_shipments",
]
UNAUTHORIZED = "com.dataiku.dip.exceptions.UnauthorizedException"
NOT_FOUND = "com.dataiku.dip.exceptions.NotFoundException"


def manager(host, key, backend=None, **policy):
    """Return a manager that waits for nothing between two tries."""
    policy = RetryPolicy(sleep=lambda seconds: None, **policy)
    backend = backend or create_autospec(StateBackend, **{"exists.return_value": False})
    return StateManager(backend, DSSClient(host, key), "test", policy=policy)


def refusal(expected, host, key, resource_id, **policy):
    """Return the message with which a resource cannot be read."""
    with pytest.raises(expected) as raised:
        manager(host, key, **policy).sync_resource(resource_id)
    assert type(raised.value) is expected
    message = str(raised.value)
    assert key not in message
    assert isinstance(raised.value, DataikuException)
    return message


FAULTS = {
    "a proxy's 502 page": (Fault.page(502), InvalidResponseError, "returned 502"),
    "a proxy's 404 page": (Fault.page(404), InvalidResponseError, "returned 404"),
    "a proxy's 403 page": (Fault.page(403), InvalidResponseError, "returned 403"),
    "a login page": (Fault.page(200), InvalidResponseError, "login page"),
    "nothing": (Fault.text(""), InvalidResponseError, "not JSON"),
    "another JSON object": (
        Fault.text('{"a": 1}'),
        UnexpectedResponseError,
        "not what DSS",
    ),
    "a JSON array": (Fault.text("[1, 2]"), UnexpectedResponseError, "not what DSS"),
    "null": (Fault.text("null"), UnexpectedResponseError, "not what DSS"),
    "a JSON string": (Fault.text('"x"'), UnexpectedResponseError, "not what DSS"),
    "endless nesting": (
        Fault.text("[" * 9000),
        UnexpectedResponseError,
        "not what DSS",
    ),
    "a JSON array as an error": (
        Fault.text("[]", 500),
        InvalidResponseError,
        "returned 500",
    ),
    "a failure of DSS": (
        Fault.error(500, "java.lang.NullPointerException", "oh no"),
        DSSError,
        "returned 500 for project.ORDERS_DEMO: java.lang.NullPointerException: oh no",
    ),
    "a closed connection": (Fault.reset(), DSSUnreachableError, "cannot reach"),
}


@pytest.mark.parametrize(
    ("fault", "expected", "said"), FAULTS.values(), ids=list(FAULTS)
)
@pytest.mark.parametrize("resource_id", IDS)
def test_a_fault_is_an_error_that_says_so(server, resource_id, fault, expected, said):
    server.faults = lambda method, path: fault
    message = refusal(expected, server.url, server.api_key, resource_id)

    assert said.replace(IDS[0], resource_id) in message
    assert server.url in message
    assert resource_id in message


@pytest.mark.parametrize("resource_id", IDS)
@pytest.mark.parametrize("max_retries", [0, 2])
def test_no_answer_in_time(server, resource_id, max_retries):
    server.faults = lambda method, path: Fault.slow(1)
    patience = {"read_timeout": 0.05, "max_retries": max_retries}
    message = refusal(
        DSSTimeoutError, server.url, server.api_key, resource_id, **patience
    )

    assert server.url in message and resource_id in message


HOSTS = {
    "closed port": ("http://127.0.0.1:9", "Connection refused"),
    "no scheme": ("127.0.0.1:9", "not a valid URL"),
    "nothing": ("", "not a valid URL"),
    "user and password in it": ("http://me:hunter2@127.0.0.1:9", "refused"),
}


@pytest.mark.parametrize(("host", "said"), HOSTS.values(), ids=list(HOSTS))
@pytest.mark.parametrize("resource_id", IDS)
def test_an_unreachable_host(resource_id, host, said):
    message = refusal(DSSUnreachableError, host, "the-key", resource_id)

    assert said in message
    assert "hunter2" not in message


def test_a_host_that_speaks_no_tls(server):
    https = server.url.replace("http://", "https://")

    assert "SSL" in refusal(DSSUnreachableError, https, server.api_key, IDS[0])


def test_a_slash_behind_the_host_does_no_harm(server):
    state = manager(f"{server.url}/", server.api_key).sync_project("ORDERS_DEMO")

    assert state.has_resource("project.ORDERS_DEMO")


@pytest.mark.parametrize("resource_id", IDS)
def test_a_wrong_key(server, resource_id):
    message = refusal(DSSAuthenticationError, server.url, "wrong-key", resource_id)

    assert "does not accept the API key" in message


@pytest.mark.parametrize("resource_id", IDS)
@pytest.mark.parametrize("project", ["ORDERS_DEMO", "NOPE"])
def test_a_forbidden_project_and_a_missing_one_are_not_visible(
    server, store, resource_id, project
):
    """DSS answers both alike; the key is asked for first, and is good."""
    key = store.add_api_key("somebody", projects=[])
    wanted = resource_id.replace("ORDERS_DEMO", project)
    message = refusal(ProjectNotVisibleError, server.url, key, wanted)

    assert f"has no project {project} visible to this API key" in message


def test_a_key_that_is_withdrawn_meanwhile_is_no_invisible_project(server):
    """403 for the project, but the key is unknown too: the key is the reason."""
    bad_key = Fault.error(
        401, "com.dataiku.dip.exceptions.NotAuthenticatedException", "Unknown API Key"
    )
    forbidden = Fault.error(403, UNAUTHORIZED, "Failed to read project permissions")
    server.faults = lambda method, path: (
        bad_key if path.startswith("/auth") else forbidden
    )
    refusal(DSSAuthenticationError, server.url, server.api_key, IDS[0])


@pytest.mark.parametrize("resource_id", IDS[1:])
def test_a_missing_right_inside_a_visible_project(server, resource_id):
    forbidden = Fault.error(403, UNAUTHORIZED, "you may not read that")
    server.faults = lambda method, path: (
        forbidden if "/datasets" in path or "/recipes" in path else None
    )
    message = refusal(DSSPermissionError, server.url, server.api_key, resource_id)

    assert "you may not read that" in message and "Ask for permission" in message


@pytest.mark.parametrize("wrapped", [False, True])
def test_what_dss_says_is_missing_is_missing(server, wrapped):
    missing = Fault.error(404, NOT_FOUND, "no such dataset")
    if wrapped:
        missing = Fault.error(403, UNAUTHORIZED, f"caused by {NOT_FOUND}: gone")
    server.faults = lambda method, path: missing if "/datasets/" in path else None
    message = refusal(ResourceNotFoundError, server.url, server.api_key, IDS[1])

    assert "has no dataset.ORDERS_DEMO.orders" in message


def test_the_key_is_in_no_message_even_if_dss_repeats_it(server):
    key = server.api_key
    server.faults = lambda method, path: Fault.error(400, "java.Error", f"bad: {key}")

    assert "bad: …" in refusal(DSSError, server.url, key, IDS[0])


def test_a_listing_that_fails_is_no_empty_one(server):
    server.faults = lambda method, path: (
        Fault.page() if path.endswith("/recipes/") else None
    )
    with pytest.raises(SyncError) as raised:
        manager(server.url, server.api_key).sync_project("ORDERS_DEMO")
    assert isinstance(
        raised.value.failures["recipe.ORDERS_DEMO.*"], InvalidResponseError
    )
    server.faults = lambda method, path: (
        Fault.page() if path.endswith("/projects/") else None
    )
    with pytest.raises(InvalidResponseError, match="the instance"):
        manager(server.url, server.api_key).sync_all()


def test_an_error_that_only_the_client_tells_is_understood_too(mock_client):
    """A client whose answers a caller replaced has no status to look at."""
    with pytest.raises(ResourceNotFoundError):
        StateManager(None, mock_client, "test").sync_resource("dataset.P.x")
    mock_client._perform_json = raising("Unknown error: <html>nginx</html>")
    with pytest.raises(InvalidResponseError):
        StateManager(None, mock_client, "test").sync_resource("dataset.P.x")
    mock_client._perform_json = raising(f"{UNAUTHORIZED}: no")
    with pytest.raises(DSSPermissionError):
        StateManager(None, mock_client, "test").project_sync.list_all()


def raising(text):
    def perform_json(method, path, **kwargs):
        if path == "/auth/info":
            return {}
        raise DataikuException(text)

    return perform_json


BAD_VALUES = {
    "NaN": (float("nan"), "NaN or infinite"),
    "huge integer": (10**30, "an integer beyond 64 bits"),
    "lone surrogate": ("\ud800", "a lone surrogate"),
}


@pytest.mark.parametrize(("value", "reason"), BAD_VALUES.values(), ids=list(BAD_VALUES))
def test_what_a_state_cannot_carry_is_refused_on_sync(server, store, value, reason):
    store.add_dataset("ORDERS_DEMO", "odd", params={"list": [value]})
    with pytest.raises(SyncError) as raised:
        manager(server.url, server.api_key).sync_project("ORDERS_DEMO")

    told = str(raised.value)
    failure = raised.value.failures["dataset.ORDERS_DEMO.odd"]
    assert isinstance(failure, UnsupportedValueError)
    assert isinstance(failure, ValueError)
    assert "dataset.ORDERS_DEMO.odd" in told
    assert f"attributes.params.list[0]: {reason}" in told


FOREIGN = {
    "projects without a key": ("/projects/", '[{"foo": 1}]'),
    "projects that are no list": ("/projects/", '{"ok": 1}'),
    "metadata that is a list": ("/metadata", "[]"),
    "settings that are a string": ("/settings", '"x"'),
    "permissions that are null": ("/permissions", "null"),
    "datasets without a name": ("/datasets/", '[{"foo": 1}]'),
    "recipes that are no list": ("/recipes/", '{"ok": 1}'),
    "a payload that is an object": (
        "/recipes/compute_shipments",
        '{"recipe": {"type": "python", "name": "x"}, "payload": {"a": 1}}',
    ),
}


@pytest.mark.parametrize(("path", "body"), FOREIGN.values(), ids=list(FOREIGN))
def test_json_of_another_shape_is_no_answer_of_dss(server, path, body):
    server.faults = lambda method, asked: (
        Fault.text(body) if asked.endswith(path) else None
    )
    with pytest.raises(DSSError) as raised:
        manager(server.url, server.api_key).sync_all()
    failures = getattr(raised.value, "failures", {"": raised.value})

    assert {type(error) for error in failures.values()} == {UnexpectedResponseError}
    assert len(failures) == 1


@pytest.mark.parametrize(
    "tag",
    ["x", [], {"lastModifiedOn": 10**20, "versionNumber": 1.5, "lastModifiedBy": 1}],
    ids=str,
)
def test_odd_bookkeeping_is_no_reason_to_fail(server, store, tag, tmp_path):
    store.add_dataset("ORDERS_DEMO", "odd", versionTag=tag, creationTag=tag)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    reader = manager(server.url, server.api_key, backend)
    reader.save_state(reader.sync_project("ORDERS_DEMO"))
    odd = backend.load().get_resource("dataset.ORDERS_DEMO.odd").metadata

    assert (odd.version_number, odd.last_modified_at, odd.last_modified_by) == (
        None,
        None,
        None,
    )


def test_a_payload_that_is_nested_too_deep_is_refused(server, store):
    payload = '{"a": ' + "[" * 20_000 + "]" * 20_000 + "}"
    store.add_recipe("ORDERS_DEMO", "odd", type="join", payload=payload)
    with pytest.raises(SyncError) as raised:
        manager(server.url, server.api_key).sync_project("ORDERS_DEMO")

    assert isinstance(
        raised.value.failures["recipe.ORDERS_DEMO.odd"], UnsupportedValueError
    )


@pytest.mark.parametrize("deep", [250, 440])
def test_what_is_nested_too_deep_is_refused_on_sync(server, store, deep):
    value = []
    for _ in range(deep):
        value = [value]
    store.add_dataset("ORDERS_DEMO", "odd", params={"deep": value})

    with pytest.raises(UnsupportedValueError, match="nested deeper than 200"):
        manager(server.url, server.api_key).sync_resource("dataset.ORDERS_DEMO.odd")
