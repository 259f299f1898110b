"""Sync is complete and quiet: whole histories of projects, against another opinion.

Every step of a history is loaded into the sandbox and read by the real client. What the
library calls changed has to be what ``oracle.py`` calls changed, which knows only the
files: no more (precision), no less (recall).
"""

import json
from pathlib import Path

import pytest

import dataikuapi.iac.sandbox
from dataikuapi import DSSClient
from dataikuapi.iac import ChangeType, DiffEngine, LocalFileBackend, StateManager
from dataikuapi.iac.diff import apply_changes
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.sandbox import ProjectStore, sample_folder
from dataikuapi.iac.statefile.serialization import dumps, loads
from dataikuapi.iac.types import base, cleaning, dataset, project, recipe
from iac import oracle
from iac.conftest import REAL_PROJECTS

KEY = "ORDERS_DEMO"
SAMPLES = Path(dataikuapi.iac.sandbox.__file__).parent / "samples"
SAMPLE_HISTORY = SAMPLES / "ORDERS_DEMO.history.jsonl"

# Name, steps, and how many objects really change: an empty proof is none.
HISTORIES = [
    ("ORDERS_DEMO", 30, 37),
    ("customer-value", 200, 151),
    ("loan-advisor", 200, 85),
]


def read_history(path):
    """Return the changes of each line; the first holds the whole project."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["changes"] for line in lines]


def file_maps(path):
    """Return the project's files after each line."""
    files, maps = {}, []
    for changes in read_history(path):
        files = {**files, **{name: as_bytes(item) for name, item in changes.items()}}
        files = {name: item for name, item in files.items() if item is not None}
        maps.append(files)
    return maps


def as_bytes(content):
    """Return a file as DSS writes it; ``None`` for one that is deleted."""
    if content is None or isinstance(content, str):
        return None if content is None else content.encode("utf-8")
    return json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8")


SAMPLE_CHANGES, SAMPLE_MAPS = read_history(SAMPLE_HISTORY), file_maps(SAMPLE_HISTORY)


@pytest.fixture(scope="module")
def synced(serve, tmp_path_factory):
    """Return a function that puts files into a DSS and reads the project from it.

    Two workers, for the sandbox is in this process: more only wait for each other.
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
    """Return what the library calls changed, as sign and id."""
    diffs = DiffEngine().diff(old, new)
    for diff in diffs:
        if diff.change_type is ChangeType.MODIFIED:
            made = apply_changes(diff.old_resource.attributes, diff.changes)
            assert json_equal(made, diff.new_resource.attributes), diff
    return sorted(
        str(diff) for diff in diffs if diff.change_type is not ChangeType.UNCHANGED
    )


@pytest.mark.parametrize(
    ("name", "steps", "floor"),
    [pytest.param(*history, id=history[0]) for history in HISTORIES],
)
def test_what_is_reported_is_what_changed(name, steps, floor, synced, capsys):
    path = SAMPLE_HISTORY if name == KEY else REAL_PROJECTS / f"{name}.history.jsonl"
    if not path.exists():
        pytest.skip(f"no history at {path}")
    maps = file_maps(path)
    state, known = synced(maps[0]), oracle.objects(KEY, maps[0])
    assert state.resources.keys() == known.keys()
    real = told = both = 0
    wrong = {}
    for step, files in enumerate(maps[1:], start=1):
        old, before = state, known
        state, known = synced(files), oracle.objects(KEY, files)
        found, expected = reported(old, state), oracle.changes(before, known)
        real, told = real + len(expected), told + len(found)
        both += len(set(found) & set(expected))
        if found != expected:
            wrong[step] = set(found) ^ set(expected)
        stored = dumps(state)
        loaded = loads(stored)
        assert loaded == state and reported(loaded, state) == []
        assert b"<secret" not in stored, "a masked value: its change would not show"
    assert wrong == {}
    assert len(maps) - 1 == steps and real >= floor
    recall, precision = both / real, both / told
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
"""By hand, from what each step was written for; a step without anything is noise."""


def test_the_oracle_says_of_the_sample_what_a_person_says():
    tables = [oracle.objects(KEY, files) for files in SAMPLE_MAPS]
    said, step = {}, 0
    for word in CHANGED.split():
        if word.isdigit():
            step = int(word)
            said[step] = []
        else:
            kind, _, name = word[1:].partition(".")
            name = {"scores": "recipe from notebook maria's scores"}.get(name, name)
            said[step].append(f"{word[0]} {kind}.{KEY}{name and '.'}{name}")
    for step, (before, after) in enumerate(zip(tables, tables[1:]), start=1):
        assert oracle.changes(before, after) == said.pop(step), step
    assert said == {}


def test_the_samples_history_ends_at_the_sample():
    files = SAMPLE_MAPS[-1]
    folder = sample_folder()
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).as_posix() for path in found} == files.keys()
    for path in found:
        ours, text = files[path.relative_to(folder).as_posix()], path.read_bytes()
        if path.suffix in (".py", ".sql") or not text:
            assert ours == text, path
        else:
            # As texts: 1, 1.0 and true are equal in Python.
            assert json.dumps(json.loads(ours), sort_keys=True) == json.dumps(
                json.loads(text), sort_keys=True
            ), path


def test_the_oracle_knows_nothing_of_the_library():
    assert "dataikuapi" not in Path(oracle.__file__).read_text("utf-8")


# Planted mistakes: each has to show in the sample's history.


def touched(step, files):
    """Return the files of the project and of the objects that a step touches."""
    stems = {name.rpartition(".")[0] for name in SAMPLE_CHANGES[step]} | {"params"}
    return {
        name: content
        for name, content in files.items()
        if name.rpartition(".")[0] in stems
    }


def disagreements(synced, steps):
    """Yield the steps at which library and oracle differ."""
    for step in steps:
        before = touched(step, SAMPLE_MAPS[step - 1])
        after = touched(step, SAMPLE_MAPS[step])
        found = reported(synced(before), synced(after))
        known = oracle.objects(KEY, before), oracle.objects(KEY, after)
        if found != oracle.changes(*known):
            yield step


class Everything:
    """A set that has everything in it, or what begins with a certain text."""

    def __init__(self, prefix=""):
        self.prefix = prefix

    def __contains__(self, item):
        return item.startswith(self.prefix)


def as_it_is(value, *_):
    return value


def ignoring(key):
    """Return a mistake: a key that is configuration counts for nothing."""

    def plant(monkeypatch):
        for table in (cleaning.IGNORED_IN_ALL, dataset.DatasetType.ignored):
            monkeypatch.setitem(table, (key,), "planted")

    return plant


def replacing(modules, name, value):
    """Return a mistake: a function or a table is another one."""

    def plant(monkeypatch):
        for module in modules:
            monkeypatch.setattr(module, name, value)

    return plant


def dropping_every_dollar(monkeypatch):
    monkeypatch.setattr(recipe, "_UI_STATE", Everything("$"))
    monkeypatch.setattr(recipe, "KEYED_BY_COLUMN", frozenset())


MISTAKES = {
    "the payload is dropped": (4, replacing([recipe], "_payload", as_it_is)),
    "params of datasets count for nothing": (1, ignoring("params")),
    "params of recipes count for nothing": (15, ignoring("params")),
    "schemas count for nothing": (7, ignoring("schema")),
    "outputs of recipes count for nothing": (26, ignoring("outputs")),
    "descriptions count for nothing": (8, ignoring("description")),
    "settings count for nothing": (13, ignoring("settings")),
    "permissions count for nothing": (14, ignoring("permissions")),
    "checklists of projects count for nothing": (30, ignoring("checklists")),
    "checklists of datasets count for nothing": (22, ignoring("checklists")),
    "tags of datasets are in order": (
        3,
        replacing([base], "sorted_tags", as_it_is),
    ),
    "tags of recipes are in order": (3, replacing([base], "sorted_tags", as_it_is)),
    "tags of projects are in order": (
        3,
        replacing([project], "sorted_tags", as_it_is),
    ),
    "every key with a dollar is dropped": (7, dropping_every_dollar),
    "columns are taken for keys of the screen": (
        8,
        replacing([recipe], "KEYED_BY_COLUMN", frozenset()),
    ),
    "visual payloads are compared as text": (
        24,
        replacing([recipe], "CODE_RECIPES", Everything()),
    ),
    "50.0 is not 50 in payloads": (
        9,
        replacing([recipe], "normalize_numbers", as_it_is),
    ),
    "90.0 is not 90 in recipes": (
        16,
        replacing([base], "normalize_numbers", as_it_is),
    ),
    "1.0 is not 1 in datasets": (
        10,
        replacing([base], "normalize_numbers", as_it_is),
    ),
    "0.0 is not 0 in projects": (
        3,
        replacing([project], "normalize_numbers", as_it_is),
    ),
    "ciphertexts are compared": (16, replacing([base, recipe], "redact", as_it_is)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_shows(mistake, synced, monkeypatch):
    step, plant = MISTAKES[mistake]
    assert list(disagreements(synced, [step])) == []
    plant(monkeypatch)
    assert list(disagreements(synced, [step])) == [step]


TABLES = {
    "ignored in all": (cleaning.IGNORED_IN_ALL, [3, 21]),
    "ignored in datasets": (dataset.DatasetType.ignored, [2, 10, 16, 21]),
    "datasets' defaults": (dataset.DatasetType.defaults, [3, 21]),
    "datasets' defaults in the flow": (dataset._FLOW_DEFAULTS, [21]),
    "datasets' defaults in params": (dataset._PARAMS_DEFAULTS, [3]),
    "recipes' defaults": (recipe.RecipeType.defaults, [3, 21]),
    "prepare recipes' UI state": (recipe._PREPARE_UI_STATE, [10]),
}
"""The library's rules, and the steps of noise that each entry keeps quiet."""

NOT_IN_A_HISTORY = {
    # Follows from the name; and checks are a list in each project that we have.
    "ignored in all": {("smartName",)},
    "ignored in datasets": {("smartName",), ("checks", "displayedState")},
    # DSS always writes these.
    "datasets' defaults": set("name type params schema formatType tags".split()),
    "recipes' defaults": set("name type inputs outputs tags".split()),
}


def label(entry):
    """Return a path as one word."""
    return entry if isinstance(entry, str) else ".".join(entry)


ENTRIES = [
    pytest.param(name, entry, id=f"{name}: {label(entry)}")
    for name, (table, _) in TABLES.items()
    for entry in table
    if entry not in NOT_IN_A_HISTORY.get(name, ())
]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_each_rule_is_needed(name, entry, synced, monkeypatch):
    table, steps = TABLES[name]
    monkeypatch.delitem(table, entry)
    assert any(disagreements(synced, steps))


# A prepare recipe's screen state is left out before its keys are looked at.
@pytest.mark.parametrize("key", sorted(recipe._UI_STATE - {"_refreshTrigger"}))
def test_each_key_of_the_screen_is_needed(key, synced, monkeypatch):
    monkeypatch.setattr(recipe, "_UI_STATE", recipe._UI_STATE - {key})
    assert any(disagreements(synced, [9, 10]))
