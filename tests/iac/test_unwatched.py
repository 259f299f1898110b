"""What is not watched is said: projects that nobody tracks, unreadable attributes."""

import json

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import StateManager, render_html, render_json, render_text
from dataikuapi.iac.models import Coverage, ResourceDiffs, UncomparedAttribute
from dataikuapi.iac.reports.formatting import coverage_sentence
from dataikuapi.iac.reports.unwatched import unwatched_lines
from dataikuapi.iac.sandbox import Fault

KEY = "ORDERS_DEMO"
LINE = "not watched: 2 projects in DSS, but not in the state: CRM, HR"


@pytest.fixture
def manager(state_manager, store):
    """A manager with one of three projects in its state."""
    state_manager.save_state(state_manager.sync_project(KEY))
    store.add_project("HR")
    store.add_project("CRM")
    return state_manager


def test_projects_in_neither_state_nor_selection_are_named(manager):
    report = manager.drift()

    assert report.in_sync
    assert report.unwatched == ("CRM", "HR")
    assert LINE in str(report).splitlines()
    assert LINE in report.to_markdown()
    assert LINE in render_html(report.diffs)
    document = report.to_dict()
    assert document["unwatched_projects"] == ["CRM", "HR"]
    assert document["summary"]["unwatched_projects"] == 2


def test_project_in_the_state_or_selection_is_watched(manager):
    assert manager.drift("HR").unwatched == ("CRM",)
    assert manager.drift(ids=[f"dataset.{KEY}.countries"]).unwatched == ("CRM", "HR")

    manager.save_state(manager.sync_all())

    report = manager.drift(KEY)
    assert report.unwatched == ()
    assert "not watched" not in str(report)


def test_listing_that_fails_says_nothing(manager, server):
    server.faults = lambda method, path: (
        Fault.error(500, "java.lang.NullPointerException", "oh no")
        if path == "/projects/"
        else None
    )

    assert manager.drift().unwatched == ()


def test_part_of_the_diffs_still_says_it(manager):
    assert manager.drift().diffs[:3].unwatched == ("CRM", "HR")


def test_many_projects_are_counted():
    (line,) = unwatched_lines(ResourceDiffs(unwatched=[f"P{n}" for n in range(1200)]))

    assert line.startswith("not watched: 1,200 projects in DSS")
    assert line.endswith(", P8, P9 and 1,190 more")


def test_attributes_that_could_not_be_read_are_grouped_and_counted(manager, server):
    manager.save_state(manager.sync_all())
    key = server.store.add_api_key("reader", can_admin=False)
    reader = StateManager(manager.backend, DSSClient(server.url, key), "test")

    report = reader.drift()

    text = str(report)
    assert text.count("the API key may not read them") == 1
    assert "? permissions of 3 projects not compared: the API key may not" in text
    assert "    ? project.HR\n" in text
    summary = report.to_dict()["summary"]
    assert (summary["unread_attributes"], summary["unknown_in_part"]) == (3, 3)
    assert report.exit_code == 3


def test_attribute_that_is_not_recorded_yet_is_not_unread():
    items = [
        UncomparedAttribute(f"project.{key}", "x", "old", is_unknown=False)
        for key in "AB"
    ]
    diffs = ResourceDiffs(uncompared=items)

    assert (
        "\nx of 2 projects not compared: old\n    project.A\n"
        in f"\n{render_text(diffs)}"
    )
    assert json.loads(render_json(diffs))["summary"]["unread_attributes"] == 0


@pytest.mark.parametrize(
    ("coverage", "sentence"),
    [
        (Coverage(20, 20), "All 20 objects in DSS are in the state."),
        (Coverage(1_999, 2_000), "Of 2,000 objects in DSS, 1,999 are in the state."),
        (Coverage(1, 2), "Of 2 objects in DSS, 1 is in the state."),
        (Coverage(0, 1), "Of 1 object in DSS, 0 are in the state."),
        (Coverage(0, 0), "Of 0 objects in DSS, 0 are in the state."),
    ],
)
def test_footer_explains_its_numbers(coverage, sentence):
    assert coverage_sentence(coverage) == sentence
