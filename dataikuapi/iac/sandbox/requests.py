"""What a request asks for, and on whose behalf."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from dataikuapi.iac.sandbox.auth import ApiKey
from dataikuapi.iac.sandbox.errors import ForbiddenError, InvalidDocumentError
from dataikuapi.iac.sandbox.instance import Instance
from dataikuapi.iac.sandbox.projects import Project
from dataikuapi.iac.sandbox.store import ProjectStore


@dataclass(frozen=True)
class ApiRequest:
    """A request whose sender is known.

    Args:
        store: the projects.
        caller: the rights of the sender's key.
        path: the parameters in the path.
        query: the parameters after it; the client writes booleans as `True` and
            `False`.
        tags: the tags to filter by.
        raw: the body, as it was sent.
    """

    store: ProjectStore
    caller: ApiKey
    path: Mapping[str, str]
    query: Mapping[str, str]
    tags: frozenset[str]
    raw: bytes

    @property
    def login(self) -> str:
        """The user who makes the changes."""
        return self.caller.login

    @property
    def body(self) -> Any:
        """The JSON in the body; None where the body is empty.

        Raises:
            InvalidDocumentError: the body is not JSON.
        """
        try:
            return json.loads(self.raw) if self.raw else None
        except ValueError as error:
            raise InvalidDocumentError(f"Malformed JSON: {error}") from error

    def flag(self, name: str) -> bool:
        """Return whether a boolean parameter is there and true."""
        return self.query.get(name, "").lower() == "true"

    def wants(self, tags: Iterable[str]) -> bool:
        """Return whether an object with these tags passes the tag filter."""
        return not self.tags or not self.tags.isdisjoint(tags)

    def project(self) -> Project:
        """Return the project in the path.

        Raises:
            ProjectForbiddenError: there is none that the caller sees.
        """
        return self.store.project(self.path["key"], self.caller)

    def administered_project(self) -> Project:
        """Return the project in the path, if the caller may administer it.

        Raises:
            ProjectForbiddenError: there is none that the caller sees.
            ForbiddenError: the caller sees it, but is not an administrator of it.
        """
        project = self.project()
        if not self.caller.can_admin:
            raise ForbiddenError(
                f"You are not allowed to administer project {project.project_key}"
            )
        return project

    def administered_instance(self) -> Instance:
        """Return what is in no project, if the caller may administer the instance.

        Raises:
            ForbiddenError: the caller may not.
        """
        if not self.caller.is_instance_admin:
            raise ForbiddenError("You are not allowed to administer this instance")
        return self.store.instance


def read_request(store: ProjectStore, request: Request, raw: bytes) -> ApiRequest:
    """Return a request whose sender may see the project that it is about.

    That is checked before the body is parsed.

    Args:
        store: the projects.
        request: as it was received.
        raw: its body.

    Raises:
        InvalidApiKeyError: no key, or an unknown one.
        ProjectForbiddenError: the path names a project that the caller does not see.
    """
    caller = store.authenticate(_key_of(request.headers.get("authorization", "")))
    path = {name: unquote(value) for name, value in request.path_params.items()}
    if "key" in path:
        store.project(path["key"], caller)
    query = request.query_params
    return ApiRequest(
        store=store,
        caller=caller,
        path=path,
        query=query,
        # The client repeats the parameter, the documentation separates by commas.
        tags=frozenset(
            tag for part in query.getlist("tags") for tag in part.split(",") if tag
        ),
        raw=raw,
    )


def _key_of(authorization: str) -> str | None:
    """Return the API key: the user name of HTTP Basic, or a bearer token."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    try:
        decoded = base64.b64decode(credentials, validate=True).decode("latin-1")
    except binascii.Error:
        return None
    return decoded.partition(":")[0] if scheme.lower() == "basic" else None
