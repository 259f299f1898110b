"""What the tests of backends share: small states, and processes that work on them."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.exceptions import StateLockedError
from dataikuapi.iac.models import Resource, State
from iac.saver import write_round

SAVER = Path(__file__).with_name("saver.py")
ORDERS = "dataset.SHOP.orders"


def state(serial=1, **attributes):
    """Return a state of one dataset."""
    resources = {ORDERS: Resource("dataset", ORDERS, attributes)}
    return State(serial=serial, environment="dev", resources=resources)


def small(number):
    """Return a state of two datasets, of that round."""
    return write_round(State(), number, size=2, repeats=100)


def save_small_rounds(backend, rounds):
    """Save so many rounds of one small state; return it."""
    saved = small(1)
    for number in range(1, rounds + 1):
        backend.save(write_round(saved, number, size=2, repeats=100))
    return saved


def files(backend):
    """Return the names of the state's file and all beside it, except for the lock."""
    names = [path.name for path in backend.state_file.parent.iterdir()]
    return sorted(name for name in names if not name.endswith(".lock"))


def temporary_files(folder):
    """Return the names of temporary files."""
    return sorted(name for name in os.listdir(folder) if name.endswith(".tmp"))


# Processes and threads


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


def send_line(process, text=""):
    """Send a line to a process that waits for one."""
    process.stdin.write(f"{text}\n".encode())
    process.stdin.flush()


def wait_for(process, *words):
    """Read announcements up to one that begins with these words; return it."""
    for line in iter(process.stdout.readline, b""):
        announced = line.decode().split()
        if announced[: len(words)] == list(words):
            return announced
    raise AssertionError(f"{process.args} ended before it announced {words}")


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
    """Return the error of another thread that takes the lock; ``None`` if it can."""

    def attempt():
        with LocalFileBackend(path).lock("attempt", timeout=0):
            pass

    thread, outcome = in_thread(attempt)
    thread.join()
    assert isinstance(outcome[0], StateLockedError | None), outcome
    return outcome[0] and str(outcome[0])
