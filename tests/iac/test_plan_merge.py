"""The merge of what was stored, what is wanted, and what DSS has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataikuapi.iac.plan.merging import Merge
from dataikuapi.iac.types.sets import TAGS


def nothing(path, wanted, now):
    """No value belongs to DSS in any case."""
    return False


def merge(base, code, live, is_live=nothing, reverts=False):
    return Merge(TAGS, is_live, reverts)(base, code, live)


def paths(values):
    return [value.path for value in values]


COLUMNS = [{"name": "a", "type": "int"}, {"name": "b", "type": "int"}]
CASES: dict[str, tuple[Any, Any, Any, Any, list[str], list[str], list[str]]] = {
    # base, code, live, result, updates, kept, conflicts
    "code changed": ({"x": 1}, {"x": 2}, {"x": 1}, {"x": 2}, ["x"], [], []),
    "DSS changed": ({"x": 1}, {"x": 1}, {"x": 2}, {"x": 2}, [], ["x"], []),
    "both the same": ({"x": 1}, {"x": 2}, {"x": 2}, {"x": 2}, [], [], []),
    "both differently": ({"x": 1}, {"x": 2}, {"x": 3}, {"x": 3}, [], [], ["x"]),
    "code added": ({}, {"x": 1}, {}, {"x": 1}, ["x"], [], []),
    "DSS added": ({}, {}, {"x": 1}, {"x": 1}, [], ["x"], []),
    "code removed": ({"x": 1}, {}, {"x": 1}, {}, ["x"], [], []),
    "DSS removed": ({"x": 1}, {"x": 1}, {}, {}, [], ["x"], []),
    "removed and changed": ({"x": 1}, {}, {"x": 2}, {"x": 2}, [], [], ["x"]),
    "members apart": (
        {"p": {"a": 1, "b": 1}},
        {"p": {"a": 2, "b": 1}},
        {"p": {"a": 1, "b": 2}},
        {"p": {"a": 2, "b": 2}},
        ["p.a"],
        ["p.b"],
        [],
    ),
    "both added an object": (
        {},
        {"p": {"a": 1, "c": 1}},
        {"p": {"b": 1, "c": 1}},
        {"p": {"a": 1, "b": 1, "c": 1}},
        ["p.a"],
        ["p.b"],
        [],
    ),
    "another kind of value": (
        {"x": 1},
        {"x": [1]},
        {"x": 1},
        {"x": [1]},
        ["x"],
        [],
        [],
    ),
    "a number is no truth": (
        {"x": 1},
        {"x": True},
        {"x": 1},
        {"x": True},
        ["x"],
        [],
        [],
    ),
    "items by name": (
        {"columns": COLUMNS},
        {"columns": [COLUMNS[0] | {"type": "text"}, COLUMNS[1]]},
        {"columns": [COLUMNS[0], COLUMNS[1] | {"type": "date"}]},
        {"columns": [COLUMNS[0] | {"type": "text"}, COLUMNS[1] | {"type": "date"}]},
        ["columns[a].type"],
        ["columns[b].type"],
        [],
    ),
    "both added an item": (
        {"columns": COLUMNS},
        {"columns": [COLUMNS[0], {"name": "c"}, COLUMNS[1]]},
        {"columns": [*COLUMNS, {"name": "d"}]},
        {"columns": [COLUMNS[0], {"name": "c"}, COLUMNS[1], {"name": "d"}]},
        ["columns[c]"],
        ["columns[d]"],
        [],
    ),
    "an item that DSS changed and the code removed": (
        {"columns": COLUMNS},
        {"columns": COLUMNS[:1]},
        {"columns": [COLUMNS[0], COLUMNS[1] | {"type": "date"}]},
        {"columns": [COLUMNS[0], COLUMNS[1] | {"type": "date"}]},
        [],
        [],
        ["columns[b]"],
    ),
    "the code reordered": (
        {"columns": COLUMNS},
        {"columns": COLUMNS[::-1]},
        {"columns": COLUMNS},
        {"columns": COLUMNS[::-1]},
        ["columns"],
        [],
        [],
    ),
    "DSS reordered": (
        {"columns": COLUMNS},
        {"columns": [COLUMNS[0] | {"type": "text"}, COLUMNS[1]]},
        {"columns": COLUMNS[::-1]},
        {"columns": [COLUMNS[1], COLUMNS[0] | {"type": "text"}]},
        ["columns[a].type"],
        ["columns"],
        [],
    ),
    "tags are a set": (
        {"tags": ["a", "b"]},
        {"tags": ["b", "z"]},
        {"tags": ["a", "b", "d"]},
        {"tags": ["b", "d", "z"]},
        ["tags[a]", "tags[z]"],
        ["tags[d]"],
        [],
    ),
    "any other list is one value": (
        {"x": [1, 2]},
        {"x": [1, 3]},
        {"x": [0, 2]},
        {"x": [0, 2]},
        [],
        [],
        ["x"],
    ),
    "a script is one value": (
        {"payload": "a\nb"},
        {"payload": "a\nc"},
        {"payload": "z\nb"},
        {"payload": "z\nb"},
        [],
        [],
        ["payload"],
    ),
    "a masked secret is that of DSS": (
        {"p": {"password": "<secret>"}},
        {"p": {"password": "<secret>", "user": "x"}},
        {"p": {"password": f"<secret:{'a' * 8}:{'b' * 32}>"}},
        {"p": {"password": f"<secret:{'a' * 8}:{'b' * 32}>", "user": "x"}},
        ["p.user"],
        [],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_merge(name):
    base, code, live, result, updates, kept, conflicts = CASES[name]
    found = merge(base, code, live)
    assert found.attributes == result
    assert sorted(paths(found.updates)) == updates
    assert sorted(paths(found.kept)) == kept
    assert sorted(paths(found.conflicts)) == conflicts
    assert found.secrets == []


def test_secret_that_dss_does_not_have_is_told():
    """It cannot be written, since nobody but DSS knows it."""
    found = merge({"url": "x"}, {"url": "y?key=<secret>"}, {"url": "x"})
    assert found.attributes == {"url": "x"}
    assert paths(found.secrets) == ["url"]
    assert found.updates == []


def test_drift_is_reverted_if_that_is_asked_for():
    base, live = {"columns": COLUMNS, "x": 1}, {"columns": COLUMNS[::-1], "y": 2}
    found = merge(base, base, live, reverts=True)
    assert found.attributes == base
    assert sorted(paths(found.updates)) == ["columns", "x", "y"]
    assert found.kept == []


def test_value_that_belongs_to_dss_is_left_alone():
    def is_live(path, wanted, now):
        return [item.name for item in path] == ["p", "a"]

    found = merge({"p": {}}, {"p": {"a": 1, "b": 1}}, {"p": {"a": 2}}, is_live)
    assert found.attributes == {"p": {"a": 2, "b": 1}}
    assert found.conflicts == []


def test_orders_of_both_sides_are_a_conflict():
    one, two, three = ({"name": name} for name in "abc")
    found = merge(
        {"columns": [one, two, three]},
        {"columns": [two, one, three]},
        {"columns": [one, three, two]},
    )
    assert found.attributes == {"columns": [one, three, two]}
    assert paths(found.conflicts) == ["columns"]


NAMES = st.sampled_from("abcd")
LEAVES = st.one_of(st.integers(0, 2), st.sampled_from(["", "x"]), st.booleans())
ITEMS = st.lists(
    st.fixed_dictionaries({"name": NAMES}, optional={"v": LEAVES}),
    unique_by=lambda item: str(item["name"]),
    max_size=4,
)
VALUES = st.recursive(
    LEAVES | ITEMS | st.lists(LEAVES, max_size=3),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=4)


@given(ATTRIBUTES, ATTRIBUTES)
def test_what_only_dss_changed_stays(base, live):
    found = merge(base, base, live)
    assert found.attributes == live
    assert not (found.updates or found.conflicts)


@given(ATTRIBUTES, ATTRIBUTES)
def test_what_only_the_code_changed_is_done(base, code):
    found = merge(base, code, base)
    assert found.attributes == code
    assert not (found.kept or found.conflicts)


@given(ATTRIBUTES, ATTRIBUTES, ATTRIBUTES)
def test_second_merge_has_nothing_to_do(base, code, live):
    """What was merged is the new base, and what DSS has then."""
    after = merge(base, code, live).attributes
    again = merge(after, after, after)
    assert again.attributes == after
    assert not (again.updates or again.kept or again.conflicts)


@given(ATTRIBUTES, ATTRIBUTES, ATTRIBUTES)
def test_no_value_is_made_up(base, code, live):
    """Each value of the result is that of the code or of DSS."""
    found = merge(base, code, live).attributes
    for name in {*code, *live}:
        if (
            name not in code
            or name not in live
            or not isinstance(code[name], (dict, list))
        ):
            sides = [side[name] for side in (code, live) if name in side]
            assert (name not in found and len(sides) < 2) or found[name] in sides
