"""The DSS public API as far as the sandbox serves it. Opens no sockets.

`ROUTES` is the whole of it: which handler answers which method of which path. A handler
turns a call into the content of the answer, or raises one of the store's errors. A
further kind of object is a block of handlers and two lines in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from dataikuapi.iac.sandbox.errors import InvalidDocumentError, SandboxError
from dataikuapi.iac.sandbox.requests import ApiRequest, read_request
from dataikuapi.iac.sandbox.responses import error_response, json_response, response_for
from dataikuapi.iac.sandbox.store import ProjectStore

# The client calls the first, the documentation names the second; both serve the same.
PREFIXES = ("/dip/publicapi", "/public/api")


Handler = Callable[[ApiRequest], Any]


def _done(what: str) -> dict[str, str]:
    """Return what DSS answers to a change: never the object as it is stored now."""
    return {"msg": what}


def _auth_info(request: ApiRequest) -> Any:
    info = request.caller.info()
    return {**info, "secrets": []} if request.flag("withSecrets") else info


def _instance_info(request: ApiRequest) -> Any:
    return request.store.instance_info()


def _list_projects(request: ApiRequest) -> Any:
    projects = request.store.list_projects(request.caller, request.tags)
    if request.flag("includeLocation"):
        location = [{"id": "ROOT", "name": "/"}]
        return [{**project, "projectLocation": location} for project in projects]
    return projects


def _create_project(request: ApiRequest) -> Any:
    return _done(
        f"Created project {request.store.create_project(request.body, request.caller)}"
    )


def _get_summary(request: ApiRequest) -> Any:
    return request.project().summary()


def _delete_project(request: ApiRequest) -> Any:
    """Delete a project; the answer is that of a task which has already ended."""
    request.store.delete_project(request.administered_project().project_key)
    return {
        "hasResult": True,
        "aborted": False,
        "alive": False,
        "result": {"messages": [], "anyMessage": False, "success": True},
    }


def _get_metadata(request: ApiRequest) -> Any:
    return request.project().metadata()


def _put_metadata(request: ApiRequest) -> Any:
    request.project().put_metadata(request.body, request.login)
    return _done("Updated metadata")


def _get_settings(request: ApiRequest) -> Any:
    return request.project().settings()


def _put_settings(request: ApiRequest) -> Any:
    request.project().put_settings(request.body, request.login)
    return _done("Updated settings")


def _get_permissions(request: ApiRequest) -> Any:
    return request.administered_project().permissions()


def _put_permissions(request: ApiRequest) -> Any:
    request.administered_project().put_permissions(request.body, request.login)
    return _done("Updated permissions")


def _get_variables(request: ApiRequest) -> Any:
    return request.project().variables()


def _put_variables(request: ApiRequest) -> Any:
    request.project().put_variables(request.body, request.login)
    return _done("Updated variables")


def _list_datasets(request: ApiRequest) -> Any:
    """List full definitions; those shared by other projects only on demand."""
    project = request.project()
    own = project.datasets.definitions(request.tags)
    if request.flag("foreign"):
        return own + request.store.list_foreign_datasets(project.project_key)
    return own


def _create_dataset(request: ApiRequest) -> Any:
    name = request.project().datasets.create(request.body, request.login)
    return _done(f"Created dataset {name}")


def _get_dataset(request: ApiRequest) -> Any:
    return request.project().datasets.get(request.name)


def _put_dataset(request: ApiRequest) -> Any:
    request.project().datasets.put(request.name, request.body, request.login)
    return _done(f"Updated dataset {request.name}")


def _delete_dataset(request: ApiRequest) -> Any:
    request.project().delete_dataset(request.name)
    return _done(f"Deleted dataset {request.name}")


def _list_recipes(request: ApiRequest) -> Any:
    return request.project().recipes.summaries()


def _create_recipe(request: ApiRequest) -> Any:
    return {"name": request.project().recipes.create(request.body, request.login)}


def _get_recipe(request: ApiRequest) -> Any:
    return request.project().recipes.get_with_payload(request.name)


def _put_recipe(request: ApiRequest) -> Any:
    request.project().recipes.put_with_payload(
        request.name, request.body, request.login
    )
    return _done(f"Updated recipe {request.name}")


def _delete_recipe(request: ApiRequest) -> Any:
    request.project().recipes.remove(request.name)
    return _done(f"Deleted recipe {request.name}")


ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "/auth/info": {"GET": _auth_info},
    "/instance-info": {"GET": _instance_info},
    "/projects": {"GET": _list_projects, "POST": _create_project},
    "/projects/{key}": {"GET": _get_summary, "DELETE": _delete_project},
    "/projects/{key}/metadata": {"GET": _get_metadata, "PUT": _put_metadata},
    "/projects/{key}/settings": {"GET": _get_settings, "PUT": _put_settings},
    "/projects/{key}/permissions": {
        "GET": _get_permissions,
        "PUT": _put_permissions,
    },
    "/projects/{key}/variables": {"GET": _get_variables, "PUT": _put_variables},
    "/projects/{key}/datasets": {"GET": _list_datasets, "POST": _create_dataset},
    "/projects/{key}/datasets/{name}": {
        "GET": _get_dataset,
        "PUT": _put_dataset,
        "DELETE": _delete_dataset,
    },
    "/projects/{key}/recipes": {"GET": _list_recipes, "POST": _create_recipe},
    "/projects/{key}/recipes/{name}": {
        "GET": _get_recipe,
        "PUT": _put_recipe,
        "DELETE": _delete_recipe,
    },
}


def create_app(store: ProjectStore) -> Starlette:
    """Return the API as an ASGI application over a store."""
    routes: list[BaseRoute] = []
    for path, handlers in ROUTES.items():
        endpoint = _endpoint(store, handlers)
        # DSS takes every path with and without a slash at its end.
        for spelling in (path, f"{path}/"):
            routes.append(Route(spelling, endpoint, methods=list(handlers)))
    return Starlette(
        routes=[Mount(prefix, routes=routes) for prefix in PREFIXES],
        exception_handlers={404: _not_in_sandbox, 405: _wrong_method},
    )


def _endpoint(
    store: ProjectStore, handlers: Mapping[str, Handler]
) -> Callable[[Request], Any]:
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


async def _not_in_sandbox(request: Request, error: Exception) -> Response:
    """Answer 501, so that a gap is never mistaken for an object that is missing."""
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
