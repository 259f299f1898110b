"""Streaming endpoints: their connection, topic, format and schema."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Identity, Severities
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import (
    Fact,
    Reference,
    instance_reference_at,
    text_at,
)
from dataikuapi.iac.types.writers import ListedWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["StreamingEndpointType"]


class StreamingEndpointType(ListedType):
    """A streaming endpoint. Its id is the name that a user chose."""

    name = "streaming_endpoint"
    writing = Writing(
        takes_recipes=True,
        decides={("type",): (("params",),)},
        writer=ListedWriter(
            "streamingendpoints/", "streamingendpoints/{name}", chosen="id", answer=""
        ),
    )
    identity = Identity.NAME
    listing = "streamingendpoints/"
    required = ("type",)
    layout = ObjectFolder("streaming_endpoints")
    defaults: ClassVar[Mapping[str, JSON]] = {
        "type": "",
        "params": {},
        "schema": {"columns": []},
        "tags": [],
        "customFields": {},
    }
    volatile: ClassVar[Volatile] = {
        ("schema", "userModified"): "set by every save of a schema, even by DSS itself",
    }
    severities: ClassVar[Severities] = {
        ("type",): Severity.CONNECTION,
        ("params", "connection"): Severity.CONNECTION,
        ("params", "topic"): Severity.CONNECTION,
        ("schema",): Severity.SCHEMA,
    }

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the connection."""
        return instance_reference_at(attributes, "connection", "params", "connection")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return type, connection and topic."""
        for label, *path in (
            ("type", "type"),
            ("connection", "params", "connection"),
            ("topic", "params", "topic"),
        ):
            if text_at(attributes, *path):
                yield Fact(label, (text_at(attributes, *path),))
