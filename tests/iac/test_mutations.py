"""Broken state files: each is read as what it says, or refused; nothing else happens.

Valid files are damaged at random, in their bytes and in their structure, always in the
same way. ``--long`` does 10,000 of them.
"""

import json
import random
import time

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.exceptions import StateCorruptedError
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY
from dataikuapi.iac.statefile import serialization
from dataikuapi.iac.statefile.serialization import dumps, loads
from iac.mutations import SMALL, mutated, times_of

SHORT, LONG = 1_500, 10_000
SECONDS = 2.0
LONGEST_MESSAGE = 2_000


# What has to hold


def outcome(read, data):
    """Return what was read, or why it was refused; any other error is a failure."""
    try:
        return read(data)
    except StateCorruptedError as refused:
        message = str(refused)
    assert len(message) < LONGEST_MESSAGE
    return message


def assert_true(state, data):
    """Compare a state with what Python's own reader finds, which loses no digit."""
    document = json.loads(data.decode())
    assert state.serial == document["serial"]
    assert state.resources.keys() == document["resources"].keys()
    for key, entry in document["resources"].items():
        attributes = json.dumps(entry["attributes"], sort_keys=True)
        assert attributes == json.dumps(state.resources[key].attributes, sort_keys=True)


def assert_usable(state, other):
    """Do with a state what people do with one; none of it may fail."""
    assert repr(state)
    for key, resource in state.resources.items():
        assert repr(resource) and repr(resource.metadata)
        assert resource.resource_id == key == str(key)
        assert key.startswith(f"{resource.resource_type}.{resource.project_key}")
        assert key.endswith(resource.resource_name)
        assert len(resource.compute_checksum()) == 64
        assert not resource.has_changed(Resource.from_dict(resource.to_dict()))
    assert State.from_dict(state.to_dict()).to_dict() == state.to_dict()
    engine = DiffEngine()
    for diffs in (engine.diff(other, state), engine.diff(state, other)):
        assert engine.format_output(diffs, include_unchanged=True)
    counts = engine.summary(engine.diff(state, state))
    assert counts["unchanged"] == sum(counts.values()) == len(state.resources)
    written = dumps(state)
    again = loads(written)
    assert dumps(again) == written
    assert again.resources.keys() == state.resources.keys()
    for key, resource in state.resources.items():
        assert not resource.has_changed(again.resources[key])


@pytest.fixture
def synced(tmp_path, server):
    """The document of the sample project's state."""
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "synced.state.json")
    state = StateManager(backend, client, "dev").sync_project(SAMPLE_PROJECT_KEY)
    document = json.loads(dumps(state))
    for spot, key in times_of(document):  # Each run is to do the same.
        spot[key] = "2026-01-02T12:00:00.123456Z"
    return document


@pytest.mark.slow
def test_mutated_files_load_or_are_refused(request, tmp_path, synced, monkeypatch):
    # So small that every file is read in several pieces.
    monkeypatch.setattr(serialization, "_CHUNK", 300)
    path = tmp_path / "dev" / "dev.state.json"
    path.parent.mkdir()
    backend, dice = LocalFileBackend(path), random.Random(20260102)
    bases = [(base, loads(json.dumps(base).encode())) for base in (SMALL, synced)]
    for _, state in bases:
        state.add_resource(Resource("dataset", "dataset.SHOP.gone"))
    loaded, refused, slowest = 0, 0, 0.0
    for number in range(LONG if request.config.getoption("--long") else SHORT):
        base, state = bases[dice.random() < 0.1]
        data = mutated(dice, base)
        path.write_bytes(data)
        started = time.process_time()
        try:
            found = outcome(lambda _: backend.load(), data)
            if isinstance(found, State):
                assert_true(found, data)
                assert_usable(found, state)
            whole = outcome(read_whole, data) if data else found
        except Exception as error:
            raise AssertionError(f"mutation {number}: {data[:9_000]!r}") from error
        slowest = max(slowest, time.process_time() - started)
        assert slowest < SECONDS, f"mutation {number} took {slowest:.1f} s"
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        assert path.read_bytes() == data
        # In pieces or as a whole, it is the same state, or it is none.
        assert found == whole if isinstance(found, State) else isinstance(whole, str)
        loaded, refused = (
            (loaded + 1, refused) if isinstance(found, State) else (loaded, refused + 1)
        )
    print(f"{loaded} loaded, {refused} refused, slowest {slowest:.2f} s")
    assert loaded > 0 and refused > 0


def test_a_file_read_in_chunks_is_the_one_that_was_written(synced, monkeypatch):
    data = dumps(loads(json.dumps(synced).encode()))
    whole = read_whole(data)
    for size in (0, 1, 5_000, 10**9):
        monkeypatch.setattr(serialization, "_CHUNK", size)
        read = serialization._read_in_chunks(data)
        assert read is not None and read == whole
        assert list(read.resources) == list(whole.resources)


def read_whole(data):
    return serialization.build(serialization.parse(data))


def entry_of(resource_id):
    """Return an entry as it stands in a file, less the braces around it."""
    entry = {**SMALL["resources"]["project.SHOP"], "resource_id": resource_id}
    return json.dumps(entry)[1:-1]


HEAD = """{
  "version": 1, "serial": 1, "environment": "", "updated_at": "2026-01-02T12:00:00Z",
"""
ONE, TWO, THREE = (
    f'    "project.{name}": {{{entry_of(f"project.{name}")}\n    }}'
    for name in ("ONE", "TWO", "THREE")
)
BETWEEN, BEHIND = ",\n", "\n  }"
MISLEADING = {
    "as we write it": (
        f'{HEAD}  "resources": {{\n{ONE}{BETWEEN}{TWO}{BEHIND}\n}}',
        {"project.ONE", "project.TWO"},
    ),
    "the same id twice": (
        f'{HEAD}  "resources": {{\n{ONE}{BETWEEN}{TWO}{BETWEEN}{ONE}{BEHIND}\n}}',
        {"project.ONE", "project.TWO"},
    ),
    "resources twice": (
        (
            f'{HEAD}  "resources": {{\n{ONE}{BEHIND},\n  "resources": '
            f"{{\n{TWO}{BETWEEN}{THREE}{BEHIND}\n}}"
        ),
        {"project.TWO", "project.THREE"},
    ),
    "resources twice, in one line": (
        f'{HEAD}  "resources": {{\n{ONE}{BETWEEN}{TWO}{BEHIND}, "resources": {{}}\n}}',
        set(),
    ),
    "resources end, and lineage comes twice": (
        (
            f'{HEAD}  "resources": {{\n{ONE}}},\n  "lineage": {{\n{TWO}{BETWEEN}{THREE}'
            f'{BEHIND},\n  "lineage": null\n}}'
        ),
        {"project.ONE"},
    ),
    "resources in something else": (
        (
            f'{HEAD}  "resources": {{}}, "other": {{\n  "resources": {{\n{ONE}{BETWEEN}'
            f"{TWO}{BEHIND}}}\n}}"
        ),
        set(),
    ),
    "resources in something else, with what stands for them": (
        (
            f'{HEAD}  "resources": {{"a": 0}}, "other": {{\n  "resources": {{\n{ONE}'
            f"{BETWEEN}{TWO}{BEHIND}}}\n}}"
        ),
        None,
    ),
    "a resource that is in no object": (
        f'{HEAD}  "resources": {{\n{ONE}{BETWEEN}{TWO}}},\n{{{THREE}{BEHIND}\n}}',
        None,
    ),
    "a comma too many": (
        f'{HEAD}  "resources": {{\n{ONE}{BETWEEN}{BETWEEN}{TWO}{BEHIND}\n}}',
        None,
    ),
    "no comma": (
        f'{HEAD}  "resources": {{\n{ONE}\n{TWO}{BETWEEN}{THREE}{BEHIND}\n}}',
        None,
    ),
}


@pytest.mark.parametrize(("text", "ids"), MISLEADING.values(), ids=MISLEADING)
def test_layout_misleads_nobody(text, ids, monkeypatch):
    monkeypatch.setattr(serialization, "_CHUNK", 0)
    found = outcome(loads, text.encode())
    assert ids == (set(found.resources) if isinstance(found, State) else None)
