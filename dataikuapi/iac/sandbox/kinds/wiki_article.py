"""Articles of a wiki, whose ids are counters; their text comes beside them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes
from dataikuapi.iac.sandbox.kinds.fields import NO_CHECKLISTS, Fields
from dataikuapi.iac.sandbox.kinds.identity import Identity
from dataikuapi.iac.sandbox.kinds.wiki import WIKI

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class WikiArticleKind(Kind):
    """Articles. The wiki itself lists them."""

    def payload_file(self, object_id: str, document: Document) -> str | None:
        """Return the path of the text."""
        return f"wiki/articles/{object_id}.md"

    def routes(self) -> Routes:
        """Return the requests for a new article, and for each one."""
        base = f"/projects/{{key}}/{self.path}"
        return {
            base: {"POST": self.handle_create},
            f"{base}/{self.identity.route_parameter}": {
                "GET": self.handle_get,
                "PUT": self.handle_put,
                "DELETE": self.handle_delete,
            },
        }

    def to_api(self, stored: StoredObject) -> Document:
        """Return article and text."""
        return {"article": super().to_api(stored), "payload": stored.payload or ""}

    def from_api(self, body: Any) -> StoredObject:
        """Return the article that a client PUTs."""
        sent = required_object(body, self.label)
        article = super().from_api(sent.get("article"))
        return StoredObject(article.document, str(sent.get("payload") or ""))

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace an article and return it."""
        super().handle_put(request)
        return self.handle_get(request)

    def handle_create(self, request: ApiRequest) -> Any:
        """Create an article without text, and put it into the tree."""
        body = required_object(request.body, self.label)
        name, project = required_text(body, "name", self.label), request.project()
        with project.lock:
            objects = project.objects(self)
            object_id = self.new_id(body, objects)
            objects.add(object_id, request.login, {"name": name}, "")
            WIKI.insert(project, object_id, body.get("parent"), request.login)
            return self.to_api(objects.stored(object_id))

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete an article, and take it out of the tree."""
        project = request.project()
        with project.lock:
            response = super().handle_delete(request)
            WIKI.remove(project, self.id_of(request), request.login)
        return response

    def new_id(self, prototype: Document, taken: Container[str]) -> str:
        """Return the next number."""
        number = 1
        while str(number) in taken:
            number += 1
        return str(number)


WIKI_ARTICLE = WikiArticleKind(
    label="article",
    path="wiki",
    file="wiki/articles/{id}.json",
    other_files=("wiki/articles/*.md",),
    identity=Identity("id"),
    fields=Fields(
        always={
            "name": "",
            "layout": "WIKI_ARTICLE",
            "attachments": [],
            "tags": [],
            "checklists": NO_CHECKLISTS,
        },
        optional=frozenset({"id", "customFields"}),
    ),
)
