"""Reading streaming endpoints."""

from typing import Any, ClassVar

from dataikuapi.iac.sandbox.kinds.streaming_endpoint import STREAMING_ENDPOINT
from dataikuapi.iac.types.lookup import references_of
from iac.typed import TypeContract

CLICKS = {
    "type": "kafka",
    "params": {"connection": "kafka_main", "topic": "clicks"},
    "schema": {"columns": [{"name": "url", "type": "string"}]},
}
ORDERS = {"type": "sqs", "params": {"connection": "queue", "queueName": "orders"}}


class TestStreamingEndpoint(TypeContract):
    """Streaming endpoints, whose id is their name."""

    resource_type = "streaming_endpoint"
    kind = STREAMING_ENDPOINT
    objects: ClassVar[dict[str, Any]] = {"clicks": CLICKS, "orders stream": ORDERS}
    path = "streamingendpoints/{id}"
    listing = "streamingendpoints/"
    edits = (
        lambda document: document["params"].update(topic="t", queueName="q"),
        lambda document: document["schema"]["columns"].append({"name": "at"}),
    )
    noise = (lambda document: document["schema"].update(userModified=True),)

    def test_references(self, manager):
        """An endpoint is in a connection."""
        endpoint = manager.load_state()[self.resource_id("clicks")]
        (reference,) = references_of(endpoint)
        assert (reference.resource_type, reference.name) == ("connection", "kafka_main")
