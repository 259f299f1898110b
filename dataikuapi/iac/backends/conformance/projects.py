"""Tests of some projects of a state: loaded alone, saved alone."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    content,
    dataset,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import Suite, promised
from dataikuapi.iac.exceptions import StateConflictError
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.stored_version import ReadingStart

__all__ = ["ProjectTests"]

SWAP = Capability.COMPARE_AND_SWAP


class ProjectTests(Suite):
    """What others store elsewhere stays, and is no conflict."""

    @pytest.fixture(params=[True, False], ids=["reading", "whole"])
    def scope(self, request: pytest.FixtureRequest) -> bool:
        """Whether the stored state says what of an instance it has."""
        return bool(request.param)

    def test_only_these_projects_are_loaded(self, place: Any, scope: bool) -> None:
        """With their part of the scope, and what is stored of them."""
        self.open_backend(place).save(a_state("A", "B", "C", scope=scope, rows=1))
        backend = self.open_backend(place)
        state = backend.load_projects(["A", "C"])
        assert state.project_keys() == ["A", "C"]
        assert state.scope is not None
        assert state.scope.parts == {("A", "dataset"), ("C", "dataset")}
        assert (state.serial, state.lineage, state.environment) == (
            backend.load().serial,
            backend.load().lineage,
            "dev",
        )
        assert backend.load_projects(["NONE"]).project_keys() == []
        assert backend.load_projects([]).project_keys() == []

    def test_what_was_edited_is_stored_and_the_rest_stays(
        self, place: Any, scope: bool
    ) -> None:
        """The state then follows what is stored, and can be saved again."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", scope=scope, rows=1))
        state = backend.load_projects(["A"])
        state.add_resource(dataset("A", "items"))
        backend.save_scope(with_rows(state, 2, "A"))
        whole = self.open_backend(place).load()
        assert rows_by_project(backend) == {"A": 2, "B": 1}
        assert (state.serial, state.lineage) == (whole.serial, whole.lineage)
        state.remove_resource("dataset.A.items")
        backend.save_scope(with_rows(state, 3, "A"))
        assert sorted(backend.load().resources) == [
            "dataset.A.orders",
            "dataset.B.orders",
        ]
        assert rows_by_project(backend) == {"A": 3, "B": 1}
        assert backend.verify() == []

    def test_a_project_is_added_and_removed(self, place: Any, scope: bool) -> None:
        """By saving it alone."""
        backend = self.open_backend(place)
        backend.save(a_state("A", scope=scope, rows=1))
        state = backend.load_projects(["B"])
        backend.save_scope(with_rows(state, 2, "B"))
        assert rows_by_project(backend) == {"A": 1, "B": 2}
        state = backend.load_projects(["B"])
        state.remove_resource("dataset.B.orders")
        backend.save_scope(state)
        assert rows_by_project(self.open_backend(place)) == {"A": 1}

    def test_object_of_a_project_that_was_not_loaded_is_refused(
        self, place: Any, scope: bool
    ) -> None:
        """Nobody knows what it would replace; nothing is stored."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", scope=scope, rows=1))
        state = backend.load_projects(["A"])
        state.add_resource(dataset("B", "items"))
        with pytest.raises(ValueError, match="project B, which was not loaded"):
            backend.save_scope(state)
        assert sorted(backend.load().resources) == [
            "dataset.A.orders",
            "dataset.B.orders",
        ]

    @promised(SWAP)
    def test_what_was_loaded_before_all_was_deleted_is_refused(
        self, place: Any, scope: bool
    ) -> None:
        """Some projects do not become the whole, nor does a reading begun before."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", scope=scope, rows=1))
        state, reading = backend.load_projects(["A"]), a_state("A", scope=True, rows=2)
        reading.reading_start = ReadingStart.from_stored(backend.load())
        self.open_backend(place).delete()
        for part in (with_rows(state, 2, "A"), reading):
            with pytest.raises(StateConflictError, match="deleted since"):
                backend.save_scope(part)
        assert not backend.exists()

    @promised(SWAP)
    def test_project_that_others_add_stays(self, place: Any, scope: bool) -> None:
        """Also if what is saved was loaded as a whole: then, it may be a conflict."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state("A", "B", scope=scope, rows=1))
        mine = one.load()
        other.save_scope(with_rows(other.load_projects(["C"]), 3, "C"))
        with suppress(StateConflictError):
            one.save_scope(with_rows(mine, 2, "A"))
        assert rows_by_project(one)["C"] == 3

    @promised(SWAP)
    def test_other_projects_stored_meanwhile_are_no_conflict(
        self, place: Any, scope: bool
    ) -> None:
        """Nor is what a save of the whole left as it was in this one."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state("A", "B", scope=scope, rows=1))
        mine, theirs = one.load_projects(["A"]), other.load_projects(["B"])
        other.save_scope(with_rows(theirs, 3, "B"))
        one.save_scope(with_rows(mine, 2, "A"))
        assert rows_by_project(one) == {"A": 2, "B": 3}
        mine = one.load_projects(["A"])
        other.save(with_rows(other.load(), 4, "B"))
        one.save_scope(with_rows(mine, 5, "A"))
        assert rows_by_project(one) == {"A": 5, "B": 4}

    @promised(SWAP)
    def test_the_same_project_stored_meanwhile_is_a_conflict(
        self, place: Any, scope: bool
    ) -> None:
        """Nothing is stored of the second."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state("A", "B", scope=scope, rows=1))
        mine, theirs = one.load_projects(["A"]), other.load_projects(["A"])
        other.save_scope(with_rows(theirs, 3, "A"))
        stored = content(other.load())
        with pytest.raises(StateConflictError):
            one.save_scope(with_rows(mine, 2, "A"))
        assert content(one.load()) == stored

    @promised(SWAP)
    def test_a_save_of_the_whole_sees_what_was_stored_of_a_project(
        self, place: Any, scope: bool
    ) -> None:
        """It is refused, as the version that it was loaded from is no longer stored."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state("A", "B", scope=scope, rows=1))
        whole = one.load()
        other.save_scope(with_rows(other.load_projects(["B"]), 3, "B"))
        with pytest.raises(StateConflictError):
            one.save(with_rows(whole, 2, "A"))
        assert rows_by_project(one) == {"A": 1, "B": 3}

    @promised(SWAP)
    def test_some_projects_are_not_saved_as_the_whole(
        self, place: Any, scope: bool
    ) -> None:
        """That would drop the others."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", scope=scope, rows=1))
        with pytest.raises(StateConflictError, match="drop"):
            backend.save(backend.load_projects(["A"]))
        assert rows_by_project(backend) == {"A": 1, "B": 1}

    @promised(Capability.PARTS)
    def test_one_project_costs_what_it_costs(self, place: Any, scope: bool) -> None:
        """To read or to save, however large the others are."""
        backend = self.open_backend(place)
        state = a_state("SMALL", *(f"P{number}" for number in range(100)), scope=scope)
        for number in range(100):
            key = f"P{number}"
            state.add_resource(dataset(key, "large", text=f"{number:09}," * 2000))
        backend.save(state)
        backend.save_scope(with_rows(backend.load_projects(["SMALL"]), 1, "SMALL"))
        whole = _peak_of(lambda: backend.load().serial)
        part = with_rows(backend.load_projects(["SMALL"]), 2, "SMALL")
        assert _peak_of(lambda: backend.load_projects(["SMALL"]).serial) < whole / 4
        assert _peak_of(lambda: backend.save_scope(part)) < whole / 4
        assert len(backend.load()) == 201

    def test_a_reading_replaces_its_scope(self, place: Any, scope: bool) -> None:
        """What it read completely, and does not have, is gone; nothing else is."""
        backend = self.open_backend(place)
        state = a_state("A", "B", scope=scope, rows=1)
        state.add_resource(dataset("A", "items"))
        backend.save(state)
        reading = a_state("A", scope=True, rows=2)
        backend.save_scope(reading)
        assert sorted(self.open_backend(place).load().resources) == [
            "dataset.A.orders",
            "dataset.B.orders",
        ]
        assert rows_by_project(backend) == {"A": 2, "B": 1}

    def test_where_nothing_is_stored_it_is_saved(self, place: Any, scope: bool) -> None:
        """Some projects are then all."""
        self.open_backend(place).save_scope(a_state("A", scope=scope, rows=1))
        assert rows_by_project(self.open_backend(place)) == {"A": 1}

    def test_what_belongs_to_no_project_stays(self, place: Any, scope: bool) -> None:
        """So do the ids that a state remembers, each with its project."""
        backend = self.open_backend(place)
        state = a_state("A", "B", scope=scope, rows=1)
        state.extra["ids"] = {"zone.A.x": "zone.A.1", "zone.B.x": "zone.B.1"}
        state.extra["note"] = "kept"
        backend.save(state)
        assert backend.load().extra["ids"] == state.extra["ids"]
        part = backend.load_projects(["A"])
        backend.save_scope(with_rows(part, 2, "A"))
        found = self.open_backend(place).load().extra
        assert found["ids"] == state.extra["ids"]
        assert found["note"] == "kept"


def _peak_of(action: Callable[[], object]) -> int:
    """Return how many bytes of memory an action takes at most."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
