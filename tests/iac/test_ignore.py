"""What a team has decided not to watch: what rules hide, and what they do not."""

import functools
import json
import time
from datetime import date, datetime, timezone

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dataikuapi.iac.diff import ChangeType, DiffEngine, ResourceDiff
from dataikuapi.iac.ignore.filter import IgnoreFilter
from dataikuapi.iac.ignore.patterns import (
    escape,
    id_pattern,
    label_pointer,
    path_pattern,
)
from dataikuapi.iac.ignore.rules import IgnoreRule, fingerprint
from dataikuapi.iac.models import (
    Change,
    PathSegment,
    Resource,
    ResourceMetadata,
    RuleUsage,
    State,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import json_equal
from iac.strategies import ATTRIBUTES, JSON_VALUES

TODAY = date(2026, 6, 1)
ID = "recipe.SHOP.r"
SCHEMA = {
    "schema": {
        "columns": [
            {"name": "id", "type": "string", "comment": "a"},
            {"name": "v1.2", "type": "string", "comment": "a"},
        ]
    },
    "steps": [{"type": "a", "x": 1, "y": 1}, {"type": "b", "x": 1, "y": 1}],
    "tags": ["a"],
}
CHANGED = {
    "schema": {
        "columns": [
            {"name": "id", "type": "bigint", "comment": "b"},
            {"name": "v1.2", "type": "bigint", "comment": "b"},
        ]
    },
    "steps": [{"type": "a", "x": 2, "y": 1}, {"type": "b", "x": 2, "y": 1}],
    "tags": ["a", "b"],
}
ALL = [
    "~ schema.columns[id].comment",
    "~ schema.columns[id].type",
    "~ schema.columns[v1.2].comment",
    "~ schema.columns[v1.2].type",
    "~ steps[0].x",
    "~ steps[1].x",
    "+ tags[1]",
]


def engine(*rules):
    return DiffEngine(ignore=rules, today=lambda: TODAY)


def state(resources, **fields):
    """Return a state of the resources, attributes by id."""
    made = State(**fields)
    for resource_id, attributes in resources.items():
        kind = resource_id.partition(".")[0]
        made.add_resource(Resource(kind, resource_id, attributes))
    return made


def diffs_of(old, new, *rules):
    """Compare the attributes of one recipe."""
    return engine(*rules).diff(state({ID: old}), state({ID: new}))


def diff_of(old, new, *rules):
    (diff,) = diffs_of(old, new, *rules)
    return diff


def shown(*paths):
    """Return what is left of all changes if those paths are ignored."""
    rules = [IgnoreRule(ID, path) for path in paths]
    return [str(change) for change in diff_of(SCHEMA, CHANGED, *rules).changes]


def less(*hidden):
    return [change for change in ALL if change not in hidden]


def uses(diffs):
    return [(use.suppressed, use.expired) for use in diffs.rules]


def labels(segments):
    """Return what each step is called; made apart from the code under test."""
    return tuple(
        str(segment.name) if segment.key is None else segment.key
        for segment in segments
    )


# Ids


@pytest.mark.parametrize(
    ("pattern", "resource_id", "matches_id"),
    [
        ("recipe.SHOP.r", "recipe.SHOP.r", True),
        ("recipe.SHOP.r", "recipe.SHOP.r2", False),
        ("recipe.SHOP.r", "recipe.SHOP.R", False),
        ("recipe.SHOP.r", "recipexSHOPxr", False),
        ("recipe.SHOP.*", "recipe.SHOP.v1.2", True),
        ("recipe.SHOP.*", "recipe.SHOP.", True),
        ("recipe.SHOP.*", "recipe.SHOP", False),
        ("*.SHOP*", "project.SHOP", True),
        ("*.tmp_*", "dataset.SHOP.tmp_1", True),
        ("*", "dataset.SHOP.line\nbreak", True),
        ("d*a*t", "dataset", True),
        ("d*a*t", "datase", False),
        ("d**t", "dataset", True),
        ("recipe.SHOP.a/b", "recipe.SHOP.a/b", True),
        ("recipe.SHOP.a~1b", "recipe.SHOP.a/b", True),
        ("recipe.SHOP.a~2b", "recipe.SHOP.a*b", True),
        ("recipe.SHOP.a~2b", "recipe.SHOP.axb", False),
        ("recipe.SHOP.a~0b", "recipe.SHOP.a~b", True),
        ("recipe.SHOP.a~02", "recipe.SHOP.a~2", True),
        ("recipe.SHOP.a b [x]", "recipe.SHOP.a b [x]", True),
        ("recipe.SHOP.?", "recipe.SHOP.x", False),
    ],
)
def test_patterns_of_ids(pattern, resource_id, matches_id):
    assert IgnoreRule(pattern).matches_id(resource_id) is matches_id


ODD = st.text(".*/~[]\"'\\ #=\n\t\r\0ab01é顧\u2028\x7f😀", max_size=6)
NAMES = (
    ODD
    | st.text(max_size=6)
    | st.sampled_from(
        ["", "*", "**", "~", "~0", "0", "#x", "fingerprint=x", "a.b", "x-1", "[]"]
    )
)


@given(NAMES, NAMES)
@example("a*", "ab")
@example("a\n", "a")
def test_the_pattern_of_an_id_names_it_and_no_other(name, other):
    one, another = f"recipe.SHOP.{name}", f"recipe.SHOP.{other}"
    rule = IgnoreRule.parse(str(IgnoreRule(escape(one))))
    assert rule.matches_id(one)
    assert rule.matches_id(another) == (one == another)
    assert rule.exact_id == one


def matches(pattern, items, is_run, fits):
    """Tell by trying everything whether a pattern matches all of the items."""

    @functools.cache
    def rest(start, at):
        if start == len(pattern):
            return at == len(items)
        if is_run(pattern[start]):
            return any(rest(start + 1, end) for end in range(at, len(items) + 1))
        return (
            at < len(items)
            and fits(pattern[start], items[at])
            and rest(start + 1, at + 1)
        )

    return rest(0, 0)


def text_matches(pattern, text):
    """Do so for the characters; pattern is a list of them, and None for ``*``."""
    return matches(pattern, text, lambda part: part is None, str.__eq__)


WRITTEN = {None: "*", "~": "~0", "/": "~1", "*": "~2"}


@settings(max_examples=300)
@given(st.lists(st.none() | st.sampled_from("ab\n*~"), max_size=9), st.text("ab\n*~"))
def test_patterns_of_ids_match_as_trying_everything_does(pattern, text):
    written = "".join(WRITTEN.get(part, part) for part in pattern)
    found = id_pattern(written).fullmatch(text) is not None
    assert found == text_matches(pattern, text)


# Paths


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        ("tags", ["+ tags[1]"]),
        ("tags[1]", ["+ tags[1]"]),
        ("tags[0]", []),
        ("/tags/1", ["+ tags[1]"]),
        ("tag", []),
        ("/tag", []),
        ("schema", ALL[:4]),
        ("schema.columns", ALL[:4]),
        ("schema.columns[id]", ALL[:2]),
        ("/schema/columns/id", ALL[:2]),
        ("schema.columns[id].type", [ALL[1]]),
        ("schema.columns[v1.2].type", [ALL[3]]),
        ('schema.columns["v1.2"].type', [ALL[3]]),
        ("/schema/columns/v1.2/type", [ALL[3]]),
        ("schema.columns[*].comment", [ALL[0], ALL[2]]),
        ("/schema/columns/*/comment", [ALL[0], ALL[2]]),
        ("schema.columns[v*].comment", [ALL[2]]),
        ("*.columns", ALL[:4]),
        ("*", ALL),
        ("**", ALL),
        ("/**", ALL),
        ("**.comment", [ALL[0], ALL[2]]),
        ("/**/comment", [ALL[0], ALL[2]]),
        ("schema.**.comment", [ALL[0], ALL[2]]),
        ("schema.**", ALL[:4]),
        ("schema.**.columns", ALL[:4]),
        ("schema[**].columns", ALL[:4]),
        ("**.columns.**.type", [ALL[1], ALL[3]]),
        ("**.x", ["~ steps[0].x", "~ steps[1].x"]),
        ("steps[0]", ["~ steps[0].x"]),
        ("steps[*].x", ["~ steps[0].x", "~ steps[1].x"]),
        ("steps.1.x", ["~ steps[1].x"]),
        # A star stays within one step.
        ("schema.*.comment", []),
        ("*.comment", []),
        ("schema*comment", []),
        # By its key where it has one.
        ("schema.columns[0]", []),
        ("/schema/columns/0/type", []),
        # Above what changed, not beneath it.
        ("tags[1].x", []),
        ("tags[1].*", []),
        # Text in quotes is itself.
        ('schema.columns["*"].comment', []),
        ('["**"]', []),
    ],
)
def test_patterns_of_paths(path, hidden):
    assert shown(path) == less(*hidden)


STEPS = st.lists(
    st.just("**") | st.lists(st.none() | st.sampled_from("a0~/*\n"), max_size=4),
    min_size=1,
    max_size=5,
)
LABELS = st.lists(st.text("a01~/*\n", max_size=3), min_size=1, max_size=5)


@settings(max_examples=500)
@given(STEPS, LABELS)
@example([[None, "0"]], ["a~"])
@example([[None, "1"]], ["a/"])
def test_patterns_of_paths_match_as_trying_everything_does(pattern, names):
    assume([None, None] not in pattern)
    written = "".join(
        "/**" if segment == "**" else "/" + "".join(WRITTEN.get(c, c) for c in segment)
        for segment in pattern
    )
    expected = any(
        matches(
            pattern,
            names[:end],
            lambda segment: segment == "**",
            text_matches,
        )
        for end in range(len(names) + 1)
    )
    segments = tuple(PathSegment(name) for name in names)
    assert bool(path_pattern(written).fullmatch(label_pointer(segments))) == expected


KEYED = st.lists(
    st.fixed_dictionaries({"name": NAMES.filter(bool), "v": st.integers(0, 2)}),
    max_size=3,
    unique_by=lambda item: item["name"],
)
TREES = st.recursive(
    st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=3) | KEYED,
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TREE = st.dictionaries(NAMES, TREES, min_size=1, max_size=4)


def pointer(segments):
    """Write a pointer by the names that reports show, nothing in it a pattern."""
    written = ("".join(WRITTEN.get(c, c) for c in label) for label in labels(segments))
    return "".join(f"/{label}" for label in written)


@settings(deadline=None, max_examples=300)
@given(TREE, TREE)
def test_a_path_as_the_report_shows_it_hides_what_is_there_and_beneath(old, new):
    diff = diff_of(old, new)
    for change in diff.changes:
        way = labels(change.segments)
        expected = [
            str(other)
            for other in diff.changes
            if labels(other.segments)[: len(way)] != way
        ]
        for path in (change.path, pointer(change.segments)):
            rule = IgnoreRule.parse(str(IgnoreRule(ID, path)))
            left = diff_of(old, new, rule)
            assert [str(other) for other in left.changes] == expected


@pytest.mark.parametrize(
    "name",
    [
        "a.b",
        "a*b",
        "*",
        "**",
        "a/b",
        "a~b",
        "~0",
        "a b",
        "",
        "[",
        "a]b",
        'a"b',
        "a'b",
        "a\\",
        "a\nb",
        "größe",
        "顧客",
        "0",
        "author=x",
        "#a",
    ],
)
def test_odd_names_can_be_named(name):
    old = {name: 1, "o": {name: 1}, "ab": 1, "k": [{"name": f"k{name}", "v": 1}]}
    new = {name: 2, "o": {name: 2}, "ab": 2, "k": [{"name": f"k{name}", "v": 2}]}
    for change in diff_of(old, new).changes:
        for path in (change.path, pointer(change.segments)):
            line = str(IgnoreRule(ID, path))
            diff = diff_of(old, new, line)
            assert change not in diff.changes
            assert len(diff.changes) == 3


def test_a_path_that_the_report_shows_may_stand_in_a_line_as_it_is():
    diff = diff_of({"a b": {"c": 1}}, {"a b": {"c": 2}}, f'{ID} ["a b"].c')
    assert diff.change_type is ChangeType.UNCHANGED


# What is hidden


def test_rules_hide_some_changes_and_leave_the_others():
    diff = diff_of(SCHEMA, CHANGED, f"{ID} schema", f"{ID} steps[0]")
    assert diff.change_type is ChangeType.MODIFIED
    assert [str(change) for change in diff.changes] == ALL[5:]
    assert diff.attribute_diffs == {
        "added": {},
        "removed": {},
        "modified": {
            name: {"old": SCHEMA[name], "new": CHANGED[name]}
            for name in ("steps", "tags")
        },
    }


def test_attributes_that_were_added_or_removed_are_hidden_too():
    old, new = {"a": 1, "b": 1, "x": 1}, {"c": 1, "d": 1, "x": 2}
    diff = diff_of(old, new, f"{ID} a", f"{ID} c", f"{ID} x")
    assert [str(change) for change in diff.changes] == ["- b", "+ d"]
    assert diff.attribute_diffs == {
        "added": {"d": 1},
        "removed": {"b": 1},
        "modified": {},
    }


def test_what_is_hidden_of_a_modified_resource_whole_is_unchanged():
    for rules in ([ID], [f"{ID} **"], [f"{ID} {name}" for name in SCHEMA]):
        (diff,) = diffs_of(SCHEMA, CHANGED, *rules)
        assert diff.change_type is ChangeType.UNCHANGED
        assert (diff.changes, diff.attribute_diffs) == ((), None)
        assert diff.old_resource.attributes == SCHEMA
        assert diff.new_resource.attributes == CHANGED


def test_what_moved_is_hidden_where_it_is_now():
    old = {"x": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    new = {"x": [{"name": "c"}, {"name": "a"}, {"name": "b"}]}
    assert [str(change) for change in diff_of(old, new).changes] == ["> x[c]"]
    assert diff_of(old, new, f"{ID} x[c]").change_type is ChangeType.UNCHANGED
    assert diff_of(old, new, f"{ID} x[a]").change_type is ChangeType.MODIFIED


def test_an_object_that_is_added_whole_is_not_hidden_by_what_is_in_it():
    diff = diff_of({}, {"schema": {"comment": "a"}}, f"{ID} schema.comment")
    assert [str(change) for change in diff.changes] == ["+ schema"]


BOTH = {"dataset.P.both": {"x": 1}}
OLD = state({**BOTH, "dataset.P.gone": {"x": 1}})
NEW = state({**BOTH, "dataset.P.new": {"x": 1}})


def test_a_rule_without_a_path_hides_that_a_resource_came_or_went():
    found = [str(diff) for diff in engine("dataset.P.gone").diff(OLD, NEW)]
    assert found == ["  dataset.P.both", "+ dataset.P.new"]
    diffs = engine("dataset.P.*").diff(OLD, NEW)
    assert [str(diff) for diff in diffs] == ["  dataset.P.both"]
    assert uses(diffs) == [(2, False)]


@pytest.mark.parametrize("path", ["**", "x", "/x"])
def test_a_rule_with_a_path_hides_only_changes(path):
    diffs = engine(IgnoreRule("*", path)).diff(OLD, NEW)
    assert len(diffs) == 3
    assert uses(diffs) == [(0, False)]


def test_a_rule_without_a_path_hides_what_could_not_be_read():
    fresh = state({}, unknown={"dataset.P.a": "no rights", "recipe.P": "no rights"})
    for rule, left in [
        ("dataset.P.a", ["recipe.P"]),
        ("recipe.*", ["dataset.P.a"]),
        ("*", []),
        ("recipe.P.*", ["dataset.P.a", "recipe.P"]),
        ("* **", ["dataset.P.a", "recipe.P"]),
        ("* fingerprint=0123456789abcdef", ["dataset.P.a", "recipe.P"]),
    ]:
        diffs = engine(rule).diff(State(), fresh)
        assert [unread.resource_id for unread in diffs.unknown] == left
        assert uses(diffs) == [(2 - len(left), False)]


def recreated(old, new):
    """Return two states of a project that was deleted and made again."""
    states = State(), State()
    for day, made, attributes in zip((1, 2), states, (old, new)):
        time_of_it = datetime(2026, 1, day, tzinfo=timezone.utc)
        metadata = ResourceMetadata(time_of_it, "ann", created_at=time_of_it)
        made.add_resource(Resource("project", "project.P", attributes, metadata))
    return states


@pytest.mark.parametrize("new", [{"x": 1}, {"x": 2}])
def test_a_rule_without_a_path_hides_that_a_project_was_made_again(new):
    states = recreated({"x": 1}, new)
    assert "created again" in engine().format_output(engine().diff(*states))
    diffs = engine("project.P").diff(*states)
    assert (list(diffs), uses(diffs)) == ([], [(1, False)])


def test_a_rule_with_a_path_does_not_hide_that_a_project_was_made_again():
    diffs = engine("project.P **").diff(*recreated({"x": 1}, {"x": 2}))
    assert [diff.change_type for diff in diffs] == [ChangeType.UNCHANGED]
    assert "created again" in engine().format_output(diffs)


def test_a_diff_that_knows_no_attributes_keeps_its_other_changes():
    changes = tuple(
        Change(ValueChangeType.MODIFIED, (PathSegment(name),), 1, 2)
        for name in ("a", "b")
    )
    diff = ResourceDiff(ChangeType.MODIFIED, ID, "recipe", changes=changes)
    (left,) = IgnoreFilter([IgnoreRule(ID, "a")], TODAY).apply([diff])
    assert left.changes == changes[1:]
    assert left.attribute_diffs is None


def test_states_are_left_as_they_are():
    old, new = state({ID: SCHEMA}), state({ID: CHANGED})
    before = json.dumps([old.to_dict(), new.to_dict()], default=str)
    engine(ID, f"{ID} schema").diff(old, new)
    assert json.dumps([old.to_dict(), new.to_dict()], default=str) == before


# What is counted


def test_each_rule_says_what_it_hid():
    rules = [f"{ID} schema", f"{ID} **.x", "dataset.* x", f"{ID} tags reason=r"]
    diffs = diffs_of(SCHEMA, CHANGED, *rules)
    assert diffs.rules == tuple(
        RuleUsage(rule, hidden) for rule, hidden in zip(rules, [4, 2, 0, 1])
    )


def test_what_two_rules_hide_is_counted_for_the_first():
    one, other = f"{ID} schema", f"{ID} schema.columns[id]"
    assert uses(diffs_of(SCHEMA, CHANGED, one, other)) == [(4, False), (0, False)]
    assert uses(diffs_of(SCHEMA, CHANGED, other, one)) == [(2, False), (2, False)]
    assert uses(diffs_of(SCHEMA, CHANGED, one, one)) == [(4, False), (0, False)]
    by_pattern = "*.SHOP.*"
    assert uses(diffs_of({"x": 1}, {"x": 2}, ID, by_pattern)) == [
        (1, False),
        (0, False),
    ]
    assert uses(diffs_of({"x": 1}, {"x": 2}, by_pattern, ID)) == [
        (1, False),
        (0, False),
    ]


def test_what_is_hidden_whole_is_counted_once_for_what_is_left():
    part, whole = f"{ID} schema", ID
    assert uses(diffs_of(SCHEMA, CHANGED, whole, part)) == [(1, False), (0, False)]
    assert uses(diffs_of(SCHEMA, CHANGED, part, whole)) == [(4, False), (1, False)]
    rules = [f"{ID} **", whole]
    assert uses(diffs_of(SCHEMA, CHANGED, *rules)) == [(7, False), (0, False)]


def test_what_did_not_change_is_not_counted():
    assert uses(diffs_of(SCHEMA, SCHEMA, "*")) == [(0, False)]


def test_each_comparison_counts_anew():
    comparing = engine(ID)
    for _ in range(2):
        diffs = comparing.diff(state({ID: {"x": 1}}), state({ID: {"x": 2}}))
        assert uses(diffs) == [(1, False)]


@pytest.mark.parametrize(
    ("expires", "hidden"), [("2026-05-31", 0), ("2026-06-01", 1), ("2026-06-02", 1)]
)
def test_a_rule_hides_up_to_its_last_day(expires, hidden):
    for rule in (f"{ID} expires={expires}", f"* x expires={expires}"):
        diffs = diffs_of({"x": 1}, {"x": 2}, rule)
        assert uses(diffs) == [(hidden, not hidden)]
        assert len(diffs.of_type(ChangeType.MODIFIED)) == 1 - hidden


def test_an_expired_rule_does_not_hide_what_could_not_be_read():
    fresh = State(unknown={"dataset.P.a": "no rights"})
    diffs = engine("* expires=2020-01-01").diff(State(), fresh)
    assert len(diffs.unknown) == 1


def test_the_clock_is_asked_at_each_comparison():
    days = iter([date(2026, 1, 1), date(2026, 1, 2)])
    comparing = DiffEngine([f"{ID} expires=2026-01-01"], today=lambda: next(days))
    states = state({ID: {"x": 1}}), state({ID: {"x": 2}})
    assert uses(comparing.diff(*states)) == [(1, False)]
    assert uses(comparing.diff(*states)) == [(0, True)]


def test_the_text_report_says_what_each_rule_did():
    diffs = diffs_of(
        SCHEMA,
        CHANGED,
        f'{ID} schema.columns[*] author=ann reason="not ours"',
        f"{ID} tags",
        "dataset.*",
        f"{ID} steps expires=2026-05-31",
    )
    lines = engine().format_output(diffs).splitlines()
    assert lines == [
        "~ recipe.SHOP.r",
        "    ~ steps[0].x: 1 -> 2",
        "    ~ steps[1].x: 1 -> 2",
        f'ignored 4: {ID} schema.columns[*] author=ann reason="not ours"',
        f"ignored 1: {ID} tags",
        "ignored nothing: dataset.*",
        f"ignored nothing: {ID} steps expires=2026-05-31  (expired)",
        "",
        "0 added, 0 removed, 1 modified, 0 unchanged",
    ]


def test_the_text_report_is_one_line_a_rule_whatever_is_in_it():
    rule = IgnoreRule("a\nb\x1b[31m", reason="one\ntwo")
    lines = engine().format_output(diffs_of({}, {}, rule)).splitlines()
    assert lines[0] == (r'ignored nothing: "a\nb\u001b[31m" reason="one\ntwo"')
    assert lines[1] == ""


# Lines


TEXTS = NAMES | st.sampled_from(["ann", "two words", "2027-01-31", 'a"b c"d', "x=y"])
PATHS = st.one_of(
    st.just("**"),
    st.builds(lambda name: f"/{escape(name)}", NAMES),
    st.builds(
        lambda names: Change(
            ValueChangeType.ADDED, tuple(map(PathSegment, names))
        ).path,
        st.lists(NAMES, min_size=1, max_size=3),
    ),
)
RULES = st.builds(
    IgnoreRule,
    st.builds(escape, NAMES.filter(bool)) | st.sampled_from(["*", "recipe.*", "**"]),
    st.none() | PATHS,
    fingerprint=st.none() | TEXTS,
    author=st.none() | TEXTS,
    reason=st.none() | TEXTS,
    expires=st.none() | st.dates(),
)


@settings(max_examples=500)
@given(RULES)
def test_a_rule_is_read_as_it_was_written(rule):
    line = str(rule)
    assert IgnoreRule.parse(line) == rule
    assert IgnoreRule.parse(f"  {line}\r\n") == rule
    assert "\n" not in line and not line.startswith("#")
    assert len(line.splitlines()) == 1


def test_a_rule_is_written_plainly_where_that_will_do():
    rule = IgnoreRule(
        "dataset.SHOP.my table",
        "schema.columns[*].comment",
        author="ann",
        reason="the sync writes them",
        expires=date(2027, 1, 31),
    )
    assert str(rule) == (
        '"dataset.SHOP.my table" schema.columns[*].comment author=ann '
        'reason="the sync writes them" expires=2027-01-31'
    )


def test_words_may_stand_anywhere():
    rule = IgnoreRule.parse(
        "author=ann  recipe.*\tfingerprint=00 /x  expires=2027-01-31 reason="
    )
    assert rule == IgnoreRule("recipe.*", "/x", "00", "ann", "", date(2027, 1, 31))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "has 0"),
        ("   ", "has 0"),
        ("author=ann", "has 0"),
        ("a b c", "has 3.*JSON string"),
        ("dataset.P.my table x", "has 3.*JSON string"),
        ('"dataset.P.my table', "not closed"),
        ('dataset.P.a reason="x', "not closed"),
        ('dataset.P.a reason="x\\"', "not closed"),
        ('"a"b', "not a JSON string"),
        ('"\\x"', "not a JSON string"),
        ('reason="a"b a', "not a JSON string"),
        ("a~x", "'~x'.*~0"),
        ("a~", "'~'.*~0"),
        ("a*~3", "'~3'.*~2"),
        ("a x~b", "'~b'.*~0"),
        ("a /x/~9", "'~9'.*~0"),
        ("a expires=2027", "2027-01-31"),
        ("a expires=2027-02-30", "2027-01-31"),
        ("a expires=20270131", "2027-01-31"),
        ("a expires=2027-W01-1", "2027-01-31"),
        ("a expires=tomorrow", "2027-01-31"),
        ("a expires=", "2027-01-31"),
        ("a expires=2027-01-3١", "2027-01-31"),
        ("a x..y", "not a valid path"),
        ("a x.", "not a valid path"),
        ("a x[", "not a valid path"),
        ("a x[1", "not a valid path"),
        ("a x]", "not a valid path"),
        ("a x[]", "not a valid path"),
        ('a x["y"z]', "not a valid path"),
        ('a ""', "not a valid path"),
        ('a x["\\x"]', "not a JSON string"),
        ('""', "needs a pattern"),
        ("a author=x author=y", "author= appears twice"),
        ("a fingerprint=x fingerprint=y", "fingerprint= appears twice"),
        (
            "a expire=2027-01-31",
            "expire=.*not one of fingerprint=, author=, reason=, expires=",
        ),
        ("a Author=ann", "Author=.*JSON string"),
        ("# a", "comment"),
        ("#a", "comment"),
        ("a #b", "comment.*reason="),
        ("a b #c", "comment"),
        ("a\nb", "several lines"),
    ],
)
def test_a_line_that_is_no_rule_is_refused(line, why):
    with pytest.raises(ValueError, match=why):
        IgnoreRule.parse(line)
    with pytest.raises(ValueError, match=why):
        DiffEngine(ignore=[line])


def test_a_rule_that_is_none_is_refused():
    for wrong in [
        lambda: IgnoreRule(""),
        lambda: IgnoreRule("a", ""),
        lambda: IgnoreRule("a~"),
        lambda: IgnoreRule("a", expires=datetime(2027, 1, 31)),
        lambda: IgnoreRule("a", expires="2027-01-31"),
    ]:
        with pytest.raises(ValueError):
            wrong()


def test_a_long_line_is_not_repeated_whole():
    with pytest.raises(ValueError) as caught:
        IgnoreRule.parse("a " * 10_000)
    assert len(str(caught.value)) < 500


# In bearable time


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("stars", [2, 15, 300])
def test_many_stars_take_no_time(stars):
    pattern = "a*" * stars + "b"
    change = Change(ValueChangeType.ADDED, (PathSegment("a" * 300),) * 10)
    diff = diff_of({}, {})
    rule = IgnoreRule("*", f"{pattern}.**.{pattern}")
    assert seconds(lambda: IgnoreRule(pattern).matches_id("a" * 2000)) < 1
    assert seconds(lambda: rule.suppresses(diff, change)) < 1


def test_many_double_stars_take_no_time():
    rule = IgnoreRule("*", "**.a" + ".**.a" * 100 + ".b")
    change = Change(ValueChangeType.ADDED, (PathSegment("a"),) * 300)
    assert seconds(lambda: rule.suppresses(diff_of({}, {}), change)) < 1


def test_hostile_lines_take_no_time():
    for line in ('\\"' * 50_001, '"' * 50_001, '"\\' * 50_001, "a x[" + '"\\' * 50_001):
        assert seconds(lambda: pytest.raises(ValueError, IgnoreRule.parse, line)) < 2
    with pytest.raises(ValueError, match="not a valid path"):
        IgnoreRule("a", '["\\"' * 30_000)


def test_a_large_baseline_takes_seconds_at_most():
    ids = [f"dataset.SHOP.table_{number}" for number in range(2000)]
    old = state({key: {"x": 1} for key in ids})
    new = state({key: {"x": 2} for key in ids})
    rules = baseline(engine().diff(old, new))
    comparing = engine(*rules)
    assert seconds(lambda: comparing.diff(old, new)) < 5
    diffs = comparing.diff(old, new)
    assert not diffs.of_type(ChangeType.MODIFIED)
    assert {use.suppressed for use in diffs.rules} == {1}


# Baselines


def baseline(diffs):
    """Return the rules that hide all that was found, each as read from its line."""
    return [
        IgnoreRule.parse(str(IgnoreRule.for_change(diff, change)))
        for diff in diffs
        if diff.change_type is not ChangeType.UNCHANGED
        for change in (diff.changes or (None,))
    ]


ANY = TREE | ATTRIBUTES | st.dictionaries(NAMES, JSON_VALUES, max_size=4)


@settings(deadline=None, max_examples=200)
@given(ANY, ANY)
def test_the_rule_of_a_change_hides_exactly_that(old, new):
    diff = diff_of(old, new)
    for change in diff.changes:
        left = diff_of(old, new, *baseline([one_of(diff, change)])).changes
        assert left == tuple(other for other in diff.changes if other is not change)


def one_of(diff, change):
    return ResourceDiff(
        diff.change_type,
        diff.resource_id,
        diff.resource_type,
        diff.old_resource,
        diff.new_resource,
        changes=(change,),
    )


@settings(deadline=None, max_examples=200)
@given(ANY, ANY)
def test_the_rules_of_all_changes_leave_nothing(old, new):
    diffs = diffs_of(old, new)
    rules = baseline(diffs)
    hidden = diffs_of(old, new, *rules)
    assert [diff.change_type for diff in hidden] == [ChangeType.UNCHANGED]
    assert uses(hidden) == [(1, False)] * len(rules)


def told(change):
    """Return all that makes a change the one that was accepted."""
    values = json.dumps([change.old, change.new], sort_keys=True)
    moved = (change.from_pointer, change.pointer) if change.from_segments else None
    return change.kind, labels(change.segments), values, moved


@settings(deadline=None, max_examples=200)
@given(ANY, ANY, ANY)
def test_what_was_not_there_at_the_time_of_the_baseline_is_shown(old, new, later):
    rules = baseline(diffs_of(old, new))
    accepted = {told(change) for change in diff_of(old, new).changes}
    for now in (later, {**new, **later}):
        left = diff_of(old, now, *rules)
        expected = [
            change
            for change in diff_of(old, now).changes
            if told(change) not in accepted
        ]
        assert list(left.changes) == expected
        assert bool(expected) == (left.change_type is ChangeType.MODIFIED)


@settings(deadline=None, max_examples=200)
@given(ANY, ANY, NAMES, st.lists(st.integers() | st.text(), min_size=3, max_size=3))
def test_a_third_value_is_shown_again(old, new, name, values):
    first, second, third = values
    assume(not any(json_equal(a, b) for a, b in [(first, second), (second, third)]))
    assume(not json_equal(first, third))
    old, new, later = (
        {**old, name: v} for old, v in [(old, first), (new, second), (new, third)]
    )
    rules = baseline(diffs_of(old, new))
    (change,) = diff_of(old, later, *rules).changes
    assert labels(change.segments) == (name,)
    assert (change.old, change.new) == (first, third)


@pytest.mark.parametrize("third", [3, 2.0, "2", True, None, [2], {"x": 2}])
def test_a_value_of_another_type_is_another_value(third):
    rules = baseline(diffs_of({"x": 1}, {"x": 2}))
    assert len(diff_of({"x": 1}, {"x": third}, *rules).changes) == 1


def test_another_way_to_the_same_value_shows():
    rules = baseline(diffs_of({"x": 1}, {"x": 2}))
    assert len(diff_of({"x": 3}, {"x": 2}, *rules).changes) == 1
    assert len(diff_of({}, {"x": 2}, *rules).changes) == 1


@pytest.mark.parametrize(
    ("resource_id", "other_id"),
    [
        ("dataset.P.a", "dataset.P.b"),
        ("dataset.P.a*", "dataset.P.ab"),
        ("dataset.P.a~", "dataset.P.a~0"),
        ("dataset.P.a b/c.d", "dataset.P.a b/cxd"),
    ],
)
def test_a_baseline_of_what_came_and_went(resource_id, other_id):
    nothing, one = State(), state({resource_id: {"x": 1}})
    later, other = state({resource_id: {"x": 2}}), state({other_id: {"x": 1}})
    for accepted, others in [
        ((nothing, one), [(nothing, later), (nothing, other), (one, nothing)]),
        ((one, nothing), [(later, nothing), (other, nothing), (nothing, one)]),
    ]:
        rules = baseline(engine().diff(*accepted))
        hidden = engine(*rules).diff(*accepted)
        assert (list(hidden), uses(hidden)) == ([], [(1, False)])
        for states in others:
            diffs = engine(*rules).diff(*states)
            assert (len(diffs), uses(diffs)) == (1, [(0, False)])


def test_what_was_accepted_as_added_shows_when_it_differs_from_what_is_stored():
    rules = baseline(engine().diff(State(), state({ID: {"x": 1}})))
    assert diff_of({"x": 1}, {"x": 2}, *rules).change_type is ChangeType.MODIFIED


def test_the_same_value_further_down_is_another_change():
    rules = baseline(diffs_of({"x": 5}, {}))
    (change,) = diff_of({"x": {"y": 5}}, {"x": {}}, *rules).changes
    assert str(change) == "- x.y"


def test_what_moves_elsewhere_than_was_accepted_is_shown():
    old, new, later = (
        {"x": [{"name": name} for name in names]} for names in ("abcd", "dabc", "adbc")
    )
    rules = baseline(diffs_of(old, new))
    assert diff_of(old, new, *rules).change_type is ChangeType.UNCHANGED
    (change,) = diff_of(old, later, *rules).changes
    assert str(change) == "> x[d]"


def test_a_modified_resource_can_be_accepted_whole():
    diff = diff_of(SCHEMA, CHANGED)
    rule = IgnoreRule.for_change(diff, None)
    assert (rule.resource, rule.path) == (ID, None)
    assert diff_of(SCHEMA, CHANGED, rule).change_type is ChangeType.UNCHANGED
    assert len(diff_of(SCHEMA, {**CHANGED, "x": 1}, rule).changes) == 8


def test_the_rule_of_a_change_with_a_star_in_its_name_hides_no_other():
    old, new = {"a*": 1, "ab": 1, "~": 1, "~0": 1}, {"a*": 2, "ab": 2, "~": 2, "~0": 2}
    for change in diff_of(old, new).changes:
        rule = IgnoreRule.for_change(diff_of(old, new), change)
        rule = IgnoreRule.parse(str(rule).partition(" fingerprint=")[0])
        left = diff_of(old, new, rule).changes
        assert len(left) == 3 and change not in left


def test_a_fingerprint_does_not_tell_the_value():
    diff = diff_of({"x": "secret"}, {"x": "hidden"})
    (change,) = diff.changes
    digits = fingerprint(diff, change)
    assert len(digits) == 16 and int(digits, 16) >= 0
    line = str(IgnoreRule.for_change(diff, change))
    assert line == f"{ID} /x fingerprint={digits}"
