"""What a report says of what it cannot know: parts, editors, versions of DSS."""

import json
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import DiffEngine, LocalFileBackend, Resource, State, StateManager
from dataikuapi.iac.models import ResourceMetadata, UncomparedAttribute
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import parse_time
from dataikuapi.iac.reports import (
    render_html,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)

KEY = "ORDERS_DEMO"
SCHEMA = json.loads(
    files("dataikuapi.iac.schemas").joinpath("diff_report_v2.schema.json").read_text()
)
RENDER = {
    "text": render_text,
    "json": render_json,
    "junit": render_junit,
    "markdown": render_markdown,
    "html": render_html,
}
EVERY_REPORT = pytest.mark.parametrize("render", RENDER.values(), ids=RENDER)


@pytest.fixture
def manager_for(server, store, tmp_path, monkeypatch):
    """Return a function that returns the manager of an administrator or a reader."""
    monkeypatch.chdir(tmp_path)
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    reader = store.add_api_key("reader", can_admin=False)

    def manager(can_admin=True):
        key = server.api_key if can_admin else reader
        return StateManager(backend, DSSClient(server.url, key), "dev")

    return manager


def add_administrator(manager):
    project = manager.client.get_project(KEY)
    permissions = project.get_permissions()
    permissions["permissions"].append({"user": "mallory", "admin": True})
    project.set_permissions(permissions)


# Attributes that could not be read


@pytest.mark.parametrize(
    ("stores", "reads", "side"),
    [
        pytest.param(True, False, "not in the new state", id="reader"),
        pytest.param(False, True, "not in the old state", id="stored by a reader"),
        pytest.param(False, False, "in neither state", id="readers only"),
    ],
)
def test_permissions_that_were_not_compared_are_unknown(
    manager_for, stores, reads, side
):
    manager_for(stores).save_state(manager_for(stores).sync_project(KEY))
    add_administrator(manager_for())
    report = manager_for(reads).drift()

    assert not report.in_sync and len(report) == 0
    assert report.is_incomplete and report.exit_code == 3
    assert report.unknown == ()
    assert report.diffs.unknown_in_part == (f"project.{KEY}",)
    text = " ".join(str(report).split())  # Long lines are wrapped.
    assert (
        f"? project.{KEY}: permissions not compared: the API key may not read them "
        f"({side})"
    ) in text
    assert "No changes in what was compared. 20 unchanged, 1 unknown in part." in text
    assert "20 unchanged, 1 unknown in part" in repr(report.diffs)
    assert "1 unknown in part" in repr(report)


def test_drift_elsewhere_is_still_drift(manager_for):
    manager_for().save_state(manager_for().sync_project(KEY))
    manager_for().client.get_project(KEY).create_dataset("returns", "Filesystem")
    report = manager_for(can_admin=False).drift()

    assert report.is_incomplete and report.exit_code == 2
    assert (
        "1 added, 0 removed, 0 modified, 20 unchanged, 1 unknown in part."
        in str(report).splitlines()
    )


def test_compared_permissions_are_drift_and_leave_nothing_unknown(manager_for):
    manager_for().save_state(manager_for().sync_project(KEY))
    add_administrator(manager_for())
    report = manager_for().drift()

    assert (report.exit_code, report.is_incomplete) == (2, False)
    assert "+ permissions.permissions[user mallory]" in str(report)


@pytest.mark.parametrize("rule", ["project.* permissions", "project.*"])
def test_rule_accepts_that_permissions_are_not_compared(manager_for, rule):
    manager = manager_for(can_admin=False)
    manager.save_state(manager.sync_project(KEY))
    report = manager.drift(ignore=[rule])

    assert report.exit_code == 0
    assert f"ignored 1: {rule}" in render_text(report.diffs, verbose=True)


@pytest.mark.parametrize(
    "rule",
    [
        "project.* permissions.owner",
        "project.* settings",
        "dataset.* permissions",
        "project.* permissions fingerprint=0123456789abcdef",
        "project.* permissions expires=2020-01-01",
    ],
)
def test_rule_for_a_part_of_it_leaves_it_unknown(manager_for, rule):
    manager = manager_for(can_admin=False)
    manager.save_state(manager.sync_project(KEY))
    assert manager.drift(ignore=[rule]).exit_code == 3


@EVERY_REPORT
def test_every_report_says_what_was_not_compared(manager_for, render):
    manager = manager_for(can_admin=False)
    manager.save_state(manager.sync_project(KEY))
    report = render(manager.drift().diffs)

    text = " ".join(report.split())
    assert "the API key may not read them (in neither state)" in text


def test_part_of_the_diffs_keeps_what_was_not_compared(manager_for):
    manager = manager_for(can_admin=False)
    manager.save_state(manager.sync_project(KEY))
    diffs = manager.drift().diffs
    assert diffs[:1].uncompared == diffs.copy().uncompared == diffs.uncompared != ()


def project_diffs(old, new, *, old_version=None, new_version=None):
    """Compare two states of one project, read from these versions of DSS."""
    states = []
    for attributes, version in ((old, old_version), (new, new_version)):
        instance = {"dss_version": version} if version else None
        state = State(instance=instance)
        state.add_resource(Resource("project", "project.SHOP", attributes))
        states.append(state)
    return DiffEngine().diff(*states)


def test_json_report_has_fields_for_it():
    document = json.loads(render_json(project_diffs({"permissions": {}}, {})))

    jsonschema.validate(document, SCHEMA)
    assert document["summary"]["unknown_in_part"] == 1
    assert document["not_compared"] == [
        {
            "resource_id": "project.SHOP",
            "attribute": "permissions",
            "reason": "the API key may not read them (not in the new state)",
            "is_unknown": True,
        }
    ]


def test_junit_has_an_error_for_the_unknown_and_skips_what_is_not_recorded_yet():
    new = {"projectAppType": "REGULAR"}
    suite = ElementTree.fromstring(render_junit(project_diffs({}, new)))

    assert (suite.get("tests"), suite.get("failures")) == ("3", "0")
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "1")
    _, error, skipped = suite.findall("testcase")
    assert error.get("name") == "project.SHOP permissions"
    assert error[0].tag == "error"
    assert skipped.get("name") == "project.SHOP projectAppType"
    assert skipped[0].tag == "skipped"


def test_html_does_not_claim_that_nothing_changed():
    page = render_html(project_diffs({}, {}))
    assert "<p>No changes in what was compared.</p>" in page
    assert "? project.SHOP: permissions not compared" in page


@pytest.mark.parametrize(
    ("old", "new", "uncompared"),
    [
        ({"projectAppType": "REGULAR"}, {"projectAppType": "APP_TEMPLATE"}, []),
        ({"projectAppType": "REGULAR"}, {}, ["projectAppType"]),
        ({}, {"bundleExporterSettings": {}}, ["bundleExporterSettings"]),
        ({}, {}, []),
    ],
)
def test_attributes_that_a_state_does_not_record_are_not_changes(old, new, uncompared):
    readable = {"permissions": {"owner": "anna"}}
    diffs = project_diffs({**readable, **old}, {**readable, **new})

    assert [item.attribute for item in diffs.uncompared] == uncompared
    assert diffs.unknown_in_part == ()
    assert bool(diffs[0].changes) is (old.keys() == new.keys() != set())


def test_uncompared_attribute_is_one_line():
    item = UncomparedAttribute("project.SHOP", "permissions", "why")
    assert str(item) == "project.SHOP: permissions not compared: why"


# The version of DSS


def test_upgrade_of_dss_is_the_first_line(manager_for, server, store, monkeypatch):
    manager_for().save_state(manager_for().sync_project(KEY))
    info = {**store.instance_info(), "dssVersion": "15.0.0"}
    monkeypatch.setattr(store, "instance_info", lambda: info)
    stored = manager_for().load_state().instance["dss_version"]
    report = manager_for().drift()

    assert str(report).splitlines()[0] == f"DSS was {stored}, is 15.0.0"
    assert str(report).splitlines()[1].startswith("Drift of ORDERS_DEMO")
    assert report.exit_code == 0
    assert report.diffs[:1].dss_versions == (stored, "15.0.0")


@EVERY_REPORT
def test_every_report_has_both_versions_of_dss(render):
    diffs = project_diffs({}, {}, old_version="14.6.0", new_version="15.0.0")
    if render is render_json:
        document = json.loads(render_json(diffs))
        jsonschema.validate(document, SCHEMA)
        assert document["dss_version"] == {"old": "14.6.0", "new": "15.0.0"}
    else:
        assert "DSS was 14.6.0, is 15.0.0" in render(diffs)


@pytest.mark.parametrize("old", [None, "14.6.0"])
def test_same_or_unknown_version_of_dss_is_not_mentioned(old):
    diffs = project_diffs({}, {}, old_version=old, new_version="14.6.0")
    assert "DSS was" not in render_text(diffs)


# Who changed it

MONDAY = parse_time("2026-01-05T10:00:00Z")
TUESDAY = MONDAY + timedelta(days=1)


def edited(old, new):
    """Return the diff of a recipe, from version number and time of both sides."""
    states = []
    for (number, moment), login in ((old, "maria"), (new, "robert")):
        metadata = ResourceMetadata(
            TUESDAY,
            "reader",
            last_modified_by=login,
            last_modified_at=moment,
            version_number=number,
        )
        state = State()
        attributes: dict[str, JSON] = {"payload": f"{number} {moment} {login}"}
        state.add_resource(Resource("recipe", "recipe.SHOP.r", attributes, metadata))
        states.append(state)
    return DiffEngine().diff(*states)


RECORDED = {
    "saved once more": ((3, MONDAY), (4, TUESDAY), True),
    "recreated": ((3, MONDAY), (0, TUESDAY), True),
    "saved in the same millisecond": ((3, MONDAY), (4, MONDAY), True),
    "first tag": ((None, None), (0, MONDAY), True),
    "numbers only": ((3, None), (4, None), True),
    "not saved": ((3, MONDAY), (3, MONDAY), False),
    "times only": ((None, MONDAY), (None, MONDAY), False),
    "reverted": ((3, TUESDAY), (2, MONDAY), False),
    "imported with more versions": ((3, TUESDAY), (9, MONDAY), False),
    "tag was lost": ((3, MONDAY), (None, None), False),
}


@pytest.mark.parametrize("case", RECORDED)
def test_editor_is_recorded_only_if_the_version_tag_moved(case):
    old, new, expected = RECORDED[case]
    (diff,) = edited(old, new)
    assert diff.editor_is_recorded is expected


@EVERY_REPORT
def test_every_report_says_that_the_editor_is_not_recorded(render):
    diffs = edited((3, MONDAY), (3, MONDAY))
    if render is render_json:
        (entry,) = json.loads(render_json(diffs))["resources"]
        assert entry["editor_recorded"] is False
        assert entry["last_modified_by"] == "robert"
    else:
        report = render(diffs)
        named = "editor not recorded; last saved by robert on 2026-01-05 10:00"
        assert named in report
        assert "by robert," not in report


def test_editor_of_a_later_version_is_named():
    diffs = edited((3, MONDAY), (4, TUESDAY))
    assert "~ recipe.SHOP.r  (by robert, 2026-01-06 10:00 UTC)" in render_text(diffs)


def test_change_without_a_save_does_not_name_the_last_editor(manager_for, store):
    """As after an import, a revert, or a push through git."""
    manager = manager_for()
    manager.client.get_project(KEY).get_dataset("countries").get_settings().save()
    manager.save_state(manager.sync_project(KEY))
    dataset = f"dataset.{KEY}.countries"
    stored = manager.load_state()
    before = stored.get_resource(dataset)
    attributes = {**before.attributes, "formatType": "parquet"}
    stored.resources[dataset] = replace(before, attributes=attributes)
    manager.backend.save(stored)
    (changed,) = manager.drift().changed

    assert changed.editor_is_recorded is False
    assert "editor not recorded; last saved by" in str(manager.drift())


@pytest.mark.parametrize("kind", ["added", "removed", "unchanged"])
def test_only_a_modified_resource_has_a_recorded_editor_or_not(kind):
    (diff,) = edited((3, MONDAY), (3, MONDAY))
    one, none = State(), State()
    one.add_resource(diff.new_resource)
    old, new = {"added": (none, one), "removed": (one, none), "unchanged": (one, one)}[
        kind
    ]
    (other,) = DiffEngine().diff(old, new)
    assert other.editor_is_recorded is None
