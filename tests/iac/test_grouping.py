"""Grouping: the same change of several resources."""

from dataikuapi.iac.analysis.grouping import MIN_RESOURCES, group_changes
from iac.flows import changed, dataset, diff

SETS = [dataset(f"d{number}", "id") for number in range(5)]


def groups(new):
    diffs = [item for item in diff(SETS, new) if item.changes]
    return [
        ([str(change) for change in group.changes], len(group.diffs))
        for group in group_changes((item, item.changes) for item in diffs)
    ]


def moved(item, connection):
    params = {**item.attributes["params"], "connection": connection}
    return changed(item, params=params)


def test_the_same_change_is_one_group():
    new = [moved(item, "s3") for item in SETS]
    assert groups(new) == [(["~ params.connection"], 5)]


def test_other_values_are_other_changes():
    new = [moved(item, f"s{at % 2}") for at, item in enumerate(SETS)]
    assert groups(new) == [(["~ params.connection"], 3)]  # The other two are too few.


def test_changes_of_the_same_resources_are_one_group():
    new = [changed(moved(item, "s3"), managed=True) for item in SETS]
    assert groups(new) == [(["+ managed", "~ params.connection"], 5)]
    new[0] = moved(SETS[0], "s3")
    assert groups(new) == [(["~ params.connection"], 5), (["+ managed"], 4)]


def test_equal_is_not_enough():
    values = [1, 1.5, True, 1, 2]
    new = [changed(item, x=value) for item, value in zip(SETS, values, strict=True)]
    assert groups(new) == []


def test_few_resources_are_no_group():
    few = MIN_RESOURCES - 1
    new = [moved(item, "s3") for item in SETS[:few]]
    assert groups([*new, *SETS[few:]]) == []
