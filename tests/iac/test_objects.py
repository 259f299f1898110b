"""A state in object storage: what is where, crashes, damage, lost answers."""

import gzip
import json
from datetime import datetime, timezone

import obstore
import pytest
from obstore.exceptions import GenericError, PreconditionError

from dataikuapi.iac import (
    Resource,
    State,
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.backends.bucket_store import BucketStore
from dataikuapi.iac.models.scope import Scope

READ_AT = datetime(2026, 11, 1, tzinfo=timezone.utc)
FOLDER = "dss/dev.state.json.d/"


def state_of(*projects):
    state = State(environment="dev")
    for key in projects:
        state.add_resource(Resource("dataset", f"dataset.{key}.orders", {"rows": 1}))
    state.serial = 1
    state.scope = Scope.from_parts([(key, "dataset") for key in projects], READ_AT)
    return state


def set_rows(backend, project, rows):
    state = backend.load_projects([project])
    state.add_resource(Resource("dataset", f"dataset.{project}.orders", {"rows": rows}))
    backend.save_scope(state)


def rows(backend):
    return {
        item.project_key: item.attributes["rows"]
        for item in backend.load().resources.values()
    }


@pytest.fixture
def stored(bucket):
    backend = bucket.open()
    backend.save(state_of("A", "B"))
    return backend


def parts(bucket):
    return bucket.keys(FOLDER + "parts/")


def part_of(bucket, project):
    """Return the key of the newest part of a project."""
    found = [
        key
        for key in parts(bucket)
        if f"dataset.{project}." in gzip.decompress(bucket.read(key)).decode()
    ]
    (key,) = found
    return key


def test_what_is_where(bucket, stored):
    set_rows(stored, "A", 2)
    stored.backup("kept")
    manifest = json.loads(bucket.read("dss/dev.state.json"))
    assert manifest["state"]["serial"] == 2 and manifest["projects"] == 2
    names = {key.removeprefix(FOLDER) for key in bucket.keys("dss/")}
    assert {
        "dss/dev.state.json",
        "dev.state.pre-serial-2.json",
        "dev.state.kept.json",
        "locks/state",
    } <= names
    assert bucket.read(FOLDER + "locks/state") == b""


def test_a_save_writes_what_has_changed(bucket, stored):
    before = set(parts(bucket))
    set_rows(stored, "A", 2)
    assert len(set(parts(bucket)) - before) == 2  # The part and the page.
    before = set(parts(bucket))
    state = bucket.open().load()
    state.add_resource(Resource("dataset", "dataset.B.orders", {"rows": 3}))
    bucket.open().save(state)
    assert len(set(parts(bucket)) - before) == 2
    assert rows(bucket.open()) == {"A": 2, "B": 3}


def test_versions_are_listed_restored_and_pruned(bucket):
    backend = bucket.open(max_versions=3)
    backend.save(state_of("A", "B"))
    for number in range(2, 8):
        set_rows(backend, "A", number)
    assert [version.serial for version in backend.history()] == [6, 5, 4]
    assert backend.history()[0].resources == 2
    assert backend.load_version(5).resources["dataset.A.orders"].attributes == {
        "rows": 5
    }
    assert backend.load_version(7).serial == 7
    with pytest.raises(StateNotFoundError, match="available: 6, 5, 4"):
        backend.load_version(2)
    assert backend.restore(4).serial == 8
    assert rows(bucket.open()) == {"A": 4, "B": 1}


def test_a_deleted_state_can_be_restored(bucket, stored):
    set_rows(stored, "A", 2)
    stored.delete()
    assert not stored.exists()
    with pytest.raises(StateNotFoundError):
        stored.load()
    with pytest.raises(StateNotFoundError):
        stored.delete()
    stored.restore(1)
    assert rows(stored) == {"A": 1, "B": 1}


@pytest.mark.parametrize("what", ["manifest", "page", "part"])
@pytest.mark.parametrize("how", ["damaged", "cut", "empty", "missing"])
def test_what_is_damaged_is_named_and_the_way_back(bucket, stored, what, how):
    """Whatever is missing or damaged, nothing of it is loaded as if it were whole."""
    set_rows(stored, "A", 2)
    manifest = "dss/dev.state.json"
    (page,) = json.loads(bucket.read(manifest))["pages"]
    (part,) = (
        key for key in parts(bucket) if b'"rows":2' in gzip.decompress(bucket.read(key))
    )
    key = {
        "manifest": manifest,
        "page": f"{FOLDER}parts/{page}.json.gz",
        "part": part,
    }[what]
    data = bucket.read(key)
    if how == "missing":
        bucket.remove(key)
    else:
        middle = (
            len(data) // 2
        )  # The bits at the end of what is compressed may be unused.
        flipped = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]
        changed = {"damaged": flipped, "cut": data[:30]}
        bucket.write(key, changed.get(how, b""))
    fresh = bucket.open()
    if (what, how) == ("manifest", "missing"):
        with pytest.raises(StateNotFoundError):
            fresh.load()
    else:
        with pytest.raises(StateCorruptedError, match="restore 1") as caught:
            fresh.load()
        assert key in str(caught.value)
        assert any(key in problem for problem in fresh.verify())
        with pytest.raises((StateCorruptedError, StateConflictError)):
            set_rows(fresh, "A", 3)
    fresh.restore(1)
    assert rows(bucket.open()) == {"A": 1, "B": 1}
    if what == "part":
        assert rows(bucket.open()) == {"A": 1, "B": 1}


def test_a_state_file_in_its_place_is_told(bucket):
    bucket.write("dss/dev.state.json", b'{"version": 1, "resources": {}}')
    with pytest.raises(StateCorruptedError, match="state migrate"):
        bucket.open().load()


def test_damage_elsewhere_does_not_matter_to_a_project(bucket, stored):
    bucket.write(part_of(bucket, "B"), b"")
    fresh = bucket.open()
    set_rows(fresh, "A", 2)
    assert fresh.load_projects(["A"]).serial == 2
    with pytest.raises(StateCorruptedError, match="project B"):
        fresh.load()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", range(4))
def test_a_save_that_is_killed_stores_all_or_nothing(
    bucket, stored, monkeypatch, moment
):
    """Between any two writes of a save, what was stored before still loads."""
    write, written = BucketStore._put, list[str]()

    def killed(self, name, data, expected):
        if not name.startswith(("locks/", "probe-")):
            if len(written) == moment:
                raise Killed
            written.append(name)
        return write(self, name, data, expected)

    dying = bucket.open()
    with monkeypatch.context() as patched:
        patched.setattr(BucketStore, "_put", killed)
        with pytest.raises(Killed):
            set_rows(dying, "A", 2)
    assert len(written) == moment
    assert rows(bucket.open()) == {"A": 1, "B": 1}
    set_rows(bucket.open(), "A", 3)
    assert rows(bucket.open()) == {"A": 3, "B": 1}
    assert [version.serial for version in bucket.open().history()] == [1]


@pytest.mark.parametrize("answers", ["lost once", "lost for long"])
@pytest.mark.parametrize("error", [GenericError, PreconditionError])
def test_a_save_that_was_stored_but_answered_with_an_error(
    bucket, stored, monkeypatch, answers, error
):
    """It counts as stored, if that can be found out; else trying again is enough.

    The driver tries again by itself, and then finds that the state has changed.
    """
    put, read, broken = BucketStore._put, BucketStore.read, list[str]()

    def losing(self, name, data, expected):
        token = put(self, name, data, expected)
        if name == "dev.state.json" and not broken:
            broken.append(name)
            raise error("the connection was reset")
        return token

    def failing(self, name):
        if broken and answers == "lost for long":
            raise StateReadError("there is no network")
        return read(self, name)

    backend = bucket.open()
    state = backend.load()
    state.add_resource(Resource("dataset", "dataset.A.orders", {"rows": 2}))
    monkeypatch.setattr(BucketStore, "_put", losing)
    with monkeypatch.context() as patched:
        patched.setattr(BucketStore, "read", failing)
        if answers == "lost for long":
            with pytest.raises(StateWriteError, match="unknown"):
                backend.save(state)
        else:
            backend.save(state)
    if answers == "lost for long":
        backend.save(state)
    assert broken and state.serial == 2 == bucket.open().load().serial
    state.add_resource(Resource("dataset", "dataset.A.orders", {"rows": 3}))
    backend.save(state)
    assert rows(bucket.open()) == {"A": 3, "B": 1}


def test_a_lost_answer_is_recognized_after_somebody_else_saved(
    bucket, stored, monkeypatch
):
    put, done = BucketStore._put, list[str]()
    other = bucket.open()

    def overtaken(self, name, data, expected):
        token = put(self, name, data, expected)
        if name == "dev.state.json" and not done:
            done.append(name)
            other.release_lock("state", force=True)
            set_rows(other, "B", 5)
            raise PreconditionError("the second attempt of the driver")
        return token

    mine = bucket.open()
    state = mine.load_projects(["A"])
    state.add_resource(Resource("dataset", "dataset.A.orders", {"rows": 2}))
    monkeypatch.setattr(BucketStore, "_put", overtaken)
    mine.save_scope(state)
    assert rows(bucket.open()) == {"A": 2, "B": 5}
    assert [version.serial for version in mine.history()] == [2, 1]


@pytest.mark.parametrize("ignored", ["create", "update"])
def test_a_storage_that_ignores_conditions_is_refused(bucket, monkeypatch, ignored):
    """Some do so in silence: then one of two who save at once loses what it saved."""
    put = BucketStore._put

    def careless(self, name, data, expected):
        if (expected == "") == (ignored == "create"):
            expected = None
        return put(self, name, data, expected)

    monkeypatch.setattr(BucketStore, "_put", careless)
    with pytest.raises(StateWriteError, match="ignores conditions"):
        bucket.open().save(state_of("A"))
    assert not bucket.open().exists()


def refusing(monkeypatch, is_refused):
    """Let the storage refuse conditions on the ETags for which a function says so."""
    put = obstore.put

    def strict(store, key, data, *, mode="overwrite", **options):
        if isinstance(mode, dict) and is_refused(mode["e_tag"]):
            raise PreconditionError("status code: 412 Precondition Failed")
        return put(store, key, data, mode=mode, **options)

    monkeypatch.setattr(obstore, "put", strict)


def test_a_server_that_compares_etags_without_their_quotes(bucket, monkeypatch):
    """As Ceph's gateway does; a state is replaced and a lock released all the same."""
    refusing(monkeypatch, lambda tag: '"' in tag)
    backend = bucket.open()
    with backend.lock("an edit"):
        backend.save(state_of("A"))
    assert backend.locks() == []
    mine, theirs = bucket.open(), bucket.open()
    states = [each.load_projects(["A"]) for each in (mine, theirs)]
    for state, count in zip(states, (2, 3), strict=True):
        state.add_resource(Resource("dataset", "dataset.A.orders", {"rows": count}))
    mine.save_scope(states[0])
    with pytest.raises(StateConflictError):
        theirs.save_scope(states[1])
    assert rows(bucket.open()) == {"A": 2}
    assert "probe" not in " ".join(bucket.keys())


def test_a_server_that_refuses_conditions_that_hold_is_told(bucket, monkeypatch):
    refusing(monkeypatch, lambda tag: True)
    with pytest.raises(StateWriteError, match="refuses a condition that holds"):
        bucket.open().save(state_of("A"))
    assert not bucket.open().exists()


@pytest.mark.parametrize(
    "key",
    ["dev.state.json", "a b/ünï+%2F&.state.json", "deep/er/prod", "x/dev.state.json.d"],
)
def test_odd_names(bucket, key):
    backend = bucket.open(key)
    backend.save(state_of("A", "Ä B%/ü"))
    with backend.lease(["Ä B%/ü"]):
        (lock,) = bucket.open(key).locks()
    assert lock.name == "apply:Ä B%/ü"
    set_rows(bucket.open(key), "Ä B%/ü", 2)
    assert rows(bucket.open(key)) == {"A": 1, "Ä B%/ü": 2}
    assert [version.serial for version in backend.history()] == [1]
    assert not bucket.open(f"{key}x").exists()


def test_states_in_one_folder_are_apart(bucket, stored):
    other = bucket.open("dss/prod.state.json")
    other.save(state_of("Z"))
    assert rows(bucket.open()) == {"A": 1, "B": 1} and rows(other) == {"Z": 1}
    assert other.history() == []
