"""Precision and recall of drift detection over whole project histories.

Every step of a history is loaded into the sandbox and read by the real client. The
changes that the library reports must be those that ``oracle.py`` finds in the files
alone: no more (precision) and no fewer (recall). Applied to the old objects, they must
give the new ones, and their lines must be what ``readable.py`` expects.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import dataikuapi.iac.sandbox
from dataikuapi import DSSClient
from dataikuapi.iac import ChangeType, DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.diff import apply_changes
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.sandbox import ProjectStore, sample_folder
from dataikuapi.iac.statefile.serialization import dumps, loads
from dataikuapi.iac.types import base, cleaning, dataset, prepare_script, recipe
from iac import oracle, readable
from iac.conftest import REAL_PROJECTS

KEY = "ORDERS_DEMO"
SAMPLES = Path(dataikuapi.iac.sandbox.__file__).parent / "samples"
SAMPLE_HISTORY = SAMPLES / "ORDERS_DEMO.history.jsonl"

# Name, steps, and the minimum number of real changes, so that no test is vacuous.
# Step 195 of customer-value is noise: keptInputColumns = [] comes with the first save.
HISTORIES = [
    ("ORDERS_DEMO", 30, 37),
    ("customer-value", 200, 150),
    ("loan-advisor", 200, 85),
]


def read_history(path):
    """Return the file changes in each line; the first has the whole project."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["changes"] for line in lines]


def file_maps(path):
    """Return the files of the project after each line."""
    files: dict[str, bytes] = {}
    maps = []
    for changes in read_history(path):
        written = {name: as_bytes(item) for name, item in changes.items()}
        merged = {**files, **written}
        files = {name: item for name, item in merged.items() if item is not None}
        maps.append(files)
    return maps


def as_bytes(content):
    """Return a file as DSS writes it; ``None`` for a deleted one."""
    if content is None or isinstance(content, str):
        return None if content is None else content.encode("utf-8")
    return json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8")


SAMPLE_CHANGES, SAMPLE_MAPS = read_history(SAMPLE_HISTORY), file_maps(SAMPLE_HISTORY)


@pytest.fixture(scope="module")
def synced(serve, tmp_path_factory):
    """Return a function that loads files into the sandbox and syncs the project.

    Two workers, because the sandbox runs in this process: more would only wait for each
    other.
    """
    store = ProjectStore()
    with serve(store) as server:
        client = DSSClient(server.url, server.api_key)
        backend = LocalFileBackend(tmp_path_factory.mktemp("x") / "test.state.json")
        manager = StateManager(backend, client, "test", max_workers=2)

        def sync(files):
            store.load_files(KEY, files)
            return manager.sync_project(KEY)

        yield sync


def reported(old, new):
    """Return the sign and id of each change that the library reports."""
    diffs = DiffEngine().diff(old, new)
    for diff in diffs:
        if diff.change_type is ChangeType.MODIFIED:
            assert diff.old_resource and diff.new_resource
            patched = apply_changes(diff.old_resource.attributes, diff.changes)
            assert json_equal(patched, diff.new_resource.attributes), diff
            assert list(readable.problems(diff)) == [], diff
    return sorted(
        str(diff) for diff in diffs if diff.change_type is not ChangeType.UNCHANGED
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "steps", "floor"),
    [pytest.param(*history, id=history[0]) for history in HISTORIES],
)
def test_reported_changes_are_the_real_ones(name, steps, floor, synced, capsys):
    path = SAMPLE_HISTORY if name == KEY else REAL_PROJECTS / f"{name}.history.jsonl"
    if not path.exists():
        pytest.skip(f"no history at {path}")
    maps = file_maps(path)
    state, known = synced(maps[0]), oracle.objects(KEY, maps[0])
    assert state.resources.keys() == known.keys()
    real = claimed = both = 0
    wrong = {}
    for step, files in enumerate(maps[1:], start=1):
        old, before = state, known
        state, known = synced(files), oracle.objects(KEY, files)
        found, expected = reported(old, state), oracle.changes(before, known)
        real, claimed = real + len(expected), claimed + len(found)
        both += len(set(found) & set(expected))
        if found != expected:
            wrong[step] = set(found) ^ set(expected)
        stored = dumps(state)
        loaded = loads(stored)
        assert loaded == state and reported(loaded, state) == []
        assert b"<secret" not in stored, "redacting a value hides its changes"
    assert wrong == {}
    assert len(maps) - 1 == steps and real >= floor
    recall, precision = both / real, both / claimed
    with capsys.disabled():
        print(
            f"\n{name}: {steps} steps, {real} objects really changed, "
            f"recall {recall}, precision {precision}"
        )
    assert recall == precision == 1.0


# The sample's history

CHANGED = """
     1 ~dataset.orders
     2
     3
     4 ~recipe.compute_revenue_by_month
     5 +dataset.campaign_results
     6 +dataset.campaign_by_segment +recipe.compute_campaign_by_segment
     7 ~dataset.customers_by_country ~recipe.compute_customers_by_country
     8 ~dataset.campaign_by_segment ~dataset.campaign_results
       ~recipe.compute_campaign_by_segment
     9
    10
    11 ~dataset.orders_prepared ~recipe.compute_orders_prepared
    12 ~project
    13 ~project
    14 ~project
    15 ~recipe.compute_shipments
    16
    17 +dataset.customer_scores_draft +recipe.scores
    18 ~recipe.scores
    19 +dataset.customer_scores -dataset.customer_scores_draft ~recipe.scores
    20
    21
    22 ~dataset.orders_enriched
    23
    24
    25 ~project
    26 ~dataset.revenue_by_month ~recipe.compute_customers_by_country
       ~recipe.compute_revenue_by_month
    27 -recipe.compute_orders_sample
    28 -dataset.campaign_by_segment -dataset.campaign_results -dataset.orders_sample
       -recipe.compute_campaign_by_segment
    29 ~dataset.orders_enriched ~dataset.orders_prepared
       ~recipe.compute_orders_enriched ~recipe.compute_orders_prepared
    30 ~project
    """
"""Written by hand from the purpose of each step; a step without changes is noise."""


def test_oracle_agrees_with_the_hand_written_changes():
    tables = [oracle.objects(KEY, files) for files in SAMPLE_MAPS]
    expected: dict[int, list[str]] = {}
    step = 0
    for word in CHANGED.split():
        if word.isdigit():
            step = int(word)
            expected[step] = []
        else:
            kind, _, name = word[1:].partition(".")
            name = {"scores": "recipe from notebook maria's scores"}.get(name, name)
            expected[step].append(f"{word[0]} {kind}.{KEY}{name and '.'}{name}")
    for step, (before, after) in enumerate(pairwise(tables), start=1):
        assert oracle.changes(before, after) == expected.pop(step), step
    assert expected == {}


def test_sample_history_ends_at_the_sample():
    files = SAMPLE_MAPS[-1]
    folder = sample_folder()
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).as_posix() for path in found} == files.keys()
    for path in found:
        expected, text = files[path.relative_to(folder).as_posix()], path.read_bytes()
        if path.suffix in (".py", ".sql") or not text:
            assert expected == text, path
        else:
            # Compare as text, because 1, 1.0 and true are equal in Python.
            assert json.dumps(json.loads(expected), sort_keys=True) == json.dumps(
                json.loads(text), sort_keys=True
            ), path


def test_oracle_does_not_use_the_library():
    assert "dataikuapi" not in Path(oracle.__file__).read_text("utf-8")


# Mutations, each of which must be detected in the history of the sample.


def touched(step, files):
    """Return the project's own files and those of the objects that a step touches."""
    stems = {name.rpartition(".")[0] for name in SAMPLE_CHANGES[step]} | {"params"}
    return {
        name: content
        for name, content in files.items()
        if name.rpartition(".")[0] in stems
    }


def disagreements(synced, steps):
    """Yield the steps on which the library and the oracle disagree."""
    for step in steps:
        before = touched(step, SAMPLE_MAPS[step - 1])
        after = touched(step, SAMPLE_MAPS[step])
        found = reported(synced(before), synced(after))
        known = oracle.objects(KEY, before), oracle.objects(KEY, after)
        if found != oracle.changes(*known):
            yield step


class Everything:
    """A set that contains every string, or every string with a prefix."""

    def __init__(self, prefix=""):
        self.prefix = prefix

    def __contains__(self, item):
        return item.startswith(self.prefix)


def identity(value, *_):
    return value


def ignore_key(key):
    """Return a mutation that ignores a key, although it is configuration."""

    def mutate(monkeypatch):
        for table in (cleaning.VOLATILE_IN_ALL, dataset.DatasetType.volatile):
            monkeypatch.setitem(table, (key,), "planted")

    return mutate


def replace(modules, name, value):
    """Return a mutation that replaces a function or a table."""

    def mutate(monkeypatch):
        for module in modules:
            monkeypatch.setattr(module, name, value)

    return mutate


def drop_every_dollar_key(monkeypatch):
    monkeypatch.setattr(recipe, "_UI_STATE", Everything("$"))
    monkeypatch.setattr(cleaning, "KEYED_BY_COLUMN", frozenset())


MUTATIONS = {
    "payloads are dropped": (4, replace([recipe], "_payload", identity)),
    "dataset params are ignored": (1, ignore_key("params")),
    "recipe params are ignored": (15, ignore_key("params")),
    "schemas are ignored": (7, ignore_key("schema")),
    "recipe outputs are ignored": (26, ignore_key("outputs")),
    "descriptions are ignored": (8, ignore_key("description")),
    "settings are ignored": (13, ignore_key("settings")),
    "permissions are ignored": (14, ignore_key("permissions")),
    "project checklists are ignored": (30, ignore_key("checklists")),
    "dataset checklists are ignored": (22, ignore_key("checklists")),
    "dataset tags are ordered": (
        3,
        replace([base], "normalize_tags", identity),
    ),
    "recipe tags are ordered": (3, replace([base], "normalize_tags", identity)),
    "project tags are ordered": (
        3,
        replace([base], "normalize_tags", identity),
    ),
    "every key with a dollar is dropped": (7, drop_every_dollar_key),
    "columns are taken for UI state": (
        8,
        replace([cleaning], "KEYED_BY_COLUMN", frozenset()),
    ),
    "visual payloads are compared as text": (
        24,
        replace([recipe], "CODE_RECIPES", Everything()),
    ),
    "50.0 is not 50 in payloads": (
        9,
        replace([recipe], "normalize_numbers", identity),
    ),
    "90.0 is not 90 in recipes": (
        16,
        replace([base], "normalize_numbers", identity),
    ),
    "1.0 is not 1 in datasets": (
        10,
        replace([base], "normalize_numbers", identity),
    ),
    "0.0 is not 0 in projects": (
        3,
        replace([base], "normalize_numbers", identity),
    ),
    "ciphertexts are compared": (16, replace([base, recipe], "redact", identity)),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_detected(mutation, synced, monkeypatch):
    step, mutate = MUTATIONS[mutation]
    assert list(disagreements(synced, [step])) == []
    mutate(monkeypatch)
    assert list(disagreements(synced, [step])) == [step]


TABLES: dict[str, tuple[Mapping[Any, Any], list[int]]] = {
    "volatile in all": (cleaning.VOLATILE_IN_ALL, [3, 21]),
    "volatile in datasets": (dataset.DatasetType.volatile, [2, 10, 16, 21]),
    "dataset defaults": (dataset.DatasetType.defaults, [3, 21]),
    "dataset defaults in the flow": (dataset._FLOW_DEFAULTS, [21]),
    "dataset constants": (dataset.DatasetType.constants, [3]),
    "recipe defaults": (recipe.RecipeType.defaults, [3, 21]),
    "prepare recipes' UI state": (prepare_script.SCREEN_STATE, [10]),
}
"""The library's tables of noise, and the steps in which each entry matters."""

NOT_IN_ANY_HISTORY: dict[str, set[Any]] = {
    # smartName follows from the name; checks are a list in all projects that we have.
    "volatile in all": {("smartName",)},
    "volatile in datasets": {("smartName",), ("checks", "displayedState")},
    # An upgrade to a DSS that has rules of data quality renames the one to the other.
    "dataset constants": {
        ("metricsChecks", "runOnBuild"),
        ("metricsChecks", "monitor"),
    },
    # None of the sample's steps shows columns.
    "prepare recipes' UI state": {("columnsSelection",)},
    # DSS always writes these.
    "dataset defaults": set("name type params schema formatType tags".split()),
    "recipe defaults": set("name type inputs outputs tags".split()),
}


def label(entry):
    """Return the label of a table entry."""
    return entry if isinstance(entry, str) else ".".join(entry)


ENTRIES = [
    pytest.param(name, entry, id=f"{name}: {label(entry)}")
    for name, (table, _) in TABLES.items()
    for entry in table
    if entry not in NOT_IN_ANY_HISTORY.get(name, ())
]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_each_table_entry_is_needed(name, entry, synced, monkeypatch):
    table, steps = TABLES[name]
    monkeypatch.delitem(table, entry)
    assert any(disagreements(synced, steps))


# The UI state of a prepare recipe is dropped before its keys are checked.
@pytest.mark.parametrize("key", sorted(recipe._UI_STATE - {"_refreshTrigger"}))
def test_each_ui_state_key_is_needed(key, synced, monkeypatch):
    monkeypatch.setattr(recipe, "_UI_STATE", recipe._UI_STATE - {key})
    assert any(disagreements(synced, [9, 10]))
