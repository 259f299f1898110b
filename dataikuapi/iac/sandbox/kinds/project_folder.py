"""Project folders: a tree below ROOT; settings are apart, and for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import Document, required_object
from dataikuapi.iac.sandbox.errors import InvalidDocumentError, ObjectNotFoundError
from dataikuapi.iac.sandbox.kinds.base import Routes, done
from dataikuapi.iac.sandbox.kinds.identity import generated_id
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.requests import ApiRequest

ROOT = "ROOT"
_SETTINGS = ("name", "owner", "permissions")


@dataclass(frozen=True, eq=False)
class ProjectFolderKind(InstanceKind):
    """Folders of projects. All projects of the sandbox are in the root."""

    def routes(self) -> Routes:
        """Return the requests; there is no list."""
        folder = f"/{self.path}/{{id}}"
        return {
            folder: {"GET": self.handle_get, "DELETE": self.handle_delete},
            f"{folder}/settings": {
                "GET": self.handle_get_settings,
                "PUT": self.handle_put,
            },
            f"{folder}/children": {"POST": self.handle_create},
            f"{folder}/move": {"POST": self.handle_move},
        }

    def handle_get(self, request: ApiRequest) -> Any:
        """Return a folder that the caller may see, with what it may see in it."""
        object_id = self.id_of(request)
        folder = request.store.instance.get(self, object_id)
        if not _is_visible(folder, request):
            raise ObjectNotFoundError(f"Folder {object_id} does not exist")
        is_root = object_id == ROOT
        projects = request.store.projects(request.caller) if is_root else []
        return {
            **{key: folder[key] for key in ("id", "name", "parentId") if key in folder},
            "childrenIds": [
                child["id"]
                for child in self._children(request)
                if _is_visible(child, request)
            ],
            "projectKeys": [project.project_key for project in projects],
        }

    def handle_get_settings(self, request: ApiRequest) -> Any:
        """Return name, owner and permissions."""
        folder = request.administered_instance().get(self, self.id_of(request))
        return {name: folder.get(name) for name in _SETTINGS}

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace name, owner and permissions."""
        instance, object_id = request.administered_instance(), self.id_of(request)
        sent = required_object(request.body, "settings")
        settings = {name: sent[name] for name in _SETTINGS if name in sent}
        with instance.lock:
            folder = instance.get(self, object_id)
            instance.put(self, object_id, {**folder, **settings})
        return done(f"Updated {self.label} {object_id}")

    def handle_create(self, request: ApiRequest) -> Any:
        """Create a folder in a folder, and return it."""
        instance, name = request.administered_instance(), request.query.get("name", "")
        with instance.lock:
            object_id = generated_id(7).generate(instance.names(self))
            instance.add(
                self,
                object_id,
                name=name,
                owner=request.login,
                parentId=self.id_of(request),
            )
        return {"id": object_id, "name": name, "childrenIds": [], "projectKeys": []}

    def handle_move(self, request: ApiRequest) -> Any:
        """Move a folder into another one."""
        instance, object_id = request.administered_instance(), self.id_of(request)
        with instance.lock:
            instance.get(self, request.query["destination"])
            folder = instance.get(self, object_id)
            moved = {**folder, "parentId": request.query["destination"]}
            instance.put(self, object_id, moved)
        return done(f"Moved {self.label} {object_id}")

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete a folder that is empty."""
        if self.id_of(request) == ROOT or self._children(request):
            raise InvalidDocumentError("Cannot delete a folder that is not empty")
        return super().handle_delete(request)

    def _children(self, request: ApiRequest) -> list[Document]:
        return [
            folder
            for folder in request.store.instance.documents(self)
            if folder.get("parentId") == self.id_of(request)
        ]


def _is_visible(folder: Document, request: ApiRequest) -> bool:
    if request.caller.is_instance_admin or folder["id"] == ROOT:
        return True
    groups = request.caller.info()["groups"]
    return any(
        item.get("group") in groups and item.get("read")
        for item in folder["permissions"]
    )


PROJECT_FOLDER = ProjectFolderKind(
    label="project folder",
    path="project-folders",
    key="id",
    always={"owner": "admin", "permissions": [], "parentId": ROOT},
    initial={ROOT: {"id": ROOT, "owner": "admin", "permissions": []}},
)
