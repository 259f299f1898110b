"""Crashes and races: a killed save leaves a whole state, racing saves lose no change.

Campaigns run in a short form; ``--long`` runs them in full, ``-s`` shows the figures.
"""

import os
import re
import signal
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from dataikuapi.iac.backends import LocalFileBackend
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.statefile.serialization import loads
from iac.durability import (
    in_thread,
    run,
    running,
    send_line,
    small,
    temporary_files,
)
from iac.saver import COUNTER, round_of, write_round

pytestmark = pytest.mark.usefixtures("no_hanging")


# A save that is killed


class Nursery:
    """Forks processes that save one round after another, and kills them."""

    def __init__(self, process):
        self._process = process
        self.wholes, self.windows = [], []

    def kill(self, trigger, share):
        """Kill a process in its second save, at a moment scaled by its first one.

        Args:
            trigger: starts the clock: "saving", or "creating" (the temporary file).
            share: of the time from there to the end of the save, or to the rename.

        Returns:
            The last round that it began to save, and the last that it had saved.
        """
        with self._child() as (read, moments, rounds):
            while read() != "saved":
                pass
            self.wholes.append(moments["saved"] - moments["saving"])
            self.windows.append(moments["renaming"] - moments["creating"])
            spans = {"saving": self.wholes, "creating": self.windows}[trigger]
            while read() != trigger:
                pass
            time.sleep(share * min(spans[-1], statistics.median(spans)))
        return rounds["saving"], rounds["saved"]

    def kill_stopped(self, step):
        """Kill a process that stopped at a step of its second save; like ``kill``."""
        with self._child(stop_at=step) as (read, _, rounds):
            while read() != "saved":
                pass
            while read() != step:
                pass
        return rounds["saving"], rounds["saved"]

    @contextmanager
    def _child(self, stop_at=""):
        """Fork a process; kill it at the end of the block."""
        moments, rounds = {}, {}

        def read():
            word, *numbers = self._read()
            moments[word] = int(numbers[-1]) / 1e9
            if word in ("saving", "saved"):
                rounds[word] = int(numbers[0])
            return word

        send_line(self._process, stop_at)
        _, child, _ = self._read()
        try:
            yield read, moments, rounds
        finally:
            os.kill(int(child), signal.SIGKILL)
            while read() != "dead":
                pass

    def _read(self):
        line = self._process.stdout.readline().decode()
        assert line, "the nursery ended"
        return line.split()


@pytest.mark.slow
def test_killed_at_any_moment_of_a_save_the_file_is_the_old_or_the_new_state(
    backend, path, long
):
    kills = 300 if long else 40
    backend.save(write_round(State(), 1))
    before_rename = after_rename = 0
    with running("nurse", path) as process:
        nursery = Nursery(process)
        for number in range(kills):
            for name in temporary_files(path.parent):
                (path.parent / name).unlink()
            # Half of the kills are spread over the save, half over the window.
            trigger = ("saving", "creating")[number % 2]
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


@pytest.mark.slow
@pytest.mark.parametrize("step", ["creating", "renaming"])
def test_killed_before_the_rename_the_file_is_the_old_state(backend, path, step):
    backend.save(write_round(State(), 1))
    with running("nurse", path) as process:
        saving, saved = Nursery(process).kill_stopped(step)
    assert saving == saved + 1
    assert round_of(backend.load()) == saved
    assert len(temporary_files(path.parent)) == (step == "renaming")

    backend.save(backend.load())
    others = set(os.listdir(path.parent)) - {path.name, f".{path.name}.lock"}
    assert {name for name in others if not re.match(r"dev\.state\.pre-", name)} == set()


# Reading while another process saves


@pytest.mark.slow
def test_a_reader_sees_only_whole_states_while_a_writer_saves(backend, path, long):
    rounds = 100 if long else 10
    backend.save(write_round(State(), 1))
    seen: list[int] = []
    reads, content = 0, b""
    with running("save_rounds", path, stdout=subprocess.DEVNULL):
        while len(set(seen)) < rounds:
            reads, before, content = reads + 1, content, path.read_bytes()
            if content != before:  # Parsing all would leave less time for reading.
                seen.append(round_of(loads(content)))
    print(f"\n{reads} reads saw {rounds} rounds")
    assert seen == sorted(seen)
    assert round_of(backend.load()) >= seen[-1]


@pytest.mark.slow
def test_history_can_be_read_while_versions_come_and_go(path, long):
    rounds = 1000 if long else 50
    backend = LocalFileBackend(path, max_versions=2)
    saved = small(1)
    backend.save(saved)
    done = threading.Event()

    def save_on():
        while not done.is_set():
            backend.save(saved)

    thread, outcome = in_thread(save_on)
    try:
        while saved.serial < rounds and not outcome:
            serials = [version.serial for version in backend.history()]
            assert serials == sorted(serials, reverse=True)
            assert backend.verify() == []
    finally:
        done.set()
        thread.join()
    assert outcome == [None]


# Many processes at once


@pytest.mark.slow
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
