"""Files of the project library: a tree of names, and a path for each content."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import ObjectNotFoundError, ReadDirectoryError
from dataikuapi.iac.sandbox.kinds.base import Kind, Routes, done
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import BY_PATH

if TYPE_CHECKING:
    from dataikuapi.iac.sandbox.collection import ObjectCollection
    from dataikuapi.iac.sandbox.files import Files
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

_FOLDER = "lib/"

_EXTERNAL_LIBRARIES = "external-libraries.json"
_NEW_EXTERNAL_LIBRARIES = {
    "gitReferences": {},
    "pythonPath": ["python"],
    "rsrcPath": ["R"],
    "importLibrariesFromProjects": [],
}


@dataclass(frozen=True, eq=False)
class LibraryFileKind(Kind):
    """Files of the library. Bytes that are no UTF-8 come back as other characters."""

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return the files below `lib`, each with its bytes as payload."""
        return {
            path.removeprefix(_FOLDER): StoredObject({}, _as_text(content))
            for path, content in files.items()
            if path.startswith(_FOLDER)
        }

    def on_project_created(self, project: Project, login: str) -> None:
        """Add the file that says where libraries are, which each new project has."""
        text = json.dumps(_NEW_EXTERNAL_LIBRARIES, indent=2)
        project.objects(self).add(_EXTERNAL_LIBRARIES, login, {}, text)

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return nothing: a file is no document."""
        return {}

    def routes(self) -> Routes:
        """Return the requests for the tree, and for each file."""
        base = "/projects/{key}/libraries"
        return {
            f"{base}/contents": {"GET": self.handle_list},
            f"{base}/contents/{{id:path}}": {
                "GET": self.handle_get,
                "POST": self.handle_post,
                "DELETE": self.handle_delete,
            },
            f"{base}/folders/{{id:path}}": {"POST": self.handle_folder},
            f"{base}/contents-actions/rename": {"POST": self.handle_rename},
            f"{base}/contents-actions/move": {"POST": self.handle_move},
        }

    def id_of(self, request: ApiRequest) -> str:
        """Return the path of a file; the client sends it with a slash at its start."""
        return super().id_of(request).strip("/")

    def handle_list(self, request: ApiRequest) -> Any:
        """Return the tree of names."""
        return _tree(request.project().objects(self).names())

    def handle_get(self, request: ApiRequest) -> Any:
        """Return a content, in base64 on demand."""
        files, path = request.project().objects(self), self.id_of(request)
        if path not in files and _below(files, path):
            raise ReadDirectoryError("Cannot read directory as file")
        content = _as_bytes(files.stored(path).payload or "")
        if request.query.get("dataEncoding") == "base64":
            return {"data": base64.b64encode(content).decode("ascii")}
        return {"data": content.decode("utf-8", "replace")}

    def handle_post(self, request: ApiRequest) -> Any:
        """Create a file or overwrite it, without a word."""
        files, path = request.project().objects(self), self.id_of(request)
        with request.project().lock:
            if path in files:
                files.remove(path)
            files.add(path, request.login, {}, _as_text(request.raw))
        return done(f"Wrote {path}")

    def handle_folder(self, request: ApiRequest) -> Any:
        """Create a folder; an empty one does not show."""
        return done(f"Created {self.id_of(request)}")

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete a file, or a folder with all that is in it."""
        files, path = request.project().objects(self), self.id_of(request)
        with request.project().lock:
            for name in _found(files, path):
                files.remove(name)
        return done(f"Deleted {path}")

    def handle_rename(self, request: ApiRequest) -> Any:
        """Give a file or a folder another name, in the same folder."""
        sent = required_object(request.body, "renaming")
        old = required_text(sent, "oldPath", "renaming").strip("/")
        folder, _, _ = old.rpartition("/")
        name = required_text(sent, "newName", "renaming")
        return self._move(request, old, f"{folder}/{name}")

    def handle_move(self, request: ApiRequest) -> Any:
        """Move a file or a folder into another folder."""
        sent = required_object(request.body, "move")
        old = required_text(sent, "oldPath", "move").strip("/")
        folder = required_text(sent, "newPath", "move").strip("/")
        return self._move(request, old, f"{folder}/{old.rpartition('/')[2]}")

    def _move(self, request: ApiRequest, old: str, new: str) -> Any:
        files, new = request.project().objects(self), new.strip("/")
        with request.project().lock:
            for path in _found(files, old):
                files.rename(path, new + path.removeprefix(old))
        return done(f"Moved {old} to {new}")


def _below(files: ObjectCollection, folder: str) -> list[str]:
    return [name for name in files.names() if name.startswith(f"{folder.strip('/')}/")]


def _found(files: ObjectCollection, path: str) -> list[str]:
    """Return the file at a path, or the files in the folder there."""
    found = [path] if path in files else _below(files, path)
    if not found:
        raise ObjectNotFoundError(f"{path} does not exist")
    return found


def _tree(paths: list[str]) -> list[Document]:
    folders: dict[str, list[str]] = {}
    items: list[Document] = []
    for path in paths:
        first, _, rest = path.partition("/")
        if rest:
            folders.setdefault(first, []).append(rest)
        else:
            items.append({"name": first})
    nested = [
        {"name": name, "children": _tree(inside)} for name, inside in folders.items()
    ]
    return [*nested, *items]


def _as_text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


LIBRARY_FILE = LibraryFileKind(
    label="library file",
    path="libraries/contents",
    file="lib/{id}",
    identity=BY_PATH,
    fields=Fields(versioned=False),
)
