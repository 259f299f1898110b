"""Changes of attributes are put into what DSS returned; nothing else moves there."""

import copy
import random
from typing import Any

import pytest

from dataikuapi.iac import UnsupportedValueError
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.sources import open_files
from dataikuapi.iac.types import TYPES, resource_from
from dataikuapi.iac.types.lookup import without_noise
from dataikuapi.iac.types.rewriting import rewritten

EDITS = 3
"""Of each object."""

FIXED = {"type", "name", "id", "projectKey", "savedModelType", "taskType", "tags"}
"""Members that make an object another one, or have a form of their own."""


def paths(value, path=()):
    """Yield the paths of all values."""
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from paths(item, (*path, name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from paths(item, (*path, position))


def at(value, path):
    for part in path:
        value = value[part]
    return value


def edited(attributes, chance):
    """Return attributes with one edit, as a person could make it."""
    found = copy.deepcopy(attributes)
    places = [path for path in paths(found) if path and path[0] not in FIXED]
    path = chance.choice(places or [()])
    if not path:
        return found
    parent, name = at(found, path[:-1]), path[-1]
    value = parent[name]
    is_inside = len(path) > 2 and isinstance(parent, dict) and name != "source"
    if is_inside and chance.random() < 0.2:
        del parent[name]
    elif isinstance(value, bool):
        parent[name] = not value
    elif isinstance(value, int):
        parent[name] = value + 1
    elif isinstance(value, str):
        parent[name] = f"{value}_x"
    elif isinstance(value, list) and value:
        item = copy.deepcopy(value[-1])
        if isinstance(item, dict):
            item = {key: f"{x}_y" if key == "name" else x for key, x in item.items()}
        chance.choice([value.pop, lambda: value.insert(0, item)])()
    elif isinstance(value, dict):
        value["anOption"] = "new"
    return found


def test_edits_of_real_objects(project_folder):
    """Whatever is edited, DSS then has that, and is told nothing else."""
    source = open_files(str(project_folder))
    chance = random.Random(7)
    tried = 0
    for resource in source.read():
        kind, rid = TYPES[resource.resource_type], ResourceId.parse(
            resource.resource_id
        )
        if kind.layout is None:
            continue
        documents = kind.layout.documents(
            source.files, rid.project_key, rid.resource_name
        )
        original = copy.deepcopy(documents)
        for _ in range(EDITS):
            wanted = without_noise(kind.name, edited(resource.attributes, chance))
            found = rewritten(kind, documents, resource.attributes, wanted)
            assert resource_from(kind, rid, found).attributes == wanted, rid
            tried += not json_equal(wanted, resource.attributes)
        assert documents == original
        same = rewritten(kind, documents, resource.attributes, resource.attributes)
        assert same == documents
    assert tried > 20


RECIPE, DATASET = TYPES["recipe"], TYPES["dataset"]


def put(kind, documents, **changes):
    """Return the documents after changes of attributes at the top."""
    rid = ResourceId(kind.name, "SHOP", "x")
    before = resource_from(kind, rid, documents).attributes
    return rewritten(kind, documents, before, {**before, **changes})


def dataset(**members: Any) -> dict[str, Any]:
    return {"document": {"name": "x", "type": "Inline", **members}}


def test_what_no_type_models_stays():
    """Screen state, bookkeeping, unknown fields, and the form of numbers."""
    documents = dataset(
        versionTag={"versionNumber": 3},
        params={"size": 50.0, "$$hashKey": "object:7", "deep": {"a": 1}},
        somethingNew={"b": 2},
    )
    found = put(DATASET, documents, params={"size": 50, "deep": {"a": 2}})
    expected = copy.deepcopy(documents)
    expected["document"]["params"]["deep"]["a"] = 2
    assert found == expected


def test_secrets_stay():
    documents = dataset(params={"password": "hunter2hunter2", "path": "a"})
    found = put(DATASET, documents, params={"password": "<secret>", "path": "b"})
    params = {"password": "hunter2hunter2", "path": "b"}
    assert found["document"]["params"] == params


def test_secrets_beside_edits_of_a_list_stay():
    items = [{"key": "a", "password": "hunter2hunter2"}, {"key": "b"}]
    documents = dataset(params={"items": items})
    masked = [{"key": "a", "password": "<secret>"}, {"key": "c"}]
    found = put(DATASET, documents, params={"items": masked})
    assert found["document"]["params"]["items"] == [items[0], {"key": "c"}]


def test_secret_that_would_be_lost_is_an_error():
    """Rather than to write what masks it."""
    documents = dataset(params={"password": "hunter2hunter2"})
    with pytest.raises(UnsupportedValueError, match="a secret that DSS alone has"):
        put(DATASET, documents, params={"other": {"password": "<secret>"}})


def test_order_of_a_set_stays_as_dss_has_it():
    documents = dataset(tags=["b", "a"])
    assert put(DATASET, documents, tags=["a", "b", "c"])["document"]["tags"] == [
        "b",
        "a",
        "c",
    ]


def recipe(payload: str, recipe_type: str = "shaker") -> dict[str, Any]:
    return {"document": {"name": "x", "type": recipe_type}, "payload": payload}


def test_payload_is_edited_within_its_text():
    documents = recipe(
        '{"steps": [{"a": 1, "metaType": "x"}], "explorationFilters": []}'
    )
    resource = resource_from(RECIPE, ResourceId("recipe", "SHOP", "x"), documents)
    payload: Any = copy.deepcopy(resource.attributes["payload"])
    payload["steps"][0]["a"] = 2
    found = put(RECIPE, documents, payload=payload)
    assert '"a": 2' in found["payload"]
    assert "explorationFilters" in found["payload"]


def test_script_is_replaced():
    assert put(RECIPE, recipe("print(1)", "python"), payload="print(2)") == recipe(
        "print(2)", "python"
    )


def test_script_that_was_empty_is_written():
    found = put(RECIPE, recipe("", "python"), payload="print(2)")
    assert found["payload"] == "print(2)"
