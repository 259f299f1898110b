"""What agents and retrieval-augmented LLMs have in common.

DSS stores both as saved models, and serves them at paths of their own, where versions
and type have other names than in the file.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.active_version import activate, with_members_of
from dataikuapi.iac.types.base import Documents, Path, Project, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import Files, ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.mentions import mentions_in
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    references_at,
    text_at,
)
from dataikuapi.iac.types.requests import get_json, send
from dataikuapi.iac.types.saved_model import FOLDER
from dataikuapi.iac.types.shapes import expect_object, path_segment
from dataikuapi.iac.types.writers import ListedWriter

__all__ = ["VersionedLLMType", "VersionedLLMWriter", "files_of"]

_IN_FILE = {"type": "savedModelType", "versions": "inlineVersions"}
"""Members by their names over the API."""

_OF_TRAINED_MODELS = frozenset("""
    cleanTemporaryVersionsPostJob conditionalOutputs contentType flowOptions
    lastExportedFrom lastTrainIndex lastTrainJobId metrics metricsChecks miniTask
    needsInputDataFolder partitioning publishPolicy rebuildBehavior
    """.split())
"""Members that the file has, as that of any saved model, and the API does not."""


class VersionedLLMWriter(ListedWriter):
    """A save drops name and active version without a word: both have other calls."""

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the document, rename and activate, each only if it differs.

        To rename one, it is read as a saved model: the document of that has more.
        """
        before, after = old["document"], new["document"]
        kept = with_members_of(before, after, "name", "activeVersion")
        saves = 0
        if not json_equal(before, kept):
            send(project, "PUT", self.path(name), kept)
            saves += 1
        if after["name"] != before["name"]:
            path = f"savedmodels/{path_segment(name)}"
            model = expect_object(get_json(project, path), "name")
            send(project, "PUT", path, {**model, "name": after["name"]})
            saves += 1
        return saves + activate(project, name, before, after)


class _Files(ObjectFolder):
    """Files of saved models, in the words of the API."""

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the document as the API has it."""
        whole = super().documents(files, project_key, name)["document"]
        for own, in_file in _IN_FILE.items():
            if in_file in whole:
                whole[own] = whole.pop(in_file)
        shown = whole.keys() - _OF_TRAINED_MODELS
        return {"document": {key: whole[key] for key in whole if key in shown}}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file in the words of git."""
        renamed = {_IN_FILE.get(key, key): item for key, item in attributes.items()}
        return super().files(name, renamed)


def files_of(is_own: Callable[[object], bool]) -> ObjectFolder:
    """Return the layout of the saved models of some types.

    Args:
        is_own: returns whether a type is one of them.
    """
    return _Files(FOLDER, owns=lambda document: is_own(document.get("savedModelType")))


class VersionedLLMType(ListedType):
    """An agent or a retrieval-augmented LLM: versions, of which one is active."""

    required = ("name", "type")
    required_lists = ("versions",)
    volatile: ClassVar[Volatile] = {
        ("versions", "versionTag"): "who saved the version last: bookkeeping",
        ("versions", "creationTag"): "who created the version: bookkeeping",
        ("versions", "quickTestQuery"): "UI state: the query of the test tab",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "versions": [],
        "tags": [],
        "customFields": {},
    }
    code: ClassVar[frozenset[Path]] = frozenset(
        {("versions", "pythonAgentSettings", "code")}
    )
    severities: ClassVar[Severities] = {
        ("activeVersion",): Severity.CODE,
        ("versions",): Severity.CODE,
        **{
            ("versions", block, name): Severity.CONNECTION
            for block in (
                "pythonAgentSettings",
                "pluginAgentSettings",
                "toolsUsingAgentSettings",
                "ragllmSettings",
            )
            for name in ("llmId", "codeEnvSelection", "containerExecSelection")
        },
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return tools, knowledge banks, and code environments and LLMs anywhere."""
        tools = ("versions", "toolsUsingAgentSettings")
        rag = ("versions", "ragllmSettings")
        yield from references_at(attributes, "agent_tool", *tools, "tools", "toolRef")
        yield from references_at(attributes, "knowledge_bank", *rag, "kbRef")
        yield from references_at(attributes, "knowledge_bank", *rag, "knowledgeBankRef")
        yield from mentions_in(attributes.get("versions"), "/versions")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return type and active version."""
        for label, name in (("type", "type"), ("active version", "activeVersion")):
            if text_at(attributes, name):
                yield Fact(label, (text_at(attributes, name),))
