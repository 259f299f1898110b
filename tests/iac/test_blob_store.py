"""What every blob store promises, and what backends on a shared store make of it."""

from datetime import datetime, timedelta, timezone

import pytest

from dataikuapi.iac.backends import ABSENT, BlobBackend
from dataikuapi.iac.backends.folder_store import FolderStore
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import Resource, State
from iac.durability import ORDERS, in_thread, state
from iac.memory import MemoryBackend, MemoryStore

NAME = "dev.state.json"

pytestmark = pytest.mark.usefixtures("no_hanging")


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    """A store without blobs."""
    if request.param == "folder":
        return FolderStore(tmp_path / "state")
    return MemoryStore({})


# Reading and writing


def test_what_is_written_is_read(store):
    token = store.write(NAME, b"one", ABSENT)
    assert store.read(NAME) == (b"one", token)
    assert token != ABSENT


def test_a_blob_with_the_expected_token_is_replaced(store):
    first = store.write(NAME, b"one", ABSENT)
    second = store.write(NAME, b"two", first)
    assert first != second
    assert store.read(NAME) == (b"two", second)
    store.write(NAME, b"three", store.read(NAME).token)
    assert store.read(NAME).data == b"three"


def test_a_blob_with_another_token_is_not_replaced(store):
    first = store.write(NAME, b"one", ABSENT)
    store.write(NAME, b"two", first)
    for expected in (first, ABSENT):
        with pytest.raises(StateConflictError, match=NAME):
            store.write(NAME, b"three", expected)
    assert store.read(NAME).data == b"two"
    assert [blob.name for blob in store.list_blobs("")] == [NAME]


def test_a_blob_that_was_removed_is_not_written_again(store):
    token = store.write(NAME, b"one", ABSENT)
    store.remove(NAME)
    with pytest.raises(StateConflictError, match=NAME):
        store.write(NAME, b"two", token)
    assert not store.exists(NAME)


def test_an_unconditional_write_replaces_anything(store):
    store.write(NAME, b"one", None)
    token = store.write(NAME, b"two", None)
    assert store.read(NAME) == (b"two", token)


def test_of_many_writers_that_expect_the_same_token_one_succeeds(store):
    token = store.write(NAME, b"one", ABSENT)

    def write(number):
        with store.lock(NAME, "write", timeout=60):
            return store.write(NAME, b"%d" % number, token)

    threads = [in_thread(lambda n=number: write(n)) for number in range(8)]
    for thread, _ in threads:
        thread.join()
    outcomes = [outcome for _, (outcome,) in threads]
    assert sum(isinstance(each, StateConflictError) for each in outcomes) == 7
    assert store.read(NAME).token in outcomes


def test_a_missing_blob_is_not_found(store):
    assert not store.exists(NAME)
    for action in (store.read, store.remove):
        with pytest.raises(StateNotFoundError, match=NAME):
            action(NAME)


# Listing and copying


def test_blobs_are_listed_by_prefix_with_size_and_time(store):
    assert store.list_blobs("") == []
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    for name, data in (("dev.json", b"one"), ("dev.b.json", b"three"), ("x", b"")):
        store.write(name, data, ABSENT)
    found = {blob.name: blob for blob in store.list_blobs("dev.")}
    assert {name: blob.size for name, blob in found.items()} == {
        "dev.json": 3,
        "dev.b.json": 5,
    }
    for blob in found.values():
        assert before <= blob.modified <= datetime.now(timezone.utc)


@pytest.mark.parametrize("how", ["copy", "keep"])
def test_a_copy_never_overwrites(store, how):
    store.write(NAME, b"one", ABSENT)
    copy = getattr(store, how)
    assert copy(NAME, "a") is True
    store.write(NAME, b"two", None)
    assert copy(NAME, "a") is False
    assert store.read("a").data == b"one"
    with pytest.raises(StateNotFoundError, match="none"):
        copy("none", "b")


def test_a_file_that_cannot_be_removed_is_a_write_error_that_says_so(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StateWriteError, match=f"cannot remove {tmp_path / NAME}: "):
        FolderStore(tmp_path).remove(NAME)


# Backends over a shared store that has no locks


STATE = "memory.state.json"


class Interrupted(MemoryStore):
    """Calls a function once in the middle of a save: before a blob is written."""

    def __init__(self, blobs, name, interrupt):
        super().__init__(blobs)
        self._name = name
        self._interrupt = interrupt

    def write(self, name, data, expected):
        if name == self._name and self._interrupt:
            interrupt, self._interrupt = self._interrupt, None
            interrupt()
        return super().write(name, data, expected)


@pytest.fixture
def blobs():
    """What two backends share."""
    return {}


def interrupted(blobs, interrupt, name=STATE):
    """Return a backend whose next save is interrupted."""
    return BlobBackend(Interrupted(blobs, name, interrupt), STATE)


def test_a_lost_update_in_one_dict_is_refused(blobs):
    MemoryBackend(blobs).save(state(1))
    maria, thomas = MemoryBackend(blobs), MemoryBackend(blobs)
    hers, his = maria.load(), thomas.load()
    maria.save(hers)
    with pytest.raises(StateConflictError, match="serial 2"):
        thomas.save(his)
    assert maria.load().serial == 2


@pytest.mark.parametrize("name", ["memory.state.pre-serial-2.json", STATE])
@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "made by hand"])
def test_a_save_in_the_middle_of_another_is_not_overwritten(blobs, loaded, name):
    other = MemoryBackend(blobs)
    other.save(state(1))

    def save_other():
        theirs = other.load()
        theirs.add_resource(Resource("dataset", "dataset.SHOP.theirs"))
        other.save(theirs)

    backend = interrupted(blobs, save_other, name)
    mine = backend.load() if loaded else state(1)
    serial, base = mine.serial, mine.base_version
    with pytest.raises(StateConflictError, match="in the meantime: serial 2"):
        backend.save(mine)
    assert (mine.serial, mine.base_version) == (serial, base)
    assert other.load().has_resource("dataset.SHOP.theirs")
    # Both kept the version that they were about to replace; only one replaced it.
    assert [version.serial for version in other.history()] == [1]


def test_two_first_saves_in_the_middle_of_each_other(blobs):
    other = MemoryBackend(blobs)
    backend = interrupted(blobs, lambda: other.save(state(1)))
    with pytest.raises(StateConflictError, match="in the meantime: serial 1"):
        backend.save(State())
    assert backend.load().has_resource(ORDERS)
    assert backend.history() == []


def test_a_state_deleted_in_the_middle_of_a_save_is_not_brought_back(blobs):
    other = MemoryBackend(blobs)
    other.save(state(1))
    backend = interrupted(blobs, other.delete)
    with pytest.raises(StateConflictError, match="was deleted since serial 1"):
        backend.save(backend.load())
    assert not backend.exists()
    assert backend.history() == []


def test_force_replaces_a_save_in_the_middle_of_it(blobs):
    other = MemoryBackend(blobs)
    other.save(state(1))
    backend = interrupted(blobs, lambda: other.save(other.load()))
    backend.save(state(9), force=True)
    assert backend.load().serial == 9


def test_no_change_of_many_threads_is_lost_without_a_lock(blobs):
    MemoryBackend(blobs).save(State())

    def add(worker, number):
        backend = MemoryBackend(blobs)
        while True:
            mine = backend.load()
            mine.add_resource(Resource("dataset", f"dataset.SHOP.w{worker}_{number}"))
            try:
                return backend.save(mine)
            except StateConflictError:
                continue

    def work(worker):
        for number in range(10):
            add(worker, number)

    threads = [in_thread(lambda n=worker: work(n)) for worker in range(4)]
    for thread, outcome in threads:
        thread.join()
        assert outcome == [None]
    stored = MemoryBackend(blobs).load()
    assert len(stored.resources) == 40
    assert stored.serial == 40


def test_a_save_that_fails_keeps_no_version(blobs):
    backend = MemoryBackend(blobs)
    backend.save(state(1))

    def fail():
        raise StateWriteError("the network is down")

    failing = interrupted(blobs, fail)
    with pytest.raises(StateWriteError, match="network is down"):
        failing.save(failing.load())
    assert failing.history() == []
    failing.save(failing.load())
    assert [version.serial for version in failing.history()] == [1]


@pytest.mark.parametrize("act", ["save", "backup"])
def test_a_stored_state_that_cannot_be_read_is_not_copied(blobs, monkeypatch, act):
    """Copying is part of writing, so a caller need not expect a read error."""
    backend = MemoryBackend(blobs)
    backend.save(state())
    before = dict(blobs)

    def fail(self, name):
        raise StateReadError(f"cannot read {name}: no connection")

    changed = backend.load()
    monkeypatch.setattr(MemoryStore, "read", fail)
    with pytest.raises(StateWriteError, match="no connection, so it cannot be copied"):
        backend.save(changed) if act == "save" else backend.backup()
    assert blobs == before


def test_a_save_that_was_stored_and_then_failed_keeps_the_version_before(blobs):
    class Unanswered(MemoryStore):
        def write(self, name, data, expected):
            token = super().write(name, data, expected)
            if name == STATE:
                raise StateWriteError("no answer")
            return token

    MemoryBackend(blobs).save(state(1))
    backend = BlobBackend(Unanswered(blobs), STATE)
    with pytest.raises(StateWriteError, match="no answer"):
        backend.save(backend.load())
    assert backend.load().serial == 2
    assert [version.serial for version in backend.history()] == [1]


class Undeletable(MemoryStore):
    """Removes nothing."""

    def remove(self, name):
        raise StateWriteError(f"cannot remove {name}")


def test_a_version_that_cannot_be_removed_hides_no_conflict(blobs, caplog):
    other = MemoryBackend(blobs)
    other.save(state(1))
    backend = BlobBackend(Undeletable(blobs), STATE)
    mine = backend.load()
    other.save(other.load())
    with pytest.raises(StateConflictError, match="in the meantime: serial 2"):
        backend.save(mine)
    assert "cannot remove a redundant version: cannot remove" in caplog.text


def test_versions_that_cannot_be_pruned_fail_no_save(blobs, caplog):
    backend = BlobBackend(Undeletable(blobs), STATE, max_versions=1)
    for serial in (1, 2, 3):
        backend.save(state(serial))
    assert backend.load().serial == 3
    assert "older versions were not pruned: cannot remove" in caplog.text


# A backend on a store


def test_a_store_makes_a_backend(blobs):
    backend = MemoryBackend(blobs)
    with pytest.raises(StateNotFoundError):
        backend.load()
    with pytest.raises(StateNotFoundError):
        backend.backup()
    backend.save(state(1, type="S3"))
    backend.save(state(1, type="HDFS"))
    backend.save(state(1, type="GCS"))
    assert backend.load() == State.from_dict(backend.load().to_dict())
    assert backend.backup("x") == "memory:memory.state.x.json"
    backend.delete()
    assert not backend.exists()
    assert sorted(blobs) == [
        "memory.state.pre-serial-2.json",
        "memory.state.pre-serial-3.json",
        "memory.state.x.json",
    ]


def test_a_corrupted_blob_says_where_it_is(blobs):
    MemoryStore(blobs).write(STATE, b"{}", ABSENT)
    with pytest.raises(StateCorruptedError, match=f"memory:{STATE}"):
        MemoryBackend(blobs).load()


def test_repr_says_where_the_state_is(blobs):
    assert repr(MemoryBackend(blobs)) == f"<MemoryBackend memory:{STATE}>"
