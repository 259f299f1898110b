"""Applies that are killed, wherever that may be: the next ones do the rest.

Campaigns run in a short form; ``--long`` runs them in full, ``-s`` shows the figures.
"""

import os
import signal

import pytest

from dataikuapi.iac.models.journal import JournalEvent
from dataikuapi.iac.sandbox import Fault
from iac.crashing import Case, Killing, applier, differing

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.slow,
    pytest.mark.usefixtures("no_hanging"),
]


@pytest.fixture
def case(server, tmp_path):
    """Edits of all sorts that are to be applied."""
    return Case(server, tmp_path)


@pytest.fixture
def process(case, server):
    """What applies in processes that can be killed."""
    with applier(case, server) as process:
        yield process


class Requests:
    """Kills a process at one of its requests.

    Args:
        process: its id.
        number: of the request, counted from 1; 0 to count them only.
        when: "before" or "after" it is handled; "" if it gets a slow response.
        signal_number: what the process gets.
    """

    def __init__(self, process, number, when, signal_number=signal.SIGKILL):
        self._process, self._number, self._when = process, number, when
        self._signal = signal_number
        self.seen = []

    def __call__(self, method, path):
        """Return what happens to a request."""
        self.seen.append(f"{method} {path}")
        if len(self.seen) != self._number:
            return None
        if self._when == "before":
            return Fault(resets=True, action=self._send)
        if not self._when:
            return Fault(action=self._send, delay=0.3)
        return Fault(response=Killing(self._process), stores=True)

    def _send(self):
        os.kill(self._process, self._signal)


def test_ctrl_c_ends_in_order(case, process, long):
    """What has begun ends, what was done is stored; the next apply does the rest."""
    expected, requests = undisturbed(case, process)
    for number in range(2, requests, 3 if long else 30):
        project = case.start()
        child = process.begin(project)
        plan = Requests(child, number, "", signal.SIGINT)
        case.watch(plan)
        assert process.go_on() == 0
        *_, last = project.manager.backend.journal().read()
        assert (last.event, last.details["outcome"]) == (
            JournalEvent.END,
            "interrupted",
        )
        done = project.person().load_state()
        assert (done.serial > 1) is (last.details["serial"] is not None)
        if number > requests // 2:
            assert done.serial == 2
        assert len(plan.seen) <= number + 8
        assert case.settle(project) <= 1
        assert differing(case.end(project), expected) == [], number


def undisturbed(case, process):
    """Return the end of an apply that nobody kills, and its requests."""
    project = case.start()
    child = process.begin(project)
    requests = Requests(child, 0, "")
    case.watch(requests)
    assert process.go_on() == 0
    assert case.settle(project) == 0
    return case.end(project), len(requests.seen)


def moments(steps, requests):
    """Yield all moments at which an apply can be killed."""
    for when in ("before", "after"):
        for kind, count in (("request", requests), ("step", steps)):
            for number in range(1, count + 1):
                yield kind, number, when


def test_killed_at_any_moment_the_next_applies_do_the_rest(case, process, long):
    expected, requests = undisturbed(case, process)
    every = list(moments(30, requests))
    chosen = every if long else every[:: len(every) // 7]
    took = []
    for moment in chosen:
        kind, number, when = moment
        project = case.start()
        child = process.begin(project, (number, when) if kind == "step" else (0, ""))
        plan = Requests(child, number if kind == "request" else 0, when)
        case.watch(plan)
        code = process.go_on()
        assert code in ((-9, 0) if kind == "step" else (-9,)), moment
        took.append(case.settle(project))
        assert differing(case.end(project), expected) == [], (moment, plan.seen[-1:])
    print(f"{len(took)} kills, then {max(took)} applies at most, {sum(took)} in all")
    assert max(took) <= 2


def test_killed_again_and_again(case, process, long):
    """Each apply is killed at its next request that changes something, or its sixth."""
    expected, _ = undisturbed(case, process)
    for when in ("before", "after"):
        project, code, kills = case.start(), -9, 0
        while code == -9:
            child = process.begin(project)
            first = 1 if when == "after" else 2
            case.watch(Writes(child, first if long else 6, when))
            code = process.go_on()
            kills += code == -9
            case.watch(None)
            assert kills < 40
        assert case.settle(project) <= 1
        assert differing(case.end(project), expected) == [], when
        print(f"{kills} kills {when} each was handled")


class Writes(Requests):
    """Kills a process at one of its requests that change something."""

    def __call__(self, method, path):
        """Return what happens to a request."""
        return None if method == "GET" else super().__call__(method, path)
