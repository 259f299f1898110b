"""The DSS public API as far as the sandbox serves it. Opens no sockets.

Each kind of object says which requests DSS serves for it; here are the few others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dataikuapi.iac.sandbox.errors import InvalidDocumentError, SandboxError
from dataikuapi.iac.sandbox.kinds.base import Handler, Kind, Routes
from dataikuapi.iac.sandbox.kinds.instance_kind import InstanceKind
from dataikuapi.iac.sandbox.kinds.registry import INSTANCE_KINDS
from dataikuapi.iac.sandbox.requests import ApiRequest, read_request
from dataikuapi.iac.sandbox.responses import error_response, json_response, response_for
from dataikuapi.iac.sandbox.store import ProjectStore

# The client calls the first, the documentation names the second; both serve the same.
PREFIXES = ("/dip/publicapi", "/public/api")


def _auth_info(request: ApiRequest) -> Any:
    info = request.caller.info()
    return {**info, "secrets": []} if request.flag("withSecrets") else info


def _users(request: ApiRequest) -> Any:
    return [
        {"login": login, "displayName": login, "enabled": True}
        for login in request.store.logins()
    ]


def _instance_info(request: ApiRequest) -> Any:
    return request.store.instance_info()


_INSTANCE_ROUTES: Routes = {
    "/auth/info": {"GET": _auth_info},
    "/instance-info": {"GET": _instance_info},
    "/users": {"GET": _users},
}


def api_routes(kinds: Iterable[Kind | InstanceKind]) -> Routes:
    """Return the handlers by path and method, in the order in which paths are tried.

    A literal segment goes before a parameter, so that an object's id does not hide a
    path such as `agents/tools`.
    """
    routes: dict[str, dict[str, Handler]] = {}
    for part in (_INSTANCE_ROUTES, *(kind.routes() for kind in kinds)):
        for path, handlers in part.items():
            routes.setdefault(path, {}).update(handlers)
    return {path: routes[path] for path in sorted(routes, key=_specificity)}


def _specificity(path: str) -> list[bool]:
    return [segment.startswith("{") for segment in path.split("/")]


def create_app(store: ProjectStore) -> Starlette:
    """Return the API as an ASGI application over a store."""
    routes: list[BaseRoute] = []
    kinds: list[Kind | InstanceKind] = [*store.kinds, *INSTANCE_KINDS]
    unknown = [kind for kind in kinds if store.is_older and kind.is_recent]
    unknown_paths = {path for kind in unknown for path in kind.routes()}
    for path, handlers in api_routes(kinds).items():
        is_unknown = path in unknown_paths
        endpoint = _unknown_page if is_unknown else _endpoint(store, handlers)
        # DSS takes every path with and without a slash at its end.
        routes += [
            Route(spelling, endpoint, methods=list(handlers))
            for spelling in (path, f"{path}/")
        ]
    return Starlette(
        routes=[Mount(prefix, routes=routes) for prefix in PREFIXES],
        exception_handlers={404: _not_in_sandbox, 405: _wrong_method},
        middleware=[Middleware(_QuotedPath)],
    )


class _QuotedPath:
    """Routes by the path as it was sent, so that a quoted slash separates nothing.

    :func:`read_request` decodes the parameters, each once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if "raw_path" in scope:
            scope = {**scope, "path": scope["raw_path"].decode("ascii")}
        await self._app(scope, receive, send)


def _endpoint(
    store: ProjectStore, handlers: Mapping[str, Handler]
) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        raw = await request.body()
        try:
            return json_response(
                handlers[request.method](read_request(store, request, raw))
            )
        except SandboxError as error:
            return response_for(error)
        except RecursionError:
            return response_for(InvalidDocumentError("JSON is nested too deeply"))

    return respond


async def _unknown_page(request: Request) -> Response:
    """Respond as the web server of a DSS that does not know the path."""
    body = "<html><body><h2>HTTP ERROR 404 Not Found</h2></body></html>"
    return Response(body, 404, {}, "text/html")


async def _not_in_sandbox(request: Request, error: Exception) -> Response:
    """Respond with 501, so that a gap is not mistaken for a missing object."""
    message = f"{request.method} {request.url.path} is not in the sandbox"
    return error_response(501, "dataikuapi.iac.sandbox.NotInSandboxError", message)


async def _wrong_method(request: Request, error: Exception) -> Response:
    refused = cast(HTTPException, error)
    return error_response(
        405,
        "org.springframework.web.HttpRequestMethodNotSupportedException",
        f"Request method '{request.method}' not supported",
        refused.headers,
    )
