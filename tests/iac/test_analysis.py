"""Facts: what a report says, each thing once, the heaviest first."""

import copy
import pickle

from dataikuapi.iac.analysis import DerivedFact, ObjectFact, SharedFact, analyze
from dataikuapi.iac.models import ChangeType, Severity
from iac.flows import (
    CLEAN,
    FLOW,
    PREPARE,
    RAW,
    REPORT,
    TOP,
    changed,
    dataset,
    diff,
    object_facts,
    recipe,
    resource,
    with_columns,
)


def facts(old, new):
    return [
        (fact.severity.value, *(item.resource_id.split(".", 1)[1] for item in of(fact)))
        for fact in analyze(diff(old, new)).facts
    ]


def of(fact):
    return fact.diffs if isinstance(fact, SharedFact) else [fact.diff]


def test_the_heaviest_comes_first():
    old = [*FLOW, dataset("gone"), dataset("other")]
    new = [
        RAW,
        changed(PREPARE, tags=["x"]),
        CLEAN,
        changed(REPORT, payload="c\n"),
        changed(TOP, formatType="csv"),
        dataset("other", connection="s3"),
        recipe("new", "", ""),
    ]
    assert facts(old, new) == [
        ("removed", "SHOP.gone"),
        ("added", "SHOP.new"),
        ("connection", "SHOP.other"),
        ("code", "SHOP.report"),
        ("other", "SHOP.top"),
        ("description", "SHOP.prepare"),
    ]


def test_of_those_that_weigh_the_same_the_most_downstream_comes_first():
    late = recipe("a", "clean", "top", payload="1")
    early = recipe("z", "raw", "clean", payload="1")
    old = [RAW, early, CLEAN, late, TOP]
    new = [RAW, changed(early, payload="2"), CLEAN, changed(late, payload="3"), TOP]
    first, second = object_facts(analyze(diff(old, new)))
    assert first.diff.resource_id == "recipe.SHOP.z"
    assert first.downstream == (
        "dataset.SHOP.clean",
        "dataset.SHOP.top",
        "recipe.SHOP.a",
    )
    assert second.downstream == ("dataset.SHOP.top",)


def test_a_description_affects_nothing_downstream():
    new = [RAW, changed(PREPARE, tags=["x"]), CLEAN, REPORT, TOP]
    assert object_facts(analyze(diff(FLOW, new)))[0].downstream == ()


def test_each_change_is_in_exactly_one_fact():
    sets = [dataset(f"d{number}", "id") for number in range(4)]
    old = [*FLOW, *sets]
    new = [
        with_columns(RAW, "id", "amount", "x"),
        changed(PREPARE, payload="x"),
        with_columns(CLEAN, "id", "x"),
        REPORT,
        TOP,
        *(dataset(item.resource_name, "id", connection="s3") for item in sets[1:]),
        changed(sets[0], tags=["x"], params={}),
    ]
    diffs = diff(old, new)
    told = []
    for fact in analyze(diffs).facts:
        for item in (fact, *getattr(fact, "derived", ())):
            told += [
                (one.resource_id, str(change))
                for one in of(item)
                for change in item.changes
            ]
    assert sorted(told) == sorted(
        (item.resource_id, str(change)) for item in diffs for change in item.changes
    )


def test_the_heaviest_change_of_a_resource_comes_first():
    new = changed(with_columns(TOP, "id", "x"), formatType="csv", description="d")
    (fact,) = analyze(diff([TOP], [new])).facts
    assert [str(change) for change in fact.changes] == [
        "+ schema.columns[x]",
        "+ formatType",
        "+ description",
    ]


def test_shared_changes_and_those_of_one_resource():
    sets = [dataset(f"d{number}", "id") for number in range(3)]
    new = [dataset(item.resource_name, "id", connection="s3") for item in sets]
    new[1] = changed(new[1], tags=["x"])
    shared, own = analyze(diff(sets, new)).facts
    assert isinstance(shared, SharedFact)
    assert [str(change) for change in shared.changes] == ["~ params.connection"]
    assert isinstance(own, ObjectFact)
    assert [str(change) for change in own.changes] == ["+ tags[x]"]
    assert own.severity is Severity.DESCRIPTION


def test_a_derived_fact_is_below_its_cause_or_by_itself():
    wider = with_columns(CLEAN, "id", "x")
    new = [RAW, changed(PREPARE, payload="x"), wider, REPORT, TOP]
    (fact,) = object_facts(analyze(diff(FLOW, new)))
    (derived,) = fact.derived
    assert derived.diff.resource_id == "dataset.SHOP.clean"
    (alone,) = analyze(diff(FLOW, [RAW, PREPARE, wider, REPORT, TOP])).facts
    assert isinstance(alone, DerivedFact)


def test_a_recreated_resource_weighs_as_much_as_a_removed_one():
    again = changed(TOP)
    old, again.metadata.created_at = changed(TOP), TOP.metadata.deployed_at
    old.metadata.created_at = TOP.metadata.deployed_at.replace(year=2020)
    (found,) = diff([old], [again])
    assert found.is_recreated and found.change_type is ChangeType.UNCHANGED
    (fact,) = analyze([found]).facts
    assert fact.severity is Severity.REMOVED


def test_a_part_has_the_flow_of_the_whole():
    new = [RAW, changed(PREPARE, payload="x"), CLEAN, REPORT, TOP]
    whole = diff(FLOW, new)
    for part in (
        whole.filter(lambda item: item.has_changed),
        whole.of_type(ChangeType.MODIFIED)[:1],
        copy.copy(whole),
        pickle.loads(pickle.dumps(whole.of_type(ChangeType.MODIFIED))),
    ):
        assert len(object_facts(analyze(part))[0].downstream) == 3


def test_one_side_of_a_rename_alone_is_no_rename():
    whole = diff([CLEAN], [dataset("cleaned", "id", "amount")])
    (fact,) = object_facts(analyze(whole.of_type(ChangeType.ADDED)))
    assert fact.renamed_from is None
    (fact,) = object_facts(analyze(whole))
    assert fact.renamed_from is whole[0]


def test_unregistered_types_are_analyzed_too():
    old = resource("gizmo", "g", "SHOP", {"x": 1})
    assert facts([old], [changed(old, x=2)]) == [("other", "SHOP.g")]
