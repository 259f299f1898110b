"""Drift and refresh of some projects, ids and patterns."""

import pytest

from dataikuapi.iac import (
    DSSError,
    ProjectNotVisibleError,
    ResourceNotFoundError,
    State,
)
from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.suggestions import did_you_mean
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.selection import Selection

KEY = "ORDERS_DEMO"
TABLE = f"dataset.{KEY}.countries"
TYPES = ["project", "dataset", "recipe"]


@pytest.fixture
def manager(state_manager, store):
    """A manager with the states of two projects stored."""
    store.add_project("SHOP")
    for name in ("raw_orders", "raw_items", "orders"):
        store.add_dataset("SHOP", name, type="PostgreSQL")
    state_manager.save_state(state_manager.sync_all())
    return state_manager


@pytest.fixture
def requested(server):
    """The paths of all requests from now on."""
    paths = []

    def note(method, path):
        paths.append(path)

    server.faults = note
    return paths


def change(manager, name, key="SHOP"):
    settings = manager.client.get_project(key).get_dataset(name).get_settings()
    settings.add_raw_schema_column({"name": "channel", "type": "string"})
    settings.save()


def selection(*ids, projects=("SHOP", "CRM")):
    return Selection(State(), TYPES, projects, ids or None)


# What is selected


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("dataset.SHOP.raw_*", [("SHOP", "dataset")]),
        ("dataset.*", [("SHOP", "dataset"), ("CRM", "dataset")]),
        ("data*.SHOP.orders", [("SHOP", "dataset"), ("CRM", "dataset")]),
        ("project.*", [("SHOP", "project"), ("CRM", "project")]),
        ("dataset.SHOP~1x*", []),
        ("dataset.SH.*", []),
    ],
)
def test_pattern_reads_only_what_it_may_match(pattern, parts):
    assert selection(pattern).parts == parts


def test_pattern_selects_nothing_outside_of_the_selected_projects(manager):
    change(manager, "countries", KEY)

    assert manager.drift("SHOP", ids=["dataset.*"]).in_sync
    report = manager.drift("SHOP", ids=["dataset.*", TABLE])
    assert [diff.resource_id for diff in report] == [TABLE]


def test_selection_of_everything_is_the_state_itself():
    state = State(resources={"project.SHOP": Resource("project", "project.SHOP")})

    assert selection().of(state) is state
    assert selection("dataset.*").of(state).resources == {}


@pytest.mark.parametrize(
    ("ids", "projects", "reason"),
    [
        ([], None, "ids is empty"),
        ("dataset.SHOP.x", None, "takes a list"),
        (["nonsense"], None, "Unknown resource type"),
        (["dataset.SHOP~x*"], None, "invalid escape"),
        (None, [], "no project key"),
    ],
)
def test_invalid_selection_is_refused(manager, ids, projects, reason):
    with pytest.raises(ValueError, match=reason):
        manager.refresh(ids, projects=projects)
    with pytest.raises(ValueError, match=reason):
        manager.drift(projects, ids=ids)


def test_names_are_suggested():
    assert did_you_mean("orders_dmo", ["SHOP", "ORDERS_DEMO"]) == (
        " Did you mean ORDERS_DEMO?"
    )
    assert did_you_mean("X", ["SHOP"]) == ""


# Drift


def test_drift_of_several_projects(manager, requested):
    change(manager, "orders")
    requested.clear()

    report = manager.drift(["SHOP"])
    assert report.project_keys == ("SHOP",)
    assert not any(f"/projects/{KEY}/" in path for path in requested)

    report = manager.drift([KEY, "SHOP"])
    assert [str(diff) for diff in report] == ["~ dataset.SHOP.orders"]
    assert report.project_keys == (KEY, "SHOP")


def test_drift_of_ids_and_patterns(manager, store):
    for name in ("raw_orders", "orders"):
        change(manager, name)
    change(manager, "countries", KEY)
    store.add_dataset("SHOP", "raw_new", type="PostgreSQL")
    manager.client.get_project("SHOP").get_dataset("raw_items").delete()

    report = manager.drift(ids=["dataset.SHOP.raw_*", TABLE])

    assert [str(diff) for diff in report] == [
        f"~ {TABLE}",
        "- dataset.SHOP.raw_items",
        "+ dataset.SHOP.raw_new",
        "~ dataset.SHOP.raw_orders",
    ]
    assert len(report.diffs) == 4
    assert f"Drift of dataset.SHOP.raw_*, {TABLE} since serial" in str(report)


def test_drift_of_one_id_reads_nothing_else(manager, requested):
    report = manager.drift(ids=[TABLE])

    assert report.in_sync
    assert len(report.diffs) == 1
    assert f"/projects/{KEY}/datasets/countries" in requested
    assert not any(path.endswith(("/datasets/", "/recipes/")) for path in requested)


def test_deleted_object_that_is_selected_is_removed(manager):
    manager.client.get_project("SHOP").get_dataset("orders").delete()

    assert manager.drift(ids=["dataset.SHOP.orders"]).removed


def test_selected_object_that_cannot_be_read_is_unknown(manager, server):
    server.faults = lambda method, path: (
        Fault.error(500, "java.lang.NullPointerException", "oh no")
        if path.endswith("/datasets/countries")
        else None
    )

    report = manager.drift(ids=[TABLE, "dataset.SHOP.orders"])

    assert report.exit_code == 3
    assert [item.resource_id for item in report.unknown] == [TABLE]
    with pytest.raises(DSSError, match="oh no"):
        manager.drift(ids=[TABLE])


# What matches nothing


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("dataset.SHOP.ordres", "Did you mean dataset.SHOP.orders?"),
        ("dataset.SHOP.nope_*", "neither in the state nor in DSS"),
        ("scenario.*", "neither in the state nor in DSS"),
    ],
)
def test_id_or_pattern_that_matches_nothing_is_an_error(manager, text, hint):
    before = manager.load_state()
    for call in (manager.refresh, lambda ids: manager.drift(ids=ids)):
        with pytest.raises(ResourceNotFoundError) as raised:
            call([TABLE, text])
        assert text in str(raised.value)
        assert hint in str(raised.value)

    assert manager.load_state() == before


@pytest.mark.parametrize(
    "call",
    [
        lambda manager: manager.drift("ORDERS_DMO"),
        lambda manager: manager.drift(["SHOP", "ORDERS_DMO"]),
        lambda manager: manager.drift(ids=["dataset.ORDERS_DMO.countries"]),
        lambda manager: manager.refresh(projects=["ORDERS_DMO"]),
        lambda manager: manager.refresh(["dataset.ORDERS_DMO.countries"]),
        lambda manager: manager.sync_project("ORDERS_DMO"),
        lambda manager: manager.sync_all(["SHOP", "ORDERS_DMO"], on_error="keep"),
    ],
)
def test_project_in_neither_state_nor_dss_is_an_error(manager, call):
    with pytest.raises(ProjectNotVisibleError, match=r"Did you mean ORDERS_DEMO\?"):
        call(manager)


def test_misspelled_project_is_compared_with_what_dss_lists(state_manager):
    with pytest.raises(ProjectNotVisibleError, match=r"Did you mean ORDERS_DEMO\?"):
        state_manager.sync_project("ORDERS_DMO")


def test_project_in_dss_alone_is_new(manager, store):
    store.add_project("NEW")

    assert [str(diff) for diff in manager.drift("NEW")] == ["+ project.NEW"]


# Refresh


def test_refresh_of_a_pattern(manager, store):
    for name in ("raw_orders", "orders"):
        change(manager, name)
    store.add_dataset("SHOP", "raw_new", type="PostgreSQL")
    manager.client.get_project("SHOP").get_dataset("raw_items").delete()

    state = manager.refresh(["dataset.SHOP.raw_*"])

    assert "dataset.SHOP.raw_new" in state
    assert "dataset.SHOP.raw_items" not in state
    assert state == manager.load_state()
    assert [str(diff) for diff in manager.drift()] == ["~ dataset.SHOP.orders"]


def test_refresh_of_projects(manager):
    change(manager, "orders")
    change(manager, "countries", KEY)

    manager.refresh(projects=["SHOP"])

    assert [str(diff) for diff in manager.drift()] == [f"~ {TABLE}"]


@pytest.mark.parametrize("ids", [None, ["dataset.*"]])
def test_dry_run_of_refresh_stores_nothing(manager, ids):
    change(manager, "orders")
    before = manager.load_state()

    state = manager.refresh(ids, dry_run=True)

    assert state["dataset.SHOP.orders"] != before["dataset.SHOP.orders"]
    assert manager.load_state() == before
    assert len(manager.backend.history()) == 0


def test_preview_of_a_save(manager):
    change(manager, "orders")
    state = manager.sync_project("SHOP")

    preview = manager.preview_save(state)

    assert [str(diff) for diff in preview if diff.has_changed] == [
        "~ dataset.SHOP.orders"
    ]
    assert len(preview) == 24
    before = manager.load_state()
    assert len(before.resources) == 24
    manager.save_state(state)
    assert manager.load_state().serial == before.serial + 1


def test_preview_of_a_first_save(state_manager):
    state = state_manager.sync_project(KEY)

    assert {diff.change_type.value for diff in state_manager.preview_save(state)} == {
        "added"
    }
