"""Retrieval-augmented LLMs: an LLM with a knowledge bank."""

from collections.abc import Mapping
from typing import Any

from dataikuapi.iac.types.base import Project
from dataikuapi.iac.types.saved_model import is_rag_model
from dataikuapi.iac.types.versioned_llm import (
    VersionedLLMType,
    VersionedLLMWriter,
    files_of,
)
from dataikuapi.iac.types.writing import Writing

__all__ = ["RagModelType"]


class _RagModelWriter(VersionedLLMWriter):
    """A new one has a first version with a bank and an LLM; the rest is saved later."""

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the name, and what the active version uses, else the first one."""
        versions: list[Any] = list(document.get("versions") or ())
        active = document.get("activeVersion")
        first = versions[0] if versions else {}
        used = next((v for v in versions if v.get("versionId") == active), first)
        settings = used.get("ragllmSettings") or {}
        bank = settings.get("kbRef") or settings.get("knowledgeBankRef")
        return {
            "name": document["name"],
            "knowledgeBankRef": bank,
            "llmId": settings.get("llmId"),
        }


class RagModelType(VersionedLLMType):
    """A retrieval-augmented LLM; only newer versions of DSS have them."""

    name = "rag_model"
    noun = "retrieval-augmented LLM"
    writing = Writing(
        takes_recipes=True,
        writer=_RagModelWriter(
            "retrieval-augmented-llms", "retrieval-augmented-llms/{name}"
        ),
    )
    listing = "retrieval-augmented-llms"
    layout = files_of(is_rag_model)
