"""Tests of the contract: the five methods that each backend has."""

from pathlib import Path
from typing import Any

import pytest

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.conformance.absent import ABSENT
from dataikuapi.iac.backends.conformance.samples import (
    ORDERS,
    a_state,
    content,
    rows_by_project,
    with_rows,
)
from dataikuapi.iac.backends.conformance.suite import NewPlace, Suite
from dataikuapi.iac.exceptions import (
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability

__all__ = ["ContractTests"]


class ContractTests(Suite):
    """What is saved is loaded, and everything else says what is wrong."""

    @pytest.mark.parametrize("capability", Capability, ids=lambda each: each.name)
    def test_what_is_not_promised_is_told(
        self, place: Any, capability: Capability
    ) -> None:
        """The documentation says what a backend lacks, and so do its methods."""
        backend = self.open_backend(place)
        assert backend.capabilities <= set(Capability)
        if self.lacks(backend, capability):
            ABSENT[capability](backend)

    def test_promises_agree(self, place: Any) -> None:
        """What can be done with locks takes locks, and a time that is declared."""
        backend = self.open_backend(place)
        of_locks = {
            Capability.LOCK_ENDS_WITH_HOLDER,
            Capability.LOCK_LIST,
            Capability.LOCK_RELEASE,
        }
        assert (
            Capability.LOCK in backend.capabilities
            or not backend.capabilities & of_locks
        )
        ends = Capability.LOCK_ENDS_WITH_HOLDER in backend.capabilities
        assert ends == (backend.lock_freed_after is not None)

    def test_where_nothing_is_stored(self, place: Any) -> None:
        """Each method says so."""
        backend = self.open_backend(place)
        assert isinstance(backend, StateBackend)
        assert backend.exists() is False
        for action in (backend.load, backend.delete, backend.backup):
            with pytest.raises(StateNotFoundError):
                action()
        with pytest.raises(StateNotFoundError):
            backend.load_projects(["SHOP"])
        for by_serial in (backend.load_version, backend.restore):
            with pytest.raises(StateNotFoundError, match="7"):
                by_serial(7)
        assert backend.history() == []
        assert backend.verify() == []
        assert backend.exists() is False

    def test_what_is_saved_is_loaded(self, place: Any) -> None:
        """Also by somebody who opens the same place, with equal checksums."""
        state = a_state("SHOP", "OTHER", rows=1)
        self.open_backend(place).save(state)
        backend = self.open_backend(place)
        assert backend.exists() is True
        found = backend.load()
        assert content(found) == content(state)
        assert found == state
        assert {key: item.metadata.checksum for key, item in found.resources.items()}
        for item in found:
            assert item.metadata.checksum == item.compute_checksum()
        assert found.environment == "dev"

    def test_an_empty_state_is_a_state(self, place: Any) -> None:
        """Nothing in it is something else than nothing stored."""
        backend = self.open_backend(place)
        backend.save(State(environment="dev"))
        assert backend.exists() is True
        assert len(self.open_backend(place).load()) == 0

    def test_a_save_replaces_all(self, place: Any) -> None:
        """What the state does not have is gone."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B"))
        state = backend.load()
        state.remove_resource("dataset.A.orders")
        backend.save(with_rows(state, 5, "C"))
        assert rows_by_project(self.open_backend(place)) == {"B": None, "C": 5}

    def test_what_is_loaded_is_a_copy(self, place: Any) -> None:
        """Changing it, or what was saved, changes nothing that is stored."""
        backend = self.open_backend(place)
        saved = a_state(tags=["a"])
        backend.save(saved)
        for state in (saved, backend.load()):
            tags = state.resources[ORDERS].attributes["tags"]
            assert isinstance(tags, list)
            tags.append("b")
            state.extra["note"] = "changed"
        found = backend.load()
        assert found.resources[ORDERS].attributes == {"tags": ["a"]}
        assert "note" not in found.extra

    def test_unknown_keys_are_kept(self, place: Any) -> None:
        """What a later version of this library adds survives."""
        backend = self.open_backend(place)
        state = a_state()
        state.extra["future"] = {"deep": [1, None]}
        state.resources[ORDERS].extra["later"] = True
        state.resources[ORDERS].metadata.extra["seen"] = "x"
        backend.save(state)
        found = self.open_backend(place).load()
        assert found.extra["future"] == {"deep": [1, None]}
        assert found.resources[ORDERS].extra == {"later": True}
        assert found.resources[ORDERS].metadata.extra == {"seen": "x"}

    def test_a_deleted_state_is_gone(self, place: Any) -> None:
        """And another one can be saved there."""
        backend = self.open_backend(place)
        backend.save(a_state())
        backend.delete()
        other = self.open_backend(place)
        assert other.exists() is False
        with pytest.raises(StateNotFoundError):
            other.load()
        with pytest.raises(StateNotFoundError):
            other.delete()
        other.save(a_state(rows=2))
        assert rows_by_project(backend) == {"SHOP": 2}

    def test_a_backup_never_overwrites_another(self, place: Any) -> None:
        """Each keeps what was stored then, whatever happens to the state."""
        backend = self.open_backend(place)
        copies = []
        state = a_state()
        for rows in range(3):
            backend.save(with_rows(state, rows))
            copies.append(backend.backup("mine"))
            state = backend.load()
        assert len({str(copy) for copy in copies}) == 3
        assert all(isinstance(copy, Path | str) for copy in copies)
        assert len(self.open_backend(place).load()) == 1
        backend.delete()
        assert [
            self.load_backup(place, copy).resources[ORDERS].attributes["rows"]
            for copy in copies
        ] == [0, 1, 2]

    def test_states_in_one_storage_are_apart(
        self, place: Any, new_place: NewPlace
    ) -> None:
        """Saving, backing up and deleting one leaves the other alone."""
        one, other = self.open_backend(place), self.open_backend(new_place())
        one.save(a_state("A", rows=1))
        assert other.exists() is False
        other.save(a_state("B", rows=2))
        other.save(with_rows(other.load(), 3, "B"))
        assert rows_by_project(one) == {"A": 1}
        assert one.history() == []
        one.backup()
        one.delete()
        assert rows_by_project(other) == {"B": 3}
        assert one.exists() is False

    def test_a_state_that_cannot_be_written_is_refused(self, place: Any) -> None:
        """As it has NaN, which is no JSON; what is stored stays."""
        backend = self.open_backend(place)
        backend.save(a_state(rows=1))
        bad = backend.load()
        bad.resources[ORDERS].attributes["rows"] = float("nan")
        with pytest.raises(StateWriteError, match="NaN"):
            backend.save(bad)
        assert rows_by_project(self.open_backend(place)) == {"SHOP": 1}
        backend.save(with_rows(backend.load(), 2))
        assert rows_by_project(backend) == {"SHOP": 2}

    def test_what_is_damaged_is_told(self, place: Any) -> None:
        """It is there, it does not load, and verify says why."""
        backend = self.open_backend(place)
        backend.save(a_state(rows=1))
        backend.save(with_rows(backend.load(), 2))
        if not self.damage(place):
            pytest.skip("nobody can damage it there, or damage() is not overridden")
        assert backend.exists() is True
        with pytest.raises((StateCorruptedError, StateReadError)):
            self.open_backend(place).load()
        assert backend.verify()
        with pytest.raises(StateWriteError):
            backend.save(a_state(rows=3))
        if not self.lacks(backend, Capability.HISTORY):
            backend.restore(1)
            assert rows_by_project(backend) == {"SHOP": 1}

    def test_verify_finds_nothing_wrong_with_what_was_saved(self, place: Any) -> None:
        """However many versions and backups there are."""
        backend = self.open_backend(place)
        backend.save(a_state("A", "B", scope=True))
        backend.save(with_rows(backend.load(), 2, "A"))
        backend.backup()
        assert backend.verify() == []
