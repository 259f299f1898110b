"""Reading scenarios."""

from typing import Any, ClassVar

import pytest

from dataikuapi import DSSClient
from dataikuapi.iac import (
    LocalFileBackend,
    ProjectNotVisibleError,
    StateManager,
    SyncError,
)
from dataikuapi.iac.sandbox import SAMPLE_PROJECT_KEY, Fault
from dataikuapi.iac.sandbox.kinds.scenario import SCENARIO
from dataikuapi.iac.types.lookup import references_of
from iac.typed import KEY, TypeContract, changed_ids

BUILD = {
    "id": "build_orders",
    "type": "build_flowitem",
    "name": "Build the orders",
    "runConditionType": "RUN_IF_STATUS_MATCH",
    "runConditionStatuses": ["SUCCESS", "WARNING"],
    "delayBetweenRetries": 10,
    "maxRetriesOnFail": 0,
    "params": {
        "builds": [
            {"type": "DATASET", "itemId": "orders", "partitionsSpec": ""},
            {"type": "MANAGED_FOLDER", "itemId": "Ab12Cd34", "partitionsSpec": ""},
        ],
        "jobType": "NON_RECURSIVE_FORCED_BUILD",
    },
}
NIGHTLY = {
    "type": "step_based",
    "name": "Every night",
    "active": True,
    "triggers": [
        {
            "id": "t1",
            "type": "temporal",
            "active": True,
            "delay": 5,
            "params": {"frequency": "Daily", "hour": 2, "minute": 0},
        },
        {
            "id": "t2",
            "type": "ds_modified",
            "active": True,
            "params": {"datasets": ["raw_orders", "CRM.customers"]},
        },
    ],
    "reporters": [
        {
            "id": "r1",
            "active": True,
            "messaging": {
                "type": "slack-scenario",
                "configuration": {
                    "webhookUrl": "https://hooks.slack.com/services/T0/B0/abcDEF123456"
                },
            },
        },
        {
            "id": "r2",
            "messaging": {
                "type": "webhook-scenario",
                "configuration": {
                    "url": "https://example.com/notify/kV7-tarragon-1",
                    "method": "POST",
                },
            },
        },
    ],
    "params": {
        "steps": [
            BUILD,
            {
                "id": "tell",
                "type": "send_report",
                "params": {
                    "messaging": {
                        "configuration": {"url": "https://example.com/kV7-tarragon-2"}
                    }
                },
            },
            {
                "id": "py",
                "type": "custom_python",
                "params": {
                    "script": "password = 'not searched'",
                    "envSelection": {"envMode": "EXPLICIT_ENV", "envName": "py39"},
                },
            },
            {
                "id": "then",
                "type": "run_scenario",
                "params": {"projectKey": "SHOP", "scenarioId": "SCRIPTED"},
            },
        ]
    },
}
SCRIPTED = {
    "type": "custom_python",
    "name": "A script",
    "params": {},
    "payload": "from dataiku.scenario import Scenario\n",
}


def switch(document):
    document["active"] = not document["active"]


def add_trigger(document):
    document["triggers"] = [{"id": "t3", "type": "temporal", "params": {}}]


def moved_trigger_time(document):
    for trigger in document["triggers"]:
        trigger["params"]["lastUpdate"] = 1_790_000_000_000
        trigger["graceDelaySettings"] = {
            "checkAgainAfterGraceDelay": False,
            "delay": 0,
        }


class TestScenario(TypeContract):
    """Scenarios."""

    resource_type = "scenario"
    kind = SCENARIO
    objects: ClassVar[dict[str, Any]] = {"NIGHTLY": NIGHTLY, "SCRIPTED": SCRIPTED}
    path = "scenarios/{id}"
    listing = "scenarios/"
    edits = (switch, add_trigger, lambda document: document.update(name="Renamed"))
    noise = (moved_trigger_time,)

    def test_a_script_is_the_payload(self, manager, client):
        """Its edit moves no version tag of the document that lists it."""
        handle = client.get_project(KEY).get_scenario("SCRIPTED")
        settings = handle.get_settings()
        settings.code = "print('else')\n"
        settings.save()
        (diff,) = manager.drift()
        assert [change.path for change in diff.changes] == ["payload"]

    def test_code_is_not_searched_and_webhooks_are_masked(self, manager):
        """A script may hold anything; the URL of a webhook is a secret."""
        nightly = manager.load_state()[self.resource_id("NIGHTLY")].attributes
        text = str(nightly)
        assert "password = 'not searched'" in text
        assert "abcDEF123456" not in text
        assert "kV7-tarragon" not in text
        hook = nightly["reporters"][1]["messaging"]["configuration"]
        assert hook == {"url": "https://example.com/<secret>", "method": "POST"}

    def test_references(self, manager):
        """Steps and triggers refer to objects of the flow, scenarios, environments."""
        nightly = manager.load_state()[self.resource_id("NIGHTLY")]
        found = {
            (item.resource_type, item.project_key, item.name)
            for item in references_of(nightly)
        }
        assert found == {
            ("dataset", None, "orders"),
            ("managed_folder", None, "Ab12Cd34"),
            ("dataset", None, "raw_orders"),
            ("dataset", "CRM", "customers"),
            ("scenario", "SHOP", "SCRIPTED"),
            ("code_env", "@instance", "python/py39"),
        }


@pytest.fixture
def manager(server, tmp_path):
    """A manager that reads scenarios of the sample project."""
    client = DSSClient(server.url, server.api_key)
    backend = LocalFileBackend(tmp_path / "dev.state.json")
    return StateManager(backend, client, "dev", types=["project", "scenario"])


def test_shifted_creation_tag_is_not_a_new_scenario(manager, store):
    """Older DSS moves the creation tag at each save."""
    store.add(SCENARIO, SAMPLE_PROJECT_KEY, "S", type="step_based", name="S")
    manager.save_state(manager.sync_project(SAMPLE_PROJECT_KEY))
    objects = store.project(SAMPLE_PROJECT_KEY).objects(SCENARIO)
    tag = {"versionNumber": 3, "lastModifiedOn": 1}
    objects.save("S", {**objects.get("S"), "creationTag": tag}, "ann")
    assert changed_ids(manager) == []
    assert not manager.drift().diffs.filter(lambda diff: diff.is_recreated)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Nightly run", "NIGHTLY_RUN"),
        ("load (Prod) - été", "LOAD__PROD__-__T_"),
        ("Ascenri.plse_2-b", "ASCENRI.PLSE_2-B"),
    ],
)
def test_id_of_a_new_scenario_is_from_its_name(server, name, expected):
    """Blanks and what else an id cannot have become underscores."""
    project = DSSClient(server.url, server.api_key).get_project(SAMPLE_PROJECT_KEY)
    made = project.create_scenario(name, "step_based")
    assert made.id == expected
    assert made.get_settings().get_raw()["name"] == name


DSS = "com.dataiku.dip."
REFUSALS = {
    "page": Fault.page(404),
    "not found": Fault.error(404, f"{DSS}exceptions.NotFoundException", "Not found"),
    "license": Fault.error(
        403, f"{DSS}server.services.licensing.X", "Your license does not allow it"
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_type_that_an_older_dss_or_a_license_lacks_is_told_once(manager, server, name):
    """It is neither an error nor an empty listing."""
    server.faults = lambda method, path: (
        REFUSALS[name] if "/scenarios" in path else None
    )
    state = manager.sync_project(SAMPLE_PROJECT_KEY)
    assert state.unsupported == ["scenario"]
    assert not state.covers(f"scenario.{SAMPLE_PROJECT_KEY}.S")
    manager.save_state(state)
    report = manager.drift()
    assert report.in_sync
    assert str(report).count("not supported by this DSS: scenario") == 1


@pytest.mark.parametrize("name", REFUSALS)
def test_type_that_was_there_before_is_unknown(manager, server, store, name):
    """A proxy answers like an older DSS, and so does DSS while it starts."""
    store.add(SCENARIO, SAMPLE_PROJECT_KEY, "S", type="step_based", name="S")
    manager.save_state(manager.sync_project(SAMPLE_PROJECT_KEY))
    server.faults = lambda method, path: (
        REFUSALS[name] if "/scenarios" in path else None
    )
    report = manager.drift()
    assert not report.in_sync
    reasons = {item.resource_id: item.reason for item in report.unknown}
    assert "so DSS had them before" in reasons[f"scenario.{SAMPLE_PROJECT_KEY}.S"]
    with pytest.raises(SyncError, match="the scenarios of project"):
        manager.sync_project(SAMPLE_PROJECT_KEY)


def test_project_that_does_not_exist_is_not_a_missing_type(manager):
    with pytest.raises(ProjectNotVisibleError):
        manager.sync_project("NOPE")
