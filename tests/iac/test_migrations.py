"""Older formats: read as if they were new, one step at a time."""

import re

import orjson
import pytest

from dataikuapi.iac import (
    LocalFileBackend,
    NewerFormatError,
    State,
    StateConflictError,
    StateCorruptedError,
)
from dataikuapi.iac.statefile import serialization
from dataikuapi.iac.statefile.migrations import MIGRATIONS
from dataikuapi.iac.statefile.serialization import encode, loads
from dataikuapi.iac.statefile.verify import row_problems

# A format that never was: a list of objects, and a time under another name.
VERSION_0 = {
    "version": 0,
    "serial": 3,
    "environment": "dev",
    "changed": "2026-01-02T03:04:05Z",
    "objects": [{"id": "dataset.SHOP.orders", "settings": {"type": "S3"}}],
}
CHECKSUM = "0" * 64


def from_version_0(document):
    """Return the document as version 1 has it."""
    metadata = {"deployed_at": document["changed"], "deployed_by": "system"}
    return {
        "version": 1,
        "serial": document["serial"],
        "environment": document["environment"],
        "updated_at": document["changed"],
        "resources": {
            item["id"]: {
                "resource_type": item["id"].partition(".")[0],
                "resource_id": item["id"],
                "attributes": item["settings"],
                "metadata": {**metadata, "checksum": CHECKSUM},
            }
            for item in document["objects"]
        },
    }


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(MIGRATIONS, 0, from_version_0)


def test_an_older_file_is_read(registered):
    state = loads(orjson.dumps(VERSION_0))

    assert (state.version, state.serial) == (1, 3)
    assert state.resources["dataset.SHOP.orders"].attributes == {"type": "S3"}


def test_an_older_file_is_written_in_the_new_format(registered, tmp_path):
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    backend.state_file.write_bytes(orjson.dumps(VERSION_0))
    backend.save(backend.load())

    assert orjson.loads(backend.state_file.read_bytes())["version"] == 1
    assert backend.load().serial == 4


def test_without_a_migration_the_version_is_refused():
    document = {**from_version_0(VERSION_0), "version": 0}
    with pytest.raises(StateCorruptedError, match=r"\$.version: expected 1"):
        loads(orjson.dumps(document))


def test_migrations_follow_each_other(registered, monkeypatch):
    monkeypatch.setitem(MIGRATIONS, -1, lambda document: {**document, "version": 0})

    assert loads(orjson.dumps({**VERSION_0, "version": -1})).serial == 3


@pytest.fixture
def newer(tmp_path):
    """A backend of a state that a newer release has stored, after one of this one."""
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    backend.save(State())
    backend.save(backend.load())
    document = orjson.loads(backend.state_file.read_bytes())
    document |= {"version": 2, "serial": 57, "objects": document.pop("resources")}
    backend.state_file.write_bytes(orjson.dumps(document))
    return backend


def test_a_newer_file_asks_for_an_upgrade_and_for_nothing_else(newer):
    """What this release has stored before is no help against it."""
    with pytest.raises(NewerFormatError, match="upgrade") as refused:
        newer.load()
    assert not re.search("restore|delete|resources", str(refused.value))
    (problem,) = newer.verify()
    assert "upgrade" in problem


def test_a_newer_file_is_not_replaced(newer):
    """By a save, nor by a restore, which brings back what cannot be read."""
    stored = newer.state_file.read_bytes()
    with pytest.raises(StateConflictError, match="newer release"):
        newer.save(State())
    with pytest.raises(NewerFormatError, match="upgrade"):
        newer.restore(newer.history()[0].serial)
    assert newer.state_file.read_bytes() == stored


@pytest.mark.parametrize(
    "entry",
    [[], {"resource_type": "dataset"}, None, {"metadata": []}, {"attributes": []}],
)
def test_a_row_that_is_no_resource_is_a_problem(entry):
    """Of an older version in a database, nothing else would find it."""
    if entry and "resource_type" not in entry:
        rid, metadata = "dataset.SHOP.a", {"deployed_at": VERSION_0["changed"]}
        whole = {"resource_type": "dataset", "resource_id": rid, "attributes": {}}
        entry = {**whole, "metadata": metadata | {"deployed_by": "ann"}, **entry}
    (problem,) = row_problems("dataset.SHOP.a", orjson.dumps(entry))
    assert "is not a valid resource" in problem


def test_a_bug_is_not_a_wrong_state(monkeypatch):
    monkeypatch.setattr(serialization, "_mark_changes", lambda: None)
    with pytest.raises(TypeError, match="positional arguments"):
        encode(State(), serialization.write, {})
