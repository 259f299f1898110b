"""Loading and saving some projects of a state."""

from datetime import datetime, timezone

import pytest
from dataikuapi.dssclient import DSSClient

from dataikuapi.iac import (
    LocalFileBackend,
    Resource,
    State,
    StateConflictError,
    StateManager,
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, ProjectStore, sample_folder
from iac.five_methods import FiveMethods
from iac.parts_memory import PartsInMemory, Shared

READ_AT = datetime(2026, 11, 1, tzinfo=timezone.utc)


@pytest.fixture(params=["local", "parts", "s3", "five methods"])
def open_one(request, tmp_path, bucket):
    """Return a function that opens the same storage, once more each time."""
    shared, five = Shared(), FiveMethods()
    return {
        "local": lambda: LocalFileBackend(tmp_path / "dev.state.json"),
        "parts": lambda: PartsInMemory(shared),
        "s3": bucket.open,
        "five methods": lambda: five,
    }[request.param]


def orders(project, rows):
    return Resource("dataset", f"dataset.{project}.orders", attributes={"rows": rows})


def state_of(*projects, scope=True):
    state = State(environment="dev")
    for key in projects:
        state.add_resource(orders(key, 1))
        state.add_resource(Resource("dataset", f"dataset.{key}.items"))
    if scope:
        state.scope = Scope.from_parts([(key, "dataset") for key in projects], READ_AT)
    return state


def rows(backend):
    return {
        key: item.attributes["rows"]
        for key, item in backend.load().resources.items()
        if "rows" in item.attributes
    }


@pytest.fixture(params=[True, False], ids=["scope", "no scope"])
def stored(request, open_one):
    backend = open_one()
    backend.save(state_of("A", "B", scope=request.param))
    return backend


def test_only_these_projects_are_loaded(stored, open_one):
    state = open_one().load_projects(["A"])
    assert state.project_keys() == ["A"] and len(state) == 2
    assert state.scope.parts == {("A", "dataset")}
    assert open_one().load_projects(["C"]).project_keys() == []


def test_nothing_stored_is_not_found(open_one):
    with pytest.raises(StateNotFoundError):
        open_one().load_projects(["A"])


def test_what_was_edited_is_stored_and_the_rest_stays(stored, open_one):
    backend = open_one()
    state = backend.load_projects(["A"])
    state.add_resource(orders("A", 2))
    state.remove_resource("dataset.A.items")
    backend.save_scope(state)
    whole = open_one().load()
    assert rows(open_one()) == {"dataset.A.orders": 2, "dataset.B.orders": 1}
    assert "dataset.A.items" not in whole and "dataset.B.items" in whole
    assert (state.serial, state.lineage) == (whole.serial, whole.lineage)
    state.add_resource(orders("A", 3))
    backend.save_scope(state)
    assert rows(open_one())["dataset.A.orders"] == 3


def test_other_projects_stored_meanwhile_are_no_conflict(stored, open_one):
    one, other = open_one(), open_one()
    mine, theirs = one.load_projects(["A"]), other.load_projects(["B"])
    mine.add_resource(orders("A", 2))
    theirs.add_resource(orders("B", 3))
    other.save_scope(theirs)
    one.save_scope(mine)
    assert rows(open_one()) == {"dataset.A.orders": 2, "dataset.B.orders": 3}


def test_the_same_project_stored_meanwhile_is_a_conflict(stored, open_one):
    one, other = open_one(), open_one()
    if isinstance(one, FiveMethods):
        pytest.skip("five methods detect no conflict")
    mine, theirs = one.load_projects(["A"]), other.load_projects(["A"])
    mine.add_resource(orders("A", 2))
    theirs.add_resource(orders("A", 3))
    other.save_scope(theirs)
    with pytest.raises(StateConflictError):
        one.save_scope(mine)
    assert rows(open_one())["dataset.A.orders"] == 3


def test_some_projects_are_not_saved_as_the_whole(stored, open_one):
    backend = open_one()
    if isinstance(backend, FiveMethods):
        pytest.skip("five methods store whatever they get")
    state = backend.load_projects(["A"])
    with pytest.raises(StateConflictError, match="drop"):
        backend.save(state)
    assert len(open_one().load()) == 4


def test_a_reading_replaces_its_scope(stored, open_one):
    reading = state_of("A")
    reading.serial = 9
    reading.remove_resource("dataset.A.items")
    open_one().save_scope(reading)
    assert sorted(open_one().load().resources) == [
        "dataset.A.orders",
        "dataset.B.items",
        "dataset.B.orders",
    ]


def test_where_nothing_is_stored_it_is_saved(open_one):
    open_one().save_scope(state_of("A"))
    assert open_one().load().project_keys() == ["A"]


def test_ids_go_with_their_projects(open_one):
    backend = open_one()
    state = state_of("A", "B")
    state.extra["ids"] = {"zone.A.x": "zone.A.1", "zone.B.x": "zone.B.1"}
    state.extra["note"] = "kept"
    backend.save(state)
    assert open_one().load().extra["ids"] == state.extra["ids"]
    part = backend.load_projects(["A"])
    part.add_resource(orders("A", 2))
    backend.save_scope(part)
    found = open_one().load().extra
    assert found["ids"] == state.extra["ids"] and found["note"] == "kept"


@pytest.mark.parametrize("value", [2**64, "\ud800", float("nan")])
def test_what_json_cannot_carry_is_refused(open_one, value):
    backend = open_one()
    if isinstance(backend, FiveMethods):
        pytest.skip("five methods store whatever they get")
    state = state_of("A")
    state.add_resource(orders("A", value))
    with pytest.raises(StateWriteError, match="dataset.A.orders"):
        backend.save(state)


def test_a_manager_looks_at_the_project_alone(serve):
    shared, store = Shared(), ProjectStore()
    store.load_folder(sample_folder(), SAMPLE_PROJECT_KEY)
    with serve(store) as server:
        manager = StateManager(
            PartsInMemory(shared), DSSClient(server.url, server.api_key), "dev"
        )
        manager.save_state(manager.sync_project("ORDERS_DEMO"))
        backend = PartsInMemory(shared)
        backend.save_scope(state_of("OTHER"))
        shared.read.clear()
        report = manager.drift("ORDERS_DEMO")
        assert not (report.added or report.removed or report.changed)
        manager.refresh(projects=["ORDERS_DEMO"])
        manager.refresh(["dataset.ORDERS_DEMO.orders"])
        manager.save_state(manager.sync_project("ORDERS_DEMO"))
        assert {key for keys in shared.read for key in keys} == {"ORDERS_DEMO"}
    assert "dataset.OTHER.orders" in backend.load()
