"""Evaluation stores: of models, LLMs or agents, listed by flavor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest

_TABULAR, _AGENT = "TABULAR", "AGENT"


@dataclass(frozen=True, eq=False)
class EvaluationStoreKind(Kind):
    """Evaluation stores. Without a flavor, the list has none of agents."""

    def handle_list(self, request: ApiRequest) -> Any:
        """List those of a flavor, or all but those of agents."""
        wanted = request.query.get("flavor")
        return [
            item
            for item in super().handle_list(request)
            if (item["mesFlavor"] == wanted if wanted else item["mesFlavor"] != _AGENT)
        ]

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a store of the flavor in the query."""
        new = super().new_object(request, prototype).document
        flavor = request.query.get("flavor", _TABULAR)
        return StoredObject({**new, "mesFlavor": flavor})


EVALUATION_STORE = EvaluationStoreKind(
    label="evaluation store",
    path="evaluationstores",
    file="model_evaluation_stores/{id}.json",
    identity=generated_id(8),
    object_type="MODEL_EVALUATION_STORE",
    computable=True,
    list_fields={"projectKey": None, "id": None, "name": None, "mesFlavor": _TABULAR},
    fields=Fields(
        required=("name",),
        always={
            "name": "",
            "rebuildBehavior": "EXPLICIT",
            "metrics": {"probes": []},
            "metricsChecks": {"checks": []},
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset("""
            id mesFlavor flowOptions partitioning displayParams governSyncOptOut
            description shortDesc
            """.split()),
    ),
)
