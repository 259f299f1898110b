"""Comparisons of one resource under ignore rules, and names that are hard to write."""

from datetime import date

from hypothesis import strategies as st

from dataikuapi.iac.diff import ChangeType, DiffEngine
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import Resource, State

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
    "+ tags[b]",
]
ODD = st.text(".*/~[]\"'\\ #=\n\t\r\0ab01é顧\u2028\x7f😀", max_size=6)
NAMES = (
    ODD
    | st.text(max_size=6)
    | st.sampled_from(
        ["", "*", "**", "~", "~0", "0", "#x", "fingerprint=x", "a.b", "x-1", "[]"]
    )
)
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


def baseline(diffs):
    """Return the rules that hide all that was found, each as read from its line."""
    return [
        IgnoreRule.parse(str(IgnoreRule.for_change(diff, change)))
        for diff in diffs
        if diff.change_type is not ChangeType.UNCHANGED
        for change in (diff.changes or (None,))
    ]
