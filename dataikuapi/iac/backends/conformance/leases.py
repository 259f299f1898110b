"""Tests of leases: who applies to a project keeps others from applying to it."""

import socket
from typing import Any

import pytest

from dataikuapi.iac.backends.conformance import works
from dataikuapi.iac.backends.conformance.samples import (
    a_state,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import Elsewhere, Suite, promised
from dataikuapi.iac.exceptions import StateLockedError
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.locks import APPLY_LOCK, STATE_LOCK

__all__ = ["LeaseTests"]

LEASE = Capability.LEASE


class LeaseTests(Suite):
    """Applies to different projects go on at once."""

    @promised(LEASE)
    def test_the_same_project_is_refused(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """One in common is enough; what was taken before it is given back."""
        holder = elsewhere(place, works.hold_lease, ["B", "C"])
        holder.hear()
        backend = self.open_backend(place)
        with pytest.raises(StateLockedError, match="B"), backend.lease(["A", "B"]):
            pytest.fail("two apply to B")
        assert elsewhere(place, works.take_lease, ["A"]).result() == ""
        holder.tell()
        holder.result()
        with backend.lease(["A", "B", "C"]):
            pass

    @promised(LEASE)
    def test_different_projects_are_leased_at_once(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """However odd their keys are."""
        for keys in (["A"], ["B", "a/b é%2F"], ["shop"]):
            elsewhere(place, works.hold_lease, keys).hear()
        backend = self.open_backend(place)
        with backend.lease(["C"]):
            assert elsewhere(place, works.take_lease, ["C"]).result()
        with pytest.raises(StateLockedError), backend.lease(["a/b é%2F"]):
            pytest.fail("two apply to the same project")

    @promised(LEASE, Capability.LOCK_LIST)
    def test_who_applies_to_a_project_is_listed(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """Under the key of the project, until the apply is over."""
        keys = ["A", "a/b é%2F"]
        holder = elsewhere(place, works.hold_lease, keys)
        holder.hear()
        backend = self.open_backend(place)
        locks = [lock for lock in backend.locks() if lock.name != STATE_LOCK]
        assert sorted(lock.name for lock in locks) == [APPLY_LOCK + key for key in keys]
        assert {lock.host for lock in locks} == {socket.gethostname()}
        holder.tell()
        holder.result()
        assert backend.locks() == []

    @promised(LEASE)
    def test_saves_go_on_meanwhile(self, place: Any, elsewhere: Elsewhere) -> None:
        """A lease is no lock of the state."""
        backend = self.open_backend(place)
        backend.save(a_state(rows=1))
        elsewhere(place, works.hold_lease, ["SHOP"]).hear()
        assert elsewhere(place, works.save_rows, 2, 30).result() == ""
        backend.save(with_rows(backend.load(), 3))
        with backend.lock("mine", timeout=30):
            backend.save(with_rows(backend.load(), 4))
        assert rows_by_project(backend) == {"SHOP": 4}

    @promised(LEASE)
    def test_it_is_released_after_an_error(self, place: Any, beside: Elsewhere) -> None:
        """Whatever goes wrong in the block."""
        backend = self.open_backend(place)
        with pytest.raises(ZeroDivisionError), backend.lease(["A"]):
            raise ZeroDivisionError
        assert beside(place, works.take_lease, ["A"]).result() == ""
