"""What a team has decided not to watch: what rules hide, and what they do not."""

import json
from datetime import date, datetime, timezone

import pytest

from dataikuapi.iac.diff import ChangeType, DiffEngine, ResourceDiff
from dataikuapi.iac.ignore.filter import IgnoreFilter
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import (
    Change,
    PathSegment,
    Resource,
    ResourceMetadata,
    RuleUsage,
    State,
    ValueChangeType,
)
from dataikuapi.iac.reports import render_text
from iac.comparing import (
    ALL,
    CHANGED,
    ID,
    SCHEMA,
    TODAY,
    diff_of,
    diffs_of,
    engine,
    state,
    uses,
)

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
    for day, made, attributes in zip((1, 2), states, (old, new), strict=True):
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


@pytest.mark.parametrize("rules", [["project.P x", "project.P"], ["project.P"]])
def test_what_hides_a_project_does_so_after_rules_with_a_path(rules):
    diffs = engine(*rules).diff(*recreated({"x": 1}, {"x": 2}))
    assert list(diffs) == []
    assert [item.rule for item in diffs.hidden] == ["project.P"]


def test_what_is_reported_is_not_hidden():
    diffs = engine("project.P x").diff(*recreated({"x": 1}, {"x": 2}))
    assert [diff.is_recreated for diff in diffs] == [True] and not diffs.hidden


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
        RuleUsage(rule, hidden)
        for rule, hidden in zip(rules, [4, 2, 0, 1], strict=True)
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
    assert "ignored 5 changes by 2 rules; 1 unused, 1 expired (-v lists them)" in (
        engine().format_output(diffs).splitlines()
    )
    lines = render_text(diffs, verbose=True).splitlines()
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
    lines = render_text(diffs_of({}, {}, rule), verbose=True).splitlines()
    assert lines[0] == (r'ignored nothing: "a\nb\u001b[31m" reason="one\ntwo"')
    assert lines[1] == ""
