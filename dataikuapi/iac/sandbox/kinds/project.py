"""Projects: one document on disk that the API splits over several endpoints.

The display name is `label` in the metadata and `name` in the summary, and is nowhere in
the settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox import documents
from dataikuapi.iac.sandbox.documents import Document, StoredObject
from dataikuapi.iac.sandbox.errors import ForbiddenError, InvalidDocumentError
from dataikuapi.iac.sandbox.files import Files
from dataikuapi.iac.sandbox.kinds import project_parts as parts
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.identity import ONE_PER_PROJECT, ONLY_ID

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

_SUMMARY = (
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
)


@dataclass(frozen=True)
class _Part:
    """A part of a project with an endpoint of its own.

    Args:
        label: what messages call it; also its path.
        read: returns the part of `params.json`.
        write: returns `params.json` with the part replaced by what a client sent.
        administered: whether it is for administrators of the project.
    """

    label: str
    read: Callable[[Document], Document]
    write: Callable[[Document, Any], Document]
    administered: bool = False

    def project_of(self, request: ApiRequest) -> Project:
        """Return the project of a request that may read and write this part."""
        return (
            request.administered_project() if self.administered else request.project()
        )

    def handle_get(self, request: ApiRequest) -> Any:
        """Return the part."""
        return documents.copied(self.read(PROJECT.params(self.project_of(request))))

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace the part, which makes a new version of the project."""
        project = self.project_of(request)
        with project.lock:
            params = self.write(PROJECT.params(project), request.body)
            PROJECT.save(project, params, request.login)
        return done(f"Updated {self.label}")


_PARTS = (
    _Part("metadata", parts.metadata, parts.with_metadata),
    _Part("settings", parts.settings, parts.with_settings),
    _Part("permissions", parts.permissions, parts.with_permissions, administered=True),
)


@dataclass(frozen=True, eq=False)
class ProjectKind(Kind):
    """The project itself: one object, of whose document each endpoint shows a part."""

    def loaded(
        self, project_key: str, object_id: str, stored: StoredObject, owner: str
    ) -> StoredObject:
        """Return the document with the defaults of all that the file lacks."""
        defaults = {**parts.DEFAULTS, "name": project_key, "owner": owner}
        params = {**defaults, **documents.without_nulls(stored.document)}
        return StoredObject(self.fields.loaded(params, owner, {}))

    def files_of(self, params: Document) -> Files:
        """Return the files of a project without objects."""
        return {self.file: json.dumps(params).encode("utf-8")}

    def owner(self, content: Mapping[str, StoredObject]) -> str:
        """Return the login of the owner of a project that was just loaded."""
        return str(content[ONLY_ID].document.get("owner") or "admin")

    def params(self, project: Project) -> Document:
        """Return the project's document, not to be changed."""
        return project.objects(self).stored(ONLY_ID).document

    def save(self, project: Project, params: Document, login: str) -> None:
        """Store the project's document as its next version."""
        project.objects(self).save(ONLY_ID, params, login)

    def summary(self, project: Project) -> Document:
        """Return the read-only view that the list of projects consists of."""
        params = self.params(project)
        item = {
            "projectKey": project.project_key,
            "ownerLogin": params["owner"],
            "ownerDisplayName": params["owner"],
            "commitMode": params["settings"].get("gitCommitMode", "AUTO"),
        }
        shown = {name: params[name] for name in _SUMMARY if name in params}
        return documents.copied({**item, **shown})

    def shared_ids(self, project: Project, kind: Kind, target_key: str) -> list[str]:
        """Return the ids of objects of a kind that a project shares with another."""
        return [
            exposed["localName"]
            for exposed in self.params(project)["exposedObjects"].get("objects", [])
            if exposed.get("type") == kind.object_type
            and any(
                rule.get("targetProject") == target_key
                for rule in exposed.get("rules", [])
            )
        ]

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Share an object that is deleted with nobody."""
        self._save_exposed(project, kind, object_id, [], login)

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Share an object that is renamed under its new name."""
        self._save_exposed(project, kind, old_id, [new_id], login)

    def _save_exposed(
        self, project: Project, kind: Kind, old: str, by: list[str], login: str
    ) -> None:
        params = self.params(project)
        exposed = parts.with_exposed(params, kind.object_type, old, by)
        if exposed != params:
            self.save(project, exposed, login)

    def routes(self) -> Routes:
        """Return the requests about projects, and about their parts."""
        base = "/projects/{key}"
        of_parts: Routes = {
            f"{base}/{part.label}": {"GET": part.handle_get, "PUT": part.handle_put}
            for part in _PARTS
        }
        return {
            "/projects": {"GET": self.handle_list, "POST": self.handle_create},
            base: {"GET": self.handle_get, "DELETE": self.handle_delete},
            **of_parts,
            f"{base}/git/status": {"GET": self.handle_git_status},
            f"{base}/git/actions/commit": {"POST": self.handle_commit},
        }

    def handle_list(self, request: ApiRequest) -> Any:
        """List the projects that the caller sees."""
        listed = [
            self.summary(project) for project in request.store.projects(request.caller)
        ]
        items = [item for item in listed if request.wants(item["tags"])]
        if request.flag("includeLocation"):
            location = [{"id": "ROOT", "name": "/"}]
            return [{**item, "projectLocation": location} for item in items]
        return items

    def handle_get(self, request: ApiRequest) -> Any:
        """Return the summary of a project."""
        return self.summary(request.project())

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a project, empty but for what DSS puts into each."""
        return done(f"Created project {self.create(request)}")

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete a project; the response is that of a task which has already ended."""
        request.store.delete_project(request.administered_project().project_key)
        return {
            "hasResult": True,
            "aborted": False,
            "alive": False,
            "result": {"messages": [], "anyMessage": False, "success": True},
        }

    def handle_git_status(self, request: ApiRequest) -> Any:
        """Return what is not committed; nothing where DSS commits each save."""
        project = request.project()
        mode = self.summary(project)["commitMode"]
        return project.git.status(commits_saves=mode == "AUTO")

    def handle_commit(self, request: ApiRequest) -> Any:
        """Commit what is not committed."""
        request.project().git.commit(request.body)
        return done("Committed")

    def create(self, request: ApiRequest) -> str:
        """Add the project that a client asks for, and return its key.

        Raises:
            ForbiddenError: the caller's key is limited to certain projects.
            InvalidDocumentError: key or owner is missing, or the key is malformed.
            AlreadyExistsError: there is such a project.
        """
        if request.caller.projects is not None:
            raise ForbiddenError("You are not allowed to create projects")
        body = documents.required_object(request.body, self.label)
        sent = documents.without_nulls(body)
        key = documents.required_text(sent, "projectKey", self.label)
        if not re.fullmatch(r"[A-Za-z0-9_]+", key):
            raise InvalidDocumentError(f"Invalid projectKey: {key}")
        owner = documents.required_text(sent, "owner", self.label)
        kept = ("name", "owner", "settings", "description", "permissions", "tags")
        fields = {name: sent[name] for name in kept if name in sent}
        fields["tags"] = documents.shuffled(documents.tag_list(fields.get("tags", [])))
        settings = documents.required_object(fields.get("settings", {}), "settings")
        fields["settings"] = {**parts.DEFAULTS["settings"], **settings}
        now = request.store.now()
        fields["shortDesc"] = _first_short_description(
            fields.get("name", key), owner, now
        )
        fields["creationTag"] = documents.version_tag(0, request.login, now)
        request.store.add_project(key, **fields)
        project = request.store.project(key)
        for kind in request.store.kinds:
            kind.on_project_created(project, request.login)
        return key


PROJECT = ProjectKind(
    label="project",
    identity=ONE_PER_PROJECT,
    file="params.json",
    defines_project=True,
)


def _first_short_description(name: str, owner: str, when: int) -> str:
    """Return the sentence that DSS writes where a project was given none."""
    day = datetime.fromtimestamp(when / 1000, timezone.utc)
    suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    date = f"{day:%b} {day.day}{suffix.get(day.day, 'th')} {day.year}"
    return f"The project *{name}* was created by {owner} on {date}"
