"""What a journal keeps, so that it stays small, and how its entries are grouped."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataikuapi.iac.backends.folder_store import FolderStore
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.models.journal import (
    JournalEntry,
    JournalEvent,
    applies_of,
    open_intents,
    positions_to_keep,
    unfinished_projects,
    unsettled,
)
from iac.journals import (
    BEGIN,
    END,
    INTENT,
    OUTCOME,
    A,
    B,
    add,
    begin,
    end,
    finished,
    intent,
    outcome,
)
from iac.memory import MemoryStore

NAME = "dev.state.json"


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    """A store without blobs: files, or one that has the five methods alone."""
    if request.param == "folder":
        return FolderStore(tmp_path)
    return MemoryStore({})


# What the stored state may not know


def test_action_is_settled_once_a_later_apply_has_stored_it():
    cut_off = [begin("1"), intent(A, "1", wanted="x")]
    adopted = [begin("2"), outcome(A, "2", action="adopt", status="adopted")]
    assert unsettled(cut_off) == {A: {"action": None, "wanted": "x"}}
    assert set(unsettled(cut_off + adopted)) == {A}
    assert unsettled([*cut_off, *adopted, end("2")]) == {}
    refused = [begin("2"), outcome(A, "2", action="adopt", status="refused"), end("2")]
    assert set(unsettled(cut_off + refused)) == {A}


def test_what_an_apply_created_stays_that_until_it_is_stored():
    """Though each of the next ones is interrupted as well."""
    entries = [begin("1"), intent(A, "1", action="create", listed=[])]
    entries += [begin("2"), intent(A, "2", action="update", wanted="x")]
    entries += [begin("3"), outcome(A, "3", action="adopt", status="adopted")]
    found = unsettled(entries)[A]
    assert (found["action"], found["listed"], found["wanted"]) == ("create", [], "x")


def test_failed_creation_is_unsettled_only_if_it_left_something():
    known = {"action": "create", "status": "failed"}
    begun = [begin(), intent(A), outcome(A, **known, live_id=B), end()]
    assert unsettled(begun)[A]["live_id"] == B
    assert unsettled([begin(), intent(A), outcome(A, **known), end()]) == {}


def test_applies_may_overlap():
    """As where somebody has removed the lease of an apply that still runs."""
    entries = [begin("1"), intent(A, "1"), begin("2"), intent(A, "2")]
    over = [outcome(A, "2", status="updated"), end("2"), end("1")]
    assert unsettled(entries + over) == {}


def test_project_is_unfinished_until_an_apply_did_all():
    cut_off, other = [begin("1"), intent(A, "1")], "dataset.CRM.a"
    assert unfinished_projects(cut_off) == {"SHOP"}
    some = [outcome(A, "1", status="failed"), end("1", outcome="incomplete")]
    assert unfinished_projects(cut_off + some) == {"SHOP"}
    elsewhere = [intent(other, "2"), end("2", outcome="done")]
    assert unfinished_projects(cut_off + elsewhere) == {"SHOP"}
    all_done = [intent(A, "3"), end("3", outcome="done")]
    assert unfinished_projects(cut_off + elsewhere + all_done) == set()


def test_what_is_unsettled_is_kept():
    failed = outcome(A, "1", action="update", status="failed")
    entries = [begin("1"), intent(A, "1"), failed, end("1")]
    entries += finished("2", B) + finished("3", B)
    left = [entries[position] for position in positions_to_keep(entries, 1)]
    assert unsettled(left) == unsettled(entries) != {}


# What is kept


def kept(entries, applies=2):
    return [
        (entries[position].run, entries[position].event, entries[position].resource_id)
        for position in positions_to_keep(entries, applies)
    ]


def test_of_finished_applies_the_last_ones_keep_begin_and_end():
    entries = [each for run in "12345" for each in finished(run, A, B)]
    last = [
        (entry.run, entry.event, entry.resource_id) for entry in finished("5", A, B)
    ]
    assert kept(entries) == [("4", BEGIN, ""), ("4", END, ""), *last]


def test_all_of_an_unfinished_one_is_kept():
    unfinished = [begin("1"), intent(A), outcome(A), intent(B), outcome(B)]
    entries = [*unfinished, *(each for run in "2345" for each in finished(run))]
    left = [entries[position] for position in positions_to_keep(entries)]
    assert left[:5] == unfinished
    went_on = [*finished("1", A), begin("1"), *finished("2"), *finished("3")]
    assert kept(went_on, 1)[:4] == [
        ("1", BEGIN, ""),
        ("1", INTENT, A),
        ("1", OUTCOME, A),
        ("1", END, ""),
    ]


def test_an_open_intent_of_a_finished_one_is_kept():
    entries = [begin("1"), intent(A), intent(B), outcome(B), end("1")]
    entries += [each for run in "2345" for each in finished(run, B)]
    assert kept(entries)[:3] == [("1", BEGIN, ""), ("1", INTENT, A), ("1", END, "")]


def test_an_outcome_that_closes_an_intent_is_kept_with_it():
    entries = [begin("1"), intent(A), begin("2"), outcome(A, "2"), end("2")]
    entries += [each for run in "3456" for each in finished(run)]
    assert ("2", OUTCOME, A) in kept(entries)
    assert open_intents([entries[each] for each in positions_to_keep(entries)]) == {}


ENTRIES = st.lists(
    st.builds(
        lambda run, event, key: JournalEntry(
            run, event, key if event in (INTENT, OUTCOME) else ""
        ),
        st.sampled_from("12345"),
        st.sampled_from(JournalEvent),
        st.sampled_from([A, B]),
    ),
    max_size=30,
)


@given(ENTRIES, st.integers(1, 3))
def test_whatever_is_dropped_the_same_intents_are_open(entries, applies):
    left = [entries[position] for position in positions_to_keep(entries, applies)]
    assert open_intents(left) == open_intents(entries)
    for run in applies_of(entries):
        if run.end is None:
            own = [entry for entry in entries if entry.run == run.run]
            assert [entry for entry in left if entry.run == run.run] == own


# When it is compacted


def test_a_large_journal_is_compacted_when_an_apply_begins(store):
    journal = BlobJournal(store, NAME, timeout=60, max_bytes=10_000)
    for run in range(150):
        add(journal, *finished(f"{run}", A))
    add(journal, *finished("long", B)[:-1])
    line = b'{"at":"2026-01-02T03:04:05Z","run":"long","event":"begin","new":"kept"}\n'
    store.append(journal.name, line)
    add(journal, begin("last"))
    entries = journal.read()
    assert len(entries) == 99 * 2 + 4 + 1
    assert [run.run for run in applies_of(entries)][-3:] == ["149", "long", "last"]
    assert line in store.read(journal.name).data


def test_a_small_journal_is_left_alone(store):
    journal = BlobJournal(store, NAME, timeout=60)
    for run in range(150):
        add(journal, *finished(f"{run}"))
    assert len(applies_of(journal.read())) == 150


def test_a_damaged_journal_is_not_compacted_and_an_apply_begins(store, caplog):
    journal = BlobJournal(store, NAME, timeout=60, max_bytes=0)
    store.write(journal.name, b"damaged\n", None)
    with caplog.at_level(logging.WARNING):
        add(journal, begin())
    assert "the journal was not compacted" in caplog.text
    assert store.read(journal.name).data.startswith(b"damaged\n{")


class Interrupted(MemoryStore):
    """Somebody else adds a line just before a journal is written."""

    line = b""

    def write(self, name, data, expected):
        line, self.line = self.line, b""
        if line:
            super().write(name, self.read(name).data + line, None)
        return super().write(name, data, expected)


def test_what_others_add_while_a_journal_is_compacted_is_not_lost():
    store = Interrupted({})
    journal = BlobJournal(store, NAME, timeout=60, max_bytes=0)
    for run in range(3):
        add(journal, *finished(f"{run}", A))
    store.line = b'{"at":"2026-01-02T03:04:05Z","run":"other","event":"begin"}\n'
    add(journal, begin("4"))
    assert [run.run for run in applies_of(journal.read())][-2:] == ["other", "4"]


# Grouping


def test_entries_are_grouped_by_apply():
    entries = [
        begin("1", by="ann"),
        intent(A),
        begin("2"),
        intent(B, "2"),
        outcome(A, ok=True),
        end("1", outcome="done"),
    ]
    one, two = applies_of(entries)
    assert (one.run, one.begin, one.end) == ("1", entries[0], entries[-1])
    assert one.intents == {A: entries[1]}
    assert one.outcomes == {A: entries[4]}
    assert one.open == {}
    assert (two.run, two.begin, two.end) == ("2", entries[2], None)
    assert two.open == {B: entries[3]}
    one, two = applies_of([*entries, begin("1"), outcome(B, "3")])[:2]
    assert one.end is None
    assert one.begin == entries[0]
    assert two.open == {}
