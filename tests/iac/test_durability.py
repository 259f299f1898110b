"""Durability: whatever happens to a save, a state is whole, and no change is lost.

Campaigns run in a short form; ``--long`` runs them in full, ``-s`` shows the figures.
"""

import builtins
import errno
import fcntl
import io
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateLockedError,
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models import Resource, State
from iac.saver import (
    COUNTER,
    ESCAPED,
    REFUSED,
    SAVED,
    STRANGER,
    round_of,
    write_round,
)

SAVER = Path(__file__).with_name("saver.py")
ORDERS = "dataset.SHOP.orders"


def state(serial=1, **attributes):
    """Return a state of one dataset."""
    resources = {ORDERS: Resource("dataset", ORDERS, attributes)}
    return State(serial=serial, environment="dev", resources=resources)


def small(number):
    """Return a state of two datasets, of that round."""
    return write_round(State(), number, size=2, repeats=100)


@pytest.fixture
def long(request):
    """Whether campaigns run in full."""
    return request.config.getoption("--long")


@pytest.fixture
def path(tmp_path):
    """Return where the state goes."""
    return tmp_path / "dev.state.json"


@pytest.fixture
def backend(path):
    """Return a backend that stores nothing yet."""
    return LocalFileBackend(path)


@pytest.fixture(autouse=True)
def no_hanging(long):
    """Fail where something waits for ever."""

    def hangs(number, frame):
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(600 if long else 60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@contextmanager
def running(command, *arguments, **options):
    """Run a command of ``saver.py``, and end it."""
    line = [sys.executable, str(SAVER), command, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(line, **{**pipes, **options}) as process:
        try:
            yield process
        finally:
            process.kill()


def run(command, *arguments):
    """Run a command of ``saver.py`` to its end; return what it printed."""
    with running(command, *arguments, stderr=subprocess.PIPE) as process:
        out, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        return out.decode()


def tell(process):
    """Send a line."""
    process.stdin.write(b"\n")
    process.stdin.flush()


def told(process, *words):
    """Read announcements up to one that begins with these words; return it."""
    for line in iter(process.stdout.readline, b""):
        announced = line.decode().split()
        if announced[: len(words)] == list(words):
            return announced
    raise AssertionError(f"{process.args} ended before it said {words}")


def temporary_files(folder):
    """Return the names of temporary files."""
    return sorted(name for name in os.listdir(folder) if name.endswith(".tmp"))


def in_thread(action):
    """Start a thread; return it, and the list into which its outcome goes."""
    outcome = []

    def work():
        try:
            outcome.append(action())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, outcome


def refusal_of_lock(path):
    """Tell what another thread hears that wants the lock; ``None`` if it gets it."""

    def attempt():
        with LocalFileBackend(path).lock("attempt", timeout=0):
            pass

    thread, outcome = in_thread(attempt)
    thread.join()
    assert isinstance(outcome[0], StateLockedError | None), outcome
    return outcome[0] and str(outcome[0])


# Killed in mid-save


class Nursery:
    """Forks processes that save one round after another, and kills them."""

    def __init__(self, process):
        self._process = process
        self.wholes, self.windows = [], []

    def kill(self, trigger, share):
        """Kill a process in its second save, so far into it as its first one tells.

        Args:
            trigger: what the clock runs from: "saving", or "created" (the temporary
                file, that is).
            share: of the time from there to the end of the save, or to the rename.

        Returns:
            The last round that it began to save, and the last that it had saved.
        """
        last, moments = {}, {}

        def note(words):
            moments[words[0]] = int(words[-1]) / 1e9
            if words[0] in ("saving", "saved"):
                last[words[0]] = int(words[1])
            return words

        with self._child(note) as read:
            while read()[0] != "saved":
                pass
            self.wholes.append(moments["saved"] - moments["saving"])
            self.windows.append(moments["renaming"] - moments["created"])
            spans = {"saving": self.wholes, "created": self.windows}[trigger]
            while read()[0] != trigger:
                pass
            time.sleep(share * min(spans[-1], statistics.median(spans)))
        return last["saving"], last["saved"]

    @contextmanager
    def _child(self, note):
        read = self._read
        tell(self._process)
        words = read()
        while words[0] != "born":
            words = read()
        child = int(words[1])
        try:
            yield lambda: note(read())
        finally:
            os.kill(child, signal.SIGKILL)
            words = read()
            while words[0] != "dead":
                note(words)
                words = read()

    def _read(self):
        line = self._process.stdout.readline().decode()
        assert line, "the nursery ended"
        return line.split()


def test_killed_at_any_moment_of_a_save_the_file_is_the_old_or_the_new_state(
    backend, path, long
):
    kills, at_least = (300, 50) if long else (40, 5)
    backend.save(write_round(State(), 1))
    before_rename = after_rename = 0
    with running("nurse", path) as process:
        nursery = Nursery(process)
        for number in range(kills):
            for name in temporary_files(path.parent):
                (path.parent / name).unlink()
            # Half of the kills are spread over the save, half over the window.
            trigger = ("saving", "created")[number % 2]
            saving, saved = nursery.kill(trigger, (number + 0.5) / kills)

            found = round_of(backend.load())
            left = temporary_files(path.parent)
            assert saved <= found <= saving <= saved + 1
            assert len(left) <= 1
            before_rename += bool(left) and found < saving
            after_rename += saving == found
        for version in backend.history():
            round_of(backend.load_version(version.serial))
    backend.save(write_round(backend.load(), found + 1))
    assert round_of(backend.load()) == found + 1
    whole, window = map(statistics.median, (nursery.wholes, nursery.windows))
    print(
        f"\n{kills} kills: {before_rename} between creation and rename, {after_rename} "
        f"after it; a save took {whole * 1e3:.0f} ms, the window {window * 1e3:.1f} ms "
        f"of it, of {path.stat().st_size / 1e6:.1f} MB"
    )
    assert before_rename >= at_least


def test_what_killed_saves_left_behind_goes_with_a_later_save(backend, path):
    backend.save(write_round(State(), 1))
    with running("nurse", path) as process:
        nursery = Nursery(process)
        for _ in range(20):
            nursery.kill("created", 1 / 3)
            if temporary_files(path.parent):
                break
    assert temporary_files(path.parent)
    backend.save(backend.load())
    others = set(os.listdir(path.parent)) - {path.name, f".{path.name}.lock"}
    assert {name for name in others if not re.match(r"dev\.state\.pre-", name)} == set()


# Read while somebody saves


def test_a_reader_sees_only_whole_states_while_a_writer_saves(backend, path, long):
    backend.save(write_round(State(), 1))
    seen = []
    with running("save_rounds", path, stdout=subprocess.DEVNULL):
        until = time.monotonic() + (20 if long else 2)
        while time.monotonic() < until:
            seen.append(round_of(backend.load()))
    print(f"\n{len(seen)} loads saw {len(set(seen))} rounds")
    assert seen == sorted(seen)
    assert len(set(seen)) > 5


def test_history_can_be_read_while_versions_come_and_go(path, long):
    backend = LocalFileBackend(path, max_versions=2)
    backend.save(small(1))
    done = threading.Event()

    def save_on():
        saved = backend.load()
        while not done.is_set():
            backend.save(saved)

    thread, outcome = in_thread(save_on)
    try:
        until = time.monotonic() + (10 if long else 1)
        while time.monotonic() < until:
            serials = [version.serial for version in backend.history()]
            assert serials == sorted(serials, reverse=True)
            assert backend.verify() == []
    finally:
        done.set()
        thread.join()
    assert outcome == [None]


# Many at once


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "not locked"])
def test_no_change_of_many_processes_is_lost(backend, path, long, locked):
    processes, rounds = (8, 50) if long else (4, 12)
    changes = processes * rounds
    backend.save(State(resources={COUNTER: Resource("dataset", COUNTER, {"count": 0})}))
    first = backend.load()

    began = time.monotonic()
    conflicts = list(map(int, run("count_up", path, processes, rounds, locked).split()))
    took = time.monotonic() - began

    last = backend.load()
    expected = {
        f"dataset.SHOP.w{w}_{n}" for w in range(processes) for n in range(rounds)
    }
    print(f"\n{changes} changes, {sum(conflicts)} conflicts, {took:.1f} s")
    assert set(last.resources) == expected | {COUNTER}
    assert last.get_resource(COUNTER).attributes == {"count": changes}
    assert last.serial == first.serial + changes
    assert last.lineage == first.lineage
    assert len(conflicts) == processes
    assert sum(conflicts) == 0 or not locked
    assert not temporary_files(path.parent)


# A writer that stands between check and write


@pytest.fixture(params=["thread", "process"])
def stopped(request, backend, monkeypatch):
    """A writer that stands still just before it renames; call it to let it go on."""
    backend.save(state(1))
    if request.param == "process":
        with running("stop_before_rename", backend.state_file) as process:
            told(process, "stopped")

            def go_on():
                tell(process)
                told(process, "saved")

            yield go_on
        return
    reached, released = threading.Event(), threading.Event()
    replace = os.replace

    def waiting_replace(source, target):
        if threading.current_thread() is thread and str(source).endswith(".tmp"):
            reached.set()
            released.wait()
        replace(source, target)

    def save():
        changed = backend.load()
        changed.add_resource(Resource("dataset", "dataset.SHOP.by_a"))
        monkeypatch.setattr(os, "replace", waiting_replace)
        backend.save(changed)

    thread = threading.Thread(target=save, daemon=True)
    thread.start()
    assert reached.wait(10)

    def go_on():
        released.set()
        thread.join()

    yield go_on
    go_on()


def test_who_saves_while_another_is_at_it_waits_and_then_is_told_of_the_conflict(
    backend, path, stopped
):
    other = LocalFileBackend(path)
    mine = other.load()
    mine.add_resource(Resource("dataset", "dataset.SHOP.by_b"))
    with pytest.raises(StateLockedError, match="'save'"):
        with other.lock(timeout=0.1):
            pytest.fail("two have the lock")
    thread, outcome = in_thread(lambda: other.save(mine))
    thread.join(0.3)
    assert thread.is_alive()

    stopped()
    thread.join(10)
    (error,) = outcome
    assert type(error) is StateConflictError
    assert "serial 2" in str(error)
    again = other.load()
    again.add_resource(Resource("dataset", "dataset.SHOP.by_b"))
    other.save(again)
    assert set(backend.load().resources) == {
        ORDERS,
        "dataset.SHOP.by_a",
        "dataset.SHOP.by_b",
    }
    assert backend.load().serial == 3


def test_who_is_killed_between_check_and_write_holds_nobody_up(backend, path):
    backend.save(state(1))
    mine = backend.load()
    with running("stop_before_rename", path) as process:
        told(process, "stopped")
        process.kill()
        process.wait()
    began = time.monotonic()
    backend.save(mine)
    assert time.monotonic() - began < 2
    assert backend.load().serial == 2


# A failure at each system call


class Faults:
    """Counts the calls of a save that reach the system, and lets one of them fail.

    Args:
        fail_at: which call fails; 0 for none.
        number: the ``errno``.
        lasting: whether all later calls of the same function fail too.
    """

    FUNCTIONS = {
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
            told = self._described(name, args)
            self.calls.append(told)
            again = self._lasting and self.failed and self.failed.split()[0] == name
            again = again and name != "flock"  # A lock that can never be given back.
            if len(self.calls) != self._fail_at and not again:
                return real(*args, **options)
            self.failed = self.failed or told
            if name == "close":
                real(*args)  # Linux closes it, and then tells of the failure.
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
    """Tell which part a file has in a save."""
    for pattern, kind in {
        r"\.tmp$": "temporary file",
        r"\.lock\.info": "holder",
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
    found = Counter()
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
            told = str(error)
        except Exception as error:
            outcome, told = ESCAPED, repr(error)
    failed = faults.failed or "nothing"
    problem = None
    try:
        if outcome == ESCAPED:
            raise AssertionError(f"{failed}: {told} escaped")
        assert_old_or_new(outcome, folder, before, failed)
        if outcome == REFUSED:
            assert "dev.state" in told, f"{failed}: {told}"
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
            good = path.exists() is expected and (not left or "unlink" in faults.failed)
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
        line = tracer.stderr.readline().decode()
        if "attached" not in line:
            pytest.skip(f"strace cannot trace: {line}")
        os.kill(child, signal.SIGUSR1)
        code = int(told(process, "ended")[1])
        tracer.stderr.read()
    found = re.findall(r"^(\d+) +((\w+)\(.*)$", log.read_text(), re.MULTILINE)
    return code, [(name, line) for pid, line, name in found if int(pid) != child]


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
    with errors, running("save_when_told", warm, stderr=errors) as process:

        def save(name, options):
            folder = tmp_path / name
            shutil.copytree(saved_folder, folder)
            path = folder / "dev.state.json"
            before = path.read_bytes()
            process.stdin.write(f"{path}\n".encode())
            process.stdin.flush()
            child = int(told(process, "ready")[1])
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


# A full disk, and folders without rights


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
    told = json.loads(done.stdout)
    assert "No space left on device" in told["error"]
    assert "dev.state" in told["error"]
    assert told["saves that worked"] >= 2
    assert told["intact"]
    assert told["round"] == told["saves that worked"]
    assert told["left"] == []
    assert told["round once there is room"] == told["saves that worked"] + 1


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
def test_a_folder_without_rights(
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

    told = json.loads(run("save_without_rights", path))

    assert (told["load"] == "done") is loads
    for action in ("save", "lock"):
        classes, message = told[action]
        assert "StateWriteError" in classes
        assert "dev.state.json" in message and "Permission denied" in message
    assert path.read_bytes() == before
    assert os.listdir(folder) == names


def test_a_folder_that_may_not_be_written(backend):
    backend.save(state(1))
    if os.getuid() == 0:
        pytest.skip("root may; the tests above become somebody else")
    backend.state_file.parent.chmod(0o500)
    try:
        with pytest.raises(StateWriteError, match="Permission denied"):
            backend.save(state(2))
    finally:
        backend.state_file.parent.chmod(0o700)
    assert backend.load().serial == 1


@needs_root
def test_a_user_whom_the_system_does_not_know_can_save(open_folder):
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


# Locks


def test_the_lock_names_its_holder_and_is_free_once_that_one_is_killed(backend, path):
    with running("hold", path, "nightly sync") as process:
        told(process, "held")
        with pytest.raises(StateLockedError) as caught:
            with backend.lock(timeout=0.1):
                pytest.fail("two have the lock")
        message = str(caught.value)
        assert re.search(rf"\b{process.pid}\b", message)
        assert os.uname().nodename in message
        assert "nightly sync" in message
        assert re.search(r"since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", message)
        assert str(path) in message
        assert isinstance(caught.value, StateWriteError)
        process.kill()
        process.wait()
        began = time.monotonic()
        with backend.lock(timeout=5):
            assert time.monotonic() - began < 1


def test_who_waits_gets_the_lock_when_it_is_given_back(backend, path):
    with running("hold", path, "a while") as process:
        told(process, "held")
        thread, outcome = in_thread(lambda: backend.save(state(1)))
        thread.join(0.2)
        assert thread.is_alive()
        tell(process)
        thread.join(5)
    assert outcome == [None]
    assert backend.load().serial == 1


@pytest.mark.parametrize("timeout", [0, 0.3])
def test_the_time_out_is_kept(path, timeout):
    with LocalFileBackend(path).lock():

        def wait():
            began = time.monotonic()
            with pytest.raises(StateLockedError):
                with LocalFileBackend(path).lock(timeout=timeout):
                    pytest.fail("two have the lock")
            return time.monotonic() - began

        thread, outcome = in_thread(wait)
        thread.join()
    assert timeout <= outcome[0] < timeout + 0.5


def test_a_thread_may_take_the_lock_again_and_has_it_until_the_last_is_given_back(
    backend, path
):
    with backend.lock("outer"):
        with LocalFileBackend(str(path)).lock("inner", timeout=0):
            backend.save(state(1))
            assert refusal_of_lock(path)
        with backend.lock(timeout=0):
            LocalFileBackend(path).save(LocalFileBackend(path).load())
        assert "'outer'" in refusal_of_lock(path)
    assert refusal_of_lock(path) is None


def test_the_lock_is_given_back_after_an_error(backend):
    with pytest.raises(ZeroDivisionError):
        with backend.lock():
            raise ZeroDivisionError
    thread, outcome = in_thread(lambda: backend.save(state(1)))
    thread.join(5)
    assert outcome == [None]


@pytest.mark.parametrize("shared", [True, False], ids=["one backend", "one each"])
def test_threads_exclude_each_other(path, shared):
    common = LocalFileBackend(path)
    inside, most = [], []

    def enter():
        for _ in range(5):
            with (common if shared else LocalFileBackend(path)).lock(timeout=30):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [in_thread(enter) for _ in range(8)]
    for thread, outcome in threads:
        thread.join()
        assert outcome == [None]
    assert len(most) == 40
    assert set(most) == {1}


def test_one_file_has_one_lock_by_whichever_path_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "dev.state.json"
    LocalFileBackend(path).save(state(1))
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "dev.json").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    with LocalFileBackend(path).lock("by its path"):
        for other in (
            "real/dev.state.json",
            "folder/dev.state.json",
            tmp_path / "real" / ".." / "dev.json",
        ):
            assert "'by its path'" in refusal_of_lock(other)


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
def test_a_new_file_is_its_owners_alone_and_an_old_one_keeps_its_mode(backend, mask):
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


# What cannot be read, and what changed behind one's back


@pytest.mark.parametrize("content", [b"", b"{", b"{}"])
def test_a_file_that_cannot_be_read_is_refused_unless_forced(backend, content):
    backend.save(state(1))
    loaded = backend.load()
    backend.state_file.write_bytes(content)
    for mine in (state(1), loaded):
        with pytest.raises(StateWriteError, match="cannot be read"):
            backend.save(mine)
        assert backend.state_file.read_bytes() == content
        with pytest.raises(StateCorruptedError):
            backend.load()
    backend.save(loaded, force=True)
    assert backend.load().lineage == loaded.lineage
    versions = backend.state_file.parent.glob("*.pre-serial-*")
    assert content in [item.read_bytes() for item in versions]


def test_a_stale_state_is_refused_and_unchanged(backend):
    backend.save(state(1))
    first, second = backend.load(), backend.load()
    backend.save(first)
    before = backend.state_file.read_bytes(), second.to_dict()
    with pytest.raises(StateConflictError, match="serial 2"):
        backend.save(second)
    assert (backend.state_file.read_bytes(), second.to_dict()) == before
    backend.delete()
    with pytest.raises(StateConflictError, match="deleted"):
        backend.save(second)
    assert not backend.exists()


def test_an_edit_by_hand_of_the_same_serial_is_a_conflict(backend):
    backend.save(state(1, type="S3"))
    mine = backend.load()
    text = backend.state_file.read_text().replace(
        '"environment": "dev"', '"environment": "qa"'
    )
    backend.state_file.write_text(text)
    with pytest.raises(StateConflictError):
        backend.save(mine)
    assert backend.state_file.read_text() == text


def test_an_edit_in_place_spoils_no_backup(backend):
    backend.save(state(1))
    first = backend.state_file.read_bytes()
    by_hand = backend.backup("mine")
    backend.save(backend.load())
    backend.state_file.write_bytes(b"")  # A careless editor writes into the file.
    assert by_hand.read_bytes() == first
    (version,) = backend.state_file.parent.glob("*.pre-serial-*")
    assert version.read_bytes() == first


# History


def numbered(backend, rounds):
    """Save so many rounds of one small state."""
    saved = small(1)
    for number in range(1, rounds + 1):
        backend.save(write_round(saved, number, size=2, repeats=100))
    return saved


def test_nothing_stored_has_no_history(tmp_path):
    backend = LocalFileBackend(tmp_path / "not there" / "dev.state.json")
    assert backend.history() == []
    assert backend.verify() == []
    for action in (backend.load_version, backend.restore):
        with pytest.raises(StateNotFoundError):
            action(1)


def test_history_tells_what_is_kept_newest_first(backend, path):
    last = numbered(backend, 12)
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
    numbered(backend, 12)
    for name in os.listdir(path.parent):
        os.utime(path.with_name(name), (1, 1))
    assert [version.serial for version in backend.history()] == list(range(10, -1, -1))


def test_restore_brings_a_version_back_as_a_new_one(backend):
    last = numbered(backend, 4)
    restored = backend.restore(1)
    assert round_of(restored, size=2) == round_of(backend.load(), size=2) == 2
    assert restored.serial == backend.load().serial == last.serial + 1
    assert restored.lineage == last.lineage
    assert [version.serial for version in backend.history()] == [3, 2, 1, 0]
    backend.save(restored)
    with pytest.raises(StateConflictError):
        backend.save(last)


def test_restore_of_what_is_not_kept_changes_nothing(backend):
    numbered(backend, 2)
    before = backend.state_file.read_bytes()
    with pytest.raises(StateNotFoundError, match="99"):
        backend.restore(99)
    assert backend.state_file.read_bytes() == before


@pytest.mark.parametrize("broken", [b"", None], ids=["empty", "deleted"])
def test_restore_repairs(backend, broken):
    last = numbered(backend, 3)
    if broken is None:
        backend.delete()
    else:
        backend.state_file.write_bytes(broken)
    restored = backend.restore(1)
    assert round_of(backend.load(), size=2) == 2
    assert restored.lineage == last.lineage
    assert restored.serial >= last.serial


def test_the_oldest_versions_go_but_none_made_by_hand(path):
    backend = LocalFileBackend(path, max_versions=3)
    other = LocalFileBackend(path.with_name("prod.state.json"))
    numbered(other, 4)
    saved = small(1)
    by_hand = set()
    for number in range(1, 13):
        backend.save(write_round(saved, number, size=2, repeats=100))
        by_hand |= {backend.backup("mine"), backend.backup(f"v{number}")}
    assert [version.serial for version in backend.history()] == [10, 9, 8]
    assert len(by_hand) == 24
    assert all(item.exists() for item in by_hand)
    assert len(other.history()) == 3


def test_the_oldest_go_first_whatever_a_copy_of_the_folder_made_of_the_clock(path):
    numbered(LocalFileBackend(path), 12)
    for age, name in enumerate(sorted(os.listdir(path.parent))):
        os.utime(path.with_name(name), (age, age))
    backend = LocalFileBackend(path, max_versions=3)
    backend.save(backend.load())
    assert [version.serial for version in backend.history()] == [11, 10, 9]


def test_versions_take_no_more_room_than_they_may(path):
    numbered(LocalFileBackend(path), 1)
    size = path.stat().st_size
    by_hand = LocalFileBackend(path).backup("mine")
    backend = LocalFileBackend(path, max_bytes=int(size * 3.5))
    saved = backend.load()
    for number in range(2, 10):
        backend.save(write_round(saved, number, size=2, repeats=100))
        assert sum(version.size for version in backend.history()) <= size * 3.5
    assert [version.serial for version in backend.history()] == [7, 6, 5]
    assert by_hand.exists()


def test_a_state_bigger_than_all_the_room_is_saved_all_the_same(path):
    backend = LocalFileBackend(path, max_bytes=10)
    numbered(backend, 3)
    assert round_of(backend.load(), size=2) == 3
    assert backend.history() == []


def test_verify_finds_nothing_after_all_that_a_backend_does(backend):
    numbered(backend, 3)
    backend.backup("mine")
    backend.restore(0)
    assert backend.verify() == []
