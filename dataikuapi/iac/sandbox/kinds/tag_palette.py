"""The palette of tags of a project, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataikuapi.iac.sandbox.documents import StoredObject, required_object
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import ONE_PER_PROJECT


@dataclass(frozen=True, eq=False)
class TagPaletteKind(Kind):
    """The tags, by name."""

    def from_api(self, body: Any) -> StoredObject:
        """Return the palette that a client PUTs."""
        sent = required_object(body, self.label)
        return StoredObject({"tags": required_object(sent.get("tags"), "tags")})


TAG_PALETTE = TagPaletteKind(
    label="tag palette",
    path="tags",
    file="tags.json",
    identity=ONE_PER_PROJECT,
    fields=Fields(optional=frozenset({"tags"}), versioned=False),
)
