"""Tests of the history: older versions are kept, load as they were, and come back."""

from datetime import datetime, timezone
from typing import Any

import pytest

from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    content,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import Suite, promised
from dataikuapi.iac.exceptions import StateConflictError, StateNotFoundError
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["VersionTests"]

HISTORY = Capability.HISTORY


class VersionTests(Suite):
    """What a save replaced can be had again."""

    def _saved(self, place: Any, count: int = 3) -> list[bytes]:
        """Save so many versions; return the content of each, the oldest first."""
        backend, saved = self.open_backend(place), []
        state = a_state("SHOP", "OTHER")
        for rows in range(1, count + 1):
            backend.save(with_rows(state, rows))
            state = backend.load()
            saved.append(content(state))
        return saved

    @promised(HISTORY)
    def test_each_version_loads_as_it_was(self, place: Any) -> None:
        """The stored one is one of them."""
        saved = self._saved(place)
        backend = self.open_backend(place)
        for serial, expected in enumerate(saved, start=1):
            assert content(backend.load_version(serial)) == expected
        with pytest.raises(StateNotFoundError, match="9"):
            backend.load_version(9)

    @promised(HISTORY)
    def test_the_older_versions_are_listed_newest_first(self, place: Any) -> None:
        """Each with what it holds."""
        saved = self._saved(place, 4)
        found = self.open_backend(place).history()
        assert [version.serial for version in found] == [3, 2, 1]
        lineage = self.open_backend(place).load().lineage
        for version in found:
            assert content(version.load()) == saved[version.serial - 1]
            assert (version.lineage, version.resources) == (lineage, 2)
            assert version.size > 0
            assert version.name
            assert version.time.tzinfo is not None
            assert version.time <= datetime.now(timezone.utc).replace(year=2999)

    @promised(HISTORY)
    def test_saves_of_a_project_are_versions_too(self, place: Any) -> None:
        """Each of them is of the whole."""
        saved = self._saved(place, 2)
        backend = self.open_backend(place)
        part = backend.load_projects(["OTHER"])
        backend.save_scope(with_rows(part, 7, "OTHER"))
        assert [version.serial for version in backend.history()] == [2, 1]
        assert content(backend.load_version(2)) == saved[1]
        assert content(backend.load_version(3)) == content(backend.load())

    @promised(HISTORY)
    def test_a_version_is_restored_as_a_new_one(self, place: Any) -> None:
        """Nothing is lost by it: what it replaces is a version."""
        saved = self._saved(place)
        backend = self.open_backend(place)
        lineage = backend.load().lineage
        restored = backend.restore(1)
        stored = self.open_backend(place).load()
        assert content(restored) == content(stored)
        assert (stored.serial, stored.lineage) == (4, lineage)
        assert rows_by_project(backend)["SHOP"] == 1
        assert [version.serial for version in backend.history()] == [3, 2, 1]
        assert content(backend.load_version(3)) == saved[2]
        backend.save(with_rows(restored, 8))
        assert rows_by_project(backend)["SHOP"] == 8

    @promised(HISTORY, Capability.COMPARE_AND_SWAP)
    def test_who_loaded_before_a_restore_is_refused(self, place: Any) -> None:
        """Also if what was restored equals what they loaded."""
        self._saved(place)
        backend = self.open_backend(place)
        mine, first = backend.load(), backend.load_version(1)
        self.open_backend(place).restore(1)
        for state in (mine, first):
            with pytest.raises(StateConflictError):
                backend.save(with_rows(state, 9))
        assert rows_by_project(backend)["SHOP"] == 1

    @promised(HISTORY)
    def test_versions_outlive_the_state(self, place: Any) -> None:
        """A deleted state can be restored."""
        self._saved(place)
        backend = self.open_backend(place)
        backend.delete()
        assert rows_by_project_of(backend.load_version(2)) == 2
        restored = self.open_backend(place).restore(2)
        assert restored.serial > 3
        assert rows_by_project(backend)["SHOP"] == 2

    @promised(HISTORY)
    def test_a_refused_save_leaves_no_version(self, place: Any) -> None:
        """The history tells what was stored."""
        self._saved(place, 2)
        backend = self.open_backend(place)
        mine = backend.load()
        other = self.open_backend(place)
        other.save(with_rows(other.load(), 5))
        before = [version.serial for version in backend.history()]
        if not self.lacks(backend, Capability.COMPARE_AND_SWAP):
            with pytest.raises(StateConflictError):
                backend.save(with_rows(mine, 6))
            assert [version.serial for version in backend.history()] == before == [2, 1]

    @promised(HISTORY)
    def test_the_oldest_versions_are_pruned(self, place: Any) -> None:
        """Where there is a limit; the newest are kept, and load."""
        backend = self.open_backend(place)
        if not hasattr(backend, "max_versions"):
            return  # It keeps all.
        backend.max_versions = 3
        state = a_state()
        for rows in range(1, 8):
            backend.save(with_rows(state, rows))
        found = backend.history()
        assert [version.serial for version in found] == [6, 5, 4]
        assert [rows_by_project_of(version.load()) for version in found] == [6, 5, 4]
        assert rows_by_project(self.open_backend(place)) == {"SHOP": 7}
        assert backend.verify() == []


def rows_by_project_of(state: Any) -> Any:
    """Return the rows of the dataset that the tests change."""
    return state.resources["dataset.SHOP.orders"].attributes["rows"]
