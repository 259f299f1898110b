"""Tests of a storage that fails: in the middle of a save, or after it."""

from typing import Any

import pytest

from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    content,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import NewPlace, Suite
from dataikuapi.iac.exceptions import StateConflictError, StateWriteError
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["FaultTests"]


class FaultTests(Suite):
    """A save happens as a whole, or not at all, and says which."""

    def test_a_save_that_fails_leaves_what_was_stored(
        self, new_place: NewPlace
    ) -> None:
        """The state can be saved again once the storage works, and nothing is lost."""
        place = new_place()
        good = self.open_backend(place)
        good.save(a_state(rows=1))
        rows = 1
        for backend in self.failing(place):
            state = good.load()
            before, versions = content(state), len(good.history())
            with pytest.raises(StateWriteError) as failed:
                backend.save(with_rows(state, rows + 1))
            assert not isinstance(failed.value, StateConflictError)
            assert content(self.open_backend(place).load()) == before
            assert len(good.history()) == versions
            assert good.verify() == []
            good.save(state)
            rows += 1
            assert rows_by_project(good) == {"SHOP": rows}

    def test_a_first_save_that_fails_leaves_nothing(self, new_place: NewPlace) -> None:
        """And no lock, either."""
        place = new_place()
        for backend in self.failing(place):
            with pytest.raises(StateWriteError):
                backend.save(a_state(rows=1))
            good = self.open_backend(place)
            assert good.exists() is False
            good.save(a_state(rows=2))
            good.delete()

    def test_a_save_of_a_project_that_fails_leaves_what_was_stored(
        self, new_place: NewPlace
    ) -> None:
        """Of this project and of the others."""
        place = new_place()
        good = self.open_backend(place)
        good.save(a_state("A", "B", rows=1))
        for backend in self.failing(place):
            before = content(good.load())
            state = good.load_projects(["A"])
            with pytest.raises(StateWriteError):
                backend.save_scope(with_rows(state, 2, "A"))
            assert content(self.open_backend(place).load()) == before
            good.save_scope(with_rows(good.load_projects(["A"]), 1, "A"))

    def test_a_save_whose_answer_is_lost_is_not_a_conflict(
        self, new_place: NewPlace
    ) -> None:
        """It was stored. Saved again, the same state is stored once, not refused."""
        place = new_place()
        good = self.open_backend(place)
        good.save(a_state(rows=1))
        rows = 1
        for backend in self.losing_answers(place):
            state = good.load()
            serial, versions = state.serial, len(good.history())
            rows += 1
            self._save_twice(backend, with_rows(state, rows))
            assert rows_by_project(good) == {"SHOP": rows}
            assert (good.load().serial, state.serial) == (serial + 1, serial + 1)
            if not self.lacks(backend, Capability.HISTORY):
                assert len(good.history()) == versions + 1
            backend.save(with_rows(state, rows))
            assert content(good.load()) == content(state)

    def test_a_first_save_whose_answer_is_lost_is_not_a_conflict(
        self, new_place: NewPlace
    ) -> None:
        """Nor is the state then of another line than what was stored."""
        place = new_place()
        for backend in self.losing_answers(place):
            state = a_state(rows=1)
            self._save_twice(backend, state)
            stored = self.open_backend(place).load()
            assert content(stored) == content(state)
            backend.save(with_rows(state, 2))
            self.open_backend(place).delete()

    def _save_twice(self, backend: Any, state: Any) -> None:
        """Save; and again, if that says that it failed."""
        try:
            backend.save(state)
        except StateConflictError:
            pytest.fail("it was refused for what it stored itself")
        except StateWriteError:
            backend.save(state)
