"""Durability: full disks, folders without permissions, links and file modes."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import StateWriteError
from iac.durability import (
    SAVER,
    files,
    run,
    running,
    small,
    state,
    temporary_files,
)
from iac.saver import ESCAPED, REFUSED, SAVED, STRANGER

pytestmark = pytest.mark.usefixtures("no_hanging")


# Full disks, and folders without permissions


def test_a_full_disk_refuses_the_save_and_keeps_the_old_state(tmp_path):
    command = [sys.executable, str(SAVER), "fill_disk", str(tmp_path)]
    # A mount in a name space of its own goes with the process, come what may.
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare")
    trial = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(trial, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.strip()}")
    done = subprocess.run(["unshare", "--mount", *command], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert "No space left on device" in report["error"]
    assert "dev.state" in report["error"]
    assert report["saves that worked"] >= 2
    assert report["intact"]
    assert report["round"] == report["saves that worked"]
    assert report["left"] == []
    assert report["round once there is room"] == report["saves that worked"] + 1


FILE_TOO_LARGE = """
import resource, signal, sys
from dataikuapi.iac import LocalFileBackend, Resource, State, StateWriteError

backend = LocalFileBackend(sys.argv[1])
big = Resource("dataset", "dataset.SHOP.big", {"x": "x" * 100_000})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    backend.save(State(serial=2, resources={big.resource_id: big}))
except StateWriteError as error:
    print(error)
"""


def test_a_file_that_may_not_grow_leaves_the_old_state_and_no_temporary_file(backend):
    backend.save(state())
    before = backend.state_file.read_bytes()
    command = [sys.executable, "-c", FILE_TOO_LARGE, str(backend.state_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert f"cannot write {backend.state_file}: File too large" in done.stdout
    assert backend.state_file.read_bytes() == before
    assert not [name for name in files(backend) if name.endswith(".tmp")]


@pytest.fixture
def open_folder():
    """A folder into which everybody may go, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another")


@needs_root
@pytest.mark.parametrize(
    "folder_mode, file_mode, loads",
    [
        pytest.param(0o755, 0o644, True, id="read only"),
        pytest.param(0o755, 0o600, False, id="read only, and a private state"),
        pytest.param(0o700, 0o644, False, id="private"),
        pytest.param(0o711, 0o644, True, id="not to be listed"),
    ],
)
@pytest.mark.parametrize("lock_is_there", [True, False])
def test_a_folder_without_permissions(
    open_folder, folder_mode, file_mode, loads, lock_is_there
):
    folder = open_folder / "state"
    path = folder / "dev.state.json"
    LocalFileBackend(path).save(state(3))
    if not lock_is_there:
        (folder / ".dev.state.json.lock").unlink()
    folder.chmod(folder_mode)
    path.chmod(file_mode)
    before, names = path.read_bytes(), os.listdir(folder)

    outcomes = json.loads(run("save_without_rights", path))

    assert (outcomes["load"] == "done") is loads
    for action in ("save", "lock"):
        classes, message = outcomes[action]
        assert "StateWriteError" in classes
        assert "dev.state.json" in message and "Permission denied" in message
    assert path.read_bytes() == before
    assert os.listdir(folder) == names


def test_a_folder_that_may_not_be_written(backend):
    backend.save(state(1))
    if os.getuid() == 0:
        pytest.skip("root may write it; the tests above drop their privileges")
    backend.state_file.parent.chmod(0o500)
    try:
        with pytest.raises(StateWriteError, match="Permission denied"):
            backend.save(state(2))
    finally:
        backend.state_file.parent.chmod(0o700)
    assert backend.load().serial == 1


@needs_root
def test_a_user_unknown_to_the_system_can_save(open_folder):
    os.chown(open_folder, STRANGER, STRANGER)
    path = open_folder / "dev.state.json"
    run("save_as_a_stranger", path, "1")
    assert LocalFileBackend(path).load().serial == 1


@needs_root
def test_a_folder_that_may_be_written_but_not_listed(open_folder):
    path = open_folder / "dev.state.json"
    LocalFileBackend(path).save(small(1))
    before = path.read_bytes()
    for item in (open_folder, *open_folder.iterdir()):
        os.chown(item, STRANGER, STRANGER)
    open_folder.chmod(0o300)
    with running("save_as_a_stranger", path, "2", stderr=subprocess.PIPE) as process:
        errors = process.communicate()[1].decode()
        outcome = {SAVED: SAVED}.get(process.returncode, ESCAPED)
    if "StateWriteError" in errors:
        outcome = REFUSED
    kept = [item.read_bytes() for item in open_folder.glob("*.json")]
    assert outcome != ESCAPED, errors
    assert before in kept, f"what was stored is lost: {errors}"
    stored = LocalFileBackend(path).load()
    assert bool(stored.resources) is (outcome == REFUSED), errors


def test_a_save_when_the_interpreter_ends(backend, path):
    run("save_at_exit", path)
    assert backend.load().serial == 1


# Links and modes


def test_a_symbolic_link_is_followed_and_kept(tmp_path):
    (tmp_path / "store").mkdir()
    target, link = tmp_path / "store" / "state.json", tmp_path / "dev.state.json"
    link.symlink_to("store/state.json")
    backend = LocalFileBackend(link)
    assert not backend.exists()
    saved = state(1)
    for _ in range(3):
        backend.save(saved)
        assert os.readlink(link) == "store/state.json"
        assert not target.is_symlink()
        assert LocalFileBackend(target).load().serial == saved.serial
    assert [version.serial for version in backend.history()] == [2, 1]
    assert temporary_files(tmp_path) + temporary_files(tmp_path / "store") == []


def test_a_link_to_another_file_system_is_followed(tmp_path):
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        link = tmp_path / "dev.state.json"
        link.symlink_to(Path(name) / "state.json")
        backend = LocalFileBackend(link)
        saved = state(1)
        for _ in range(3):
            backend.save(saved)
        assert link.is_symlink()
        assert [version.serial for version in backend.history()] == [2, 1]
        assert temporary_files(tmp_path) + temporary_files(name) == []


@pytest.mark.parametrize("mask", [0, 0o077])
def test_a_new_file_is_private_and_an_existing_one_keeps_its_mode(backend, mask):
    before = os.umask(mask)
    try:
        saved = state(1)
        backend.save(saved)
        assert backend.state_file.stat().st_mode & 0o777 == 0o600
        for mode in (0o640, 0o664, 0o400):
            backend.state_file.chmod(mode)
            backend.save(saved)
            assert backend.state_file.stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_only_the_owner_may_read_states_and_backups(backend):
    backend.save(state())
    backend.save(state(serial=2))
    backend.backup("mine")

    modes = {
        path.stat().st_mode & 0o777 for path in backend.state_file.parent.iterdir()
    }
    assert len(files(backend)) == 3
    assert modes == {0o600}


# What killed saves left


def test_what_killed_saves_left_is_removed_and_what_others_write_is_not(
    backend, path, monkeypatch
):
    def no_links(source, target):
        raise PermissionError("no links on this file system")

    monkeypatch.setattr(os, "link", no_links)
    backend.save(state(1))
    unique = "0123456789abcdef" * 2
    for blob in ("dev.state.json", "dev.state.pre-serial-2.json", "dev.state.json.new"):
        path.with_name(f".{blob}.{unique}.tmp").write_text("left")
    backend.save(backend.load())
    assert temporary_files(path.parent) == [f".dev.state.json.new.{unique}.tmp"]
