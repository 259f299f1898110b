"""Tests of a storage that fails: in the middle of a save, or after it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    content,
    load_or_begin,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import Suite
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["FaultTests"]


class FaultTests(Suite):
    """A save happens as a whole, or not at all, and says which."""

    def test_a_save_that_fails_leaves_what_was_stored(self, place: Any) -> None:
        """The state can be saved again once the storage works, and nothing is lost."""
        good = self.open_backend(place)
        good.save(a_state(rows=1))
        for rows, failing in enumerate(self.failing(place), start=2):
            state = good.load()
            before, versions = content(state), len(good.history())
            with failing as backend, pytest.raises(StateWriteError) as failed:
                backend.save(with_rows(state, rows))
            assert not isinstance(failed.value, StateConflictError)
            assert content(self.open_backend(place).load()) == before
            assert len(good.history()) == versions
            assert good.verify() == []
            backend.save(state)
            assert rows_by_project(good) == {"SHOP": rows}

    def test_a_first_save_that_fails_leaves_nothing(self, place: Any) -> None:
        """And no lock, either."""
        for failing in self.failing(place):
            with failing as backend, pytest.raises(StateWriteError):
                backend.save(a_state(rows=1))
            good = self.open_backend(place)
            assert good.exists() is False
            good.save(a_state(rows=2))
            good.delete()

    def test_a_save_of_a_project_that_fails_leaves_what_was_stored(
        self, place: Any
    ) -> None:
        """Of this project and of the others."""
        good = self.open_backend(place)
        good.save(a_state("A", "B", scope=True, rows=1))
        for rows, failing in enumerate(self.failing(place), start=2):
            before, state = content(good.load()), good.load_projects(["A"])
            with (
                failing as backend,
                pytest.raises((StateWriteError, StateReadError)) as failed,
            ):
                backend.save_scope(with_rows(state, rows, "A"))
            assert content(self.open_backend(place).load()) == before
            assert not isinstance(failed.value, StateConflictError)
            backend.save_scope(state)
            assert rows_by_project(good) == {"A": rows, "B": 1}

    def test_a_save_whose_answer_is_lost_is_no_conflict(self, place: Any) -> None:
        """It was stored. Saved again, the same state is stored once, not refused."""
        good = self.open_backend(place)
        good.save(a_state(rows=1))
        for rows, losing in enumerate(self.losing_answers(place), start=2):
            state, versions = with_rows(good.load(), rows), len(good.history())
            backend = _saved_twice(losing, _save, state)
            assert rows_by_project(good) == {"SHOP": rows}
            assert (good.load().serial, state.serial) == (rows, rows)
            if not self.lacks(backend, Capability.HISTORY):
                assert len(good.history()) == versions + 1
            assert content(good.load()) == content(state)
            assert good.verify() == []

    def test_a_first_save_whose_answer_is_lost_is_no_conflict(self, place: Any) -> None:
        """Nor is the state then of another line than what was stored."""
        for losing in self.losing_answers(place):
            state = with_rows(load_or_begin(self.open_backend(place)), 1)
            backend = _saved_twice(losing, _save, state)
            assert content(self.open_backend(place).load()) == content(state)
            backend.save(with_rows(state, 2))
            assert rows_by_project(self.open_backend(place)) == {"SHOP": 2}
            backend.delete()

    def test_a_save_of_a_project_whose_answer_is_lost_is_no_conflict(
        self, place: Any
    ) -> None:
        """And can be followed by another one."""
        good = self.open_backend(place)
        good.save(a_state("A", "B", scope=True, rows=1))
        for rows, losing in enumerate(self.losing_answers(place), start=2):
            state = with_rows(good.load_projects(["A"]), rows, "A")
            backend = _saved_twice(losing, _save_scope, state)
            assert rows_by_project(good) == {"A": rows, "B": 1}
            assert good.load().serial == state.serial
            backend.save_scope(state)


def _save(backend: StateBackend, state: State) -> None:
    backend.save(state)


def _save_scope(backend: StateBackend, state: State) -> None:
    backend.save_scope(state)


def _saved_twice(
    losing: AbstractContextManager[StateBackend],
    save: Callable[[StateBackend, State], None],
    state: State,
) -> StateBackend:
    """Save; and again, if that says that it failed."""
    failed = False
    with losing as backend:
        try:
            save(backend, state)
        except StateConflictError:
            pytest.fail("it was refused for what it stored itself")
        except StateWriteError:
            failed = True
    if failed:
        save(backend, state)
    return backend
