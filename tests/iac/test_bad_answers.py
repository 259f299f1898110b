"""Bad responses: one of our exceptions, with host, object and next step."""

from unittest.mock import create_autospec

import pytest
import requests
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
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.sync.policy import RetryPolicy

IDS = [
    "project.ORDERS_DEMO",
    "dataset.ORDERS_DEMO.orders",
    "recipe.ORDERS_DEMO.compute_shipments",
]
UNAUTHORIZED = "com.dataiku.dip.exceptions.UnauthorizedException"
NOT_FOUND = "com.dataiku.dip.exceptions.NotFoundException"


def manager(host, key, backend=None, **policy):
    """Return a manager that does not sleep between retries."""
    patient = RetryPolicy(sleep=lambda seconds: None, **policy)
    backend = backend or create_autospec(StateBackend, **{"exists.return_value": False})
    return StateManager(backend, DSSClient(host, key), "test", policy=patient)


def error_message(expected, host, key, resource_id, **policy):
    """Return the error message from a failed sync of a resource."""
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
    "an empty body": (Fault.text(""), InvalidResponseError, "not JSON"),
    "another JSON object": (
        Fault.text('{"a": 1}'),
        UnexpectedResponseError,
        "does not look like a DSS response",
    ),
    "a JSON array": (
        Fault.text("[1, 2]"),
        UnexpectedResponseError,
        "does not look like a DSS response",
    ),
    "null": (
        Fault.text("null"),
        UnexpectedResponseError,
        "does not look like a DSS response",
    ),
    "a JSON string": (
        Fault.text('"x"'),
        UnexpectedResponseError,
        "does not look like a DSS response",
    ),
    "extreme nesting": (
        Fault.text("[" * 9000),
        UnexpectedResponseError,
        "does not look like a DSS response",
    ),
    "a JSON array as an error": (
        Fault.text("[]", 500),
        InvalidResponseError,
        "returned 500",
    ),
    "a DSS error": (
        Fault.error(500, "java.lang.NullPointerException", "oh no"),
        DSSError,
        "returned 500 for project.ORDERS_DEMO: java.lang.NullPointerException: oh no",
    ),
    "a closed connection": (Fault.reset(), DSSUnreachableError, "cannot reach"),
}


@pytest.mark.parametrize(
    ("fault", "expected", "expected_text"), FAULTS.values(), ids=list(FAULTS)
)
@pytest.mark.parametrize("resource_id", IDS)
def test_fault_raises_an_error_that_names_it(
    server, resource_id, fault, expected, expected_text
):
    server.faults = lambda method, path: fault
    message = error_message(expected, server.url, server.api_key, resource_id)

    assert expected_text.replace(IDS[0], resource_id) in message
    assert server.url in message
    assert resource_id in message


@pytest.mark.parametrize("resource_id", IDS)
@pytest.mark.parametrize("max_retries", [0, 2])
def test_timeout(server, resource_id, max_retries):
    server.faults = lambda method, path: Fault.slow(1)
    policy = {"read_timeout": 0.05, "max_retries": max_retries}
    message = error_message(
        DSSTimeoutError, server.url, server.api_key, resource_id, **policy
    )

    assert server.url in message and resource_id in message


HOSTS = {
    "closed port": ("http://127.0.0.1:9", "Connection refused"),
    "no scheme": ("127.0.0.1:9", "not a valid URL"),
    "nothing": ("", "not a valid URL"),
    "user and password in it": ("http://me:hunter2@127.0.0.1:9", "refused"),
}


@pytest.mark.parametrize(("host", "expected_text"), HOSTS.values(), ids=list(HOSTS))
@pytest.mark.parametrize("resource_id", IDS)
def test_unreachable_host(resource_id, host, expected_text):
    message = error_message(DSSUnreachableError, host, "the-key", resource_id)

    assert expected_text in message
    assert "hunter2" not in message


def test_host_without_tls(server):
    https = server.url.replace("http://", "https://")

    assert "SSL" in error_message(DSSUnreachableError, https, server.api_key, IDS[0])


def test_trailing_slash_in_host_is_accepted(server):
    state = manager(f"{server.url}/", server.api_key).sync_project("ORDERS_DEMO")

    assert state.has_resource("project.ORDERS_DEMO")


@pytest.mark.parametrize("resource_id", IDS)
def test_invalid_api_key(server, resource_id):
    message = error_message(
        DSSAuthenticationError, server.url, "wrong-key", resource_id
    )

    assert "does not accept the API key" in message


@pytest.mark.parametrize("resource_id", IDS)
@pytest.mark.parametrize("project", ["ORDERS_DEMO", "NOPE"])
def test_forbidden_and_missing_projects_are_not_visible(
    server, store, resource_id, project
):
    """DSS responds alike to both; the key is checked first, and it is valid."""
    key = store.add_api_key("somebody", projects=[])
    wanted = resource_id.replace("ORDERS_DEMO", project)
    message = error_message(ProjectNotVisibleError, server.url, key, wanted)

    assert f"has no project {project} visible to this API key" in message


def test_revoked_key_is_not_an_invisible_project(server):
    """403 for the project, but the key is unknown too: the key is the cause."""
    bad_key = Fault.error(
        401, "com.dataiku.dip.exceptions.NotAuthenticatedException", "Unknown API Key"
    )
    forbidden = Fault.error(403, UNAUTHORIZED, "Failed to read project permissions")
    server.faults = lambda method, path: (
        bad_key if path.startswith("/auth") else forbidden
    )
    error_message(DSSAuthenticationError, server.url, server.api_key, IDS[0])


@pytest.mark.parametrize("resource_id", IDS[1:])
def test_missing_permission_inside_a_visible_project(server, resource_id):
    forbidden = Fault.error(403, UNAUTHORIZED, "you may not read that")
    server.faults = lambda method, path: (
        forbidden if "/datasets" in path or "/recipes" in path else None
    )
    message = error_message(DSSPermissionError, server.url, server.api_key, resource_id)

    assert "you may not read that" in message and "Ask for permission" in message


@pytest.mark.parametrize("resource_id", IDS)
def test_key_that_may_read_nothing_is_checked_once(server, resource_id):
    """The check of the key is refused as well, and that is not checked in turn."""
    requested = []

    def refuse(method, path):
        requested.append(path)
        return Fault.error(403, UNAUTHORIZED, "you may not read that")

    server.faults = refuse
    message = error_message(DSSPermissionError, server.url, server.api_key, resource_id)

    assert f"denies the API key access to {resource_id}" in message
    assert requested.count("/auth/info") == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_not_found_in_dss_is_resource_not_found(server, wrapped):
    missing = Fault.error(404, NOT_FOUND, "no such dataset")
    if wrapped:
        missing = Fault.error(403, UNAUTHORIZED, f"caused by {NOT_FOUND}: gone")
    server.faults = lambda method, path: missing if "/datasets/" in path else None
    message = error_message(ResourceNotFoundError, server.url, server.api_key, IDS[1])

    assert "has no dataset.ORDERS_DEMO.orders" in message


def test_api_key_echoed_by_dss_is_not_in_the_message(server):
    key = server.api_key
    server.faults = lambda method, path: Fault.error(400, "java.Error", f"bad: {key}")

    assert "bad: <secret>" in error_message(DSSError, server.url, key, IDS[0])


def test_failed_listing_is_not_an_empty_one(server):
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


def test_error_known_only_from_the_clients_message_is_translated(
    mock_backend, mock_client
):
    """A client whose responses are replaced has no HTTP status to look at."""
    with pytest.raises(ResourceNotFoundError):
        StateManager(mock_backend, mock_client, "test").sync_resource("dataset.P.x")
    mock_client._perform_json = raising("Unknown error: <html>nginx</html>")
    with pytest.raises(InvalidResponseError):
        StateManager(mock_backend, mock_client, "test").sync_resource("dataset.P.x")
    mock_client._perform_json = raising(f"{UNAUTHORIZED}: no")
    with pytest.raises(DSSPermissionError):
        StateManager(mock_backend, mock_client, "test").project_sync.list_all()


def raising(text):
    def perform_json(method, path, **kwargs):
        if path == "/auth/info":
            return {}
        raise DataikuException(text)

    return perform_json


REQUESTS_ERRORS = {
    name: item
    for name, item in vars(requests.exceptions).items()
    if isinstance(item, type) and issubclass(item, requests.RequestException)
}


@pytest.mark.parametrize(
    "error_class", REQUESTS_ERRORS.values(), ids=list(REQUESTS_ERRORS)
)
def test_every_exception_of_requests_is_translated(error_class, server):
    client = DSSClient(server.url, server.api_key)
    arguments = ("reason", "", 0) if error_class is requests.JSONDecodeError else ()
    with (
        pytest.raises(DSSError, match="the instance") as raised,
        translate_errors(client, None),
    ):
        raise error_class(*arguments)
    assert server.url in str(raised.value)


BAD_VALUES = {
    "NaN": (float("nan"), "NaN or infinite"),
    "huge integer": (10**30, "an integer beyond 64 bits"),
    "lone surrogate": ("\ud800", "a lone surrogate"),
}


@pytest.mark.parametrize(("value", "reason"), BAD_VALUES.values(), ids=list(BAD_VALUES))
def test_unsupported_value_is_refused_on_sync(server, store, value, reason):
    store.add_dataset("ORDERS_DEMO", "odd", params={"list": [value]})
    with pytest.raises(SyncError) as raised:
        manager(server.url, server.api_key).sync_project("ORDERS_DEMO")

    message = str(raised.value)
    failure = raised.value.failures["dataset.ORDERS_DEMO.odd"]
    assert isinstance(failure, UnsupportedValueError)
    assert isinstance(failure, ValueError)
    assert "dataset.ORDERS_DEMO.odd" in message
    assert f"attributes.params.list[0]: {reason}" in message


UNEXPECTED = {
    "projects without a key": ("/projects/", '[{"foo": 1}]'),
    "projects that are not a list": ("/projects/", '{"ok": 1}'),
    "metadata that is a list": ("/metadata", "[]"),
    "settings that are a string": ("/settings", '"x"'),
    "permissions that are null": ("/permissions", "null"),
    "datasets without a name": ("/datasets/", '[{"foo": 1}]'),
    "recipes that are not a list": ("/recipes/", '{"ok": 1}'),
    "a payload that is an object": (
        "/recipes/compute_shipments",
        '{"recipe": {"type": "python", "name": "x"}, "payload": {"a": 1}}',
    ),
}


@pytest.mark.parametrize(("path", "body"), UNEXPECTED.values(), ids=list(UNEXPECTED))
def test_json_of_another_shape_is_an_unexpected_response(server, path, body):
    server.faults = lambda method, requested: (
        Fault.text(body) if requested.endswith(path) else None
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
def test_invalid_version_tags_do_not_fail_the_sync(server, store, tag, tmp_path):
    store.add_dataset("ORDERS_DEMO", "odd", versionTag=tag, creationTag=tag)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    reader = manager(server.url, server.api_key, backend)
    reader.save_state(reader.sync_project("ORDERS_DEMO"))
    odd = backend.load().resources["dataset.ORDERS_DEMO.odd"].metadata

    assert (odd.version_number, odd.last_modified_at, odd.last_modified_by) == (
        None,
        None,
        None,
    )


def test_payload_nested_too_deep_is_refused(server, store):
    payload = '{"a": ' + "[" * 20_000 + "]" * 20_000 + "}"
    store.add_recipe("ORDERS_DEMO", "odd", type="join", payload=payload)
    with pytest.raises(SyncError) as raised:
        manager(server.url, server.api_key).sync_project("ORDERS_DEMO")

    assert isinstance(
        raised.value.failures["recipe.ORDERS_DEMO.odd"], UnsupportedValueError
    )


@pytest.mark.parametrize("deep", [250, 440])
def test_document_nested_too_deep_is_refused_on_sync(server, store, deep):
    value: JSON = []
    for _ in range(deep):
        value = [value]
    store.add_dataset("ORDERS_DEMO", "odd", params={"deep": value})

    with pytest.raises(UnsupportedValueError, match="nested deeper than 200"):
        manager(server.url, server.api_key).sync_resource("dataset.ORDERS_DEMO.odd")
