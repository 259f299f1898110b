"""Lists objects that are nested in others: one listing for each parent."""

from collections.abc import Iterator, Set
from functools import partial
from typing import Any

from dataikuapi.utils import DataikuException

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    TypeNotSupportedError,
    UnexpectedResponseError,
)
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.error_response import ErrorResponse
from dataikuapi.iac.sync.unsupported import not_supported, translate_listing_errors
from dataikuapi.iac.sync.workers import Workers
from dataikuapi.iac.types.nested import NestedType
from dataikuapi.iac.types.shapes import (
    UnexpectedShapeError,
    UnusableName,
    path_segment,
)

__all__ = ["list_nested", "usable_parents"]


def usable_parents(kind: NestedType, project: Any) -> Iterator[str]:
    """Yield the parents in a project.

    Raises:
        UnexpectedShapeError: if one has no usable name, so what is in it is unknown.
    """
    for parent in kind.list_parents(project):
        if isinstance(parent, UnusableName):
            raise UnexpectedShapeError(parent.reason)
        yield parent


def list_nested(
    workers: Workers, kind: NestedType, project_key: str, parents: list[str]
) -> list[str]:
    """Return the names of the objects in all parents, listed concurrently.

    A parent that was deleted after it was listed has none.

    Args:
        workers: make the requests.
        kind: of the objects.
        project_key: of the project.
        parents: as they were listed.

    Raises:
        TypeNotSupportedError: if DSS has no objects of this type.
        DataikuIaCError: if what is in one of them could not be listed.
    """
    results = workers.run(
        [partial(_list_in, workers, kind, project_key, parent) for parent in parents]
    )
    is_supported = any(isinstance(result, list) and result for result in results)
    names, missing = list[str](), set[str]()
    for parent, result in zip(parents, results, strict=True):
        if isinstance(result, TypeNotSupportedError) and is_supported:
            raise result.failure
        if isinstance(result, DataikuIaCError):
            raise result
        if result is None:
            missing.add(parent)
        names += result or ()
    if missing:
        error = _listed_error(workers, kind, project_key, missing)
        if error is not None and len(missing) == len(parents):
            # As the Free edition responds to listings of what it does not have.
            raise not_supported(workers.client, kind, error)
        if error is not None:
            raise error
    return names


def _list_in(
    workers: Workers, kind: NestedType, project_key: str, parent: str
) -> list[str] | None:
    """List the objects in a parent; ``None`` if DSS has no such parent."""
    client = workers.client
    with translate_listing_errors(client, kind, project_key):
        project = client.get_project(path_segment(project_key))
        try:
            return kind.list_in(project, parent)
        except DataikuException as error:
            if not ErrorResponse.of_exception(error).is_missing:
                raise
            return None


def _listed_error(
    workers: Workers, kind: NestedType, project_key: str, missing: Set[str]
) -> UnexpectedResponseError | None:
    """Return the error for parents that DSS still lists, if it lists any."""
    client = workers.client
    with (
        workers.fresh_responses(),
        translate_listing_errors(client, kind, project_key),
    ):
        project = client.get_project(path_segment(project_key))
        listed = missing & set(kind.list_parents(project))
    if not listed:
        return None
    return UnexpectedResponseError(
        f"{describe_host(client)} lists {min(listed)} in project {project_key}, and "
        f"reports that it does not exist when its {kind.plural} are requested. Sync "
        "again; if that persists, open it in DSS"
    )
