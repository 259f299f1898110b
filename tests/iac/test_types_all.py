"""What counts as configuration in documents of any type, and who changed it last."""

import copy
import re
import textwrap
from datetime import datetime, timezone
from pathlib import Path

import pytest

import dataikuapi.iac
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.sandbox.kinds.registry import KINDS
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.cleaning import metadata_of
from dataikuapi.iac.types.references import FLOW_TYPES, types_of_dss_object
from iac.documents import (
    TAG,
    dataset_attributes,
    nested,
    project,
    recipe_attributes,
    visual,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


# Rules for all types

EVERY_TYPE = pytest.mark.parametrize(
    "attributes_of",
    [
        pytest.param(dataset_attributes, id="dataset"),
        pytest.param(lambda raw: recipe_attributes(raw, None), id="recipe"),
        pytest.param(
            lambda raw: project(metadata=raw, settings={"settings": raw}), id="project"
        ),
    ],
)


@EVERY_TYPE
@pytest.mark.parametrize("field", ["createdOn", "createdBy", "stateChangedOn"])
def test_bookkeeping_of_checklists_is_left_out(attributes_of, field):
    item = {"done": True, "text": "check it"}
    noisy = {"checklists": {"checklists": [{"id": "c", "items": [{**item, field: 1}]}]}}
    clean = attributes_of(noisy)["checklists"]
    assert clean == {"checklists": [{"id": "c", "items": [item]}]}


@EVERY_TYPE
def test_tags_are_sorted(attributes_of):
    assert attributes_of({"tags": ["b", "a", "B"]})["tags"] == ["B", "a", "b"]


@EVERY_TYPE
def test_input_is_not_changed(attributes_of):
    raw = {
        "tags": ["b", "a"],
        "versionTag": TAG,
        "params": {"password": "e:AES:abc", "share": 50.0, "uploadBoxId": "x"},
        "schema": {"columns": [], "userModified": True},
        "checklists": {"checklists": [{"items": [{"createdOn": 1}]}]},
        "flowOptions": {},
    }
    before = copy.deepcopy(raw)
    attributes_of(raw)
    assert raw == before


@EVERY_TYPE
def test_changing_the_result_does_not_change_the_input(attributes_of):
    raw = {"customFields": {"a": [1]}, "checklists": {"checklists": [{"items": []}]}}
    before = copy.deepcopy(raw)
    result = attributes_of(raw)
    result["customFields"]["a"].append(2)
    result["checklists"]["checklists"][0]["items"].append(2)
    assert raw == before


@pytest.mark.parametrize(
    "raw, expected",
    [
        pytest.param(50.0, 50, id="float without a fraction"),
        pytest.param(-3.0, -3, id="negative"),
        pytest.param(0.0, 0, id="zero"),
        pytest.param(0.5, 0.5, id="fraction"),
        pytest.param(2.0**53 - 1, 2**53 - 1, id="last exact one"),
        pytest.param(2.0**53, 2.0**53, id="first inexact one"),
        pytest.param(2.0**60, 2.0**60, id="large"),
        pytest.param(-(2.0**60), -(2.0**60), id="large negative"),
        pytest.param(1e300, 1e300, id="huge"),
        pytest.param(True, True, id="boolean"),
        pytest.param("50.0", "50.0", id="text"),
        pytest.param([{"a": 2.0}], [{"a": 2}], id="deep inside"),
        pytest.param("e:AES:Zm9v", "<encrypted>", id="ciphertext"),
        pytest.param(["e:AES:Zm9v"], ["<encrypted>"], id="ciphertext in a list"),
        pytest.param("see e:AES:Zm9v", "see e:AES:Zm9v", id="prefix inside a text"),
        pytest.param("e:AES", "e:AES", id="less than the prefix"),
    ],
)
@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(lambda v: dataset_attributes(nested("params.x", v)), id="dataset"),
        pytest.param(
            lambda v: recipe_attributes(nested("params.x", v), None), id="recipe"
        ),
        pytest.param(lambda v: {"params": visual({"x": v})}, id="payload"),
        pytest.param(
            lambda v: {"params": project(settings=nested("settings.x", v))["settings"]},
            id="project",
        ),
    ],
)
def test_values_that_mean_the_same_are_the_same(kept, raw, expected):
    value = kept(raw)["params"]["x"]
    assert (type(value), value) == (type(expected), expected)


# Who changed it last


def test_metadata_tell_who_changed_it_last():
    metadata = metadata_of(
        {"versionTag": TAG, "creationTag": {"lastModifiedOn": 1735689600000}},
        NOON,
        "robot",
    )
    assert (metadata.deployed_at, metadata.deployed_by) == (NOON, "robot")
    assert (metadata.last_modified_by, metadata.version_number) == ("bob", 3)
    moment = datetime(2026, 1, 1, 12, microsecond=250_000, tzinfo=timezone.utc)
    assert metadata.last_modified_at == moment
    assert metadata.created_at == datetime(2025, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no tags"),
        pytest.param({"versionTag": None, "creationTag": None}, id="null"),
        pytest.param({"versionTag": {}, "creationTag": {}}, id="empty"),
        pytest.param({"versionTag": {"lastModifiedBy": None}}, id="nobody"),
    ],
)
def test_metadata_are_empty_where_dss_does_not_tell(document):
    metadata = metadata_of(document, NOON, "robot")
    assert (metadata.last_modified_by, metadata.last_modified_at) == (None, None)
    assert (metadata.version_number, metadata.created_at) == (None, None)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in TYPES.values() if kind.volatile_anywhere],
    ids=lambda kind: kind.name,
)
def test_what_the_page_of_an_object_writes_is_noise_in_every_type(kind):
    member = kind.kept[()].names[0] if () in kind.kept else "x"
    attributes: dict[str, JSON] = {member: [{"$$hashKey": "object:12"}]}
    assert kind.without_noise(attributes)[member] == [{}]


@pytest.mark.parametrize(
    ("name", "part"), [("variables", "standard"), ("tag_palette", "tags")]
)
def test_variable_or_tag_may_have_any_name(name, part):
    attributes: dict[str, JSON] = {part: {"$$hashKey": "mine"}}
    assert TYPES[name].without_noise(attributes) == attributes


# The guide to a new type

ROOT = Path(dataikuapi.iac.__file__).parent


def test_examples_in_the_guide_are_the_code():
    guide = (ROOT.parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    section = guide.partition("## Add a resource type")[2].partition("\n## ")[0]
    pattern = re.compile(r"^   ```python\n(.*?)^   ```$", re.DOTALL | re.MULTILINE)
    examples = pattern.findall(section)
    code = "".join(
        (ROOT / folder / "streaming_endpoint.py").read_text("utf-8")
        for folder in ("types", "sandbox/kinds")
    )
    assert len(examples) == 2
    assert [text for text in examples if textwrap.dedent(text) not in code] == []


def test_tables_of_references_know_what_is_in_the_flow():
    in_flow = {name for name, kind in TYPES.items() if kind.writing.takes_recipes}
    assert set(FLOW_TYPES) == in_flow


def test_every_type_in_a_zone_is_known_by_what_dss_calls_it():
    known = {kind.object_type for kind in KINDS if kind.object_type}
    not_referred_to = {"SQL_NOTEBOOK"}
    assert {name for name in known if not types_of_dss_object(name)} == not_referred_to
