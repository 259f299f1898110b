"""Who may see what, which routes there are, and what the instance says of itself."""

from collections import defaultdict

import pytest

from dataikuapi.iac.sandbox.kinds.registry import KINDS
from dataikuapi.iac.sandbox.routes import api_routes
from iac.sandbox.api import assert_error


@pytest.mark.parametrize("path", ["/projects/", "/projects/P/recipes/", "/auth/info"])
@pytest.mark.parametrize(
    "options",
    [
        {"auth": ("wrong", "")},
        {"auth": None},
        {"auth": None, "headers": {"Authorization": "Bearer wrong"}},
        {"auth": None, "headers": {"Authorization": "Basic ???"}},
    ],
    ids=["unknown", "none", "bearer", "garbled"],
)
def test_a_wrong_key_is_401(api, path, options):
    response = api("GET", path, **options)
    assert_error(response, 401, "NotAuthenticatedException", "Unknown API Key")


def test_a_key_works_as_bearer_token(api, server):
    headers = {"Authorization": f"Bearer {server.api_key}"}
    assert api("GET", "/projects/", auth=None, headers=headers).status_code == 200


def filled(path, key):
    """Return a path with its parameters; those that are paths have slashes."""
    plain = path.replace(":path}", "}")
    return plain.format_map(defaultdict(lambda: "orders", key=key))


@pytest.mark.parametrize(
    "method, path",
    [
        (method, path)
        for path, methods in api_routes(KINDS).items()
        for method in methods
        if path.startswith("/projects/{key}")
    ],
)
def test_a_hidden_project_looks_like_a_missing_one(api, server, store, method, path):
    store.add_project("HIDDEN")
    api.key = store.add_api_key("bob", projects=["P"])
    hidden, missing = (
        api(method, filled(path, key), {}) for key in ("HIDDEN", "MISSING")
    )
    assert_error(
        hidden, 403, "UnauthorizedException", "Failed to read project permissions"
    )
    assert hidden.json() == missing.json()


def test_rights_are_checked_before_the_body(api):
    response = api("PUT", "/projects/MISSING/metadata", b"{")
    assert response.status_code == 403
    assert api("PUT", "/projects/P/metadata", b"{", auth=None).status_code == 401


def test_the_list_of_projects_has_the_visible_ones_only(api, store):
    store.add_project("HIDDEN")
    assert [p["projectKey"] for p in api.get("/projects/")] == ["P", "HIDDEN"]
    api.key = store.add_api_key("bob", projects=["P"])
    assert [p["projectKey"] for p in api.get("/projects/")] == ["P"]
    api.key = store.add_api_key("eve", projects=[])
    assert api.get("/projects/") == []


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/projects/P/permissions"),
        ("PUT", "/projects/P/permissions"),
        ("DELETE", "/projects/P"),
    ],
)
def test_permissions_need_admin_rights(api, store, method, path):
    api.key = store.add_api_key("bob", can_admin=False)
    assert_error(api(method, path, {}), 403, "UnauthorizedException", "administer")
    assert api.get("/projects/P/metadata")["label"] == "Le Projet"


def test_a_key_limited_to_projects_creates_none(api, store):
    api.key = store.add_api_key("bob", projects=["NEW"])
    response = api("POST", "/projects/", {"projectKey": "NEW", "owner": "bob"})
    assert_error(response, 403, "UnauthorizedException", "create projects")


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/projects/P/datasets/orders/data/"),
        ("POST", "/projects/P/datasets/managed/x"),
        ("GET", "/"),
    ],
)
def test_an_unknown_route_is_501_and_names_itself(api, method, path):
    response = api(method, path)
    named = f"{method} /dip/publicapi{path}"
    assert_error(response, 501, "NotInSandboxError", named)


@pytest.mark.parametrize(
    "method, path", [("PUT", "/projects/P"), ("PATCH", "/projects/P/recipes/prepare")]
)
def test_a_wrong_method_is_405(api, method, path):
    response = api(method, path)
    assert_error(response, 405, "HttpRequestMethodNotSupportedException", method)
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/projects/P", "/projects/NONE", "/nowhere"])
def test_every_response_carries_the_version(api, path):
    headers = api("GET", path).headers
    assert headers["DSS-Version"] and headers["DSS-API-Version"]


@pytest.mark.parametrize("path", ["/projects/P/variables", "/projects"])
def test_both_prefixes_and_both_spellings_serve_the_same(api, path):
    responses = [
        api.get(path + end, prefix=prefix)
        for prefix in ("/dip/publicapi", "/public/api")
        for end in ("", "/")
    ]
    assert responses.count(responses[0]) == 4


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"a":' * 100_000, b"[]", b"null", b""]
)
@pytest.mark.parametrize("path", ["metadata", "variables/", "datasets/orders"])
def test_a_body_that_is_not_a_json_object_is_400(api, path, body):
    response = api("PUT", f"/projects/P/{path}", body)
    assert_error(response, 400, "IllegalArgumentException", "JSON")


@pytest.mark.parametrize(
    "value", ["日本", "\ud800", 2**70, 1.5, 50.0, "", {"": None}, [[]]], ids=repr
)
def test_values_come_back_exactly(api, value):
    api.put("/projects/P/variables/", {"standard": {"v": value}, "local": {}})
    stored = api.get("/projects/P/variables/")["standard"]["v"]
    assert (stored, type(stored)) == (value, type(value))


@pytest.mark.parametrize("depth", [300, 700, 5000])
def test_deep_nesting_is_stored_or_refused(api, depth):
    params = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"projectKey":"P","name":"orders","type":"S3","params":%b}' % params
    response = api("PUT", "/projects/P/datasets/orders", body)
    assert response.status_code in ((200,) if depth == 300 else (200, 400))
    assert api("GET", "/projects/P/datasets/").status_code == 200


def test_auth_info_says_whose_key_it_is(client, store, api):
    info = client.get_auth_info()
    assert set(info) == {"authIdentifier", "groups", "authSource", "userProfile"}
    assert info["authIdentifier"] == "sandbox_admin"
    assert "secrets" in client.get_auth_info(with_secrets=True)
    api.key = store.add_api_key("bob")
    assert api.get("/auth/info")["authIdentifier"] == "bob"


def test_instance_info(client):
    info = client.get_instance_info()
    assert info.node_type == "DESIGN"
    assert set(info.raw) == {
        "nodeId",
        "nodeName",
        "nodeType",
        "rawNodeType",
        "hostname",
        "installId",
        "dipInstanceId",
        "licenseInstanceId",
        "licenseId",
        "dssVersion",
        "os",
        "osVersion",
        "javaVendor",
        "javaVersion",
        "dssStartupTimestamp",
    }
