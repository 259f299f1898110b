"""Tests of holders that die or sleep: a team is able to go on."""

import time
from typing import Any

import pytest

from dataikuapi.iac.backends.conformance import works
from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import GRACE, Elsewhere, Suite, promised
from dataikuapi.iac.exceptions import StateLockedError
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["DyingTests"]

SHARED = Capability.SHARED
LOCK = Capability.LOCK
ENDS = Capability.LOCK_ENDS_WITH_HOLDER


class DyingTests(Suite):
    """Who is killed runs no code that would release anything."""

    @promised(SHARED)
    def test_a_writer_killed_in_the_midst_of_a_save_leaves_a_whole_state(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Of the round that it said was stored, or of the next one."""
        backend = self.open_expiring(place)
        backend.save(a_state("A", "B", rows=0))
        for kills in range(1, 4):
            writer = elsewhere(place, works.save_rounds, 100_000, True, expiring=True)
            writer.hear()
            writer.tell()
            while (said := writer.hear()) < kills:
                pass
            writer.kill()
            self.take_lock_of_dead(backend)
            rows = rows_by_project(self.open_expiring(place))
            assert rows["A"] == rows["B"]
            assert rows["A"] >= said
            backend.save(with_rows(with_rows(backend.load(), 0, "A"), 0, "B"))
            assert rows_by_project(backend) == {"A": 0, "B": 0}
            assert backend.verify() == []

    @promised(SHARED, LOCK)
    def test_the_lock_of_who_was_killed_is_taken_by_others(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Within the time that is declared; or else it is told and taken away."""
        backend = self.open_expiring(place)
        backend.save(a_state(rows=1))
        holder = elsewhere(place, works.save_under_lock, 2, expiring=True)
        holder.hear()
        holder.kill()
        if self.lacks(backend, ENDS):
            with pytest.raises(StateLockedError, match="a long edit"):
                backend.lock(timeout=0).__enter__()
        self.take_lock_of_dead(backend)
        with backend.lock("mine"):
            backend.save(with_rows(backend.load(), 3))
        assert rows_by_project(backend) == {"SHOP": 3}

    @promised(SHARED, LOCK, ENDS)
    def test_a_save_waits_for_the_lock_of_who_was_killed(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Nobody has to do anything but wait."""
        holder = elsewhere(place, works.save_under_lock, 2, expiring=True)
        holder.hear()
        holder.kill()
        backend = self.open_expiring(place)
        self.take_lock_of_dead(backend)
        backend.save(a_state(rows=3))
        assert rows_by_project(backend) == {"SHOP": 3}

    @promised(SHARED, LOCK, ENDS)
    def test_a_holder_that_lives_keeps_the_lock(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Longer than the lock of a dead one would last."""
        backend = self.open_expiring(place)
        backend.save(a_state(rows=1))
        holder = elsewhere(place, works.save_under_lock, 2, expiring=True)
        holder.hear()
        time.sleep(1.2 * (backend.lock_freed_after or 0))
        with pytest.raises(StateLockedError), backend.lock(timeout=0):
            pytest.fail("two have the lock")
        holder.tell()
        assert holder.result() == ""
        assert rows_by_project(backend) == {"SHOP": 2}

    @promised(SHARED, LOCK, ENDS)
    def test_a_writer_that_slept_until_its_lock_was_taken_over_saves_nothing(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Unless its lock lives as long as its process: then nobody gets it."""
        backend = self.open_expiring(place)
        backend.save(a_state(rows=1))
        sleeper = elsewhere(place, works.save_under_lock, 2, expiring=True)
        sleeper.hear()
        sleeper.pause()
        try:
            outcome = self._taken_over(place)
        finally:
            sleeper.resume()
        sleeper.tell()
        if outcome:
            assert "Error" in sleeper.result(), "it saved without the lock"
            assert rows_by_project(backend) == {"SHOP": 3}
        else:
            assert sleeper.result() == ""
            assert rows_by_project(backend) == {"SHOP": 2}

    def _taken_over(self, place: Any) -> bool:
        """Save if the lock of a process that sleeps can be had; return whether."""
        backend = self.open_expiring(place)
        expires = bool(backend.lock_freed_after)
        timeout = (backend.lock_freed_after or 0) + GRACE if expires else 0.2
        try:
            with backend.lock("taken over", timeout=timeout):
                backend.save(with_rows(backend.load(), 3))
        except StateLockedError:
            return False
        return True

    @promised(SHARED, Capability.LEASE, ENDS)
    def test_the_lease_of_who_was_killed_is_taken_by_others(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Within the same time."""
        backend = self.open_expiring(place)
        holder = elsewhere(place, works.hold_lease, ["A", "B"], expiring=True)
        holder.hear()
        holder.kill()
        until = time.monotonic() + (backend.lock_freed_after or 0) + GRACE
        while True:
            try:
                with backend.lease(["B"]):
                    break
            except StateLockedError:
                assert time.monotonic() < until, "nobody gets the lease"
                time.sleep(0.05)
