"""Rules that accept what changed: exactly that, and nothing that comes later."""

import json
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, StateManager
from dataikuapi.iac.analysis.review import review_note
from dataikuapi.iac.diff import ChangeType, DiffEngine, ResourceDiff
from dataikuapi.iac.ignore.rules import IgnoreRule, fingerprint
from dataikuapi.iac.models import State
from dataikuapi.iac.models.json_values import json_equal
from dataikuapi.iac.sandbox import ProjectStore
from iac.comparing import (
    CHANGED,
    ID,
    NAMES,
    SCHEMA,
    TREE,
    baseline,
    diff_of,
    diffs_of,
    engine,
    labels,
    state,
    uses,
)
from iac.flows import CLEAN, state_of
from iac.strategies import ATTRIBUTES, JSON_VALUES

_TEXTS = "~ payload: text of 4 characters -> text of 5 characters"
_SECRETS = '~ password: "<secret>" -> "<secret>"'
ANY = TREE | ATTRIBUTES | st.dictionaries(NAMES, JSON_VALUES, max_size=4)


@pytest.mark.slow
@settings(max_examples=200)
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


@pytest.mark.slow
@settings(max_examples=200)
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


@pytest.mark.slow
@settings(max_examples=200)
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


@pytest.mark.slow
@settings(max_examples=200)
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


@pytest.mark.parametrize("secret_key", [None, "a key of 16 characters or more"])
def test_no_fingerprint_lets_a_secret_be_guessed(serve, tmp_path, secret_key):
    """Without a key it is the same for all secrets; with one, nobody can compute it."""
    baselines = []
    for secret in ("hunter2-very-secret", "another-secret-3"):
        store = ProjectStore()
        store.add_project("P")
        with serve(store) as server:
            client = DSSClient(server.url, server.api_key)
            backend = LocalFileBackend(tmp_path / f"{secret}.json")
            manager = StateManager(backend, client, "dev", secret_key=secret_key)
            manager.save_state(manager.sync_project("P"))
            url = f"https://me:{secret}@host/x?sig={secret}"
            params = {"password": secret, "url": url, "conn": f"PWD={secret};x=1"}
            store.add_dataset("P", "d", params=params)
            store.add_recipe("P", "r", payload=f"password = '{secret}'")
            manager.drift().write_baseline(tmp_path / "rules")
        text = (tmp_path / "rules").read_text()
        assert secret not in text
        baselines.append(re.findall("^[^#].* fingerprint=.*$", text, re.MULTILINE))
        (tmp_path / "rules").unlink()

    (dataset, recipe), others = baselines
    assert recipe == others[1]
    assert (dataset == others[0]) is (secret_key is None)


def note(old, new):
    diff = diff_of(old, new)
    return review_note(diff, diff.changes[0])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": "x"}, '~ a: 1 -> "x"'),
        ({}, {"a": {"b": [1]}}, '+ a: {"b": [1]}'),
        ({"a": None}, {}, "- a: null"),
        ({"a": "x" * 200}, {"a": 1}, f'~ a: "{"x" * 79}… -> 1'),
        ({"a": "x\ny"}, {"a": "z"}, '~ a: text of 3 characters -> "z"'),
        ({"payload": "pw=1"}, {"payload": "pw=22"}, _TEXTS),
        ({"inputs": {}}, {"inputs": {"main": {"x": "y"}}}, "+ inputs.main: 1 values"),
        ({"password": "old"}, {"password": "new"}, _SECRETS),
        ({}, {"a": {"password": "new"}}, '+ a: {"password": "<secret>"}'),
    ],
)
def test_a_rule_is_noted_with_old_and_new_but_no_secrets(old, new, expected):
    assert note(old, new) == expected


def test_a_whole_resource_is_noted_with_what_it_is():
    (diff,) = DiffEngine().diff(State(), state_of(CLEAN))
    assert review_note(diff, None) == (
        "+ dataset.SHOP.clean  (type: Filesystem; connection: files; columns: 2)"
    )


def test_a_move_is_noted():
    old = {"c": [{"name": name} for name in "abc"]}
    assert note(old, {"c": [*old["c"][2:], *old["c"][:2]]}) == "> c[c]"
