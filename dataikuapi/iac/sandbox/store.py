"""The sandbox's memory: projects and API keys. Knows nothing of HTTP."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from os import PathLike
from pathlib import Path
from typing import Any

from dataikuapi.iac.sandbox import documents, layout
from dataikuapi.iac.sandbox.auth import ApiKey
from dataikuapi.iac.sandbox.collection import Clock
from dataikuapi.iac.sandbox.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidApiKeyError,
    InvalidDocumentError,
    ProjectForbiddenError,
)
from dataikuapi.iac.sandbox.fields import Document
from dataikuapi.iac.sandbox.layout import ProjectContent
from dataikuapi.iac.sandbox.projects import Project

DSS_VERSION = "14.4.2"
SANDBOX_LOGIN = "sandbox_admin"


def milliseconds_now() -> int:
    """Return the time in milliseconds since 1970, as DSS counts it."""
    return time.time_ns() // 1_000_000


class ProjectStore:
    """The projects of an imaginary DSS instance, and the keys to them.

    Documents are copied on their way in and out. Safe to use from several threads.

    Args:
        now: returns milliseconds since 1970; what is saved bears this time.

    .. code-block:: python

        store = ProjectStore()
        store.add_project("SALES")
        store.add_dataset("SALES", "orders", type="PostgreSQL")
        store.project("SALES").datasets.get("orders")
    """

    def __init__(self, now: Clock = milliseconds_now) -> None:
        self._now = now
        self._started_on = now()
        self._lock = threading.RLock()
        self._projects: dict[str, Project] = {}
        self._keys: dict[str, ApiKey] = {}

    def load_folder(
        self, folder: str | PathLike[str], project_key: str | None = None
    ) -> str:
        """Load a project from a folder in DSS's git layout.

        Args:
            folder: holds `params.json`.
            project_key: by default the folder's name, in capitals, with `_` for each
                character that a key cannot have.

        Returns:
            The project's key.

        Raises:
            ProjectLayoutError: the folder is no project; nothing was changed.
        """
        path = Path(folder)
        key = project_key or layout.default_project_key(path)
        self.load_files(key, layout.files_of(path))
        return key

    def load_files(self, project_key: str, files: Mapping[str, bytes]) -> None:
        """Load a project from the contents of its files.

        A project of that key is replaced, which is not a save: version tags are those
        of the files.

        Args:
            project_key: the key.
            files: contents by relative path with forward slashes.

        Raises:
            ProjectLayoutError: the files are no project; nothing was changed.
        """
        content = layout.parse_files(files)
        with self._lock:
            self._projects[project_key] = Project(project_key, content, self._now)

    def add_project(self, project_key: str, **params: Any) -> None:
        """Add an empty project.

        Args:
            project_key: must not be taken.
            **params: fields of `params.json`, such as `owner`, `tags` or `settings`.

        Raises:
            AlreadyExistsError: there is such a project.
        """
        first = documents.version_tag(0, SANDBOX_LOGIN, self._now())
        params = {"owner": SANDBOX_LOGIN, "creationTag": first, **params}
        with self._lock:
            if project_key in self._projects:
                raise AlreadyExistsError(f"Project {project_key} already exists")
            content = ProjectContent(params=documents.copied(params))
            self._projects[project_key] = Project(project_key, content, self._now)

    def add_dataset(
        self, project_key: str, name: str, *, type: str = "Filesystem", **fields: Any
    ) -> None:
        """Add a dataset, with defaults for what is not given.

        Raises:
            ProjectNotVisibleError: there is no such project.
            AlreadyExistsError: there is such a dataset.
        """
        datasets = self.project(project_key).datasets
        datasets.add(name, SANDBOX_LOGIN, {"type": type, **fields})

    def add_recipe(
        self,
        project_key: str,
        name: str,
        *,
        type: str = "python",
        payload: str | None = None,
        **fields: Any,
    ) -> None:
        """Add a recipe, with defaults for what is not given.

        Raises:
            ProjectNotVisibleError: there is no such project.
            AlreadyExistsError: there is such a recipe.
        """
        recipes = self.project(project_key).recipes
        recipes.add_with_payload(name, SANDBOX_LOGIN, {"type": type, **fields}, payload)

    def add_api_key(
        self,
        login: str,
        projects: Collection[str] | None = None,
        key: str | None = None,
        *,
        can_admin: bool = True,
    ) -> str:
        """Add an API key and return it.

        Args:
            login: the user whose key it is.
            projects: keys of the projects that it sees; all of them when omitted.
            key: made up when omitted.
            can_admin: whether it may read and write permissions, and delete projects.
        """
        key = key or f"dkuaps-{secrets.token_urlsafe(24)}"
        visible = None if projects is None else frozenset(projects)
        with self._lock:
            self._keys[key] = ApiKey(login, visible, can_admin)
        return key

    def authenticate(self, key: str | None) -> ApiKey:
        """Return the rights that go with a key.

        Raises:
            InvalidApiKeyError: there is no such key, or none was given.
        """
        with self._lock:
            if key in self._keys:
                return self._keys[key]
        raise InvalidApiKeyError()

    def project_keys(self) -> list[str]:
        """Return the keys of all projects, in the order in which they came."""
        with self._lock:
            return list(self._projects)

    def project(self, project_key: str, caller: ApiKey | None = None) -> Project:
        """Return a project, to read and to write.

        Args:
            project_key: the key.
            caller: whose rights count; omitted, everything is visible.

        Raises:
            ProjectNotVisibleError: there is no such project, or the caller may not
                see it.
        """
        with self._lock:
            visible = caller is None or caller.sees(project_key)
            if visible and project_key in self._projects:
                return self._projects[project_key]
        raise ProjectForbiddenError()

    def list_projects(
        self, caller: ApiKey | None = None, tags: Collection[str] = ()
    ) -> list[Document]:
        """Return the summaries of the projects that the caller sees.

        Args:
            caller: whose rights count; omitted, everything is visible.
            tags: keep only projects that have one of these; all when empty.
        """
        with self._lock:
            projects = list(self._projects.values())
        items = (
            project.summary()
            for project in projects
            if caller is None or caller.sees(project.project_key)
        )
        wanted = frozenset(tags)
        return [item for item in items if not wanted or wanted & set(item["tags"])]

    def create_project(self, body: Any, caller: ApiKey) -> str:
        """Add the project that a client asks for, and return its key.

        Raises:
            ForbiddenError: the caller's key is limited to certain projects.
            InvalidDocumentError: key or owner is missing, or the key is malformed.
            AlreadyExistsError: there is such a project.
        """
        if caller.projects is not None:
            raise ForbiddenError("You are not allowed to create projects")
        sent = documents.without_nulls(documents.required_object(body, "project"))
        key = documents.required_text(sent, "projectKey", "project")
        if not re.fullmatch(r"[A-Za-z0-9_]+", key):
            raise InvalidDocumentError(f"Invalid projectKey: {key}")
        owner = documents.required_text(sent, "owner", "project")
        kept = ("name", "owner", "settings", "description", "permissions", "tags")
        fields = {name: sent[name] for name in kept if name in sent}
        documents.tag_list(fields.get("tags", []))
        documents.required_object(fields.get("settings", {}), "settings")
        now = self._now()
        name = str(fields.get("name", key))
        self.add_project(
            key,
            shortDesc=_first_short_description(name, owner, now),
            creationTag=documents.version_tag(0, caller.login, now),
            **fields,
        )
        return key

    def delete_project(self, project_key: str) -> None:
        """Delete a project.

        Raises:
            ProjectNotVisibleError: there is no such project.
        """
        with self._lock:
            if self._projects.pop(project_key, None) is None:
                raise ProjectForbiddenError()

    def list_foreign_datasets(self, project_key: str) -> list[Document]:
        """Return the datasets that other projects share with this one."""
        with self._lock:
            others = [p for key, p in self._projects.items() if key != project_key]
        return [item for p in others for item in p.exposed_datasets(project_key)]

    def instance_info(self) -> Document:
        """Return what the instance says about itself."""
        return {
            "nodeId": "sandbox",
            "nodeName": "sandbox",
            "nodeType": "DESIGN",
            "rawNodeType": "design",
            "hostname": "localhost",
            "installId": "sandbox",
            "dipInstanceId": "sandbox",
            "licenseInstanceId": "sandbox",
            "licenseId": "sandbox",
            "dssVersion": DSS_VERSION,
            "os": "Linux",
            "osVersion": "sandbox",
            "javaVendor": "sandbox",
            "javaVersion": "17",
            "dssStartupTimestamp": self._started_on,
        }


def _first_short_description(name: str, owner: str, when: int) -> str:
    """Return the sentence that DSS writes where a project was given none."""
    day = datetime.fromtimestamp(when / 1000, timezone.utc)
    suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    date = f"{day:%b} {day.day}{suffix.get(day.day, 'th')} {day.year}"
    return f"The project *{name}* was created by {owner} on {date}"
