"""One project: a document that the API splits over five end points, and its objects.

On disk a project is one `params.json`. The API serves its parts apart: the display name
is `label` in the metadata and `name` in the summary, and is nowhere in the settings.
"""

from __future__ import annotations

import threading
from typing import Any

from dataikuapi.iac.sandbox import documents, fields
from dataikuapi.iac.sandbox.collection import Clock
from dataikuapi.iac.sandbox.datasets import Datasets
from dataikuapi.iac.sandbox.errors import PartialSettingsError
from dataikuapi.iac.sandbox.fields import Document
from dataikuapi.iac.sandbox.layout import ProjectContent
from dataikuapi.iac.sandbox.recipes import Recipes


class Project:
    """One project of the sandbox.

    Do not instantiate directly, use
    :meth:`dataikuapi.iac.sandbox.store.ProjectStore.project`.

    Args:
        project_key: the key.
        content: the project as its files have it; taken over, so do not use it again.
        now: returns milliseconds since 1970.

    Attributes:
        datasets: the project's datasets.
        recipes: the project's recipes.
    """

    def __init__(self, project_key: str, content: ProjectContent, now: Clock) -> None:
        self.project_key = project_key
        self._now = now
        self._lock = threading.RLock()
        owner = str(content.params.get("owner") or "admin")
        params = {**fields.PROJECT, "name": project_key, "owner": owner}
        params.update(documents.without_nulls(content.params))
        self._params = documents.copied(documents.with_tags(params, owner))
        self._variables = {"standard": content.standard, "local": content.local}
        self.datasets = Datasets(
            project_key, content.datasets, owner=owner, now=now, lock=self._lock
        )
        self.recipes = Recipes(
            project_key,
            content.recipes,
            content.payloads,
            owner=owner,
            now=now,
            lock=self._lock,
        )

    def summary(self) -> Document:
        """Return the read-only view that the list of projects consists of."""
        params = self._params
        item = {
            "projectKey": self.project_key,
            "ownerLogin": params["owner"],
            "ownerDisplayName": params["owner"],
            "commitMode": params["settings"].get("gitCommitMode", "AUTO"),
        }
        for name in (
            "name",
            "shortDesc",
            "tags",
            "projectType",
            "projectAppType",
            "projectStatus",
            "permissionsVersion",
            "tutorialProject",
            "generatingAppId",
            "generatingAppVersion",
            "versionTag",
            "creationTag",
        ):
            if name in params:
                item[name] = params[name]
        return documents.copied(item)

    def metadata(self) -> Document:
        """Return label, descriptions, tags, custom fields and checklists."""
        params = self._params
        parts = {name: params[name] for name in fields.METADATA}
        if "description" in params:
            parts["description"] = params["description"]
        return documents.copied({"label": params["name"], **parts})

    def put_metadata(self, body: Any, login: str) -> None:
        """Replace the metadata; what it does not know it drops.

        Raises:
            InvalidDocumentError: the body is no object, or its tags are malformed.
        """
        sent = documents.without_nulls(documents.required_object(body, "metadata"))
        parts = {
            name: sent.get(name, default) for name, default in fields.METADATA.items()
        }
        parts["tags"] = documents.shuffled(documents.tag_list(parts["tags"]))
        with self._lock:
            params = {**self._params, **parts}
            params["name"] = sent.get("label", params["name"])
            params.pop("description", None)
            if "description" in sent:
                params["description"] = sent["description"]
            self._save(params, login)

    def settings(self) -> Document:
        """Return settings and exposed objects; permissions are not among them."""
        params = self._params
        return documents.copied(
            {
                "settings": params["settings"],
                "exposedObjects": params["exposedObjects"],
            }
        )

    def put_settings(self, body: Any, login: str) -> None:
        """Replace settings and exposed objects, and nothing else of what was sent.

        Raises:
            PartialSettingsError: there is no `settings` in the body.
        """
        sent = documents.required_object(body, "project settings")
        if not isinstance(sent.get("settings"), dict):
            raise PartialSettingsError("settings is null")
        exposed = documents.required_object(
            sent.get("exposedObjects") or fields.PROJECT["exposedObjects"],
            "exposedObjects",
        )
        with self._lock:
            parts = {"settings": sent["settings"], "exposedObjects": exposed}
            self._save({**self._params, **parts}, login)

    def permissions(self) -> Document:
        """Return the owner and who may do what."""
        return documents.copied(
            {name: self._params[name] for name in fields.PERMISSIONS}
        )

    def put_permissions(self, body: Any, login: str) -> None:
        """Replace the permissions as a whole.

        Raises:
            InvalidDocumentError: there is no owner.
        """
        sent = documents.without_nulls(documents.required_object(body, "permissions"))
        documents.required_text(sent, "owner", "permissions")
        with self._lock:
            parts = {
                name: sent.get(name, fields.PROJECT.get(name))
                for name in fields.PERMISSIONS
            }
            self._save({**self._params, **parts}, login)

    def variables(self) -> Document:
        """Return the standard and the local variables."""
        return documents.copied(self._variables)

    def put_variables(self, body: Any, login: str) -> None:
        """Replace both sets of variables.

        Raises:
            InvalidDocumentError: one of the two is missing or no object.
        """
        sent = documents.required_object(body, "variables")
        parts = {
            name: documents.required_object(sent.get(name), f"{name} variables")
            for name in ("standard", "local")
        }
        with self._lock:
            self._variables = documents.copied(parts)
            self._save(self._params, login)

    def delete_dataset(self, name: str) -> None:
        """Delete a dataset and, as DSS does unasked, the recipes that use it.

        Raises:
            ObjectNotFoundError: there is no such dataset.
        """
        with self._lock:
            self.datasets.remove(name)
            self.recipes.remove_users_of(name)

    def exposed_datasets(self, target_key: str) -> list[Document]:
        """Return the datasets that this project shares with another one.

        They carry this project's key; their smart names begin with it.
        """
        with self._lock:
            return [
                {**self.datasets.get(name), "smartName": f"{self.project_key}.{name}"}
                for name in self._exposed_names(target_key)
                if name in self.datasets
            ]

    def _exposed_names(self, target_key: str) -> list[str]:
        return [
            exposed["localName"]
            for exposed in self._params["exposedObjects"].get("objects", [])
            if exposed.get("type") == "DATASET"
            and any(
                rule.get("targetProject") == target_key
                for rule in exposed.get("rules", [])
            )
        ]

    def _save(self, params: Document, login: str) -> None:
        self._params = documents.next_version(params, self._params, login, self._now())
