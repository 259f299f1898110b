"""What one project of many costs, and what becomes of parts that nothing refers to."""

import hashlib
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dataikuapi.iac import Resource, State, StateCorruptedError
from dataikuapi.iac.backends.blob_parts import BlobPartsBackend
from dataikuapi.iac.backends.part_collection import collect
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.statefile.manifest import Manifest
from iac.memory import MemoryStore

READ_AT = datetime(2026, 11, 1, tzinfo=timezone.utc)
NAME = "dev.state.json"


class CountingStore(MemoryStore):
    """Counts requests and bytes; the clock of the storage is the test's."""

    def __init__(self, blobs):
        super().__init__(blobs)
        self.requests = Counter[str]()
        self.bytes = 0
        self.now = READ_AT

    def list_blobs(self, prefix):
        found = super().list_blobs(prefix)
        self.requests["list"] += 1
        self.bytes += 300 * len(found)  # What S3 says of an object.
        return found

    def read(self, name):
        blob = super().read(name)
        self.requests["read"] += 1
        self.bytes += len(blob.data)
        return blob

    def write(self, name, data, expected):
        token = super().write(name, data, expected)
        self.now += timedelta(seconds=1)
        self._blobs[name] = (self._blobs[name][0], self.now)
        self.requests["write"] += 1
        self.bytes += len(data)
        return token


def new_storage() -> dict[str, Any]:
    """Return what several stores may share."""
    return {}


def resources_of(project, number, version=0):
    """Return the resources of a project, of 2 kB each."""
    for index in range(number):
        digits = hashlib.sha256(f"{project}{index}".encode()).hexdigest()
        columns: list[JSON] = [
            {"name": f"{digits[n:n + 6]}_{n}", "type": "string", "meaning": "FreeText"}
            for n in range(30)
        ]
        yield Resource(
            "dataset",
            f"dataset.{project}.data_{index}",
            {"params": {"table": f"t{digits}"}, "columns": columns, "v": version},
        )


def state_of(projects, number):
    """Return a state in which one project has that many resources, the others one."""
    keys = [f"P{key}" for key in range(projects)]
    resources = {
        resource.resource_id: resource
        for key in keys
        for resource in resources_of(key, number if key == "P0" else 1)
    }
    state = State(environment="dev", resources=resources)
    state.scope = Scope.from_parts([(key, "dataset") for key in keys], READ_AT)
    return state


def edit(backend, project, version, number=20):
    state = backend.load_projects([project])
    for resource in resources_of(project, number, version):
        state.add_resource(resource)
    backend.save_scope(state)


def cost_of_one(projects):
    """Return requests and bytes of reading one project, and of saving it.

    The last ones are those of a save in the long run, with the removal of what it left.
    """
    blobs = new_storage()
    BlobPartsBackend(MemoryStore(blobs), NAME).save(state_of(projects, 20))
    found = []
    acts = (
        lambda backend: backend.load_projects(["P0"]),
        lambda backend: edit(backend, "P0", 1),
        lambda backend: [edit(backend, "P0", number) for number in range(2, 30)],
    )
    for act in acts:
        store = CountingStore(blobs)
        act(BlobPartsBackend(store, NAME))
        found.append((sum(store.requests.values()), store.bytes))
    store = CountingStore(blobs)
    backend = BlobPartsBackend(store, NAME)
    collect(store, backend._parts, NAME, backend._history.all_copies())
    saves = max(20, projects // 4)
    requests, size = found.pop()
    found.append(
        (
            requests / 28 + sum(store.requests.values()) / saves,
            size / 28 + store.bytes / saves,
        )
    )
    return found


def test_one_project_of_thousands_costs_what_it_would_cost_alone():
    """At most three times the bytes, and no more requests; also over many saves."""
    alone, among = cost_of_one(1), cost_of_one(2_000)
    for (requests, size), (more_requests, more_bytes) in zip(alone, among, strict=True):
        assert more_bytes < 3 * size
        assert more_requests <= 1.2 * requests


def test_projects_are_added_one_by_one():
    """Each page is found again, also after their number has changed."""
    blobs = new_storage()
    backend = BlobPartsBackend(MemoryStore(blobs), NAME)
    for number in range(70):
        reading = State(environment="dev")
        for resource in resources_of(f"P{number}", 1):
            reading.add_resource(resource)
        reading.scope = Scope.from_parts([(f"P{number}", "dataset")], READ_AT)
        backend.save_scope(reading)
    manifest = Manifest.from_bytes(blobs[NAME][0].data)
    assert (manifest.projects, len(manifest.pages)) == (70, 8)
    fresh = BlobPartsBackend(MemoryStore(blobs), NAME)
    assert len(fresh.load()) == 70 and fresh.verify() == []
    state = fresh.load_projects(["P7", "P8"])
    for key in list(state.resources):
        state.remove_resource(key)
    state.scope = Scope()
    fresh.save_scope(state)
    assert len(BlobPartsBackend(MemoryStore(blobs), NAME).load()) == 68


@pytest.fixture
def blobs():
    return new_storage()


@pytest.fixture
def store(blobs):
    return CountingStore(blobs)


def parts(blobs):
    return {name for name in blobs if name.startswith("parts/")}


def save_often(backend, times=25):
    for version in range(1, times):
        edit(backend, "P0", version, 1)


def test_what_nothing_refers_to_is_removed_after_a_day(store, blobs):
    """No version that is kept loses a part, nor does a backup."""
    backend = BlobPartsBackend(store, NAME, max_versions=3)
    backend.save(state_of(3, 1))
    edit(backend, "P1", 7, 1)
    backend.backup("mine")
    edit(backend, "P1", 8, 1)
    save_often(backend)
    before = parts(blobs)
    assert len(before) > 40  # Nothing is a day old.
    store.now += timedelta(days=1, seconds=1)
    save_often(backend)
    assert len(before & parts(blobs)) < 20
    assert backend.verify() == []
    assert [len(version.load()) for version in backend.history()] == [3, 3, 3]
    blobs[NAME] = blobs["dev.state.mine.json"]
    assert backend.load().resources["dataset.P1.data_0"].attributes["v"] == 7


def test_parts_of_a_save_that_is_under_way_stay(store, blobs, monkeypatch):
    """It wrote them, and has not written the manifest that leads to them."""
    backend = BlobPartsBackend(store, NAME, max_versions=1)
    backend.save(state_of(3, 1))
    slow, written = BlobPartsBackend(store, NAME, max_versions=1), list[str]()

    def others_save(name):
        if not written:
            written.extend(parts(blobs))
            slow.release_lock(name, force=True)
            save_often(backend, 30)
            assert set(written) <= parts(blobs)

    monkeypatch.setattr(slow._locks, "require", others_save)
    edit(slow, "P2", 9, 1)
    assert len(written) == 6  # Three parts and the page; a part and a page.
    assert BlobPartsBackend(store, NAME).verify() == []


def test_a_damaged_version_stops_the_removal_and_no_save(store, blobs, caplog):
    """Perhaps it can be repaired, as long as its parts are there."""
    backend = BlobPartsBackend(store, NAME, max_versions=3)
    backend.save(state_of(3, 1))
    backend.backup("mine")
    store.write("dev.state.mine.json", b"?", None)
    before = parts(blobs)
    store.now += timedelta(days=3)
    save_often(backend, 50)
    assert before <= parts(blobs) and "not removed" in caplog.text


def test_a_reader_begins_again_if_parts_were_removed_meanwhile(store, blobs):
    """What it began to read was replaced, and then collected."""
    backend = BlobPartsBackend(store, NAME)
    backend.save(state_of(3, 1))
    reader = BlobPartsBackend(store, NAME)
    read, before = store.read, parts(blobs)

    def slow(name):
        if name.startswith("parts/"):
            del store.read
            edit(backend, "P0", 5, 1)
            for part in before - {blob for blob in parts(blobs) if _is_needed(blob)}:
                del blobs[part]
        return read(name)

    def _is_needed(name):
        manifest = Manifest.from_bytes(blobs[NAME][0].data)
        return name in backend._parts.blob_names([manifest])

    store.read = slow
    assert reader.load().resources["dataset.P0.data_0"].attributes["v"] == 5


def test_a_part_that_is_lost_is_told(store, blobs):
    backend = BlobPartsBackend(store, NAME)
    backend.save(state_of(3, 1))
    del blobs[min(parts(blobs))]
    with pytest.raises(StateCorruptedError, match="missing"):
        BlobPartsBackend(store, NAME).load()
