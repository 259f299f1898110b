"""Articles of a wiki: name, text and attachments."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

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
from dataikuapi.iac.types.layout import Files, ObjectFolder, text_in
from dataikuapi.iac.types.references import Fact
from dataikuapi.iac.types.requests import get_json, post_json, send
from dataikuapi.iac.types.secrets import Redactor, redact
from dataikuapi.iac.types.shapes import (
    ObjectShape,
    Shape,
    UnexpectedShapeError,
    expect_items,
    expect_object,
    expect_text,
    path_segment,
)
from dataikuapi.iac.types.wiki import article_ids
from dataikuapi.iac.types.writers import ListedWriter, key_of
from dataikuapi.iac.types.writing import Writing

__all__ = ["WikiArticleType"]


class _Articles(ObjectFolder):
    """The files of articles, each with its text beside it."""

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the article and its text."""
        documents = super().documents(files, project_key, name)
        path = f"{self.folder}/{name}.md"
        text = text_in(files, path) if path in files else ""
        return {**documents, "payload": text}

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether there is a wiki."""
        return any(path.startswith("wiki/") for path in paths)


class _ArticleWriter(ListedWriter):
    """A new article is a name at the end of the tree; its text is saved later."""

    def create(self, project: Project, name: str, documents: Documents) -> str:
        """Post the name; the response has the article as a GET has it."""
        body = {
            "projectKey": key_of(project),
            "name": documents["document"]["name"],
            "parent": None,
        }
        response = expect_object(post_json(project, self.listing, body))
        return self.name_in(response.get("article"))

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the article with its text beside it."""
        body = {"article": new["document"], "payload": new["payload"]}
        send(project, "PUT", self.path(name), body)
        return 1


class WikiArticleType(ResourceType):
    """An article, with its Markdown as ``payload``. The ids are counters of DSS.

    The tree of the wiki lists the articles.
    """

    name = "wiki_article"
    writing = Writing(writer=_ArticleWriter("wiki/", "wiki/{name}"))
    requests = "N: the wiki lists them"
    identity = Identity.GENERATED
    has_counted_ids = True
    layout = _Articles("wiki/articles", extension=lambda document: "md")
    shared_responses = frozenset({"/projects/{project}/wiki/"})
    places: ClassVar[Mapping[str, Path]] = {"payload": ("payload",)}
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/{project}/wiki/{name}": ObjectShape(required={"article": dict}),
    }
    volatile: ClassVar[Volatile] = {
        ("attachments", "details"): "derived from the object that is attached",
    }
    defaults: ClassVar[Mapping[str, JSON]] = {
        "name": "",
        "layout": "WIKI_ARTICLE",
        "attachments": [],
        "tags": [],
        "customFields": {},
    }
    severities: ClassVar[Severities] = {
        (name,): Severity.DESCRIPTION
        for name in ("name", "payload", "layout", "attachments")
    }

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return the ids in the tree; each article has to be fetched."""
        wiki = expect_object(get_json(project, "wiki/"))
        nodes = [{"id": name} for name in article_ids(wiki.get("taxonomy"))]
        return dict.fromkeys(expect_items(nodes, "id"))

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the article, under ``document``, and its text as ``payload``."""
        response = expect_object(get_json(project, f"wiki/{path_segment(name)}"))
        article = expect_object(response.get("article"))
        if str(article.get("id")) != name:  # DSS also finds an article by its name.
            raise UnexpectedShapeError(f"its id is {article.get('id')!r:.40}")
        return {
            self.main: {**article, "id": name},
            "payload": expect_text(response.get("payload")) or "",
        }

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return the article with its text, in which secrets are masked."""
        attributes = super().attributes(documents, redactor)
        attributes["payload"] = redact(documents["payload"], redactor, ("payload",))
        return attributes

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return how many lines the text has."""
        text = attributes.get("payload")
        if isinstance(text, str):
            yield Fact("lines", (f"{len(text.splitlines()):,}",))
