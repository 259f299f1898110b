"""What a kind of object says of itself, and how DSS serves most kinds.

A kind is an instance of :class:`Kind`, in a file of its own and with a line in
:mod:`~dataikuapi.iac.sandbox.kinds.registry`. What differs from one kind to the next is
data where it can be. Where DSS treats a kind in a way of its own, a subclass overrides
the method concerned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.sandbox.documents import (
    Document,
    StoredObject,
    copied,
    required_object,
    required_text,
)
from dataikuapi.iac.sandbox.errors import ProjectLayoutError
from dataikuapi.iac.sandbox.files import Files, read_document, read_text
from dataikuapi.iac.sandbox.kinds.fields import Fields
from dataikuapi.iac.sandbox.kinds.identity import BY_NAME, ONLY_ID, Identity

if TYPE_CHECKING:
    # For annotations alone: both import the kinds.
    from dataikuapi.iac.sandbox.projects import Project
    from dataikuapi.iac.sandbox.requests import ApiRequest

Handler = Callable[["ApiRequest"], Any]
"""Turns a request into the content of the response, or raises a SandboxError."""

Routes = Mapping[str, Mapping[str, Handler]]
"""Handlers by path, then by method."""


def done(what: str) -> Document:
    """Return DSS's response to a change: never the object as it is stored now."""
    return {"msg": what}


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of object inside a project, with what DSS does for most kinds.

    Args:
        label: what messages call it.
        fields: the fields of its documents.
        path: of its list, below `/projects/{key}/`. It may have parameters, such as
            `datasets/{dataset}/statistics/worksheets`.
        identity: how its objects are identified.
        file: path of an object's document in git layout, such as `datasets/{id}.json`.
        other_files: globs of the files beside it, such as payloads.
        defines_project: whether a folder without that file is not a project.
        list_fields: the fields that a list shows, each with the value for a document
            without it; None where a list shows whole documents.
        object_type: what DSS calls the kind in references from zones, from scenarios
            and to shared objects, such as `SAVED_MODEL`.
        computable: whether recipes read and write objects of this kind, which DSS calls
            computables.
        is_recent: whether only newer versions of DSS have this kind. To an older one
            its paths are unknown.
        rename_action: the action of the project that renames an object; None where
            there is none.
    """

    label: str
    fields: Fields = Fields()
    path: str = ""
    identity: Identity = BY_NAME
    file: str = ""
    other_files: tuple[str, ...] = ()
    defines_project: bool = False
    list_fields: Mapping[str, Any] | None = None
    object_type: str = ""
    computable: bool = False
    is_recent: bool = False
    rename_action: str | None = None

    # Files

    @property
    def globs(self) -> tuple[str, ...]:
        """Globs of the files that :meth:`load` looks at, in a project's folder."""
        return (self.file.replace("{id}", self.identity.glob), *self.other_files)

    def load(self, files: Files) -> dict[str, StoredObject]:
        """Return the objects of this kind by id.

        Where a project has just one, it is there even without a file, with defaults.

        Raises:
            ProjectLayoutError: a file is malformed; the message names it.
        """
        before, _, after = self.file.partition("{id}")
        pattern = re.escape(before) + self.identity.pattern + re.escape(after)
        if self.identity.field is None and self.file not in files:
            return {ONLY_ID: StoredObject(dict(self.fields.always))}
        return {
            match[1]: self.load_one(files, path, match[1])
            for path in sorted(files)
            if (match := re.fullmatch(pattern, path))
        }

    def load_one(self, files: Files, path: str, object_id: str) -> StoredObject:
        """Return the object whose document is at that path.

        Raises:
            ProjectLayoutError: a file is malformed; the message names it.
        """
        document = read_document(files, path)
        for name in self.fields.required:
            if not isinstance(document.get(name), str):
                raise ProjectLayoutError(f"{path} has no {name}")
        beside = self.payload_file(object_id, document)
        if beside is None or beside not in files:
            return StoredObject(document)
        return StoredObject(document, read_text(files, beside))

    def payload_file(self, object_id: str, document: Document) -> str | None:
        """Return the path of an object's payload; None where it cannot have one."""
        return None

    # Documents

    def added_fields(self, project_key: str, object_id: str) -> Document:
        """Return the fields that the API adds to an object's file."""
        if self.identity.field is None:
            return {}
        return {"projectKey": project_key, self.identity.field: object_id}

    def loaded(
        self, project_key: str, object_id: str, stored: StoredObject, owner: str
    ) -> StoredObject:
        """Return an object from disk as the API serves it.

        Args:
            project_key: the key of the object's project.
            object_id: the id.
            stored: as :meth:`load` returned it.
            owner: the login for an object whose file does not say who made it.
        """
        added = self.added_fields(project_key, object_id)
        document = self.fields.loaded(stored.document, owner, added)
        return StoredObject(document, stored.payload)

    def to_api(self, stored: StoredObject) -> Document:
        """Return a copy of an object as a GET shows it."""
        return copied(stored.document)

    def from_api(self, body: Any) -> StoredObject:
        """Return the object that a client PUTs; without a payload, that stays.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
        """
        document = required_object(body, self.label)
        field = self.identity.field
        mandatory = () if field is None else ("projectKey", field)
        for name in (*mandatory, *self.fields.required):
            required_text(document, name, self.label)
        return StoredObject(document)

    def list_item(self, document: Document) -> Document:
        """Return a copy of what the list shows of an object."""
        if self.list_fields is None:
            return copied(document)
        return copied(
            {
                name: document.get(name, start)
                for name, start in self.list_fields.items()
            }
        )

    # Requests

    def routes(self) -> Routes:
        """Return the requests that DSS serves for this kind.

        Several kinds may share a path, each with methods of its own.
        """
        base = f"/projects/{{key}}/{self.path}"
        if self.identity.field is None:
            return {base: {"GET": self.handle_get, "PUT": self.handle_put}}
        routes: Routes = {
            base: {"GET": self.handle_list, "POST": self.handle_create},
            f"{base}/{self.identity.route_parameter}": {
                "GET": self.handle_get,
                "PUT": self.handle_put,
                "DELETE": self.handle_delete,
            },
        }
        if self.rename_action is None:
            return routes
        action = f"/projects/{{key}}/actions/{self.rename_action}"
        return {**routes, action: {"POST": self.handle_rename}}

    def handle_list(self, request: ApiRequest) -> Any:
        """List the objects of a project."""
        objects = request.project().objects(self).values()
        return [self.list_item(stored.document) for stored in objects]

    def handle_get(self, request: ApiRequest) -> Any:
        """Return one object."""
        objects = request.project().objects(self)
        return self.to_api(objects.stored(self.id_of(request)))

    def handle_put(self, request: ApiRequest) -> Any:
        """Replace one object."""
        object_id, project = self.id_of(request), request.project()
        with project.lock:
            project.objects(self).put(object_id, request.body, request.login)
            project.saved(self, object_id, request.login)
        return done(f"Updated {self.label} {object_id}".rstrip())

    def handle_create(self, request: ApiRequest) -> Any:
        """Create an object; the response says which id it got."""
        return {self.identity.field: self.create(request)}

    def handle_delete(self, request: ApiRequest) -> Any:
        """Delete an object, with what that entails."""
        object_id = self.id_of(request)
        request.project().delete(self, object_id, request.login)
        return done(f"Deleted {self.label} {object_id}")

    def handle_rename(self, request: ApiRequest) -> Any:
        """Rename an object, and what refers to it by name."""
        what = f"{self.label} renaming"
        body = required_object(request.body, what)
        old, new = (required_text(body, part, what) for part in ("oldName", "newName"))
        request.project().rename(self, old, new, request.login)
        return done(f"Renamed {self.label} {old} to {new}")

    def id_of(self, request: ApiRequest) -> str:
        """Return the id in the path of a request."""
        return request.path.get("id", ONLY_ID)

    def create(self, request: ApiRequest) -> str:
        """Add the object that a client asks for, and return its id.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
            AlreadyExistsError: the id is taken.
        """
        prototype, project = self.prototype(request), request.project()
        with project.lock:
            objects = project.objects(self)
            object_id = self.new_id(prototype, objects)
            new = self.new_object(request, prototype)
            objects.add(object_id, request.login, new.document, new.payload)
            project.saved(self, object_id, request.login, is_new=True)
        return object_id

    def prototype(self, request: ApiRequest) -> Document:
        """Return what the body of a request says about an object to create.

        Raises:
            InvalidDocumentError: the body is not such.
        """
        return required_object(request.body, self.label)

    def new_object(self, request: ApiRequest, prototype: Document) -> StoredObject:
        """Return what DSS stores of the prototype of an object, but for the defaults.

        Raises:
            InvalidDocumentError: a mandatory field is missing or malformed.
        """
        return StoredObject(self.fields.requested(prototype, self.label))

    def new_id(self, prototype: Document, taken: Container[str]) -> str:
        """Return the id of an object to create: chosen by the client, or generated.

        Raises:
            InvalidDocumentError: the client should have chosen one.
        """
        if self.identity.generated_length:
            return self.identity.generate(taken)
        return required_text(prototype, str(self.identity.field), self.label)

    # Effects of a change to one object on others of the same project

    def on_project_created(self, project: Project, login: str) -> None:
        """Add the objects of this kind that DSS puts into each new project.

        Args:
            project: which was just created.
            login: who created it.
        """

    def on_saved(
        self, project: Project, kind: Kind, object_id: str, login: str, *, is_new: bool
    ) -> None:
        """Do to the objects of this kind what DSS does when an object is saved.

        Args:
            project: where the object is.
            kind: of the object that was saved.
            object_id: of the object that was saved.
            login: who saved it.
            is_new: whether it was just created.
        """

    def on_removed(
        self, project: Project, kind: Kind, object_id: str, login: str
    ) -> None:
        """Do to the objects of this kind what DSS does when an object is deleted.

        Args:
            project: where the object was.
            kind: of the object that was deleted.
            object_id: of the object that was deleted.
            login: who deleted it.
        """

    def on_renamed(
        self, project: Project, kind: Kind, old_id: str, new_id: str, login: str
    ) -> None:
        """Do to the objects of this kind what DSS does when an object is renamed.

        Args:
            project: where the object is.
            kind: of the object that was renamed.
            old_id: what it was called.
            new_id: what it is called now.
            login: who renamed it.
        """
