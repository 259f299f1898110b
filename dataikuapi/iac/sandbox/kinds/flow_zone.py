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
from dataikuapi.iac.sandbox.kinds.dataset import DATASET
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity
from dataikuapi.iac.sandbox.kinds.recipe import RECIPE

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

DEFAULT = "default"
"""The id of the zone of what is in no other zone. Its file lists nothing of that."""

_DEFAULT_ZONE = {"name": "Default", "color": "#D1D8DA"}

_LISTS = ("items", "shared")
"""What is changed by calls of its own: a POST and a PUT of the zone ignore it."""


@dataclass(frozen=True, eq=False)
class FlowZoneKind(Kind):
    """Flow zones. An object is in exactly one; deleting a zone frees its objects.

    A recipe and what it writes are in one zone: whatever of them is moved, the others
    follow. Into which zone DSS puts a new recipe nobody has told; here it is the zone
    of the first of its inputs.
    """

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
        """Create a zone and return it; with the first one comes that of all else."""
        project = request.project()
        with project.lock:
            zones = project.objects(self)
            if DEFAULT not in zones:
                zones.add(DEFAULT, request.login, _DEFAULT_ZONE)
            return zones.get(self.create(request))

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
            project.objects(self).stored(target)
            for item in items:
                self._put_into(project, target, _together(project, item), request.login)
            return project.objects(self).get(target)

    def _put_into(
        self, project: Project, target: str, items: list[Document], login: str
    ) -> None:
        zones = project.objects(self)
        for zone_id in zones.names():
            zone = zones.get(zone_id)
            before = zone["items"]
            if zone_id == target and target != DEFAULT:
                zone["items"] = [*before, *copied(_without(items, before))]
            else:
                zone["items"] = _without(before, items)
            if zone["items"] != before:
                zones.save(zone_id, zone, login)

    def zone_of(self, project: Project, item: Document) -> str:
        """Return the id of the zone that an object is in."""
        for stored in project.objects(self).values():
            if _without([item], stored.document["items"]) == []:
                return str(stored.document["id"])
        return DEFAULT

    def on_saved(
        self, project: Project, kind: Kind, object_id: str, login: str, *, is_new: bool
    ) -> None:
        """Move what a recipe writes into the zone of the recipe."""
        if kind is not RECIPE:
            return
        item = _item(RECIPE, object_id)
        beside = item
        if is_new:
            recipe = project.recipes.stored(object_id).document
            read = [
                _computable(project, ref) for ref in RECIPE.inputs_of(project, recipe)
            ]
            beside = next(iter(read), item)
        target = self.zone_of(project, beside)
        self._put_into(project, target, _together(project, item), login)

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Take an object that is deleted out of its zone."""
        self._replace(project, _item(kind, object_id), [], login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Rename an object in its zone."""
        old, new = _item(kind, old_id), _item(kind, new_id)
        self._replace(project, old, [new], login)

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


def _item(kind: Kind, object_id: str) -> Document:
    return {"objectType": kind.object_type, "objectId": object_id}


def _computable(project: Project, object_id: str) -> Document:
    kind = project.kind_of_computable(object_id)
    return _item(kind or DATASET, object_id)


def _together(project: Project, item: Document) -> list[Document]:
    """Return an object with those that are in one zone with it.

    These are a recipe and all that it writes, whichever of them the object is; and
    where another recipe writes some of that, this recipe and all that it writes.
    """
    groups = [_with_outputs(project, name) for name in project.recipes.names()]
    found, count = [item], 0
    while count < len(found):
        count = len(found)
        for group in groups:
            missing = _without(group, found)
            if len(missing) < len(group):
                found += missing
    return found


def _with_outputs(project: Project, name: str) -> list[Document]:
    recipe = project.recipes.stored(name).document
    written = RECIPE.outputs_of(project, recipe)
    return [_item(RECIPE, name), *(_computable(project, ref) for ref in written)]


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
