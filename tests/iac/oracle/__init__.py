"""An independent oracle of what changed, working from a project's files alone.

It is a second opinion on the library, so it imports nothing from it and works another
way: a document is flattened to a table from path to leaf, and rules strike rows from
that table. The rules come from facts about DSS (what churns, what to ignore), not from
our code.

A new kind is a function from the project's files to the comparable content of each
object, by name or id, and a line in ``KINDS``.
"""

from collections.abc import Callable, Iterable, Mapping

from iac.oracle.flow import datasets, flow_zones, managed_folders
from iac.oracle.llm import agent_tools, knowledge_banks
from iac.oracle.models import agents, evaluation_stores, rag_models, saved_models
from iac.oracle.project import projects
from iac.oracle.recipe import recipes
from iac.oracle.scenario import scenarios
from iac.oracle.single import app_manifests, tag_palettes, variables
from iac.oracle.tables import Files

KINDS: Mapping[str, Callable[[Files], dict[str, bytes]]] = {
    "project": projects,
    "dataset": datasets,
    "recipe": recipes,
    "scenario": scenarios,
    "flow_zone": flow_zones,
    "variables": variables,
    "managed_folder": managed_folders,
    "saved_model": saved_models,
    "agent": agents,
    "rag_model": rag_models,
    "evaluation_store": evaluation_stores,
    "knowledge_bank": knowledge_banks,
    "agent_tool": agent_tools,
    "app_manifest": app_manifests,
    "tag_palette": tag_palettes,
}
"""By resource type. An object that a project has one of has no name."""


def objects(
    project_key: str, files: Files, types: Iterable[str] = KINDS
) -> dict[str, bytes]:
    """Return the comparable content of each object, by resource id.

    Args:
        project_key: the key of the project.
        files: the project's.
        types: the resource types to look at.
    """
    return {
        f"{kind}.{project_key}{name and '.'}{name}": content
        for kind in types
        for name, content in KINDS[kind](files).items()
    }


def changes(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[str]:
    """Return the sign and id of each object that differs between two results."""
    return sorted(
        f"{'~' if name in old and name in new else '-+'[name in new]} {name}"
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    )
