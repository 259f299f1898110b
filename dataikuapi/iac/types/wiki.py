"""The wiki of a project: its home, and how articles are arranged."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.exceptions import UnsupportedValueError
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import (
    Documents,
    Identity,
    Path,
    Project,
    ResourceType,
    Severities,
)
from dataikuapi.iac.types.cleaning import Volatile
from dataikuapi.iac.types.layout import Files, SingleFile
from dataikuapi.iac.types.references import Fact, Reference, Role, references_at
from dataikuapi.iac.types.requests import get_json
from dataikuapi.iac.types.shapes import ObjectShape, Shape, expect_object
from dataikuapi.iac.types.writers import SingleWriter
from dataikuapi.iac.types.writing import Writing

__all__ = ["WikiType", "article_ids"]

_ARTICLE_ID = re.compile("0|[1-9][0-9]{0,17}")

_EMPTY: dict[str, Any] = {"homeArticleId": None, "taxonomy": []}


class _Taxonomy(SingleFile):
    """The file of the tree, in which ids are numbers."""

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the tree, with ids as the API has them."""
        document = super().documents(files, project_key, name)["document"]
        return {"document": _with_text_ids(document)}

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file of the tree, with ids as DSS writes them."""
        numbered = {
            **attributes,
            "homeArticleId": _number(attributes.get("homeArticleId")),
            "taxonomy": _numbered(attributes.get("taxonomy")),
        }
        return super().files(name, numbered)


class _WikiWriter(SingleWriter):
    """The tree is replaced as a whole, and has each article once."""

    def body(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Return the new wiki.

        Raises:
            UnsupportedValueError: if it has other articles than that of DSS: what would
                become of these, nobody has told.
        """
        before, after = (
            sorted(article_ids(document.get("taxonomy"))) for document in (old, new)
        )
        if before != after:
            raise UnsupportedValueError(
                "the tree of the wiki must have each article once, and no other"
            )
        return new


def _settled(attributes: dict[str, JSON], live: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a wiki with each article once, and with all that DSS has.

    DSS puts a new article at the end of the tree: if it is elsewhere, too, it has moved
    there. One that is not in the tree any more stays as long as it is not deleted.
    """
    children = _children(live.get("taxonomy"), None)
    parents = {name: parent for parent in children for name in children[parent]}
    ids = list(article_ids(attributes.get("taxonomy")))
    old = {name: parents[name] for name in parents if ids.count(name) > 1}
    tree = _pruned(attributes.get("taxonomy"), old, None)
    tree = _completed(tree, None, children, parents.keys() - set(ids))
    return {**attributes, "taxonomy": tree}


_Children = dict[str | None, dict[str, dict[str, JSON]]]
"""The articles below each other one, or ``None``, by their ids."""


def _children(taxonomy: object, parent: str | None) -> _Children:
    found: _Children = {parent: {}}
    for node in taxonomy if isinstance(taxonomy, list) else ():
        if isinstance(node, dict) and node.get("id") is not None:
            found[parent][str(node["id"])] = node
            found |= _children(node.get("children"), str(node["id"]))
    return found


def _pruned(
    taxonomy: object, old: Mapping[str, str | None], parent: str | None
) -> list[JSON]:
    """Return a tree without articles below those that they have left."""
    found: list[JSON] = []
    for node in taxonomy if isinstance(taxonomy, list) else ():
        name = str(node.get("id")) if isinstance(node, dict) else ""
        if name and (name not in old or old[name] != parent):
            found.append({**node, "children": _pruned(node.get("children"), old, name)})
    return found


def _completed(
    taxonomy: object,
    parent: str | None,
    children: _Children,
    missing: Collection[str],
) -> list[JSON]:
    """Return a tree with the missing articles in the places that they had."""
    found: list[JSON] = []
    places: list[str] = []
    for node in taxonomy if isinstance(taxonomy, list) else ():
        name, below = str(node["id"]), node.get("children")
        places.append(name)
        found.append({**node, "children": _completed(below, name, children, missing)})
    before = 0
    for name, node in children.get(parent, {}).items():
        if name in missing:
            inner = _completed([], name, children, missing)
            places.insert(before, name)
            found.insert(before, {**node, "children": inner})
        if name in places:
            before = places.index(name) + 1
    return found


class WikiType(ResourceType):
    """Home and tree of a wiki. The articles are resources of their own."""

    name = "wiki"
    writing = Writing(
        writer=_WikiWriter("wiki/"),
        uncreatable="each project has it",
        settled=_settled,
        undeletable="each project has it: delete single articles instead",
    )
    requests = "1"
    identity = Identity.SINGLETON
    layout = _Taxonomy("wiki/taxonomy.json", default=_EMPTY)
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/wiki/": ObjectShape(required={"taxonomy": list}),
    }
    volatile: ClassVar[Volatile] = {
        ("projectKey",): "in some responses; derived from the path",
        ("wikiId",): "in some responses; derived from the project",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {"homeArticleId": None, "taxonomy": []}
    memberships: ClassVar[frozenset[Path]] = frozenset({("taxonomy",)})
    severities: ClassVar[Severities] = {
        ("homeArticleId",): Severity.DESCRIPTION,
        ("taxonomy",): Severity.DESCRIPTION,
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the wiki, as the one object of the project."""
        return {"": self.fetch_documents(project, "")}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return home and tree, under ``document``."""
        document = expect_object(get_json(project, "wiki/"))
        return {self.main: _with_text_ids(document)}

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return the home, and the articles in the tree."""
        yield from references_at(
            attributes, "wiki_article", "homeArticleId", role=Role.MENTION
        )
        yield from _articles(attributes.get("taxonomy"), "/taxonomy")

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many articles there are."""
        count = len(list(article_ids(attributes.get("taxonomy"))))
        if count:
            yield Fact("articles", (f"{count}",))


def article_ids(taxonomy: object) -> Iterator[str]:
    """Yield the ids of the articles in a tree."""
    for node in taxonomy if isinstance(taxonomy, list) else ():
        if isinstance(node, dict) and node.get("id") is not None:
            yield str(node["id"])
            yield from article_ids(node.get("children"))


def _articles(taxonomy: object, pointer: str) -> Iterator[Reference]:
    for position, node in enumerate(taxonomy if isinstance(taxonomy, list) else ()):
        if isinstance(node, dict) and isinstance(node.get("id"), str):
            at = f"{pointer}/{position}"
            yield Reference("wiki_article", node["id"], f"{at}/id", Role.MENTION)
            yield from _articles(node.get("children"), f"{at}/children")


def _with_text_ids(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wiki whose ids are texts; the file has numbers, the API may."""
    home = document.get("homeArticleId")
    return {
        **document,
        "homeArticleId": str(home) if home else None,
        "taxonomy": _nodes(document.get("taxonomy")),
    }


def _numbered(taxonomy: JSON) -> list[JSON]:
    """Return a tree whose ids are numbers."""
    return [
        (
            {
                **node,
                "id": _number(node.get("id")),
                "children": _numbered(node.get("children")),
            }
            if isinstance(node, dict)
            else node
        )
        for node in (taxonomy if isinstance(taxonomy, list) else [])
    ]


def _number(name: JSON) -> JSON:
    """Return the id of an article as a number, which it is unless DSS changes that."""
    if not isinstance(name, str) or not _ARTICLE_ID.fullmatch(name):
        return name
    return int(name)


def _nodes(taxonomy: object) -> list[Any]:
    return [
        (
            {
                **node,
                "id": str(node.get("id")),
                "children": _nodes(node.get("children")),
            }
            if isinstance(node, dict)
            else node
        )
        for node in (taxonomy if isinstance(taxonomy, list) else [])
    ]
