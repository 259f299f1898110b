"""Knowledge banks: how documents are embedded and stored, never the documents."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Severities
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    code_env_at,
    instance_reference_at,
    llm_at,
    references_at,
    text_at,
)
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["KnowledgeBankType"]


class KnowledgeBankType(ListedType):
    """A knowledge bank; only newer versions of DSS have them.

    DSS 12 and 13 keep retrieval-augmented LLMs in the knowledge bank, under
    ``llmsExposedWith``: which LLM, how many documents, what it is told about them.
    """

    name = "knowledge_bank"
    writing = Writing(
        takes_recipes=True,
        # Whether DSS keeps them where they are stored is not known.
        contents_after_delete="its vectors may be lost",
        loses_contents=True,
        writer=ListedWriter("knowledge-banks/", "knowledge-banks/{name}"),
    )
    listing = "knowledge-banks"
    required = ("name",)
    layout = ObjectFolder("knowledge-banks")
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "tags": [],
        "customFields": {},
    }
    severities: ClassVar[Severities] = {
        ("embeddingLLMId",): Severity.CONNECTION,
        ("llmsExposedWith", "llmId"): Severity.CONNECTION,
        ("llmsExposedWith",): Severity.CODE,
        ("connection",): Severity.CONNECTION,
        ("envSelection",): Severity.CONNECTION,
        ("containerExecSelection",): Severity.CONNECTION,
        ("vectorStoreType",): Severity.CODE,
        ("metadataColumnsSchema",): Severity.SCHEMA,
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the folder of images, the LLM's connection, and the environment."""
        yield from references_at(attributes, "managed_folder", "managedFolderId")
        yield from llm_at(attributes, "embeddingLLMId")
        yield from llm_at(attributes, "llmsExposedWith", "llmId")
        yield from instance_reference_at(attributes, "connection", "connection")
        yield from code_env_at(attributes, "envSelection")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return where the vectors are, and which LLM embeds."""
        for label, name in (
            ("vector store", "vectorStoreType"),
            ("embedding", "embeddingLLMId"),
        ):
            if text_at(attributes, name):
                yield Fact(label, (text_at(attributes, name),))
