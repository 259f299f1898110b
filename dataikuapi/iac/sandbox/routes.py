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

from dataikuapi.iac.sandbox.answers import answer, error_answer, failure
from dataikuapi.iac.sandbox.calls import Call, read_call
from dataikuapi.iac.sandbox.errors import InvalidDocumentError, SandboxError
from dataikuapi.iac.sandbox.store import ProjectStore

# The client calls the first, the documentation names the second; both serve the same.
PREFIXES = ("/dip/publicapi", "/public/api")


Handler = Callable[[Call], Any]


def _done(what: str) -> dict[str, str]:
    """Return what DSS answers to a change: never the object as it is stored now."""
    return {"msg": what}


def _auth_info(call: Call) -> Any:
    info = call.caller.info()
    return {**info, "secrets": []} if call.flag("withSecrets") else info


def _instance_info(call: Call) -> Any:
    return call.store.instance_info()


def _list_projects(call: Call) -> Any:
    projects = call.store.list_projects(call.caller, call.tags)
    if call.flag("includeLocation"):
        location = [{"id": "ROOT", "name": "/"}]
        return [{**project, "projectLocation": location} for project in projects]
    return projects


def _create_project(call: Call) -> Any:
    return _done(f"Created project {call.store.create_project(call.body, call.caller)}")


def _get_summary(call: Call) -> Any:
    return call.project().summary()


def _delete_project(call: Call) -> Any:
    """Delete a project; the answer is that of a task which has already ended."""
    call.store.delete_project(call.administered_project().project_key)
    return {
        "hasResult": True,
        "aborted": False,
        "alive": False,
        "result": {"messages": [], "anyMessage": False, "success": True},
    }


def _get_metadata(call: Call) -> Any:
    return call.project().metadata()


def _put_metadata(call: Call) -> Any:
    call.project().put_metadata(call.body, call.login)
    return _done("Updated metadata")


def _get_settings(call: Call) -> Any:
    return call.project().settings()


def _put_settings(call: Call) -> Any:
    call.project().put_settings(call.body, call.login)
    return _done("Updated settings")


def _get_permissions(call: Call) -> Any:
    return call.administered_project().permissions()


def _put_permissions(call: Call) -> Any:
    call.administered_project().put_permissions(call.body, call.login)
    return _done("Updated permissions")


def _get_variables(call: Call) -> Any:
    return call.project().variables()


def _put_variables(call: Call) -> Any:
    call.project().put_variables(call.body, call.login)
    return _done("Updated variables")


def _list_datasets(call: Call) -> Any:
    """List full definitions; those shared by other projects only on demand."""
    project = call.project()
    own = project.datasets.definitions(call.tags)
    if call.flag("foreign"):
        return own + call.store.list_foreign_datasets(project.project_key)
    return own


def _create_dataset(call: Call) -> Any:
    return _done(
        f"Created dataset {call.project().datasets.create(call.body, call.login)}"
    )


def _get_dataset(call: Call) -> Any:
    return call.project().datasets.get(call.name)


def _put_dataset(call: Call) -> Any:
    call.project().datasets.put(call.name, call.body, call.login)
    return _done(f"Updated dataset {call.name}")


def _delete_dataset(call: Call) -> Any:
    call.project().delete_dataset(call.name)
    return _done(f"Deleted dataset {call.name}")


def _list_recipes(call: Call) -> Any:
    return call.project().recipes.summaries()


def _create_recipe(call: Call) -> Any:
    return {"name": call.project().recipes.create(call.body, call.login)}


def _get_recipe(call: Call) -> Any:
    return call.project().recipes.get_with_payload(call.name)


def _put_recipe(call: Call) -> Any:
    call.project().recipes.put_with_payload(call.name, call.body, call.login)
    return _done(f"Updated recipe {call.name}")


def _delete_recipe(call: Call) -> Any:
    call.project().recipes.remove(call.name)
    return _done(f"Deleted recipe {call.name}")


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
            return answer(handlers[request.method](read_call(store, request, raw)))
        except SandboxError as error:
            return failure(error)
        except RecursionError:
            return failure(InvalidDocumentError("JSON is nested too deeply"))

    return respond


async def _not_in_sandbox(request: Request, error: Exception) -> Response:
    """Answer 501, so that a gap is never mistaken for an object that is missing."""
    message = f"{request.method} {request.url.path} is not in the sandbox"
    return error_answer(501, "dataikuapi.iac.sandbox.NotInSandboxError", message)


async def _wrong_method(request: Request, error: Exception) -> Response:
    refused = cast(HTTPException, error)
    return error_answer(
        405,
        "org.springframework.web.HttpRequestMethodNotSupportedException",
        f"Request method '{request.method}' not supported",
        refused.headers,
    )
