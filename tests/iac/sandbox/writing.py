"""How the real client creates, saves and deletes an object of each kind: a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SPEC = {"inputDatasetSmartName": "orders", "datasetSelection": {}}


@dataclass(frozen=True)
class Writing:
    """How objects of one kind are written.

    Args:
        create: creates one in a project, with the client; returns its id.
        path: of it, below the project.
        edit: the member to change, and its new value.
        inside: the member of a response and of a body that has the document.
        save: the method that saves.
        sent: the member of the body that has the document, if not the same.
        version: of a new object; None where there are no versions.
        is_chosen: whether the caller chooses the id, so that a second one collides.
        missing: whether a GET of a missing object is a 404.
        can_delete: whether the API deletes any.
    """

    create: Callable[[Any], str]
    path: str
    edit: tuple[str, Any] = ("name", "other")
    inside: str | None = None
    save: str = "PUT"
    sent: str | None = None
    version: int | None = 0
    is_chosen: bool = False
    missing: bool = True
    can_delete: bool = True


def post(path, member="id", **body):
    """Return a function that creates an object with a POST of its own."""

    def create(project):
        url = f"/projects/{project.project_key}/{path}"
        body_with_key = {"projectKey": project.project_key, **body}
        response = project.client._perform_json("POST", url, body=body_with_key)
        return response[member] if member in response else body[member]

    return create


def dataset(project):
    return project.create_dataset("new", "S3", {"connection": "s3"}).name


def recipe(project):
    builder = project.new_recipe("python", "new").with_script("print(1)")
    return builder.with_output("other").create().name


def insight(project):
    return project.create_insight({"type": "chart", "name": "new"}).insight_id


def article(project):
    return project.get_wiki().create_article("new", content="text").article_id


def api_service(project):
    return project.create_api_service("new").service_id


def notebook(project):
    content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return project.create_jupyter_notebook("new", content).notebook_name


def rag_model(project):
    made = project.create_retrieval_augmented_llm("new", "Bank1234", "openai:oai:gpt")
    return made.id


def knowledge_bank(project):
    return project.create_knowledge_bank("new", "CHROMA", "openai:oai:small").id


WRITINGS = {
    "dataset": Writing(dataset, "datasets/{}", ("shortDesc", "other"), is_chosen=True),
    "recipe": Writing(
        recipe,
        "recipes/{}",
        ("shortDesc", "other"),
        "recipe",
        is_chosen=True,
        missing=False,
    ),
    "scenario": Writing(
        lambda project: project.create_scenario("new", "step_based").id,
        "scenarios/{}",
        is_chosen=True,
    ),
    "flow zone": Writing(
        lambda project: project.get_flow().create_zone("new").id,
        "flow/zones/{}",
        version=None,
    ),
    "managed folder": Writing(
        lambda project: project.create_managed_folder("new").id, "managedfolders/{}"
    ),
    "saved model": Writing(
        lambda project: project.create_mlflow_pyfunc_model("new").sm_id,
        "savedmodels/{}",
    ),
    "agent": Writing(
        lambda project: project.create_agent("new", "PYTHON_AGENT").id,
        "agents/{}",
        ("description", "other"),
    ),
    "retrieval-augmented LLM": Writing(
        rag_model, "retrieval-augmented-llms/{}", ("description", "other")
    ),
    "agent tool": Writing(
        post("agents/tools", name="new", type="VectorStoreSearch"), "agents/tools/{}"
    ),
    "knowledge bank": Writing(knowledge_bank, "knowledge-banks/{}"),
    "evaluation store": Writing(
        post("evaluationstores/?flavor=AGENT", name="new"), "evaluationstores/{}"
    ),
    "Jupyter notebook": Writing(
        notebook,
        "jupyter-notebooks/{}",
        ("nbformat_minor", 4),
        version=None,
        is_chosen=True,
    ),
    "SQL notebook": Writing(post("sql-notebooks/", name="new"), "sql-notebooks/{}"),
    "web app": Writing(
        lambda project: project.create_webapp("new").webapp_id,
        "webapps/{}",
        can_delete=False,
    ),
    "dashboard": Writing(
        lambda project: project.create_dashboard("new").dashboard_id, "dashboards/{}/"
    ),
    "insight": Writing(insight, "insights/{}/", save="POST", sent="insight"),
    # The client writes the text with a save of its own.
    "article": Writing(article, "wiki/{}", inside="article", version=1),
    "analysis": Writing(
        lambda project: project.create_analysis("orders").analysis_id, "lab/{}/"
    ),
    "worksheet": Writing(
        post("datasets/orders/statistics/worksheets/", name="new", dataSpec=SPEC),
        "datasets/orders/statistics/worksheets/{}",
    ),
    "streaming endpoint": Writing(
        lambda project: project.create_streaming_endpoint("new", "kafka", {}).id,
        "streamingendpoints/{}",
        ("shortDesc", "other"),
        is_chosen=True,
    ),
    "API service": Writing(
        api_service,
        "apiservices/{}/settings",
        is_chosen=True,
        can_delete=False,
    ),
}
