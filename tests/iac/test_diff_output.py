"""The text of a diff: each change in its line, and nothing that steers a terminal."""

import pytest
from hypothesis import given, settings

from dataikuapi.iac.diff import DiffEngine
from dataikuapi.iac.models import Resource, ResourceMetadata, State
from dataikuapi.iac.models.times import utc_now
from iac.strategies import STATES


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


def shown(old, new):
    """Return the lines that are shown of one dataset's change, without the counts."""
    engine = DiffEngine()
    lines = engine.format_output([diff_of(old, new)]).splitlines()
    assert lines[0] == "~ dataset.SHOP.orders"
    assert lines[-2:] == ["", "0 added, 0 removed, 1 modified, 0 unchanged"]
    assert all(line.startswith("    ") for line in lines[1:-2])
    return [line[4:] for line in lines[1:-2]]


def test_output_lists_changes_and_ends_with_the_counts():
    old = state(a={}, b={"type": "S3"}, c={})
    new = state(b={"type": "HDFS"}, c={}, d={})
    engine = DiffEngine()
    assert engine.format_output(engine.diff(old, new)) == (
        "- dataset.SHOP.a\n"
        "+ dataset.SHOP.d\n"
        "~ dataset.SHOP.b\n"
        '    ~ type: "S3" -> "HDFS"\n'
        "\n"
        "1 added, 1 removed, 1 modified, 1 unchanged"
    )


def test_output_can_list_unchanged_too():
    engine = DiffEngine()
    diffs = engine.diff(state(a={}, b={}), state(b={}))
    assert engine.format_output(iter(diffs), include_unchanged=True) == (
        "- dataset.SHOP.a\n"
        "  dataset.SHOP.b\n"
        "\n"
        "0 added, 1 removed, 0 modified, 1 unchanged"
    )


def test_output_without_changes_says_so():
    engine = DiffEngine()
    diffs = engine.diff(state(a={}, b={}), state(a={}, b={}))
    assert engine.format_output(diffs) == "No changes. 2 unchanged."
    assert engine.format_output([]) == "No changes. 0 unchanged."
    assert engine.format_output(diffs, include_unchanged=True) == (
        "  dataset.SHOP.a\n  dataset.SHOP.b\n\nNo changes. 2 unchanged."
    )


def test_output_begins_with_what_was_compared():
    diffs = DiffEngine().diff(state(a={}), state(a={}))
    diffs.title = "Drift of SHOP"
    text = DiffEngine().format_output(diffs)
    assert text == "Drift of SHOP\n\nNo changes. 1 unchanged."


def test_output_names_the_last_editor_where_dss_tells():
    new = State()
    for name in ("a", "b", "c"):
        metadata = ResourceMetadata(utc_now(), "robot", last_modified_by=f"{name}nna")
        resource = Resource("dataset", f"dataset.SHOP.{name}", {"x": 1}, metadata)
        new.add_resource(resource)
    engine = DiffEngine()
    forward = engine.diff(state(b={"x": 2}, c={"x": 1}), new)
    assert engine.format_output(forward, include_unchanged=True).splitlines()[:4] == [
        "+ dataset.SHOP.a  (by anna)",
        "~ dataset.SHOP.b  (by bnna)",
        "    ~ x: 2 -> 1",
        "  dataset.SHOP.c",
    ]
    removed = engine.format_output(engine.diff(new, State()))
    # Which is not to say that anna removed it.
    assert removed.startswith("- dataset.SHOP.a  (last edited by anna)\n")


@pytest.mark.parametrize(
    "old, new, lines",
    [
        pytest.param({}, {"a": 1}, ["+ a: 1"], id="attribute added"),
        pytest.param({"a": None}, {}, ["- a: null"], id="attribute removed"),
        pytest.param({"a": 1}, {"a": True}, ["~ a: 1 -> true"], id="type"),
        pytest.param({"a": "x"}, {"a": ["x"]}, ['~ a: "x" -> ["x"]'], id="kind"),
        pytest.param({"a": "é"}, {"a": "è"}, ['~ a: "é" -> "è"'], id="accents"),
        pytest.param(
            {"a": {"same": 1, "gone": 2, "other": {"deep": 3}}},
            {"a": {"same": 1, "come": 2, "other": {"deep": 4}}},
            ["+ a.come: 2", "- a.gone: 2", "~ a.other.deep: 3 -> 4"],
            id="in an object",
        ),
        pytest.param(
            {"columns": [{"name": "id"}, {"name": "date", "type": "string"}]},
            {"columns": [{"name": "id"}, {"name": "date", "type": "date"}]},
            ['~ columns[date].type: "string" -> "date"'],
            id="in a list of objects",
        ),
        pytest.param(
            {"l": ["a", "b", "c"]},
            {"l": ["new", "a", "b", "c"]},
            ['+ l[0]: "new"'],
            id="put in front of a list",
        ),
        pytest.param(
            {"l": ["a", "b", "c"]},
            {"l": ["a", "c"]},
            ['- l[1]: "b"'],
            id="taken out of a list",
        ),
        pytest.param(
            {"l": ["a", "b"]}, {"l": ["a"]}, ['- l[1]: "b"'], id="list got shorter"
        ),
        pytest.param(
            {"l": ["a", "x", "z"]},
            {"l": ["b", "z", "c"]},
            ['~ l[0]: "a" -> "b"', '- l[1]: "x"', '+ l[2]: "c"'],
            id="replaced, taken out and appended",
        ),
        pytest.param(
            {"l": ["keep", "a", "b", "z"]},
            {"l": ["new", "keep", "c", "d", "z"]},
            ['+ l[0]: "new"', '~ l[2]: "a" -> "c"', '~ l[3]: "b" -> "d"'],
            id="two replaced behind an added one",
        ),
        pytest.param(
            {"a": {"x": "1"}},
            {"a": {"y": [None]}},
            ['- a.x: "1"', "+ a.y: [null]"],
            id="values in an object as JSON",
        ),
        pytest.param(
            {"rows": [[1, 2], [3, [4, 5]]]},
            {"rows": [[1, 2], [3, [4, 6, 7]]]},
            ["~ rows[1][1][1]: 5 -> 6", "+ rows[1][1][2]: 7"],
            id="list in a list in a list",
        ),
        pytest.param(
            {"l": [1, 2]}, {"l": [True, 2]}, ["~ l[0]: 1 -> true"], id="type in a list"
        ),
    ],
)
def test_output_goes_down_to_the_values_that_differ(old, new, lines):
    assert shown(old, new) == lines


def test_output_of_a_script_shows_the_lines_that_differ():
    old = "import dataiku\n\nx = 1\ny = 2\n"
    new = "import dataiku\n\nx = 1\ny = 3\nz = 4\n"
    assert shown({"payload": old}, {"payload": new}) == [
        "~ payload:",
        "    @@ -2,3 +2,4 @@",
        "     ",
        "     x = 1",
        "    -y = 2",
        "    +y = 3",
        "    +z = 4",
    ]


def test_output_of_one_line_that_becomes_a_script():
    assert shown({"payload": "x = 1"}, {"payload": "x = 1\ny = 2"}) == [
        "~ payload:",
        "    @@ -1 +1,2 @@ only whitespace or encoding differs: line 1",
        "    -x = 1",
        "    \\ No newline at end of file",
        "    +x = 1",
        "    +y = 2",
        "    \\ No newline at end of file",
    ]


def test_output_cuts_long_values_and_shows_that_it_did():
    text, rest = shown({}, {"a": "x" * 500})
    cut = text.removeprefix("+ a: ")
    assert set(cut) == {*'"x'}
    assert rest == f"      … ({502 - len(cut)} more characters)"


def test_value_that_just_fits_is_not_cut():
    (line,) = shown({}, {"a": "x" * 69})
    assert line == f'+ a: "{"x" * 69}"' and len(line) == 80 - 4
    assert shown({}, {"a": "x" * 68 + " y"}) == [f'+ a: "{"x" * 68}', '      y"']


@pytest.mark.parametrize(
    "harmful",
    [
        pytest.param("\x1b[31m", id="colour"),
        pytest.param("\x1b]0;title\x07", id="window title"),
        pytest.param("\x9b31m", id="8-bit escape"),
        pytest.param("\b\b\b", id="backspace"),
        pytest.param("\u202e", id="right to left"),
        pytest.param("\u2028", id="line separator"),
        pytest.param("\udc80", id="lone surrogate"),
        pytest.param("\x00", id="NUL"),
    ],
)
def test_output_has_no_characters_that_steer_the_terminal(harmful):
    old = state(a={"v": "", "script": "a\nb", "o": {}, "l": []}, b={})
    new = state(
        a={
            "v": harmful,
            "script": f"a\n{harmful}",
            "o": {harmful: 1},
            "l": [harmful],
            harmful: 1,
        }
    )
    new.get_resource("dataset.SHOP.a").metadata.last_modified_by = harmful
    new.add_resource(Resource("dataset", f"dataset.SHOP.{harmful}x"))
    engine = DiffEngine()
    output = engine.format_output(engine.diff(old, new))
    assert all(char.isprintable() or char == "\n" for char in output)
    output.encode("utf-8")


def test_escape_characters_are_shown_as_what_they_are():
    lines = shown({"s": "a\nb"}, {"s": "a\n\x1b[31mred"})
    assert "    -b" in lines and "    +\\x1b[31mred" in lines


def test_line_feed_in_a_name_starts_no_line():
    assert shown({}, {"a\n+ fake: 1": 2}) == ['+ ["a\\n+ fake: 1"]: 2']


def test_script_of_which_only_line_ends_differ_says_so():
    title, line = shown({"payload": "a\r\nb"}, {"payload": "a\nb"})
    assert title == "~ payload:"
    assert "line endings" in line


def test_line_feed_that_is_missing_at_the_end_is_told_as_git_does():
    lines = shown({"payload": "a\nb\n"}, {"payload": "a\nb"})
    assert [line.strip() for line in lines[2:]] == [
        *("a", "-b", "+b", "\\ No newline at end of file"),
    ]


def test_tabs_of_a_script_stay():
    assert shown({"s": "a\n"}, {"s": "a\n\tb\n"})[-1] == "    +\tb"


@pytest.mark.slow
@settings(max_examples=60)
@given(STATES, STATES)
def test_any_diff_can_be_shown(old, new):
    text = DiffEngine().format_output(DiffEngine().diff(old, new), True)
    assert all(line.isprintable() or "\t" in line for line in text.split("\n"))
