"""Rules as lines of text, and how long the worst of them may take."""

import time
from datetime import date, datetime
from functools import partial
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac.diff import ChangeType, DiffEngine
from dataikuapi.iac.ignore.patterns import escape
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import Change, PathSegment, ValueChangeType
from iac.comparing import NAMES, baseline, diff_of, engine, state

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


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: IgnoreRule(""), "needs a pattern"),
        (lambda: IgnoreRule("a", ""), "not a valid path"),
        (lambda: IgnoreRule("a~"), "write ~0"),
        (lambda: IgnoreRule("a", expires=datetime(2027, 1, 31)), "without a time"),
        (lambda: IgnoreRule("a", expires=cast(date, "2027-01-31")), "not a date"),
    ],
)
def test_a_rule_that_is_none_is_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        wrong()


def test_a_long_line_is_not_repeated_whole():
    with pytest.raises(ValueError, match="has 10000") as caught:
        IgnoreRule.parse("a " * 10_000)
    assert len(str(caught.value)) < 500


# In bearable time


def seconds(call):
    """Return the processor time of a call, which a busy machine does not lengthen."""
    start = time.thread_time()
    call()
    return time.thread_time() - start


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
    def refused(line):
        with pytest.raises(ValueError, match="JSON string|not closed|not a valid path"):
            IgnoreRule.parse(line)

    for line in ('\\"' * 50_001, '"' * 50_001, '"\\' * 50_001, "a x[" + '"\\' * 50_001):
        assert seconds(partial(refused, line)) < 2
    with pytest.raises(ValueError, match="not a valid path"):
        IgnoreRule("a", '["\\"' * 30_000)


def test_a_large_baseline_takes_seconds_at_most():
    ids = [f"dataset.SHOP.table_{number}" for number in range(2000)]
    old = state({key: {"x": 1} for key in ids})
    new = state({key: {"x": 2} for key in ids})
    rules = baseline(engine().diff(old, new))
    comparing = engine(*rules)
    assert seconds(lambda: comparing.diff(old, new)) < 2
    diffs = comparing.diff(old, new)
    assert not diffs.of_type(ChangeType.MODIFIED)
    assert {use.suppressed for use in diffs.rules} == {1}
