"""Flow zones: listed in full; what is in them is changed by calls of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    copied,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import AlwaysFailsError
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

DEFAULT = "default"
"""The id of the zone of what is in no other zone. Its file lists nothing of that."""

_LISTS = ("items", "shared")
"""What is changed by calls of its own: a POST and a PUT of the zone ignore it."""


@dataclass(frozen=True, eq=False)
class FlowZoneKind(Kind):
    """Flow zones. An object is in exactly one; deleting a zone frees its objects."""

    def routes(self) -> Routes:
        """Return the usual requests, and those for what is in a zone."""
        zone = f"/projects/{{key}}/{self.path}/{self.identity.route_parameter}"
        return {
            **super().routes(),
            f"/projects/{{key}}/{self.path}/{DEFAULT}/graph": {
                "GET": self.handle_default_graph
            },
            f"{zone}/items": {"POST": self.handle_add_item},
            f"{zone}/add-items": {"POST": self.handle_add_items},
            f"{zone}/shared": {"POST": self.handle_share},
            f"{zone}/shared/{{type}}/{{object}}": {"DELETE": self.handle_unshare},
        }

    def loaded(
        self, project_key: str, object_id: str, stored: StoredObject, owner: str
    ) -> StoredObject:
        """Return the zone with all that a zone has; files lack what was added later."""
        document = {**copied(dict(self.fields.always)), **stored.document}
        return super().loaded(project_key, object_id, StoredObject(document), owner)

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a zone and return it."""
        return request.project().objects(self).get(self.create(request))

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace what describes the zone; what is in it stays."""
        super().handle_put(request)
        return self.handle_get(request)

    def handle_default_graph(self, request: ApiRequest) -> Any:
        """Fail: DSS does, for the graph of this zone."""
        request.project()
        raise AlwaysFailsError(f"Failed to build the graph of zone {DEFAULT}")

    def handle_add_item(self, request: ApiRequest) -> Any:
        """Move one object into the zone."""
        return self._move(request, [request.body])

    def handle_add_items(self, request: ApiRequest) -> Any:
        """Move several objects into the zone."""
        return self._move(request, request.body)

    def handle_share(self, request: ApiRequest) -> Any:
        """Show an object of another zone in this one, too."""
        item = required_object(request.body, "item")
        project, object_id = request.project(), self.id_of(request)
        with project.lock:
            zone = project.objects(self).get(object_id)
            zone["shared"] = [*_without(zone["shared"], [item]), item]
            project.objects(self).save(object_id, zone, request.login)
            return zone

    def handle_unshare(self, request: ApiRequest) -> Any:
        """Do not show an object of another zone anymore."""
        item = {
            "objectType": request.path["type"],
            "objectId": request.path["object"],
        }
        project, object_id = request.project(), self.id_of(request)
        with project.lock:
            zone = project.objects(self).get(object_id)
            zone["shared"] = _without(zone["shared"], [item])
            project.objects(self).save(object_id, zone, request.login)
            return zone

    def from_api(self, body: Any) -> StoredObject:
        """Return the zone that a client PUTs."""
        sent = required_object(body, self.label)
        required_text(sent, "name", self.label)
        return StoredObject(sent)

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return an empty zone; its position counts only now."""
        new = super().new_object(request, prototype).document
        return StoredObject({key: new[key] for key in new if key not in _LISTS})

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return the id."""
        return {"id": object_id}

    def _move(self, request: ApiRequest, items: list[Any]) -> Any:
        """Move objects into a zone: out of all others; out of all, for the default."""
        items = [required_object(item, "item") for item in items]
        project, target = request.project(), self.id_of(request)
        with project.lock:
            zones = project.objects(self)
            zones.stored(target)
            for zone_id in zones.names():
                zone = zones.get(zone_id)
                left = _without(zone["items"], items)
                if zone_id == target and target != DEFAULT:
                    left += copied(items)
                if left != zone["items"]:
                    zone["items"] = left
                    zones.save(zone_id, zone, request.login)
            return zones.get(target)

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Take an object that is deleted out of its zone."""
        item = {"objectType": kind.object_type, "objectId": object_id}
        self._replace(project, item, [], login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Rename an object in its zone."""
        item = {"objectType": kind.object_type, "objectId": old_id}
        self._replace(project, item, [{**item, "objectId": new_id}], login)

    def _replace(
        self, project: Project, item: Document, by: list[Document], login: str
    ) -> None:
        zones = project.objects(self)
        for zone_id in zones.names():
            zone = zones.get(zone_id)
            changed = {
                name: [
                    other
                    for old in zone[name]
                    for other in (by if _is_same(old, item) else [old])
                ]
                for name in _LISTS
            }
            if any(changed[name] != zone[name] for name in _LISTS):
                zones.save(zone_id, {**zone, **changed}, login)


def _without(items: Iterable[Document], others: list[Document]) -> list[Document]:
    return [
        item for item in items if not any(_is_same(item, other) for other in others)
    ]


def _is_same(one: Document, other: Document) -> bool:
    return all(one.get(name) == other.get(name) for name in ("objectType", "objectId"))


FLOW_ZONE = FlowZoneKind(
    label="zone",
    path="flow/zones",
    file="zones/{id}.json",
    identity=Identity("id", generated_length=7),
    fields=Fields(
        always={
            "name": "",
            "color": "#2ab1ac",
            "items": [],
            "shared": [],
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset({"id", "position", "description", "shortDesc"}),
        kept=frozenset({*_LISTS, "position"}),
        versioned=False,
    ),
)
