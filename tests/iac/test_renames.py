"""Renames: one removed and one added object that agree but for the name."""

from dataikuapi.iac.analysis.renames import find_renames
from iac.flows import (
    CLEAN,
    FLOW,
    RAW,
    REPORT,
    TOP,
    changed,
    dataset,
    diff,
    recipe,
    resource,
)

CLEANED = dataset("cleaned", "id", "amount")


def test_a_dataset_is_renamed_also_in_its_path():
    assert find_renames(diff([RAW, CLEAN], [RAW, CLEANED])) == {
        "dataset.SHOP.clean": "dataset.SHOP.cleaned"
    }


def test_recipes_follow_what_they_refer_to():
    new = [
        RAW,
        recipe("compute_cleaned", "raw", "cleaned", payload="a\nb\n"),
        CLEANED,
        recipe("summarize", "cleaned", "top", payload="c\nd\n"),
        TOP,
    ]
    assert find_renames(diff(FLOW, new)) == {
        "dataset.SHOP.clean": "dataset.SHOP.cleaned",
        "recipe.SHOP.prepare": "recipe.SHOP.compute_cleaned",
        "recipe.SHOP.report": "recipe.SHOP.summarize",
    }


def test_other_content_is_no_rename():
    assert not find_renames(diff([CLEAN], [dataset("cleaned", "id")]))
    assert not find_renames(diff([REPORT], [recipe("r", "clean", "top")]))


def test_other_types_and_projects_are_no_rename():
    moved = dataset("clean", "id", "amount", project="SALES")
    assert not find_renames(diff([CLEAN], [moved]))
    assert not find_renames(diff([CLEAN], [recipe("clean", "", "")]))


def test_of_several_that_agree_none_is_renamed():
    assert not find_renames(diff([CLEAN], [CLEANED, dataset("c", "id", "amount")]))
    assert not find_renames(diff([CLEAN, RAW], [CLEANED]))


def test_a_name_inside_another_word_stays():
    old = dataset("a", "a", "data", tags=["a_b"])
    new = changed(dataset("b", "a", "data", tags=["a_b"]))
    assert not find_renames(diff([old], [new]))  # The column would be renamed, too.
    old, new = dataset("a", "data", tags=["ab"]), dataset("b", "data", tags=["ab"])
    assert find_renames(diff([old], [new])) == {"dataset.SHOP.a": "dataset.SHOP.b"}


def test_a_prefixed_table_follows():
    old = changed(CLEAN, params={"table": "SHOP_clean"})
    new = changed(CLEANED, params={"table": "SHOP_cleaned"})
    assert len(find_renames(diff([old], [new]))) == 1


def test_objects_without_content_agree_by_chance():
    old = resource("dataset", "a", "SHOP", {"name": "a"})
    assert not find_renames(
        diff([old], [resource("dataset", "b", "SHOP", {"name": "b"})])
    )
