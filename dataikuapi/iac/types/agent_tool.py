"""Tools that agents use."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Documents, Path, Project, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.mentions import mentions_in
from dataikuapi.iac.types.references import (
    SAVED_MODEL_TYPES,
    Fact,
    Reference,
    instance_reference_at,
    references_at,
    text_at,
)
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import (
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
)
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["AgentToolType"]


_BANK = "knowledgeBankRef"


class _ToolWriter(ListedWriter):
    """A new tool is of a type, and some look into a knowledge bank from the start."""

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return id, name and type; the rest is saved later."""
        body = {"id": name, "name": document["name"], "type": document["type"]}
        params = document.get("params") or {}
        if _BANK in params:
            body["creationParams"] = {_BANK: params[_BANK]}
        return body


class AgentToolType(ListedType):
    """A tool of agents, which refer to its id; only newer versions of DSS have them."""

    name = "agent_tool"
    writing = Writing(
        writer=_ToolWriter("agents/tools", "agents/tools/{name}", chosen="id")
    )
    listing = "agents/tools?includeDescriptions=false"
    item = "agents/tools/{name}"
    required = ("type",)
    layout = ObjectFolder("agent-tools")
    volatile: ClassVar[Volatile] = {
        ("quickTestQuery",): "UI state: the query of the test tab, 24 of 49 edits",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "type": "",
        "params": {},
        "dkuProperties": [],
        "tags": [],
        "customFields": {},
    }
    code: ClassVar[frozenset[Path]] = frozenset({("params", "code")})
    severities: ClassVar[Severities] = {
        ("params",): Severity.CODE,
        ("type",): Severity.CODE,
    }

    @classmethod
    def shapes(cls) -> Mapping[str, Shape]:
        """Return the shapes; the listing is inside an object, unlike all others."""
        base = "/projects/{project}/"
        return {
            base + "agents/tools": ObjectShape(required={"tools": list}),
            base
            + cls.item: ObjectShape(required={"type": str}, identity={"id": "name"}),
        }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the ids only; each tool has to be fetched."""
        listed = expect_object(get_json(project, self.listing))
        return dict.fromkeys(expect_items(listed.get("tools"), self.key))

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return what it looks into, its connection, and LLMs anywhere."""
        for types, name in (
            ("knowledge_bank", "knowledgeBankRef"),
            (SAVED_MODEL_TYPES, "smRef"),
            ("dataset", "datasetRef"),
            (("agent", "rag_model"), "agentRef"),
        ):
            yield from references_at(attributes, types, "params", name)
        config = ("params", "config")
        yield from references_at(attributes, "dataset", *config, "datasets")
        yield from instance_reference_at(
            attributes, "connection", *config, "connection"
        )
        yield from mentions_in(attributes.get("params"), "/params")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return the type."""
        if text_at(attributes, "type"):
            yield Fact("type", (text_at(attributes, "type"),))
