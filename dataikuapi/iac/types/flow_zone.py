"""Flow zones: name, color, and which objects are in them."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.types.base import Documents, Path, Project
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import Files, ObjectFolder
from dataikuapi.iac.types.listed import ListedType
from dataikuapi.iac.types.references import Fact, Reference, Role, typed_ids_at
from dataikuapi.iac.types.requests import get_json, send
from dataikuapi.iac.types.sets import Sets, by_object_id
from dataikuapi.iac.types.shapes import expect_items, path_segment
from dataikuapi.iac.types.writers import ListedWriter, key_of
from dataikuapi.iac.types.writing import Writing

__all__ = ["FlowZoneType"]


_LISTS = ("items", "shared")
"""What has calls of its own: a save of the zone ignores it."""

_DEFAULT = "default"
"""The zone of all that is in no other: what leaves one goes there."""


class _ZoneWriter(ListedWriter):
    """What is in a zone is moved and shared by calls of its own."""

    def prototype(
        self, project: Project, name: str, document: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return name and color: all that counts in a new zone."""
        return {key: document[key] for key in ("name", "color") if document.get(key)}

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put what describes the zone, if it differs; move and share what differs.

        The documents as DSS has them should be fresh: what has moved on to another zone
        meanwhile would be taken out of that.
        """
        before, after = old["document"], new["document"]
        described = {key: item for key, item in after.items() if key not in _LISTS}
        described |= {key: before[key] for key in _LISTS if key in before}
        saves = 0
        if not json_equal(before, described):
            send(project, "PUT", self.path(name), described)
            saves += 1
        came, left = _differing(before, after, "items")
        if left and name != _DEFAULT:
            send(project, "POST", f"{self.path(_DEFAULT)}/add-items", left)
        if came:
            send(project, "POST", f"{self.path(name)}/add-items", came)
        saves += bool(left and name != _DEFAULT) + bool(came)
        came, left = _differing(before, after, "shared")
        for item in left:
            parts = map(path_segment, (item["objectType"], item["objectId"]))
            send(project, "DELETE", "/".join((f"{self.path(name)}/shared", *parts)))
        for item in came:
            send(project, "POST", f"{self.path(name)}/shared", item)
        return saves + len(left) + len(came)


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any], name: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the items of a list that came, and those that left."""
    old, new = (
        {by_object_id(item): item for item in document.get(name) or ()}
        for document in (before, after)
    )
    came = [item for key, item in new.items() if key not in old]
    return came, [item for key, item in old.items() if key not in new]


class _ZoneFolder(ObjectFolder):
    """Files of zones, some of which name their own project beside an object."""

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the zone as DSS serves it to this library."""
        zone = super().documents(files, project_key, name)["document"]
        return {"document": _without_own_key(zone, project_key)}


class FlowZoneType(ListedType):
    """A flow zone, listed in full; ``default`` has what is in no other.

    DSS puts objects into a zone and takes them out as they are created and deleted:
    61.6 % of 1,739 commits that touch zones do nothing else.
    """

    name = "flow_zone"
    writing = Writing(
        contents_after_delete="what is in it moves to the default zone",
        by_dss={_DEFAULT: "DSS makes this zone with the first other one, and keeps it"},
        writer=_ZoneWriter("flow/zones", "flow/zones/{name}"),
    )
    requests = "1"
    layout = _ZoneFolder("zones", has_project_key=False)
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
        return {self.main: _without_own_key(zone, key_of(project))}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the objects in the zone, and those shared into it."""
        for name, role in (("items", Role.CONTENT), ("shared", Role.MENTION)):
            yield from typed_ids_at(
                attributes,
                name,
                member="objectId",
                type_member="objectType",
                role=role,
            )

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many objects are in it."""
        items = attributes.get("items")
        if isinstance(items, list):
            yield Fact("objects", (f"{len(items)}",))


def _without_own_key(zone: dict[str, Any], project_key: str) -> dict[str, Any]:
    """Return a zone without the key of its own project, which some items have."""
    own = {
        name: [_without_key(item, project_key) for item in value]
        for name in _LISTS
        if isinstance(value := zone.get(name), list)
    }
    return {**zone, **own}


def _without_key(item: Any, project_key: str) -> Any:
    if isinstance(item, dict) and item.get("projectKey") == project_key:
        return {name: value for name, value in item.items() if name != "projectKey"}
    return item
