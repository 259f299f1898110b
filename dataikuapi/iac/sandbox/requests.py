"""What a request asks for, and in whose name."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from dataikuapi.iac.sandbox.auth import ApiKey
from dataikuapi.iac.sandbox.errors import ForbiddenError, InvalidDocumentError
from dataikuapi.iac.sandbox.projects import Project
from dataikuapi.iac.sandbox.store import ProjectStore


@dataclass(frozen=True)
class ApiRequest:
    """A request whose sender is known and whose body is parsed.

    Args:
        store: what the sandbox holds.
        caller: the rights of the sender's key.
        path: the variable parts of the path.
        query: the parameters; the client writes booleans as `True` and `False`.
        tags: the tags to filter by.
        body: the JSON that came with it; None where there was none.
    """

    store: ProjectStore
    caller: ApiKey
    path: Mapping[str, str]
    query: Mapping[str, str]
    tags: frozenset[str]
    body: Any

    @property
    def login(self) -> str:
        """The user in whose name changes are made."""
        return self.caller.login

    @property
    def name(self) -> str:
        """The name of the object that the path names."""
        return self.path["name"]

    def flag(self, name: str) -> bool:
        """Say whether a boolean parameter is there and true."""
        return self.query.get(name, "").lower() == "true"

    def project(self) -> Project:
        """Return the project that the path names.

        Raises:
            ProjectNotVisibleError: there is none that the caller sees.
        """
        return self.store.project(self.path["key"], self.caller)

    def administered_project(self) -> Project:
        """Return the project that the path names, if the caller may administer it.

        Raises:
            ProjectNotVisibleError: there is none that the caller sees.
            ForbiddenError: the caller sees it, but is no administrator of it.
        """
        project = self.project()
        if not self.caller.can_admin:
            raise ForbiddenError(
                f"You are not allowed to administer project {project.project_key}"
            )
        return project


def read_request(store: ProjectStore, request: Request, raw: bytes) -> ApiRequest:
    """Return the request as a call; who asks is settled before what is asked.

    Args:
        store: what the sandbox holds.
        request: where it came from.
        raw: the body of the request.

    Raises:
        InvalidApiKeyError: no key, or a wrong one.
        ProjectNotVisibleError: the path names a project that the caller does not see.
        InvalidDocumentError: the body is no JSON.
    """
    caller = store.authenticate(_key_of(request.headers.get("authorization", "")))
    if "key" in request.path_params:
        store.project(request.path_params["key"], caller)
    query = request.query_params
    return ApiRequest(
        store=store,
        caller=caller,
        path=request.path_params,
        query=query,
        # The client repeats the parameter, the documentation separates by commas.
        tags=frozenset(
            tag for part in query.getlist("tags") for tag in part.split(",") if tag
        ),
        body=_parsed(raw) if raw else None,
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


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise InvalidDocumentError(f"Malformed JSON: {error}") from error
