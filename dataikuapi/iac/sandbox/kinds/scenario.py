"""Scenarios: made of steps, or of a Python script at a path of its own."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

_NOT_IN_IDS = re.compile(r"[^A-Z0-9_.-]")

_LIGHT = ("active", "checklists", "description", "shortDesc", "tags")
"""The fields that a save of the light document changes."""

_FLOW_ITEMS = ("builds", "checks", "computes", "clears", "invalidates")
"""The parameters of steps that list objects of the flow."""

_DATASET_TYPE = "DATASET"


@dataclass(frozen=True, eq=False)
class ScenarioKind(Kind):
    """Scenarios. The id may be chosen; else it comes from the name."""

    def payload_file(self, object_id: str, document: Document) -> str | None:
        """Return the path of the script; that of a scenario made of steps is empty."""
        return f"scenarios/{object_id}.py"

    def routes(self) -> Routes:
        """Return the usual requests, and those for script and light document."""
        base = f"/projects/{{key}}/{self.path}/{self.identity.route_parameter}"
        return {
            **super().routes(),
            f"{base}/payload": {
                "GET": self.handle_get_payload,
                "PUT": self.handle_put_payload,
            },
            f"{base}/light": {
                "GET": self.handle_get_light,
                "PUT": self.handle_put_light,
            },
        }

    def new_id(self, prototype: Document, taken: Container[str]) -> str:
        """Return the id in the body, or the name in capitals, without blanks."""
        if prototype.get("id"):
            return str(prototype["id"])
        name = required_text(prototype, "name", self.label)
        return _NOT_IN_IDS.sub("_", name.upper())

    def handle_get_payload(self, request: ApiRequest) -> Any:
        """Return the script."""
        stored = request.project().objects(self).stored(self.id_of(request))
        return {"script": stored.payload or ""}

    def handle_put_payload(self, request: ApiRequest) -> Any:
        """Replace the script, which makes a new version of the scenario."""
        script = required_object(request.body, "payload").get("script")
        project, object_id = request.project(), self.id_of(request)
        with project.lock:
            document = project.objects(self).get(object_id)
            project.objects(self).save(
                object_id, document, request.login, payload=str(script or "")
            )
        return done(f"Updated payload of scenario {object_id}")

    def handle_get_light(self, request: ApiRequest) -> Any:
        """Return the document without what it runs."""
        document = request.project().objects(self).get(self.id_of(request))
        shown = ("projectKey", "id", "name", "type", "versionTag", *_LIGHT)
        return {name: document[name] for name in shown if name in document}

    def handle_put_light(self, request: ApiRequest) -> Any:
        """Replace a few fields; the rest of the document stays."""
        sent = required_object(request.body, self.label)
        project, object_id = request.project(), self.id_of(request)
        with project.lock:
            document = project.objects(self).get(object_id)
            light = {name: sent[name] for name in _LIGHT if name in sent}
            document = {**document, **self.fields.with_shuffled_tags(light)}
            project.objects(self).save(object_id, document, request.login)
        return done(f"Updated scenario {object_id}")

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Take an object that is deleted out of steps and triggers."""
        self._replace(project, kind, object_id, None, login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Name an object that is renamed by its new name."""
        self._replace(project, kind, old_id, new_id, login)

    def _replace(
        self, project: Project, kind: Kind, old: str, new: str | None, login: str
    ) -> None:
        scenarios = project.objects(self)
        for name in scenarios.names():
            before = scenarios.get(name)
            after = _with_replaced(scenarios.get(name), kind.object_type, old, new)
            if after != before:
                scenarios.save(name, after, login)


def _with_replaced(
    scenario: Document, object_type: str, old: str, new: str | None
) -> Document:
    """Return a scenario that names an object otherwise, or no more.

    Args:
        scenario: is changed.
        object_type: of the object, as DSS calls it.
        old: its id.
        new: its new id; None takes it out.
    """
    by = [] if new is None else [new]
    for params in _all_params(scenario):
        for name in _FLOW_ITEMS:
            if name in params:
                params[name] = [
                    kept
                    for item in params[name]
                    for kept in (
                        [{**item, "itemId": other} for other in by]
                        if _is_item(item, object_type, old)
                        else [item]
                    )
                ]
        if object_type == _DATASET_TYPE and "datasets" in params:
            params["datasets"] = [
                kept
                for dataset in params["datasets"]
                for kept in (by if dataset == old else [dataset])
            ]
    return scenario


def _all_params(scenario: Document) -> list[Document]:
    """Return the parameters of all steps and triggers."""
    steps = (scenario.get("params") or {}).get("steps") or []
    parts = [*steps, *(scenario.get("triggers") or [])]
    return [part["params"] for part in parts if isinstance(part.get("params"), dict)]


def _is_item(item: Document, object_type: str, object_id: str) -> bool:
    same_type = item.get("type", _DATASET_TYPE) == object_type
    return same_type and item.get("itemId") == object_id


SCENARIO = ScenarioKind(
    label="scenario",
    path="scenarios",
    file="scenarios/{id}.json",
    other_files=("scenarios/*.py",),
    identity=Identity("id"),
    object_type="SCENARIO",
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "type": None,
        "active": False,
        "running": False,
        "unavailable": False,
        "markedAsTest": False,
        "nextRun": 0,
        "tags": [],
    },
    fields=Fields(
        required=("type",),
        always={
            "type": "step_based",
            "active": False,
            "checklists": NO_CHECKLISTS,
            "delayedTriggersBehavior": {
                "delayWhileRunning": True,
                "squashDelayedTriggers": True,
                "suppressTriggersWhileRunning": True,
            },
            "tags": [],
            "triggers": [],
            "reporters": [],
            "params": {},
            "automationLocal": False,
            "customFields": {},
        },
        optional=frozenset(
            {"id", "markedAsTest", "runAsUser", "description", "shortDesc"}
        ),
    ),
)
