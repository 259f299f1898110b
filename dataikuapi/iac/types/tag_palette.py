"""The palette of tags of a project: which there are, and their colors."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.base import Documents, Identity, Project, ResourceType
from dataikuapi.iac.types.cleaning import normalize_numbers
from dataikuapi.iac.types.layout import SingleFile
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.shapes import ObjectShape, Shape, expect_object
from dataikuapi.iac.types.writers import SingleWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["TagPaletteType"]


class TagPaletteType(ResourceType):
    """The tags that a project offers. DSS adds some by itself, in many of 217 edits.

    So they are not watched unless somebody asks for it.
    """

    name = "tag_palette"
    writing = Writing(
        writer=SingleWriter("tags"),
        uncreatable="each project has it",
        undeletable="each project has it: remove single tags instead",
    )
    requests = "1"
    identity = Identity.SINGLETON
    layout = SingleFile("tags.json", default={"tags": {}})
    is_watched_by_default = False
    volatile_anywhere: ClassVar[Mapping[str, str]] = {}
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/tags": ObjectShape(required={"tags": dict}),
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the palette, as the one object of the project."""
        return {"": self.fetch_documents(project, "")}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the palette, under ``document``."""
        return {self.main: expect_object(get_json(project, "tags"))}

    def canonical(
        self, document: dict[str, Any], redactor: Redactor
    ) -> dict[str, JSON]:
        """Return the palette: an object by tag, unlike the tags of other types."""
        return self.redact(cast(dict[str, JSON], normalize_numbers(document)), redactor)
