"""Scenarios: triggers, steps or script, and reporters; never their runs."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Path, Project, Severities
from dataikuapi.iac.types.cleaning import Constants, Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    code_env_at,
    ids_at,
    references_at,
    text_at,
    typed_ids_at,
    value_at,
)
from dataikuapi.iac.types.requests import get_json, send
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.shapes import (
    ObjectShape,
    Shape,
    expect_object,
    expect_text,
    path_segment,
)
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["ScenarioType"]

_SCRIPT = "custom_python"
"""The type of a scenario that is a script; others are made of steps."""

_STEPS = ("params", "steps")
_TRIGGERS = ("triggers",)

_HOOK = ("messaging", "configuration", "url")
"""Where a reporter, or a step that sends a report, sends it to."""

_ATTACHMENTS = ("reporters", "messaging", "configuration", "attachments", "params")

_RECIPIENTS = (
    "channel",
    "channelId",
    "recipient",
    "recipients",
    "cc",
    "bcc",
    "sender",
    "url",
    "webhookUrl",
)
"""Members of the configuration of a message that say who gets it, by which way."""

_WHEN_AND_TO_WHOM: frozenset[Path] = frozenset(
    {
        ("active",),
        ("automationLocal",),
        (*_TRIGGERS, "active"),
        ("reporters", "active"),
        *(
            (*place, "messaging", "configuration", name)
            for place in (("reporters",), (*_STEPS, "params"))
            for name in _RECIPIENTS
        ),
    }
)
"""Whether it runs, and who is told: each environment has that for itself."""

_FLOW_PARAMS = ("builds", "checks", "computes", "clears", "invalidates")
"""Parameters of steps that list objects of the flow, each with its ``itemId``."""


class _ScenarioWriter(ListedWriter):
    """The script of a scenario has a path of its own. A new one may choose its id."""

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the document and the script, each only if it differs."""
        saves = 0
        if not json_equal(old["document"], new["document"]):
            saves += super().save(project, name, old, new)
        script = new.get("payload")
        if script is not None and script != old.get("payload"):
            send(project, "PUT", f"{self.path(name)}/payload", {"script": script})
            saves += 1
        return saves


class ScenarioType(ListedType):
    """A scenario made of steps, or of a Python script, which is its ``payload``.

    DSS derives the id from the first name unless the request has one. A later name
    does not change it.
    """

    name = "scenario"
    writing = Writing(
        from_live=frozenset({("runAsUser",)}),
        environment_specific=_WHEN_AND_TO_WHOM,
        starts_as={("active",): False},
        writer=_ScenarioWriter("scenarios/", "scenarios/{name}", chosen="id"),
    )
    requests = "1 + N, and one for each script"
    layout = ObjectFolder("scenarios", extension=lambda document: "py")
    listing = "scenarios/"
    required = ("type",)
    places: ClassVar[Mapping[str, Path]] = {"payload": ("payload",)}
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/scenarios/{name}/payload": ObjectShape(),
    }
    volatile: ClassVar[Volatile] = {
        (*_TRIGGERS, "params", "lastUpdate"): "when it was saved, in newer DSS",
        (*_STEPS, "rawParams"): "an echo of params, in some responses",
        ("running",): "run state",
        ("nextRun",): "run state",
        ("start",): "run state",
        ("lastModifiedOn",): "bookkeeping, goes to the metadata",
        ("createdOn",): "bookkeeping, goes to the metadata",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "active": False,
        "tags": [],
        "triggers": [],
        "reporters": [],
        "params": {},
        "markedAsTest": False,
        "automationLocal": False,
        "customFields": {},
    }
    # Keys that the first save by a newer DSS adds to steps and triggers, always with
    # these values: counted in the histories of 104 public repositories.
    constants: ClassVar[Constants] = {
        (*_STEPS, "maxRetriesOnFail"): (0,),
        (*_STEPS, "delayBetweenRetries"): (10,),
        (*_STEPS, "runConditionType"): ("RUN_IF_STATUS_MATCH",),
        (*_STEPS, "runConditionStatuses"): (["SUCCESS", "WARNING"],),
        (*_STEPS, "resetScenarioStatus"): (False,),
        (*_TRIGGERS, "graceDelaySettings"): (
            {"checkAgainAfterGraceDelay": False, "delay": 0},
        ),
        (*_TRIGGERS, "params", "triggerWhenAllFire"): (False,),
        (*_TRIGGERS, "params", "timezone"): ("SERVER",),
        (*_TRIGGERS, "params", "monthlyRunOn"): ("ON_THE_DAY",),
        (*_TRIGGERS, "params", "repeatFrequency"): (1,),
    }
    code: ClassVar[frozenset[Path]] = frozenset(
        {
            ("payload",),
            (*_STEPS, "params", "script"),
            (*_STEPS, "params", "sql"),
            (*_TRIGGERS, "params", "script"),
            (*_TRIGGERS, "params", "sql"),
        }
    )
    hooks: ClassVar[frozenset[Path]] = frozenset(
        {
            ("reporters", *_HOOK),
            (*_STEPS, "params", *_HOOK),
        }
    )
    severities: ClassVar[Severities] = {
        ("runAsUser",): Severity.PERMISSIONS,
        ("active",): Severity.CODE,
        ("triggers",): Severity.CODE,
        ("params",): Severity.CODE,
        ("payload",): Severity.CODE,
        (*_STEPS, "params", "envSelection"): Severity.CONNECTION,
        ("params", "envSelection"): Severity.CONNECTION,
    }

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the scenario, under ``document``; with its script, if it is one."""
        documents = super().fetch_documents(project, name)
        if documents[self.main].get("type") != _SCRIPT:
            return documents
        # DSS drops nulls: without ``script`` there is none, as for the client.
        response = get_json(project, f"scenarios/{path_segment(name)}/payload")
        return {
            **documents,
            "payload": expect_text(expect_object(response).get("script")),
        }

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return the configuration; with ``payload`` if there is a non-empty script."""
        attributes = super().attributes(documents, redactor)
        is_script = attributes["type"] == _SCRIPT
        script: Any = documents.get("payload") if is_script else None
        return {**attributes, "payload": script} if script else attributes

    def is_recreated(self, old: Resource, new: Resource) -> bool:
        """Return False: older DSS changes the creation tag at each save.

        It did in 270 of 1,330 edits in the histories of 104 public repositories.
        """
        return False

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return what triggers watch, what steps work on, and what reporters attach."""
        for parameter in _FLOW_PARAMS:
            items = (*_STEPS, "params", parameter)
            yield from typed_ids_at(
                attributes, *items, member="itemId", type_member="type"
            )
        params: tuple[Path, Path] = ((*_TRIGGERS, "params"), (*_STEPS, "params"))
        for path in params:
            yield from references_at(attributes, "dataset", *path, "datasets")
            yield from ids_at(attributes, "scenario", *path, "scenarioId")
        dashboards = (*_STEPS, "params", "dashboards", "smartName")
        yield from references_at(attributes, "dashboard", *dashboards)
        for path in ((*_STEPS, "params"), _ATTACHMENTS):
            yield from references_at(attributes, "dashboard", *path, "dashboardId")
        attached = (*_ATTACHMENTS, "attachedDataset")
        yield from references_at(attributes, "dataset", *attached)
        yield from code_env_at(attributes, *_STEPS, "params", "envSelection")
        yield from code_env_at(attributes, "params", "envSelection")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return type, whether it is active, and how many steps and triggers it has."""
        if text_at(attributes, "type"):
            yield Fact("type", (text_at(attributes, "type"),))
        yield Fact("state", ("active" if attributes.get("active") else "inactive",))
        for label, path in (("steps", _STEPS), ("triggers", _TRIGGERS)):
            items = value_at(attributes, *path)
            if isinstance(items, list) and items:
                yield Fact(label, (f"{len(items)}",))
