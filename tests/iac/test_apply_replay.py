"""Whole histories, applied: each commit forwards and backwards, and from end to end.

What DSS has is then what the commit says, each object that was touched is one that the
commit touched, and nothing else has moved: not a value, and not a version.
"""

import pytest

from dataikuapi.iac.sandbox import ProjectStore
from iac.histories import file_maps, path_of
from iac.replaying import Replayed

pytestmark = pytest.mark.campaign

# Name, and how many steps a short run takes of it.
HISTORIES = [("ORDERS_DEMO", 3), ("customer-value", 2), ("loan-advisor", 2)]

# Steps that a short run takes as well: each renames an object.
RENAMES = {"customer-value": [170], "loan-advisor": [41]}


@pytest.fixture(scope="module")
def store():
    return ProjectStore()


@pytest.fixture(scope="module")
def server(store, serve):
    with serve(store) as running:
        yield running


def steps(name, last, long):
    """Return the steps to take, forwards and backwards, with the longest one."""
    count = dict(HISTORIES)[name]
    chosen = [round(1 + n * (last - 1) / (count - 1)) for n in range(count)]
    chosen += RENAMES.get(name, [])
    pairs = [(step - 1, step) for step in (range(1, last + 1) if long else chosen)]
    pairs.append((0, last))
    return [pair for ends in pairs for pair in (ends, ends[::-1])]


# Name, and how many commits are one step; of others, a plan leaves some objects alone.
WALKS = [("loan-advisor", 100)]


@pytest.mark.slow
@pytest.mark.parametrize("name, size", WALKS)
def test_commits_follow_each_other(name, size, store, server, tmp_path, long):
    """To the end and back, with one state, which remembers what DSS calls them."""
    if not path_of(name).exists():
        pytest.skip(f"no history at {path_of(name)}")
    maps = file_maps(path_of(name))[:: size // 5 if long else size]
    step = Replayed(server, store, tmp_path, maps[0], maps[0]).run()
    for number, files in enumerate([*maps[1:], *maps[-2::-1]]):
        step = step.followed_by(files)
        assert step.check() == [], number


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, _ in HISTORIES])
def test_applied_commits_are_in_dss(name, store, server, tmp_path, long, capsys):
    if not path_of(name).exists():
        pytest.skip(f"no history at {path_of(name)}")
    maps = file_maps(path_of(name))
    wrong, done = {}, 0
    pairs = steps(name, len(maps) - 1, long)
    for number, (old, new) in enumerate(pairs):
        folder = tmp_path / str(number)
        found = Replayed(server, store, folder, maps[old], maps[new]).run()
        done += len(found.result.results)
        problems = found.check()
        if problems:
            wrong[old, new] = problems
    with capsys.disabled():
        print(f"\n{name}: {len(pairs)} applies, {done} objects written")
    assert wrong == {}
    assert done > len(pairs)
