"""The one door to the formats of plans, and that no secret goes through it."""

import json

import pytest

from dataikuapi.iac.plan import PlanFormatter
from dataikuapi.iac.sources import open_files, pull_project
from iac.planning import mixed_plan
from iac.pulling import dataset, recipe, state_of
from iac.secret_tables import SECRET
from iac.test_plan import planned


def test_text_is_in_color_unless_it_is_not_wanted():
    plan = mixed_plan()
    assert "\x1b[31m- delete" in PlanFormatter().format(plan, "text")
    assert PlanFormatter(color=False).format(plan) == str(plan)


def test_other_formats_have_no_color():
    plan = mixed_plan()
    assert json.loads(PlanFormatter().format(plan, "json"))["resources"]
    assert PlanFormatter().format(plan, "markdown").startswith("### ")
    assert "\x1b" not in PlanFormatter().format(plan, "markdown")


def test_unknown_format_names_the_known_ones():
    with pytest.raises(ValueError, match="'xml'; known are text, markdown, json"):
        PlanFormatter().format(mixed_plan(), "xml")


def test_whole_values_are_shown_if_asked_for():
    long = "long " * 2_000
    code = state_of(dataset("a", description=long))
    plan = planned(state_of(dataset("a")), code, state_of(dataset("a")))
    for output in ("text", "markdown"):
        assert PlanFormatter(color=False).format(plan, output).count("long") < 500
        whole = PlanFormatter(color=False, full=True).format(plan, output)
        assert whole.count("long") == 2_000


def write(path, changes):
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, **changes}), "utf-8")


def test_secrets_in_the_code_are_in_no_format(tmp_path):
    """Planted in what is created, in what is updated, and in what stays."""
    live = state_of(dataset("a"), dataset("b"), recipe("r", "x"))
    folder = tmp_path / "pulled"
    pull_project(live, folder)
    secret = {"params": {"password": SECRET, "url": f"https://me:{SECRET}@db"}}
    write(folder / "datasets" / "a.json", secret)
    text = (folder / "datasets" / "b.json").read_text("utf-8")
    (folder / "datasets" / "c.json").write_text(text, "utf-8")
    write(folder / "datasets" / "c.json", {"name": "c", **secret})
    code = open_files(str(folder), project_key="SHOP").read()
    for base in (live, state_of()):
        plan = planned(base, code, live)
        assert "dataset.SHOP.a" in str(plan) and "dataset.SHOP.c" in str(plan)
        shown = [
            str(plan),
            repr(plan),
            plan._repr_html_(),
            *(
                PlanFormatter(full=True, verbose=True).format(plan, output)
                for output in ("text", "markdown", "json")
            ),
        ]
        assert not [text for text in shown if SECRET in text]
