"""Applies whose requests fail: what DSS and the state have in the end.

Campaigns run in a short form; ``--long`` runs them in full, ``-s`` shows the figures.
"""

from collections import Counter

import pytest

from dataikuapi.iac.sandbox import Fault
from iac.applying import recorded, statuses, writes
from iac.crashing import Case, differing

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.slow,
    pytest.mark.usefixtures("no_hanging"),
]

ANSWER = Fault.error(500, "java.lang.NullPointerException", "boom")
FAULTS = {
    "500 after it was stored": ANSWER.once_stored(),
    "reset after it was stored": Fault.reset().once_stored(),
    "500 before it was stored": ANSWER,
    "502 of a proxy": Fault.page(502),
}


@pytest.fixture
def case(server, tmp_path):
    """Edits of all sorts that are to be applied."""
    return Case(server, tmp_path)


class Failing:
    """A plan of faults for the writes of one apply.

    Args:
        fault: what happens.
        number: which of the writes fails, counted from 1; 0 for all of them.
    """

    def __init__(self, fault, number):
        self._fault, self._number = fault, number
        self.writes = []

    def __call__(self, method, path):
        """Return what happens to a request."""
        if method == "GET":
            return None
        self.writes.append(f"{method} {path}")
        return self._fault if self._number in (0, len(self.writes)) else None


def undisturbed(case, server):
    """Return the end of an apply in which nothing fails, and its writes."""
    project = case.start()
    plan = project.plan(allow_delete=True)
    requests = recorded(server)
    assert project.apply(plan).is_complete
    sent = writes(requests)
    assert case.settle(project) == 0
    return case.end(project), len(sent)


@pytest.mark.parametrize("name", FAULTS)
def test_writes_that_fail_one_at_a_time_or_all(case, server, name, long):
    expected, count = undisturbed(case, server)
    became: Counter[str] = Counter()
    for number in range(0, count + 1, 1 if long else 9):
        project = case.start()
        plan = project.plan(allow_delete=True)
        failing = Failing(FAULTS[name], number)
        case.watch(failing)
        result = project.apply(plan)
        became.update(statuses(result).values())
        case.settle(project, 1)
        end = differing(case.end(project), expected)
        assert end == [], failing.writes[number - 1]
        if FAULTS[name].stores and number:
            assert result.is_complete, result
    print(f"{name}: {dict(became)}")
