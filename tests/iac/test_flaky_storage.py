"""Storage that fails for a moment: what is said, and what is stored all the same."""

from typing import Any

import pytest
from obstore.store import MemoryStore as ObjectStore

from dataikuapi.iac import Resource, State, StateNotFoundError, StateReadError
from dataikuapi.iac.backends import BlobBackend
from dataikuapi.iac.backends.blob_parts import BlobPartsBackend
from dataikuapi.iac.backends.bucket_store import BucketStore
from dataikuapi.iac.exceptions import StateWriteError
from iac.memory import MemoryStore

NAME = "dev.state.json"


class FlakyStore(MemoryStore):
    """Blobs that cannot be read, or whose writes are answered by an error."""

    def __init__(self, blobs):
        super().__init__(blobs)
        self.unread = self.unanswered = lambda name: False

    def read(self, name):
        if self.unread(name):
            raise StateReadError(f"cannot read {name}: no connection")
        return super().read(name)

    def write(self, name, data, expected):
        token = super().write(name, data, expected)
        if self.unanswered(name):
            raise StateWriteError(f"cannot write {name}: no response")
        return token


@pytest.fixture
def store():
    return FlakyStore({})


@pytest.fixture(params=[BlobBackend, BlobPartsBackend])
def backend(request, store):
    return request.param(store, NAME)


def orders(rows, project="A"):
    rid = f"dataset.{project}.orders"
    return Resource("dataset", rid, {"rows": rows})


def save_versions(backend, count):
    """Save a state so often."""
    state = State()
    for rows in range(1, count + 1):
        state.add_resource(orders(rows))
        backend.save(state)
    return state


def test_version_that_cannot_be_read_is_not_missing(store, backend, caplog):
    save_versions(backend, 3)
    serials = [3, *(version.serial for version in backend.history())]
    store.unread = lambda name: name == NAME or "pre-serial" in name
    for serial in serials:
        with pytest.raises(StateReadError, match="no connection"):
            backend.load_version(serial)
        with pytest.raises(StateReadError, match="no connection"):
            backend.restore(serial)
    backend.history()
    assert "a version is left out" in caplog.text
    store.unread = lambda name: False
    with pytest.raises(StateNotFoundError, match="no version with serial 99"):
        backend.load_version(99)
    assert backend.load_version(serials[0])["dataset.A.orders"].attributes["rows"] == 3


def test_version_is_not_a_later_one(store, monkeypatch):
    """Although somebody saves between two requests."""
    backend, other = (BlobPartsBackend(store, NAME) for _ in range(2))
    save_versions(backend, 1)
    serial = backend.load().serial
    read = store.read

    def read_then_save(name):
        blob = read(name)
        if name == NAME:
            monkeypatch.setattr(store, "read", read)
            state = other.load()
            state.add_resource(orders(99))
            other.save(state)
        return blob

    monkeypatch.setattr(store, "read", read_then_save)
    assert backend.load_version(serial).serial == serial


def test_save_whose_response_is_lost_is_saved(store):
    """Its author goes on saving, and is not told that somebody else did."""
    backend = BlobPartsBackend(store, NAME)
    state = save_versions(backend, 1)
    for rows, is_lost in ((2, True), (3, False)):
        store.unanswered = lambda name, lost=is_lost: lost and name == NAME
        state.add_resource(orders(rows))
        backend.save(state)
    assert backend.load()["dataset.A.orders"].attributes["rows"] == 3


@pytest.mark.parametrize("is_released", [False, True])
def test_lock_whose_renewal_is_not_answered_is_held(store, is_released, caplog):
    """It is this process's own: nobody took it over."""
    backend = BlobPartsBackend(store, NAME, lease_seconds=3000)
    state = save_versions(backend, 1)
    with backend.lock("a long edit"):
        store.unanswered = lambda name: name.startswith("locks/")
        (held,) = backend._locks._held.values()
        held.renew()
        store.unanswered = lambda name: False
        if not is_released:
            held.renew()
            state.add_resource(orders(2))
            backend.save(state)
    assert BlobPartsBackend(store, NAME).locks() == []
    assert "taken over" not in caplog.text


def test_lock_of_which_nothing_is_known_keeps_from_saving(store, caplog):
    """One that cannot be released ends by itself, which is told."""
    backend = BlobPartsBackend(store, NAME, lease_seconds=3000)
    state = save_versions(backend, 1)
    with backend.lock("a long edit"):
        state.add_resource(orders(2))
        store.unread = lambda name: name.startswith("locks/")
        with pytest.raises(StateWriteError, match="still locked is unknown"):
            backend.save(state)
        store.unread = lambda name: False
        store.unanswered = lambda name: name.startswith("locks/")
    assert "the lock was not released, and ends in 3000 seconds" in caplog.text
    assert backend.load()["dataset.A.orders"].attributes["rows"] == 1


def test_copies_of_the_same_content_have_names_of_their_own():
    objects: Any = ObjectStore()
    backend = BlobPartsBackend(BucketStore(objects, "memory://b", NAME), NAME)
    save_versions(backend, 1)
    assert backend.backup("mine") != backend.backup("mine")
    store = BucketStore(objects, "memory://b", NAME)
    assert store.copy(NAME, "dev.state.x.json")
    assert not store.copy(NAME, "dev.state.x.json")


def test_versions_that_others_prune_as_well_are_pruned(store, caplog):
    backend = BlobBackend(store, NAME, max_versions=1)
    remove = store.remove

    def removed_twice(name):
        remove(name)
        remove(name)

    store.remove = removed_twice
    save_versions(backend, 4)
    assert len(backend.history()) == 1 and "not pruned" not in caplog.text
