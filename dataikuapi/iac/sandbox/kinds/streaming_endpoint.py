"""Streaming endpoints, whose id is their name."""

from __future__ import annotations

from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity

STREAMING_ENDPOINT = Kind(
    label="streaming endpoint",
    path="streamingendpoints",
    file="streaming_endpoints/{id}.json",
    identity=Identity("id"),
    object_type="STREAMING_ENDPOINT",
    computable=True,
    list_fields={"projectKey": None, "id": None, "type": None, "params": {}},
    fields=Fields(
        required=("type",),
        always={
            "type": "kafka",
            "params": {},
            "schema": {"columns": [], "userModified": False},
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset("""
            id formatType formatParams flowOptions managed description shortDesc
            keyFormatType keyFormatParams
            """.split()),
    ),
)
