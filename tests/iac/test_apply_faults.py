"""Applies whose requests fail: what DSS and the state have in the end.

Campaigns run in a short form; ``--long`` runs them in full, ``-s`` shows the figures.
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.sandbox import Fault
from iac.applying import recorded, statuses, writes
from iac.crashing import Case, differing

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.slow,
    pytest.mark.usefixtures("no_hanging"),
]

DIP = "com.dataiku.dip.exceptions"
KNOWN = {"kB3xT9q", "In4tRv8", "Rt5wQ2pL"}
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
    for number in range(0, count + 1, 1 if long else 15):
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
            # Only what takes two saves may be completed later.
            assert all(item.status.is_done or item.begun for item in result.results)
    print(f"{name}: {dict(became)}")


UNREADABLE = {
    "403": Fault.error(403, f"{DIP}.UnauthorizedException", "Action forbidden"),
    "404": Fault.error(404, f"{DIP}.NotFoundException", "not found"),
    "404 of a server": Fault.page(404),
    "500": ANSWER,
    "502": Fault.page(502),
    "reset": Fault.reset(),
}


class Unreadable:
    """A plan of faults for reads.

    Args:
        faults: by path, what happens, after how many reads that go through, and to how
            many.
        writes: to which the other requests are added.
    """

    def __init__(self, faults, writes):
        self._faults = {path: [*each] for path, each in faults.items()}
        self._writes = writes

    def __call__(self, method, path):
        """Return what happens to a request."""
        if method != "GET":
            self._writes.append(f"{method} {generic(path)}")
            return None
        fault = self._faults.get(path.strip("/"))
        if fault is None:
            return None
        name, passed, count = fault
        fault[1] -= 1
        return UNREADABLE[name] if -count < passed <= 0 else None


def generic(path):
    """Return a path without an id that DSS has made in a run."""
    head, _, name = path.strip("/").rpartition("/")
    makes_ids = head.endswith(("webapps", "insights", "dashboards", "managedfolders"))
    return f"{head}/*" if makes_ids and name not in KNOWN else f"{head}/{name}"


def test_whatever_cannot_be_read_is_neither_created_nor_deleted(case, server, long):
    """What is written is a part of what is written if all can be read."""
    expected, _ = undisturbed(case, server)
    project = case.start()
    requests = recorded(server)
    project.apply(allow_delete=True)
    usual = [f"{method} {generic(path)}" for method, path in writes(requests)]
    read = {path.strip("/") for method, path in requests if method == "GET"}
    paths = sorted(path for path in read if not generic(path).endswith("*"))
    counts: Counter[str] = Counter()

    @settings(max_examples=150 if long else 5, suppress_health_check=[*HealthCheck])
    @given(
        st.dictionaries(
            st.sampled_from(paths),
            st.tuples(
                st.sampled_from(sorted(UNREADABLE)),
                st.integers(0, 2),
                st.sampled_from([1, 2, 99]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def run(faults):
        project = case.start()
        sent: list[str] = []
        server.faults = Unreadable(faults, sent)
        try:
            result = project.apply(allow_delete=True)
            counts.update(statuses(result).values())
        except DataikuIaCError as error:
            counts[type(error).__name__] += 1
        assert not Counter(sent) - Counter(usual)
        case.settle(project)
        assert differing(case.end(project), expected) == []

    run()
    print(dict(counts))
