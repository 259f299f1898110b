"""Knowledge banks: their settings. What is embedded is not served."""

from __future__ import annotations

from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

KNOWLEDGE_BANK = Kind(
    label="knowledge bank",
    path="knowledge-banks",
    file="knowledge-banks/{id}.json",
    identity=generated_id(8),
    object_type="RETRIEVABLE_KNOWLEDGE",
    computable=True,
    is_recent=True,
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "vectorStoreType": None,
        "embeddingLLMId": None,
        "envSelection": None,
        "containerExecSelection": None,
        "tags": [],
    },
    fields=Fields(
        required=("name",),
        always={
            "name": "",
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset("""
            id retrieverType rebuildBehavior vectorStoreType embeddingLLMId
            sourceIdColumn metadataColumnsSchema envSelection containerExecSelection
            managedFolderId multimodalColumn llmsExposedWith connection indexName
            pineconeIndexName vectorIndexType columnMapping managed description
            shortDesc
            """.split()),
    ),
)
