"""Locks in a store of blobs: holders that die, sleep, or lose what they hold.

The clocks are the tests': what the holders do between two moments takes no time.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dataikuapi.iac import (
    Resource,
    State,
    StateConflictError,
    StateLockedError,
    StateNotFoundError,
)
from dataikuapi.iac.backends.blob_parts import BlobPartsBackend
from iac.memory import MemoryStore

LEASE = 3_000.0
"""Long enough that no holder of these tests renews its lock."""


class Clock:
    """A clock that goes on when somebody sleeps."""

    def __init__(self):
        self.seconds = 0.0
        self.at = {}

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds
        for moment in sorted(self.at):
            if moment <= self.seconds:
                self.at.pop(moment)()

    def now(self):
        return datetime(2026, 11, 1, tzinfo=timezone.utc) + timedelta(0, self.seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_one(clock):
    """Return a function that opens the same storage, once more each time."""
    blobs: dict[str, Any] = {}

    def open_one(skew=0):
        return BlobPartsBackend(
            MemoryStore(blobs),
            "dev.state.json",
            lease_seconds=LEASE,
            now=lambda: clock.now() + timedelta(0, skew),
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )

    return open_one


def state_with(rows):
    return State(
        resources={
            "dataset.A.b": Resource("dataset", "dataset.A.b", {"rows": rows}),
        }
    )


dead: list[object] = []


def die_with(*locks):
    """Take locks, and never release them."""
    for lock in locks:
        lock.__enter__()
    dead.extend(locks)


def renew(backend, name="state"):
    """Do what the thread of a holder does from time to time."""
    (held,) = (lock for key, lock in backend._locks._held.items() if key[0] == name)
    held.renew()


def test_the_holder_is_told(open_one):
    with open_one().lock("a long edit"):
        (lock,) = open_one().locks()
        assert (lock.name, lock.reason, lock.is_stale) == (
            "state",
            "a long edit",
            False,
        )
        with pytest.raises(StateLockedError, match="a long edit"):
            open_one().save(State())
    assert open_one().locks() == []


def test_who_waits_gets_it_when_it_is_released(open_one, clock):
    held = open_one().lock("first")
    held.__enter__()
    clock.at[20] = lambda: held.__exit__(None, None, None)
    with open_one().lock("second", timeout=60):
        assert 20 <= clock.seconds < 25


def test_who_waits_gives_up(open_one, clock):
    with open_one().lock("first"):
        with pytest.raises(StateLockedError):
            open_one().lock("second", timeout=60).__enter__()
        assert 60 <= clock.seconds < 65


def test_the_lock_of_a_dead_holder_is_taken_over_after_its_lease(open_one, clock):
    die_with(open_one().lock("died"))
    with open_one().lock("goes on", timeout=-1):
        assert LEASE < clock.seconds < LEASE + 5
        (lock,) = open_one().locks()
        assert lock.reason == "goes on"


def test_without_waiting_a_stale_lock_is_observed_and_taken(open_one, clock):
    die_with(open_one().lock("died"), open_one().lease(["SHOP"]))
    clock.sleep(LEASE + 1)
    assert all(lock.is_stale for lock in open_one().locks())
    with open_one().lock(timeout=0), open_one().lease(["SHOP"]):
        assert clock.seconds > 2 * LEASE


def test_a_clock_that_is_wrong_takes_no_lock_from_who_is_alive(open_one, clock):
    holder = open_one(skew=-10 * LEASE)
    with holder.lock("alive"):
        for moment in range(1, 10):
            clock.at[moment * LEASE / 3] = lambda: renew(holder)
        with pytest.raises(StateLockedError, match="alive"):
            open_one().lock(timeout=0).__enter__()
        assert clock.seconds < LEASE / 2
        holder.save(state_with(1))


def test_a_holder_that_renews_keeps_it(open_one, clock):
    holder = open_one()
    with holder.lock("alive"):
        for moment in range(1, 20):
            clock.at[moment * LEASE / 3] = lambda: renew(holder)
        with pytest.raises(StateLockedError):
            open_one().lock(timeout=5 * LEASE).__enter__()


def test_a_zombie_saves_nothing(open_one, clock):
    """It slept, others took its lock over, and finished; then it wakes up."""
    open_one().save(state_with(1))
    zombie = open_one()
    with zombie.lock("slept"):
        state = zombie.load()
        with open_one().lock(timeout=-1):
            pass  # Whoever took it over need not have saved anything.
        state.add_resource(Resource("dataset", "dataset.A.b", {"rows": 2}))
        with pytest.raises(StateLockedError, match="taken over"):
            zombie.save(state)
        renew(zombie)
    assert open_one().load().resources["dataset.A.b"].attributes == {"rows": 1}
    zombie.save(state)


def test_a_zombie_that_wakes_up_between_check_and_write_is_refused(
    open_one, monkeypatch
):
    """The lock was its own when it looked, and the state is another when it writes."""
    open_one().save(state_with(1))
    zombie = open_one()
    require = zombie._locks.require

    def sleeps(name):
        require(name)
        other = open_one()
        with other.lock(timeout=-1):
            other.save(state_with(3))

    monkeypatch.setattr(zombie._locks, "require", sleeps)
    with pytest.raises(StateConflictError):
        zombie.save(state_with(2))
    assert open_one().load().resources["dataset.A.b"].attributes == {"rows": 3}
    assert len(open_one().history()) == 1


def test_it_is_taken_again_by_the_same_thread(open_one):
    backend = open_one()
    with backend.lock("outer"):
        with backend.lock("inner"):
            backend.save(state_with(1))
        assert open_one().locks()[0].reason == "outer"
    with backend.lease(["A"]), backend.lease(["A", "B"]):
        assert [lock.name for lock in backend.locks()] == ["apply:A", "apply:B"]
    assert backend.locks() == []


def test_it_is_released_by_force_alone_while_its_holder_is_alive(open_one):
    holder = open_one()
    with holder.lock("alive"):
        with pytest.raises(StateLockedError, match="--force"):
            open_one().release_lock("state")
        assert open_one().release_lock("state", force=True).reason == "alive"
        with pytest.raises(StateNotFoundError):
            open_one().release_lock("state")
        with pytest.raises(StateLockedError, match="force"):
            holder.save(state_with(1))
    open_one().save(state_with(2))


def test_a_stale_one_is_released_once_it_was_observed(open_one, clock):
    die_with(open_one().lock("died"))
    clock.sleep(LEASE + 1)
    assert open_one().release_lock("state").reason == "died"
    assert 2 * LEASE < clock.seconds < 2 * LEASE + 5
    assert open_one().locks() == []


@pytest.mark.parametrize("data", [b"?", b"[]", b'{"lease": "x", "user": 3}'])
def test_what_is_no_lock_ends_like_one(open_one, clock, data):
    backend = open_one()
    backend._blobs.write("locks/state", data, "")
    assert backend.locks()[0].is_stale
    with backend.lock(timeout=0):
        assert 60 < clock.seconds < 65
