"""What users change in objects of each type, each of them a real change.

An edit is a function of a document as ``client_access`` opens it.
"""

import json
from collections.abc import Callable
from typing import Any

Edit = Callable[[Any], object]


def tag(document):
    """Add a tag."""
    document["tags"] = [*document.get("tags", []), "reviewed"]


def describe(document):
    """Say what it is."""
    document["description"] = "Seen by the auditors."


def rename(document):
    """Give it another name."""
    document["name"] = f"{document.get('name', '')} (old)"


def put(*path, value):
    """Return an edit that sets a value; what is above it is there, or is made."""

    def edit(document):
        for key in path[:-1]:
            document = (
                document[key] if isinstance(key, int) else document.setdefault(key, {})
            )
        document[path[-1]] = value

    return edit


def append(*path, item):
    """Return an edit that appends to a list; it is there, or is made."""

    def edit(document):
        for key in path[:-1]:
            document = document.setdefault(key, {})
        document[path[-1]] = [*document.get(path[-1], []), item]

    return edit


def within(key, edit):
    """Return an edit of a part of a document."""
    return lambda document: edit(document[key])


def edit_payload(document):
    """Edit a script, or the settings of a visual recipe; else where it is run."""
    payload, recipe = document["payload"], document["recipe"]
    if not payload:
        recipe.setdefault("params", {})["containerSelection"] = {
            "containerMode": "EXPLICIT_CONTAINER",
            "containerConf": "large",
        }
    elif not payload.lstrip().startswith("{"):
        document["payload"] = f"{payload}\n# Checked.\n"
    else:
        settings = json.loads(payload)
        if recipe["type"] == "shaker":
            step = {"type": "FilterOnValue", "params": {"columns": ["a"]}}
            settings.setdefault("steps", []).append(step)
        else:
            settings["preFilter"] = {"enabled": True, "distinct": True}
        document["payload"] = json.dumps(settings)


def read_another(document):
    """Let a recipe read another dataset."""
    inputs = document["recipe"].setdefault("inputs", {})
    items = inputs.setdefault("main", {}).setdefault("items", [])
    items.append({"ref": "another", "deps": []})


def edit_scenario(document):
    """Edit the script of a scenario, or add a step."""
    if document["script"] is not None:
        document["script"] += "\n# Checked.\n"
    else:
        step = {"id": "notify", "name": "", "type": "exec_sql", "params": {"sql": "1"}}
        document["settings"].setdefault("params", {}).setdefault("steps", []).append(
            step
        )


def trigger(document):
    """Let a scenario run by itself."""
    document["settings"].setdefault("triggers", []).append(
        {"id": "t1", "type": "temporal", "active": True, "params": {"hour": 4}}
    )


def toggle(*path):
    """Return an edit that inverts a flag; without it, it is off."""

    def edit(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = not document.get(path[-1], False)

    return edit


def edit_file(document):
    """Edit a file of the library; that about the library itself stays one."""
    if document["text"].startswith("{"):
        library = json.loads(document["text"])
        document["text"] = json.dumps({**library, "rsrcPath": ["resources"]})
    else:
        document["text"] += "\n# Checked.\n"


def reverse_tree(document):
    """Put the last of the articles at the top first."""
    top = document["taxonomy"]
    moved = top[-1] if len(top) > 1 else top[0]["children"].pop()
    document["taxonomy"] = [moved, *(node for node in top if node is not moved)]


CONTAINER = {"containerMode": "EXPLICIT_CONTAINER", "containerConf": "large"}
CARD = {"type": "pca", "columns": [{"name": "a"}], "id": "c1"}
STEP = {"type": "FindReplace", "params": {"columns": ["a"]}, "metaType": "PROCESSOR"}
CELL = {"cell_type": "code", "source": ["print(1)\n"], "metadata": {}, "outputs": []}
QUERY = {"id": "q9", "type": "QUERY", "code": "select 1"}
ENDPOINT = {"id": "lookup", "type": "DATASETS_LOOKUP", "lookups": [{"dataset": "a"}]}
PAGE = {"id": "p9", "title": "More", "grid": {"tiles": []}}
GROUP = {"group": "auditors", "readProjectContent": True}
PROBE = {"type": "basic", "enabled": True, "configuration": {}, "meta": {"name": "p"}}

EDITS: dict[str, tuple[Edit, ...]] = {
    "project": (
        put("metadata", "label", value="Another label"),
        within("metadata", tag),
        append("permissions", "permissions", item=GROUP),
        put("settings", "settings", "codeEnvs", value={"python": {"mode": "INHERIT"}}),
    ),
    "dataset": (
        append("schema", "columns", item={"name": "new", "type": "bigint"}),
        put("params", "connection", value="elsewhere"),
        append("metrics", "probes", item=PROBE),
        tag,
        describe,
    ),
    "recipe": (
        edit_payload,
        read_another,
        put("recipe", "params", "containerSelection", value=CONTAINER),
        within("recipe", tag),
        within("recipe", describe),
    ),
    "scenario": (
        edit_scenario,
        trigger,
        toggle("settings", "active"),
        within("settings", tag),
        within("settings", rename),
    ),
    "flow_zone": (rename, put("color", value="#123456"), tag),
    "variables": (
        put("standard", "limit", value=11),
        put("local", "root", value="/data/prod"),
        put("standard", "nested", value={"a": [1, None]}),
    ),
    "managed_folder": (put("params", "path", value="/elsewhere"), tag, describe),
    "saved_model": (
        put("publishPolicy", value="EXPLICIT"),
        put("miniTask", "modeling", "max_ensemble", value=7),
        tag,
        rename,
    ),
    "evaluation_store": (put("metricsChecks", "runOnBuild", value=True), tag, rename),
    "streaming_endpoint": (
        put("params", "topic", value="others"),
        append("schema", "columns", item={"name": "at", "type": "date"}),
        tag,
    ),
    "app_manifest": (
        put("label", value="Another label"),
        append("homepageSections", item={"sectionTitle": "More", "tiles": []}),
        tag,
    ),
    "tag_palette": (
        put("tags", "reviewed", value={"color": "#2BB2AD"}),
        put("tags", "plain", value={}),
    ),
    "knowledge_bank": (put("embeddingLLMId", value="openai:oai:large"), tag, rename),
    "agent": (append("versions", item={"versionId": "v9"}), tag, describe),
    "agent_tool": (
        put("params", "datasetRef", value="another"),
        put("additionalDescriptionForLLM", value="Looks it up."),
        rename,
        tag,
    ),
    "rag_model": (
        put("versions", 0, "ragllmSettings", value={"maxDocuments": 9}),
        tag,
        describe,
    ),
    "dashboard": (append("pages", item=PAGE), toggle("listed"), rename, tag),
    "insight": (put("params", "datasetSmartName", value="another"), rename, tag),
    "analysis": (append("script", "steps", item=STEP), rename, tag),
    "ml_task": (
        put("modeling", "metrics", value={"evaluationMetric": "F1"}),
        put("preprocessing", "per_feature", "age", value={"role": "REJECT"}),
    ),
    "statistics_worksheet": (append("rootCard", "cards", item=CARD), rename, tag),
    "library_file": (edit_file,),
    "web_app": (put("params", "python", value="print(2)\n"), rename, tag),
    "api_service": (
        append("endpoints", item=ENDPOINT),
        put("authMethod", value="API_KEYS"),
        tag,
    ),
    "wiki": (put("home", value=2), reverse_tree),
    "wiki_article": (
        put("payload", value="# More\n"),
        within("article", rename),
        within("article", tag),
    ),
    "notebook": (
        append("cells", item=CELL),
        put("metadata", "kernelspec", value={"name": "py-dku-venv-py311"}),
    ),
    "sql_notebook": (
        append("cells", item=QUERY),
        put("connection", value="elsewhere"),
        rename,
        tag,
    ),
}
"""By resource type."""
