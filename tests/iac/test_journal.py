"""The journal of applies: entries survive, and none is torn or lost."""

import errno
import os
import stat
import subprocess
from datetime import datetime, timedelta, timezone
from unittest.mock import create_autospec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataikuapi.iac.backends import LocalFileBackend, StateBackend
from dataikuapi.iac.backends.adapter import adapt_backend
from dataikuapi.iac.backends.folder_store import FolderStore
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.exceptions import (
    JournalNotSupportedError,
    StateConflictError,
    StateCorruptedError,
    StateLockedError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models.journal import JournalEntry, applies_of
from iac.durability import in_thread, running, send_line, state
from iac.durability import run as run_saver
from iac.five_methods import FiveMethods
from iac.journals import (
    BEGIN,
    END,
    INTENT,
    OUTCOME,
    A,
    add,
    begin,
    end,
    intent,
    outcome,
)
from iac.memory import MemoryBackend, MemoryStore
from iac.strategies import ATTRIBUTES

NAME = "dev.state.json"
FILE = "dev.state.json.journal.jsonl"
TORN = b'{"at":"2026-01-02T03:04:05Z","run":"1","event":"int'

pytestmark = pytest.mark.usefixtures("no_hanging")


@pytest.fixture
def file(path):
    """Where the journal of ``backend`` is."""
    return path.with_name(FILE)


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    """A store without blobs: files, or one that has the five methods alone."""
    if request.param == "folder":
        return FolderStore(tmp_path / "state")
    return MemoryStore({})


@pytest.fixture
def journal(store):
    """An empty journal in it."""
    return BlobJournal(store, NAME, timeout=60)


# Adding and reading


def test_what_was_added_is_read_in_that_order(journal):
    assert journal.read() == []
    entries = [
        begin(by="ann", actions={"create": 1}),
        intent(name="ä\n\u2028\r", nothing=None, number=2**63, list=[1.5, {"a": True}]),
        outcome(),
        end(outcome="done"),
    ]
    add(journal, *entries)
    assert journal.read() == entries
    journal.clear()
    assert journal.read() == []
    journal.clear()
    add(journal, begin("2"))
    assert [entry.run for entry in journal.read()] == ["2"]


@given(details=ATTRIBUTES, microseconds=st.integers(0, 10**15))
def test_any_details_and_time_are_read_as_they_were(details, microseconds):
    journal = BlobJournal(MemoryStore({}), NAME, timeout=0)
    at = datetime(2026, 1, 2, tzinfo=timezone.utc) + timedelta(0, 0, microseconds)
    add(journal, JournalEntry("1", INTENT, A, details, at), outcome())
    assert journal.read()[0] == JournalEntry("1", INTENT, A, details, at)


def test_a_line_says_what_the_entry_says_and_nothing_else(backend, file):
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    backend.journal().append(JournalEntry("1", INTENT, A, {"name": "a"}, at))
    assert file.read_text("utf-8") == (
        '{"at":"2026-01-02T03:04:05Z","run":"1","event":"intent",'
        '"resource_id":"dataset.SHOP.a","details":{"name":"a"}}\n'
    )


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (intent(secret=float("nan")), "entry.details.secret: NaN or infinite"),
        (intent(secret={1, 2}), "entry.details.secret: set is not a JSON value"),
        (intent("", name="x"), "an intent without the id of an object"),
        (begin(""), "does not say of which run"),
    ],
)
def test_what_could_not_be_read_again_is_not_added(journal, entry, reason):
    with pytest.raises(ValueError, match=reason):
        journal.append(entry)
    assert journal.read() == []


def test_unknown_members_are_ignored(backend, file):
    backend.journal().append(begin())
    later = b'{"event":"end","run":"2","at":"2026-01-02T03:04:05Z","new":{"of":9}}\n'
    file.write_bytes(file.read_bytes() + later)
    assert [entry.run for entry in backend.journal().read()] == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"<<<<<<< HEAD", "it is not JSON: column 1"),
        (b'{"run": NaN}', "entry.run: NaN"),
        (b"", "it is not JSON"),
        (b"\xff", "it is not UTF-8"),
        (b"[1]", "it is not a JSON object"),
        (b"[" * 2000, "it is nested deeper than 200|it is not JSON"),
        (b'{"event":"begin","at":"2026-01-02T03:04:05Z"}', "of which run"),
        (b'{"event":"resume","run":"1"}', "its event is none of .*: begin, intent, "),
        (b'{"event":["begin"],"run":"1"}', "its event is none of"),
        (b'{"event":"begin","run":"1","at":"now"}', "its time is not an RFC 3339"),
        (b'{"event":"begin","run":"1"}', "its time is not an RFC 3339"),
        (b'{"event":"intent","run":"1"}', "an intent without the id"),
        (b'{"event":"intent","run":"1","resource_id":1}', "resource_id is not a text"),
        (b'{"event":"end","run":"1","details":[]}', "its details are not"),
    ],
)
def test_a_damaged_line_is_named(backend, file, line, reason):
    add(backend.journal(), begin(), end())
    first, last = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(first + line + b"\n" + last)
    with pytest.raises(StateCorruptedError, match=f"line 2: .*{reason}") as caught:
        backend.journal().read()
    assert str(file) in str(caught.value)
    assert "repair that line; or see in DSS what became of the last" in str(
        caught.value
    )


# Torn lines


@pytest.mark.parametrize("torn", [TORN, TORN + b"\0" * 20, b"\0"])
def test_an_entry_that_was_cut_off_is_none_and_the_next_one_begins_a_line(
    journal, store, torn
):
    add(journal, begin(), intent())
    before = store.read(journal.name).data
    store.write(journal.name, before + torn, store.read(journal.name).token)
    assert [entry.event for entry in journal.read()] == [BEGIN, INTENT]
    add(journal, outcome(), end())
    assert [entry.event for entry in journal.read()] == [BEGIN, INTENT, OUTCOME, END]
    assert store.read(journal.name).data.startswith(before)


def test_a_first_entry_that_was_cut_off(backend, file):
    file.parent.mkdir()
    file.write_bytes(TORN)
    assert backend.journal().read() == []
    add(backend.journal(), begin())
    assert len(backend.journal().read()) == 1


def test_a_full_disk_is_told_and_tears_no_other_entry(backend, file):
    add(backend.journal(), begin())
    told = run_saver("add_beyond_limit", backend.state_file)
    assert told.startswith(f"cannot write {file}: {os.strerror(errno.ENOSPC)}")
    assert file.stat().st_size == 4_000
    add(backend.journal(), end())
    assert [entry.event for entry in backend.journal().read()] == [BEGIN, END]


def test_an_entry_is_flushed_to_the_disk_and_so_is_the_folder_of_a_new_file(
    backend, file, monkeypatch
):
    flushed, fsync = [], os.fsync

    def watch(handle):
        flushed.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    backend.journal().append(begin())
    assert str(file.parent) in flushed
    flushed.clear()
    backend.journal().append(end())
    assert flushed == [str(file)]


# Several at once


def test_processes_that_add_at_once_tear_nothing(backend, long):
    number = 500 if long else 60
    runs = ["a", "b", "c"]
    pipes = {"stderr": subprocess.PIPE}
    started = [
        running("add_intents", backend.state_file, run, number, **pipes) for run in runs
    ]
    processes = [context.__enter__() for context in started]
    for process in processes:
        send_line(process)
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
    for run in runs:
        own = [entry for entry in backend.journal().read() if entry.run == run]
        assert [entry.details["index"] for entry in own] == [*range(number)]
        assert {entry.details["filler"] for entry in own} == {run * 6_000}


def test_no_entry_of_many_threads_is_lost_while_applies_begin(store):
    def journal():
        return BlobJournal(store, NAME, timeout=60, max_bytes=0)

    def add_intents(number):
        for index in range(15):
            add(journal(), intent(f"dataset.SHOP.d{number}_{index}", run="long"))

    def begin_and_end():
        for index in range(15):
            run = f"r{index}"
            add(journal(), begin(run), intent(run=run), outcome(run=run), end(run))

    add(journal(), begin("long"))
    threads = [in_thread(lambda n=n: add_intents(n)) for n in range(3)]
    threads.append(in_thread(begin_and_end))
    for thread, outcomes in threads:
        thread.join()
        assert outcomes == [None]
    (run,) = (run for run in applies_of(journal().read()) if run.run == "long")
    assert len(run.open) == 45
    assert len(applies_of(journal().read())) == 16


def test_an_entry_waits_neither_for_the_state_nor_for_ever(backend, path):
    journal = backend.journal()
    with backend.lock("a long save"):
        thread, outcomes = in_thread(lambda: journal.append(begin()))
        thread.join()
        assert outcomes == [None]
    store = FolderStore(path.parent)
    with store.lock(FILE, "somebody", timeout=0):
        backend.lock_timeout = 0
        thread, outcomes = in_thread(lambda: backend.journal().append(end()))
        thread.join()
    assert isinstance(outcomes[0], StateLockedError)
    assert "somebody" in str(outcomes[0])


class Busy(MemoryStore):
    """Somebody else always writes first."""

    def write(self, name, data, expected):
        super().write(name, b"theirs\n", None)
        return super().write(name, data, expected)


def test_a_store_in_which_others_keep_writing_says_so(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    store = Busy({})
    with pytest.raises(StateConflictError, match="others keep writing to memory:x"):
        store.append("x", b"mine\n")
    assert store.read("x").data == b"theirs\n"


def test_a_store_that_cannot_be_read_is_a_write_error(monkeypatch, journal, store):
    add(journal, begin())
    store.write(journal.name, b"torn", None)

    def fail(name):
        raise StateReadError("cannot read it")

    monkeypatch.setattr(store, "read", fail)
    with pytest.raises(StateWriteError, match="cannot read it, so nothing was added"):
        journal.append(end())


# Where it is, and who may read it


def test_a_backend_keeps_no_journal_by_default():
    double = adapt_backend(create_autospec(StateBackend))
    for backend in (FiveMethods(), double):
        with pytest.raises(
            JournalNotSupportedError, match="cannot resume .*--no-journal, or apply"
        ):
            backend.journal()


def test_a_backend_on_any_store_keeps_one():
    backend = MemoryBackend()
    add(backend.journal(), begin(), end())
    assert len(backend.journal().read()) == 2
    assert (
        repr(backend.journal())
        == "<BlobJournal memory:memory.state.json.journal.jsonl>"
    )


@pytest.mark.parametrize("name", ["dev.state.json", "dev", "dev.jsonl", "x.json"])
def test_a_journal_is_no_version_and_stays_with_the_state(tmp_path, name):
    backend = LocalFileBackend(tmp_path / name)
    add(backend.journal(), begin())
    backend.save(state(1))
    backend.save(backend.load())
    assert [version.serial for version in backend.history()] == [1]
    assert backend.verify() == []
    backend.restore(1)
    backend.delete()
    assert [entry.event for entry in backend.journal().read()] == [BEGIN]
    with pytest.raises(ValueError, match="'journal' for the journal"):
        backend.backup("my.journal")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o664, 0o400])
def test_it_is_as_accessible_as_the_state(backend, file, mode):
    mask = os.umask(0)
    try:
        add(backend.journal(), begin())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        backend.save(state(1))
        backend.state_file.chmod(mode)
        add(backend.journal(), end())
        assert stat.S_IMODE(file.stat().st_mode) == mode | 0o600
        backend.journal().clear()
        add(backend.journal(), begin())
        assert stat.S_IMODE(file.stat().st_mode) == mode | 0o600
    finally:
        os.umask(mask)


def test_all_links_to_a_state_lead_to_one_journal(backend, file, tmp_path):
    backend.save(state(1))
    link = tmp_path / "mine.json"
    link.symlink_to(backend.state_file)
    add(LocalFileBackend(link).journal(), begin())
    assert file.exists()
    assert len(backend.journal().read()) == 1


@pytest.mark.parametrize("target", ["victim", "missing"])
def test_a_planted_link_is_refused(backend, file, tmp_path, target):
    (tmp_path / "victim").write_text("a line\n")
    file.parent.mkdir()
    file.symlink_to(tmp_path / target)
    with pytest.raises(StateWriteError, match=f"cannot write {file}: not a regular"):
        backend.journal().append(begin())
    assert (tmp_path / "victim").read_text() == "a line\n"
    assert not (tmp_path / "missing").exists()


def test_a_snapshot_of_hard_links_stays_as_it_is(backend, file, tmp_path):
    add(backend.journal(), begin())
    os.link(file, tmp_path / "snapshot")
    before = file.read_bytes()
    add(backend.journal(), end())
    assert (tmp_path / "snapshot").read_bytes() == before
    assert len(backend.journal().read()) == 2


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_not_a_regular_file_is_refused(backend, file, make):
    file.parent.mkdir()
    make(file)
    with pytest.raises(StateReadError, match=f"cannot read {file}"):
        backend.journal().read()
    with pytest.raises(StateWriteError, match=str(file)):
        backend.journal().append(begin())
