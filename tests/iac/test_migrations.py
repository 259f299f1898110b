"""Older formats: read as if they were new, one step at a time."""

import orjson
import pytest

from dataikuapi.iac import LocalFileBackend, StateCorruptedError
from dataikuapi.iac.statefile.migrations import MIGRATIONS
from dataikuapi.iac.statefile.serialization import loads

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
