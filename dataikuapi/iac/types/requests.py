"""Requests by path, for what only newer versions of the client have methods."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dataikuapi.utils import DataikuException

from dataikuapi.iac.types.base import Project
from dataikuapi.iac.types.shapes import path_segment

__all__ = [
    "ListedObjectError",
    "get_instance_json",
    "get_json",
    "path_segments",
    "post_json",
    "reading_listed",
    "send",
]


class ListedObjectError(Exception):
    """An object that is read in order to list others could not be; see the cause.

    Args:
        name: of the object, which is listed itself.
        error: raised by the client.
    """

    def __init__(self, name: str, error: DataikuException) -> None:
        super().__init__(name)
        self.name = name
        self.error = error


@contextmanager
def reading_listed(name: str) -> Iterator[None]:
    """Read an object in order to list others.

    So what DSS reports is not taken for its response to the listing: DSS has that.

    Args:
        name: of the object, which is listed itself.

    Raises:
        ListedObjectError: if the client raises an error.
    """
    try:
        yield
    except DataikuException as error:
        raise ListedObjectError(name, error) from error


def get_json(project: Project, path: str) -> Any:
    """Return the JSON at a path below a project.

    Every client can request it, although the method for it came with client 12.6
    (SQL notebooks, knowledge banks) or 14 (agents).

    Args:
        project: a handle of the project.
        path: its segments are quoted already; may be followed by a query.
    """
    # The client's own methods format the key into the path like this.
    return project.client._perform_json(
        "GET", f"/projects/{project.project_key}/{path}"
    )


def get_instance_json(client: Any, path: str) -> Any:
    """Return the JSON at a path that is in no project.

    Args:
        client: a :class:`~dataikuapi.dssclient.DSSClient`.
        path: as for :func:`get_json`, without a slash in front.
    """
    return client._perform_json("GET", f"/{path}")


def path_segments(name: str) -> str:
    """Return a name with slashes as the end of a path, each segment quoted.

    Raises:
        UnexpectedShapeError: if no URL can have such a path.
    """
    return "/".join(map(path_segment, name.split("/")))


def post_json(project: Project, path: str, body: Any) -> Any:
    """Post JSON to a path below a project, and return the JSON of the response.

    Args:
        project: a handle of the project.
        path: as for :func:`get_json`.
        body: the JSON.
    """
    return project.client._perform_json(
        "POST", f"/projects/{project.project_key}/{path}", body=body
    )


def send(
    project: Project,
    method: str,
    path: str,
    body: Any = None,
    raw_body: bytes | None = None,
) -> None:
    """Make a request that changes something below a project.

    The response does not matter: some versions of DSS have none where others have JSON.

    Args:
        project: a handle of the project.
        method: ``POST``, ``PUT`` or ``DELETE``.
        path: as for :func:`get_json`.
        body: the JSON, if there is any.
        raw_body: is sent as it is, in place of JSON.
    """
    project.client._perform_empty(
        method,
        f"/projects/{project.project_key}/{path}",
        body=body,
        raw_body=raw_body,
    )
