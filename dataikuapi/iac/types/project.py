"""Projects: their own configuration, not the objects inside.

DSS spreads it over several documents: name, descriptions, tags and checklists are in
``/metadata``, not in ``/settings``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from dataikuapi.iac.models.json_values import JSON, json_equal
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import (
    Documents,
    Identity,
    Path,
    Project,
    ResourceType,
    Severities,
)
from dataikuapi.iac.types.layout import Files, Layout, json_file, json_in
from dataikuapi.iac.types.references import (
    SAVED_MODEL_TYPES,
    Fact,
    Reference,
    Role,
    code_env_at,
    ids_at,
    text_at,
    typed_ids_at,
)
from dataikuapi.iac.types.requests import send
from dataikuapi.iac.types.secrets import Redactor
from dataikuapi.iac.types.sets import (
    Sets,
    by,
    by_group_or_user,
    by_object,
    by_type_and_name,
    by_value,
)
from dataikuapi.iac.types.shapes import (
    ListShape,
    ObjectShape,
    Shape,
    expect_items,
    expect_object,
)
from dataikuapi.iac.types.writing import Writer, Writing

__all__ = ["ProjectType"]

_BUNDLE_SETTINGS = ("bundleExporterSettings", "bundleContainerSettings")
"""Beside ``settings`` in the settings document, once somebody has set up bundles."""


_OF_OBJECTS_INSIDE = ("inputs", "outputs", "params", "schema")


_PERMISSIONS = (
    "owner",
    "permissions",
    "dashboardAuthorizations",
    "additionalDashboardUsers",
)
"""The members of the permissions document."""

_IN_BUNDLES: Mapping[tuple[str, str], str | tuple[str, ...]] = {
    ("includedDatasetsData", "name"): "dataset",
    ("includedManagedFolders", "id"): "managed_folder",
    ("includedSavedModels", "id"): SAVED_MODEL_TYPES,
    ("includedModelEvaluationStores", "id"): "evaluation_store",
}
"""Lists of what bundles have the data of, with the member that says which object."""

_METADATA = ("description", "shortDesc", "tags", "checklists", "customFields")
_SETTINGS = ("settings", "exposedObjects", *_BUNDLE_SETTINGS)
_ORDER = (
    "dashboardAuthorizations",
    "exposedObjects",
    "projectAppType",
    *_BUNDLE_SETTINGS,
    "owner",
    "permissions",
    "additionalDashboardUsers",
    "settings",
    "name",
    "projectStatus",
    *_METADATA,
)
"""The members of the file as DSS writes them."""


class _Params(Layout):
    """One file for all documents, which has what each of them has side by side."""

    path = "params.json"

    def names(self, files: Files) -> list[str]:
        """Return "" if there is the file."""
        return [""] if self.path in files else []

    def covers(self, paths: Collection[str]) -> bool:
        """Return whether there is the file."""
        return self.path in paths

    def documents(self, files: Files, project_key: str, name: str) -> dict[str, Any]:
        """Return the documents; without permissions if the file does not have them."""
        params = json_in(files, self.path)
        parts = {
            "summary": {**params, "projectKey": project_key},
            "metadata": {**_only(params, _METADATA), "label": params.get("name")},
            "settings": _only(params, _SETTINGS),
        }
        if "permissions" in params:
            parts["permissions"] = _only(params, _PERMISSIONS)
        return parts

    def files(self, name: str, attributes: Mapping[str, JSON]) -> dict[str, bytes]:
        """Return the file."""
        document: dict[str, JSON] = {
            key: value
            for key, value in attributes.items()
            if key not in ("projectKey", "permissions") and value not in (None, "")
        }
        permissions = attributes.get("permissions")
        if isinstance(permissions, dict):
            document |= permissions
        return {self.path: json_file(document, _ORDER)}

    def paths(self, files: Files, name: str) -> Iterator[str]:
        """Yield the file."""
        if self.path in files:
            yield self.path


def _only(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


class _ProjectWriter(Writer):
    """Each document but the summary is saved at its own path."""

    def save(self, project: Project, name: str, old: Documents, new: Documents) -> int:
        """Put the documents that differ, each as a whole."""
        differing = [
            part
            for part in ("metadata", "settings", "permissions")
            if part in new and not json_equal(old.get(part), new[part])
        ]
        for part in differing:
            send(project, "PUT", part, new[part])
        return len(differing)


class ProjectType(ResourceType):
    """A project, made up of four documents.

    ``summary`` is ``GET /projects/KEY`` or an item of ``GET /projects/``; ``metadata``,
    ``settings`` and ``permissions`` are the documents at these paths below it. Of the
    summary, key, status and kind of application are read; of the metadata, name,
    descriptions, tags, checklists and custom fields; of the settings, ``settings``,
    what is exposed, and what is in bundles. The rest is derived, or said in another.
    """

    name = "project"
    writing = Writing(
        environment_specific=frozenset({("projectStatus",)}),
        undeletable="projects are never deleted",
        writer=_ProjectWriter(),
        uncreatable="a project is created in DSS, or by importing an archive",
        unchangeable={
            ("projectKey",): "a project keeps its key",
            ("projectStatus",): "DSS has no call for the status of a project",
            ("projectAppType",): "a project is made an application in DSS",
        },
    )
    requests = "4 for each project; a listing of all replaces one of them"
    identity = Identity.PROJECT
    main = "summary"
    layout = _Params()
    # DSS keeps each of them as a list in the order in which the page saved it. Nobody
    # has two permissions, and no object is exposed twice.
    sets: ClassVar[Sets] = {
        ("permissions", "permissions"): by_group_or_user,
        ("permissions", "additionalDashboardUsers", "users"): by("login"),
        ("permissions", "dashboardAuthorizations", "authorizations"): by_object,
        ("permissions", "dashboardAuthorizations", "authorizations", "modes"): by_value,
        ("exposedObjects", "objects"): by_type_and_name,
        ("exposedObjects", "objects", "rules"): by("targetProject"),
    }
    places: ClassVar[Mapping[str, Path]] = {
        "name": ("metadata", "label"),
        **{name: ("metadata", name) for name in _METADATA},
        **{name: ("settings", name) for name in _SETTINGS},
        "permissions": ("permissions",),
    }
    severities: ClassVar[Severities] = {
        ("permissions",): Severity.PERMISSIONS,
        ("exposedObjects",): Severity.PERMISSIONS,
        ("settings", "codeEnvs"): Severity.CONNECTION,
        ("settings", "container"): Severity.CONNECTION,
        ("settings", "datasetsCreationSettings"): Severity.CONNECTION,
        ("bundleContainerSettings",): Severity.CONNECTION,
    }
    recorded_since: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("projectAppType", *_BUNDLE_SETTINGS), "projectAppType"
    )
    responses: ClassVar[Mapping[str, Shape]] = {
        "/projects/": ListShape(
            "projectKey",
            ObjectShape(optional={"tags": list}, foreign=_OF_OBJECTS_INSIDE),
        ),
        "/projects/{project}": ObjectShape(
            required={"projectKey": str},
            optional={"tags": list},
            identity={"projectKey": "project"},
            foreign=_OF_OBJECTS_INSIDE,
        ),
        "/projects/{project}/metadata": ObjectShape(
            required={"label": str},
            optional={
                "description": str,
                "shortDesc": str,
                "tags": list,
                "checklists": dict,
                "customFields": dict,
            },
            identity={"projectKey": "project"},
        ),
        "/projects/{project}/settings": ObjectShape(
            required={"settings": dict},
            optional={"exposedObjects": dict},
            identity={"projectKey": "project"},
        ),
        "/projects/{project}/permissions": ObjectShape(
            required={"owner": str, "permissions": list},
            identity={"projectKey": "project"},
        ),
    }
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
        items = expect_items(client.list_projects(), "projectKey", without=".")
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
            "tags": metadata.get("tags") or [],
            "checklists": metadata.get("checklists") or {"checklists": []},
            "customFields": metadata.get("customFields") or {},
            "projectStatus": summary.get("projectStatus"),
            "settings": settings.get("settings") or {},
            "exposedObjects": settings.get("exposedObjects") or {"objects": []},
        }
        present = {
            "projectAppType": summary.get("projectAppType"),
            **{name: settings.get(name) for name in _BUNDLE_SETTINGS},
            "permissions": documents.get("permissions"),
        }
        attributes |= {name: item for name, item in present.items() if item is not None}
        return self.canonical(attributes, redactor)

    def references(self, attributes: Mapping[str, JSON]) -> Iterator[Reference]:
        """Return what is exposed and bundled, and the default code environments.

        What dashboards may show is not referred to: DSS keeps it for deleted objects.
        """
        yield from typed_ids_at(
            attributes,
            *("exposedObjects", "objects"),
            member="localName",
            type_member="type",
            role=Role.MENTION,
        )
        bundled = ("bundleExporterSettings", "exportOptions")
        for end, types in _IN_BUNDLES.items():
            yield from ids_at(attributes, types, *bundled, *end, role=Role.MENTION)
        for language in ("python", "r"):
            path = ("settings", "codeEnvs", language)
            yield from code_env_at(attributes, *path, language=language)

    def facts(self, attributes: Mapping[str, JSON]) -> Iterator[Fact]:
        """Return name and owner."""
        for label, *path in (("name", "name"), ("owner", "permissions", "owner")):
            if text_at(attributes, *path):
                yield Fact(label, (text_at(attributes, *path),))
