"""Flow zones: name, color, and which objects are in them."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.base import Documents, Path, Project
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import Fact, Reference, Role, typed_ids_at
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.sets import Sets, by_object_id
from dataikuapi.iac.types.shapes import expect_items

__all__ = ["FlowZoneType"]


class FlowZoneType(ListedType):
    """A flow zone, listed in full; ``default`` has what is in no other.

    DSS puts objects into a zone and takes them out as they are created and deleted:
    61.6 % of 1,739 commits that touch zones do nothing else.
    """

    name = "flow_zone"
    requests = "1"
    layout = ObjectFolder("zones", has_project_key=False)
    listing = "flow/zones"
    required = ("name",)
    volatile: ClassVar[Volatile] = {
        ("position",): "where the zone is drawn: 27 of 49 edits in one history",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "color": "",
        "items": [],
        "shared": [],
        "tags": [],
        "customFields": {},
    }
    sets: ClassVar[Sets] = {("items",): by_object_id, ("shared",): by_object_id}
    memberships: ClassVar[frozenset[Path]] = frozenset({("items",), ("shared",)})

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the whole zones."""
        items = expect_items(get_json(project, self.listing), self.key)
        return {name: self._documents(project, zone) for name, zone in items.items()}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the zone, under ``document``."""
        zone = super().fetch_documents(project, name)[self.main]
        return self._documents(project, zone)

    def _documents(self, project: Project, zone: dict[str, Any]) -> Documents:
        """Return a zone without the key of its own project, which some items have."""
        own = {
            name: [_without_key(item, unquote(project.project_key)) for item in value]
            for name in ("items", "shared")
            if isinstance(value := zone.get(name), list)
        }
        return {self.main: {**zone, **own}}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the objects in the zone, and those shared into it."""
        for name in ("items", "shared"):
            yield from typed_ids_at(
                attributes,
                name,
                member="objectId",
                type_member="objectType",
                role=Role.MENTION,
            )

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many objects are in it."""
        items = attributes.get("items")
        if isinstance(items, list):
            yield Fact("objects", (f"{len(items)}",))


def _without_key(item: Any, project_key: str) -> Any:
    if isinstance(item, dict) and item.get("projectKey") == project_key:
        return {name: value for name, value in item.items() if name != "projectKey"}
    return item
