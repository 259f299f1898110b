"""Projects of documents with the shapes of real ones, of every kind there is.

The shapes are those of ``dss-kinds``, beside the real projects. Each project takes two
documents of each kind, and all projects together take all of them. Kinds of which there
is no shape are written by what the API documents.
"""

import json
from typing import Any

from iac.conftest import REAL_PROJECTS

SHAPES = REAL_PROJECTS.parent / "dss-kinds"

PROJECTS = range(6)
"""Numbers of the projects: the most documents that there are of a kind."""

PLACES = {
    "agent-tools": "agent-tools/To{n}.json",
    "analysis": "analysis/An{n}/core_params.json",
    "dashboards": "dashboards/Da{n}.json",
    "insights": "insights/In{n}.json",
    "knowledge-banks": "knowledge-banks/Kb{n}.json",
    "lambda_services": "lambda_services/service {n}.json",
    "managed_folders": "managed_folders/Fo{n}.json",
    "ml_tasks": "analysis/An{n}/ml/Ta{n}/params.json",
    "model_evaluation_stores": "model_evaluation_stores/Ev{n}.json",
    "notebooks": "ipython_notebooks/Märzzahlen {n}.ipynb",
    "saved_models": "saved_models/Mo{n}.json",
    "scenarios": "scenarios/SCENARIO_{n}.json",
    "sql_notebooks": "notebooks/sql/Sq{n}/params.json",
    "statistics_worksheets": "statistics_worksheets/Wo{n}.json",
    "web_apps": "web_apps/Wa{n}.json",
    "wiki_articles": "wiki/articles/{n}.json",
    "zones": "zones/Zo{n}.json",
}
"""Where the documents are in a project, by folder of the shapes."""

SINGLE = {
    "app-manifest": "app-manifest.json",
    "lib": "lib/external-libraries.json",
    "tags": "tags.json",
    "variables": "variables.json",
}
"""Likewise, of kinds of which a project has one document."""

REQUIRED: dict[str, dict[str, Any]] = {
    "agent-tools": {"type": "DatasetRowLookup"},
    "knowledge-banks": {"vectorStoreType": "CHROMA"},
    "ml_tasks": {"taskType": "PREDICTION", "predictionType": "REGRESSION"},
    "notebooks": {"nbformat": 4, "nbformat_minor": 4},
    "web_apps": {"type": "STANDARD"},
}
"""What each document of a kind has, and the shapes hide, or do not all have."""

COMMON: dict[str, Any] = {
    "tags": [],
    "customFields": {},
    "checklists": {"checklists": []},
}
"""What real files of nearly all kinds have."""

AGENT = {
    **COMMON,
    "name": "Helper",
    "savedModelType": "TOOLS_USING_AGENT",
    "activeVersion": "v1",
    "inlineVersions": [
        {
            "versionId": "v1",
            "toolsUsingAgentSettings": {
                "tools": [{"toolRef": "To1"}],
                "llmId": "openai:llm_main:gpt-4o",
            },
        }
    ],
}
CODED_AGENT = {
    **COMMON,
    "name": "Coded",
    "savedModelType": "PYTHON_AGENT",
    "inlineVersions": [{"versionId": "v1", "pythonAgentSettings": {"code": "x = 1"}}],
}
RAG_MODEL = {
    **COMMON,
    "name": "Policies",
    "savedModelType": "RETRIEVAL_AUGMENTED_LLM",
    "activeVersion": "v1",
    "inlineVersions": [
        {
            "versionId": "v1",
            "ragllmSettings": {"kbRef": "Kb1", "llmId": "openai:llm_main:gpt-4o"},
        }
    ],
}
CLICKS = {
    **COMMON,
    "type": "kafka",
    "params": {"connection": "kafka_main", "topic": "clicks"},
    "schema": {"columns": [{"name": "url", "type": "string"}], "userModified": False},
}
VIEWS = {**CLICKS, "type": "sqs", "params": {"queueName": "views"}, "tags": ["raw"]}
DATASET = {
    **COMMON,
    "type": "Filesystem",
    "managed": False,
    "params": {"connection": "filesystem_managed", "path": "numbers"},
    "schema": {"columns": [{"name": "a", "type": "double"}], "userModified": False},
    "partitioning": {"dimensions": []},
    "flowOptions": {"virtualizable": False, "rebuildBehavior": "NORMAL"},
    "metrics": {"probes": [], "engineConfig": {}},
}
WRITTEN: dict[str, Any] = {
    "params.json": {"owner": "ann", "projectAppType": "APP_TEMPLATE"},
    "localvariables.json": {"root": "/data/dev"},
    "saved_models/Ag1.json": AGENT,
    "saved_models/Ag2.json": CODED_AGENT,
    "saved_models/Ra1.json": RAG_MODEL,
    "saved_models/Ra2.json": {**RAG_MODEL, "name": "Answers", "tags": ["faq"]},
    "streaming_endpoints/clicks.json": CLICKS,
    "streaming_endpoints/page views.json": VIEWS,
}
TEXTS = {
    "lib/python/cleaning.py": "def clean(frame):\n    return frame.dropna()\n",
    "lib/R/Größe.R": "size <- 1\n",
    "web_apps/Wa1/backend.py": "print('up')\n",
    "web_apps/Wa1/body.html": "<p>Up</p>\n",
    "wiki/articles/1.md": "# Start\n",
    "wiki/articles/2.md": "",
}


def shape_files(number: int) -> dict[str, bytes]:
    """Return the files of a project.

    Args:
        number: of the project, which decides on the shapes.
    """
    documents = dict(WRITTEN)
    for kind, path in SINGLE.items():
        documents[path] = shape(kind, number)
    for kind, path in PLACES.items():
        for n in (1, 2):
            documents[path.format(n=n)] = shape(kind, number + n)
    for n in (1, 2):
        # An analysis and a worksheet are of a dataset, which has to be there.
        spec = documents[f"statistics_worksheets/Wo{n}.json"]["dataSpec"]
        spec["inputDatasetSmartName"] = f"numbers_{n}"
        analysis = documents[f"analysis/An{n}/core_params.json"]
        analysis["inputDatasetSmartName"] = f"numbers_{n}"
        documents[f"datasets/numbers_{n}.json"] = DATASET
        documents[f"scenarios/SCENARIO_{n}.json"].setdefault("type", "step_based")
    # A wiki has each article once.
    tree = [{"id": 1, "children": [{"id": 2, "children": []}]}]
    documents["wiki/taxonomy.json"] = {"homeArticleId": 1, "taxonomy": tree}
    documents["zones/default.json"] = {"name": "Default", "items": [], "shared": []}
    files = {path: json.dumps(item).encode() for path, item in documents.items()}
    return {**files, **{path: text.encode() for path, text in TEXTS.items()}}


def shape(kind: str, number: int) -> Any:
    """Return one of the documents of a kind; the first follows on the last."""
    paths = sorted((SHAPES / kind).glob("*.json"))
    document = json.loads(paths[number % len(paths)].read_text(encoding="utf-8"))
    return {**REQUIRED.get(kind, {}), **document}
