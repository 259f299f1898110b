"""Failing saves: whichever call fails, the old state or the new one is stored, whole.

Campaigns run in a short form; ``--long`` runs them in full, ``-s`` shows the figures.
"""

import builtins
import errno
import fcntl
import io
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from contextlib import contextmanager
from itertools import count
from types import ModuleType
from typing import ClassVar

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import StateWriteError
from iac.durability import (
    files,
    in_thread,
    refusal_of_lock,
    running,
    small,
    state,
    temporary_files,
    wait_for,
)
from iac.saver import ESCAPED, REFUSED, SAVED, round_of, write_round

pytestmark = pytest.mark.usefixtures("no_hanging")


# Failing to save


def test_failed_first_save_leaves_nothing(backend, monkeypatch):
    def failing_replace(source, target):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", failing_replace)
    with pytest.raises(StateWriteError):
        backend.save(state())
    assert files(backend) == []
    assert not backend.exists()


def test_interrupted_save_leaves_the_old_state_and_no_temporary_file(
    backend, monkeypatch
):
    backend.save(state(1))
    old = backend.state_file.read_bytes()

    def interrupted(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        backend.save(state(2))
    assert backend.state_file.read_bytes() == old
    assert files(backend) == ["dev.state.json"]


def test_folder_that_is_a_file_is_a_write_error_that_names_the_path(tmp_path):
    (tmp_path / "state").write_text("a file")
    backend = LocalFileBackend(tmp_path / "state" / "dev.state.json")
    with pytest.raises(StateWriteError, match="dev.state.*json") as caught:
        backend.save(state())
    assert isinstance(caught.value.__cause__, OSError)
    assert (tmp_path / "state").read_text() == "a file"


def test_state_that_cannot_be_written_leaves_the_old_one_and_no_backup(backend):
    backend.save(state(1))
    old = backend.state_file.read_bytes()
    with pytest.raises(StateWriteError):
        backend.save(state(2, bad=float("nan")))
    assert backend.state_file.read_bytes() == old
    assert files(backend) == ["dev.state.json"]


# A failure at each system call


class Faults:
    """Counts the calls of a save that reach the system, and lets one of them fail.

    Args:
        fail_at: which call fails; 0 for none.
        number: the ``errno``.
        lasting: whether all later calls of the same function fail too.
    """

    FUNCTIONS: ClassVar[dict[ModuleType, str]] = {
        os: (
            "access chmod chown close copy_file_range fchmod fchown fdatasync "
            "fstat fsync ftruncate link listdir lstat mkdir open pread pwrite read "
            "readlink remove rename replace rmdir scandir sendfile stat statvfs "
            "symlink truncate unlink utime write"
        ),
        io: "open",
        builtins: "open",
        fcntl: "flock lockf",
    }

    def __init__(self, fail_at=0, number=errno.EIO, lasting=False):
        self.calls = []
        self.failed = None
        self._fail_at = fail_at
        self._error = OSError(number, os.strerror(number))
        self._lasting = lasting
        self._readlink = os.readlink

    @contextmanager
    def __call__(self, monkeypatch):
        """Watch, and fail, what happens in the block."""
        with monkeypatch.context() as patched:
            for module, names in self.FUNCTIONS.items():
                for name in names.split():
                    if hasattr(module, name):
                        real = getattr(module, name)
                        patched.setattr(module, name, self._watched(name, real))
            yield self

    def _watched(self, name, real):
        def call(*args, **options):
            if name == "open" and type(args[0]) is int:
                return real(*args, **options)  # It is open: no call to the system.
            described = self._described(name, args)
            self.calls.append(described)
            again = self._lasting and self.failed and self.failed.split()[0] == name
            again = again and name != "flock"  # A lock that can never be given back.
            if len(self.calls) != self._fail_at and not again:
                return real(*args, **options)
            self.failed = self.failed or described
            if name == "close":
                real(*args)  # Linux closes it, and then reports the failure.
            raise OSError(*self._error.args)

        return call

    def _described(self, name, args):
        """Return what is called on what: a kind of file, not its name."""
        subject = args[0] if args else None
        if type(subject) is int:
            try:
                subject = self._readlink(f"/proc/self/fd/{subject}")
            except OSError:
                subject = "no longer open"
        release = name == "flock" and args[1] == fcntl.LOCK_UN
        return f"{name} {'release' if release else kind_of(str(subject))}"


def kind_of(name):
    """Return the role of a file in a save."""
    for pattern, kind in {
        r"\.lock\.info": "holder",
        r"\.tmp$": "temporary file",
        r"\.lock$": "lock",
        r"\.pre-serial-": "version",
        r"\.state\.json$": "state",
    }.items():
        if re.search(pattern, name):
            return kind
    return "other"


ESSENTIAL = re.compile(
    r"(open|openat|write|pwrite64|fsync|fdatasync|replace|rename) temporary file|"
    r"flock (?!release)"
)
"""Calls without which no save may claim to have worked."""


@pytest.fixture(scope="module")
def saved_folder(tmp_path_factory):
    """A folder with a state and two versions, of which the next save removes one."""
    folder = tmp_path_factory.mktemp("saved")
    backend = LocalFileBackend(folder / "dev.state.json", max_versions=2)
    saved = small(0)
    for number in (-1, 0, 1):
        backend.save(write_round(saved, number, size=2, repeats=100))
    return folder


def assert_old_or_new(outcome, folder, before, failed):
    """Check what is stored after a save of round 2 over round 1, one call failing."""
    path = folder / "dev.state.json"
    escaped = outcome not in (SAVED, REFUSED)
    assert not escaped, f"{failed}: something else escaped"
    if outcome == REFUSED:
        intact = path.read_bytes() == before
        assert intact, f"{failed}: an error, but what was stored is replaced"
        assert round_of(LocalFileBackend(path).load(), size=2) == 1
    else:
        assert round_of(LocalFileBackend(path).load(), size=2) == 2, failed
        assert not ESSENTIAL.match(failed), f"{failed}: cannot have been stored"
        kept = before in [item.read_bytes() for item in folder.glob("*.pre-serial-*")]
        assert kept, f"{failed}: the version before is lost"
    if "unlink" not in failed and "remove" not in failed:
        assert temporary_files(folder) == [], failed


def print_outcomes(outcomes):
    """Say how many failures there were, and which of them were harmless."""
    harmless = Counter(failed for failed, outcome in outcomes if outcome == SAVED)
    shown = ", ".join(f"{times} x {failed}" for failed, times in harmless.items())
    refused = sum(outcome == REFUSED for _, outcome in outcomes)
    print(f"\n{len(outcomes)} failures, {refused} refused, harmless: {shown or 'none'}")


def open_files():
    """Return the files that this process has open, and how often."""
    found: Counter[str] = Counter()
    for number in os.listdir("/proc/self/fd"):
        if os.path.lexists(f"/proc/self/fd/{number}"):
            found[os.readlink(f"/proc/self/fd/{number}")] += 1
    return found


def saved_with(faults, folder, monkeypatch):
    """Save round 2 while a call fails; return the outcome, and check the state."""
    path = folder / "dev.state.json"
    before = path.read_bytes()
    backend = LocalFileBackend(path, max_versions=2)
    mine = write_round(backend.load(), 2, size=2, repeats=100)
    serial, base = mine.serial, mine.base_version
    outcome = SAVED
    were_open = open_files()
    with faults(monkeypatch):
        try:
            backend.save(mine)
        except StateWriteError as error:
            outcome = REFUSED
            message = str(error)
        except Exception as error:
            outcome, message = ESCAPED, repr(error)
    failed = faults.failed or "nothing"
    problem = None
    try:
        if outcome == ESCAPED:
            raise AssertionError(f"{failed}: {message} escaped")
        assert_old_or_new(outcome, folder, before, failed)
        if outcome == REFUSED:
            assert "dev.state" in message, f"{failed}: {message}"
            assert (mine.serial, mine.base_version) == (serial, base), failed
        leaked = open_files() - were_open
        assert not leaked, f"{failed}: open stay {leaked}"
        # It is free for others, and the very same state can be saved again.
        refused = refusal_of_lock(path)
        assert not refused, f"{failed}: {refused}"
        backend.save(write_round(mine, 3, size=2, repeats=100))
        assert round_of(backend.load(), size=2) == 3
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return outcome, problem


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_a_failure_at_each_call_of_a_save_leaves_the_old_state_or_the_new_one(
    saved_folder, tmp_path, monkeypatch, long, lasting
):
    numbers = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE]
    outcomes, problems = [], []
    for fail_at in count(1):
        for number in numbers if long else [numbers[fail_at % 2]]:
            faults = Faults(fail_at, number, lasting)
            folder = tmp_path / f"{fail_at}-{number}"
            shutil.copytree(saved_folder, folder)
            outcome, problem = saved_with(faults, folder, monkeypatch)
            if faults.failed:
                outcomes.append((faults.failed, outcome))
            if problem:
                problems.append(f"{fail_at} {errno.errorcode[number]}: {problem}")
            shutil.rmtree(folder)
        if not faults.failed:
            break
    print_outcomes(outcomes)
    assert not problems, "\n".join(problems)
    assert len(outcomes) > 10


@pytest.mark.slow
def test_a_failure_at_each_call_of_the_first_save_leaves_nothing(
    tmp_path, monkeypatch, long
):
    numbers = [errno.ENOSPC, errno.EIO]
    problems = []
    for fail_at in count(1):
        for number in numbers if long else [numbers[fail_at % 2]]:
            faults = Faults(fail_at, number)
            path = tmp_path / f"{fail_at}-{number}" / "state" / "dev.state.json"
            backend = LocalFileBackend(path)
            outcome = "saved"
            with faults(monkeypatch):
                try:
                    backend.save(small(2))
                except StateWriteError:
                    outcome = "refused"
                except Exception as error:
                    outcome = repr(error)
            expected = {"saved": True, "refused": False}.get(outcome)
            left = temporary_files(path.parent) if path.parent.exists() else []
            good = path.exists() is expected and (
                not left or "unlink" in str(faults.failed)
            )
            if not good or (expected and round_of(backend.load(), size=2) != 2):
                problems.append(f"{fail_at} {faults.failed}: {outcome}, {left}")
        if not faults.failed:
            break
    assert not problems, "\n".join(problems)


def test_a_file_system_without_links_keeps_versions_all_the_same(backend, monkeypatch):
    def no_link(*args, **options):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    saved = small(1)
    backend.save(saved)
    monkeypatch.setattr(os, "link", no_link)
    for number in (2, 3):
        backend.save(write_round(saved, number, size=2, repeats=100))
    versions = [backend.load_version(version.serial) for version in backend.history()]
    assert [round_of(version, size=2) for version in versions] == [2, 1]
    assert backend.backup("mine").read_bytes() == backend.state_file.read_bytes()
    assert temporary_files(backend.state_file.parent) == []


def interrupt_after(function, monkeypatch):
    """Let a function of ``os`` work, and the user press Ctrl-C right then."""
    real = getattr(os, function)

    def interrupted(*args, **options):
        monkeypatch.setattr(os, function, real)
        real(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, function, interrupted)


@pytest.mark.parametrize("function", ["link", "fsync", "replace"])
def test_ctrl_c_leaves_the_old_state_or_the_new_one_with_the_old_one_kept(
    backend, monkeypatch, function
):
    backend.save(small(1))
    before = backend.state_file.read_bytes()
    mine = write_round(backend.load(), 2, size=2, repeats=100)
    interrupt_after(function, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        backend.save(mine)
    folder = backend.state_file.parent
    stored = [backend.state_file, *folder.glob("*.pre-serial-*")]
    assert before in [item.read_bytes() for item in stored]
    assert round_of(backend.load(), size=2) in (1, 2)
    assert temporary_files(folder) == []
    thread, outcome = in_thread(lambda: backend.save(backend.load()))
    thread.join(5)
    assert outcome == [None]


# The same, at each call to the kernel


def traced(process, child, folder, options):
    """Let a child save under strace; return its exit code and the calls."""
    log = folder.parent / f"{folder.name}.log"
    command = ["strace", "-f", "-y", "-o", str(log), "-p", str(child), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr
        line = tracer.stderr.readline().decode()
        if "attached" not in line:
            pytest.skip(f"strace cannot trace: {line}")
        os.kill(child, signal.SIGUSR1)
        code = int(wait_for(process, "ended")[1])
        tracer.stderr.read()
    found = re.findall(r"^(\d+) +((\w+)\(.*)$", log.read_text(), re.MULTILINE)
    return code, [(name, line) for pid, line, name in found if int(pid) != child]


@pytest.mark.slow
def test_a_failure_at_each_call_to_the_kernel_leaves_the_old_state_or_the_new_one(
    saved_folder, tmp_path
):
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    (tmp_path / "warm").mkdir()
    warm = tmp_path / "warm" / "dev.state.json"
    LocalFileBackend(warm).save(small(1))
    outcomes, problems = [], []
    errors = (tmp_path / "errors").open("w+b")
    with errors, running("save_on_signal", warm, stderr=errors) as process:

        def save(name, options):
            folder = tmp_path / name
            shutil.copytree(saved_folder, folder)
            path = folder / "dev.state.json"
            before = path.read_bytes()
            process.stdin.write(f"{path}\n".encode())
            process.stdin.flush()
            child = int(wait_for(process, "ready")[1])
            code, calls = traced(process, child, folder, options)
            return folder, before, code, calls

        watched = "%file,%desc"
        *_, code, calls = save("none", ["-e", f"trace={watched}"])
        assert code == SAVED
        skipped = {"mmap", "munmap", "execve"}
        numbers = Counter(name for name, _ in calls if name not in skipped)
        for name, times in sorted(numbers.items()):
            for when in range(1, times + 1):
                fault = f"inject={name}:error=EIO:when={when}"
                options = ["-e", f"trace={watched}", "-e", fault]
                position = errors.seek(0, os.SEEK_END)
                folder, before, code, calls = save(f"{name}-{when}", options)
                failed = [line for _, line in calls if "INJECTED" in line]
                shown = failed[0].replace(str(folder), "") if failed else "nothing"
                *_, file = re.findall(r"[\"<](/[^\">]*)", shown) or [""]
                kind = "release" if "LOCK_UN" in shown else kind_of(file)
                outcomes.append((f"{name} {kind}", code))
                try:
                    assert_old_or_new(code, folder, before, f"{name} {kind}: {shown}")
                except Exception as error:
                    errors.seek(position)
                    why = errors.read().decode().strip().rpartition("\n")[2]
                    problems.append(f"{error} {why}")
    print_outcomes(outcomes)
    assert not problems, "\n".join(problems)
