"""Tests of the lock: it excludes, tells its holder, is waited for, and is released."""

import socket
import time
from typing import Any

import pytest

from dataikuapi.iac.backends.conformance import works
from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import (
    Elsewhere,
    NewPlace,
    Suite,
    promised,
)
from dataikuapi.iac.exceptions import StateLockedError, StateNotFoundError
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.locks import STATE_LOCK

__all__ = ["LockTests"]

LOCK = Capability.LOCK
RELEASE = Capability.LOCK_RELEASE


class LockTests(Suite):
    """Only one has the lock."""

    @promised(LOCK)
    def test_somebody_else_is_refused_and_told_who_holds_it(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """By its host and its reason; an hour later they would ask that colleague."""
        holder = elsewhere(place, works.hold_lock, "a nightly sync")
        holder.hear()
        backend = self.open_backend(place)
        with (
            pytest.raises(StateLockedError, match="a nightly sync") as refused,
            backend.lock("mine", timeout=0.1),
        ):
            pytest.fail("two have the lock")
        assert socket.gethostname() in str(refused.value)
        holder.tell()
        holder.result()
        with backend.lock("mine", timeout=30):
            assert elsewhere(place, works.lock_once, 0).result()

    @promised(LOCK)
    def test_threads_of_one_process_exclude_each_other(
        self, place: Any, beside: Elsewhere
    ) -> None:
        """Whether or not they share a backend."""
        backend = self.open_backend(place)
        with backend.lock("mine", timeout=30):
            assert "mine" in beside(place, works.lock_once, 0).result()
        assert beside(place, works.lock_once, 30).result() == ""

    @promised(LOCK)
    def test_a_thread_may_take_it_again(self, place: Any, beside: Elsewhere) -> None:
        """It is held until the last release, and a save within does not wait."""
        backend = self.open_backend(place)
        with backend.lock("outer", timeout=30):
            with backend.lock("inner", timeout=0):
                backend.save(a_state(rows=1))
            assert beside(place, works.lock_once, 0).result()
            backend.save(with_rows(backend.load(), 2))
            part = backend.load_projects(["SHOP"])
            backend.save_scope(with_rows(part, 3))
            assert beside(place, works.lock_once, 0).result()
        assert beside(place, works.lock_once, 30).result() == ""
        assert rows_by_project(backend) == {"SHOP": 3}

    @promised(LOCK)
    def test_it_is_waited_for(self, place: Any, elsewhere: Elsewhere) -> None:
        """Up to the timeout, and no longer than until it is released."""
        holder = elsewhere(place, works.hold_lock, "a while")
        holder.hear()
        waiting = elsewhere(place, works.lock_once, 120)
        backend = self.open_backend(place)
        began = time.monotonic()
        with pytest.raises(StateLockedError), backend.lock(timeout=0.3):
            pytest.fail("two have the lock")
        assert time.monotonic() - began >= 0.3
        holder.tell()
        assert waiting.result() == ""

    @promised(LOCK)
    def test_it_is_released_after_an_error(self, place: Any, beside: Elsewhere) -> None:
        """Whatever goes wrong in the block."""
        backend = self.open_backend(place)
        with pytest.raises(ZeroDivisionError), backend.lock("mine", timeout=30):
            raise ZeroDivisionError
        assert beside(place, works.lock_once, 30).result() == ""

    @promised(LOCK)
    def test_locking_stores_nothing(self, place: Any) -> None:
        """A lock and its release without a save leave no state."""
        backend = self.open_backend(place)
        for _ in range(2):
            with backend.lock("nothing to save", timeout=30):
                assert backend.exists() is False
        assert backend.exists() is False
        assert backend.history() == []
        assert backend.verify() == []

    @promised(LOCK)
    def test_others_read_and_do_not_write(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """A save waits for the lock, and says who holds it if that takes too long."""
        backend = self.open_backend(place)
        backend.save(a_state(rows=1))
        holder = elsewhere(place, works.hold_lock, "a nightly sync")
        holder.hear()
        assert rows_by_project(backend) == {"SHOP": 1}
        state = with_rows(backend.load(), 2)
        backend.lock_timeout = 0.1
        with pytest.raises(StateLockedError, match="a nightly sync"):
            backend.save(state)
        assert rows_by_project(backend) == {"SHOP": 1}
        holder.tell()
        holder.result()
        backend.lock_timeout = 30
        backend.save(state)
        assert rows_by_project(backend) == {"SHOP": 2}

    @promised(LOCK)
    def test_each_state_has_a_lock_of_its_own(
        self, place: Any, new_place: NewPlace, elsewhere: Elsewhere
    ) -> None:
        """Who works on another state of the same storage does not wait."""
        holder = elsewhere(place, works.hold_lock, "another state")
        holder.hear()
        backend = self.open_backend(new_place())
        with backend.lock("mine", timeout=0):
            backend.save(a_state())

    @promised(LOCK)
    def test_of_many_only_one_is_inside(
        self, place: Any, elsewhere: Elsewhere, many: int
    ) -> None:
        """At any time; and each gets its turn."""
        people = [elsewhere(place, works.lock_often, many) for _ in range(many)]
        for person in people:
            person.hear()
        for person in people:
            person.tell()
        held = sorted(span for person in people for span in person.result())
        assert len(held) == many * many
        ends = [0, *(end for _, end in held)]
        overlaps = [
            span for span, end in zip(held, ends, strict=False) if span[0] < end
        ]
        assert overlaps == []

    # Who holds a lock, and taking it away

    @promised(LOCK, Capability.LOCK_LIST)
    def test_the_holder_is_listed(self, place: Any, elsewhere: Elsewhere) -> None:
        """Who, where, since when and why; nobody once it is released."""
        backend = self.open_backend(place)
        assert backend.locks() == []
        holder = elsewhere(place, works.hold_lock, "a nightly sync")
        holder.hear()
        (info,) = [lock for lock in backend.locks() if lock.name == STATE_LOCK]
        assert info.reason == "a nightly sync"
        assert info.host == socket.gethostname()
        assert info.user
        assert info.process in (holder.pid, 0)
        assert info.since is not None
        assert not info.is_stale
        holder.tell()
        holder.result()
        assert backend.locks() == []

    @promised(LOCK, RELEASE)
    def test_a_lock_is_taken_away_by_force(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Not without force from who may be at work; then others can have it."""
        backend = self.open_backend(place)
        backend.save(a_state(rows=1))
        holder = elsewhere(place, works.save_under_lock, 2)
        holder.hear()
        with pytest.raises(StateLockedError, match="a long edit"):
            backend.release_lock(STATE_LOCK)
        info = backend.release_lock(STATE_LOCK, force=True)
        assert info.reason == "a long edit"
        with backend.lock("mine", timeout=30):
            backend.save(with_rows(backend.load(), 3))
        holder.tell()
        assert "Error" in holder.result(), "it saved without the lock"
        assert rows_by_project(backend) == {"SHOP": 3}
        with backend.lock("mine", timeout=30):
            backend.save(with_rows(backend.load(), 4))

    @promised(LOCK, RELEASE)
    def test_who_lost_the_lock_saves_nothing_even_if_nobody_else_did(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Somebody may be about to."""
        backend = self.open_backend(place)
        backend.save(a_state(rows=1))
        holder = elsewhere(place, works.save_under_lock, 2)
        holder.hear()
        elsewhere(place, works.release, STATE_LOCK).result()
        holder.tell()
        assert "Error" in holder.result(), "it saved without the lock"
        assert rows_by_project(backend) == {"SHOP": 1}

    @promised(LOCK, RELEASE)
    def test_who_lost_the_lock_does_not_release_that_of_another(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Each acquisition is one of its own."""
        first = elsewhere(place, works.hold_lock, "first")
        first.hear()
        backend = self.open_backend(place)
        backend.release_lock(STATE_LOCK, force=True)
        second = elsewhere(place, works.hold_lock, "second")
        second.hear()
        first.tell()
        first.wait()
        with pytest.raises(StateLockedError, match="second"), backend.lock(timeout=0):
            pytest.fail("the lock of the second is gone")

    @promised(LOCK, RELEASE)
    def test_a_lock_that_nobody_holds_is_not_found(self, place: Any) -> None:
        """It may have been released in the meantime."""
        backend = self.open_backend(place)
        with pytest.raises(StateNotFoundError, match=STATE_LOCK):
            backend.release_lock(STATE_LOCK, force=True)
