"""The projects of the sandbox, and the API keys to them. Knows nothing of HTTP."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from dataikuapi.iac.sandbox import documents, layout
from dataikuapi.iac.sandbox.auth import ApiKey
from dataikuapi.iac.sandbox.collection import Clock
from dataikuapi.iac.sandbox.documents import Document
from dataikuapi.iac.sandbox.errors import (
    AlreadyExistsError,
    InvalidApiKeyError,
    ProjectForbiddenError,
    ProjectNotFoundError,
)
from dataikuapi.iac.sandbox.files import Files
from dataikuapi.iac.sandbox.instance import Instance
from dataikuapi.iac.sandbox.kinds.base import Kind
from dataikuapi.iac.sandbox.kinds.dataset import DATASET
from dataikuapi.iac.sandbox.kinds.project import PROJECT
from dataikuapi.iac.sandbox.kinds.recipe import RECIPE
from dataikuapi.iac.sandbox.kinds.registry import INSTANCE_KINDS, KINDS
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
        kinds: the kinds of object that projects consist of and that are served. To try
            one of your own, add it to the usual ones.
        is_older: whether to serve like a DSS that does not know recent kinds yet.

    Attributes:
        now: the clock.
        kinds: the kinds.
        instance: what is in no project.
        is_older: whether it does not know recent kinds.

    .. code-block:: python

        store = ProjectStore()
        store.add_project("SALES")
        store.add_dataset("SALES", "orders", type="PostgreSQL")
        store.project("SALES").datasets.get("orders")
    """

    def __init__(
        self,
        now: Clock = milliseconds_now,
        kinds: Sequence[Kind] = KINDS,
        *,
        is_older: bool = False,
    ) -> None:
        self.now = now
        self.is_older = is_older
        self.kinds = tuple(kinds)
        self.instance = Instance(INSTANCE_KINDS)
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
            ProjectLayoutError: the folder is not a project; nothing was changed.
        """
        path = Path(folder)
        key = project_key or layout.default_project_key(path)
        self.load_files(key, layout.files_of(path, self.kinds))
        return key

    def load_files(self, project_key: str, files: Files) -> None:
        """Load a project from the contents of its files.

        A project of that key is replaced, which is not a save: version tags are those
        of the files.

        Args:
            project_key: the key.
            files: contents by relative path with forward slashes.

        Raises:
            ProjectLayoutError: the files are not a project; nothing was changed.
        """
        project = self._parsed(project_key, files)
        with self._lock:
            self._projects[project_key] = project

    def add_project(self, project_key: str, **params: Any) -> None:
        """Add an empty project.

        Args:
            project_key: must not be taken.
            **params: fields of `params.json`, such as `owner`, `tags` or `settings`.

        Raises:
            AlreadyExistsError: there is such a project.
        """
        first = documents.version_tag(0, SANDBOX_LOGIN, self.now())
        params = {"owner": SANDBOX_LOGIN, "creationTag": first, **params}
        project = self._parsed(project_key, PROJECT.files_of(params))
        with self._lock:
            if project_key in self._projects:
                raise AlreadyExistsError(f"Project {project_key} already exists")
            self._projects[project_key] = project

    def add(
        self,
        kind: Kind,
        project_key: str,
        object_id: str,
        /,
        *,
        payload: str | None = None,
        **fields: Any,
    ) -> None:
        """Add an object of any kind, with defaults for the fields not given.

        Args:
            kind: of the object.
            project_key: of its project.
            object_id: must not be taken.
            payload: None for an object without one.
            **fields: stored as they are, even those that DSS would drop.

        Raises:
            ProjectNotFoundError: there is no such project.
            AlreadyExistsError: there is such an object.
        """
        objects = self.project(project_key).objects(kind)
        objects.add(object_id, SANDBOX_LOGIN, fields, payload)

    def add_dataset(
        self, project_key: str, name: str, *, type: str = "Filesystem", **fields: Any
    ) -> None:
        """Add a dataset; see :meth:`add`."""
        self.add(DATASET, project_key, name, type=type, **fields)

    def add_recipe(
        self,
        project_key: str,
        name: str,
        *,
        type: str = "python",
        payload: str | None = None,
        **fields: Any,
    ) -> None:
        """Add a recipe; see :meth:`add`."""
        self.add(RECIPE, project_key, name, payload=payload, type=type, **fields)

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
            key: generated when omitted.
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
        raise InvalidApiKeyError

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
            ProjectNotFoundError: there is no such project, and no caller.
            ProjectForbiddenError: there is no such project, or the caller may not
                see it.
        """
        with self._lock:
            visible = caller is None or caller.sees(project_key)
            if visible and project_key in self._projects:
                return self._projects[project_key]
        raise ProjectForbiddenError() if caller else ProjectNotFoundError(project_key)

    def projects(self, caller: ApiKey | None = None) -> list[Project]:
        """Return the projects that the caller sees, in the order in which they came.

        Args:
            caller: whose rights count; omitted, everything is visible.
        """
        with self._lock:
            projects = list(self._projects.values())
        return [
            project
            for project in projects
            if caller is None or caller.sees(project.project_key)
        ]

    def delete_project(self, project_key: str) -> None:
        """Delete a project.

        Raises:
            ProjectNotFoundError: there is no such project.
        """
        with self._lock:
            if self._projects.pop(project_key, None) is None:
                raise ProjectNotFoundError(project_key)

    def logins(self) -> list[str]:
        """Return the users that have an API key."""
        with self._lock:
            return sorted({key.login for key in self._keys.values()})

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

    def _parsed(self, project_key: str, files: Files) -> Project:
        content = layout.parse_files(files, self.kinds)
        return Project(project_key, content, self.kinds, self.now)
