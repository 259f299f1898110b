"""What a comparison found: one resource, and the list with its context."""

import copy
import json
import pickle

import pytest

from dataikuapi.iac.diff import ChangeType, DiffEngine
from dataikuapi.iac.models import (
    Coverage,
    Resource,
    ResourceDiff,
    ResourceDiffs,
    RuleUsage,
    State,
    UnreadableResource,
)
from dataikuapi.iac.models.diff import AttributeDiffs
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.reports import (
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)

ORDERS = "dataset.SHOP.orders"
UNKNOWN = (UnreadableResource("recipe.SHOP.r", "time-out"),)
RULES = (RuleUsage("* tags", 2), RuleUsage("* x expires=2000-01-01", 0, expired=True))


@pytest.fixture
def diffs():
    """One diff of each type, and all of a context."""
    old, new = State(), State()
    resources: list[tuple[State, str, dict[str, JSON]]] = [
        (old, "a", {}),
        (old, "b", {"x": 1}),
        (new, "b", {"x": 2}),
        (old, "c", {}),
        (new, "c", {}),
        (new, "d", {}),
    ]
    for state, name, attributes in resources:
        state.add_resource(Resource("dataset", f"dataset.SHOP.{name}", attributes))
    return ResourceDiffs(
        DiffEngine().diff(old, new),
        unknown=UNKNOWN,
        rules=RULES,
        coverage=Coverage(3, 4),
        title="Drift of SHOP",
    )


def context(diffs):
    assert type(diffs) is ResourceDiffs
    return diffs.unknown, diffs.rules, diffs.coverage, diffs.title


def ids(diffs):
    return [diff.resource_id[-1] for diff in diffs]


PARTS = {
    "slice": (lambda diffs: diffs[:2], "ab"),
    "slice of all": (lambda diffs: diffs[:], "abcd"),
    "slice with a step": (lambda diffs: diffs[::-2], "db"),
    "slice of a slice": (lambda diffs: diffs[1:][:1], "b"),
    "copy method": (lambda diffs: diffs.copy(), "abcd"),
    "copy module": (copy.copy, "abcd"),
    "deep copy": (copy.deepcopy, "abcd"),
    "pickle": (lambda diffs: pickle.loads(pickle.dumps(diffs)), "abcd"),
    "old pickle": (lambda diffs: pickle.loads(pickle.dumps(diffs, 2)), "abcd"),
    "of_type": (lambda diffs: diffs.of_type(ChangeType.MODIFIED), "b"),
    "filter": (lambda diffs: diffs.filter(lambda diff: diff.new_resource), "bcd"),
    "sorted_by": (
        lambda diffs: diffs.sorted_by(lambda diff: diff.change_type.value),
        "dbac",
    ),
    "sorted_by, reversed": (
        lambda diffs: diffs.sorted_by(lambda diff: diff.resource_id, reverse=True),
        "dcba",
    ),
}


@pytest.mark.parametrize(("part", "expected"), PARTS.values(), ids=PARTS)
def test_a_part_keeps_the_context_and_is_a_list_of_its_own(diffs, part, expected):
    made = part(diffs)
    assert "".join(ids(made)) == expected
    assert context(made) == context(diffs)
    made.clear()
    made.title = "Another"
    assert ids(diffs) == list("abcd") and diffs.title == "Drift of SHOP"


def test_what_changes_the_list_in_place_keeps_the_context(diffs):
    before = context(diffs)
    diffs.sort(key=lambda diff: diff.resource_id, reverse=True)
    diffs += diffs[:1]
    del diffs[:1]
    assert ids(diffs) == list("cbad")
    assert context(diffs) == before


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(lambda diffs: diffs + diffs, id="+"),
        pytest.param(lambda diffs: diffs * 2, id="*"),
        pytest.param(lambda diffs: sorted(diffs, key=str), id="sorted"),
        pytest.param(list, id="list"),
        pytest.param(
            lambda diffs: [diff for diff in diffs if diff is not None],
            id="comprehension",
        ),
    ],
)
def test_what_cannot_keep_the_context_is_a_plain_list(diffs, plain):
    assert type(plain(diffs)) is list


def test_it_is_still_a_list(diffs):
    assert isinstance(diffs, list)
    assert diffs == list(diffs) and diffs[:1] == [diffs[0]] and diffs != diffs[1:]
    plain = list(diffs)
    assert (diffs[0], diffs[-1]) == (plain[0], plain[3])
    with pytest.raises(IndexError):
        diffs[4]


def test_a_list_with_a_context_is_taken_as_it_is(diffs):
    assert ResourceDiffs.from_iterable(diffs) is diffs
    made = ResourceDiffs.from_iterable(iter(diffs))
    assert made == diffs
    assert context(made) == ((), (), None, "")


def test_a_report_of_a_part_counts_the_part_in_the_context_of_the_comparison(diffs):
    assert render_text(diffs[:2]) == (
        "Drift of SHOP\n\n"
        "- dataset.SHOP.a\n"
        "~ dataset.SHOP.b\n"
        "    ~ x: 1 -> 2\n"
        "? not read: time-out\n"
        "    ? recipe.SHOP.r\n"
        "ignored 2 changes by 1 rule; 1 expired (-v lists them)\n"
        "\n"
        "0 added, 1 removed, 1 modified, 0 unchanged, 1 unknown.\n"
        "Of 4 objects in DSS, 3 are in the state."
    )
    document = json.loads(render_json(diffs[:2]))
    assert document["coverage"] == {"tracked": 3, "existing": 4}
    assert (document["summary"]["added"], document["summary"]["unknown"]) == (0, 1)


@pytest.mark.parametrize(
    "render", [render_text, render_json, render_markdown, render_junit, render_html]
)
def test_every_report_renders_a_plain_list_without_context(diffs, render):
    assert "dataset.SHOP.b" in render(sorted(diffs, key=str))
    assert "time-out" in render(diffs[:1])
    assert "time-out" not in render(list(diffs))


def test_repr_counts_and_shows_no_value(diffs):
    assert repr(diffs) == (
        "<ResourceDiffs: 1 added, 1 removed, 1 modified, 1 unchanged, 1 unknown>"
    )
    assert repr(ResourceDiffs()) == (
        "<ResourceDiffs: 0 added, 0 removed, 0 modified, 0 unchanged>"
    )


# One resource


def test_values_of_change_types():
    assert [kind.value for kind in ChangeType] == [
        "added",
        "removed",
        "modified",
        "unchanged",
    ]


def test_new_diff_has_nothing_but_what_was_said():
    diff = ResourceDiff(ChangeType.ADDED, ORDERS, "dataset")
    assert (diff.old_resource, diff.new_resource, diff.attribute_diffs) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "change_type, expected",
    [
        (ChangeType.ADDED, f"+ {ORDERS}"),
        (ChangeType.REMOVED, f"- {ORDERS}"),
        (ChangeType.MODIFIED, f"~ {ORDERS}"),
        (ChangeType.UNCHANGED, f"  {ORDERS}"),
    ],
)
def test_str_of_a_diff_is_sign_and_id(change_type, expected):
    assert str(ResourceDiff(change_type, ORDERS, "dataset")) == expected


def test_a_diff_says_in_one_line_what_happened_and_no_value():
    plain = ResourceDiff(ChangeType.ADDED, ORDERS, "dataset")
    assert repr(plain) == f"<ResourceDiff added {ORDERS}>"
    parts: AttributeDiffs = {
        "added": {"b": "hunter2"},
        "removed": {"a": "hunter2"},
        "modified": {"c": {"old": "hunter2", "new": ""}},
    }
    modified = ResourceDiff(ChangeType.MODIFIED, ORDERS, "dataset", None, None, parts)
    assert repr(modified) == f"<ResourceDiff modified {ORDERS}: a, b, c>"
