"""Reading many objects at once, and telling what was read and what was not."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, Protocol

from dataikuapi.iac.exceptions import DataikuIaCError, SyncError
from dataikuapi.iac.models import Resource, State, make_resource_id
from dataikuapi.iac.statefile.merge import carry_over_unknown, collect_unknown
from dataikuapi.iac.sync.base import ResourceSync
from dataikuapi.iac.sync.provenance import Provenance
from dataikuapi.iac.sync.result import FetchResult
from dataikuapi.iac.sync.workers import Workers

__all__ = [
    "OnError",
    "Reader",
    "handle_failures",
    "list_projects",
    "read_projects",
    "read_single",
]

logger = logging.getLogger(__name__)

OnError = Literal["raise", "keep"]


class Reader(Protocol):
    """What it takes to read one type: a ResourceSync, or what a caller put there."""

    def fetch(self, resource_id: str) -> Resource:
        """Read one object."""
        ...

    def list_all(self, project_key: str | None = None) -> list[Resource]:
        """Read all objects, of one project where the type lives in projects."""
        ...


def list_projects(reader: Reader) -> tuple[FetchResult, list[str]]:
    """Read all projects that the API key may see.

    Returns:
        What came of it, and the keys of all that are listed, readable or not.

    Raises:
        DSSError: if they could not be listed.
    """
    reading = FetchResult()
    try:
        reading.resources = [replace(item) for item in reader.list_all()]
    except SyncError as error:
        reading.resources = error.state.list_resources()
        reading.failures = error.failures
    readable = [project.project_key for project in reading.resources]
    reading.complete = [(key, "project") for key in readable]
    listed = {key.partition(".")[2] for key in reading.failures}
    return reading, [*readable, *sorted(listed)]


def read_projects(
    workers: Workers,
    origin: Provenance,
    readers: Mapping[str, Reader],
    project_keys: Sequence[str],
    types: Iterable[str],
) -> FetchResult:
    """Read these types of these projects, all at the same time.

    Args:
        workers: who makes the calls.
        origin: learns meanwhile which DSS it is.
        readers: by type.
        project_keys: of the projects.
        types: what to read; ``project`` is the project's own configuration.
    """
    parts = [(key, resource_type) for key in project_keys for resource_type in types]
    calls: list[Callable[[], Resource | list[Resource]]] = [
        (
            partial(readers["project"].fetch, make_resource_id("project", key))
            if resource_type == "project"
            else partial(readers[resource_type].list_all, key)
        )
        for key, resource_type in parts
    ]
    reading = FetchResult()

    def read() -> None:
        for (key, resource_type), outcome in zip(parts, workers.run(calls)):
            is_own = isinstance(readers[resource_type], ResourceSync)
            reading.add(key, resource_type, outcome, is_own)

    workers.run([lambda: origin.ask(workers.client), read])
    return reading


def read_single(
    workers: Workers,
    origin: Provenance,
    readers: Mapping[str, Reader],
    ids: Sequence[str],
) -> FetchResult:
    """Read single objects, all at the same time.

    Args:
        workers: who makes the calls.
        origin: learns meanwhile which DSS it is.
        readers: by type.
        ids: of the objects.
    """
    calls = [partial(readers[key.partition(".")[0]].fetch, key) for key in ids]
    reading = FetchResult()

    def read() -> None:
        for key, outcome in zip(ids, workers.run(calls)):
            if isinstance(outcome, DataikuIaCError):
                reading.failures[key] = outcome
            else:
                reading.resources.append(replace(outcome))

    workers.run([lambda: origin.ask(workers.client), read])
    return reading


def handle_failures(
    state: State,
    stored: State,
    failures: Mapping[str, DataikuIaCError],
    listed: list[str] | None,
    on_error: OnError,
) -> None:
    """Say in the state what could not be read, then do what is to be done about it.

    Args:
        state: what was read; its ``unknown`` is filled.
        stored: what was known before.
        failures: what could not be read, by id.
        listed: the keys of all projects that there are, where that is known.
        on_error: "raise" the failures, or "keep" what is stored of those objects.

    Raises:
        SyncError: if there are failures, and they are to be raised; where nothing at
            all of one project was read, the failure itself.
    """
    known = {resource.project_key for resource in stored.resources.values()}
    vanished = known - set(known if listed is None else listed)
    state.unknown = collect_unknown(stored, failures, vanished)
    for key in sorted(vanished):
        logger.warning("project %s is no longer listed: unknown, not removed", key)
    if failures and on_error == "raise":
        projects = {key.split(".")[1] for key in failures}
        if not state.resources and len(projects) == 1:
            raise next(iter(failures.values()))  # It says more than "nothing was read".
        raise SyncError(state, failures)
    if failures:
        kept = carry_over_unknown(stored, state)
        logger.warning(
            "could not be read: %d (%s); kept as stored: %d",
            len(failures),
            ", ".join(sorted(failures)),
            len(kept),
        )
