"""Tests of the journal of applies: what was added to it survives."""

from typing import Any

import pytest

from dataikuapi.iac.backends.conformance import works
from dataikuapi.iac.backends.conformance.samples import a_state, with_rows
from dataikuapi.iac.backends.conformance.suite import (
    Elsewhere,
    NewPlace,
    Suite,
    promised,
)
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.locks import JOURNAL_LOCK

__all__ = ["JournalTests"]

JOURNAL = Capability.JOURNAL


def _entries(run: str = "1") -> list[JournalEntry]:
    odd: dict[str, JSON] = {
        "text": "é\u0000\n",
        "numbers": [1, 1.0, None],
        "": {"a": "x" * 5000},
    }
    return [
        JournalEntry(run, JournalEvent.BEGIN, details={"by": "ann"}),
        JournalEntry(run, JournalEvent.INTENT, "dataset.SHOP.größe", odd),
        JournalEntry(run, JournalEvent.OUTCOME, "dataset.SHOP.größe", {"status": "x"}),
        JournalEntry(run, JournalEvent.END, details={"outcome": "done"}),
    ]


class JournalTests(Suite):
    """An interrupted apply can be resumed, by whoever opens the same place."""

    @promised(JOURNAL)
    def test_what_was_added_is_read_in_order(self, place: Any) -> None:
        """One at a time or several at once; also where no state is stored."""
        first, *rest = _entries()
        journal = self.open_backend(place).journal()
        assert list(journal.read()) == []
        journal.append(first)
        journal.append(*rest)
        found = self.open_backend(place).journal().read()
        assert list(found) == [first, *rest]
        assert repr(found[1].details["numbers"]) == "[1, 1.0, None]"
        assert self.open_backend(place).exists() is False

    @promised(JOURNAL)
    def test_it_is_cleared(self, place: Any) -> None:
        """As a whole, and also if there is nothing in it."""
        journal = self.open_backend(place).journal()
        journal.clear()
        journal.append(*_entries())
        journal.clear()
        assert list(self.open_backend(place).journal().read()) == []
        journal.append(*_entries("2"))
        assert [entry.run for entry in journal.read()] == ["2"] * 4

    @promised(JOURNAL)
    def test_saves_and_deletions_leave_it_alone(
        self, place: Any, new_place: NewPlace
    ) -> None:
        """So do the journals of other states."""
        backend = self.open_backend(place)
        other = self.open_backend(new_place())
        backend.journal().append(*_entries())
        backend.save(a_state())
        backend.save(with_rows(backend.load(), 1))
        other.journal().append(*_entries("2"))
        other.journal().clear()
        with backend.lock("an apply stores a batch", timeout=30):
            backend.journal().append(*_entries("3"))
        backend.delete()
        assert [entry.run for entry in backend.journal().read()] == [*"11113333"]
        assert backend.history() is not None
        assert backend.verify() == []

    @promised(JOURNAL)
    def test_of_many_who_add_at_once_none_loses_anything(
        self, place: Any, elsewhere: Elsewhere, many: int
    ) -> None:
        """The entries of each are in its order."""
        people = [
            elsewhere(place, works.append_entries, f"R{number}", many)
            for number in range(many)
        ]
        for person in people:
            person.hear()
        for person in people:
            person.tell()
        for person in people:
            person.result()
        found = self.open_backend(place).journal().read()
        assert len(found) == many * many
        for number in range(many):
            own = [entry for entry in found if entry.run == f"R{number}"]
            assert [entry.details["number"] for entry in own] == [*range(many)]

    @promised(JOURNAL, Capability.SHARED)
    def test_what_was_added_before_a_crash_is_there(
        self, place: Any, elsewhere: Elsewhere
    ) -> None:
        """A crash in the middle of an entry costs that one at most."""
        person = elsewhere(
            place, works.append_entries, "R", 100_000, True, expiring=True
        )
        person.hear()
        person.tell()
        while person.hear() < 5:
            pass
        person.kill()
        backend = self.open_expiring(place)
        self.take_lock_of_dead(backend, JOURNAL_LOCK)
        journal = backend.journal()
        journal.append(*_entries("after"))
        found = journal.read()
        own = [entry.details["number"] for entry in found[:-4]]
        assert own == [*range(len(own))]
        assert len(own) > 5
        assert [entry.run for entry in found[-4:]] == ["after"] * 4

    @promised(JOURNAL)
    def test_an_entry_that_was_cut_off_is_not_read(self, place: Any) -> None:
        """Nor does it spoil the next one."""
        backend = self.open_backend(place)
        backend.journal().append(*_entries())
        if not self.tear_journal(place):
            pytest.skip("entries are stored as a whole, or tear_journal() is missing")
        assert [entry.event for entry in backend.journal().read()] == [
            JournalEvent.BEGIN,
            JournalEvent.INTENT,
            JournalEvent.OUTCOME,
        ]
        backend.journal().append(*_entries("2"))
        assert len(self.open_backend(place).journal().read()) == 7
