"""Reading knowledge banks."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.knowledge_bank import KNOWLEDGE_BANK
from iac.typed import OlderServer, TypeContract

POLICIES = {
    "name": "Policies, embedded",
    "vectorStoreType": "CHROMA",
    "embeddingLLMId": "openai:llm_main:text-embedding-3-small",
    "managedFolderId": "SHOP.Ab12Cd34",
    "envSelection": {"envMode": "EXPLICIT_ENV", "envName": "rag"},
    "metadataColumnsSchema": [{"name": "file", "type": "string"}],
    "llmsExposedWith": [],
}
FAQ = {"name": "FAQ", "vectorStoreType": "PINECONE", "connection": "pinecone_main"}


RAG_MODEL = {"ragModelId": "rag", "llmId": "openai:llm_main:gpt", "maxDocuments": 4}


class TestKnowledgeBank(OlderServer, TypeContract):
    """Knowledge banks."""

    resource_type = "knowledge_bank"
    kind = KNOWLEDGE_BANK
    objects: ClassVar[dict[str, Any]] = {"Kb12Po34": POLICIES, "Kb56Fa78": FAQ}
    path = "knowledge-banks/{id}"
    listing = "knowledge-banks"
    edits = (
        lambda document: document.update(embeddingLLMId="openai:llm_main:other"),
        lambda document: document.update(name=document["name"] + "!"),
        lambda document: document.update(llmsExposedWith=[RAG_MODEL]),
        lambda document: document["llmsExposedWith"][0].update(maxDocuments=9),
    )

    def test_references(self, manager):
        """A bank refers to connections, a folder and an environment."""
        assert self.references(manager) == {
            ("connection", "llm_main"),
            ("managed_folder", "Ab12Cd34"),
            ("code_env", "python/rag"),
            ("connection", "pinecone_main"),
        }
