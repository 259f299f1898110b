"""Overlays: what environments have instead of what the code says."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataikuapi.iac import DiffEngine, OverlayError, Resource
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.overlay import NO_OVERLAY, Overlay, Patch, apply_overlay
from dataikuapi.iac.overlay import remove_overlay as without
from dataikuapi.iac.overlay.places import name_places
from dataikuapi.iac.sources.project_files import read_project_files
from iac.histories import files_in
from iac.kind_files import kind_files
from iac.pulling import KEY, checksums, dataset, recipe, state_of, variables

PROD = Overlay(
    connections={"snow_dev": "snow_prod"},
    code_envs={"py39": "py39_prod"},
    variables={"threshold": 3},
    patches=(Patch("dataset.*", "/params/schema", "PROD"),),
)
ORDERS = dataset("orders", params={"connection": "snow_dev", "schema": "DEV"})
SCORE = recipe(
    "score", params={"envSelection": {"envMode": "EXPLICIT_ENV", "envName": "py39"}}
)
VARIABLES = variables({"threshold": 1, "region": "eu"}, {})
CODE = state_of(ORDERS, SCORE, VARIABLES)


def changes(old, new):
    """Return what differs, by id."""
    return {
        diff.resource_id: list(map(str, diff.changes))
        for diff in DiffEngine().diff(old, new)
        if diff.has_changed
    }


def attributes_in(state, resource_id):
    return state[resource_id].attributes


# Forward


def test_environment_has_its_own_names_and_values():
    found = apply_overlay(CODE, PROD)
    assert found.unmatched == ()
    assert attributes_in(found.state, "dataset.SHOP.orders")["params"] == {
        "connection": "snow_prod",
        "schema": "PROD",
    }
    selection = attributes_in(found.state, "recipe.SHOP.score")["params"]
    assert selection["envSelection"]["envName"] == "py39_prod"
    assert attributes_in(found.state, f"variables.{KEY}")["standard"] == {
        "threshold": 3,
        "region": "eu",
    }


def test_code_is_not_modified():
    before = json.dumps([item.attributes for item in CODE])
    found = apply_overlay(CODE, PROD)
    assert json.dumps([item.attributes for item in CODE]) == before
    for item in found.state:
        assert item.metadata.checksum != CODE[item.resource_id].metadata.checksum or (
            item.attributes == CODE[item.resource_id].attributes
        )


def test_connection_of_an_llm_is_replaced_inside_its_id():
    bank = Resource(
        "knowledge_bank",
        f"knowledge_bank.{KEY}.kb",
        {"embeddingLLMId": "openai:snow_dev:gpt"},
    )
    found = apply_overlay(state_of(bank, types=("project", "knowledge_bank")), PROD)
    attributes = attributes_in(found.state, bank.resource_id)
    assert attributes["embeddingLLMId"] == "openai:snow_prod:gpt"
    back = without(found.state, PROD, state_of())
    assert checksums(back)[bank.resource_id] == bank.metadata.checksum


TRAINING = {
    "envName": "py39",
    "envSelection": {"envMode": "EXPLICIT_ENV", "envName": "py39"},
    "core": {
        "executionParams": {
            "envName": "py39",
            "envSelection": {"envMode": "INHERIT", "envName": "py39"},
        }
    },
}
UPLOAD = {"uploadConnection": "snow_dev"}


def test_names_are_replaced_wherever_a_member_has_them():
    train = recipe("train", TRAINING, "prediction_training")
    upload = dataset("upload", params=UPLOAD)
    tile = {"exportParams": {"destinationDatasetConnection": "snow_dev"}}
    attributes = json.loads(json.dumps({"tiles": [tile]}))
    app = Resource("app_manifest", f"app_manifest.{KEY}", attributes)
    # People chose the names of variables.
    own = variables({"connection": "snow_dev"}, {})
    code = state_of(train, upload, app, own)
    found = apply_overlay(code, replace(PROD, patches=())).state
    for item in (train, upload, app):
        text = json.dumps(item.attributes)
        for name in ("py39", "snow_dev"):
            new = {"py39": "py39_prod", "snow_dev": "snow_prod"}[name]
            text = text.replace(f'"{name}"', f'"{new}"')
        assert json.dumps(attributes_in(found, item.resource_id)) == text
    standard = attributes_in(found, own.resource_id)["standard"]
    assert standard["connection"] == "snow_dev"
    for base in (code, state_of(own)):
        back = without(found, replace(PROD, patches=()), base)
        assert checksums(back) == checksums(code)


def test_name_that_is_left_over_is_no_error():
    """Nobody keeps it as it should be."""
    overlay = Overlay({}, {"py39": "py39_prod", "a": "one", "b": "one"})
    selected = {"envMode": "EXPLICIT_ENV", "envName": "py39_prod"}
    for left in ("py39", "one"):
        payload = {"envName": left, "envSelection": selected}
        live = state_of(recipe("train", payload, "prediction_training"))
        back = attributes_in(without(live, overlay, state_of()), "recipe.SHOP.train")
        assert back["payload"]["envSelection"]["envName"] == "py39"
        assert back["payload"]["envName"] != "one"


def test_patch_overrules_what_may_be_a_name():
    patch = Patch("dataset.*", "/params/uploadConnection", "mine")
    code = state_of(dataset("upload", params=UPLOAD))
    found = apply_overlay(code, replace(PROD, patches=(patch,))).state
    assert attributes_in(found, "dataset.SHOP.upload")["params"] == {
        "uploadConnection": "mine"
    }


def test_variable_and_member_that_the_code_lacks_are_added():
    code = state_of(dataset("orders"), variables({}, {}))
    found = apply_overlay(code, PROD).state
    assert attributes_in(found, "dataset.SHOP.orders")["params"] == {"schema": "PROD"}
    assert attributes_in(found, f"variables.{KEY}")["standard"] == {"threshold": 3}


def test_variables_of_dss_are_left_as_they_are():
    path = "/${projectKey}/${region}"
    code = state_of(dataset("orders", params={"path": path, "connection": "snow_dev"}))
    params = attributes_in(apply_overlay(code, PROD).state, "dataset.SHOP.orders")
    assert params["params"]["path"] == path


def test_what_matches_nothing_is_told():
    overlay = Overlay(
        {"nope": "x"},
        {"py27": "x"},
        {},
        (
            Patch("dataset.SHOP.nope", "/params/schema", 1),
            Patch("dataset.*", "/params/nope/deep", 1),
            Patch("dataset.*", "/params/0", 1),
        ),
    )
    found = apply_overlay(CODE, overlay)
    assert found.unmatched == (
        "connections.nope",
        "code_envs.py27",
        "patch[0]",
        "patch[1]",
    )


def test_variables_match_nothing_without_the_variables_of_a_project():
    found = apply_overlay(state_of(ORDERS, types=("project", "dataset")), PROD)
    assert "variables.threshold" in found.unmatched


@pytest.mark.parametrize(
    ("overlay", "names"),
    [
        (
            Overlay(
                patches=(
                    Patch("dataset.*", "/params/schema", 1),
                    Patch("dataset.SHOP.orders", "/params/schema", 2),
                )
            ),
            "patch[0] and patch[1]",
        ),
        (
            Overlay(
                patches=(
                    Patch("dataset.*", "/params", {}),
                    Patch("dataset.*", "/params/schema", 2),
                )
            ),
            "patch[0] and patch[1]",
        ),
        (
            Overlay(
                {"snow_dev": "x"},
                patches=(Patch("dataset.*", "/params/connection", 1),),
            ),
            "connections.snow_dev",
        ),
        (
            Overlay(
                variables={"region": 1},
                patches=(Patch("variables.SHOP", "/standard/region", 2),),
            ),
            "variables.region",
        ),
    ],
)
def test_value_that_two_entries_set_is_an_error(overlay, names):
    with pytest.raises(
        OverlayError, match=r"both set .* of (dataset|variables)"
    ) as info:
        apply_overlay(CODE, overlay)
    assert names in str(info.value)


def test_secret_that_an_overlay_sets_is_masked():
    overlay = Overlay(patches=(Patch("dataset.*", "/params/password", "hunter2"),))
    found = apply_overlay(CODE, overlay).state
    assert "hunter2" not in str(attributes_in(found, "dataset.SHOP.orders"))


def test_without_an_overlay_nothing_is_copied():
    assert apply_overlay(CODE, NO_OVERLAY).state is CODE
    assert without(CODE, NO_OVERLAY, CODE) is CODE


@pytest.mark.parametrize("pointer", ["params", "", "/a~2b", "/a~"])
def test_invalid_pointer_is_an_error(pointer):
    with pytest.raises(ValueError, match="JSON Pointer"):
        Patch("dataset.*", pointer, 1)


# Backward


def test_what_the_overlay_sets_is_never_taken_over():
    live = apply_overlay(CODE, PROD).state
    live["dataset.SHOP.orders"].attributes["params"] = {
        "connection": "snow_prod",
        "schema": "SOMEBODY",
        "table": "orders",
    }
    back = without(live, PROD, CODE)
    assert changes(CODE, back) == {"dataset.SHOP.orders": ["+ params.table"]}


def test_new_object_is_written_without_the_values_of_the_environment():
    new = dataset("new", params={"connection": "snow_prod", "schema": "PROD"})
    live = apply_overlay(CODE, PROD).state
    live.resources[new.resource_id] = new
    back = without(live, PROD, CODE)
    assert attributes_in(back, new.resource_id)["params"] == {"connection": "snow_dev"}


def test_variable_that_only_the_environment_has_is_not_taken_over():
    code = state_of(variables({}, {}))
    back = without(apply_overlay(code, PROD).state, PROD, code)
    assert attributes_in(back, f"variables.{KEY}")["standard"] == {}


def test_two_connections_that_are_one_in_the_environment_stay_two():
    overlay = Overlay({"a": "one", "b": "one"})
    code = state_of(
        dataset("x", params={"connection": "a"}),
        dataset("y", params={"connection": "b"}),
    )
    back = without(apply_overlay(code, overlay).state, overlay, code)
    assert checksums(back) == checksums(code)


def test_new_object_with_a_connection_of_two_names_is_an_error():
    overlay = Overlay({"a": "one", "b": "one"})
    live = state_of(dataset("x", params={"connection": "one"}))
    with pytest.raises(OverlayError, match="for each of a, b"):
        without(live, overlay, state_of())


def test_connection_that_the_code_cannot_name_is_an_error():
    live = state_of(dataset("x", params={"connection": "snow_dev"}))
    with pytest.raises(OverlayError, match=r"dataset\.SHOP\.x uses snow_dev"):
        without(live, PROD, state_of())


def test_connection_that_is_the_same_everywhere_stays():
    live = state_of(dataset("x", params={"connection": "files"}))
    assert without(live, PROD, state_of()) is not live
    assert checksums(without(live, PROD, state_of())) == checksums(live)


def test_names_that_are_swapped_are_swapped_back():
    overlay = Overlay({"a": "b", "b": "a"})
    code = state_of(dataset("x", params={"connection": "a"}))
    live = apply_overlay(code, overlay).state
    assert attributes_in(live, "dataset.SHOP.x")["params"]["connection"] == "b"
    assert checksums(without(live, overlay, state_of())) == checksums(code)


def test_item_of_a_list_in_a_new_object_is_an_error():
    overlay = Overlay(patches=(Patch("dataset.*", "/params/paths/0", "/prod"),))
    live = state_of(dataset("x", params={"paths": ["/prod"]}))
    with pytest.raises(OverlayError, match=r"patch\[0\] sets an item of a list"):
        without(live, overlay, state_of())


# Forward, then backward

NAMES = st.sampled_from(["a", "b", "é", "it's", "a:b", "a/b", "~1", "A", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "a"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["m", "n", ""]), inner, max_size=2),
    max_leaves=4,
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "connection": NAMES,
        "m": VALUES,
        "paths": st.lists(VALUES, max_size=2),
        "a/b": VALUES,
        "~": st.fixed_dictionaries({}, optional={"": VALUES, "0": VALUES}),
    },
)
PATCHES = st.builds(
    Patch,
    st.sampled_from(["dataset.*", "dataset.SHOP.x", "*"]),
    st.sampled_from(
        [
            *("/params/m", "/params/m/n", "/params/paths/0", "/params/new"),
            *("/params/m/", "/params/a~1b", "/params/~0/", "/params/~0/0", "/params/é"),
        ]
    ),
    VALUES,
)
OVERLAYS = st.builds(
    Overlay,
    st.dictionaries(NAMES, NAMES, max_size=3),
    st.just({}),
    st.dictionaries(st.sampled_from(["m", "n"]), VALUES, max_size=2),
    st.lists(PATCHES, max_size=3).map(tuple),
)


@given(PARAMS, PARAMS, st.dictionaries(st.sampled_from(["m", "k"]), VALUES), OVERLAYS)
def test_forward_then_backward_is_the_identity(one, other, standard, overlay):
    code = state_of(
        dataset("x", params=one),
        dataset("y", params=other),
        variables(standard, {}),
    )
    try:
        live = apply_overlay(code, overlay).state
    except OverlayError:
        return
    assert checksums(without(live, overlay, code)) == checksums(code)


def real_overlay(state):
    """Return an overlay that has something to say of everything."""
    places = [place for item in state for place in name_places(item)]
    connections, code_envs = (
        {x.name: f"{x.name}_prod" for x in places if x.section == section}
        for section in ("connections", "code_envs")
    )
    return Overlay(
        connections,
        code_envs,
        variables={"added": {"x": 1}},
        patches=(
            Patch("dataset.*", "/params/schema", "PROD"),
            Patch("recipe.*", "/customFields/team", "blue"),
        ),
    )


def test_forward_then_backward_is_the_identity_for_real_projects(project_folder):
    """With documents of the types that the projects lack."""
    files = {**kind_files(), **files_in(project_folder)}
    code = read_project_files(files, KEY, utc_now())
    overlay = real_overlay(code)
    found = apply_overlay(code, overlay)
    assert found.unmatched == ()
    assert len(changes(code, found.state)) > len(code) / 4
    back = without(found.state, overlay, code)
    assert checksums(back) == checksums(code)
    # Without the code, its names come back; what only the overlay says, does not.
    alone = without(found.state, replace(overlay, patches=()), state_of())
    assert not any(
        place.name.endswith("_prod") for item in alone for place in name_places(item)
    )
