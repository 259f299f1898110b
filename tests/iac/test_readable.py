"""What is shown of one change: that it differs, what differs, and within 80 columns."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.diff import DiffEngine, apply_changes
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.reports import render_junit, render_markdown, render_text
from dataikuapi.iac.reports.formatting import change_lines
from iac.readable import problems
from iac.strategies import ATTRIBUTES
from iac.test_changes import columns, step


def diffs_of(old, new, resource_type="recipe"):
    states = State(), State()
    for state, attributes in zip(states, (old, new), strict=True):
        resource = Resource(resource_type, f"{resource_type}.SHOP.r", attributes)
        state.add_resource(resource)
    return DiffEngine().diff(*states)


def lines_of(old, new, **options):
    """Return the lines that are shown, and check what holds for all of them."""
    (diff,) = diffs_of(old, new)
    assert list(problems(diff)) == []
    assert json_equal(apply_changes(old, diff.changes), new)
    return [line for change in diff.changes for line in change_lines(change, **options)]


def condition(kind, column="id"):
    """Return a condition of a join, as DSS writes one."""
    return {
        "type": kind,
        "column1": {"table": 0, "name": column},
        "column2": {"table": 1, "name": column},
        "caseInsensitive": False,
        "normalizeText": False,
        "dateDiffUnit": "DAY",
        "maxMatches": 1,
    }


def join(*conditions):
    """Return a join recipe; the payload is parsed, as the library reads it."""
    joined = {"table1": 0, "table2": 1, "type": "LEFT", "on": list(conditions)}
    return {"type": "join", "payload": {"joins": [joined]}}


# Lists


def test_edited_join_condition_is_one_value():
    assert lines_of(join(condition("EQ")), join(condition("LT"))) == [
        '~ payload.joins[0].on[0].type: "EQ" -> "LT"'
    ]


def test_edited_condition_is_recognized_among_others():
    old = join(condition("EQ"), condition("EQ", "day"))
    new = join(condition("LT"), condition("EQ", "day"), condition("EQ", "zone"))
    edited, added = lines_of(old, new)[:2]
    assert edited == '~ payload.joins[0].on[0].type: "EQ" -> "LT"'
    assert added.startswith("+ payload.joins[0].on[2]: ")
    new = join(condition("LT"), condition("EQ", "zone"))
    assert lines_of(join(condition("EQ")), new)[0] == edited


def test_edited_step_is_recognized_behind_one_that_was_removed():
    old = [
        step("FilterOnValue", column="b", values=["x"]),
        step("CreateColumnWithGREL", column="c", expression="b + 1"),
    ]
    new = [
        step("CreateColumnWithGREL", column="c", expression="b + 2"),
        step("FillEmpty", columns=["y"], value="0"),
    ]
    removed, _, edited, added = lines_of({"x": old}, {"x": new})
    assert removed.startswith('- x[0]: {"type": "FilterOnValue"')
    assert edited == '~ x[0].params.expression: "b + 1" -> "b + 2"'
    assert added.startswith('+ x[1]: {"type": "FillEmpty"')


def test_aggregates_are_named_by_their_column():
    old, new = (
        [{"column": name, "avg": name == average} for name in "abc"]
        for average in ("a", "c")
    )
    assert lines_of({"values": old}, {"values": new}) == [
        "~ values[a].avg: true -> false",
        "~ values[c].avg: false -> true",
    ]


def test_tags_are_a_set():
    assert lines_of({"tags": ["a", "b", "d"]}, {"tags": ["b", "c", "d"]}) == [
        '- tags: "a"',
        '+ tags: "c"',
    ]


ADDED_ITEMS = {
    "what all neighbors have is left out": (
        [step("Rename", renamings=[number]) for number in range(4)],
        step("FillEmpty", columns=["discount_percent"], value="0"),
        (
            '{"type": "FillEmpty", "params": {"columns": ["discount_percent"], '
            '"value": "0"}, …}'
        ),
    ),
    "and what nobody has set": (
        [],
        {**condition("LT", "customer_id"), "computedColumns": [], "comment": ""},
        (
            '{"type": "LT", "column1": {"name": "customer_id", …}, '
            '"column2": {"table": 1, "name": "customer_id"}, '
            '"dateDiffUnit": "DAY", "maxMatches": 1, …}'
        ),
    ),
    "but not that something is off where it is usually on": (
        [{"group": f"team_{number}", "readDashboards": True} for number in range(4)],
        {"group": "guests", "readDashboards": False, "admin": False, "shareAll": True},
        '{"group": "guests", "shareAll": true, "readDashboards": false, …}',
    ),
}


@pytest.mark.parametrize("case", ADDED_ITEMS)
def test_item_shows_what_tells_it_from_its_neighbors(case):
    items, item, text = ADDED_ITEMS[case]
    lines = lines_of({"x": items}, {"x": [*items, item]})
    assert " ".join(map(str.strip, lines)) == f"+ x[{len(items)}]: {text}"
    lines = lines_of({"x": [*items, item]}, {"x": items})
    assert " ".join(map(str.strip, lines)) == f"- x[{len(items)}]: {text}"
    full = lines_of({"x": items}, {"x": [*items, item]}, full=True)
    whole = f"+ x[{len(items)}]: {json.dumps(item)}"
    assert " ".join(map(str.strip, full)) == whole


# Moves


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("abcd", "dabc", ["> x[d]: moved from after [c] to the start"]),
        ("abcd", "bcad", ["> x[a]: moved from the start to after [c]"]),
        ("abc", "cb", ['- x[a]: {"name": "a", "type": "string"}']),
        (
            "abcd",
            "cdab",
            [
                "> x[a]: moved from the start to after [d]",
                "> x[b]: moved from the start to after [d]",
            ],
        ),
    ],
)
def test_move_is_told_by_what_it_follows(old, new, lines):
    shown = lines_of({"x": columns(*old)}, {"x": columns(*new)})
    assert shown[: len(lines)] == lines


def test_move_of_an_item_without_a_key_is_told_by_the_new_positions():
    """Not "from 6 to 8", as if it had moved down: three were put in before."""
    old = [step(name) for name in "abcdefg"]
    new = [step(name) for name in "xyzabcdegf"]
    (move,) = [line for line in lines_of({"l": old}, {"l": new}) if line[0] == ">"]
    assert move in (
        "> l[8]: moved from after [9] to after [7]",
        "> l[9]: moved from after [7] to after [8]",
    )


@given(st.permutations(range(7)), st.integers(0, 7), st.integers(0, 3), st.booleans())
def test_move_leads_to_another_place(order, dropped, added, has_keys):
    names = "abcdefg"
    old = columns(*names) if has_keys else [step(name) for name in names]
    more = columns(*"xyz") if has_keys else [step(name) for name in "xyz"]
    items = [old[number] for number in order if number != dropped]
    items[dropped // 2 : dropped // 2] = more[:added]
    (diff,) = diffs_of({"x": old, "y": 1}, {"x": items, "y": 2})
    for change in diff.changes:
        if change.neighbors is not None:
            assert change.neighbors[0] != change.neighbors[1]
            assert change.pointer != change.from_pointer
    assert list(problems(diff)) == []


# Values

SQL = "SELECT " + ", ".join(f"t.column_{number}" for number in range(40)) + " FROM t"
BLOB = "Zm9v" * 100
VALUES = {
    "at the end": (SQL, SQL + " LIMIT 10", "FROM t LIMIT 10"),
    "in the middle": (SQL, SQL.replace("column_20,", "col_20,"), "t.col_20,"),
    "at the start": (SQL, SQL.replace("SELECT", "SELECT DISTINCT"), "SELECT DISTINCT"),
    "without blanks": (BLOB, BLOB + "YmFy", "YmFy"),
    "without blanks, near the start": ("x" * 45 + BLOB, "x" * 45 + "y" + BLOB, "xy"),
    "a number and a text": (12, "12", '12 -> "12"'),
    "two kinds of number": (1, 1.0, "1 -> 1.0"),
    "a truth and a text": (True, "true", 'true -> "true"'),
    "nothing and a text": (None, "null", 'null -> "null"'),
    "blanks": ("a b", "a  b", '"a b" -> "a  b"'),
    "a blank at the end": ("a", "a ", '"a" -> "a "'),
    "a tab": ("a b", "a\tb", r'"a b" -> "a\tb"'),
    "no-break space": ("a b", "a\xa0b", r'"a b" -> "a\xa0b"'),
    "one letter or two": ("é", "e\u0301", r'"\u00e9" -> "e\u0301"'),
    "full width": ("Ａ", "A", r'"\uff21" -> "A"'),
    "a line feed at the end": ("a\n", "a", r'"a\n" -> "a"'),
    "Japanese": ("顧客" * 60, "顧客" * 60 + "様", "顧客様"),
    "a long JSON": (
        json.dumps([{"n": n} for n in range(90)]),
        json.dumps([{"n": n} for n in range(90)] + [{"m": 1}]),
        r"{\"m\": 1}]",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_difference_is_shown(case):
    old, new, difference = VALUES[case]
    lines = lines_of({"a": old}, {"a": new})
    assert difference in " ".join(map(str.strip, lines))
    assert max(map(len, lines)) <= 76 and len(lines) <= 7


def test_two_long_values_are_cut_alike_before_they_differ():
    title, removed, added = lines_of({"q": SQL}, {"q": SQL + " LIMIT 10"})
    assert title == "~ q:"
    assert removed == '    - …t.column_39 FROM t"'
    assert added == '    + …t.column_39 FROM t LIMIT 10"'


def test_two_values_that_fit_are_whole():
    old, new = "x" * 60, "x" * 60 + "y"
    assert lines_of({"q": old}, {"q": new}) == [
        "~ q:",
        f'    - "{old}"',
        f'    + "{new}"',
    ]


def test_long_value_is_broken_between_words_and_its_rest_counted():
    lines = lines_of({}, {"q": SQL})
    assert len(lines) == 3 and all(line.startswith("      ") for line in lines[1:])
    *shown, rest = " ".join(map(str.strip, lines)).split(" … ")
    (text,) = shown
    left = len(f"+ q: {json.dumps(SQL)}") - len(text)
    assert rest in (f"({left} more characters)", f"({left - 1} more characters)")
    full = lines_of({}, {"q": SQL}, full=True)
    assert " ".join(map(str.strip, full)) == f"+ q: {json.dumps(SQL)}"
    assert max(map(len, full)) <= 76


def test_added_script_is_shown_by_line():
    script = "".join(f"line {number}\n" for number in range(30))
    title, head, *lines = lines_of({}, {"payload": script})
    assert (title, head) == ("+ payload:", "    @@ -0,0 +1,30 @@")
    assert lines[0] == "    +line 0"
    assert lines[-1] == f"    … ({31 - len(lines)} more lines)"
    assert len(lines_of({}, {"payload": script}, full=True)) == 32
    assert len(lines_of({"payload": script}, {}, full=True)) == 32


def test_full_report_cuts_nothing():
    script = "".join(f"line {number} {SQL}\n" for number in range(3))
    new = {"q": SQL * 20, "s": script, "l": [{"type": "x", "a": False, "b": SQL}]}
    diffs = diffs_of({"q": SQL, "l": []}, new)
    for render in (render_text, render_markdown, render_junit):
        cut, full = render(diffs), render(diffs, full=True)
        assert "…" in cut and "…" not in full
        words = " ".join(full.replace("&quot;", '"').split())
        assert json.dumps(SQL * 20) in words
        assert json.dumps(new["l"][0]) in words
        assert script.splitlines()[2] in full


# Of any values

SIMILAR = st.lists(
    st.sampled_from(["a", "b", " ", "x" * 40, "é", "e\u0301", "word ", "\n", "顧客"]),
    max_size=12,
).map("".join)
ITEMS = st.lists(
    SIMILAR
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["EQ", "LT"]), "v": SIMILAR | st.booleans()}
    )
    | st.fixed_dictionaries({"a": ATTRIBUTES, "b": SIMILAR}),
    max_size=5,
)
OBJECTS = st.fixed_dictionaries(
    {"text": SIMILAR, "list": ITEMS, "more": ATTRIBUTES, "tags": st.just(["a"])}
)


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from(["", " ", "a b "]))
def test_difference_is_shown_at_any_distance(before, after, start):
    texts = [f"{start}{'x' * before}{letter}{'z' * after}" for letter in "yY"]
    lines = lines_of({"a": texts[0]}, {"a": texts[1]})
    assert "y" in "".join(lines) and "Y" in "".join(lines)


@pytest.mark.slow
@settings(max_examples=100)
@given(OBJECTS, OBJECTS)
def test_any_change_is_seen(old, new):
    (diff,) = diffs_of(old, new)
    assert list(problems(diff)) == []
    patched = apply_changes(diff.old_resource.attributes, diff.changes)
    assert json_equal(patched, diff.new_resource.attributes)
    for change in diff.changes:
        assert all("\n" not in line for line in change_lines(change, full=True))
