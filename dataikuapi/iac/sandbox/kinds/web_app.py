"""Web apps: their code is inside their parameters, and they cannot be deleted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    copied,
    required_object,
)
from dataikuapi.iac.sandbox.files import read_text
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import generated_id

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.files import Files
    from dataikuapi.iac.sandbox.requests import ApiRequest

_CODE = {
    "body.html": "html",
    "style.css": "css",
    "app.js": "js",
    "backend.py": "python",
    "ui.R": "ui",
    "server.R": "server",
}

_PARAMS = frozenset(_CODE.values()) | frozenset("""
    autoStartBackend backendEnabled enableJavascriptModules envSelection
    forceAuthentication hideJSSecurityPanel infra libraries nbProcesses serveLocally
    """.split())
"""The parameters that DSS knows; it drops others without a word."""


@dataclass(frozen=True, eq=False)
class WebAppKind(Kind):
    """Web apps. DSS makes an API key for each."""

    def load_one(self, files: Files, path: str, object_id: str) -> StoredObject:
        """Return a web app with the code that is in files of its own."""
        document = super().load_one(files, path, object_id).document
        code = {
            member: read_text(files, f"web_apps/{object_id}/{file}")
            for file, member in _CODE.items()
            if f"web_apps/{object_id}/{file}" in files
        }
        params = {**(document.get("params") or {}), **code}
        return StoredObject({**document, "params": params})

    def routes(self) -> Routes:
        """Return the usual requests, but none that deletes."""
        routes = super().routes()
        item = f"/projects/{{key}}/{self.path}/{self.identity.route_parameter}"
        kept = {name: item_ for name, item_ in routes[item].items() if name != "DELETE"}
        return {**routes, item: kept}

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace a web app and return it."""
        super().handle_put(request)
        return self.handle_get(request)

    def from_api(self, body: Any) -> StoredObject:
        """Return the web app that a client PUTs, with the parameters that DSS knows."""
        return StoredObject(_with_known_params(super().from_api(body).document))

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a web app; an id in the body is ignored."""
        return {"webAppId": self.create(request)}

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return a web app with an API key of its own, which the server makes."""
        new = super().new_object(request, prototype).document
        key = f"dkuaps-{secrets.token_urlsafe(24)}"
        return StoredObject({**_with_known_params(new), "apiKey": key})

    def list_item(self, document: Document) -> Document:
        """Return a summary."""
        return copied(super().list_item(document))


def _with_known_params(document: Document) -> Document:
    params = required_object(document.get("params") or {}, "params")
    known = {name: value for name, value in params.items() if name in _PARAMS}
    return {**document, "params": known}


WEB_APP = WebAppKind(
    label="web app",
    path="webapps",
    file="web_apps/{id}.json",
    other_files=("web_apps/*/*",),
    identity=generated_id(7),
    object_type="WEB_APP",
    list_fields={
        "projectKey": None,
        "id": None,
        "name": None,
        "type": None,
        "tags": [],
        "versionTag": None,
    },
    fields=Fields(
        required=("type",),
        always={
            "name": "",
            "type": "STANDARD",
            "params": {},
            "config": {},
            "tags": [],
            "customFields": {},
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset("""
            id apiKey hasLegacyBackendURL isVirtual runAsUser description shortDesc
            """.split()),
    ),
)
