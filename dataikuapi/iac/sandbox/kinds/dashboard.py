"""Dashboards: a list counts their pages and tiles, and shows neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataikuapi.iac.sandbox.documents import Document, StoredObject
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id
from dataikuapi.iac.sandbox.kinds.project import PROJECT

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

_PAGES: tuple[Document, ...] = ({"grid": {"tiles": []}},)
"""Of the dashboard that DSS puts into each new project."""


@dataclass(frozen=True, eq=False)
class DashboardKind(Kind):
    """Dashboards. References to insights are not validated on a save."""

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a dashboard of the caller, unless the prototype says of whom."""
        new = super().new_object(request, prototype).document
        return StoredObject({"owner": request.login, **new})

    def on_project_created(self, project: Project, login: str) -> None:
        """Add the dashboard that each new project has."""
        name = f"{PROJECT.params(project)['name']}'s default dashboard"
        with project.lock:
            dashboards = project.objects(self)
            object_id = self.identity.generate(dashboards)
            fields = {"name": name, "owner": login, "listed": True, "pages": _PAGES}
            dashboards.add(object_id, login, fields)

    def list_item(self, document: Document) -> Document:
        """Return the summary, with the numbers of pages and tiles."""
        pages = document.get("pages") or []
        tiles = [page.get("grid", {}).get("tiles", []) for page in pages]
        return {
            **super().list_item(document),
            "numPages": len(pages),
            "numTiles": sum(map(len, tiles)),
        }


DASHBOARD = DashboardKind(
    label="dashboard",
    path="dashboards",
    file="dashboards/{id}.json",
    identity=generated_id(7),
    object_type="DASHBOARD",
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "owner": None,
        "listed": False,
        "tags": [],
    },
    fields=Fields(
        required=("name",),
        always={
            "listed": False,
            "pages": [],
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        fresh={"showGrid": True},
        optional=frozenset("""
            owner description shortDesc columnNumber imageId theme tileSpacing
            autoStackUp circularNavigation showNavigationArrows reloadWhenEventReceived
            """.split()),
    ),
)
