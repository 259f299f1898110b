"""Whole histories as commits of git: what ``diff git:A:PATH git:B:PATH`` shows.

It has to be what ``oracle`` finds in the files alone, and what two syncs of an instance
show that has the project as it was at A and then as it was at B: the same objects with
the same changes. Files and instance differ in one thing: without a file of local
variables, DSS has no such variables, but in files they are unknown and not compared,
since most people do not commit what holds for one instance. Permissions are in files
as an administrator's key reads them, and ids are the names of files. Who saved an
object, when and how often is compared nowhere.
"""

import json
import subprocess

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import ChangeType, DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.sources import FileOptions, load_pair
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types.registry import TYPES, default_types
from iac import oracle
from iac.histories import KEY, file_maps, path_of
from iac.pulling import git, repository

pytestmark = pytest.mark.campaign

FOLDER = f"projects/{KEY}"
TYPE_NAMES = [name for name in TYPES if name in {*default_types(), *oracle.KINDS}]
LOCAL = "localvariables.json"

# Name, and how many steps a short run takes of it.
HISTORIES = [("ORDERS_DEMO", 4), ("customer-value", 4), ("loan-advisor", 4)]


def committed(folder, maps):
    """Commit each map of files; return the revisions, the oldest first."""
    repository(folder)
    before: dict[str, bytes] = {}
    stream: list[bytes] = []
    for number, files in enumerate(maps, start=1):
        who = f"committer Ann <ann@example.com> {1_700_000_000 + number} +0000"
        stream.append(f"commit refs/heads/replay\n{who}\ndata 0\n".encode())
        gone = before.keys() - files.keys()
        stream += [f"D {quoted(path)}\n".encode() for path in gone]
        for path, content in files.items():
            if before.get(path) != content:
                head = f"M 100644 inline {quoted(path)}\ndata {len(content)}\n"
                stream += [head.encode(), content, b"\n"]
        before = files
    command = ["git", "-C", folder, "fast-import", "--quiet"]
    subprocess.run(command, input=b"".join(stream), check=True)
    revisions = git(folder, "rev-list", "--reverse", "replay").split()
    assert len(revisions) == len(maps)
    return revisions


def quoted(path):
    """Return the path of a file of the project as fast-import takes it."""
    return json.dumps(f"{FOLDER}/{path}", ensure_ascii=False)


class Replay:
    """A history in git, with a bare clone of it, and on an instance.

    Args:
        name: of the history.
        folder: for the repositories.
        sync: loads files into the instance, and reads the project.
    """

    def __init__(self, name, folder, sync):
        self.name = name
        self.maps = file_maps(path_of(name))
        self.last = len(self.maps) - 1
        self.revisions = committed(folder / "work", self.maps)
        git(folder, "clone", "-q", "--bare", str(folder / "work"), str(folder / "bare"))
        self.repositories = [folder / "work", folder / "bare"]
        self._sync = sync
        self._states = {}

    def spread(self, count):
        """Return so many steps, the first and the last among them."""
        return [round(1 + n * (self.last - 1) / (count - 1)) for n in range(count)]

    def words(self, old, new):
        """Return what to compare, as people write it."""
        return [f"git:{self.revisions[step]}:{FOLDER}" for step in (old, new)]

    def shown(self, old, new):
        """Return what diff shows of two revisions, by sign and id."""
        options = FileOptions(git_dir=self.repositories[new % 2])
        before, after = self.words(old, new)
        return changes(*load_pair(Settings(), before, after, options))

    def synced(self, old, new):
        """Return what two syncs show."""
        return changes(self._state(old), self._state(new))

    def _state(self, step):
        if step not in self._states:
            if len(self._states) > 2:
                self._states.clear()
            self._states[step] = self._sync(self.maps[step])
        return self._states[step]

    def judged(self, old, new):
        """Return the sign and id of what really changed."""
        files = [dict(self.maps[step]) for step in (old, new)]
        if not all(LOCAL in each for each in files):
            for each in files:
                each.pop(LOCAL, None)
        return oracle.changes(*(oracle.objects(KEY, each) for each in files))


def changes(old, new):
    """Return the changes that the library reports, by sign and id of the object."""
    diffs = DiffEngine().diff(old, new)
    assert not diffs.unknown
    return {
        str(diff): [*map(str, diff.changes)]
        for diff in diffs
        if diff.change_type is not ChangeType.UNCHANGED
    }


@pytest.fixture(scope="module")
def sync(serve, tmp_path_factory):
    """Return a function that loads files into the sandbox and syncs the project."""
    store = ProjectStore()
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        backend = LocalFileBackend(tmp_path_factory.mktemp("x") / "test.state.json")
        manager = StateManager(backend, client, "test", max_workers=2, types=TYPE_NAMES)

        def synced(files):
            store.load_files(KEY, files)
            return manager.sync_project(KEY)

        yield synced


@pytest.fixture(scope="module", params=HISTORIES, ids=lambda history: history[0])
def replay(request, sync, tmp_path_factory):
    """A history."""
    name, _ = request.param
    if not path_of(name).exists():
        pytest.skip(f"no history at {path_of(name)}")
    return Replay(name, tmp_path_factory.mktemp("git"), sync)


@pytest.fixture
def steps(replay, long):
    """All steps, or in a short run some that are spread over the history."""
    if long:
        return range(1, replay.last + 1)
    return replay.spread(dict(HISTORIES)[replay.name])


@pytest.mark.slow
def test_diff_of_revisions_shows_what_really_changed(replay, steps, capsys):
    ends = 0, replay.last
    pairs = [*((step - 1, step) for step in steps), ends, ends[::-1]]
    wrong, count = {}, 0
    for old, new in pairs:
        shown, synced = replay.shown(old, new), replay.synced(old, new)
        count += len(shown)
        expected = replay.judged(old, new)
        known = [line for line in shown if line[2:].partition(".")[0] in oracle.KINDS]
        if sorted(known) != expected or shown != synced:
            wrong[old, new] = set(known) ^ set(expected), set(shown) ^ set(synced)
    with capsys.disabled():
        print(f"\n{replay.name}: {len(pairs)} comparisons, {count} objects changed")
    assert wrong == {}
    assert count > len(pairs)


@pytest.mark.slow
def test_command_shows_the_same(replay, run):
    pairs = [(0, replay.last), *((step - 1, step) for step in replay.spread(2))]
    found: set[str] = set()
    for number, pair in enumerate(pairs):
        where = ("--git-dir", replay.repositories[number % 2])
        code, out, err = run("diff", *replay.words(*pair), *where, "--format", "json")
        entries = json.loads(out)["resources"]
        ids = {line[2:] for line in replay.judged(*pair)}
        assert {entry["resource_id"] for entry in entries} == ids, err
        assert code == (2 if ids else 0)
        found |= ids
    assert found
