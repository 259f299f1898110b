"""What is not DSS's response to a request is unknown: never removed, never changed."""

import json
from typing import Any

import pytest
from starlette.responses import Response

from dataikuapi import DSSClient
from dataikuapi.iac import (
    InvalidResponseError,
    LocalFileBackend,
    RecipeSync,
    ResourceNotFoundError,
    RetryPolicy,
    StateManager,
    SyncError,
    UnexpectedResponseError,
)
from dataikuapi.iac.sandbox import Fault, ProjectStore

PROJECT = "/projects/ORDERS_DEMO"
RECIPE = "recipe.ORDERS_DEMO.compute_shipments"
NOT_FOUND = Fault.error(
    404, "com.dataiku.dip.exceptions.NotFoundException", "no such object"
)


@pytest.fixture
def manager(server, tmp_path):
    """A manager whose state is that of the sandbox."""
    policy = RetryPolicy(sleep=lambda seconds: None)
    backend = LocalFileBackend(tmp_path / "x.state.json")
    client = DSSClient(server.url, server.api_key)
    manager = StateManager(backend, client, "test", policy=policy)
    manager.save_state(manager.sync_all())
    return manager


def at(path, fault):
    return lambda method, requested: fault if requested == path else None


def unknown(report):
    return {item.resource_id for item in report.unknown}


def stored_ids(manager, kind):
    return {item.resource_id for item in manager.load_state().list_resources(kind)}


def listing(server, manager, kind):
    return manager.client._perform_json("GET", f"{PROJECT}/{kind}s/")


NOT_LISTINGS: dict[str, Any] = {
    "an empty object": {},
    "an empty string": "",
    "null": None,
    "a number": 0,
    "false": False,
    "a message": {"message": "DSS is starting"},
    "strings": ["a", "b"],
    "arrays": [[["name", "x"], ["type", "y"]]],
    "an empty item": [{}],
    "an item without type": [{"name": "x"}],
    "an item of another project": [
        {"name": "x", "type": "python", "projectKey": "OTHER"}
    ],
}


@pytest.mark.parametrize("body", NOT_LISTINGS.values(), ids=list(NOT_LISTINGS))
@pytest.mark.parametrize("kind", ["dataset", "recipe"])
def test_what_is_not_a_listing_removes_nothing(server, manager, kind, body):
    before = manager.load_state().resources
    server.faults = at(f"{PROJECT}/{kind}s/", Fault.json(body))
    report = manager.drift(ignore=[])

    assert report.diffs == [] or not [d for d in report.diffs if str(d)[0] != " "]
    assert stored_ids(manager, kind) <= unknown(report)
    assert report.exit_code != 0
    manager.refresh()
    assert manager.load_state().resources.keys() == before.keys()


@pytest.mark.parametrize(
    ("kind", "other"), [("dataset", "recipe"), ("recipe", "dataset")]
)
def test_listing_of_another_type_removes_nothing(server, manager, kind, other):
    body = listing(server, manager, other)
    server.faults = at(f"{PROJECT}/{kind}s/", Fault.json(body))
    report = manager.drift(ignore=[])

    assert stored_ids(manager, kind) <= unknown(report)
    assert not report.removed and not report.added


NOT_DOCUMENTS = {
    "an empty object": {},
    "an empty array": [],
    "a message": {"message": "DSS is starting"},
    "the wrong kind inside": {
        "label": 1,
        "settings": [],
        "owner": [],
        "permissions": {},
    },
}


@pytest.mark.parametrize("body", NOT_DOCUMENTS.values(), ids=list(NOT_DOCUMENTS))
@pytest.mark.parametrize("part", ["", "/metadata", "/settings", "/permissions"])
def test_what_is_not_a_document_empties_no_project(server, manager, part, body):
    server.faults = at(f"{PROJECT}{part}", Fault.json(body))
    report = manager.drift(ignore=[])

    assert unknown(report) == {"project.ORDERS_DEMO"}
    assert not report.changed
    assert report.exit_code != 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": "starting"},
        {"recipe": None},
        {"recipe": {"name": "other", "type": "python"}},
        {"recipe": {"name": "compute_shipments", "type": "python", "params": []}},
        {
            "recipe": {
                "name": "compute_shipments",
                "type": "python",
                "projectKey": "OTHER",
            }
        },
    ],
    ids=str,
)
def test_recipe_that_is_not_the_one_requested_is_unknown(server, manager, body):
    server.faults = at(f"{PROJECT}/recipes/compute_shipments", Fault.json(body))
    report = manager.drift(ignore=[])

    assert unknown(report) == {RECIPE}
    assert not report.changed and not report.removed


def test_dataset_of_another_name_is_refused(server, manager):
    other = manager.client._perform_json("GET", f"{PROJECT}/datasets/countries")
    server.faults = at(f"{PROJECT}/datasets/orders", Fault.json(other))
    with pytest.raises(UnexpectedResponseError, match='name is "countries"'):
        manager.sync_resource("dataset.ORDERS_DEMO.orders")


DAMAGED = {
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "a truncated body": lambda body: body[:-9],
    "an empty body": lambda body: b"",
    "a page": lambda body: b"<html>please log in</html>",
    "two documents": lambda body: body + body,
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=list(DAMAGED))
def test_damaged_listing_removes_nothing(server, manager, damage):
    """Also with status 200 and the headers of DSS."""
    body = damage(json.dumps(listing(server, manager, "recipe")).encode())
    response = Response(body, 200, {"DSS-Version": "14"}, "application/json")
    server.faults = at(f"{PROJECT}/recipes/", Fault(response))
    report = manager.drift(ignore=[])

    assert stored_ids(manager, "recipe") <= unknown(report)
    assert not report.removed and not report.changed


# Names


ODD_NAMES = {
    "a line break": ("a\nb", r'recipe.ORDERS_DEMO."a\nb"'),
    "an empty name": ("", 'recipe.ORDERS_DEMO.""'),
    "a number": (5, "recipe.ORDERS_DEMO.5"),
    "null": (None, "recipe.ORDERS_DEMO.null"),
    "an array": (["x"], 'recipe.ORDERS_DEMO.["x"]'),
    "the key of a listing": ("*", 'recipe.ORDERS_DEMO."*"'),
    "a lone surrogate": ("\ud800", r'recipe.ORDERS_DEMO."\ud800"'),
    "an escape": ("\x1b[2J", r'recipe.ORDERS_DEMO."\u001b[2J"'),
    "the parent of a path": ("..", "recipe.ORDERS_DEMO..."),
}


@pytest.mark.parametrize(("name", "key"), ODD_NAMES.values(), ids=list(ODD_NAMES))
def test_one_odd_name_fails_by_itself(server, manager, store, name, key):
    items = [*listing(server, manager, "recipe"), {"name": name, "type": "python"}]
    server.faults = at(f"{PROJECT}/recipes/", Fault.json(items))
    store.add_dataset("ORDERS_DEMO", "brand_new")
    report = manager.drift(ignore=[])

    assert unknown(report) == {key}
    assert [diff.resource_id for diff in report.added] == [
        "dataset.ORDERS_DEMO.brand_new"
    ]
    assert not report.removed


@pytest.mark.parametrize("name", [None, 5, ""])
def test_item_without_a_name_may_be_any_object_that_is_not_listed(
    server, manager, name
):
    items = listing(server, manager, "recipe")
    items[0]["name"] = name
    server.faults = at(f"{PROJECT}/recipes/", Fault.json(items))
    before = manager.load_state()
    report = manager.drift(ignore=[])
    manager.refresh()

    assert report.unknown and not report.removed
    assert manager.load_state().resources.keys() == before.resources.keys()


@pytest.mark.parametrize("key", ["A\nB", "A.B", 5, None, ""])
def test_one_odd_project_key_fails_by_itself(server, manager, key):
    projects = manager.client._perform_json("GET", "/projects/")
    requested = []

    def plan(method, path):
        requested.append(path)
        return (
            Fault.json([*projects, {"projectKey": key}])
            if path == "/projects/"
            else None
        )

    server.faults = plan
    with pytest.raises(SyncError) as raised:
        manager.sync_all()

    (failed,) = raised.value.failures
    assert failed.startswith("project.") and "\n" not in failed
    assert manager.load_state().resources.keys() == raised.value.state.resources.keys()
    assert {path.split("/")[2] for path in requested if path.count("/") > 2} == {
        "ORDERS_DEMO"
    }


@pytest.mark.parametrize("kind", ["dataset", "recipe"])
def test_object_that_is_listed_twice_is_unknown(server, manager, kind):
    items = listing(server, manager, kind)
    server.faults = at(f"{PROJECT}/{kind}s/", Fault.json([*items, items[0]]))
    report = manager.drift(ignore=[])

    assert unknown(report) == {f"{kind}.ORDERS_DEMO.{items[0]['name']}"}
    assert "more than once" in report.unknown[0].reason


@pytest.mark.parametrize(
    "name", ["a#b", "a?b", "a%25b", "a%b", "a/b", "../recipes/x", "a b", "é", "a+b;c"]
)
def test_name_is_quoted_in_the_path(server, manager, store, name):
    for other in {"a", "a%b", "b", "x"} - {name}:
        store.add_recipe("ORDERS_DEMO", other, payload="print('other')")
    store.add_recipe("ORDERS_DEMO", name, payload="print('its own')")
    state = manager.sync_project("ORDERS_DEMO")

    recipe = state.get_resource(f"recipe.ORDERS_DEMO.{name}")
    assert recipe.attributes["name"] == name
    assert recipe.attributes["payload"] == "print('its own')"
    store.add_dataset("ORDERS_DEMO", name)
    dataset = manager.sync_resource(f"dataset.ORDERS_DEMO.{name}")
    assert dataset.attributes["name"] == name


@pytest.mark.parametrize("name", [".", ".."])
def test_name_that_no_url_can_have_is_refused(server, name):
    with pytest.raises(UnexpectedResponseError, match="no URL can name"):
        RecipeSync(DSSClient(server.url, server.api_key)).fetch(f"recipe.P.{name}")


# Gone or not


@pytest.mark.parametrize("fault", [Fault.json({}), NOT_FOUND], ids=["200", "404"])
def test_object_that_is_listed_and_not_found_is_unknown(server, manager, fault):
    requested = []

    def plan(method, path):
        requested.append(path)
        return fault if path == f"{PROJECT}/recipes/compute_shipments" else None

    server.faults = plan
    report = manager.drift(ignore=[])

    assert unknown(report) == {RECIPE} and not report.removed
    assert requested.count(f"{PROJECT}/recipes/") == 2
    with pytest.raises(UnexpectedResponseError, match="lists recipe"):
        manager.refresh([RECIPE])
    assert manager.load_state().has_resource(RECIPE)


def test_object_is_not_gone_if_it_cannot_be_listed_again(server, manager):
    listings = []

    def plan(method, path):
        if path == f"{PROJECT}/recipes/":
            listings.append(path)
            return Fault.page(200) if len(listings) == 2 else None
        return NOT_FOUND if path.endswith("/compute_shipments") else None

    server.faults = plan
    report = manager.drift(ignore=[])

    assert unknown(report) == {RECIPE} and not report.removed


def test_deleted_object_is_removed_by_a_refresh_of_its_id(server, manager, store):
    store.project("ORDERS_DEMO").recipes.remove("compute_shipments")
    manager.refresh([RECIPE])

    assert not manager.load_state().has_resource(RECIPE)


def without_headers(fault):
    """Return a response as it comes from something other than DSS."""
    for name in ("DSS-Version", "DSS-API-Version"):
        del fault.response.headers[name]
    return fault


@pytest.mark.parametrize("body", [[], {}], ids=str)
def test_listing_from_another_host_removes_nothing(server, serve, manager, body):
    """Not even if another DSS responds to the redirect."""
    with serve(ProjectStore()) as other:
        other.faults = lambda method, path: Fault.json(body)
        target = f"{other.url}/public/api{PROJECT}/recipes/"
        server.faults = at(f"{PROJECT}/recipes/", Fault.redirect(target))
        report = manager.drift(ignore=[])
        manager.refresh()

    assert stored_ids(manager, "recipe") <= unknown(report)
    assert not report.removed and report.exit_code == 3


@pytest.mark.parametrize("body", [{}, "", None, [{}]], ids=repr)
@pytest.mark.parametrize("command", ["drift", "refresh", "sync"])
def test_commands_remove_nothing_that_is_not_a_listing(synced, server, command, body):
    before = synced("show")[1]
    server.faults = at(f"{PROJECT}/recipes/", Fault.json(body))

    assert synced(command)[0] in (1, 3)
    listed = [line for line in before.splitlines() if "recipe." in line]
    assert len(listed) == 8 and all(line in synced("show")[1] for line in listed)


def test_listing_without_the_header_of_dss_removes_nothing(server, manager):
    server.faults = at(f"{PROJECT}/recipes/", Fault.text("[]"))
    report = manager.drift(ignore=[])

    assert stored_ids(manager, "recipe") <= unknown(report)
    assert not report.removed


@pytest.mark.parametrize("is_error", [True, False])
def test_missing_object_without_the_header_of_dss_is_not_missing(
    server, manager, is_error
):
    body = {"errorType": "com.dataiku.dip.exceptions.NotFoundException"}
    fault = Fault.text(json.dumps(body), 404) if is_error else Fault.text("{}")
    server.faults = at(f"{PROJECT}/recipes/nope", fault)
    with pytest.raises(InvalidResponseError, match="not JSON from DSS"):
        manager.sync_resource("recipe.ORDERS_DEMO.nope")
    server.faults = None
    with pytest.raises(ResourceNotFoundError):
        manager.sync_resource("recipe.ORDERS_DEMO.nope")


def test_document_without_the_header_of_dss_is_unknown(server, manager):
    document = manager.client._perform_json("GET", f"{PROJECT}/metadata")
    server.faults = at(
        f"{PROJECT}/metadata", without_headers(Fault.json({**document, "tags": []}))
    )
    report = manager.drift(ignore=[])

    assert unknown(report) == {"project.ORDERS_DEMO"} and not report.changed
