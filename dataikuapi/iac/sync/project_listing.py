"""Lists the projects of an instance."""

from collections.abc import Collection
from dataclasses import replace

from dataikuapi.iac.exceptions import (
    DataikuIaCError,
    DSSPermissionError,
    SyncError,
)
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.errors import translate_errors
from dataikuapi.iac.sync.readers import Reader
from dataikuapi.iac.sync.result import FetchResult
from dataikuapi.iac.sync.workers import Workers
from dataikuapi.iac.types.registry import PROJECT

__all__ = ["ProjectListing"]


class ProjectListing:
    """The projects that the API key may see.

    Args:
        workers: their client lists them.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def keys(self) -> list[str] | None:
        """Return the keys of the projects; ``None`` if they could not be listed.

        A test double is not asked: it need not have a listing.
        """
        if not self._workers.adapter.can_identify:
            return None
        try:
            return self._list()
        except DataikuIaCError:
            return None

    def read(self, reader: Reader | None) -> tuple[FetchResult, list[str]]:
        """Read the projects, and return the keys of all, readable or not.

        Args:
            reader: of projects; ``None`` to read nothing but their keys.
        """
        if reader is None:
            return FetchResult(), self._list()
        return _read_listed(reader)

    def require_any(self, keys: Collection[str]) -> None:
        """Check that there is a project, if a real client listed them.

        A test double has no permissions that it could lack.

        Raises:
            DSSPermissionError: if there is none.
        """
        if not keys and self._workers.adapter.can_identify:
            raise DSSPermissionError(
                "the API key sees no project on "
                f"{describe_host(self._workers.client)}, so nothing was read. DSS "
                "lists only the projects on which the key has READ_CONF: grant it, or "
                "use another key"
            )

    def _list(self) -> list[str]:
        client = self._workers.client
        with translate_errors(client, None):
            return list(PROJECT.list_projects(client))


def _read_listed(reader: Reader) -> tuple[FetchResult, list[str]]:
    result, usable = FetchResult(), list[str]()
    try:
        result.resources = [replace(item) for item in reader.list_all()]
    except SyncError as error:
        result.resources = error.state.list_resources()
        result.failures = error.failures
        usable = list(filter(error.state.covers, error.failures))
    readable = [project.project_key for project in result.resources]
    result.listed_parts = [(key, PROJECT.name) for key in readable]
    unreadable = {ResourceId.parse(key).project_key for key in usable}
    return result, [*readable, *sorted(unreadable)]
