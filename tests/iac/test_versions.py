"""Versions are found by their names: what is read for it, and what misleads names."""

import os

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.backends.folder_store import FolderStore
from dataikuapi.iac.exceptions import StateCorruptedError, StateNotFoundError
from dataikuapi.iac.models import State
from iac.durability import ORDERS, state
from iac.memory import MemoryBackend


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that were read, in order."""
    names, read = [], FolderStore.read

    def reading(self, name):
        names.append(name)
        return read(self, name)

    monkeypatch.setattr(FolderStore, "read", reading)
    return names


def save(backend, *serials):
    """Save a state of each serial, which says so; return the last one."""
    for serial in serials:
        saved = state(serial, round=serial)
        backend.save(saved)
        assert saved.serial == serial
    return saved


def serials(backend):
    """Return the serials in the history."""
    return [version.serial for version in backend.history()]


def kept_as(backend, serial):
    """Return the file of the version that a save of that serial replaced."""
    return backend.state_file.with_name(f"dev.state.pre-serial-{serial}.json")


# How much is read


@pytest.fixture
def full(backend, reads):
    """A backend with twenty versions, of serials 5 to 24, and nothing read yet."""
    save(backend, *range(1, 26))
    for version in backend.history():
        os.utime(backend.state_file.with_name(version.name), (0, version.serial))
    reads.clear()
    return backend


def test_listing_reads_the_oldest_version_alone(full, reads):
    assert serials(full) == list(range(24, 4, -1))
    assert reads == ["dev.state.pre-serial-6.json"]


def test_what_a_listing_does_not_show_is_read_once_and_on_demand(full, reads):
    newest = full.history()[0]
    reads.clear()
    assert newest.lineage == full.load().lineage
    assert newest.resources == 1
    assert reads == ["dev.state.pre-serial-25.json", "dev.state.json"]


def test_loading_a_version_reads_it_and_the_stored_state(full, reads):
    for serial in (5, 12, 24):
        reads.clear()
        loaded = full.load_version(serial)
        assert loaded.get_resource(ORDERS).attributes == {"round": serial}
        assert reads == ["dev.state.json", f"dev.state.pre-serial-{serial + 1}.json"]


@pytest.mark.parametrize("serial", [0, 4, 26, 99])
def test_a_version_that_is_not_kept_is_searched_for_in_few_reads(full, reads, serial):
    with pytest.raises(StateNotFoundError, match=f"serial {serial}; available: 24, 23"):
        full.load_version(serial)
    assert len(reads) <= 2


def test_the_hint_for_a_corrupted_state_reads_the_newest_version_alone(full, reads):
    full.state_file.write_bytes(b"{")
    with pytest.raises(StateCorruptedError, match=r"restore\(24\) brings it back"):
        full.load()
    assert reads == ["dev.state.json", "dev.state.pre-serial-25.json"]


def test_restoring_reads_a_version_once(full, reads):
    full.restore(12)
    assert len(reads) <= 3
    assert reads.count("dev.state.pre-serial-13.json") == 1


# What misleads names


def test_serials_may_have_gaps(backend):
    save(backend, 1, 5, 6, 20)
    assert serials(backend) == [6, 5, 1]
    for serial in (1, 5, 6, 20):
        loaded = backend.load_version(serial)
        assert loaded.get_resource(ORDERS).attributes == {"round": serial}
    with pytest.raises(StateNotFoundError, match="serial 3; available: 6, 5, 1"):
        backend.load_version(3)


def test_a_version_deleted_by_hand_hides_no_other(backend):
    save(backend, 1, 2, 3, 4, 5)
    kept_as(backend, 3).unlink()
    assert serials(backend) == [4, 3, 1]
    for serial in (1, 3, 4, 5):
        assert backend.load_version(serial).serial == serial
    with pytest.raises(StateNotFoundError, match="serial 2; available: 4, 3, 1"):
        backend.load_version(2)


def graft(backend, *numbers):
    """Replace the state by one of another lineage, and add that one's versions.

    As a release did that let a new lineage begin with small serials again.
    """
    path = backend.state_file
    other = LocalFileBackend(path.parent / "other" / path.name)
    save(other, *numbers)
    backend.delete()
    for file in sorted(other.state_file.parent.glob("*.json")):
        target = path.with_name(file.name)
        if target.exists():
            stem = file.name.removesuffix(".json")
            target = path.with_name(f"{stem}-20260102T030405678901Z.json")
        file.rename(target)


def test_versions_of_another_lineage_are_searched_too(backend):
    save(backend, 1, 2, 4, 5, 6)
    first = backend.load().lineage
    graft(backend, 3, 8, 9)
    # The names suggest that pre-serial-4, of the first lineage, is serial 3.
    assert backend.load_version(3).lineage != first
    assert backend.load_version(4).lineage == first
    assert backend.load_version(5).lineage == first


def test_versions_that_were_replaced_by_one_serial_are_all_searched(backend):
    save(backend, 1, 2, 3)
    graft(backend, 0, 2, 3)
    found = sorted(version.load().serial for version in backend.history())
    assert found == sorted(serials(backend)) == [0, 1, 2, 2]
    for serial in found:
        assert backend.load_version(serial).serial == serial


def test_a_new_lineage_does_not_hide_the_old_one(backend):
    save(backend, 1, 10)
    graft(backend, 0, 2, 3)
    # The names suggest that pre-serial-2, of the new lineage, is serial 1.
    assert backend.load_version(1).serial == 1


def test_a_new_lineage_starts_above_the_serials_of_the_old_one(backend):
    save(backend, 1, 2, 7)
    first = backend.load().lineage
    backend.delete()
    state = State(serial=1)
    backend.save(state)
    assert (state.serial, state.lineage == first) == (8, False)
    assert serials(backend) == [2, 1]
    backend.save(state)
    assert [version.load().serial for version in backend.history()] == [8, 2, 1]
    assert serials(backend) == [8, 2, 1]
    assert backend.load_version(8).lineage == state.lineage
    assert backend.load_version(2).lineage == first


def test_the_versions_of_a_new_lineage_outlive_those_of_the_old_one(path):
    backend = LocalFileBackend(path, max_versions=3)
    save(backend, *range(1, 9))
    path.unlink()
    state = State()
    for _ in range(3):
        backend.save(state)
    assert [version.load().serial for version in backend.history()] == [10, 9, 7]


def test_the_newest_version_stays_however_big_it_is(path):
    backend = LocalFileBackend(path, max_bytes=10)
    save(backend, 1, 2, 3)
    assert serials(backend) == [2]
    assert backend.restore(2).serial == 4


@pytest.mark.parametrize("name", ["dev.state.pre-serial-1", "dev.state", "dev"])
def test_the_state_of_another_environment_is_never_a_version(tmp_path, name):
    dev = LocalFileBackend(tmp_path / "dev.state.json", max_versions=1)
    other = LocalFileBackend(tmp_path / f"{name}.x.state.json")
    other.save(State(environment=name))
    save(dev, *range(1, 9))
    assert other.load().environment == name
    assert serials(dev) == [7]


def test_an_environment_may_be_named_like_a_version(tmp_path):
    backend = LocalFileBackend(tmp_path / "dev.pre-serial-9.state.json")
    save(backend, 1, 2, 3, 4)
    assert serials(backend) == [3, 2, 1]
    assert backend.restore(2).serial == 5


def test_a_version_that_does_not_load_is_told_as_such(backend):
    save(backend, 1, 2, 3, 4)
    kept_as(backend, 3).write_bytes(b"{")
    newest, broken, oldest = backend.history()
    assert [newest.serial, broken.serial, oldest.serial] == [3, 2, 1]
    with pytest.raises(StateCorruptedError, match=f"{kept_as(backend, 3)} is not"):
        broken.resources
    for action in (backend.load_version, backend.restore):
        with pytest.raises(StateCorruptedError, match="other versions: 3, 1"):
            action(2)
    assert backend.load_version(1).serial == 1

    kept_as(backend, 2).write_bytes(b"{")
    assert serials(backend) == [3, 2], "the serial of the oldest is unknown"


def test_a_version_that_was_pruned_since_it_was_listed_is_not_found(path):
    backend = LocalFileBackend(path, max_versions=2)
    save(backend, 1, 2, 3)
    oldest = backend.history()[-1]
    save(backend, 4)
    with pytest.raises(StateNotFoundError, match="pre-serial-2"):
        oldest.load()


def test_versions_load_with_their_place(backend):
    save(backend, 1, 2)
    (version,) = backend.history()
    assert version.load() == backend.load_version(1)
    assert version.name == kept_as(backend, 2).name


def test_history_in_memory_is_that_of_files():
    backend = MemoryBackend()
    save(backend, 1, 5, 6)
    assert serials(backend) == [5, 1]
    assert [version.resources for version in backend.history()] == [1, 1]
