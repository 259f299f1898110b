"""Projects: their own configuration, not the objects inside.

DSS spreads it over several documents: name, descriptions, tags and checklists are in
``/metadata``, not in ``/settings``.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from dataikuapi.iac.models import Resource
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.types.base import Documents, Identity, Project, ResourceType
from dataikuapi.iac.types.cleaning import (
    IGNORED_IN_ALL,
    drop_paths,
    normalize_numbers,
    sorted_tags,
)
from dataikuapi.iac.types.secrets import Redactor, redact
from dataikuapi.iac.types.shapes import expect_items, expect_object

__all__ = ["ProjectType"]


class ProjectType(ResourceType):
    """A project, made up of four documents.

    ``summary`` is ``GET /projects/KEY`` or an item of ``GET /projects/``; ``metadata``,
    ``settings`` and ``permissions`` are the documents at these paths below it.
    """

    name = "project"
    identity = Identity.PROJECT
    main = "summary"
    privileged: ClassVar[Mapping[str, Callable[[Project], Any]]] = {
        "permissions": lambda project: expect_object(project.get_permissions()),
    }

    def list_projects(self, client: Any) -> dict[str, Documents]:
        """Return the summaries of the projects that the API key may see, by key.

        Args:
            client: a :class:`~dataikuapi.dssclient.DSSClient`.

        Raises:
            UnexpectedShapeError: if what DSS returned is not a list of projects.
        """
        items = expect_items(client.list_projects(), "projectKey")
        return {key: {self.main: item} for key, item in items.items()}

    def list_documents(self, project: Project) -> dict[str, Documents | None]:
        """Return a single entry: the project itself."""
        return {"": None}

    def fetch_documents(self, project: Project, name: str) -> Documents:
        """Return the summary, the metadata and the settings."""
        summary = expect_object(project.get_summary(), "projectKey")
        return self.complete(project, {self.main: summary})

    def complete(self, project: Project, listed: Documents) -> Documents:
        """Add metadata and settings to the summary in the listing.

        Args:
            project: a handle of the project.
            listed: the documents that :meth:`list_projects` returned.

        Raises:
            UnexpectedShapeError: if one of the documents is not an object.
        """
        return {
            **listed,
            "metadata": expect_object(project.get_metadata()),
            "settings": expect_object(project.get_settings().settings),
        }

    def attributes(self, documents: Documents, redactor: Redactor) -> dict[str, JSON]:
        """Return the configuration; without ``permissions`` if they are unknown."""
        summary, metadata = documents["summary"], documents["metadata"]
        settings = documents["settings"]
        attributes: dict[str, Any] = {
            "projectKey": summary["projectKey"],
            "name": metadata.get("label") or settings.get("name") or "",
            "description": metadata.get("description") or "",
            "shortDesc": metadata.get("shortDesc") or "",
            "tags": sorted_tags(metadata.get("tags") or []),
            "checklists": metadata.get("checklists") or {"checklists": []},
            "customFields": metadata.get("customFields") or {},
            "projectStatus": summary.get("projectStatus"),
            "settings": settings.get("settings") or {},
            "exposedObjects": settings.get("exposedObjects") or {"objects": []},
        }
        if "permissions" in documents:
            attributes["permissions"] = documents["permissions"]
        cleaned = drop_paths(
            cast(dict[str, JSON], normalize_numbers(attributes)), IGNORED_IN_ALL
        )
        return cast(dict[str, JSON], redact(cleaned, redactor))

    def is_recreated(self, old: Resource, new: Resource) -> bool:
        """Return whether the creation tags differ; a project keeps its tag for life.

        Equal tags prove nothing: exports and duplicates have the tag of the original
        (in all 69 pairs of an object and its copy that were found in real projects).
        """
        before, after = old.metadata.created_at, new.metadata.created_at
        return None not in (before, after) and before != after
