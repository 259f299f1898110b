"""Tests of compare-and-swap: no update is lost, and each version has its number."""

from typing import Any

import pytest

from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    content,
    load_or_begin,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import NewPlace, Suite, promised
from dataikuapi.iac.exceptions import StateConflictError, StateWriteError
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["SwapTests"]

SWAP = Capability.COMPARE_AND_SWAP


class SwapTests(Suite):
    """A save is refused if what is stored is not what was loaded."""

    @promised(SWAP)
    def test_of_two_who_loaded_the_same_the_second_is_refused(self, place: Any) -> None:
        """Nothing of the second is stored, and it is told which serial is."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state())
        mine, theirs = one.load(), other.load()
        other.save(with_rows(theirs, 2))
        with pytest.raises(StateConflictError, match=str(theirs.serial)) as refused:
            one.save(with_rows(mine, 1))
        assert isinstance(refused.value, StateWriteError)
        assert rows_by_project(self.open_backend(place)) == {"SHOP": 2}
        one.save(with_rows(one.load(), 3))
        assert rows_by_project(other) == {"SHOP": 3}

    @promised(SWAP)
    def test_of_two_first_saves_the_second_is_refused(self, place: Any) -> None:
        """Each of them had found that nothing is stored."""
        one, other = self.open_backend(place), self.open_backend(place)
        mine, theirs = load_or_begin(one), load_or_begin(other)
        other.save(with_rows(theirs, 2))
        with pytest.raises(StateConflictError):
            one.save(with_rows(mine, 1))
        assert rows_by_project(one) == {"SHOP": 2}

    @promised(SWAP)
    def test_what_was_deleted_since_is_not_brought_back(self, place: Any) -> None:
        """Unless by force, and then with a serial that no reader has seen."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state())
        mine = one.load()
        other.delete()
        with pytest.raises(StateConflictError, match="deleted"):
            one.save(with_rows(mine, 1))
        assert one.exists() is False
        before = mine.serial
        one.save(mine, force=True)
        assert one.load().serial > before
        assert rows_by_project(other) == {"SHOP": 1}

    @promised(SWAP)
    def test_what_was_deleted_and_saved_anew_is_another_state(self, place: Any) -> None:
        """Equal serials do not make it the one that was loaded."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state())
        mine = one.load()
        other.delete()
        other.save(a_state(rows=7))
        with pytest.raises(StateConflictError):
            one.save(with_rows(mine, 1))
        assert rows_by_project(one) == {"SHOP": 7}

    @promised(SWAP)
    def test_equal_content_saved_meanwhile_is_a_conflict_too(self, place: Any) -> None:
        """A version is another version, whatever is in it."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state(rows=1))
        mine = one.load()
        other.save(with_rows(other.load(), 2))
        other.save(with_rows(other.load(), 1))
        with pytest.raises(StateConflictError):
            one.save(with_rows(mine, 5))
        assert rows_by_project(one) == {"SHOP": 1}

    @promised(SWAP)
    def test_force_replaces_whatever_is_stored(self, place: Any) -> None:
        """And the serial still grows."""
        one, other = self.open_backend(place), self.open_backend(place)
        one.save(a_state())
        mine = one.load()
        other.save(with_rows(other.load(), 2))
        serial = other.load().serial
        one.save(with_rows(mine, 1), force=True)
        assert rows_by_project(other) == {"SHOP": 1}
        assert other.load().serial > serial

    @promised(SWAP)
    def test_the_lineage_stays_and_the_serial_grows_by_one(self, place: Any) -> None:
        """The state that was saved then says what is stored."""
        backend = self.open_backend(place)
        state = a_state()
        state.serial = 5
        backend.save(state)
        assert state.serial == 5
        assert state.lineage
        lineage = state.lineage
        for serial in (6, 7, 8):
            backend.save(with_rows(state, serial))
            stored = self.open_backend(place).load()
            assert (state.serial, stored.serial) == (serial, serial)
            assert (state.lineage, stored.lineage) == (lineage, lineage)
            assert content(stored) == content(state)
        stored.serial = 20
        backend.save(stored)
        assert backend.load().serial == 20

    @promised(SWAP)
    def test_each_new_state_has_a_lineage_of_its_own(
        self, place: Any, new_place: NewPlace
    ) -> None:
        """So that two of them are never taken for versions of one."""
        states = [a_state(), a_state()]
        for where, state in zip((place, new_place()), states, strict=True):
            self.open_backend(where).save(state)
        assert states[0].lineage != states[1].lineage

    @promised(SWAP)
    def test_no_serial_is_used_twice(self, place: Any) -> None:
        """After a deletion, a version with an older number may still be there."""
        backend = self.open_backend(place)
        backend.save(a_state())
        for rows in range(3):
            backend.save(with_rows(backend.load(), rows))
        last = backend.load()
        last.base_version = None
        backend.delete()
        if not self.lacks(backend, Capability.HISTORY):
            serial = last.serial
            backend.save(with_rows(last, 9))
            assert backend.load().serial > serial

    @promised(SWAP)
    def test_a_state_that_was_never_loaded_continues_what_is_stored(
        self, place: Any
    ) -> None:
        """It claims to be whole and knows of no line."""
        backend = self.open_backend(place)
        backend.save(a_state())
        stored = backend.load()
        backend.save(a_state(rows=4))
        found = backend.load()
        assert (found.lineage, found.serial) == (stored.lineage, stored.serial + 1)
        assert rows_by_project(backend) == {"SHOP": 4}

    @promised(SWAP)
    def test_a_part_of_an_instance_does_not_replace_the_whole(self, place: Any) -> None:
        """Saving a reading of one project would drop the others."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", scope=True))
        with pytest.raises(StateConflictError, match="drop"):
            backend.save(a_state("A", scope=True, rows=1))
        assert rows_by_project(backend) == {"A": None, "B": None}

    # What another tool checks before it imports a state: newer, older, unrelated

    @promised(SWAP)
    def test_a_state_is_moved_into_an_empty_place(
        self, place: Any, new_place: NewPlace
    ) -> None:
        """Lineage and serial move along."""
        source, target = self.open_backend(place), self.open_backend(new_place())
        source.save(a_state(rows=1))
        source.save(with_rows(source.load(), 2))
        moved = source.load()
        moved.base_version = None
        target.save(moved)
        assert content(target.load()) == content(source.load())
        assert source.exists() is True

    @promised(SWAP)
    def test_a_newer_state_of_the_same_line_is_imported(
        self, place: Any, new_place: NewPlace
    ) -> None:
        """An older one is refused, unless by force."""
        source, target = self.open_backend(place), self.open_backend(new_place())
        source.save(a_state(rows=1))
        older = source.load()
        older.base_version = None
        source.save(with_rows(source.load(), 2))
        newer = source.load()
        newer.base_version = None
        target.save(newer)
        with pytest.raises(StateConflictError, match="serial"):
            target.save(older)
        assert rows_by_project(target) == {"SHOP": 2}
        target.save(older, force=True)
        assert rows_by_project(target) == {"SHOP": 1}
        assert target.load().serial > newer.serial

    @promised(SWAP)
    def test_a_state_of_another_line_is_refused(
        self, place: Any, new_place: NewPlace
    ) -> None:
        """Both lineages are named; force replaces it."""
        source, target = self.open_backend(place), self.open_backend(new_place())
        source.save(a_state(rows=1))
        target.save(a_state(rows=2))
        unrelated = source.load()
        unrelated.base_version = None
        unrelated.serial = 50
        with pytest.raises(StateConflictError, match="lineage") as refused:
            target.save(unrelated)
        assert str(unrelated.lineage) in str(refused.value)
        assert str(target.load().lineage) in str(refused.value)
        assert rows_by_project(target) == {"SHOP": 2}
        target.save(unrelated, force=True)
        assert rows_by_project(target) == {"SHOP": 1}
