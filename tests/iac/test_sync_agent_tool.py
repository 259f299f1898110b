"""Reading tools of agents."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.agent_tool import AGENT_TOOL
from iac.typed import OlderServer, TypeContract

SEARCH = {
    "name": "Search policies",
    "type": "VectorStoreSearch",
    "params": {"knowledgeBankRef": "Kb12Po34", "maxDocuments": 4},
    "quickTestQuery": {"input": {"searchQuery": "returns"}},
}
PREDICT = {
    "name": "Predict",
    "type": "ClassicalPredictionModelPredict",
    "params": {"smRef": "Mo12De34"},
}


class TestAgentTool(OlderServer, TypeContract):
    """Tools of agents, whose listing is inside an object."""

    resource_type = "agent_tool"
    kind = AGENT_TOOL
    objects: ClassVar[dict[str, Any]] = {"To12Ol3": SEARCH, "chosen-id": PREDICT}
    path = "agents/tools/{id}"
    listing = "agents/tools"
    edits = (
        lambda document: document["params"].update(maxDocuments=9),
        lambda document: document.update(name=document["name"] + "!"),
    )
    noise = (lambda document: document.update(quickTestQuery={"input": {"a": 1}}),)

    def test_references(self, manager):
        """A tool refers to what it looks into."""
        assert self.references(manager) == {
            ("knowledge_bank", "Kb12Po34"),
            ("saved_model", "Mo12De34"),
        }
