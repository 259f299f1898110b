"""The palette of tags of a project, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import StoredObject, required_object
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import ONE_PER_PROJECT, ONLY_ID

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.files import Files


@dataclass(frozen=True, eq=False)
class TagPaletteKind(Kind):
    """The tags, by name."""

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return the palette; without a file it is empty."""
        if self.file in files:
            return super().load(files)
        return {ONLY_ID: StoredObject({"tags": {}})}

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
