"""Real projects and real shapes: what they hold is read, and each edit shows as that.

Every object of every type is in the state, as the files alone tell; a second reading
shows nothing; an edit through the client shows as exactly its object, and is gone once
undone; and so do objects that are created and deleted.
"""

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.types import TYPES
from iac.client_access import OPEN, saved
from iac.client_edits import EDITS
from iac.client_lifecycle import CREATE, DELETE_PATHS, delete
from iac.conftest import REAL_PROJECTS
from iac.histories import file_maps, files_in, path_of
from iac.oracle.deletion import removal
from iac.oracle.listing import ids
from iac.real_shapes import PROJECTS, SHAPES, shape_files

pytestmark = [pytest.mark.campaign, pytest.mark.slow]

NAMES = [kind.name for kind in TYPES.values() if not kind.is_on_instance]
KEY = "REAL"

REAL = """
    chess-openings customer-value insurance-fraud loan-advisor sakura-jp
    small-demofolder
    """.split()
SHAPED = [f"shapes-{number}" for number in PROJECTS]

KEPT = {"flow_zone": {"default"}}
"""Objects that cannot be deleted."""

SHORT = {
    # Others have tests for all projects: of reading them, and of their files.
    "test_all_objects_are_read_and_nothing_shows": [
        "chess-openings",
        "small-demofolder",
        *SHAPED[:2],
    ],
    "test_each_edit_shows_as_that_object": ["small-demofolder", *SHAPED[:1]],
    "test_edits_of_all_objects_show": [*REAL, *SHAPED[:1]],
    "test_created_objects_show": ["small-demofolder", *SHAPED[:1]],
    "test_deleted_objects_show": ["chess-openings", *SHAPED[:1]],
}
"""The projects of some tests without --long."""


def files_of(name):
    """Return the files of a project; skip the test where there are none."""
    folder = REAL_PROJECTS / name if name in REAL else SHAPES
    if not folder.exists():
        pytest.skip(f"no real projects at {folder}")
    return files_in(folder) if name in REAL else shape_files(SHAPED.index(name))


class Served:
    """A project in the sandbox, the client, and a manager with all in its state."""

    def __init__(self, server, store, files, path, number=0):
        self.store, self.files, self.number = store, files, number
        self.client = DSSClient(server.url, server.api_key)
        self.project = self.client.get_project(KEY)
        backend = LocalFileBackend(path)
        # The sandbox runs in this process: more workers would wait for each other.
        self.manager = StateManager(
            backend, self.client, "dev", types=NAMES, max_workers=2
        )
        self.reset()
        self.manager.save_state(self.manager.sync_project(KEY))

    def reset(self):
        """Let the project be as its files have it."""
        self.store.load_files(KEY, self.files)

    def shown(self):
        """Return sign and id of what a drift report lists."""
        report = self.manager.drift()
        assert not report.unknown
        return sorted(map(str, report))

    def edits(self, rid):
        """Return the edits of an object; a wiki without articles has none."""
        kind, state = rid.resource_type, self.manager.load_state()
        if kind == "wiki" and not state.list_resources("wiki_article"):
            return ()
        return EDITS[kind]

    def objects(self, most=None):
        """Return the ids of the objects, at most some of each type."""
        state = self.manager.load_state()
        return [
            ResourceId.parse(item.resource_id)
            for kind in NAMES
            for item in state.list_resources(kind)[:most]
        ]


@pytest.fixture
def served(request, serve, tmp_path):
    """The project that a test is parametrized with."""
    files, store = files_of(request.param), ProjectStore()
    store.load_files(KEY, files)
    with serve(store) as server:
        number = [*REAL, *SHAPED].index(request.param)
        yield Served(server, store, files, tmp_path / "dev.state.json", number)


def pytest_generate_tests(metafunc):
    """Read all projects; without --long, edit those that make a difference."""
    if "served" in metafunc.fixturenames:
        names = [*REAL, *SHAPED]
        if not metafunc.config.getoption("--long"):
            names = SHORT.get(metafunc.function.__name__, names)
        metafunc.parametrize("served", names, indirect=True)


def test_all_types_are_edited():
    """A type without an edit would pass every test."""
    assert NAMES == list(OPEN) == list(EDITS)
    # DSS guesses ML tasks from data; each project has one of the others in any case.
    singles = {"project", "variables", "app_manifest", "tag_palette", "wiki"}
    assert set(NAMES) == {*CREATE, *singles, "ml_task"}
    assert set(NAMES) == {*DELETE_PATHS, *singles, "web_app", "api_service"}


def test_all_objects_are_read_and_nothing_shows(served):
    """The state has what the files hold; neither a reading nor a save is a change."""
    objects = served.objects()
    assert set(map(str, objects)) == ids(KEY, served.files)
    assert served.shown() == []
    for rid in objects:
        saved(served.project, rid.resource_type, rid.resource_name, lambda _: None)
    assert served.shown() == []


@pytest.mark.parametrize("name", ["customer-value", "loan-advisor"])
def test_all_objects_of_a_history_are_read(name, serve, tmp_path, long):
    """Of the whole project, at the steps of its history."""
    if not path_of(name).exists():
        pytest.skip(f"no history at {path_of(name)}")
    steps, store = file_maps(path_of(name))[:: 1 if long else 66], ProjectStore()
    store.load_files(KEY, steps[0])
    with serve(store) as server:
        served = Served(server, store, steps[0], tmp_path / "dev.state.json")
        for files in steps:
            store.load_files(KEY, files)
            served.manager.save_state(served.manager.sync_project(KEY))
            assert set(map(str, served.objects())) == ids(KEY, files)
            assert served.shown() == []


def test_each_edit_shows_as_that_object(served, long):
    """By itself: what the edit before did is undone.

    Without --long, each project has one of the edits of a type.
    """
    for rid in served.objects(None if long else 1):
        edits = served.edits(rid)
        for edit in edits if long else edits[served.number % max(len(edits), 1) :][:1]:
            undo = saved(served.project, rid.resource_type, rid.resource_name, edit)
            assert served.shown() == [f"~ {rid}"]
            undo()
    assert served.shown() == []


def test_edits_of_all_objects_show(served, long):
    """None hides another."""
    objects = served.objects()
    for number in range(max(map(len, EDITS.values())) if long else 1):
        undo, edited = [], []
        for rid in objects:
            edits = served.edits(rid)
            if number < len(edits):
                edited.append(f"~ {rid}")
                undo.append(
                    saved(
                        served.project,
                        rid.resource_type,
                        rid.resource_name,
                        edits[number],
                    )
                )
        assert served.shown() == sorted(edited)
        for call in undo:
            call()
        assert served.shown() == []


def test_created_objects_show(served):
    """Each by itself, and none once it is deleted."""
    for kind, create in CREATE.items():
        name = create(served.project)
        # The tree of the wiki has each article.
        along = [f"~ wiki.{KEY}"] if kind == "wiki_article" else []
        assert served.shown() == [f"+ {kind}.{KEY}.{name}", *along]
        if kind in DELETE_PATHS:
            delete(served.project, kind, name)
        else:
            served.reset()
    assert served.shown() == []


def test_deleted_objects_show(served, long):
    """With what DSS deletes along, by the files alone."""
    for rid in served.objects(None if long else 1):
        kind, name = rid.resource_type, rid.resource_name
        if kind in DELETE_PATHS and name not in KEPT.get(kind, ()):
            delete(served.project, kind, name)
            expected = removal(KEY, served.files, kind, name)
            assert served.shown() == expected
            served.reset()
    assert served.shown() == []
