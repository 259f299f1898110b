"""The commands on locks: list, show and release."""

import json
import sys
from datetime import datetime, timezone
from typing import ClassVar

import pytest

from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.backends import registry
from dataikuapi.iac.cli import asking
from dataikuapi.iac.exceptions import StateLockedError
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.locks import LockInfo
from iac.durability import running, wait_for
from iac.five_methods import FiveMethods

STATE = ".dataiku/state/dev.state.json"
SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
ADA = LockInfo(
    "state", "id", "ada", "ci-7", 7, SINCE, "sync", "https://ci.example.com/7"
)
BOB = LockInfo("apply:SHOP", "", "bob", "laptop", 9, SINCE, is_stale=True)


class Releasing(FiveMethods):
    """A storage whose locks can be taken away; those of the dead without force."""

    capabilities = frozenset(
        {Capability.LOCK, Capability.LOCK_LIST, Capability.LOCK_RELEASE}
    )
    held: ClassVar[list[LockInfo]] = []

    def __init__(self, url):
        super().__init__()

    def locks(self):
        return list(self.held)

    def release_lock(self, name, *, force=False):
        (holder,) = (each for each in self.held if each.name == name)
        if not (force or holder.is_stale):
            raise StateLockedError(f"{holder} may still be at work; pass force=True")
        self.held.remove(holder)
        return holder


@pytest.fixture
def releasing(run, monkeypatch):
    """Run a command on a storage with two locks."""
    monkeypatch.setattr(Releasing, "held", [ADA, BOB])
    opener = registry._Opener(__name__, "Releasing")
    monkeypatch.setitem(registry._BACKENDS, "releasing", opener)
    return lambda *arguments: run("--state", "releasing://x", *arguments)


@pytest.fixture
def answer(monkeypatch):
    """Answer the question; return what was asked."""

    def give(text):
        monkeypatch.setattr(asking, "is_terminal", lambda stream: True)
        monkeypatch.setattr(sys.stdin, "readline", lambda: text)

    return give


def test_no_lock_is_held(run):
    assert run("lock", "list") == (0, "no lock is held\n", "")
    assert run("lock", "list", "--format", "json") == (0, "[]\n", "")
    code, output, errors = run("lock", "show")
    assert (code, output) == (1, "")
    assert "nobody is known to hold the lock state: no lock is held" in errors


def test_who_holds_the_lock_of_a_file_is_listed_and_shown(run, tmp_path):
    with running("hold", tmp_path / STATE, "nightly sync") as process:
        wait_for(process, "held")
        code, output, _ = run("lock", "list")
        assert (code, output.startswith("state  ")) == (0, True)
        assert f"process {process.pid}, since " in output
        assert "'nightly sync'" in output
        shown = json.loads(run("lock", "show", "--format", "json")[1])
        assert (shown["process"], shown["reason"]) == (process.pid, "nightly sync")
        code, _, errors = run("lock", "show", "apply:SHOP")
        assert (code, "; held are: state" in errors) == (1, True)
        code, output, errors = run("lock", "release", "state", "--force", "--yes")
        assert (code, output) == (1, "")
        assert f"process {process.pid}" in errors and "end it" in errors


def test_locks_are_listed_with_job_and_staleness(releasing):
    code, output, _ = releasing("lock", "list")
    assert code == 0
    stale = "It was not renewed in time, so it may be released"
    assert output == f"state       {ADA}\napply:SHOP  {BOB}. {stale}\n"
    assert f"for 'sync' ({ADA.url})" in output
    listed = json.loads(releasing("lock", "list", "--format", "json")[1])
    assert listed == [ADA.to_dict(), BOB.to_dict()]
    assert releasing("lock", "show", "apply:SHOP")[1].splitlines() == [
        "name      apply:SHOP",
        "user      bob",
        "host      laptop",
        "process   9",
        "since     2026-01-02T03:04:05Z",
        "is_stale  True",
    ]


def test_releasing_asks_and_names_the_holder_and_what_fails(releasing, answer):
    answer("no")
    code, output, errors = releasing("lock", "release", "state", "--force")
    assert (code, output) == (1, "")
    assert "held by ada on ci-7, process 7" in errors
    assert "What they are saving will not be stored" in errors
    assert "nothing was done" in errors
    assert Releasing.held == [ADA, BOB]
    answer("yes")
    code, output, errors = releasing("lock", "release", "apply:SHOP")
    assert (code, "Their apply to SHOP goes on" in errors) == (0, True)
    assert output.startswith("released the lock apply:SHOP, held by bob on laptop")
    assert Releasing.held == [ADA]


def test_a_lock_of_somebody_at_work_is_released_by_force_only(releasing):
    code, output, errors = releasing("lock", "release", "state", "--yes")
    assert (code, output) == (1, "")
    assert "may still be at work; pass --force" in errors
    assert releasing("lock", "release", "state", "--yes", "--force")[0] == 0
    assert Releasing.held == [BOB]


def test_nobody_can_be_asked_where_there_is_no_terminal(releasing):
    code, _, errors = releasing("lock", "release", "state")
    assert (code, "pass --yes" in errors) == (64, True)
    assert Releasing.held == [ADA, BOB]
    assert releasing("lock", "release", "journal", "--yes")[0] == 1


def test_a_storage_without_locks_says_so(run, monkeypatch):
    opener = registry._Opener(__name__, "WithoutLocks")
    monkeypatch.setitem(registry._BACKENDS, "without", opener)
    output = run("--state", "without://x", "lock", "list")[1]
    assert output == "this storage has no locks\n"
    monkeypatch.setattr(WithoutLocks, "capabilities", frozenset({Capability.LOCK}))
    output = run("--state", "without://x", "lock", "list")[1]
    assert output == "this storage does not tell who holds its locks\n"


class WithoutLocks(FiveMethods):
    """A storage with the five methods alone."""

    def __init__(self, url):
        super().__init__()


def test_the_shell_completes_the_names_of_locks(run, tmp_path):
    from dataikuapi.iac.cli.context import Settings
    from dataikuapi.iac.cli.parameters import LOCK

    settings = Settings(state=str(tmp_path / STATE))
    with LocalFileBackend(tmp_path / STATE).lease(["SHOP"]):
        assert LOCK._complete is not None
        assert LOCK._complete(settings) == ["apply:SHOP"]
