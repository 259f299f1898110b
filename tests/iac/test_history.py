"""History: older versions are listed, read, restored, pruned and verified."""

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateNotFoundError,
)
from iac.durability import ORDERS, save_small_rounds, small, state
from iac.saver import round_of, write_round

# Listing


def test_history_lists_the_older_versions(backend):
    for serial in (1, 2, 3):
        backend.save(state(serial, round=serial))
    newest, oldest = backend.history()
    assert (newest.serial, oldest.serial) == (2, 1)
    assert newest.lineage == backend.load().lineage
    assert newest.resources == 1
    folder = backend.state_file.parent
    assert newest.size == (folder / newest.name).stat().st_size
    written = (folder / newest.name).stat().st_mtime
    assert newest.time == datetime.fromtimestamp(written, timezone.utc)


def test_history_is_newest_first(backend, path):
    last = save_small_rounds(backend, 12)
    versions = backend.history()
    assert [version.serial for version in versions] == list(range(10, -1, -1))
    assert last.serial == 11
    assert {version.lineage for version in versions} == {last.lineage}
    assert {version.resources for version in versions} == {2}
    for version in versions:
        stored = path.with_name(version.name)
        assert version.size == stored.stat().st_size
        assert stored.name == f"dev.state.pre-serial-{version.serial + 1}.json"
        assert version.time.tzinfo is not None


def test_history_does_not_rely_on_a_fine_clock(backend, path):
    save_small_rounds(backend, 12)
    for name in os.listdir(path.parent):
        os.utime(path.with_name(name), (1, 1))
    assert [version.serial for version in backend.history()] == list(range(10, -1, -1))


def test_history_goes_on_over_a_corrupt_file(tmp_path):
    backend = LocalFileBackend(tmp_path / "dev.state.json", max_versions=3)
    for serial in range(100, 106):
        backend.save(state(serial, round=serial))
    backend.state_file.write_bytes(b"not JSON")
    backend.save(state(1, round=1), force=True)
    for number in (2, 3):
        loaded = backend.load()
        loaded.add_resource(state(0, round=number).resources[ORDERS])
        backend.save(loaded)
    newest = backend.history()[0].load()
    assert newest.resources[ORDERS].attributes == {"round": 2}


def test_nothing_stored_has_no_history(tmp_path):
    backend = LocalFileBackend(tmp_path / "not there" / "dev.state.json")
    assert backend.history() == []
    assert backend.verify() == []
    for action in (backend.load_version, backend.restore):
        with pytest.raises(StateNotFoundError):
            action(1)


# Restoring


def test_a_version_from_before_a_deletion_is_restored(backend):
    for serial in (1, 2, 3):
        backend.save(state(serial, round=serial))
    backend.delete()
    backend.save(state(1))
    lineage = backend.load().lineage
    assert backend.restore(2).lineage == lineage
    assert backend.load().get_resource(ORDERS).attributes == {"round": 2}


def test_a_restored_version_goes_on_as_the_stored_state(backend):
    last = save_small_rounds(backend, 4)
    restored = backend.restore(1)
    assert round_of(restored, size=2) == round_of(backend.load(), size=2) == 2
    assert restored.serial == backend.load().serial == last.serial + 1
    assert restored.lineage == last.lineage
    assert [version.serial for version in backend.history()] == [3, 2, 1, 0]
    backend.save(restored)
    with pytest.raises(StateConflictError):
        backend.save(last)


def test_restore_of_what_is_not_kept_changes_nothing(backend):
    save_small_rounds(backend, 2)
    before = backend.state_file.read_bytes()
    with pytest.raises(StateNotFoundError, match="99"):
        backend.restore(99)
    assert backend.state_file.read_bytes() == before


@pytest.mark.parametrize("broken", [b"", None], ids=["empty", "deleted"])
def test_restore_continues_the_lineage_of_the_version(backend, broken):
    last = save_small_rounds(backend, 3)
    if broken is None:
        backend.delete()
    else:
        backend.state_file.write_bytes(broken)
    restored = backend.restore(1)
    assert round_of(backend.load(), size=2) == 2
    assert restored.lineage == last.lineage
    assert restored.serial >= last.serial


# Pruning


def test_the_oldest_versions_are_removed_first(tmp_path):
    backend = LocalFileBackend(tmp_path / "dev.state.json", max_versions=3)
    backend.save(state(1))
    by_hand = backend.backup("mine")
    for serial in range(2, 9):
        backend.save(state(serial))
    assert [version.serial for version in backend.history()] == [7, 6, 5]
    assert Path(by_hand).exists()


def test_versions_that_are_too_big_together_are_removed(tmp_path):
    backend = LocalFileBackend(tmp_path / "dev.state.json", max_bytes=10_000)
    for serial in range(1, 9):
        backend.save(state(serial, text="x" * 3_000))
    assert [version.serial for version in backend.history()] == [7, 6]


def test_no_backup_made_by_hand_is_removed(path):
    backend = LocalFileBackend(path, max_versions=3)
    other = LocalFileBackend(path.with_name("prod.state.json"))
    save_small_rounds(other, 4)
    saved = small(1)
    by_hand = set()
    for number in range(1, 13):
        backend.save(write_round(saved, number, size=2, repeats=100))
        by_hand |= {backend.backup("mine"), backend.backup(f"v{number}")}
    assert [version.serial for version in backend.history()] == [10, 9, 8]
    assert len(by_hand) == 24
    assert all(Path(item).exists() for item in by_hand)
    assert len(other.history()) == 3


def test_the_oldest_are_removed_first_even_if_copying_the_folder_changed_the_times(
    path,
):
    save_small_rounds(LocalFileBackend(path), 12)
    for age, name in enumerate(sorted(os.listdir(path.parent))):
        os.utime(path.with_name(name), (age, age))
    backend = LocalFileBackend(path, max_versions=3)
    backend.save(backend.load())
    assert [version.serial for version in backend.history()] == [11, 10, 9]


def test_versions_take_at_most_max_bytes(path):
    save_small_rounds(LocalFileBackend(path), 1)
    size = path.stat().st_size
    by_hand = LocalFileBackend(path).backup("mine")
    backend = LocalFileBackend(path, max_bytes=int(size * 3.5))
    saved = backend.load()
    for number in range(2, 10):
        backend.save(write_round(saved, number, size=2, repeats=100))
        assert sum(version.size for version in backend.history()) <= size * 3.5
    assert [version.serial for version in backend.history()] == [7, 6, 5]
    assert Path(by_hand).exists()


def test_a_state_bigger_than_max_bytes_is_saved(path):
    backend = LocalFileBackend(path, max_bytes=10)
    save_small_rounds(backend, 3)
    assert round_of(backend.load(), size=2) == 3
    assert [version.serial for version in backend.history()] == [1]


# Verifying


def test_verify_finds_nothing_wrong_after_a_restore(backend):
    save_small_rounds(backend, 3)
    backend.backup("mine")
    backend.restore(0)
    assert backend.verify() == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("dev.json", "dev.state.json"),
        ("dev.json", "dev.state.backup.json"),
        ("dev.state.json", "dev.state.eu.state.json"),
        ("dev.state.json", "dev.stat.json"),
        ("dev.state.json", "dev.state.json.orig"),
    ],
)
def test_verify_checks_only_what_is_named_like_a_backup(tmp_path, name, other):
    backend = LocalFileBackend(tmp_path / name)
    backend.save(state(1))
    (tmp_path / other).write_text("{")
    assert backend.verify() == []
    backup = backend.backup("before.an_upgrade")
    Path(backup).write_text("{")
    (problem,) = backend.verify()
    assert problem.startswith(f"{backup}: ")


def test_verify_reports_an_id_that_differs_from_its_key(backend):
    backend.save(state(1))
    text = backend.state_file.read_text()
    moved = text.replace(f'_id": "{ORDERS}"', '_id": "dataset.SHOP.moved"')
    backend.state_file.write_text(moved)

    found = backend.verify()
    assert any("holds another id: 'dataset.SHOP.moved'" in problem for problem in found)
    assert any("it does not load" in problem for problem in found)
