"""How a user of the client creates and deletes objects."""

import json
from collections.abc import Callable
from typing import Any

SAMPLED = {"partitionSelectionMethod": "ALL", "samplingMethod": "FULL"}


def posted(path, answer="id", **body):
    """Return how to create an object by the request that the client makes.

    Args:
        path: below the project.
        answer: what of the response is the id.
        **body: of the request; ``{dataset}`` is a dataset, ``{project}`` the key.
    """

    def create(project):
        first = min(item["name"] for item in project.list_datasets())
        key = project.project_key
        text = json.dumps(body).replace("{dataset}", first).replace("{project}", key)
        url = f"/projects/{key}/{path.format(dataset=first)}"
        return project.client._perform_json("POST", url, body=json.loads(text))[answer]

    return create


def create_dataset(project):
    """Create a dataset."""
    project.create_dataset("new_numbers", "Filesystem", {"path": "/numbers"})
    return "new_numbers"


def create_recipe(project):
    """Create a recipe that writes nothing yet."""
    prototype = {"type": "python", "name": "new_recipe", "inputs": {}, "outputs": {}}
    prototype["projectKey"] = project.project_key
    project.create_recipe(prototype, {"script": "print(1)\n"})
    return "new_recipe"


def create_scenario(project):
    """Create a scenario."""
    return project.create_scenario("New scenario", "step_based").id


def create_zone(project):
    """Create a zone."""
    return project.get_flow().create_zone("New zone", "#123456").id


def create_folder(project):
    """Create a managed folder."""
    return project.create_managed_folder("New folder").id


def create_endpoint(project):
    """Create a streaming endpoint."""
    project.create_streaming_endpoint("new_stream", "kafka", {"topic": "t"})
    return "new_stream"


def create_dashboard(project):
    """Create a dashboard."""
    return project.create_dashboard("New dashboard").dashboard_id


def create_library_file(project):
    """Create a file of the library."""
    project.get_library().add_file("new.py").write("x = 1\n")
    return "new.py"


def create_service(project):
    """Create an API service."""
    project.create_api_service("new_service")
    return "new_service"


def create_article(project):
    """Create an article; it is a new leaf of the wiki's tree, too."""
    article = project.get_wiki().create_article("New article", content="# New\n")
    return str(article.article_id)


def create_notebook(project):
    """Create a Jupyter notebook."""
    content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    project.create_jupyter_notebook("New notebook", content)
    return "New notebook"


CREATE: dict[str, Callable[[Any], str]] = {
    "dataset": create_dataset,
    "recipe": create_recipe,
    "scenario": create_scenario,
    "flow_zone": create_zone,
    "managed_folder": create_folder,
    "saved_model": posted(
        "savedmodels/", savedModelType="MLFLOW_PYFUNC", name="New model"
    ),
    "evaluation_store": posted("evaluationstores/", name="New store"),
    "streaming_endpoint": create_endpoint,
    "knowledge_bank": posted(
        "knowledge-banks/",
        name="New bank",
        vectorStoreType="CHROMA",
        embeddingLLMId="openai:oai:small",
    ),
    "agent": posted("agents", name="New agent", type="PYTHON_AGENT"),
    "agent_tool": posted("agents/tools", name="New tool", type="DatasetRowLookup"),
    "rag_model": posted(
        "retrieval-augmented-llms", name="New LLM", knowledgeBankRef="k", llmId="a:b:c"
    ),
    "dashboard": create_dashboard,
    "insight": posted(
        "insights/", insightPrototype={"type": "dataset_table", "name": "New insight"}
    ),
    "analysis": posted("lab/", inputDataset="{dataset}"),
    "statistics_worksheet": posted(
        "datasets/{dataset}/statistics/worksheets/",
        name="New worksheet",
        dataSpec={"inputDatasetSmartName": "{dataset}", "datasetSelection": SAMPLED},
    ),
    "library_file": create_library_file,
    "web_app": posted("webapps/", "webAppId", name="New app", type="STANDARD"),
    "api_service": create_service,
    "wiki_article": create_article,
    "notebook": create_notebook,
    "sql_notebook": posted(
        "sql-notebooks/",
        projectKey="{project}",
        name="New notebook",
        connection="pg",
        cells=[],
    ),
}
"""By resource type; each returns the name of what it creates.

DSS guesses ML tasks from data. A project has what is missing here in any case.
"""


DELETE_PATHS = {
    "dataset": "datasets/{name}",
    "recipe": "recipes/{name}",
    "scenario": "scenarios/{name}",
    "flow_zone": "flow/zones/{name}",
    "managed_folder": "managedfolders/{name}",
    "saved_model": "savedmodels/{name}",
    "evaluation_store": "evaluationstores/{name}",
    "streaming_endpoint": "streamingendpoints/{name}",
    "knowledge_bank": "knowledge-banks/{name}",
    "agent": "agents/{name}",
    "agent_tool": "agents/tools/{name}",
    "rag_model": "retrieval-augmented-llms/{name}",
    "dashboard": "dashboards/{name}",
    "insight": "insights/{name}",
    "analysis": "lab/{name}",
    "ml_task": "models/lab/{name}",
    "statistics_worksheet": "datasets/{dataset}/statistics/worksheets/{name}",
    "library_file": "libraries/contents/{name}",
    "wiki_article": "wiki/{name}",
    "notebook": "jupyter-notebooks/{name}",
    "sql_notebook": "sql-notebooks/{name}",
}
"""Paths of the requests that delete objects; web apps and API services have none."""


def delete(project, kind, name):
    """Delete an object as the client does.

    Its methods differ from one release to the next in whether they read the response.
    """
    path = DELETE_PATHS[kind]
    if "{dataset}" in path:
        found = [
            item["name"]
            for item in project.list_datasets()
            for worksheet in project.get_dataset(
                item["name"]
            ).list_statistics_worksheets()
            if worksheet.worksheet_id == name
        ]
        path = path.replace("{dataset}", found[0])
    url = f"/projects/{project.project_key}/{path.format(name=name)}"
    project.client._perform_empty("DELETE", url)
