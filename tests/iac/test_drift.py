"""Drift between DSS and the stored state, and accepting it."""

import json
import logging
from datetime import date
from pathlib import Path

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    DSSAuthenticationError,
    DSSError,
    DSSUnreachableError,
    IgnoreFileError,
    InstanceConflictError,
    InstanceMismatchError,
    LocalFileBackend,
    ProjectNotVisibleError,
    StateLockedError,
    StateManager,
    StateNotFoundError,
    StateWriteError,
    render_json,
    render_markdown,
)
from dataikuapi.iac.models import Coverage
from dataikuapi.iac.sandbox import Fault
from dataikuapi.iac.sync.policy import RetryPolicy

KEY = "ORDERS_DEMO"
TABLE = "dataset.ORDERS_DEMO.countries"


@pytest.fixture
def manager(server, tmp_path, monkeypatch):
    """A manager with the state of the sample project saved, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    client = DSSClient(server.url, server.api_key)
    local = StateManager.local(client, "dev")
    local.save_state(local.sync_project(KEY))
    return local


@pytest.fixture
def project(manager):
    return manager.client.get_project(KEY)


def add_column(project, dataset="countries", name="channel"):
    settings = project.get_dataset(dataset).get_settings()
    settings.add_raw_schema_column({"name": name, "type": "string"})
    settings.save()


def ids(diffs):
    return [diff.resource_id for diff in diffs]


@pytest.fixture
def report(manager, project):
    """A report of an added column and a deleted recipe."""
    add_column(project)
    project.get_recipe("compute_shipments").delete()
    return manager.drift()


# The report


def test_report_is_a_collection_of_what_differs(report):
    assert len(report) == 2
    assert [str(diff) for diff in report] == [
        f"~ {TABLE}",
        f"- recipe.{KEY}.compute_shipments",
    ]
    assert TABLE in report
    assert report[TABLE] in report
    assert f"project.{KEY}" not in report
    with pytest.raises(KeyError, match="project"):
        report[f"project.{KEY}"]


def test_report_converts_itself(report):
    assert report.to_json() == render_json(report.diffs)
    assert report.to_dict() == json.loads(report.to_json())
    assert report.to_markdown() == render_markdown(report.diffs)


def test_report_without_drift_is_falsy_with_exit_code_0(manager):
    report = manager.drift()

    assert not report
    assert report.exit_code == 0
    assert report.coverage == Coverage(20, 20)
    assert (report.changed, report.removed, report.added) == ([], [], [])
    assert "No changes. 20 unchanged." in str(report)


def test_drift_is_grouped_with_exit_code_2(manager, project, store):
    add_column(project)
    project.create_dataset("returns", "Filesystem")
    project.get_recipe("compute_orders_enriched").delete()
    report = manager.drift(KEY)

    assert report
    assert report.exit_code == 2
    assert ids(report.changed) == [TABLE]
    assert ids(report.added) == ["dataset.ORDERS_DEMO.returns"]
    assert ids(report.removed) == ["recipe.ORDERS_DEMO.compute_orders_enriched"]
    assert report.unknown == ()
    assert report.coverage == Coverage(19, 20)
    assert report.coverage.share == 0.95
    assert repr(report) == (
        "<DriftReport ORDERS_DEMO: 1 changed, 1 removed, 1 added, 0 unknown>"
    )


def test_report_has_last_editor_and_time(manager, project):
    add_column(project)
    (changed,) = manager.drift().changed

    assert changed.last_modified_by == manager.client.get_auth_info()["authIdentifier"]
    assert changed.last_modified_at.date() >= date(2026, 1, 1)


def test_recreated_project_is_drift(manager, store, tmp_path):
    store.add_project("AGAIN", name="Again")
    manager.save_state(manager.sync_project("AGAIN"))
    store.delete_project("AGAIN")
    store.add_project("AGAIN", name="Again")
    report = manager.drift("AGAIN")

    assert report and report.exit_code == 2
    assert "project.AGAIN  (deleted and created again on 20" in str(report)
    assert "No changes" not in str(report)
    assert "1 recreated" in repr(report)
    assert report.write_baseline(tmp_path / ".dataikuignore") == 1
    assert manager.drift("AGAIN").exit_code == 0

    store.delete_project("AGAIN")
    store.add_project("AGAIN", name="Again")
    assert manager.drift("AGAIN").exit_code == 2, "a later recreation is not accepted"


def test_title_counts_many_projects(manager, store):
    for number in range(4):
        store.add_project(f"P{number}")
    manager.save_state(manager.sync_all())
    assert manager.drift().diffs.title.startswith("Drift of 5 projects since serial 2")


def test_report_title_names_both_sides(manager, server):
    title = manager.drift().diffs.title

    assert title.startswith(f"Drift of {KEY} since serial 1 of dev (20")
    assert f"): DSS at {server.url}, read 20" in title
    assert server.api_key not in title


def test_drift_does_not_write_the_state(manager, project):
    add_column(project)
    before = manager.backend.state_file.read_bytes()
    manager.drift()

    assert manager.backend.state_file.read_bytes() == before


def test_drift_reads_only_the_projects_in_the_state(manager, store):
    store.add_project("OTHER")
    store.add_project("STRANGE")
    manager.save_state(manager.sync_project("OTHER"))
    store.add_dataset("OTHER", "d")
    report = manager.drift()

    assert report.project_keys == ("ORDERS_DEMO", "OTHER")
    assert ids(report.added) == ["dataset.OTHER.d"]
    assert manager.drift(KEY).exit_code == 0


def test_project_outside_the_state_is_all_added(manager, store):
    store.add_project("OTHER")
    store.add_dataset("OTHER", "d")
    report = manager.drift("OTHER")

    assert ids(report.added) == ["dataset.OTHER.d", "project.OTHER"]
    assert report.coverage == Coverage(0, 2)


def test_unreadable_resource_is_unknown_with_exit_code_3(manager, server, caplog):
    server.faults = lambda method, path: (
        Fault.error(500, "java.lang.NullPointerException", "oh no")
        if path.endswith("/recipes/compute_orders_enriched")
        else None
    )
    with caplog.at_level(logging.WARNING, logger="dataikuapi.iac"):
        report = manager.drift()

    assert report.exit_code == 3
    assert not report.in_sync and len(report) == 0
    (unread,) = report.unknown
    assert unread.resource_id == "recipe.ORDERS_DEMO.compute_orders_enriched"
    assert "oh no" in unread.reason
    assert unread.last_known.metadata.last_modified_by == "maria"
    assert report.coverage == Coverage(19, 19)


def test_exit_code_for_drift_takes_precedence_over_unknown(manager, project, server):
    add_column(project)
    server.faults = lambda method, path: (
        Fault.page(200) if path.endswith("/recipes/") else None
    )
    report = manager.drift()

    assert report.exit_code == 2
    assert ids(report.changed) == [TABLE]
    assert {unread.resource_id.split(".")[0] for unread in report.unknown} == {"recipe"}
    assert report.removed == []


def test_vanished_project_is_unknown(manager, store):
    store.add_project("OTHER")
    manager.save_state(manager.sync_project("OTHER"))
    store.delete_project(KEY)
    report = manager.drift()

    assert report.exit_code == 3
    assert len(report.unknown) >= 20
    assert report.removed == []


@pytest.mark.parametrize(
    ("url", "key", "error"),
    [
        ("http://127.0.0.1:1", "key", DSSUnreachableError),
        (None, "wrong", DSSAuthenticationError),
    ],
)
def test_unavailable_dss_is_an_error(manager, server, url, key, error):
    client = DSSClient(url or server.url, key)
    policy = RetryPolicy(sleep=lambda seconds: None)
    other = StateManager(manager.backend, client, "dev", policy=policy)
    with pytest.raises(error):
        other.drift()


def test_drift_and_refresh_need_a_stored_state(server, tmp_path):
    backend = LocalFileBackend(tmp_path / "none.state.json")
    manager = StateManager(backend, DSSClient(server.url, server.api_key), "dev")
    with pytest.raises(StateNotFoundError, match="save_state"):
        manager.drift()
    with pytest.raises(StateNotFoundError, match="to refresh"):
        manager.refresh()


def test_state_of_another_instance_is_refused(manager):
    state = manager.load_state()
    state.instance = {"install_id": "another", "node_id": "another"}
    manager.backend.save(state)
    with pytest.raises(InstanceMismatchError) as refused:
        manager.drift()
    assert not isinstance(refused.value, StateWriteError)
    assert "save" not in str(refused.value)
    with pytest.raises(InstanceConflictError):
        manager.refresh()
    with pytest.raises(InstanceConflictError):
        manager.refresh([TABLE])


# Ignore rules and baselines


def test_ignore_rules_suppress_drift(manager, project):
    add_column(project)
    report = manager.drift(ignore=[f"{TABLE} schema.columns[channel]"])

    assert report.exit_code == 0
    assert [usage.suppressed for usage in report.diffs.rules] == [1]


def test_default_ignore_file_applies_unless_rules_are_given(manager, project, tmp_path):
    add_column(project)
    (tmp_path / ".dataikuignore").write_text("dataset.*\n", "utf-8")

    assert manager.drift().exit_code == 0
    assert manager.drift(ignore=[]).exit_code == 2
    (tmp_path / ".dataikuignore").write_text("a b c d\n", "utf-8")
    with pytest.raises(IgnoreFileError, match="dataikuignore.*line 1"):
        manager.drift()


def test_baseline_suppresses_only_the_current_drift(manager, project, tmp_path):
    add_column(project)
    project.create_dataset("returns", "Filesystem")
    project.get_recipe("compute_orders_enriched").delete()
    report = manager.drift()

    assert report.write_baseline(".dataikuignore", author="ann", reason="agreed") == 3
    assert report.write_baseline(".dataikuignore", author="ann", reason="agreed") == 0
    accepted = manager.drift()
    assert accepted.exit_code == 0
    assert [usage.suppressed for usage in accepted.diffs.rules] == [1, 1, 1]

    add_column(project, name="another")
    settings = project.get_dataset("returns").get_settings()
    settings.settings["description"] = "changed"
    settings.save()
    again = manager.drift()
    assert [str(change) for diff in again.changed for change in diff.changes] == [
        "+ schema.columns[another]"
    ]
    assert ids(again.added) == ["dataset.ORDERS_DEMO.returns"]


def test_expired_baseline_suppresses_nothing(manager, project):
    add_column(project)
    manager.drift().write_baseline(".dataikuignore", expires=date(2999, 1, 2))
    rules = Path(".dataikuignore")
    rules.write_text(rules.read_text().replace("2999", "2026"))
    report = manager.drift()

    assert report.exit_code == 2
    assert "expired" in str(report)


def test_a_baseline_that_has_expired_already_is_refused(manager, project):
    add_column(project)
    with pytest.raises(ValueError, match=r"expires=2026-01-02 is in the past"):
        manager.drift().write_baseline(".dataikuignore", expires=date(2026, 1, 2))
    assert not Path(".dataikuignore").exists()


def test_a_baseline_shows_old_and_new_for_review(manager, project):
    settings = project.get_dataset("customers").get_settings()
    settings.settings["params"]["connection"] = "s3"
    settings.save()
    manager.drift().write_baseline(".dataikuignore")
    *_, note, rule = Path(".dataikuignore").read_text().splitlines()
    assert note.startswith('# ~ params.connection: "') and note.endswith('-> "s3"')
    assert rule.startswith("dataset.ORDERS_DEMO.customers /params/connection ")


# Refresh


def test_refresh_accepts_all_drift(manager, project):
    add_column(project)
    project.create_dataset("returns", "Filesystem")
    project.get_recipe("compute_orders_enriched").delete()
    state = manager.refresh()

    assert manager.drift().exit_code == 0
    assert state == manager.load_state()
    assert (state.serial, state.unknown) == (2, {})
    assert state.has_resource("dataset.ORDERS_DEMO.returns")
    assert not state.has_resource("recipe.ORDERS_DEMO.compute_orders_enriched")


def test_refresh_of_single_resources_leaves_the_others_alone(manager, project):
    add_column(project)
    project.create_dataset("returns", "Filesystem")
    project.get_recipe("compute_orders_enriched").delete()
    project.get_recipe("compute_orders_prepared").delete()
    manager.refresh([TABLE, "recipe.ORDERS_DEMO.compute_orders_enriched"])
    report = manager.drift()

    assert report.changed == []
    assert ids(report.added) == ["dataset.ORDERS_DEMO.returns"]
    assert ids(report.removed) == ["recipe.ORDERS_DEMO.compute_orders_prepared"]
    manager.refresh([*ids(report.added), *ids(report.removed)])
    assert manager.drift().exit_code == 0


def test_refresh_with_an_unreadable_resource_stores_nothing(manager, project, server):
    add_column(project)
    server.faults = lambda method, path: (
        Fault.error(500, "java.lang.NullPointerException", "oh no")
        if "compute_orders_enriched" in path
        else None
    )
    before = manager.backend.state_file.read_bytes()
    with pytest.raises(DSSError, match="oh no"):
        manager.refresh(
            [
                TABLE,
                "recipe.ORDERS_DEMO.compute_orders_enriched",
                "dataset.ORDERS_DEMO.none",
            ]
        )

    assert manager.backend.state_file.read_bytes() == before


def test_refresh_of_all_keeps_unreadable_resources(manager, project, server):
    add_column(project)
    server.faults = lambda method, path: (
        Fault.page(200) if path.endswith("/recipes/") else None
    )
    state = manager.refresh()

    assert len(state.list_resources("recipe")) == 8
    assert len(state.unknown) >= 8
    server.faults = None
    assert manager.drift().exit_code == 0


def test_invisible_project_is_not_assumed_removed(manager, store):
    store.add_project("OTHER")
    manager.save_state(manager.sync_project("OTHER"))
    before = manager.load_state()
    store.delete_project(KEY)

    assert manager.refresh().resources.keys() == before.resources.keys()
    with pytest.raises(ProjectNotVisibleError):
        manager.refresh([TABLE])
    with pytest.raises(ProjectNotVisibleError):
        manager.refresh([f"project.{KEY}"])


@pytest.mark.parametrize("wanted", [None, [f"project.{KEY}"]], ids=["all", "one"])
def test_project_confirmed_as_removed_leaves_the_state(manager, store, wanted):
    store.add_project("OTHER")
    manager.save_state(manager.sync_project("OTHER"))
    store.delete_project(KEY)
    state = manager.refresh(wanted, confirm_removed=[KEY])

    assert list(state.resources) == ["project.OTHER"]
    assert manager.drift().exit_code == 0


def test_existing_project_cannot_be_confirmed_as_removed(manager):
    with pytest.raises(ValueError, match="DSS still lists ORDERS_DEMO"):
        manager.refresh(confirm_removed=[KEY])


def test_misspelled_project_cannot_be_confirmed_as_removed(manager):
    with pytest.raises(ValueError, match="not in the state: ORDER"):
        manager.refresh(confirm_removed=["ORDER"])


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (TABLE, "it takes a list"),
        (["notebook.A.b"], "Unknown resource type"),
        (["dataset.A"], "Invalid dataset resource_id"),
        (["x"], "Unknown resource type"),
    ],
)
def test_malformed_ids_are_refused_and_nothing_is_stored(manager, wanted, why):
    before = manager.backend.state_file.read_bytes()
    with pytest.raises(ValueError, match=why):
        manager.refresh(wanted)
    assert manager.backend.state_file.read_bytes() == before


def test_refresh_does_not_hold_the_lock_while_it_reads(manager, server):
    other = LocalFileBackend(manager.backend.state_file)
    refused: list[bool] = []

    def take_the_lock(method, path):
        if not refused:
            try:
                with other.lock("another process", timeout=0):
                    refused.append(False)
            except StateLockedError:
                refused.append(True)

    server.faults = take_the_lock
    manager.refresh()

    assert refused == [False]


def test_report_is_a_table(report):
    pytest.importorskip("pandas")

    assert report.to_dataframe().change.tolist() == ["modified", "removed"]
