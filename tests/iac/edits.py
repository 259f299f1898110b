"""Edits of single values, each with whether it changes the configuration.

The verdicts are written by hand, so that neither the library nor the oracle has to be
believed.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from iac.claims import (
    DOCUMENTS,
    FILES,
    ITEMS,
    OBJECT_AT,
    SHARED,
    TEXTS,
    id_of,
    item,
    saved_by,
    step,
)
from iac.histories import KEY

GONE = object()
"""The value of an edit that removes a key."""

REAL_IN_ALL = {"tags": ["claims"], "customFields/cost_center": "B7"}
NOISE_IN_ALL = {
    "tags": ["weekly", "claims"],
    "versionTag": saved_by("otto", 5),
    "customFields": GONE,
}
NOISE_OF_METRICS = {
    "metrics/displayedState/columns": ["amount"],
    "metricsChecks/displayedState/partition": "ALL",
}
NOISE_OF_TRAINING = {
    "lastTrainIndex": 3,
    "lastTrainJobId": "Build_2",
    "lastExportedFrom": "A-CLAIMS-b-c-s2-pp1-m1",
}
STEP, TRIGGER = "params/steps/0", "triggers/0"

REAL: dict[str, dict[str, Any]] = {
    "scenarios/NIGHTLY.json": {
        **REAL_IN_ALL,
        "active": False,
        "name": "Nightly",
        "runAsUser": "robot",
        "markedAsTest": True,
        f"{TRIGGER}/active": False,
        f"{TRIGGER}/params/hour": 4,
        f"{TRIGGER}/params/timezone": "Europe/Paris",
        f"{TRIGGER}/params/repeatFrequency": 2,
        f"{TRIGGER}/graceDelaySettings": {
            "checkAgainAfterGraceDelay": True,
            "delay": 60,
        },
        f"{STEP}/runConditionType": "RUN_ALWAYS",
        f"{STEP}/maxRetriesOnFail": 3,
        f"{STEP}/params/builds/0/itemId": "customers",
        "params/steps/1/params/script": "print('done')",
        "params/steps": [step("check", "custom_python", script="print('checked')")],
        "reporters": [{"id": "r1", "messaging": {"type": "mail-scenario"}}],
        "delayedTriggersBehavior/delayWhileRunning": False,
    },
    "scenarios/MONTH_END.json": {
        "params/envSelection": {"envMode": "EXPLICIT_ENV", "envName": "py311"},
    },
    "scenarios/MONTH_END.py": {"": "import dataiku\n\nprint('closed')\n"},
    "zones/default.json": {"name": "Sources", "color": "#000000"},
    "zones/Zc4Rt8k.json": {
        "tags": [],
        "name": "Claims and fraud",
        "color": "#ff0000",
        "description": "What insurers report.",
        "items": ITEMS[:1],
        "items/1": item("DATASET", "compute_claims"),
        "items/2": item("SAVED_MODEL", "Mx7Kd92b"),
        "shared": [],
        "shared/0/objectId": "orders",
    },
    "variables.json": {
        "tags": ["b", "a"],
        "versionTag": "v2",
        "limit": 11,
        "new": None,
        "limits": {"low": 1},
    },
    "localvariables.json": {"root": "/data/prod", "limit": 5},
    "managed_folders/Fd83kQ1z.json": {
        **REAL_IN_ALL,
        "name": "old scans",
        "params/connection": "s3",
        "params/path": "/scans",
        "flowOptions/ignoreErrorStatusOnBuild": True,
        "metrics/probes/0/enabled": False,
        "checks/checks": [{"type": "numericRange"}],
    },
    "saved_models/Mx7Kd92b.json": {
        **REAL_IN_ALL,
        "activeVersion": "1760000200000",
        "publishPolicy": "EXPLICIT",
        "miniTask/modeling/max_ensemble": 6,
        "miniTask/time/enabled": True,
        "flowOptions/rebuildBehavior": "EXPLICIT",
        "partitioning/dimensions": [{"name": "year", "type": "value"}],
        "metrics/probes/0/enabled": False,
    },
    "saved_models/Ag5Tq0vN.json": {
        **REAL_IN_ALL,
        "name": "Fraud agent",
        "activeVersion": "v2",
        "inlineVersions/0/toolsUsingAgentSettings/llmId": "openai:oai:other",
        "inlineVersions/0/toolsUsingAgentSettings/tools": [{"toolRef": "Tl9pXe1"}],
        "inlineVersions/1": {"versionId": "v2"},
    },
    "saved_models/Rg2Lw6hY.json": {
        **REAL_IN_ALL,
        "activeVersion": "v2",
        "inlineVersions/0/ragllmSettings/maxDocuments": 8,
    },
    "model_evaluation_stores/Ev4Bn8sC.json": {
        "tags": [],
        "name": "Fraud score",
        "governSyncOptOut": True,
        "metricsChecks/runOnBuild": True,
    },
    "knowledge-banks/Kb6Hj3mW.json": {
        "tags": [],
        "name": "All policies",
        "embeddingLLMId": "openai:oai:large",
        "llmsExposedWith/0/maxDocuments": 8,
        "metadataColumnsSchema/0/name": "path",
        "containerExecSelection/containerMode": "NONE",
        "envSelection": {"envMode": "EXPLICIT_ENV", "envName": "rag"},
    },
    "agent-tools/Tl9pXe1.json": {
        "tags": [],
        "name": "Find any claim",
        "params/datasetRef": "customers",
        "params/usableLookupColumns/1": "amount",
        "additionalDescriptionForLLM": "Looks up one claim.",
    },
    "app-manifest.json": {
        "tags": ["claims"],
        "label": "Fraud",
        "homepageSections/0/tiles/0/scenarioId": "MONTH_END",
        "projectExportManifest/exportUploads": True,
    },
    "tags.json": {"tags/weekly": GONE, "tags/weekly/color": "#000", "tags/new": {}},
}

NOISE: dict[str, dict[str, Any]] = {
    "scenarios/NIGHTLY.json": {
        **NOISE_IN_ALL,
        # An older DSS moves it at each save of a scenario, and of nothing else.
        "creationTag": saved_by("mira", 3),
        "id": "NIGHTLY",
        "projectKey": KEY,
        "markedAsTest": False,
        f"{TRIGGER}/params/lastUpdate": 1_760_000_000_000,
        f"{TRIGGER}/params/triggerWhenAllFire": False,
        f"{TRIGGER}/params/timezone": "SERVER",
        f"{TRIGGER}/params/monthlyRunOn": "ON_THE_DAY",
        f"{TRIGGER}/params/repeatFrequency": 1,
        f"{TRIGGER}/params/hour": 3.0,
        f"{TRIGGER}/graceDelaySettings": {
            "checkAgainAfterGraceDelay": False,
            "delay": 0,
        },
        f"{STEP}/maxRetriesOnFail": 0,
        f"{STEP}/delayBetweenRetries": 10,
        f"{STEP}/runConditionType": "RUN_IF_STATUS_MATCH",
        f"{STEP}/runConditionStatuses": ["SUCCESS", "WARNING"],
        f"{STEP}/resetScenarioStatus": False,
    },
    "scenarios/NIGHTLY.py": {"": "# left over\n"},
    "zones/Zc4Rt8k.json": {
        "tags": ["weekly", "claims"],
        "items": ITEMS[::-1],
        "shared": SHARED[::-1],
        "position": {"x": 1.0, "y": 2.0, "width": 300.0, "height": 200.0},
        "position/x": 11.5,
        "customFields": GONE,
    },
    "zones/default.json": {"items": [], "shared": []},
    "variables.json": {"limit": 10},
    "managed_folders/Fd83kQ1z.json": {
        **NOISE_IN_ALL,
        "metrics/displayedState/columns": ["amount"],
        "checks/displayedState/partition": "ALL",
        "flowOptions/ignoreErrorStatusOnBuild": False,
        "params/variablesExpansionLoopConfig": {
            "enabled": False,
            "mode": "CREATE_VARIABLE_FOR_EACH_COLUMN",
            "replacements": [],
        },
    },
    "saved_models/Mx7Kd92b.json": {
        **NOISE_IN_ALL,
        **NOISE_OF_METRICS,
        **NOISE_OF_TRAINING,
        "savedModelType": GONE,
        "partitioning": GONE,
        "flowOptions": GONE,
        "flowOptions/ignoreErrorStatusOnBuild": False,
        "miniTask/predictionDisplayScript/columnOrder": ["amount"],
        "miniTask/predictionDisplayCharts": [{"type": "lines"}],
        "miniTask/labels": [],
        "miniTask/time": GONE,
        "miniTask/assertionsParams": {"assertions": []},
        "miniTask/containerSelection": {"containerMode": "INHERIT"},
        "miniTask/calibration": {"calibrationMethod": "NO_CALIBRATION"},
    },
    "saved_models/Ag5Tq0vN.json": {
        **NOISE_IN_ALL,
        # The API of agents has nothing of what only trained models use.
        "lastTrainIndex": 2,
        "metrics/probes/0/enabled": False,
        "publishPolicy": "EXPLICIT",
        "inlineVersions/0/versionTag": saved_by("otto", 2),
        "inlineVersions/0/creationTag": saved_by("otto", 0),
        "inlineVersions/0/quickTestQuery/messages/0/content": "Which claims are new?",
    },
    "saved_models/Rg2Lw6hY.json": {
        **NOISE_IN_ALL,
        "inlineVersions/0/versionTag": saved_by("otto", 2),
    },
    "model_evaluation_stores/Ev4Bn8sC.json": {
        **NOISE_OF_METRICS,
        "versionTag": saved_by("otto", 5),
        "displayParams/graphStyle": "LINE",
        "governSyncOptOut": False,
    },
    "knowledge-banks/Kb6Hj3mW.json": {"versionTag": saved_by("otto", 5)},
    "agent-tools/Tl9pXe1.json": {
        "versionTag": saved_by("otto", 5),
        "quickTestQuery/input/filter/column": "amount",
    },
    "app-manifest.json": {
        "tags": ["weekly", "claims"],
        "imgColor": "#000000",
        "imgPattern": 4,
        "showInitials": False,
    },
}


class Edit(NamedTuple):
    """An edit of one value in one file.

    Args:
        file: its path.
        path: of the value, with slashes in between; empty for a whole text.
        value: the new one.
        is_real: whether it changes the configuration.
    """

    file: str
    path: str
    value: Any
    is_real: bool

    def __str__(self) -> str:
        verdict = "real" if self.is_real else "noise"
        value = "gone" if self.value is GONE else json.dumps(self.value)
        return f"{self.file}: {self.path} = {value[:24]} is {verdict}"

    @property
    def resource_type(self) -> str:
        """The type of the edited object."""
        return OBJECT_AT[self.file].partition(".")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The path without the positions in lists."""
        return tuple(name for name in self.path.split("/") if not name.isdigit())

    @property
    def changes(self) -> list[str]:
        """Sign and id of what changes."""
        return [f"~ {id_of(self.file)}"] if self.is_real else []

    def applied(self) -> dict[str, bytes]:
        """Return the project's files after the edit."""
        if self.file in TEXTS:
            return {**FILES, self.file: str(self.value).encode()}
        document = deepcopy(DOCUMENTS[self.file])
        put(document, self.path.split("/"), self.value)
        return {**FILES, self.file: json.dumps(document).encode()}


def put(value: Any, path: list[str], new: Any) -> None:
    """Put a value where the path leads; the last list index may be the next one."""
    name = int(path[0]) if isinstance(value, list) else path[0]
    if path[1:]:
        put(value[name], path[1:], new)
    elif new is GONE:
        del value[name]
    elif isinstance(value, list) and name == len(value):
        value.append(new)
    else:
        value[name] = new


def edits() -> Iterator[Edit]:
    """Yield all edits."""
    tables: list[tuple[Mapping[str, Mapping[str, Any]], bool]]
    tables = [(REAL, True), (NOISE, False)]
    for table, is_real in tables:
        for file, values in table.items():
            for path, value in values.items():
                yield Edit(file, path, value, is_real)


EDITS = list(edits())
