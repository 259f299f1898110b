"""A folder that several people use: access to its files, planted links, odd files."""

import errno
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import StateReadError, StateWriteError
from iac.durability import files, running, state

pytestmark = pytest.mark.usefixtures("no_hanging")

ANN, BOB, TEAM, OTHERS = 54001, 54002, 54100, 54200
UNIQUE = "0" * 32
SECRET = "what a colleague must not destroy"

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another")


@pytest.fixture
def folder():
    """A folder that other users can reach, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        shared = Path(name) / "state"
        shared.mkdir()
        yield shared


def access(path):
    status = os.lstat(path)
    return oct(stat.S_IMODE(status.st_mode)), status.st_gid


def save_as(user, path, group=TEAM):
    """Save as a member of a group; return what goes to stderr, once it worked."""
    command = running("save_as_member", path, user, group, stderr=subprocess.PIPE)
    with command as process:
        errors = process.communicate()[1].decode()
        assert process.returncode == 0, errors
        return errors


# Access


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o664])
def test_lock_and_note_follow_the_mode_and_group_of_the_state(backend, mode):
    group = OTHERS if os.getuid() == 0 else os.getgid()
    path = backend.state_file
    saved = state(1)
    backend.save(saved)
    path.chmod(mode)
    os.chown(path, -1, group)
    with backend.lock():
        backend.save(saved)
        backend.backup()
        for name in (
            "dev.state.json",
            "dev.state.pre-serial-2.json",
            "dev.state.backup.json",
            ".dev.state.json.lock",
            ".dev.state.json.lock.info",
        ):
            assert access(path.with_name(name)) == (oct(mode), group), name


@pytest.fixture(params=[0o002, 0o022, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize(
    ("folder_mode", "lock_mode"),
    [(0o700, 0o600), (0o750, 0o600), (0o770, 0o660), (0o2770, 0o660), (0o777, 0o666)],
)
def test_before_a_state_is_shared_the_lock_follows_the_folder(
    folder, folder_mode, lock_mode
):
    """Whatever the umask: later, only the owner of the lock could open it to others."""
    group = TEAM if os.getuid() == 0 else os.getgid()
    os.chown(folder, -1, group)
    folder.chmod(folder_mode)
    backend = LocalFileBackend(folder / "dev.state.json")
    with backend.lock():
        backend.save(state(1))
        assert access(backend.state_file)[0] == "0o600"
        for name in (".dev.state.json.lock", ".dev.state.json.lock.info"):
            mode, owning_group = access(folder / name)
            assert mode == oct(lock_mode)
            assert owning_group == group or lock_mode == 0o600


@needs_root
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o770, 0o2770, 0o777], ids=oct)
def test_colleagues_take_turns(folder, mode):
    os.chown(folder, ANN, TEAM)
    folder.chmod(mode)
    path = folder / "dev.state.json"
    save_as(ANN, path)
    path.chmod(0o660)  # Ann shares the state; she does not think of the lock.
    os.chown(path, -1, TEAM)
    for user in (BOB, ANN, BOB):
        save_as(user, path)
        assert access(path) == ("0o660", TEAM)
    stored = LocalFileBackend(path).load()
    assert set(stored.resources) == {f"dataset.SHOP.by_{u}" for u in (ANN, BOB)}
    assert stored.serial == 4
    for version in folder.glob("dev.state.pre-serial-*.json"):
        assert access(version) == ("0o660", TEAM)


@needs_root
def test_a_save_by_root_leaves_the_file_to_its_owner(backend):
    saved = state(1)
    backend.save(saved)
    os.chown(backend.state_file, ANN, TEAM)
    backend.save(saved)
    status = backend.state_file.stat()
    assert (status.st_uid, status.st_gid) == (ANN, TEAM)


@needs_root
def test_another_group_does_not_get_the_rights_of_one_that_cannot_be_kept(folder):
    folder.chmod(0o777)
    path = folder / "dev.state.json"
    LocalFileBackend(path).save(state(1))
    path.chmod(0o664)
    os.chown(path, -1, OTHERS)
    errors = save_as(BOB, path)
    assert f"permissions of {path}: group {OTHERS} cannot be set" in errors
    assert access(path) == ("0o644", BOB)


def test_a_folder_that_may_not_be_written_is_named(folder):
    path = folder / "dev.state.json"
    LocalFileBackend(path).save(state(1))
    path.chmod(0o666)
    (folder / ".dev.state.json.lock").unlink()
    folder.chmod(0o555)
    with running("save_as_member", path, BOB, TEAM, stderr=subprocess.PIPE) as process:
        errors = process.communicate()[1].decode()
    folder.chmod(0o755)  # Otherwise its owner could not remove what is in it.
    assert (
        f"cannot lock {path}: Permission denied; it takes permission to write {folder}"
    ) in errors


def test_a_lock_that_may_not_be_written_is_named(folder):
    path, lock = folder / "dev.state.json", folder / ".dev.state.json.lock"
    LocalFileBackend(path).save(state(1))
    lock.chmod(0o400)
    path.chmod(0o666)
    with running("save_as_member", path, BOB, TEAM, stderr=subprocess.PIPE) as process:
        errors = process.communicate()[1].decode()
    assert (
        f"cannot lock {path}: Permission denied; it takes permission to write {lock}"
    ) in errors


def refusing(number):
    def refuse(*_args):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize(
    ("fchmod", "reason"),
    [
        (refusing(errno.EPERM), "cannot be set: Operation not permitted"),
        (refusing(errno.ENOTSUP), "cannot be set: Operation not supported"),
        (None, "cannot be set on this"),
    ],
    ids=["refused", "not supported", "missing"],
)
def test_where_modes_cannot_be_set_a_save_warns(
    backend, monkeypatch, caplog, fchmod, reason
):
    """As on a Windows share, or on Windows before Python 3.13."""
    saved = state(1)
    backend.save(saved)
    backend.state_file.chmod(0o640)
    if fchmod:
        monkeypatch.setattr(os, "fchmod", fchmod)
    else:
        monkeypatch.delattr(os, "fchmod")
    backend.save(saved)
    assert backend.load().serial == 2
    (message,) = caplog.messages
    assert f"permissions of {backend.state_file}: mode 640 {reason}" in message
    assert access(backend.state_file)[0] == "0o600"


# Planted links


@pytest.fixture
def victim(tmp_path):
    """A file of the user who saves."""
    path = tmp_path / "victim"
    path.write_text(SECRET)
    yield path
    assert path.read_text() == SECRET
    assert access(path)[0] == "0o644"


@pytest.fixture
def lock(backend):
    """The path of the lock."""
    backend.save(state(1))
    path = backend.state_file.with_name(f".{backend.state_file.name}.lock")
    path.unlink()
    return path


@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_a_lock_that_is_a_link_is_refused(backend, lock, victim, plant):
    plant(victim, lock)
    with pytest.raises(StateWriteError, match=f"cannot lock .*: {lock}. The previous"):
        backend.save(state(2))
    assert backend.load().serial == 1


def test_a_lock_in_a_snapshot_of_hard_links_is_taken(backend, lock):
    lock.touch()
    os.link(lock, lock.with_name("snapshot"))
    backend.save(backend.load())
    assert backend.load().serial == 2


@pytest.mark.parametrize(
    "suffix", [".info", f".info.{os.getpid()}"], ids=["note", "temporary"]
)
def test_the_note_of_the_holder_follows_no_link(backend, lock, victim, suffix):
    os.symlink(victim, f"{lock}{suffix}")
    with backend.lock("a reason"):
        note = lock.with_name(f"{lock.name}.info")
        assert not note.is_symlink()
        assert json.loads(note.read_text())["reason"] == "a reason"


def test_notes_of_killed_processes_are_removed(backend, lock):
    left = lock.with_name(f".{lock.name}.info.{UNIQUE}.tmp")
    left.write_text("{}")
    backend.save(backend.load())
    assert files(backend) == ["dev.state.json", "dev.state.pre-serial-2.json"]


# What is not a regular file


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def make_loop(path):
    os.symlink(path.name, path)


ODD = {
    "named pipe": os.mkfifo,
    "socket": make_socket,
    "folder": os.mkdir,
    "link to a device": lambda path: os.symlink("/dev/zero", path),
    "link loop": make_loop,
}
odd = pytest.mark.parametrize("make", ODD.values(), ids=ODD)


@pytest.fixture
def short(monkeypatch, tmp_path):
    """The current folder: the path of a socket has to be short."""
    monkeypatch.chdir(tmp_path)
    return LocalFileBackend("dev.state.json")


@odd
@pytest.mark.parametrize("force", [False, True])
def test_a_state_that_is_not_a_regular_file_is_refused(short, make, force):
    make(short.state_file)
    kind = stat.S_IFMT(os.lstat(short.state_file).st_mode)
    with pytest.raises(StateReadError, match="cannot read dev.state.json"):
        short.load()
    for write in (
        short.backup,
        short.delete,
        lambda: short.save(state(1), force=force),
        lambda: short.lock().__enter__(),
    ):
        with pytest.raises(StateWriteError, match="cannot read"):
            write()
    assert stat.S_IFMT(os.lstat(short.state_file).st_mode) == kind
    assert os.listdir() == ["dev.state.json"]


@odd
@pytest.mark.parametrize(
    "command",
    [
        "show --state-file odd",
        "sync --state-file odd",
        "drift --state-file odd",
        "refresh --state-file odd",
        "history --state-file odd",
        "restore 1 --state-file odd",
        "diff dev.json odd --state-file dev.json",
        "diff dev.json dev.json --state-file dev.json --ignore odd",
        "drift --state-file dev.json --baseline odd",
    ],
)
def test_the_command_line_refuses_what_is_not_a_regular_file(run, command, make):
    make(Path("odd"))
    kind = stat.S_IFMT(os.lstat("odd").st_mode)
    assert run("sync", "--state-file", "dev.json")[0] == 0
    code, _, errors = run(*command.split())
    assert code == 1
    is_folder = stat.S_ISDIR(kind) and command.startswith("diff dev.json odd")
    reason = "odd is empty" if is_folder else "cannot read odd: "
    assert f"error: {reason}" in errors
    assert stat.S_IFMT(os.lstat("odd").st_mode) == kind


@odd
def test_what_is_not_a_regular_file_is_not_a_version(short, make):
    saved = state(1)
    for _ in range(3):
        short.save(saved)
    make(Path("dev.state.pre-serial-9.json"))
    make(Path("dev.state.backup.json"))
    assert [version.serial for version in short.history()] == [2, 1]
    assert short.verify() == []
    assert short.restore(1).serial > 3
    assert short.backup().name != "dev.state.backup.json"


@odd
def test_a_lock_that_is_not_a_regular_file_is_refused(short, make):
    make(Path(".dev.state.json.lock"))
    with pytest.raises(StateWriteError, match="not a regular file: .*state.json.lock"):
        short.save(state(1))


@odd
def test_a_note_that_is_not_a_regular_file_is_not_waited_for(short, make):
    with running("hold", short.state_file.resolve(), "a while") as process:
        process.stdout.readline()
        os.unlink(".dev.state.json.lock.info")
        make(Path(".dev.state.json.lock.info"))
        unknown = pytest.raises(StateWriteError, match="locked by an unknown holder")
        with unknown, short.lock(timeout=0):
            pytest.fail("two have the lock")


def test_a_device_gets_no_lock_file():
    backend = LocalFileBackend("/dev/null")
    with pytest.raises(StateWriteError, match="/dev/null: not a regular file"):
        backend.save(state(1), force=True)
    assert not os.path.lexists("/dev/.null.lock")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_standard_input_is_read_if_it_is_a_file(backend):
    backend.save(state(1))
    code = "from dataikuapi.iac import LocalFileBackend as Backend\n"
    code += "print(Backend('/dev/stdin').load().serial)"
    with open(backend.state_file, "rb") as file:
        read = subprocess.run(
            [sys.executable, "-c", code], stdin=file, capture_output=True, text=True
        )
    assert (read.stdout, read.stderr) == ("1\n", "")
