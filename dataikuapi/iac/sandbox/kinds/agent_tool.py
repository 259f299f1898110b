"""Tools of agents; their list is inside an object, unlike all others."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class AgentToolKind(Kind):
    """Tools of agents. The id may be chosen."""

    def handle_list(self, request: ApiRequest) -> Any:
        """List the tools, inside an object."""
        return {"tools": super().handle_list(request)}

    def new_id(self, prototype: Document, taken: Container[str]) -> str:
        """Return the id in the body, or a generated one."""
        if prototype.get("id"):
            return str(prototype["id"])
        return super().new_id(prototype, taken)

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a tool, with the parameters that it is created with."""
        new = super().new_object(request, prototype).document
        params = {**(prototype.get("creationParams") or {}), **new.get("params", {})}
        return StoredObject({**new, "params": params})


AGENT_TOOL = AgentToolKind(
    label="agent tool",
    path="agents/tools",
    file="agent-tools/{id}.json",
    identity=generated_id(7),
    is_recent=True,
    list_fields={"projectKey": None, "id": None, "name": None, "type": None},
    fields=Fields(
        required=("type",),
        always={
            "name": "",
            "type": "",
            "params": {},
            "dkuProperties": [],
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset("""
            id quickTestQuery additionalDescriptionForLLM description shortDesc
            """.split()),
    ),
)
