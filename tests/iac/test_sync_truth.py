"""Sync under faults: failures are reported, and nothing else is lost or removed."""

import logging

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DiffEngine,
    DSSError,
    DSSPermissionError,
    InvalidResponseError,
    LocalFileBackend,
    ProjectNotVisibleError,
    RetryPolicy,
    StateManager,
    StateNotFoundError,
    SyncError,
)
from dataikuapi.iac.sandbox import Fault, ProjectStore

NPE = Fault.error(500, "java.lang.NullPointerException", "oh no")


@pytest.fixture
def manager(server, tmp_path):
    policy = RetryPolicy(sleep=lambda seconds: None)
    backend = LocalFileBackend(tmp_path / "truth.state.json")
    client = DSSClient(server.url, server.api_key)
    return StateManager(backend, client, "test", policy=policy)


def signs(old, new):
    return [str(diff) for diff in DiffEngine().diff(old, new) if str(diff)[0] != " "]


# Partial failures


def failing(*patterns, fault=NPE):
    return lambda method, path: (
        fault if any(pattern in path for pattern in patterns) else None
    )


def test_one_failed_recipe_does_not_lose_the_others(server, manager):
    whole = manager.sync_project("ORDERS_DEMO")
    server.faults = failing("/recipes/compute_shipments")
    with pytest.raises(SyncError) as raised:
        manager.sync_project("ORDERS_DEMO")
    error, failed = raised.value, "recipe.ORDERS_DEMO.compute_shipments"

    assert list(error.failures) == [failed]
    assert "oh no" in str(error) and failed in str(error)
    assert error.state.unknown.keys() == {failed}
    assert error.state.resources.keys() == whole.resources.keys() - {failed}
    assert signs(whole, error.state) == []


def test_every_failure_is_listed(server, manager):
    server.faults = failing("/recipes/compute", "/metadata")
    with pytest.raises(SyncError) as raised:
        manager.sync_project("ORDERS_DEMO")

    assert "project.ORDERS_DEMO" in raised.value.failures
    assert len(raised.value.failures) > 3
    for key in raised.value.failures:
        assert key in str(raised.value)


@pytest.mark.parametrize("kind", ["dataset", "recipe"])
def test_failed_listing_is_outside_the_scope(server, manager, kind):
    whole = manager.sync_project("ORDERS_DEMO")
    manager.save_state(whole)
    server.faults = failing(f"/{kind}s/")
    with pytest.raises(SyncError) as raised:
        manager.sync_project("ORDERS_DEMO")
    state = raised.value.state

    assert list(raised.value.failures) == [f"{kind}.ORDERS_DEMO.*"]
    assert state.scope is not None and kind not in state.scope[0]["types"]
    stored = {item.resource_id for item in whole.list_resources(kind)}
    assert stored < state.unknown.keys()
    assert signs(whole, state) == []


def test_saving_a_partial_sync_keeps_the_rest(server, manager, store):
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    before = manager.load_state()
    store.add_dataset("ORDERS_DEMO", "brand_new")
    server.faults = failing("/recipes/")
    with pytest.raises(SyncError) as raised:
        manager.sync_project("ORDERS_DEMO")
    manager.save_state(raised.value.state)

    after = manager.load_state()
    assert signs(before, after) == ["+ dataset.ORDERS_DEMO.brand_new"]


def test_keep_carries_over_stored_resources_with_a_warning(server, manager, caplog):
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    server.faults = failing("/recipes/compute_shipments", "/datasets/")
    with caplog.at_level(logging.WARNING, logger="dataikuapi.iac"):
        state = manager.sync_project("ORDERS_DEMO", on_error="keep")

    assert state.resources == {
        **manager.load_state().resources,
        **{key: state.get_resource(key) for key in state.resources},
    }
    assert len(state.resources) == 20
    assert "recipe.ORDERS_DEMO.compute_shipments" in state.unknown
    assert "dataset.ORDERS_DEMO" in caplog.text and "kept as stored: 12" in caplog.text


def test_keep_carries_over_all_of_a_project_that_could_not_be_read(
    server, manager, store
):
    store.add_project("OTHER")
    manager.save_state(manager.sync_all())
    server.faults = failing("/projects/ORDERS_DEMO")
    state = manager.sync_all(["ORDERS_DEMO", "OTHER"], on_error="keep")

    assert state.resources.keys() == manager.load_state().resources.keys()
    assert state.resources.keys() - state.unknown.keys() == {"project.OTHER"}


def test_keep_does_not_keep_what_is_stored_if_nothing_could_be_read(server, manager):
    manager.save_state(manager.sync_project("ORDERS_DEMO"))
    server.faults = failing("/projects/")

    with pytest.raises(DSSError, match="500"):
        manager.sync_project("ORDERS_DEMO", on_error="keep")


def test_every_failed_project_is_reported(server, manager, store):
    store.add_project("OTHER")
    server.faults = failing("/projects/")
    with pytest.raises(SyncError) as raised:
        manager.sync_all(projects=["ORDERS_DEMO", "OTHER"])

    assert {"project.ORDERS_DEMO", "project.OTHER"} <= raised.value.failures.keys()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (
            lambda manager: manager.sync_project("ORDERS_DEMO", on_error="rasie"),
            "on_error must be",
        ),
        (
            lambda manager: manager.sync_all(on_error="ignore"),
            "on_error must be",
        ),
        (
            lambda manager: manager.sync_all(projects="ORDERS_DEMO"),
            "projects is 'ORDERS_DEMO'",
        ),
        (
            lambda manager: manager.sync_all(confirm_removed="OLD"),
            "confirm_removed is 'OLD'",
        ),
        (
            lambda manager: manager.sync_all(["ORDERS_DEMO"], confirm_removed=["OLD"]),
            "confirm_removed requires",
        ),
        (
            lambda manager: manager.sync_project("A.B"),
            "Invalid project resource_id",
        ),
        (
            lambda manager: manager.sync_resource(None),
            "Unknown resource type",
        ),
    ],
)
def test_invalid_arguments_are_refused_without_a_request(server, manager, wrong, why):
    requested = []
    server.faults = lambda method, path: requested.append(path)
    with pytest.raises(ValueError, match=why):
        wrong(manager)
    assert requested == []


def test_recipe_deleted_during_a_sync_is_removed(server, manager, store):
    whole = manager.sync_project("ORDERS_DEMO")

    def delete(method, path):
        recipes = store.project("ORDERS_DEMO").recipes
        if path.endswith("/recipes/compute_shipments") and "compute_shipments" in (
            recipes.names()
        ):
            recipes.remove("compute_shipments")

    server.faults = delete
    after = manager.sync_project("ORDERS_DEMO")

    assert signs(whole, after) == ["- recipe.ORDERS_DEMO.compute_shipments"]


# Many projects


@pytest.fixture
def many(store):
    """The sample project and a hundred small ones."""
    for number in range(100):
        store.add_project(f"P{number}")
        store.add_dataset(f"P{number}", "d")
        store.add_recipe(f"P{number}", "r", payload="print(1)")
    return store


def unknown_projects(state):
    return {key.split(".")[1] for key in state.unknown}


@pytest.mark.slow
def test_project_that_responds_with_html_is_unknown(server, manager, many):
    whole = manager.sync_all()
    manager.save_state(whole)
    server.faults = failing("/projects/P3/", fault=Fault.page(200))
    with pytest.raises(SyncError) as raised:
        manager.sync_all()

    assert signs(whole, raised.value.state) == []
    assert unknown_projects(raised.value.state) == {"P3"}
    assert {type(error) for error in raised.value.failures.values()} == {
        InvalidResponseError
    }
    assert len(raised.value.state.resources) == len(whole.resources) - 3


@pytest.mark.slow
def test_project_that_becomes_forbidden_is_unknown(server, manager, many):
    """Listed, and then 403: as DSS responds for a project that was just deleted."""
    whole = manager.sync_all()
    manager.save_state(whole)
    forbidden = Fault.error(
        403,
        "com.dataiku.dip.exceptions.UnauthorizedException",
        "Failed to read project permissions",
    )
    server.faults = lambda method, path: (
        forbidden if f"{path}/".startswith("/projects/P3/") else None
    )
    with pytest.raises(SyncError) as raised:
        manager.sync_all()

    assert signs(whole, raised.value.state) == []
    assert unknown_projects(raised.value.state) == {"P3"}
    assert isinstance(raised.value.failures["project.P3"], ProjectNotVisibleError)


@pytest.mark.slow
def test_project_deleted_during_a_sync_is_unknown(server, manager, many):
    whole = manager.sync_all()
    manager.save_state(whole)

    def delete(method, path):
        if path == "/projects/P3/recipes/" and "P3" in many.project_keys():
            many.delete_project("P3")

    server.faults = delete
    with pytest.raises(SyncError) as raised:
        manager.sync_all()

    assert signs(whole, raised.value.state) == []
    assert unknown_projects(raised.value.state) == {"P3"}


@pytest.mark.slow
def test_vanished_project_is_unknown_until_confirmed(server, manager, many, caplog):
    whole = manager.sync_all()
    manager.save_state(whole)
    many.delete_project("P3")
    with caplog.at_level(logging.WARNING, logger="dataikuapi.iac"):
        state = manager.sync_all()
    gone = ["dataset.P3.d", "project.P3", "recipe.P3.r"]

    assert signs(whole, state) == []
    assert sorted(state.unknown) == gone
    assert "confirm_removed=['P3']" in state.unknown["project.P3"]
    assert "P3 is no longer listed" in caplog.text
    manager.save_state(state)
    assert manager.load_state().has_resource("project.P3")

    confirmed = manager.sync_all(confirm_removed=["P3"])
    assert confirmed.unknown == {}
    assert signs(whole, confirmed) == [f"- {key}" for key in gone]
    manager.save_state(confirmed)
    assert not manager.load_state().has_resource("project.P3")


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["P1/recipes/r", "nothing"])
def test_vanished_project_is_kept_whatever_else_fails(server, manager, many, pattern):
    manager.save_state(manager.sync_all())
    many.delete_project("P3")
    server.faults = failing(pattern)
    state = manager.sync_all(on_error="keep")

    assert state.has_resource("project.P3") and "project.P3" in state.unknown


@pytest.mark.slow
def test_existing_project_cannot_be_confirmed_as_removed(manager, many):
    with pytest.raises(ValueError, match="DSS still lists P3"):
        manager.sync_all(confirm_removed=["P3"])


@pytest.mark.slow
def test_key_without_permissions_removes_nothing(server, manager, many, tmp_path):
    manager.save_state(manager.sync_all())
    blind = DSSClient(server.url, many.add_api_key("blind", projects=[]))
    stored = manager.load_state()
    with pytest.raises(DSSPermissionError, match="sees no project .* has READ_CONF"):
        StateManager(manager.backend, blind, "test").sync_all()

    assert manager.load_state() == stored


def test_key_that_sees_no_project_reads_nothing_whether_or_not_there_is_any(
    serve, tmp_path
):
    with serve(ProjectStore()) as server:
        client = DSSClient(server.url, server.api_key)
        manager = StateManager(LocalFileBackend(tmp_path / "x.json"), client, "x")
        for on_error in ("raise", "keep"):
            with pytest.raises(DSSPermissionError, match="the API key sees no project"):
                manager.sync_all(on_error=on_error)


def test_sync_of_no_project_is_refused(manager):
    with pytest.raises(ValueError, match="projects is empty"):
        manager.sync_all(projects=[])


def test_last_project_may_be_confirmed_as_removed(manager, store):
    manager.save_state(manager.sync_all())
    store.delete_project("ORDERS_DEMO")
    state = manager.sync_all(confirm_removed=["ORDERS_DEMO"])
    manager.save_state(state)

    assert manager.load_state().resources == {}
    for nothing_to_compare in (manager.drift, manager.refresh):
        with pytest.raises(StateNotFoundError, match="the stored state has no project"):
            nothing_to_compare()


@pytest.mark.slow
def test_recreated_project_is_reported(manager, many):
    manager.save_state(manager.sync_all())
    many.delete_project("P3")
    many.add_project("P3")
    diffs = DiffEngine().diff(manager.load_state(), manager.sync_all())
    (again,) = [diff for diff in diffs if diff.is_recreated]

    assert again.resource_id == "project.P3"
    text = DiffEngine().format_output(diffs)
    assert "project.P3  (deleted and created again on " in text


@pytest.mark.slow
def test_result_does_not_depend_on_the_order_of_responses(server, manager, many):
    server.faults = lambda method, path: Fault.slow(hash(path) % 5 / 500)
    ids = list(manager.sync_all().resources)

    assert ids == sorted(ids)


# Requests, provenance and progress


def of_three_types(manager):
    """Return a manager with a number of requests that no other type changes."""
    types = ["project", "dataset", "recipe"]
    return StateManager(manager.backend, manager.client, "test", types=types)


def test_number_of_requests(server, manager):
    manager, requested = of_three_types(manager), []
    server.faults = lambda method, path: requested.append(path)
    state = manager.sync_project("ORDERS_DEMO")
    recipes = len(state.list_resources("recipe"))

    assert len(requested) == len(set(requested)) <= recipes + 8
    requested.clear()
    manager.sync_project("ORDERS_DEMO")
    assert len(requested) == recipes + 6, "user and instance: once per manager"


def test_reader_and_last_editor_are_recorded(server, manager, store):
    maria = DSSClient(server.url, store.add_api_key("maria"))
    settings = maria.get_project("ORDERS_DEMO").get_dataset("orders").get_settings()
    settings.save()
    orders = manager.sync_project("ORDERS_DEMO").get_resource(
        "dataset.ORDERS_DEMO.orders"
    )
    tag = settings.get_raw()["versionTag"]

    assert orders.metadata.deployed_by == "sandbox_admin"
    assert orders.metadata.last_modified_by == "maria"
    assert orders.metadata.version_number == tag["versionNumber"] + 1
    assert manager.sync_resource("dataset.ORDERS_DEMO.orders").metadata.deployed_by == (
        "sandbox_admin"
    )


def test_progress_is_reported(manager):
    reported = []
    state = of_three_types(manager).sync_project(
        "ORDERS_DEMO", progress=lambda *counts: reported.append(counts)
    )
    # Provenance, the project, the datasets, the recipes, and each recipe.
    calls = 4 + len(state.list_resources("recipe"))

    assert [done for done, _ in reported] == list(range(1, calls + 1))
    assert reported[-1] == (calls, calls)


def test_progress_bar_is_shown(manager, capsys):
    manager.sync_all(progress=True)

    assert "sync: 100%" in capsys.readouterr().err


def test_single_worker_gives_the_same_state(server, manager):
    one = StateManager(
        manager.backend,
        DSSClient(server.url, server.api_key),
        "test",
        max_workers=1,
    )
    assert signs(one.sync_all(), manager.sync_all()) == []
