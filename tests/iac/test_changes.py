"""What changed inside a configuration: aligned, complete, and in words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.alignment import align
from dataikuapi.iac.diff import ChangeType, DiffEngine, ResourceDiff, apply_changes
from dataikuapi.iac.models import Change, PathSegment, Resource, State, ValueChangeType
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.reports.unified import unified_diff
from iac.strategies import ATTRIBUTES, JSON_VALUES


def diff_of(old, new):
    states = State(), State()
    for state, attributes in zip(states, (old, new)):
        state.add_resource(Resource("recipe", "recipe.SHOP.r", attributes))
    (diff,) = DiffEngine().diff(*states)
    return diff


def told(old, new):
    """Return sign and path of each change of one attribute ``x``; check them all."""
    changes = diff_of({"x": old}, {"x": new}).changes
    assert json_equal(apply_changes({"x": old}, changes), {"x": new})
    return [str(change) for change in changes]


def columns(*names, **changed):
    made = [{"name": name, "type": "string"} for name in names]
    return [{**item, **changed.get(item["name"], {})} for item in made]


def step(kind, **params):
    """Return a step of a prepare recipe, as DSS writes one."""
    return {
        "metaType": "PROCESSOR",
        "type": kind,
        "preview": False,
        "disabled": False,
        "params": params,
        "alwaysShowComment": False,
    }


STEPS = [
    step("ColumnRenamer", renamings=[{"from": "a", "to": "b"}]),
    step("FilterOnValue", column="b", values=["x"]),
    step("CreateColumnWithGREL", column="c", expression="b + 1"),
    step("CreateColumnWithGREL", column="d", expression="upper(c)"),
    step("ColumnsSelector", columns=["a", "b"], keep=True),
]


# By key


def test_a_column_that_changes_is_named_by_its_name():
    new = columns("id", "customer_id", customer_id={"type": "bigint"})
    (change,) = diff_of(
        {"schema": {"columns": columns("id", "customer_id")}},
        {"schema": {"columns": new}},
    ).changes

    assert change.path == "schema.columns[customer_id].type"
    assert change.pointer == "/schema/columns/1/type"
    assert (change.kind, change.old, change.new) == (
        ValueChangeType.MODIFIED,
        "string",
        "bigint",
    )


@pytest.mark.parametrize("key", ["name", "ref", "id"])
def test_items_with_a_key_are_aligned_by_it(key):
    old = [{key: name, "x": 1} for name in "abc"]
    new = [{key: "n", "x": 1}, {key: "a", "x": 2}, {key: "c", "x": 1}]
    assert told(old, new) == ["+ x[n]", "~ x[a].x", "- x[b]"]


def test_a_column_in_front_is_one_added_column():
    old = columns(*(f"c{number}" for number in range(2000)))
    assert told(old, columns("new") + old) == ["+ x[new]"]


def test_one_column_that_moves_is_one_that_moved():
    assert told(columns("a", "b", "c", "d"), columns("d", "a", "b", "c")) == ["> x[d]"]
    assert told(columns("a", "b", "c", "d"), columns("b", "c", "a", "d")) == ["> x[a]"]


def test_what_moved_and_changed_is_told_as_both():
    old, new = columns("a", "b", "c"), columns("c", "a", "b", c={"type": "date"})
    moved, modified = diff_of({"x": old}, {"x": new}).changes

    assert (str(moved), str(modified)) == ("> x[c]", "~ x[c].type")
    assert (moved.from_pointer, moved.pointer) == ("/x/2", "/x/0")
    assert (modified.old, modified.new) == ("string", "date")


def test_a_key_that_is_there_twice_is_none():
    old = columns("a", "a", "b")
    assert told(old, columns("a", "b")) == ["- x[1]"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("plain-name_1", "x[plain-name_1]"),
        ("v1.2", "x[v1.2]"),
        ("größe", "x[größe]"),
        ("顧客", "x[顧客]"),
        ("with blank", 'x["with blank"]'),
        ("a]b", 'x["a]b"]'),
        ('a"b', 'x["a\\"b"]'),
        ("3", 'x["3"]'),
        ("a/b~c", 'x["a/b~c"]'),
        ("a\nb", 'x["a\\nb"]'),
    ],
)
def test_odd_keys_are_written_as_json(name, path):
    (change,) = diff_of({"x": columns("a")}, {"x": columns("a", name)}).changes
    assert change.path == path
    assert change.pointer == "/x/1"


def test_odd_names_of_members_are_written_as_json_and_escaped_in_the_pointer():
    change = Change(
        ValueChangeType.ADDED,
        (PathSegment("a"), PathSegment("b.c"), PathSegment(""), PathSegment("d/~")),
    )
    assert change.path == 'a["b.c"][""]["d/~"]'
    assert change.pointer == "/a/b.c//d~1~0"


# By content


@pytest.mark.parametrize("position", range(len(STEPS) + 1))
def test_a_step_that_is_put_in_is_one_added_step(position):
    new = [*STEPS[:position], step("FillEmpty", value="0"), *STEPS[position:]]
    assert told(STEPS, new) == [f"+ x[{position}]"]


@pytest.mark.parametrize("position", range(len(STEPS)))
def test_a_step_that_is_taken_out_is_one_removed_step(position):
    assert told(STEPS, STEPS[:position] + STEPS[position + 1 :]) == [f"- x[{position}]"]


def test_a_step_that_is_edited_is_told_by_its_parameter():
    new = [*STEPS[:2], step("CreateColumnWithGREL", column="c", expression="b + 2")]
    assert told(STEPS[:3], new) == ["~ x[2].params.expression"]


def test_a_step_that_is_put_before_one_that_is_edited():
    edited = step("CreateColumnWithGREL", column="c", expression="b + 2")
    new = [STEPS[0], step("FillEmpty", value="0"), STEPS[1], edited, *STEPS[3:]]
    assert told(STEPS, new) == ["+ x[1]", "~ x[3].params.expression"]


def test_of_two_steps_of_one_kind_the_one_that_is_more_alike_was_edited():
    inserted = step("CreateColumnWithGREL", column="z", expression="now()")
    edited = step("CreateColumnWithGREL", column="c", expression="b + 2")
    new = [*STEPS[:2], inserted, edited, *STEPS[3:]]
    assert told(STEPS, new) == ["+ x[2]", "~ x[3].params.expression"]


def test_a_step_of_another_kind_is_another_step():
    new = [step("FillEmpty", value="0"), *STEPS[1:]]
    assert told(STEPS, new) == ["- x[0]", "+ x[0]"]


def test_steps_that_change_places_are_told_as_one_that_moved():
    new = [STEPS[4], *STEPS[:4]]
    assert told(STEPS, new) == ["> x[0]"]


def test_equal_items_are_told_apart_by_their_order():
    assert told(["a", "b", "a"], ["b", "a"]) == ["- x[0]"]
    assert told(["a", "a", "a"], ["a", "a"]) == ["- x[2]"]
    assert told(["a", "b", "a", "c"], ["b", "a", "d"]) == ["- x[0]", "~ x[2]"]


def test_other_types_are_not_gone_into():
    assert told({"a": 1}, [1]) == ["~ x"]
    assert told([{"a": 1}], ["a"]) == ["- x[0]", "+ x[0]"]
    assert told([[1, 2], [3]], [[1, 2, 4], [3]]) == ["+ x[0][2]"]
    assert told(1, True) == ["~ x"]


# Texts


def test_a_script_is_compared_by_line():
    old = "".join(f"line {number}\n" for number in range(1, 31))
    new = old.replace("line 3\n", "").replace("line 20\n", "line 20\nline 20.5\n")
    assert unified_diff(old, new) == [
        "@@ -1 +1 @@",
        " line 1",
        " line 2",
        "-line 3",
        " line 4",
        " line 5",
        "@@ -19 +18 @@",
        " line 19",
        " line 20",
        "+line 20.5",
        " line 21",
        " line 22",
    ]


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "\r", "d\u2028"]), max_size=12)


@settings(deadline=None)
@given(LINES.map("\n".join), LINES.map("\n".join))
def test_the_lines_of_a_text_lead_from_the_old_to_the_new(old, new):
    lines = [line for line in unified_diff(old, new) if line[0] != "@"]
    for sign, text in (("+", old), ("-", new)):
        shown = [line[1:] for line in lines if line[0] != sign]
        # With what surrounds the changes alone, in its order.
        rest = iter(text.split("\n"))
        assert all(line in rest for line in shown)
    assert bool(lines) == (old != new)
    added = sum(line[0] == "+" for line in lines)
    removed = sum(line[0] == "-" for line in lines)
    ends = old.endswith("\n") != new.endswith("\n")
    assert abs(added - removed - (new.count("\n") - old.count("\n"))) <= ends


def test_texts_are_marked_as_such():
    (script,) = diff_of({"payload": "a\nb"}, {"payload": "a\nc"}).changes
    (name,) = diff_of({"name": "a"}, {"name": "b"}).changes
    assert (script.is_text, name.is_text) == (True, False)


# Exactly


KEYED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcdefg"), "x": JSON_VALUES}),
    max_size=7,
    unique_by=lambda item: item["name"],
)
REPEATED = st.lists(
    st.sampled_from([1, 1.0, True, "a", None, [], {"type": "s", "v": 1}, {"v": [1, 2]}])
    | st.builds(lambda v: {"type": "s", "v": v, "w": 0}, st.integers(0, 2)),
    max_size=9,
)
LISTS = st.fixed_dictionaries({"l": KEYED | REPEATED, "o": ATTRIBUTES})


@settings(deadline=None, max_examples=300)
@given(ATTRIBUTES | LISTS, ATTRIBUTES | LISTS)
def test_the_changes_make_the_new_attributes_of_the_old(old, new):
    before = json.dumps(old)
    changes = diff_of(old, new).changes

    assert json_equal(apply_changes(old, changes), new)
    assert bool(changes) != json_equal(old, new)
    assert json.dumps(old) == before
    pointers = [(change.kind, change.pointer) for change in changes]
    assert len(set(pointers)) == len(pointers)


def test_changes_of_other_attributes_are_refused():
    changes = diff_of({"x": [1, 2, 3]}, {"x": [3, 1, 2]}).changes
    with pytest.raises(ValueError, match="do not fit these attributes"):
        apply_changes({"x": []}, changes)


TOKENS = st.lists(st.integers(0, 5), max_size=30)


@settings(deadline=None)
@given(TOKENS, TOKENS)
def test_an_alignment_pairs_equal_items_in_order(old, new):
    pairs = align(old, new)
    assert all(old[row] == new[column] for row, column in pairs)
    for (row, column), (next_row, next_column) in zip(pairs, pairs[1:]):
        assert row < next_row and column < next_column


def test_what_is_long_and_has_nothing_unique_is_aligned_all_the_same():
    old, new = ["a", "b"] * 2000, ["b", "c", "a"] * 1500
    assert len(align(old, new)) >= 1500


# As part of a diff


def test_a_diff_that_is_made_by_hand_has_changes_of_its_attributes():
    diff = ResourceDiff(
        ChangeType.MODIFIED,
        "dataset.P.a",
        "dataset",
        attribute_diffs={
            "added": {"a": 1},
            "removed": {"b": 2},
            "modified": {"c": {"old": [1], "new": [2]}},
        },
    )
    assert [str(change) for change in diff.changes] == ["+ a", "- b", "~ c"]


def test_only_modified_resources_have_changes():
    states = State(), State()
    states[0].add_resource(Resource("dataset", "dataset.P.a", {"x": 1}))
    states[1].add_resource(Resource("dataset", "dataset.P.b", {"x": 1}))
    assert [diff.changes for diff in DiffEngine().diff(*states)] == [(), ()]
