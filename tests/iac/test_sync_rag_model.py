"""Reading retrieval-augmented LLMs."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.agent import RAG_MODEL
from dataikuapi.iac.types.lookup import references_of
from iac.typed import KEY, OlderServer, TypeContract, changed_ids

POLICIES = {
    "name": "Ask the policies",
    "type": "RETRIEVAL_AUGMENTED_LLM",
    "activeVersion": "v1",
    "versions": [
        {
            "versionId": "v1",
            "ragllmSettings": {
                "kbRef": "Kb12Po34",
                "llmId": "openai:llm_main:gpt-4o",
                "maxDocuments": 4,
            },
        }
    ],
}
FAQ = {
    "name": "Ask the FAQ",
    "type": "RETRIEVAL_AUGMENTED_LLM",
    "versions": [{"versionId": "v1", "ragllmSettings": {"kbRef": "Kb56Fa78"}}],
}


def more_documents(document):
    document["versions"][0]["ragllmSettings"]["maxDocuments"] = 9


class TestRagModel(OlderServer, TypeContract):
    """Retrieval-augmented LLMs."""

    resource_type = "rag_model"
    kind = RAG_MODEL
    objects: ClassVar[dict[str, Any]] = {"Ra12Gg34": POLICIES, "Ra56Gg78": FAQ}
    path = "retrieval-augmented-llms/{id}"
    listing = "retrieval-augmented-llms"
    edits = (more_documents, lambda document: document["tags"].append("new"))
    noise = (lambda document: document.update(name="Other"),)

    def test_references(self, manager):
        """It refers to a knowledge bank and to the connection of its LLM."""
        model = manager.load_state()[self.resource_id("Ra12Gg34")]
        found = {(item.resource_type, item.name) for item in references_of(model)}
        assert found == {("knowledge_bank", "Kb12Po34"), ("connection", "llm_main")}

    def test_new_one_shows(self, manager, client):
        """It is asked for by knowledge bank and LLM, which its first version has."""
        body = {"name": "Help", "knowledgeBankRef": "Kb12Po34", "llmId": "openai:m:x"}
        path = f"/projects/{KEY}/retrieval-augmented-llms"
        rid = self.resource_id(client._perform_json("POST", path, body=body)["id"])
        assert changed_ids(manager) == [rid]
        (version,) = manager.sync_resource(rid).attributes["versions"]
        assert version["ragllmSettings"] == {"kbRef": "Kb12Po34", "llmId": "openai:m:x"}
