"""Precision and recall of drift detection over whole project histories.

Every step of a history is loaded into the sandbox and read by the real client. The
changes that the library reports must be those that ``oracle`` finds in the files
alone: no more (precision) and no fewer (recall). Applied to the old objects, they must
give the new ones, and their lines must be what ``readable.py`` expects. Compared are
the types that both know. So are edits with a verdict written by hand, and every value
in the documents of whole projects.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import ChangeType, DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.diff import apply_changes
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.statefile.serialization import dumps, loads
from dataikuapi.iac.types import (
    base,
    cleaning,
    dataset,
    listed,
    prepare_script,
    recipe,
    registry,
)
from iac import oracle, readable
from iac.claims import FILES
from iac.edits import EDITS
from iac.histories import (
    KEY,
    SAMPLE_CHANGES,
    SAMPLE_MAPS,
    file_maps,
    files_in,
    path_of,
)
from iac.leaves import rounds

pytestmark = pytest.mark.campaign

TYPES = [name for name in registry.TYPES if name in oracle.KINDS]
"""The resource types that both the library and the oracle know."""

# Name, steps, and the minimum number of real changes, so that no test is vacuous.
# Step 195 of customer-value is noise: keptInputColumns = [] comes with the first save.
HISTORIES = [
    ("ORDERS_DEMO", 30, 37),
    ("customer-value", 200, 150),
    ("loan-advisor", 200, 85),
]


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
        manager = StateManager(backend, client, "test", max_workers=2, types=TYPES)

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
def test_reported_changes_are_the_real_ones(name, steps, floor, synced, long, capsys):
    path = path_of(name)
    if not path.exists():
        pytest.skip(f"no history at {path}")
    maps = file_maps(path)
    assert len(maps) - 1 == steps
    if not long and steps > 100:  # Several commits at a time.
        maps, floor = maps[::4], floor // 3
    state, known = synced(maps[0]), oracle.objects(KEY, maps[0], TYPES)
    assert state.resources.keys() == known.keys()
    real: Counter[str] = Counter()
    claimed = both = 0
    wrong = {}
    for step, files in enumerate(maps[1:], start=1):
        old, before = state, known
        state, known = synced(files), oracle.objects(KEY, files, TYPES)
        found, expected = reported(old, state), oracle.changes(before, known)
        real.update(line[2:].partition(".")[0] for line in expected)
        claimed += len(found)
        both += len(set(found) & set(expected))
        if found != expected:
            wrong[step] = set(found) ^ set(expected)
        stored = dumps(state)
        loaded = loads(stored)
        assert loaded == state and reported(loaded, state) == []
        assert b"<secret" not in stored, "redacting a value hides its changes"
    assert wrong == {}
    total = sum(real.values())
    assert total >= floor
    recall, precision = both / total, both / claimed
    by_type = ", ".join(f"{kind} {count}" for kind, count in real.items())
    with capsys.disabled():
        print(
            f"\n{name}: {len(maps) - 1} steps, {total} objects really changed "
            f"({by_type}), recall {recall}, precision {precision}"
        )
    assert recall == precision == 1.0


# Edits of single values


def disputed(synced, edits):
    """Yield the edits about which the library does not say what people wrote."""
    before = synced(FILES)
    for edit in edits:
        if reported(before, synced(edit.applied())) != edit.changes:
            yield edit


def test_reported_edits_are_the_real_ones(synced):
    edits = [edit for edit in EDITS if edit.resource_type in TYPES]
    assert list(map(str, disputed(synced, edits))) == []


@pytest.mark.slow
def test_each_value_counts_as_the_oracle_says(project_folder, synced, long):
    files = files_in(project_folder)
    state, known = synced(files), oracle.objects(KEY, files, TYPES)
    assert state.resources.keys() == known.keys()
    wrong = {}
    for number, variant in enumerate(rounds(files, limit=200 if long else 8)):
        found = reported(state, synced(variant))
        expected = oracle.changes(known, oracle.objects(KEY, variant, TYPES))
        if found != expected:
            wrong[number] = set(found) ^ set(expected)
    assert wrong == {}


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
        known = [oracle.objects(KEY, files, TYPES) for files in (before, after)]
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


# Mutations, each of which must be detected in an edit of a single value.


def kind_of(name):
    """Return the class of a resource type."""
    return type(registry.TYPES[name])


def set_in(name, table, entry, value):
    """Return a mutation that sets an entry of a type's table."""

    def mutate(monkeypatch):
        entries = {**getattr(kind_of(name), table), entry: value}
        monkeypatch.setattr(kind_of(name), table, entries)

    return mutate


def ignore(name, *path):
    """Return a mutation that ignores a path in the documents of a type."""
    return set_in(name, "volatile", path, "planted")


def drop_script(monkeypatch):
    inherited = listed.ListedType.attributes
    monkeypatch.setattr(kind_of("scenario"), "attributes", inherited)


def order_sets(monkeypatch):
    monkeypatch.setattr(base, "sorted_sets", identity)


NIGHTLY, ZONE = "scenarios/NIGHTLY.json: ", "zones/Zc4Rt8k.json: "
MODEL = "saved_models/Mx7Kd92b.json: "
STEPS = ("params", "steps")

EDIT_MUTATIONS = {
    "active is ignored": (f"{NIGHTLY}active", ignore("scenario", "active")),
    "names are ignored": (f"{NIGHTLY}name", ignore("scenario", "name")),
    "the user is ignored": (f"{NIGHTLY}runAsUser", ignore("scenario", "runAsUser")),
    "steps are ignored": (f"{NIGHTLY}params/steps", ignore("scenario", *STEPS)),
    "triggers are ignored": (f"{NIGHTLY}triggers", ignore("scenario", "triggers")),
    "reporters are ignored": (f"{NIGHTLY}reporters", ignore("scenario", "reporters")),
    "conditions are ignored": (
        f"{NIGHTLY}params/steps/0/runConditionType",
        ignore("scenario", *STEPS, "runConditionType"),
    ),
    "all retries mean the same": (
        f"{NIGHTLY}params/steps/0/maxRetriesOnFail",
        set_in("scenario", "constants", (*STEPS, "maxRetriesOnFail"), (0, 3)),
    ),
    "scripts are dropped": ("scenarios/MONTH_END.py", drop_script),
    "items are ignored": (f"{ZONE}items", ignore("flow_zone", "items")),
    "types of items are ignored": (
        f"{ZONE}items/1",
        ignore("flow_zone", "items", "objectType"),
    ),
    "shared items are ignored": (f"{ZONE}shared", ignore("flow_zone", "shared")),
    "items are ordered": (f"{ZONE}items", order_sets),
    "colors are ignored": (f"{ZONE}color", ignore("flow_zone", "color")),
    "local variables are ignored": (
        "localvariables.json: root",
        ignore("variables", "local"),
    ),
    "a variable is taken for bookkeeping": (
        "variables.json: versionTag",
        ignore("variables", "standard", "versionTag"),
    ),
    "active versions are ignored": (
        f"{MODEL}activeVersion",
        ignore("saved_model", "activeVersion"),
    ),
    "training settings are ignored": (
        f"{MODEL}miniTask/modeling",
        ignore("saved_model", "miniTask"),
    ),
    "versions of agents are ignored": (
        "saved_models/Ag5Tq0vN.json: inlineVersions/0/tools",
        ignore("agent", "versions"),
    ),
    "parameters of tools are ignored": (
        "agent-tools/Tl9pXe1.json: params",
        ignore("agent_tool", "params"),
    ),
    "embeddings are ignored": (
        "knowledge-banks/Kb6Hj3mW.json: embeddingLLMId",
        ignore("knowledge_bank", "embeddingLLMId"),
    ),
    "connections of folders are ignored": (
        "managed_folders/Fd83kQ1z.json: params/connection",
        ignore("managed_folder", "params"),
    ),
    "homepages are ignored": (
        "app-manifest.json: homepageSections",
        ignore("app_manifest", "homepageSections"),
    ),
}
"""Each with the beginning of the edits that it concerns."""


def edits_at(beginning):
    """Return the edits whose file and path begin so, if both know the type."""
    edits = [edit for edit in EDITS if str(edit).startswith(beginning)]
    assert edits
    return [edit for edit in edits if edit.resource_type in TYPES]


@pytest.mark.parametrize(
    "mutation", [name for name, (at, _) in EDIT_MUTATIONS.items() if edits_at(at)]
)
def test_mutation_is_detected_in_an_edit(mutation, synced, monkeypatch):
    concerned, mutate = EDIT_MUTATIONS[mutation]
    mutate(monkeypatch)
    assert any(disputed(synced, edits_at(concerned)))


EDIT_TABLES = {
    "scenario": ("volatile", "constants"),
    "flow_zone": ("volatile", "sets"),
}
"""The library's tables of noise, by type."""

NOT_IN_GIT = {(*STEPS, "rawParams")} | {
    (name,) for name in "running nextRun start lastModifiedOn createdOn".split()
}
"""What only the API has."""

EDIT_ENTRIES = [
    pytest.param(name, table, entry, id=f"{name} {table}: {label(entry)}")
    for name, tables in EDIT_TABLES.items()
    for table in tables
    for entry in getattr(kind_of(name), table)
    if entry not in NOT_IN_GIT
]


@pytest.mark.parametrize(("name", "table", "entry"), EDIT_ENTRIES)
def test_each_table_entry_is_needed_in_an_edit(name, table, entry, synced, monkeypatch):
    edits = [
        edit
        for edit in EDITS
        if edit.resource_type == name and edit.names[: len(entry)] == entry
    ]
    entries = dict(getattr(kind_of(name), table))
    del entries[entry]
    monkeypatch.setattr(kind_of(name), table, entries)
    assert any(disputed(synced, edits))
