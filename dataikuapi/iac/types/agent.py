"""Agents: made of tools, of Python code, or of a plugin."""

from dataikuapi.iac.types.saved_model import is_agent
from dataikuapi.iac.types.versioned_llm import VersionedLLMType, files_of

__all__ = ["AgentType"]


class AgentType(VersionedLLMType):
    """An agent; only newer versions of DSS have them."""

    name = "agent"
    listing = "agents"
    layout = files_of(is_agent)
