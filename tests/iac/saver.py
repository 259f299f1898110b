"""Commands that durability tests run as processes: ``saver.py COMMAND …``."""

import atexit
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from dataikuapi.iac import LocalFileBackend, Resource, State
from dataikuapi.iac.exceptions import StateConflictError, StateWriteError
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent

COUNTER = "dataset.SHOP.counter"
NOBODY = 65534
STRANGER = 54321
SAVED, REFUSED, ESCAPED = 0, 3, 4
"""Exit codes: the save worked, raised a StateWriteError, raised something else."""


# A state whose every part says which round it belongs to


def write_round(state, number, size=40, repeats=4_000):
    """Make it the state of that round: by default 40 datasets, 2.4 MB."""
    for index in range(size):
        resource_id = f"dataset.SHOP.d{index:03}"
        attributes = {"round": number, "filler": f"round {number:08} " * repeats}
        state.resources[resource_id] = Resource("dataset", resource_id, attributes)
    return state


def round_of(state, size=40):
    """Return the round that a state is of, if it is whole."""
    assert len(state.resources) == size
    (number,) = {item.attributes["round"] for item in state.list_resources()}
    fillers = {item.attributes["filler"] for item in state.list_resources()}
    (filler,) = fillers
    assert filler == f"round {number:08} " * (len(filler) // 15)
    return number


def is_new_state(path):
    """Return whether it is a temporary file, and not that of the lock's note."""
    return str(path).endswith(".tmp") and ".lock.info." not in str(path)


# Commands


def announce(*words):
    """Print a line for the test, with the time."""
    os.write(1, f"{' '.join(map(str, words))} {time.monotonic_ns()}\n".encode())


def save_rounds(path, stop_at=""):
    """Save round after round, forever, and announce each step.

    An audit hook sees what the interpreter does, whichever way the backend does it.

    Args:
        path: of the state.
        stop_at: in the second round, stop the process at this step of a save:
            "creating" (the temporary file), or "renaming" it.
    """
    seen: set[str] = set()
    saved: list[int] = []

    def watch(event, args):
        if event == "open" and is_new_state(args[0]):
            moment = "creating"
        elif event == "os.rename" and is_new_state(args[0]):
            moment = "renaming"
        else:
            return
        if moment not in seen:
            seen.add(moment)
            announce(moment)
            if saved and moment == stop_at:
                os.kill(os.getpid(), signal.SIGSTOP)

    sys.addaudithook(watch)
    backend = LocalFileBackend(path)
    state = backend.load()
    number = round_of(state)
    while True:
        number += 1
        write_round(state, number)
        seen.clear()
        announce("saving", number)
        backend.save(state)
        saved.append(number)
        announce("saved", number)


def nurse(path):
    """For each line of input, fork a process that saves rounds until it is killed.

    The line is where the process is to stop.
    """
    for line in sys.stdin:
        child = os.fork()
        if not child:
            announce("born", os.getpid())
            end_as(partial(save_rounds, path, stop_at=line.strip()))
        os.waitpid(child, 0)
        announce("dead", child)


def count_up(path, processes, rounds, locked):
    """Let many processes change one state at a time; print what happened."""
    children = []
    for worker in range(int(processes)):
        child = os.fork()
        if not child:
            end_as(partial(count_up_alone, path, worker, int(rounds), locked == "True"))
        children.append(child)
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children))


def count_up_alone(path, worker, rounds, locked):
    """Add one resource and one to the counter, so many times; print the conflicts."""
    backend = LocalFileBackend(path)
    backoff = random.Random(worker)
    conflicts = 0

    def change():
        state = backend.load()
        attributes: dict[str, Any] = state.resources[COUNTER].attributes
        attributes["count"] += 1
        state.add_resource(Resource("dataset", f"dataset.SHOP.w{worker}_{number}"))
        backend.save(state)

    for number in range(rounds):
        if locked:
            with backend.lock(reason=f"round {number}", timeout=120):
                change()
            continue
        while True:
            try:
                change()
                break
            except StateConflictError:
                conflicts += 1
                time.sleep(backoff.random() / 100)
    os.write(1, f"{conflicts}\n".encode())


def hold(path, reason):
    """Hold the lock until there is a line of input."""
    with LocalFileBackend(path).lock(reason=reason, timeout=10):
        announce("held")
        sys.stdin.readline()
    announce("freed")


def fork_with_lock(path):
    """Hold the lock until there is a line; a child tries to take it, and lives on."""
    backend = LocalFileBackend(path)
    ended, end = os.pipe()
    with backend.lock(reason="the parent"):
        if os.fork() == 0:
            os.close(end)
            try:
                with backend.lock(timeout=0):
                    announce("child entered")
            except StateWriteError:
                announce("child refused")
            os.read(ended, 1)  # Until the parent has ended.
            os._exit(0)
        sys.stdin.readline()
    announce("freed")
    sys.stdin.readline()


def stop_before_rename(path):
    """Change a resource; stop between check and write until there is a line."""
    replace = os.replace

    def waiting_replace(source, target):
        if is_new_state(source):
            announce("stopped")
            sys.stdin.readline()
        replace(source, target)

    backend = LocalFileBackend(path)
    state = backend.load()
    state.add_resource(Resource("dataset", "dataset.SHOP.by_a"))
    vars(os)["replace"] = waiting_replace
    backend.save(state)
    announce("saved")


def save_without_rights(path):
    """Load and save as a user who owns nothing; print the outcomes."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    backend = LocalFileBackend(path)
    outcomes: dict[str, Any] = {}
    for name, action in {
        "load": backend.load,
        "save": lambda: backend.save(State(serial=9), force=True),
        "lock": lambda: backend.lock(timeout=1).__enter__(),
    }.items():
        try:
            action()
            outcomes[name] = "done"
        except Exception as error:
            outcomes[name] = [cls.__name__ for cls in type(error).__mro__], str(error)
    print(json.dumps(outcomes))


def fill_disk(folder):
    """Save on a disk of one megabyte, in a name space of our own, until it is full."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    subprocess.run(mount, check=True)
    backend = LocalFileBackend(Path(folder) / "dev.state.json")
    state, number = State(), 0
    report: dict[str, Any] = {"error": None}
    while report["error"] is None and number < 20:
        before = backend.state_file.read_bytes() if number else None
        number += 1
        write_round(state, number, size=4, repeats=4_000)
        try:
            backend.save(state)
        except StateWriteError as error:
            report["error"] = str(error)
    report["saves that worked"] = number - 1
    report["intact"] = backend.state_file.read_bytes() == before
    report["round"] = round_of(backend.load(), size=4)
    report["left"] = [name for name in os.listdir(folder) if name.endswith(".tmp")]
    for item in backend.state_file.parent.glob("*.pre-serial-*"):
        item.unlink()
    backend.save(state)
    report["round once there is room"] = round_of(backend.load(), size=4)
    print(json.dumps(report))


def save_on_signal(path):
    """For each line of input, a file, fork a process that saves it at a SIGUSR1."""
    # Whatever is imported late is imported now.
    LocalFileBackend(path).save(LocalFileBackend(path).load())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        child = os.fork()
        if not child:
            backend = LocalFileBackend(line.strip(), max_versions=2)
            state = write_round(backend.load(), 2, size=2, repeats=100)
            announce("ready", os.getpid())
            signal.sigwait({signal.SIGUSR1})
            # A tracer counts the calls of each process, so the save has one of its own.
            saver = os.fork()
            if not saver:
                end_as(partial(backend.save, state))
            os._exit(os.waitstatus_to_exitcode(os.waitpid(saver, 0)[1]))
        announce("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def save_as_a_stranger(path, serial):
    """Save, in a folder of our own, as a user whom no one knows, as containers do."""
    os.setgroups([])
    os.setgid(STRANGER)
    os.setuid(STRANGER)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        os.environ.pop(name, None)
    if serial == "2":
        os.environ["USER"] = "stranger"
    LocalFileBackend(path).save(State(serial=int(serial)))


def save_as_member(path, user, group):
    """Add a resource; root does so as a user whose only other group is this one."""
    if os.getuid() == 0:
        os.setgroups([int(group)])
        os.setgid(int(user))
        os.setuid(int(user))
    backend = LocalFileBackend(path)
    state = backend.load() if backend.exists() else State()
    state.add_resource(Resource("dataset", f"dataset.SHOP.by_{user}"))
    backend.save(state)


def add_intents(path, run, number):
    """Add so many intents of an apply to the journal; each is longer than a page."""
    journal = LocalFileBackend(path).journal()
    sys.stdin.readline()
    for index in range(int(number)):
        details: dict[str, Any] = {"index": index, "filler": run * 6_000}
        journal.append(JournalEntry(run, JournalEvent.INTENT, COUNTER, details))


def add_beyond_limit(path):
    """Add an entry to the journal, which may not become so long; print the error."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
    entry = JournalEntry("1", JournalEvent.BEGIN, details={"filler": "-" * 9_000})
    try:
        LocalFileBackend(path).journal().append(entry)
    except StateWriteError as error:
        print(error)


def save_at_exit(path):
    """Save when the interpreter ends."""
    atexit.register(lambda: LocalFileBackend(path).save(State(serial=1)))


def end_as(action):
    """Call it, and exit at once with the code of its outcome."""
    code = ESCAPED
    try:
        action()
        code = SAVED
    except StateWriteError:
        code = REFUSED
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


COMMANDS = {
    command.__name__: command
    for command in (
        add_beyond_limit,
        add_intents,
        count_up,
        fill_disk,
        fork_with_lock,
        hold,
        nurse,
        save_as_a_stranger,
        save_as_member,
        save_at_exit,
        save_rounds,
        save_on_signal,
        save_without_rights,
        stop_before_rename,
    )
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
