"""Backends: a state is saved whole, backed up, and loaded as it was saved."""

import errno
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from dataikuapi.iac import StateManager
from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.local import LocalFileBackend
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from iac.durability import ORDERS, files, state
from iac.five_methods import FiveMethods

STAMP = "20260102T030405678900Z"
CLOCK = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=timezone.utc)


@pytest.fixture
def backend(path):
    """A backend that stores nothing yet, and whose clock is stopped."""
    return LocalFileBackend(path, now=lambda: CLOCK)


# Saving


def test_save_creates_file(backend):
    backend.save(state())
    assert backend.state_file.read_bytes().startswith(b'{\n  "version": 1,\n')
    assert files(backend) == ["dev.state.json"]


def test_save_makes_missing_folders(tmp_path):
    backend = LocalFileBackend(tmp_path / "a" / "b" / "dev.state.json")
    backend.save(state())
    assert backend.state_file.is_file()


@pytest.mark.parametrize("kind", [str, Path])
def test_state_file_is_a_path(tmp_path, kind):
    backend = LocalFileBackend(kind(tmp_path / "dev.state.json"))
    assert backend.state_file == tmp_path / "dev.state.json"
    assert isinstance(backend.state_file, Path)


def test_relative_path_in_the_default_location(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LocalFileBackend(".dataiku/state/dev.state.json").save(state())
    assert (tmp_path / ".dataiku/state/dev.state.json").is_file()


def test_saved_state_is_loaded(backend):
    saved = state(serial=3, type="S3")
    backend.save(saved)
    loaded = backend.load()
    assert loaded == saved
    assert loaded is not saved


def test_after_saving_the_state_is_what_was_stored(backend):
    saved = state(serial=3, type="S3")
    resources = saved.to_dict()["resources"]
    backend.save(saved)
    assert saved == backend.load()
    assert saved.to_dict()["resources"] == resources
    assert saved.serial == 3 and saved.lineage is not None


def test_save_replaces_the_state(backend):
    backend.save(state(1, type="S3"))
    backend.save(state(2, type="HDFS"))
    assert backend.load().get_resource(ORDERS).attributes == {"type": "HDFS"}


def test_atomic_write(backend, monkeypatch):
    backend.save(state(1, type="S3"))
    old = backend.state_file.read_bytes()
    seen: dict[str, Any] = {}
    real_replace = os.replace

    def spying_replace(source, target):
        seen["from"], seen["to"] = Path(source), Path(target)
        seen["complete before"] = Path(source).read_bytes()
        seen["old until then"] = backend.state_file.read_bytes()
        real_replace(source, target)

    monkeypatch.setattr(os, "replace", spying_replace)
    backend.save(state(2, type="HDFS"))
    assert seen["to"] == backend.state_file
    # A rename is atomic only within one file system: so, within one folder.
    assert seen["from"].parent == backend.state_file.parent
    assert seen["old until then"] == old
    assert seen["complete before"] == backend.state_file.read_bytes() != old
    assert not seen["from"].exists()


def test_failed_rename_leaves_the_old_state_and_no_temporary_file(backend, monkeypatch):
    backend.save(state(1, type="S3"))
    old = backend.state_file.read_bytes()

    def failing_replace(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", failing_replace)
    with pytest.raises(StateWriteError, match="No space left on device"):
        backend.save(state(2, type="HDFS"))
    assert backend.state_file.read_bytes() == old
    assert files(backend) == ["dev.state.json"]


# Loading


def test_missing_file_is_not_found(backend):
    with pytest.raises(StateNotFoundError, match="dev.state.json"):
        backend.load()
    assert not backend.state_file.parent.exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b'{"version": 1, "serial"', id="cut short"),
        pytest.param(b"not json", id="no JSON"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="no state"),
        pytest.param(b'{"version": 2}', id="another version"),
    ],
)
def test_corrupted_file_says_which_and_stays_as_it_is(backend, content):
    backend.state_file.parent.mkdir()
    backend.state_file.write_bytes(content)
    with pytest.raises(StateCorruptedError, match="dev.state.json"):
        backend.load()
    assert backend.exists()
    assert backend.state_file.read_bytes() == content


def test_an_empty_file_is_reported_as_such(backend):
    backend.state_file.parent.mkdir()
    backend.state_file.touch()
    with pytest.raises(StateCorruptedError, match="0 bytes"):
        backend.load()


def test_what_cannot_be_read_is_a_read_error(backend):
    backend.state_file.mkdir(parents=True)
    with pytest.raises(StateReadError, match="dev.state.json") as caught:
        backend.load()
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(StateWriteError, match="a save would overwrite is unknown"):
        backend.save(state())
    assert any("cannot read" in problem for problem in backend.verify())


def test_a_corrupted_file_names_the_newest_backup_that_loads(backend):
    for serial in (1, 2, 3, 4):
        backend.save(state(serial=serial))
    folder = backend.state_file.parent
    (folder / "dev.state.pre-serial-4.json").write_text("{}")
    for age, serial in enumerate((4, 3, 2)):
        os.utime(folder / f"dev.state.pre-serial-{serial}.json", (0, 1000 - age))
    backend.state_file.write_bytes(b"{")

    with pytest.raises(StateCorruptedError) as refused:
        backend.load()
    good = folder / "dev.state.pre-serial-3.json"
    assert f"the newest backup that loads is {good} (serial 2)" in str(refused.value)
    assert backend.state_file.read_bytes() == b"{"


def test_a_corrupted_file_without_a_backup_says_so(backend):
    backend.save(state())
    backend.state_file.write_bytes(b"{")

    with pytest.raises(
        StateCorruptedError, match="no backup that loads: delete it, sync"
    ):
        backend.load()


# Whether it is there, and deleting


def test_exists(backend):
    assert not backend.exists()
    backend.save(state())
    assert backend.exists()
    backend.delete()
    assert not backend.exists()


def test_delete_keeps_the_backups(backend):
    backend.save(state(1))
    backend.backup()
    backend.delete()
    assert files(backend) == ["dev.state.backup.json"]


def test_delete_without_a_state_is_not_found(backend):
    with pytest.raises(StateNotFoundError, match="dev.state.json"):
        backend.delete()


def test_delete_that_fails_is_a_write_error(backend):
    backend.state_file.mkdir(parents=True)
    with pytest.raises(StateWriteError, match="dev.state.json"):
        backend.delete()
    assert backend.exists()


# Backups


def test_backup_on_save(backend):
    backend.save(state(1, type="S3"))
    first = backend.state_file.read_bytes()
    backend.save(state(2, type="HDFS"))
    second = backend.state_file.read_bytes()
    backend.save(state(3))
    folder = backend.state_file.parent
    assert (folder / "dev.state.pre-serial-2.json").read_bytes() == first
    assert (folder / "dev.state.pre-serial-3.json").read_bytes() == second
    assert files(backend) == [
        "dev.state.json",
        "dev.state.pre-serial-2.json",
        "dev.state.pre-serial-3.json",
    ]


def test_second_backup_of_the_same_name_gets_the_time(backend):
    backend.save(state(1, type="S3"))
    first = backend.backup("release")
    old = first.read_bytes()
    backend.save(state(2, type="HDFS"))
    second = backend.backup("release")
    assert second.name == f"dev.state.release-{STAMP}.json"
    assert first.read_bytes() == old
    assert second.read_bytes() == backend.state_file.read_bytes() != old


def test_a_version_of_that_name_is_not_overwritten(backend):
    backend.save(state(1))
    taken = backend.state_file.parent / "dev.state.pre-serial-2.json"
    taken.write_text("mine")
    backend.save(state(2))
    assert taken.read_text() == "mine"
    assert f"dev.state.pre-serial-2-{STAMP}.json" in files(backend)


def failing_link(source, target):
    raise OSError(errno.EPERM, "Operation not permitted")


def test_failed_backup_prevents_the_save(backend, monkeypatch):
    backend.save(state(1))
    old = backend.state_file.read_bytes()
    monkeypatch.setattr(os, "link", failing_link)
    monkeypatch.setattr(os, "replace", failing_link)
    with pytest.raises(StateWriteError, match="pre-serial-2"):
        backend.save(state(2))
    assert backend.state_file.read_bytes() == old
    assert files(backend) == ["dev.state.json"]


def test_a_file_system_without_links_gets_copies(backend, monkeypatch):
    monkeypatch.setattr(os, "link", failing_link)
    for serial in (1, 2, 3):
        backend.save(state(serial))
    assert [version.serial for version in backend.history()] == [2, 1]


def test_backup_without_a_state_is_not_found(backend):
    with pytest.raises(StateNotFoundError, match="dev.state.json"):
        backend.backup()
    backend.state_file.parent.mkdir()
    with pytest.raises(StateNotFoundError, match="dev.state.json"):
        backend.backup()
    assert files(backend) == []


@pytest.mark.parametrize("stored", [b"not json", b""])
def test_what_cannot_be_read_is_replaced_only_by_force(backend, stored):
    backend.state_file.parent.mkdir()
    backend.state_file.write_bytes(stored)
    with pytest.raises(StateConflictError, match="cannot be read.*force=True"):
        backend.save(state(4))
    assert backend.state_file.read_bytes() == stored
    assert files(backend) == ["dev.state.json"]


@pytest.mark.parametrize(
    "suffix",
    [
        *["pre-serial-3", "state", "eu.state", "state.backup"],
        *["", "a/b", "../x", "a\\b", "..", ".", "a..b", "a b", "a\n", "é"],
    ],
)
def test_backup_refuses_an_invalid_suffix(backend, suffix):
    backend.save(state())
    with pytest.raises(ValueError, match="backup suffix"):
        backend.backup(suffix)
    assert files(backend) == ["dev.state.json"]


# Conflicts


def test_a_lost_update_is_refused(backend):
    backend.save(state(1))
    maria, thomas = backend.load(), backend.load()
    maria.resources[ORDERS].metadata.deployed_by = "maria"
    backend.save(maria)
    before = backend.state_file.read_bytes()

    with pytest.raises(StateConflictError) as refused:
        backend.save(thomas)
    message = str(refused.value)
    assert "serial 2" in message and "by maria" in message and "UTC" in message
    assert "Load it, make the change again" in message
    assert backend.state_file.read_bytes() == before
    backend.save(thomas, force=True)
    assert backend.load().serial == 3


# Older versions


def test_a_version_can_be_loaded(backend):
    for serial in (1, 2, 3):
        backend.save(state(serial, round=serial))
    for serial in (1, 2, 3):
        read = backend.load_version(serial).get_resource(ORDERS)
        assert read.attributes == {"round": serial}
    with pytest.raises(StateNotFoundError, match="serial 9; available: 2, 1"):
        backend.load_version(9)


def test_a_version_is_restored_as_a_new_one(backend):
    for serial in (1, 2, 3):
        backend.save(state(serial, round=serial))
    lineage = backend.load().lineage
    restored = backend.restore(1)
    assert restored == backend.load()
    assert (restored.serial, restored.lineage) == (4, lineage)
    assert restored.resources[ORDERS].attributes == {"round": 1}
    assert [version.serial for version in backend.history()] == [3, 2, 1]


@pytest.mark.parametrize("stored", [b"", b"{", None])
def test_a_version_is_restored_where_nothing_valid_is_stored(backend, stored):
    for serial in (1, 2, 3):
        backend.save(state(serial, round=serial))
    backend.delete()
    if stored is not None:
        backend.state_file.write_bytes(stored)
    assert backend.restore(2).get_resource(ORDERS).attributes == {"round": 2}
    assert backend.load().serial == 4, "a new one, though nobody can read the third"


# Verifying


def test_verify_finds_nothing_wrong_with_what_was_saved(backend):
    assert backend.verify() == []
    for serial in (1, 2, 3):
        backend.save(state(serial))
    backend.backup("mine")
    assert backend.verify() == []


def test_verify_reports_everything_that_is_wrong(backend):
    backend.save(state(1, type="S3"))
    backend.save(state(2, type="S3"))
    broken = backend.backup("broken")
    broken.write_bytes(b"{")
    text = backend.state_file.read_text()
    text = text.replace('"type": "S3"', '"type": "S3",\n        "type": "GCS"')
    backend.state_file.write_text(text)
    found = backend.verify()

    assert any("the key 'type' appears twice" in problem for problem in found)
    assert any("checksum that does not match" in problem for problem in found)
    assert any(f"{broken}: it does not load" in problem for problem in found)
    assert len(found) == 3


# Other backends


def test_five_methods_make_a_backend():
    backend = FiveMethods()
    backend.save(state(3, type="S3"))
    assert backend.load().get_resource(ORDERS).attributes == {"type": "S3"}
    assert backend.backup() == "backup-1"
    with backend.lock("nothing"):
        assert backend.history() == []


def test_a_backend_with_five_methods_has_the_stored_version_alone():
    backend = FiveMethods()
    for stored in (None, state(2)):
        if stored:
            backend.save(stored)
        for action in (backend.load_version, backend.restore):
            with pytest.raises(StateNotFoundError, match="no version with serial 3"):
                action(3)
    assert backend.load_version(2).serial == 2
    assert backend.restore(2).serial == backend.load().serial == 3


def test_a_backend_with_five_methods_restores_the_versions_that_it_loads():
    class WithVersions(FiveMethods):
        def load_version(self, serial):
            return state(serial, type="older")

    backend = WithVersions()
    backend.save(State(serial=7, lineage="L"))
    restored = backend.restore(3)
    assert restored == backend.load()
    assert (restored.serial, restored.lineage) == (8, "L")
    assert restored.resources[ORDERS].attributes == {"type": "older"}


@pytest.mark.parametrize("error", [StateCorruptedError, StateReadError])
def test_a_backend_with_five_methods_verifies_that_the_state_loads(error):
    class Broken(FiveMethods):
        def load(self):
            raise error("it is torn")

    backend = FiveMethods()
    assert backend.verify() == []
    backend.save(state())
    assert backend.verify() == []
    assert Broken().verify() == ["it is torn"]


def test_a_manager_serves_a_backend_whose_save_takes_the_state_alone(mock_client):
    manager = StateManager(FiveMethods(), mock_client, "dev")
    manager.save_state(state(1))
    assert manager.load_state().has_resource(ORDERS)


@pytest.mark.parametrize("name", ["load", "save", "exists", "delete", "backup"])
def test_a_backend_lacking_one_of_the_five_cannot_be_made(name):
    names = {"load", "save", "exists", "delete", "backup"} - {name}
    incomplete = type("Incomplete", (StateBackend,), {n: lambda self: 0 for n in names})
    with pytest.raises(TypeError, match=name):
        incomplete()


@pytest.mark.parametrize("state_file", ["", " ", "\n", ".", "/", Path(), "state/ "])
def test_a_path_without_the_name_of_a_file_is_refused(state_file):
    with pytest.raises(
        ValueError, match="invalid state_file .*: pass the path of a file"
    ):
        LocalFileBackend(state_file)


def test_repr_is_the_call():
    shown = repr(LocalFileBackend("dev.state.json"))
    assert shown == "LocalFileBackend('dev.state.json')"
