"""What a deletion does to other objects, by the files of a project alone."""

import json
import re
from collections.abc import Iterator
from typing import Any

from iac.oracle.listing import ids
from iac.oracle.tables import Files

FLOW_TYPES = {
    "dataset": "DATASET",
    "managed_folder": "MANAGED_FOLDER",
    "saved_model": "SAVED_MODEL",
    "agent": "SAVED_MODEL",
    "rag_model": "SAVED_MODEL",
    "evaluation_store": "MODEL_EVALUATION_STORE",
    "streaming_endpoint": "STREAMING_ENDPOINT",
    "knowledge_bank": "RETRIEVABLE_KNOWLEDGE",
}
"""Types of objects that recipes read and write, with what references call them."""

TYPES_IN_ZONES = {**FLOW_TYPES, "recipe": "RECIPE"}
EXPOSED_TYPES = {
    **FLOW_TYPES,
    "scenario": "SCENARIO",
    "notebook": "JUPYTER_NOTEBOOK",
}

ABOUT_DATASETS = {
    "statistics_worksheet": (
        r"statistics_worksheets/(.+)\.json",
        ("dataSpec", "inputDatasetSmartName"),
    ),
    "analysis": (r"analysis/([^/]+)/core_params\.json", ("inputDatasetSmartName",)),
    "insight": (r"insights/(.+)\.json", ("params", "datasetSmartName")),
    "notebook": (r"ipython_notebooks/(.+)\.ipynb", ("metadata", "analyzedDataset")),
}
"""Types of objects about one dataset: their files, and where these name it."""


def removal(key: str, files: Files, kind: str, name: str) -> list[str]:
    """Return sign and id of each object that a deletion changes.

    Args:
        key: of the project.
        files: the project's, before.
        kind: resource type of the object.
        name: of the object.
    """
    if kind == "library_file":
        # Without what the library says of remotes, their files are the project's own.
        rest = {path: files[path] for path in files if path != f"lib/{name}"}
        before, after = ids(key, files), ids(key, rest)
        signs = {f"- {rid}" for rid in before - after}
        return sorted(signs | {f"+ {rid}" for rid in after - before})
    removed, found = set[tuple[str, str]](), {(kind, name)}
    while found:
        removed |= found
        users = {user for item in found for user in users_of(key, files, *item)}
        found = users - removed
    signs = {f"- {kind}.{key}.{name}" for kind, name in removed}
    return sorted(signs | {f"~ {rid}" for rid in edited(key, files, removed)})


def users_of(key: str, files: Files, kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield type and name of what DSS deletes together with an object."""
    names = {name, f"{key}.{name}"}
    if kind in FLOW_TYPES:
        for recipe, document in documents(files, r"recipes/(.+)\.json"):
            ports = [*document["inputs"].values(), *document["outputs"].values()]
            if names & {item["ref"] for port in ports for item in port["items"]}:
                yield "recipe", recipe
    if kind == "dataset":
        for other, (pattern, path) in ABOUT_DATASETS.items():
            for user, document in documents(files, pattern):
                dataset = document
                for part in path:
                    dataset = dataset.get(part, {})
                if dataset and dataset in names:
                    yield other, user
    if kind == "analysis":
        for task, _ in documents(files, rf"analysis/{name}/ml/(.+)/params\.json"):
            yield "ml_task", f"{name}/{task}"


def edited(key: str, files: Files, removed: set[tuple[str, str]]) -> Iterator[str]:
    """Yield the ids of what DSS takes objects out of that are deleted."""
    in_zones = {(TYPES_IN_ZONES.get(kind), name) for kind, name in removed}
    for zone, document in documents(files, r"zones/(.+)\.json"):
        listed = [*document.get("items", []), *document.get("shared", [])]
        if in_zones & {(item["objectType"], item["objectId"]) for item in listed}:
            yield f"flow_zone.{key}.{zone}"
    in_flow = {(FLOW_TYPES.get(kind), name) for kind, name in removed}
    for scenario, document in documents(files, r"scenarios/(.+)\.json"):
        if in_flow & set(flow_items(document)):
            yield f"scenario.{key}.{scenario}"
    exposed = {(EXPOSED_TYPES.get(kind), name) for kind, name in removed}
    for item in (
        json.loads(files["params.json"]).get("exposedObjects", {}).get("objects", [])
    ):
        if (item["type"], item["localName"]) in exposed:
            yield f"project.{key}"
    if any(kind == "wiki_article" for kind, _ in removed):
        yield f"wiki.{key}"


def flow_items(scenario: Any) -> Iterator[tuple[str, str]]:
    """Yield type and name of what the steps and triggers of a scenario name."""
    parts = [*scenario["params"].get("steps", []), *scenario.get("triggers", [])]
    for params in [part.get("params", {}) for part in parts]:
        for values in [value for value in params.values() if isinstance(value, list)]:
            for item in values:
                if isinstance(item, dict) and "itemId" in item:
                    yield item.get("type", "DATASET"), item["itemId"]
        for dataset in params.get("datasets", []):
            yield "DATASET", dataset


def documents(files: Files, pattern: str) -> Iterator[tuple[str, Any]]:
    """Yield name and document of each file with a path of that pattern."""
    for path, content in files.items():
        if match := re.fullmatch(pattern, path):
            yield match[1], json.loads(content)
