"""Retrieval-augmented LLMs: an LLM with a knowledge bank."""

from dataikuapi.iac.types.saved_model import is_rag_model
from dataikuapi.iac.types.versioned_llm import VersionedLLMType, files_of

__all__ = ["RagModelType"]


class RagModelType(VersionedLLMType):
    """A retrieval-augmented LLM; only newer versions of DSS have them."""

    name = "rag_model"
    noun = "retrieval-augmented LLM"
    listing = "retrieval-augmented-llms"
    layout = files_of(is_rag_model)
