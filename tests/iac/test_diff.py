"""DiffEngine: what changed between two states, and how it is shown."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings

from dataikuapi.iac.diff import ChangeType, DiffEngine, ResourceDiff, apply_changes
from dataikuapi.iac.models import Resource, ResourceMetadata, State
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import utc_now
from iac.strategies import ATTRIBUTES, STATES

NOTHING: dict[str, dict[str, Any]] = {"added": {}, "removed": {}, "modified": {}}


def state(**datasets):
    """Return a state of datasets of SHOP, attributes by name."""
    made = State()
    for name, attributes in datasets.items():
        made.add_resource(Resource("dataset", f"dataset.SHOP.{name}", attributes))
    return made


def diff_of(old, new):
    """Return the only diff between two attribute sets of one dataset."""
    (diff,) = DiffEngine().diff(state(orders=old), state(orders=new))
    return diff


# Resources


def test_diff_detects_added_resources():
    old, new = state(), state(orders={"type": "S3"})
    (diff,) = DiffEngine().diff(old, new)
    assert diff.change_type is ChangeType.ADDED
    assert (diff.resource_id, diff.resource_type) == ("dataset.SHOP.orders", "dataset")
    assert diff.old_resource is None
    assert diff.new_resource == new.get_resource("dataset.SHOP.orders")
    assert diff.attribute_diffs is None


def test_diff_detects_removed_resources():
    old, new = state(orders={"type": "S3"}), state()
    (diff,) = DiffEngine().diff(old, new)
    assert diff.change_type is ChangeType.REMOVED
    assert (diff.resource_id, diff.resource_type) == ("dataset.SHOP.orders", "dataset")
    assert diff.old_resource == old.get_resource("dataset.SHOP.orders")
    assert diff.new_resource is None
    assert diff.attribute_diffs is None


def test_diff_detects_modified_attributes():
    old = {"type": "S3", "tags": ["a"], "gone": None, "same": {"x": [1]}}
    new = {"type": "HDFS", "tags": ["a", "b"], "come": False, "same": {"x": [1]}}
    diff = diff_of(old, new)
    assert diff.change_type is ChangeType.MODIFIED
    assert diff.old_resource.attributes == old
    assert diff.new_resource.attributes == new
    assert diff.attribute_diffs == {
        "added": {"come": False},
        "removed": {"gone": None},
        "modified": {
            "type": {"old": "S3", "new": "HDFS"},
            "tags": {"old": ["a"], "new": ["a", "b"]},
        },
    }


def test_diff_lists_unchanged_resources():
    diff = diff_of({"type": "S3"}, {"type": "S3"})
    assert diff.change_type is ChangeType.UNCHANGED
    assert diff.old_resource.attributes == diff.new_resource.attributes
    assert diff.attribute_diffs is None


def test_metadata_are_no_change():
    old, new = State(), State(serial=9, environment="prod")
    for made, login in ((old, "anna"), (new, "bob")):
        metadata = ResourceMetadata(utc_now(), login, login, last_modified_by=login)
        made.add_resource(Resource("dataset", "dataset.P.a", {"x": 1}, metadata))
    (diff,) = DiffEngine().diff(old, new)
    assert diff.change_type is ChangeType.UNCHANGED


def test_wrong_checksums_of_a_file_mislead_nobody():
    old, new = state(orders={"x": 1}), state(orders={"x": 2})
    for made in (old, new):
        made.get_resource("dataset.SHOP.orders").metadata.checksum = "ab" * 32
    (diff,) = DiffEngine().diff(old, new)
    assert diff.change_type is ChangeType.MODIFIED


def test_order_of_keys_is_no_change():
    diff = diff_of({"a": {"x": 1, "y": 2}, "b": 1}, {"b": 1, "a": {"y": 2, "x": 1}})
    assert diff.change_type is ChangeType.UNCHANGED


def test_diffs_are_in_the_order_of_ids():
    old = state(b={}, d={}, Z={})
    new = state(c={}, b={"x": 1}, a={})
    new.add_resource(Resource("project", "project.SHOP"))
    old.add_resource(Resource("recipe", "recipe.A.x"))
    assert [str(diff) for diff in DiffEngine().diff(old, new)] == [
        "- dataset.SHOP.Z",
        "+ dataset.SHOP.a",
        "~ dataset.SHOP.b",
        "+ dataset.SHOP.c",
        "- dataset.SHOP.d",
        "+ project.SHOP",
        "- recipe.A.x",
    ]


def test_diff_of_empty_states_is_empty():
    assert DiffEngine().diff(State(), State()) == []


def test_diff_changes_neither_state():
    old, new = state(a={"x": [1]}, b={}), state(a={"x": [2]}, c={})
    before = copy.deepcopy((old, new))
    DiffEngine().format_output(DiffEngine().diff(old, new))
    assert (old, new) == before


@pytest.mark.parametrize(
    "change_type, expected",
    [
        (ChangeType.ADDED, "+ dataset.SHOP.orders"),
        (ChangeType.REMOVED, "- dataset.SHOP.orders"),
        (ChangeType.MODIFIED, "~ dataset.SHOP.orders"),
        (ChangeType.UNCHANGED, "  dataset.SHOP.orders"),
    ],
)
def test_str_is_sign_and_id(change_type, expected):
    assert str(ResourceDiff(change_type, "dataset.SHOP.orders", "dataset")) == expected


@pytest.mark.parametrize(
    "resource_id, project_key, name",
    [
        ("recipe.SHOP.compute v1.2", "SHOP", "compute v1.2"),
        ("project.SHOP", "SHOP", ""),
    ],
)
def test_a_diff_has_the_project_and_the_name_of_its_resource(
    resource_id, project_key, name
):
    kind = resource_id.split(".")[0]
    diff = ResourceDiff(ChangeType.REMOVED, resource_id, kind)
    assert (diff.project_key, diff.resource_name) == (project_key, name)


# Attributes


@pytest.mark.parametrize(
    "old, new",
    [
        pytest.param(1, True, id="1 and true"),
        pytest.param(1, 1.0, id="1 and 1.0"),
        pytest.param(True, 1.0, id="true and 1.0"),
        pytest.param(0, False, id="0 and false"),
        pytest.param(0, None, id="0 and null"),
        pytest.param("", None, id="empty and null"),
        pytest.param("1", 1, id="text and number"),
        pytest.param([1], [True], id="in a list"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 1.0}}, id="deep in an object"),
        pytest.param([1, 2], [2, 1], id="order of a list"),
        pytest.param(2**53, 2**53 + 1, id="integers that one float would hold"),
        pytest.param(2**70, 2**70 + 1, id="integers beyond 64 bits"),
        pytest.param("\ud800", "\ud801", id="lone surrogates"),
    ],
)
def test_values_are_compared_with_their_type(old, new):
    diff = diff_of({"x": old}, {"x": new})
    assert diff.change_type is ChangeType.MODIFIED
    change = diff.attribute_diffs["modified"]["x"]
    assert (repr(change["old"]), repr(change["new"])) == (repr(old), repr(new))
    assert diff.old_resource.has_changed(diff.new_resource)


@pytest.mark.parametrize(
    "old, new, expected",
    [
        pytest.param({}, {}, NOTHING, id="empty"),
        pytest.param({"a": 1}, {"a": 1}, NOTHING, id="same"),
        pytest.param({}, {"a": 1}, {**NOTHING, "added": {"a": 1}}, id="added"),
        pytest.param({"a": 1}, {}, {**NOTHING, "removed": {"a": 1}}, id="removed"),
        pytest.param(
            {"a": None}, {}, {**NOTHING, "removed": {"a": None}}, id="null removed"
        ),
        pytest.param(
            {"a": {"b": 1}},
            {"a": {"b": 2}},
            {**NOTHING, "modified": {"a": {"old": {"b": 1}, "new": {"b": 2}}}},
            id="modified, whole attribute",
        ),
    ],
)
def test_attributes_are_compared_at_the_top_level(old, new, expected):
    assert DiffEngine()._diff_attributes(old, new) == expected


# What one side could not read


def project_diff(old, new):
    """Return the only diff between two attribute sets of one project."""
    states = [State(), State()]
    for made, attributes in zip(states, (old, new), strict=True):
        made.add_resource(Resource("project", "project.SHOP", attributes))
    (diff,) = DiffEngine().diff(*states)
    return diff


def test_permissions_missing_on_one_side_are_no_change():
    readable = {"name": "Shop", "permissions": {"owner": "anna"}}
    hidden = {"name": "Shop"}
    assert project_diff(readable, hidden).change_type is ChangeType.UNCHANGED
    assert project_diff(hidden, readable).change_type is ChangeType.UNCHANGED


def test_other_attributes_are_compared_where_permissions_are_missing():
    readable = {"name": "Shop", "permissions": {"owner": "anna"}}
    diff = project_diff(readable, {"name": "Store"})
    assert diff.attribute_diffs == {
        **NOTHING,
        "modified": {"name": {"old": "Shop", "new": "Store"}},
    }


def test_permissions_that_both_sides_could_read_are_compared():
    diff = project_diff({"permissions": {"owner": "a"}}, {"permissions": {}})
    assert list(diff.attribute_diffs["modified"]) == ["permissions"]


def test_other_missing_attributes_of_a_project_are_changes():
    assert project_diff({"tags": []}, {}).change_type is ChangeType.MODIFIED


def test_permissions_of_another_type_are_an_attribute_like_any():
    assert diff_of({"permissions": {}}, {}).change_type is ChangeType.MODIFIED


# What the new state did not look for, or could not read


def test_nothing_outside_the_scope_is_removed():
    old = state(orders={})
    old.add_resource(Resource("recipe", "recipe.SHOP.r"))
    old.add_resource(Resource("dataset", "dataset.STORE.d"))
    entry = {"project": "SHOP", "types": ["dataset"], "read_at": "2026-01-02T00:00:00Z"}
    diffs = DiffEngine().diff(old, State(scope=[entry]))
    assert [str(diff) for diff in diffs] == ["- dataset.SHOP.orders"]


def test_what_could_not_be_read_is_left_out_on_either_side():
    old, new = state(a={"x": 1}, b={}), state(a={"x": 2}, c={})
    new.unknown = {"dataset.SHOP.b": "time-out"}
    old.unknown = {"dataset.SHOP.c": "time-out"}
    diffs = DiffEngine().diff(old, new)
    assert [str(diff) for diff in diffs] == ["~ dataset.SHOP.a"]


# Counting


def test_summary_counts_under_the_four_values():
    old = state(a={}, b={}, c={}, d={"x": 1})
    new = state(c={}, d={"x": 2}, e={}, f={}, g={})
    engine = DiffEngine()
    diffs = engine.diff(old, new)
    expected = {"added": 3, "removed": 2, "modified": 1, "unchanged": 1}
    assert engine.summary(diffs) == expected
    assert engine.summary(iter(diffs)) == expected


def test_summary_of_nothing_has_zeros():
    expected = {"added": 0, "removed": 0, "modified": 0, "unchanged": 0}
    assert DiffEngine().summary([]) == expected


# Whatever the states are


@pytest.mark.slow
@settings(max_examples=60)
@given(STATES, STATES)
def test_every_resource_is_told_once_and_rightly(old, new):
    diffs = DiffEngine().diff(old, new)
    told = {diff.resource_id: diff.change_type for diff in diffs}
    assert list(told) == sorted(old.resources.keys() | new.resources.keys())
    for key, change_type in told.items():
        before, after = old.get_resource(key), new.get_resource(key)
        if before is None or after is None:
            expected = ChangeType.ADDED if before is None else ChangeType.REMOVED
        elif before.has_changed(after):
            expected = ChangeType.MODIFIED
        else:
            expected = ChangeType.UNCHANGED
        assert change_type is expected
    assert sum(DiffEngine().summary(diffs).values()) == len(diffs)


@settings(max_examples=60)
@given(ATTRIBUTES, ATTRIBUTES)
def test_attribute_diffs_lead_from_the_old_to_the_new(old, new):
    diffs = DiffEngine()._diff_attributes(old, new)
    led = {key: value for key, value in old.items() if key not in diffs["removed"]}
    led.update(diffs["added"])
    led.update({key: change["new"] for key, change in diffs["modified"].items()})
    assert Resource("dataset", "dataset.P.a", led).compute_checksum() == (
        Resource("dataset", "dataset.P.a", new).compute_checksum()
    )


# Changes and rules; tests/iac/test_changes.py and test_ignore.py have it all


def test_changes_are_told_where_they_are_and_lead_to_the_new_attributes():
    old: dict[str, JSON]
    old = {"l": ["a", {"v": 1}, "b", [1]], "columns": [{"name": "x"}, {"name": "y"}]}
    new = {"l": ["b", "c", {"v": 2}, [1, 2]], "columns": [{"name": "y"}, {"name": "x"}]}
    changes = diff_of(old, new).changes
    assert [str(change) for change in changes if "columns" in change.path] == [
        "> columns[x]"
    ]
    assert apply_changes(old, changes) == new
    with pytest.raises(ValueError, match="do not fit these attributes"):
        apply_changes({"l": []}, changes)


def test_rules_hide_changes_and_are_counted():
    old, new = state(a={"x": 1, "y": 1}, b={}, c={"x": 1}), state(a={"x": 2, "y": 2})
    new.add_resource(Resource("dataset", "dataset.SHOP.c", {"x": 2}))
    new.unknown = {"dataset.SHOP.u": "time-out"}
    rules = ["* x", "dataset.SHOP.b", "dataset.SHOP.u", "* y expires=2000-01-01"]
    diffs = DiffEngine(ignore=rules).diff(old, new)
    assert [str(diff) for diff in diffs] == ["~ dataset.SHOP.a", "  dataset.SHOP.c"]
    assert diffs[0].attribute_diffs == {
        **NOTHING,
        "modified": {"y": {"old": 1, "new": 2}},
    }
    assert diffs.unknown == ()
    assert [(use.suppressed, use.expired) for use in diffs.rules] == [
        (2, False),
        (1, False),
        (1, False),
        (0, True),
    ]


def test_one_rule_is_not_a_list_of_letters():
    with pytest.raises(ValueError, match="it takes a list"):
        DiffEngine(ignore="dataset.*")


# Two versions of one resource


def test_versions_of_one_resource_are_compared_without_states():
    engine = DiffEngine()
    old, new = (state(orders={"type": kind})["dataset.SHOP.orders"] for kind in "AB")
    kinds = [
        found and found.change_type
        for found in (
            engine.compare(None, new),
            engine.compare(old, None),
            engine.compare(old, new),
            engine.compare(old, old),
            engine.compare(None, None),
        )
    ]
    assert kinds == [
        ChangeType.ADDED,
        ChangeType.REMOVED,
        ChangeType.MODIFIED,
        ChangeType.UNCHANGED,
        None,
    ]


def test_rules_may_hide_the_addition_of_one_resource():
    new = state(orders={})["dataset.SHOP.orders"]
    assert DiffEngine(["dataset.SHOP.*"]).compare(None, new) is None


def test_object_of_another_environment_is_not_one_that_was_created_again():
    states = []
    for number, environment in enumerate(("dev", "prod")):
        made = state(orders={"type": "A"})
        made.environment, created = environment, utc_now().replace(year=2020 + number)
        made.resources["dataset.SHOP.orders"].metadata.created_at = created
        states.append(made)
    (apart,) = DiffEngine().diff(*states)
    states[1].environment = "dev"
    (together,) = DiffEngine().diff(*states)
    assert (apart.is_recreated, together.is_recreated) == (False, True)
