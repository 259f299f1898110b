"""The wiki of a project: which article is its home, and the tree of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, StoredObject, required_object
from dataikuapi.iac.sandbox.errors import InvalidDocumentError
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import ONE_PER_PROJECT, ONLY_ID

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest


@dataclass(frozen=True, eq=False)
class WikiKind(Kind):
    """One document. Each article is in the tree exactly once."""

    def from_api(self, body: Any) -> StoredObject:
        """Return the wiki that a client PUTs."""
        return StoredObject(required_object(body, self.label))

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace home and tree, and return them.

        Raises:
            InvalidDocumentError: the tree has not each article once.
        """
        tree = required_object(request.body, self.label).get("taxonomy")
        wiki = request.project().objects(self).get(ONLY_ID)
        if sorted(_ids_in(tree or [])) != sorted(_ids_in(wiki["taxonomy"])):
            raise InvalidDocumentError("The taxonomy must have each article once")
        super().handle_put(request)
        return self.handle_get(request)

    def insert(
        self, project: Project, article_id: str, parent: Any, login: str
    ) -> None:
        """Add an article to the tree, below its parent or at the top."""
        wiki = project.objects(self).get(ONLY_ID)
        node: Document = {"id": article_id, "children": []}
        siblings = _children_of(wiki["taxonomy"], str(parent)) if parent else None
        (wiki["taxonomy"] if siblings is None else siblings).append(node)
        project.objects(self).save(ONLY_ID, wiki, login)

    def remove(self, project: Project, article_id: str, login: str) -> None:
        """Take an article out of the tree; those below it move up."""
        wiki = project.objects(self).get(ONLY_ID)
        wiki["taxonomy"] = _without(wiki["taxonomy"], article_id)
        if str(wiki.get("homeArticleId")) == article_id:
            wiki["homeArticleId"] = None
        project.objects(self).save(ONLY_ID, wiki, login)


def _ids_in(nodes: list[Document]) -> list[str]:
    """Return the ids of the articles in a tree."""
    below = [found for node in nodes for found in _ids_in(node.get("children") or [])]
    return [*(str(node.get("id")) for node in nodes), *below]


def _children_of(nodes: list[Document], article_id: str) -> list[Document] | None:
    for node in nodes:
        if str(node["id"]) == article_id:
            children: list[Document] = node["children"]
            return children
        found = _children_of(node["children"], article_id)
        if found is not None:
            return found
    return None


def _without(nodes: list[Document], article_id: str) -> list[Document]:
    left = []
    for node in nodes:
        children = _without(node["children"], article_id)
        if str(node["id"]) == article_id:
            left += children
        else:
            left.append({**node, "children": children})
    return left


WIKI = WikiKind(
    label="wiki",
    path="wiki",
    file="wiki/taxonomy.json",
    identity=ONE_PER_PROJECT,
    fields=Fields(always={"homeArticleId": None, "taxonomy": []}, versioned=False),
)
