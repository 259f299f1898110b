"""Agents: made of tools, of Python code, or of a plugin."""

from collections.abc import Mapping
from typing import Any

from dataikuapi.iac.types.base import Project
from dataikuapi.iac.types.saved_model import is_agent
from dataikuapi.iac.types.versioned_llm import (
    VersionedLLMType,
    VersionedLLMWriter,
    files_of,
)
from dataikuapi.iac.types.writing import Writing

__all__ = ["AgentType"]


class _AgentWriter(VersionedLLMWriter):
    """A new agent has a first version of its own; what is wanted is saved later."""

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return name and type, and of which plugin it is, if it is of one."""
        plugin_types = [
            version["pluginAgentSettings"].get("pluginAgentType")
            for version in document.get("versions") or ()
            if isinstance(version.get("pluginAgentSettings"), dict)
        ]
        return {
            "name": document["name"],
            "type": document["type"],
            "pluginAgentType": next(iter(plugin_types), None),
        }


class AgentType(VersionedLLMType):
    """An agent; only newer versions of DSS have them."""

    name = "agent"
    writing = Writing(
        takes_recipes=True, writer=_AgentWriter("agents", "agents/{name}")
    )
    listing = "agents"
    layout = files_of(is_agent)
