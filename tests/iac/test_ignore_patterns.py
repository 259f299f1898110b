"""Which ids and paths a pattern matches."""

import functools

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dataikuapi.iac.diff import ChangeType
from dataikuapi.iac.ignore.patterns import (
    escape,
    id_pattern,
    keyed_pointer,
    path_pattern,
)
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import PathSegment
from iac.comparing import ALL, ID, NAMES, TREE, diff_of, labels, less, shown

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
        ("tags", ["+ tags[b]"]),
        ("tags[b]", ["+ tags[b]"]),
        ("tags[1]", []),
        ("/tags/b", ["+ tags[b]"]),
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
        ("tags[b].x", []),
        ("tags[b].*", []),
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


@pytest.mark.slow
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
    assert bool(path_pattern(written).fullmatch(keyed_pointer(segments))) == expected


def pointer(segments):
    """Write a pointer by the names that reports show, nothing in it a pattern."""
    written = ("".join(WRITTEN.get(c, c) for c in label) for label in labels(segments))
    return "".join(f"/{label}" for label in written)


@pytest.mark.slow
@settings(max_examples=300)
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
