"""What colleagues do in tests: functions that are sent to other processes."""

import random
import time
from typing import Any

from dataikuapi.iac.backends.conformance.elsewhere import Line, OpenBackend
from dataikuapi.iac.backends.conformance.samples import (
    dataset,
    load_or_begin,
    with_rows,
)
from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    StateConflictError,
    StateLockedError,
)
from dataikuapi.iac.models.journal import JournalEntry, JournalEvent
from dataikuapi.iac.models.json_values import JSON

__all__ = [
    "append_entries",
    "hold_lease",
    "hold_lock",
    "lock_often",
    "lock_once",
    "race",
    "race_in_own_project",
    "release",
    "save_rounds",
    "save_rows",
    "save_under_lock",
    "take_lease",
]

_ATTEMPTS = 2000
"""How often to try to save while others do: each time, one of them succeeds."""


def hold_lock(open_backend: OpenBackend, line: Line, reason: str) -> None:
    """Hold the lock until the test says something."""
    with open_backend().lock(reason, timeout=30):
        line.say("held")
        line.hear()


def hold_lease(open_backend: OpenBackend, line: Line, projects: list[str]) -> None:
    """Hold leases until the test says something."""
    with open_backend().lease(projects):
        line.say("held")
        line.hear()


def take_lease(open_backend: OpenBackend, line: Line, projects: list[str]) -> str:
    """Return why leases are refused; "" if they are not."""
    try:
        with open_backend().lease(projects):
            return ""
    except StateLockedError as error:
        return str(error) or "refused"


def lock_once(open_backend: OpenBackend, line: Line, timeout: float) -> str:
    """Return why the lock is refused; "" if it is not."""
    try:
        with open_backend().lock("an attempt", timeout=timeout):
            return ""
    except StateLockedError as error:
        return str(error) or "refused"


def lock_often(
    open_backend: OpenBackend, line: Line, rounds: int
) -> list[tuple[int, int]]:
    """Take the lock so many times; return when it was held, from and to."""
    backend, held = open_backend(), []
    line.say("ready")
    line.hear()
    for _ in range(rounds):
        with backend.lock("a round", timeout=120):
            began = time.monotonic_ns()
            time.sleep(0.001)
            held.append((began, time.monotonic_ns()))
    return held


def save_rows(open_backend: OpenBackend, line: Line, rows: int, timeout: float) -> str:
    """Load, change and save; return the name and message of the error, or ""."""
    backend = open_backend()
    backend.lock_timeout = timeout
    try:
        backend.save(with_rows(load_or_begin(backend), rows))
    except DataikuIaCError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def save_rounds(
    open_backend: OpenBackend, line: Line, rounds: int, aloud: bool = False
) -> None:
    """Save so many times, each time the same rows in the projects A and B.

    Args:
        open_backend: opens the storage.
        line: to the test.
        rounds: how often.
        aloud: say the number of each round once it is stored.
    """
    backend = open_backend()
    backend.lock_timeout = 120
    line.say("ready")
    line.hear()
    state = load_or_begin(backend)
    for number in range(1, rounds + 1):
        for project in ("A", "B"):
            with_rows(state, number, project)
        backend.save(state)
        if aloud:
            line.say(number)


def save_under_lock(open_backend: OpenBackend, line: Line, rows: int) -> str:
    """Load under the lock; save when the test says so; return the error, or ""."""
    backend = open_backend()
    backend.lock_timeout = 0.2
    try:
        with backend.lock("a long edit", timeout=30):
            state = with_rows(load_or_begin(backend), rows)
            line.say("held")
            line.hear()
            backend.save(state)
    except DataikuIaCError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def release(open_backend: OpenBackend, line: Line, name: str) -> Any:
    """Take a lock away by force; return who held it."""
    return open_backend().release_lock(name, force=True)


def race(
    open_backend: OpenBackend, line: Line, worker: int, rounds: int, locked: bool
) -> int:
    """Add an object, and one to the counter, so many times; return the conflicts.

    Args:
        open_backend: opens the storage.
        line: to the test.
        worker: the number of this one.
        rounds: how many objects it adds.
        locked: whether it loads and saves under the lock, so that nothing conflicts.
    """
    backend, pause, conflicts = open_backend(), random.Random(worker), 0
    backend.lock_timeout = 120
    line.say("ready")
    line.hear()

    def add(number: int) -> None:
        state = load_or_begin(backend)
        counter = state.get_resource("dataset.RACE.counter")
        count = counter.attributes["count"] if counter else 0
        assert isinstance(count, int)
        for item in (
            dataset("RACE", "counter", count=count + 1),
            dataset("RACE", f"w{worker}_{number}"),
        ):
            state.resources[item.resource_id] = item
        backend.save(state)

    for number in range(rounds):
        if locked:
            with backend.lock(f"round {number}"):
                add(number)
            continue
        for _ in range(_ATTEMPTS):
            try:
                add(number)
                break
            except StateConflictError:
                conflicts += 1
                time.sleep(pause.random() / 100)
        else:
            raise AssertionError(f"refused {_ATTEMPTS} times")
    return conflicts


def race_in_own_project(
    open_backend: OpenBackend, line: Line, worker: int, rounds: int
) -> None:
    """Add an object to a project of its own, so many times: that never conflicts."""
    backend, key = open_backend(), f"P{worker}"
    backend.lock_timeout = 120
    line.say("ready")
    line.hear()
    for number in range(rounds):
        state = backend.load_projects([key])
        assert set(state.project_keys()) <= {key}
        assert len(state) == number
        item = dataset(key, f"d{number}")
        state.resources[item.resource_id] = item
        backend.save_scope(state)


def append_entries(
    open_backend: OpenBackend, line: Line, run: str, count: int, aloud: bool = False
) -> None:
    """Add so many entries to the journal, one at a time.

    Args:
        open_backend: opens the storage.
        line: to the test.
        run: identifies the apply.
        count: of the entries.
        aloud: say the number of each once it is stored.
    """
    journal = open_backend().journal()
    line.say("ready")
    line.hear()
    for number in range(count):
        details: dict[str, JSON] = {"number": number, "text": "é\n" * 20}
        entry = JournalEntry(run, JournalEvent.INTENT, f"dataset.{run}.x", details)
        journal.append(entry)
        if aloud:
            line.say(number)
