"""Three people, one state file: whatever they do in whatever order, nothing is lost.

A model says what may be stored after each step. It knows no clock, no file and no
merge: of each object, which value is stored and in which serial that was.
"""

import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from dataikuapi.utils import DataikuException
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dataikuapi import DSSClient
from dataikuapi.iac import (
    LocalFileBackend,
    Resource,
    ResourceNotFoundError,
    StateConflictError,
    StateManager,
    StateNotFoundError,
    StateWriteError,
    manager,
)
from dataikuapi.iac.backends.blob_parts import BlobPartsBackend
from dataikuapi.iac.backends.folder_store import FolderStore
from dataikuapi.iac.models.times import utc_now
from iac.memory import MemoryStore
from iac.parts_memory import PartsInMemory, Shared

IDS = [f"dataset.{project}.{name}" for project in "PQ" for name in "ab"]
PEOPLE = st.integers(0, 2)
ANY_ID = st.sampled_from(IDS)
EXAMPLES = 25
"""In CI; with --long, 2,000."""


def project_of(resource_id):
    """Return the key of the project."""
    return resource_id.split(".")[1]


class Dss:
    """An imaginary DSS: what the real client gets, by path."""

    def __init__(self):
        self.values = dict.fromkeys(IDS, 0)
        self.broken = set()
        self.edits = 0

    def answer(self, method, path, **_):
        """Answer as DSS would."""
        if path == "/auth/info":
            return {"authIdentifier": "somebody"}
        if path == "/instance-info":
            return {"nodeId": "n", "installId": "i", "dssVersion": "14.0.0"}
        project, kind, name = f"{path}/".split("/")[2:5]
        assert kind == "datasets", path
        if name:
            key = f"dataset.{project}.{name}"
            if key not in self.values:
                raise DataikuException(
                    "com.dataiku.dip.exceptions.NotFoundException: no such dataset"
                )
            if key in self.broken:
                raise DataikuException("java.io.IOException: broken")
            return self.document(key)
        return [
            self.document(key)
            for key in IDS
            if project_of(key) == project and key in self.values
        ]

    def document(self, key):
        """Return a dataset; of a broken one, what takes another call."""
        name = key.split(".")[2]
        whole: dict[str, object] = {
            "name": name,
            "projectKey": project_of(key),
            "type": "Inline",
            "params": {"value": self.values[key]},
        }
        return whole if key in self.broken else {**whole, "schema": {"columns": []}}


class ThreePeople(RuleBasedStateMachine):
    """Loads, edits, readings and saves of three people, against the model."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "dev.state.json"
        self.dss = Dss()
        client = DSSClient("http://dss.invalid", "key")
        client._perform_json = self.dss.answer
        self.managers = [
            StateManager(self.new_backend(path), client, "dev", types=["dataset"])
            for _ in range(3)
        ]
        self.loaded, self.readings = {}, {}
        # The model: values and the serial in which each part was last touched.
        self.stored: dict[str, Any] | None = None
        self.touched: dict[str, int] = {}
        self.restored = -1
        self.serial = -1
        self.line = 0
        self.versions = {}

    def new_backend(self, path):
        return LocalFileBackend(path)

    def teardown(self):
        """Leave nothing behind."""
        setattr(manager, "utc_now", utc_now)
        self.folder.cleanup()

    def store(self, values, touched):
        """Note that somebody stored this, and what was touched by it."""
        self.versions[self.serial] = self.stored
        state = self.managers[0].backend.load()
        self.serial = state.serial
        self.stored = values
        for key in touched:
            self.touched[key] = self.serial

    # What happens in DSS

    @rule(key=ANY_ID)
    def edit_in_dss(self, key):
        """Change an object in DSS, or create it."""
        self.dss.edits += 1
        self.dss.values[key] = self.dss.edits

    @rule(key=ANY_ID)
    def delete_in_dss(self, key):
        """Delete an object in DSS."""
        self.dss.values.pop(key, None)

    @rule(key=ANY_ID)
    def break_or_mend_in_dss(self, key):
        """Let an object be unreadable from now on, or no longer."""
        self.dss.broken ^= {key}

    @rule(who=PEOPLE, hours=st.integers(-50, 50))
    def set_a_wrong_clock(self, who, hours):
        """Let the time of the readings be another from now on."""
        later = utc_now() + timedelta(hours=hours)
        setattr(manager, "utc_now", lambda: later)

    # What people do

    @rule(who=PEOPLE)
    def load(self, who):
        """Load the stored state."""
        state = self.managers[who].load_state()
        values = None if self.stored is None else dict(self.stored)
        self.loaded[who] = (state, values, self.serial, self.line)

    @precondition(lambda self: self.loaded)
    @rule(data=st.data(), key=ANY_ID, value=st.integers(100, 102))
    def edit_loaded(self, data, key, value):
        """Set an object of a loaded state."""
        who = data.draw(st.sampled_from(sorted(self.loaded)))
        state, values, serial, line = self.loaded[who]
        state.add_resource(Resource("dataset", key, {"params": {"value": value}}))
        self.loaded[who] = (state, {**(values or {}), key: value}, serial, line)

    @precondition(lambda self: self.loaded)
    @rule(data=st.data(), key=ANY_ID)
    def remove_from_loaded(self, data, key):
        """Remove an object from a loaded state."""
        who = data.draw(st.sampled_from(sorted(self.loaded)))
        state, values, serial, line = self.loaded[who]
        state.remove_resource(key)
        values = {name: old for name, old in (values or {}).items() if name != key}
        self.loaded[who] = (state, values, serial, line)

    @precondition(lambda self: self.loaded)
    @rule(data=st.data(), fails=st.booleans())
    def save_loaded(self, data, fails):
        """Save a loaded state: accepted only if what it was loaded from is stored."""
        who = data.draw(st.sampled_from(sorted(self.loaded)))
        state, values, serial, line = self.loaded[who]
        nothing = serial == -1 and self.stored is None
        is_current = nothing or (serial, line) == (self.serial, self.line)
        try:
            with failing(fails and is_current):
                self.managers[who].save_state(state)
        except StateConflictError:
            assert not is_current
            del self.loaded[who]
            return
        except StateWriteError:
            assert fails
            return
        assert is_current
        before, after = self.stored or {}, values or {}
        self.store(after, {key for key in IDS if before.get(key) != after.get(key)})
        self.loaded[who] = (state, dict(after), self.serial, self.line)

    @rule(who=PEOPLE, projects=st.sampled_from([["P"], ["Q"], ["P", "Q"]]))
    def read(self, who, projects):
        """Read projects; what cannot be read is kept as it is stored."""
        state = self.managers[who].sync_all(projects, on_error="keep")
        scope = [key for key in IDS if project_of(key) in projects]
        broken = self.dss.broken & self.dss.values.keys()
        values = {key: self.dss.values.get(key) for key in scope if key not in broken}
        start = (-1 if self.stored is None else self.serial, self.line)
        self.readings[who] = (state, scope, values, start)

    @precondition(lambda self: self.readings)
    @rule(data=st.data(), fails=st.booleans())
    def save_reading(self, data, fails):
        """Save a reading: refused if what it covers was stored since it began."""
        who = data.draw(st.sampled_from(sorted(self.readings)))
        state, scope, values, (serial, line) = self.readings[who]
        since = serial if line == self.line else -1
        projects = {project_of(key) for key in scope}
        touched = {key for key in self.touched if self.touched[key] > since}
        is_deleted = self.stored is None and serial != -1
        must_refuse = is_deleted or any(
            key in (self.stored or {}) for key in touched & values.keys()
        )
        # A removal counts for all objects of its type.
        may_refuse = (
            is_deleted
            or self.is_any_part_stored_after(since)
            or any(project_of(key) in projects for key in touched)
        )
        try:
            with failing(fails and not may_refuse):
                self.managers[who].save_state(state)
        except StateConflictError:
            assert may_refuse
            del self.readings[who]
            return
        except StateWriteError:
            assert fails
            return
        assert not must_refuse
        self.store_read(values, scope)
        self.readings[who] = (state, scope, values, (self.serial, self.line))

    @precondition(lambda self: self.stored is not None)
    @rule(who=PEOPLE, keys=st.sets(ANY_ID, min_size=1))
    def refresh(self, who, keys):
        """Take over single objects; one that is nowhere is an error."""
        keys = sorted(keys - (self.dss.broken & self.dss.values.keys()))
        if keys and not self.is_known(keys):
            with pytest.raises(ResourceNotFoundError):
                self.managers[who].refresh(keys)
        elif keys:
            self.managers[who].refresh(keys)
            self.store_read({key: self.dss.values.get(key) for key in keys}, keys)

    def is_known(self, keys):
        """Return whether each object is in the state or in DSS."""
        stored = self.stored or {}
        return all(key in stored or key in self.dss.values for key in keys)

    def store_read(self, values, touched):
        """Note that somebody stored these values; ``None`` is a removal."""
        after = {**(self.stored or {}), **values}
        self.store(
            {key: value for key, value in after.items() if value is not None}, touched
        )

    @precondition(lambda self: self.stored is not None)
    @rule(who=PEOPLE, keys=st.sets(ANY_ID, min_size=1), data=st.data())
    def refresh_while_something_happens(self, who, keys, data):
        """Take over single objects: refused if stored since they were read."""
        keys = sorted(keys - (self.dss.broken & self.dss.values.keys()))
        if not keys or not self.is_known(keys):
            return
        values = {key: self.dss.values.get(key) for key in keys}
        since, refresher = self.serial, self.managers[who]
        with before_saving(refresher.backend, lambda: self.happen(data)):
            try:
                refresher.refresh(keys)
            except StateConflictError:
                assert self.stored is None or self.may_refuse(keys, since)
                return
        assert self.stored is not None and not any(
            self.touched.get(key, -1) > since for key in self.stored.keys() & values
        )
        self.store_read(values, keys)

    def may_refuse(self, keys, since):
        """Return whether something was stored that may be their removal."""
        touched = {key for key, serial in self.touched.items() if serial > since}
        return self.is_any_part_stored_after(since) or bool(
            {project_of(key) for key in keys} & {project_of(key) for key in touched}
        )

    def is_any_part_stored_after(self, since):
        """Return whether each part may count as stored since, even one without objects.

        A restore stores all parts, also the empty ones. A state that was saved without
        a scope does not remember removals: there, anything stored since may be one.
        """
        is_whole = self.stored is not None and self.is_whole()
        return self.restored > since or (is_whole and self.serial > since)

    def happen(self, data):
        """Let somebody do something while another person's reading is on its way."""
        do = data.draw(
            st.sampled_from(["sync", "refresh", "edit", "restore", "delete"])
        )
        who, key = data.draw(PEOPLE), data.draw(ANY_ID)
        if data.draw(st.booleans()):
            self.edit_in_dss(key)
        if do == "sync":
            self.read(who, [project_of(key)])
            self.readings = {who: self.readings[who]}
            self.save_reading(data, False)
        elif do == "refresh":
            self.refresh(who, {key})
        elif do == "edit":
            self.load(who)
            self.loaded = {who: self.loaded[who]}
            self.edit_loaded(data, key, 103)
            self.save_loaded(data, False)
        elif do == "restore":
            self.restore(who, data)
        else:
            self.delete(who)

    @precondition(lambda self: self.stored is not None)
    @rule(who=PEOPLE, data=st.data())
    def restore(self, who, data):
        """Bring an older version back."""
        serials = sorted(
            serial for serial, values in self.versions.items() if values is not None
        )
        if not serials:
            return
        serial = data.draw(st.sampled_from(serials))
        try:
            self.managers[who].backend.restore(serial)
        except StateNotFoundError:
            return  # Pruned.
        before, after = self.stored or {}, self.versions[serial]
        self.store(dict(after), {*before, *after})
        self.restored = self.serial

    @precondition(lambda self: self.stored is not None)
    @rule(who=PEOPLE)
    def delete(self, who):
        """Delete the stored state."""
        self.managers[who].backend.delete()
        self.versions[self.serial] = None
        self.stored, self.serial, self.line = None, -1, self.line + 1
        self.touched, self.restored = {}, -1

    def is_whole(self):
        """Return whether the stored state has no scope."""
        return self.managers[0].backend.load().scope is None

    @invariant()
    def the_file_has_what_the_model_says(self):
        """Compare."""
        backend = self.managers[0].backend
        if self.stored is None:
            assert not backend.exists()
            return
        found = {
            key: cast(dict[str, Any], resource.attributes["params"])["value"]
            for key, resource in backend.load().resources.items()
        }
        assert found == self.stored


@contextmanager
def before_saving(backend, action):
    """Let something happen once, before somebody saves what was read."""
    lock, pending = backend.lock, [action]

    def interrupted(*arguments):
        if pending:
            pending.pop()()
        return lock(*arguments)

    backend.lock = interrupted
    try:
        yield
    finally:
        del backend.lock


class failing:
    """Let the next write of a backend fail."""

    def __init__(self, fails):
        self.fails = fails

    def __enter__(self):
        self.write, self.replace = FolderStore.write, PartsInMemory.replace_parts
        self.swap = BlobPartsBackend._swap
        if self.fails:

            def fail(*_):
                raise StateWriteError("the disk is full")

            setattr(FolderStore, "write", fail)
            setattr(PartsInMemory, "replace_parts", fail)
            setattr(BlobPartsBackend, "_swap", fail)

    def __exit__(self, *_):
        setattr(FolderStore, "write", self.write)
        setattr(PartsInMemory, "replace_parts", self.replace)
        setattr(BlobPartsBackend, "_swap", self.swap)


class ThreePeopleWithParts(ThreePeople):
    """The same, where the projects of a state are stored apart."""

    def new_backend(self, path):
        self.shared = getattr(self, "shared", None) or Shared()
        return PartsInMemory(self.shared)


class ThreePeopleWithBlobs(ThreePeople):
    """The same, where each project is a blob, and a manifest leads to them."""

    def new_backend(self, path):
        self.blobs = getattr(self, "blobs", {})
        return BlobPartsBackend(MemoryStore(self.blobs), "dev.state.json")


@pytest.mark.slow
@pytest.mark.parametrize(
    "people", [ThreePeople, ThreePeopleWithParts, ThreePeopleWithBlobs]
)
def test_three_people_lose_nothing(request, people):
    machine = people.TestCase
    machine.settings = settings(
        max_examples=2_000 if request.config.getoption("--long") else EXAMPLES,
        stateful_step_count=30,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    machine("runTest").runTest()
