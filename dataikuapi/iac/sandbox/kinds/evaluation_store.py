"""Evaluation stores: of models, LLMs or agents, listed by flavor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a store of the flavor in the query."""
        flavor = request.query.get("flavor", _TABULAR)
        object_id = self.create(request)
        objects = request.project().objects(self)
        with request.project().lock:
            document = {**objects.get(object_id), "mesFlavor": flavor}
            objects.save(object_id, document, request.login)
        return {"id": object_id}


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
