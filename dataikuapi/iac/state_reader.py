"""Reads states from one instance, each beside the stored state."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.models import State
from dataikuapi.iac.models.ids import INSTANCE, parse_listing_key
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.selection import Selection
from dataikuapi.iac.sync.connection import describe_host
from dataikuapi.iac.sync.distributed import DistributedReader
from dataikuapi.iac.sync.instance import InstanceReader, Progress
from dataikuapi.iac.sync.removals import ConfirmedRemovals
from dataikuapi.iac.sync.result import FetchResult, OnError, check_on_error

__all__ = ["RereadState", "StateReader"]

_NO_REMOVALS = ConfirmedRemovals(())


class RereadState(NamedTuple):
    """What was read again.

    Args:
        state: what was read; its scope is empty if ids or patterns were selected.
        deleted: ids of those in the stored state that no longer exist.
    """

    state: State
    deleted: list[str]


class StateReader:
    """Reads states from one instance.

    Each method takes the state that was stored when reading began: what could not be
    read is looked up there, and a save is refused if it has changed since.

    Args:
        instance: reads it.
    """

    def __init__(self, instance: InstanceReader) -> None:
        self._instance = instance

    def over(
        self,
        executor: Executor | None,
        open_reader: "partial[InstanceReader]",
        client: DSSClient,
    ) -> "StateReader":
        """Return what reads the same in tasks of an executor; itself without one.

        Raises:
            ValueError: see :class:`~dataikuapi.iac.sync.distributed.DistributedReader`.
        """
        if executor is None:
            return self
        reader = DistributedReader(self._instance, open_reader, client, executor)
        return StateReader(reader)

    @property
    def host(self) -> str:
        """The URL of the instance, for messages."""
        return describe_host(self._instance.workers.client)

    @property
    def types(self) -> Collection[str]:
        """Names of the types that are read."""
        return self._instance.readers.keys()

    def read_projects(
        self,
        stored: State,
        keys: Sequence[str],
        on_error: OnError,
        progress: Progress,
        types: Iterable[str] | None = None,
    ) -> State:
        """Read projects, whether they are in the stored state or not.

        Args:
            stored: the stored state.
            keys: of the projects; that of the instance for what is in no project.
            on_error: see :meth:`StateManager.sync_all`.
            progress: see :meth:`StateManager.sync_all`.
            types: which types to read. Defaults to all.

        Raises:
            ProjectNotVisibleError: if one is neither in the state nor in DSS.
            SyncError: if some objects could not be read, of several projects.
            DSSError: if nothing could be read.
        """
        check_on_error(on_error)
        started = utc_now()
        result = self._instance.read_projects(keys, progress, types)
        self._require_known(result, stored, on_error)
        return self._instance.build_state(result, started, on_error, stored)

    def read_all(
        self,
        stored: State,
        keys: Sequence[str] | None,
        on_error: OnError,
        progress: Progress,
        removals: ConfirmedRemovals,
        types: Iterable[str] | None = None,
    ) -> State:
        """Read projects; without keys, all that the API key may see.

        Args:
            stored: the stored state.
            keys: of the projects.
            on_error: see :meth:`StateManager.sync_all`.
            progress: see :meth:`StateManager.sync_all`.
            removals: projects that are known to be deleted, if all are read.
            types: which types to read. Defaults to all.

        Raises:
            SyncError: see :meth:`read_projects`.
        """
        if keys is not None:
            return self.read_projects(stored, keys, on_error, progress, types)
        check_on_error(on_error)
        started = utc_now()
        result, listed = self._instance.read_all(progress, removals, types)
        return self._instance.build_state(result, started, on_error, stored, listed)

    def reread(
        self,
        stored: State,
        selection: Selection,
        on_error: OnError,
        progress: Progress,
        removals: ConfirmedRemovals = _NO_REMOVALS,
    ) -> RereadState:
        """Read again what is stored, or what is selected of it.

        What cannot be read is unknown, and as it is stored.

        Args:
            stored: the stored state.
            selection: what to read.
            on_error: "raise" the first failure to read selected ids and patterns, or
                "keep" what could be read.
            progress: see :meth:`StateManager.sync_all`.
            removals: projects that are known to be deleted.

        Raises:
            StateNotFoundError: if there is no project key: the state has no project.
            ResourceNotFoundError: if a project, an id or a pattern matches nothing,
                neither in the state nor in DSS.
            DSSError: if nothing could be read.
        """
        removals.require_tracked(stored)
        if not selection.is_whole:
            return self._reread_selected(
                stored, selection, on_error, progress, removals
            )
        started, keys = utc_now(), selection.project_keys
        result = self._instance.read_tracked_projects(
            keys, progress, removals, selection.chosen_types
        )
        self._require_known(result, stored, "keep")
        return RereadState(
            self._instance.build_state(result, started, "keep", stored), []
        )

    def _reread_selected(
        self,
        stored: State,
        selection: Selection,
        on_error: OnError,
        progress: Progress,
        removals: ConfirmedRemovals,
    ) -> RereadState:
        started = utc_now()
        result = self._instance.read_objects(selection.ids, selection.parts, progress)
        # Before what is missing is taken for an id or a pattern that matches nothing.
        result.distrust_unsupported(stored, self._instance.provenance.instance)
        self._require_known(result, stored, "keep")
        selected = selection.of(stored)
        _reduce_to_selection(result, selection, selected, removals)
        if on_error == "raise":
            result.raise_first_failure()
        if not any(map(parse_listing_key, result.failures)):
            read = {item.resource_id for item in result.resources}
            found = {*selected.resources, *read, *result.failures}
            selection.require_found(found, stored.resources)
        state = self._instance.build_state(result, started, "keep", selected)
        return RereadState(state, result.deleted)

    def unwatched_projects(self, stored: State, selection: Selection) -> list[str]:
        """Return the projects in DSS that are neither stored nor selected.

        As far as DSS lists them: it does not list what the API key may not see. Where
        only some of the stored projects were looked at, nobody asked for others.
        """
        is_slice = stored.base_version is not None and stored.base_version.projects
        if is_slice or selection.project_keys == [INSTANCE]:
            return []
        watched = {*stored.project_keys(), *selection.project_keys}
        return sorted(set(self._instance.projects.keys() or ()) - watched)

    def _require_known(
        self, result: FetchResult, stored: State, on_error: OnError
    ) -> None:
        """Refuse to keep going with a project that is neither stored nor in DSS."""
        tracked = stored.project_keys()
        misspelled = result.suggest_projects(
            tracked, lambda: [*tracked, *(self._instance.projects.keys() or ())]
        )
        if misspelled and on_error == "keep":
            raise misspelled[0]


def _reduce_to_selection(
    result: FetchResult,
    selection: Selection,
    stored: State,
    removals: ConfirmedRemovals,
) -> None:
    """Drop what was read in passing, and find out what was deleted.

    Args:
        result: of reading whole parts of projects for the patterns; is changed.
        selection: what is to be left of it.
        stored: the selected objects that are stored.
        removals: projects that are known to be deleted.
    """
    result.resources = [
        item for item in result.resources if selection.matches(item.resource_id)
    ]
    present = {item.resource_id for item in result.resources}
    complete = set(result.listed_parts)
    result.deleted = [
        key
        for key, item in stored.resources.items()
        if (item.project_key, item.resource_type) in complete
        and key not in present
        and key not in result.failures
    ]
    result.listed_parts = []
    result.pop_deleted(removals)
