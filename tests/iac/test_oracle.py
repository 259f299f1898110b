"""The oracle agrees with what people wrote down, without the library."""

import json
from collections import Counter
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

import pytest

from dataikuapi.iac.sandbox import sample_folder
from iac import oracle
from iac.claims import DOCUMENTS, FILES, IN_EVERY_PROJECT, OBJECT_AT, id_of
from iac.conftest import REAL_PROJECTS
from iac.edits import EDITS
from iac.histories import KEY, SAMPLE_MAPS, file_maps, files_in, path_of


def test_oracle_does_not_use_the_library():
    for path in Path(oracle.__file__).parent.glob("*.py"):
        assert "dataikuapi" not in path.read_text("utf-8"), path


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
    20 ~flow_zone.q7LmT2a ~tag_palette ~variables
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


TEXTS = (".py", ".sql", ".md", ".html", ".css", ".js")
"""Extensions of files that are not JSON."""


def test_sample_history_ends_at_the_sample():
    files = SAMPLE_MAPS[-1]
    folder = sample_folder()
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).as_posix() for path in found} == files.keys()
    for path in found:
        expected, text = files[path.relative_to(folder).as_posix()], path.read_bytes()
        if path.suffix in TEXTS or not text:
            assert expected == text, path
        else:
            # Compare as text, because 1, 1.0 and true are equal in Python.
            assert json.dumps(json.loads(expected), sort_keys=True) == json.dumps(
                json.loads(text), sort_keys=True
            ), path


# Edits of single objects


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_oracle_agrees_with_the_hand_written_verdict(edit):
    before, after = oracle.objects(KEY, FILES), oracle.objects(KEY, edit.applied())
    assert oracle.changes(before, after) == edit.changes


@pytest.mark.parametrize("file", DOCUMENTS)
def test_oracle_agrees_that_a_file_is_an_object(file):
    rest = {path: content for path, content in FILES.items() if path != file}
    # The sample is an application, and so has a manifest in any case.
    has_always = {*IN_EVERY_PROJECT, "app_manifest"}
    sign = "~" if OBJECT_AT[file] in has_always else "-"
    found = oracle.changes(oracle.objects(KEY, FILES), oracle.objects(KEY, rest))
    assert found == [f"{sign} {id_of(file)}"]


# Real projects

COUNTS = {
    "small-demofolder": "dataset 3 recipe 2 flow_zone 3",
    "chess-openings": """
        dataset 18 recipe 15 scenario 1 managed_folder 1 flow_zone 4 app_manifest 1
        """,
    "loan-advisor": """
        dataset 15 recipe 10 managed_folder 2 saved_model 1 agent 1 flow_zone 5
        agent_tool 4 knowledge_bank 1
        """,
    "customer-value": """
        dataset 23 recipe 19 scenario 1 managed_folder 1 saved_model 2 flow_zone 5
        """,
    "sakura-jp": "dataset 39 recipe 32 scenario 1 saved_model 3 flow_zone 4",
    "insurance-fraud": """
        dataset 40 recipe 33 scenario 3 saved_model 5 flow_zone 3 evaluation_store 1
        app_manifest 1
        """,
}
"""How many objects each project has, as its description says."""

CHANGED_IN_HISTORY = {
    "customer-value": """
        project 8 dataset 72 recipe 70 scenario 7 flow_zone 34 variables 5
        managed_folder 3 saved_model 4 tag_palette 3
        """,
    "loan-advisor": """
        project 10 dataset 56 recipe 19 flow_zone 25 managed_folder 1 agent 19
        evaluation_store 1 knowledge_bank 9 agent_tool 67 tag_palette 1
        """,
}
"""How many objects really change over all steps, of each type."""

LEFT_OUT = {
    "filters.json": "views of the flow that people have saved",
    "badges.json": "derived from the objects",
    "active-bundle.json": "which bundle was activated last",
    "model_comparisons/*": "not read by the library",
}
"""Documents that are no object's configuration."""


def counts_of(text):
    """Return the counts by type in a text."""
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def type_of(resource_id):
    return resource_id.partition(".")[0]


@pytest.mark.parametrize("name", COUNTS)
def test_oracle_finds_the_objects_of_a_real_project(name):
    folder = REAL_PROJECTS / name
    if not folder.exists():
        pytest.skip(f"no project at {folder}")
    files = files_in(folder)
    found = oracle.objects(KEY, files)
    in_every_project = {"project": 1, "variables": 1, "tag_palette": 1}
    assert Counter(map(type_of, found)) == {
        **in_every_project,
        **counts_of(COUNTS[name]),
    }
    for path in files.keys() - {"params.json"}:
        rest = {other: content for other, content in files.items() if other != path}
        is_read = oracle.changes(found, oracle.objects(KEY, rest)) != []
        is_left_out = any(fnmatch(path, pattern) for pattern in LEFT_OUT)
        if path.endswith(".json") and files[path].strip() != b"{}":
            assert is_read is not is_left_out, path


@pytest.mark.parametrize("name", CHANGED_IN_HISTORY)
def test_oracle_counts_the_changes_of_a_real_history(name):
    path = path_of(name)
    if not path.exists():
        pytest.skip(f"no history at {path}")
    tables = [oracle.objects(KEY, files) for files in file_maps(path)]
    steps = [oracle.changes(before, after) for before, after in pairwise(tables)]
    found = Counter(type_of(line[2:]) for lines in steps for line in lines)
    assert found == counts_of(CHANGED_IN_HISTORY[name])
