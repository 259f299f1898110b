"""Which objects a project has, by the paths of its files alone.

Unlike ``KINDS``, this knows all kinds, and nothing of what is in most files.
"""

import json
import re

from iac.oracle.models import is_agent, is_rag_model
from iac.oracle.single import app_manifests
from iac.oracle.tables import Files

IN_EVERY_PROJECT = "project variables tag_palette wiki".split()
"""Kinds of which each project has one, with a file or without."""

PATTERNS = {
    "dataset": r"datasets/([^/]+)\.json",
    "recipe": r"recipes/([^/]+)\.json",
    "scenario": r"scenarios/([^/]+)\.json",
    "flow_zone": r"zones/([^/]+)\.json",
    "managed_folder": r"managed_folders/([^/]+)\.json",
    "evaluation_store": r"model_evaluation_stores/([^/]+)\.json",
    "streaming_endpoint": r"streaming_endpoints/([^/]+)\.json",
    "knowledge_bank": r"knowledge-banks/([^/]+)\.json",
    "agent_tool": r"agent-tools/([^/]+)\.json",
    "dashboard": r"dashboards/([^/]+)\.json",
    "insight": r"insights/([^/]+)\.json",
    "analysis": r"analysis/([^/]+)/core_params\.json",
    "ml_task": r"analysis/([^/]+)/ml/([^/]+)/params\.json",
    "statistics_worksheet": r"statistics_worksheets/([^/]+)\.json",
    "web_app": r"web_apps/([^/]+)\.json",
    "api_service": r"lambda_services/([^/]+)\.json",
    "wiki_article": r"wiki/articles/([^/]+)\.json",
    "notebook": r"ipython_notebooks/([^/]+)\.ipynb",
    "sql_notebook": r"notebooks/sql/([^/]+)/params\.json",
}
"""Paths of documents by kind; the groups of a pattern are the parts of the name."""

SAVED_MODEL = r"saved_models/([^/]+)\.json"
"""Agents and retrieval-augmented LLMs are in files of that kind, too."""


def ids(project_key: str, files: Files) -> set[str]:
    """Return the resource ids of all objects, of every kind that is in projects.

    Args:
        project_key: the key of the project.
        files: the project's.
    """
    found = {f"{kind}.{project_key}" for kind in IN_EVERY_PROJECT}
    if app_manifests(files):
        found.add(f"app_manifest.{project_key}")
    for path, content in files.items():
        for kind, pattern in PATTERNS.items():
            if match := re.fullmatch(pattern, path):
                found.add(f"{kind}.{project_key}.{'/'.join(match.groups())}")
        if match := re.fullmatch(SAVED_MODEL, path):
            found.add(f"{kind_of_model(content)}.{project_key}.{match[1]}")
    names = library_files(files)
    return found | {f"library_file.{project_key}.{name}" for name in names}


def library_files(files: Files) -> set[str]:
    """Return the paths of files in the library, but for those that a remote has."""
    found = json.loads(files.get("lib/external-libraries.json", b"{}"))
    remote = tuple(f"{folder.strip('/')}/" for folder in found.get("gitReferences", {}))
    names = {path[4:] for path in files if path.startswith("lib/")}
    return {name for name in names if not name.startswith(remote)}


def kind_of_model(content: bytes) -> str:
    """Return what a saved model is."""
    if is_agent(content):
        return "agent"
    return "rag_model" if is_rag_model(content) else "saved_model"
