"""A small project with an object of each type, in the layout of git.

Written by hand, in the shape in which DSS commits them.
"""

import json
from typing import Any

from iac.histories import KEY, SAMPLE_MAPS


def item(kind, name):
    """Return an item of a zone."""
    return {"objectId": name, "objectType": kind}


def saved_by(login, number):
    """Return a version tag."""
    by = {"login": login}
    when = 1_760_000_000_000 + number
    return {"versionNumber": number, "lastModifiedBy": by, "lastModifiedOn": when}


def step(name, step_type, **params):
    """Return a step of a scenario, as an older DSS writes it."""
    return {"id": name, "type": step_type, "name": name, "params": params}


COMMON: dict[str, Any] = {
    "versionTag": saved_by("mira", 4),
    "creationTag": saved_by("mira", 0),
    "tags": ["claims", "weekly"],
    "customFields": {},
    "checklists": {"checklists": []},
}
PROBES: dict[str, Any] = {
    "probes": [{"type": "basic", "enabled": True}],
    "displayedState": {"partition": "NP", "columns": [], "metrics": []},
}
CHECKS: dict[str, Any] = {
    "runOnBuild": False,
    "checks": [],
    "displayedState": {"partition": "NP", "checks": []},
}
METRICS = {"metrics": PROBES, "metricsChecks": CHECKS}
FLOW_OPTIONS = {
    "virtualizable": False,
    "rebuildBehavior": "NORMAL",
    "crossProjectBuildBehavior": "DEFAULT",
}
NO_PARTITIONS = {
    "ignoreNonMatchingFile": False,
    "considerMissingRequestedPartitionsAsEmpty": False,
    "dimensions": [],
}
ITEMS = [item("DATASET", "claims"), item("RECIPE", "compute_claims")]
SHARED = [item("DATASET", "customers"), item("MANAGED_FOLDER", "Fd83kQ1z")]

SAVED_MODEL = {
    **COMMON,
    **METRICS,
    "savedModelType": "DSS_MANAGED",
    "publishPolicy": "UNCONDITIONAL",
    "rebuildBehavior": "EXPLICIT",
    "name": "Fraud score",
    "contentType": "prediction/py_memory",
    "activeVersion": "1760000100000",
    "conditionalOutputs": [],
    "partitioning": NO_PARTITIONS,
    "flowOptions": FLOW_OPTIONS,
    "lastExportedFrom": "A-CLAIMS-aK3dP0qs-tR7yW2mn-s1-pp1-m1",
    "lastTrainIndex": 2,
    "lastTrainJobId": "Build_Fraud_score_2026-01-12T06-00-00.100",
    "miniTask": {
        "taskType": "PREDICTION",
        "predictionType": "BINARY_CLASSIFICATION",
        "targetVariable": "is_fraud",
        "time": {"enabled": False, "ascending": True},
        "modeling": {"metrics": {"evaluationMetric": "ROC_AUC"}, "max_ensemble": 5},
        "predictionDisplayScript": {"columnOrder": []},
        "predictionDisplayCharts": [],
    },
}


def inline(model_type, name, version):
    """Return an agent or a retrieval-augmented LLM."""
    return {
        **COMMON,
        **METRICS,
        "savedModelType": model_type,
        "publishPolicy": "UNCONDITIONAL",
        "rebuildBehavior": "EXPLICIT",
        "name": name,
        "activeVersion": "v1",
        "inlineVersions": [
            {
                "versionId": "v1",
                "versionTag": saved_by("mira", 1),
                "creationTag": saved_by("mira", 0),
                "quickTestQuery": {"messages": [{"role": "user", "content": "Hello"}]},
                **version,
            }
        ],
        "conditionalOutputs": [],
        "partitioning": NO_PARTITIONS,
        "flowOptions": FLOW_OPTIONS,
        "lastTrainIndex": 1,
        "lastTrainJobId": "",
    }


DOCUMENTS: dict[str, Any] = {
    "scenarios/NIGHTLY.json": {
        **COMMON,
        "type": "step_based",
        "name": "Nightly claims",
        "active": True,
        "delayedTriggersBehavior": {"delayWhileRunning": True},
        "triggers": [
            {
                "id": "k2Vd8Ws1",
                "type": "temporal",
                "delay": 5,
                "active": True,
                "params": {"frequency": "Daily", "hour": 3, "minute": 0},
            }
        ],
        "reporters": [],
        "params": {
            "steps": [
                step("build", "build_flowitem", builds=[{"itemId": "claims"}]),
                step("check", "custom_python", script="print('checked')"),
            ]
        },
        "automationLocal": False,
    },
    "scenarios/MONTH_END.json": {
        **COMMON,
        "type": "custom_python",
        "name": "Month end",
        "active": False,
        "triggers": [],
        "reporters": [],
        "params": {"envSelection": {"envMode": "INHERIT"}},
        "automationLocal": False,
    },
    "zones/default.json": {"name": "Default", "color": "#D1D8DA", "tags": []},
    "zones/Zc4Rt8k.json": {
        "name": "Claims",
        "color": "#2ab1ac",
        "items": ITEMS,
        "shared": SHARED,
        "position": {"x": 10.5, "y": 20.0},
        "tags": ["claims", "weekly"],
        "customFields": {},
        "checklists": {"checklists": []},
    },
    "variables.json": {"tags": ["a", "b"], "versionTag": "v1", "limit": 10.0},
    "localvariables.json": {"root": "/data/dev"},
    "managed_folders/Fd83kQ1z.json": {
        **COMMON,
        # Not metricsChecks, as other objects have.
        "metrics": PROBES,
        "checks": CHECKS,
        "name": "scans",
        "type": "Filesystem",
        "params": {"connection": "files", "path": "/${projectKey}/${odbId}"},
        "flowOptions": FLOW_OPTIONS,
    },
    "saved_models/Mx7Kd92b.json": SAVED_MODEL,
    "saved_models/Ag5Tq0vN.json": inline(
        "TOOLS_USING_AGENT",
        "Claims agent",
        {"toolsUsingAgentSettings": {"llmId": "openai:oai:gpt", "tools": []}},
    ),
    "saved_models/Rg2Lw6hY.json": inline(
        "RETRIEVAL_AUGMENTED_LLM",
        "Policy answers",
        {"ragllmSettings": {"kbRef": "Kb6Hj3mW", "llmId": "openai:oai:gpt"}},
    ),
    "model_evaluation_stores/Ev4Bn8sC.json": {
        **COMMON,
        **METRICS,
        "name": "Fraud score, monthly",
        "rebuildBehavior": "EXPLICIT",
        "flowOptions": FLOW_OPTIONS,
        "partitioning": NO_PARTITIONS,
        "displayParams": {"graphStyle": "BAR", "pinnedMetrics": []},
    },
    "knowledge-banks/Kb6Hj3mW.json": {
        **COMMON,
        "name": "Policies",
        "vectorStoreType": "CHROMA",
        "embeddingLLMId": "openai:oai:embedding",
        "metadataColumnsSchema": [{"name": "file", "type": "string"}],
        # How DSS 12 and 13 keep a retrieval-augmented LLM.
        "llmsExposedWith": [{"llmId": "openai:oai:gpt", "maxDocuments": 4}],
        "envSelection": {"envMode": "INHERIT"},
        "containerExecSelection": {"containerMode": "INHERIT"},
    },
    "agent-tools/Tl9pXe1.json": {
        **COMMON,
        "name": "Find claims",
        "type": "DatasetRowLookup",
        "params": {"datasetRef": "claims", "usableLookupColumns": ["id"]},
        "quickTestQuery": {"input": {"filter": {"column": "id"}}, "context": {}},
        "dkuProperties": [],
    },
    "app-manifest.json": {
        "projectExportManifest": {"exportUploads": False},
        "useAppHomepage": True,
        "homepageSections": [
            {"sectionTitle": "Run", "tiles": [{"scenarioId": "NIGHTLY"}]}
        ],
        "label": "Claims",
        "imgColor": "#28aadd",
        "tags": ["claims", "weekly"],
        "version": "2",
    },
    "tags.json": {"tags": {"claims": {"color": "#2ab1ac"}, "weekly": {}}},
}

TEXTS = {
    "scenarios/NIGHTLY.py": "",
    "scenarios/MONTH_END.py": "import dataiku\n",
}

OBJECT_AT = {
    "scenarios/NIGHTLY.json": "scenario.NIGHTLY",
    "scenarios/NIGHTLY.py": "scenario.NIGHTLY",
    "scenarios/MONTH_END.json": "scenario.MONTH_END",
    "scenarios/MONTH_END.py": "scenario.MONTH_END",
    "zones/default.json": "flow_zone.default",
    "zones/Zc4Rt8k.json": "flow_zone.Zc4Rt8k",
    "variables.json": "variables",
    "localvariables.json": "variables",
    "managed_folders/Fd83kQ1z.json": "managed_folder.Fd83kQ1z",
    "saved_models/Mx7Kd92b.json": "saved_model.Mx7Kd92b",
    "saved_models/Ag5Tq0vN.json": "agent.Ag5Tq0vN",
    "saved_models/Rg2Lw6hY.json": "rag_model.Rg2Lw6hY",
    "model_evaluation_stores/Ev4Bn8sC.json": "evaluation_store.Ev4Bn8sC",
    "knowledge-banks/Kb6Hj3mW.json": "knowledge_bank.Kb6Hj3mW",
    "agent-tools/Tl9pXe1.json": "agent_tool.Tl9pXe1",
    "app-manifest.json": "app_manifest",
    "tags.json": "tag_palette",
}
"""The type and the name of the object that each file is part of."""

IN_EVERY_PROJECT = {"variables", "tag_palette"}
"""What a project has even without a file."""


def id_of(file):
    """Return the id of the object that a file is part of."""
    kind, dot, name = OBJECT_AT[file].partition(".")
    return f"{kind}.{KEY}{dot}{name}"


FILES: dict[str, bytes] = {
    "params.json": json.dumps(
        {
            **json.loads(SAMPLE_MAPS[0]["params.json"]),
            # Only the template of an application has a manifest.
            "projectAppType": "APP_TEMPLATE",
        }
    ).encode(),
    **{path: json.dumps(content).encode() for path, content in DOCUMENTS.items()},
    **{path: text.encode() for path, text in TEXTS.items()},
}
