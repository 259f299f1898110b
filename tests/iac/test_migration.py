"""Moving a state to another storage: what comes along, is refused, and is told."""

import os

import pytest

from dataikuapi.iac import LocalFileBackend, Resource, State, migrate
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateLockedError,
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import Journal
from dataikuapi.iac.models.save_note import SaveNote, note_of
from dataikuapi.iac.models.stored_version import ReadingStart
from dataikuapi.iac.state_store import StateStore
from iac.five_methods import FiveMethods
from iac.journals import begin
from iac.memory import MemoryBackend
from iac.migrating import ITEMS, ORDERS, documents_of, fill, plain
from iac.parts_memory import PartsInMemory

pytest_plugins = ["iac.url_states"]


class ListJournal(Journal):
    """A journal in memory."""

    def __init__(self):
        self.entries = []

    def append(self, *entries):
        self.entries += entries

    def read(self):
        return list(self.entries)

    def clear(self):
        self.entries.clear()


class PartsWithJournal(PartsInMemory):
    """A backend that keeps projects apart, with a journal."""

    capabilities = PartsInMemory.capabilities | {Capability.JOURNAL}

    def __init__(self):
        super().__init__()
        self._journal = ListJournal()

    def journal(self):
        return self._journal


@pytest.fixture
def places(tmp_path):
    """Return a function that makes an empty backend of a kind."""
    kinds = {
        "file": lambda: LocalFileBackend(tmp_path / os.urandom(4).hex() / "dev.json"),
        "blob": MemoryBackend,
        "parts": PartsWithJournal,
        "five methods": FiveMethods,
    }
    return lambda kind: kinds[kind]()


@pytest.mark.parametrize("target", ["file", "blob", "parts"])
@pytest.mark.parametrize("source", ["file", "blob", "parts"])
def test_lineage_serials_history_notes_and_journal_come_along(places, source, target):
    origin, place = fill(places(source)), places(target)
    before = documents_of(origin)
    moved = migrate(origin, place)
    assert moved.left == ()
    assert moved.lineage == origin.load().lineage == place.load().lineage
    assert moved.versions == (1, 2, 3, 4, 5)
    assert documents_of(origin) == before
    assert plain(documents_of(place)) == plain(before)
    assert note_of(place.load_version(3)) == SaveNote("ada", "round 3")
    assert moved.journal_entries == 4
    assert list(place.journal().read()) == list(origin.journal().read())


def test_what_was_moved_goes_on_as_the_same_state(places):
    origin, place = fill(places("file")), places("parts")
    state = origin.load()
    migrate(origin, place)
    continued = place.load()
    continued.add_resource(Resource("dataset", ORDERS, {"n": 9}))
    place.save_message = "later"
    place.save(continued)
    assert (continued.serial, continued.lineage) == (state.serial + 1, state.lineage)
    assert place.restore(2).resources[ORDERS].attributes == {"n": 2}


def test_a_reading_that_began_before_has_to_be_repeated(places):
    origin, place = fill(places("file")), places("parts")
    reading = origin.load()
    reading.reading_start = ReadingStart.from_stored(reading)
    reading.base_version = None
    migrate(origin, place)
    with pytest.raises(StateConflictError, match="Sync again"):
        StateStore(place, "dev").save(reading)


def test_a_migration_can_be_repeated(places):
    origin, place = fill(places("file")), places("blob")
    first = migrate(origin, place)
    assert migrate(origin, place) == first


@pytest.mark.parametrize("saves", [0, 1, 3, 5])
@pytest.mark.parametrize("target", ["file", "parts"])
def test_an_interrupted_migration_goes_on(places, monkeypatch, target, saves):
    origin, place = fill(places("file")), places(target)
    left = [saves]
    save = place.save

    def failing(state, **options):
        if not left[0]:
            raise StateWriteError("the disk is full")
        left[0] -= 1
        save(state, **options)

    with monkeypatch.context() as patched:
        patched.setattr(place, "save", failing)
        if saves < 5:
            with pytest.raises(StateWriteError, match="disk is full"):
                migrate(origin, place)
        else:
            patched.setattr(place, "journal", FailingJournal)
            with pytest.raises(StateWriteError, match="no journal today"):
                migrate(origin, place)
    place.save_message = "mine"
    assert migrate(origin, place).versions == (1, 2, 3, 4, 5)
    assert list(place.journal().read()) == list(origin.journal().read())
    assert place.save_message == "mine"


class FailingJournal(ListJournal):
    def append(self, *entries):
        raise StateWriteError("no journal today")


def test_half_a_journal_is_completed(places):
    origin, place = fill(places("file")), places("blob")
    migrate(origin, place)
    place.journal().clear()
    place.journal().append(*list(origin.journal().read())[:2])
    assert migrate(origin, place).journal_entries == 4
    assert list(place.journal().read()) == list(origin.journal().read())


def test_a_target_with_another_state_is_refused_and_left_alone(places):
    origin, place = fill(places("file")), fill(places("blob"), versions=2)
    before = place.load()
    with pytest.raises(StateConflictError, match="has a state of lineage"):
        migrate(origin, place)
    assert place.load() == before


def test_a_target_that_went_on_is_refused(places):
    origin, place = fill(places("file")), places("blob")
    migrate(origin, place)
    changed = place.load()
    changed.add_resource(Resource("dataset", ORDERS, {"n": 9}))
    place.save(changed)
    with pytest.raises(StateConflictError, match="has a serial 6 that the source does"):
        migrate(origin, place)
    for _ in range(2):
        state = origin.load()
        state.add_resource(Resource("dataset", ORDERS, {"n": state.serial}))
        origin.save(state)
    with pytest.raises(StateConflictError, match="has a serial 6 that the source does"):
        migrate(origin, place)


def test_a_target_with_the_rest_of_a_deleted_state_is_refused(places):
    origin, place = fill(places("file")), fill(places("blob"))
    place.delete()
    place.journal().clear()
    with pytest.raises(StateConflictError, match="left of a state that was deleted"):
        migrate(origin, place)


def test_a_target_with_a_journal_of_its_own_is_refused(places):
    origin, place = fill(places("file")), places("blob")
    place.journal().append(begin("other"))
    with pytest.raises(StateConflictError, match="left of a state that was deleted"):
        migrate(origin, place)
    assert not place.exists()
    place.journal().clear()
    migrate(origin, place)
    place.journal().append(begin("other"))
    with pytest.raises(StateConflictError, match="a journal of other applies"):
        migrate(origin, place)


def test_what_the_target_cannot_keep_is_told_and_takes_consent(places):
    origin, place = fill(places("file")), places("five methods")
    with pytest.raises(StateWriteError) as refused:
        migrate(origin, place)
    message = str(refused.value)
    assert "older versions (4): the target keeps none" in message
    assert "the journal (4 entries): the target keeps none" in message
    assert "allow_loss=True" in message
    assert not place.exists()
    moved = migrate(origin, place, allow_loss=True)
    assert (moved.versions, moved.journal_entries, len(moved.left)) == ((5,), 0, 2)
    assert place.load().serial == 5


def test_nothing_is_lost_of_a_state_without_history_and_journal(places):
    origin, place = places("five methods"), places("file")
    origin.save(State(serial=3, lineage="mine", environment="dev"))
    moved = migrate(origin, place)
    assert (moved.versions, moved.lineage, moved.left) == ((3,), "mine", ())


def test_a_state_without_a_lineage_gets_one(places):
    origin, place = places("five methods"), places("file")
    origin.save(State(serial=3, environment="dev"))
    moved = migrate(origin, place)
    assert moved.lineage == place.load().lineage is not None
    assert migrate(origin, place) == moved


def test_versions_that_the_target_prunes_are_told(places, tmp_path):
    origin = fill(places("file"))
    place = LocalFileBackend(tmp_path / "few" / "dev.json", max_versions=2)
    moved = migrate(origin, place)
    assert moved.versions == (3, 4, 5)
    assert moved.left == (
        "version 1: the target keeps fewer",
        "version 2: the target keeps fewer",
    )


def test_versions_of_another_line_and_broken_ones_stay_behind(places):
    origin, place = fill(places("file")), places("blob")
    (broken,) = origin.state_file.parent.glob("dev.pre-serial-3*.json")
    broken.unlink()
    broken.write_text("{}")
    origin.delete()
    other = State(serial=9, lineage="other", environment="dev")
    origin.save(other)
    other.add_resource(Resource("dataset", ORDERS))
    origin.save(other)
    moved = migrate(origin, place)
    assert moved.versions == (9, 10)
    assert [sentence.partition(":")[0] for sentence in moved.left] == [
        "version 1",
        "version 2",
        "version 3",
        "version 4",
    ]
    assert moved.left[0] == "version 1: of another lineage"


def test_nothing_is_moved_while_somebody_applies(places):
    origin, place = fill(places("file")), places("blob")
    with origin.lease(["SHOP"]), pytest.raises(StateLockedError, match="apply to SHOP"):
        migrate(origin, place)
    assert not place.exists()


def test_the_source_is_locked_meanwhile(places):
    origin, place = fill(places("file")), places("blob")
    held = []
    migrate(origin, place, progress=lambda *_: held.append(origin.locks()[0].name))
    assert held == ["state"] * 5
    assert origin.locks() == []


def test_a_source_without_locks_that_changes_is_told(places):
    origin, place = places("blob"), places("file")
    fill(origin)

    def change(done, known):
        if done == known:
            state = origin.load()
            state.add_resource(Resource("dataset", ORDERS, {"n": 99}))
            origin.save(state)

    with pytest.raises(StateConflictError, match="was changed while"):
        migrate(origin, place, progress=change)
    assert migrate(origin, place).versions == (1, 2, 3, 4, 5, 6)


def test_what_is_read_back_differently_is_an_error(places, monkeypatch):
    origin, place = fill(places("file")), places("blob")
    load_version = place.load_version

    def lossy(serial):
        version = load_version(serial)
        version.resources.pop(ITEMS)
        return version

    monkeypatch.setattr(place, "load_version", lossy)
    with pytest.raises(StateWriteError, match="version 1 is not the same"):
        migrate(origin, place)


def test_there_has_to_be_a_state(places):
    with pytest.raises(StateNotFoundError):
        migrate(places("file"), places("blob"))


# The command


def test_the_command_moves_a_state_and_says_what_is_next(
    run, folder_scheme, tmp_path, server
):
    assert run("sync", "-m", "first")[0] == 0
    assert run("sync")[0] == 0
    url = "folder://ada:hunter2@team/dev.json"
    code, output, errors = run("state", "migrate", "env:dev", url)
    assert (code, errors) == (0, "")
    assert output == (
        "moved serial 2 to folder://team/dev.json: 2 versions and 0 lines of the "
        "journal, read back and compared. From now on, use it: env:dev is as it was\n"
    )
    history = run("history")[1]
    assert run("history", "--state", url)[1].count("\n") == history.count("\n")
    code, _, errors = run("state", "migrate", url, "env:dev")
    assert code == 0
    assert run("sync", "--state", url, "--project", "ORDERS_DEMO")[0] == 0
    assert run("state", "migrate", url, "env:dev")[0] == 0
    assert run("drift")[0] == 0
    (tmp_path / "other.json").write_text("{}")
    code, output, errors = run("state", "migrate", url, "other.json")
    assert (code, output) == (1, "")
    assert "hunter2" not in errors


@pytest.mark.parametrize(
    ("source", "target"),
    [("env:", "x.json"), ("ftp://x/y", "x.json"), ("x.json", "absent://x"), ("/", "x")],
)
def test_places_that_are_none_are_usage_errors(run, folder_scheme, source, target):
    assert run("state", "migrate", source, target)[0] == 64
