"""What LLMs work with: knowledge banks and the tools of agents."""

from iac.oracle.tables import Files, Rules, content_of_each

KNOWLEDGE_BANK = Rules()
# What somebody last typed into the test panel.
AGENT_TOOL = Rules(noise="quickTestQuery")


def knowledge_banks(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each knowledge bank."""
    return content_of_each(files, "knowledge-banks", KNOWLEDGE_BANK)


def agent_tools(files: Files) -> dict[str, bytes]:
    """Return the comparable content of each tool."""
    return content_of_each(files, "agent-tools", AGENT_TOOL)
