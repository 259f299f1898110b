"""Loads and saves the state of one environment in one backend."""

from collections.abc import Collection
from contextlib import suppress
from typing import NamedTuple

from dataikuapi.iac.backends.adapter import adapt_backend
from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.console import get_logger
from dataikuapi.iac.exceptions import (
    EnvironmentMismatchError,
    InstanceConflictError,
    InstanceMismatchError,
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
)
from dataikuapi.iac.merge import (
    merge,
    require_same_instance,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.stored_version import NO_BASE, NOTHING_STORED, ReadingStart
from dataikuapi.iac.outdated import require_not_outdated
from dataikuapi.iac.partial_saves import follow, touched_projects

__all__ = ["StatePair", "StateStore"]

logger = get_logger(__name__)

_ATTEMPTS = 5
"""How often a merge is tried again where others store other parts meanwhile."""


class StatePair(NamedTuple):
    """What is stored, and what would be stored instead."""

    stored: State
    proposed: State


class StateStore:
    """The state of one environment, in one backend.

    Args:
        backend: where the state is stored.
        environment: e.g. ``dev`` or ``prod``; recorded in each state.

    Raises:
        ValueError: if the environment is not a valid name.
    """

    def __init__(self, backend: StateBackend, environment: str) -> None:
        self.environment = check_environment(environment)
        self._backend = adapt_backend(backend)

    @property
    def backend(self) -> StateBackend:
        """Where the state is stored."""
        return self._backend

    @property
    def _has_parts(self) -> bool:
        return Capability.PARTS in self._backend.capabilities

    def load(self, project_keys: Collection[str] | None = None) -> State:
        """Return the stored state, or an empty one if there is none.

        Args:
            project_keys: of projects that are enough, in a backend where reading less
                costs less. Defaults to all.

        Raises:
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
        """
        if self._backend.exists():
            try:
                if project_keys is not None and self._has_parts:
                    return self._backend.load_projects(project_keys)
                return self._backend.load()
            except StateNotFoundError:
                logger.info("the state was deleted before it could be loaded")
        return self._empty()

    def _empty(self) -> State:
        state = State(environment=self.environment)
        state.base_version = NO_BASE
        return state

    def load_required(
        self, purpose: str, project_keys: Collection[str] | None = None
    ) -> State:
        """Return the stored state, which has to exist.

        Args:
            purpose: what it is needed for, for the message, e.g. ``to refresh``.
            project_keys: see :meth:`load`.

        Raises:
            StateNotFoundError: if there is none.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
        """
        state = self.load(project_keys)
        if state.base_version == NO_BASE:
            raise StateNotFoundError(
                f"there is no state in {self._backend!r} {purpose}; {self._way_back()}"
            )
        return state

    def _way_back(self) -> str:
        """Return what to do where nothing is stored."""
        serial = self._newest_readable_serial()
        if serial is not None:
            return (
                "it was deleted, and older versions of it are left: dataiku-iac "
                f"restore {serial}, or backend.restore({serial}) brings back the newest"
            )
        return (
            "create one first: dataiku-iac sync, or "
            "manager.save_state(manager.sync_project(...))"
        )

    def _newest_readable_serial(self) -> int | None:
        """Return the serial of the newest version that loads."""
        with suppress(StateReadError):  # That nothing is stored is worth saying first.
            for version in self._backend.history():
                with suppress(StateCorruptedError, StateNotFoundError):
                    return version.load().serial
        return None

    def load_for_reading(self, project_keys: Collection[str] | None = None) -> State:
        """Return what is stored when the reading of an instance begins.

        What cannot be loaded does not keep anybody from reading: then the state is an
        empty one, and saving the reading says what is wrong.

        Args:
            project_keys: of the projects that are read; see :meth:`load`.
        """
        try:
            return self.load(project_keys)
        except (StateCorruptedError, StateReadError) as error:
            logger.warning("reading DSS without the stored state: %s", error)
            return self._empty()

    def save(self, state: State, allow_other_instance: bool = False) -> None:
        """Save a state; a reading is merged into the stored state by its scope."""
        base = state.base_version
        if state.reading_start is None and base is not None:
            self._require_environment(state.environment)
            if base.projects is None:
                self._save_whole(state)
            else:
                self._backend.save_scope(state)
        elif state.scope is None and state.instance is None:
            self._require_environment(self._stored_environment())
            self._save_whole(state)
        else:
            stored = self.load(touched_projects(state))
            self.merge_and_save(state, stored, allow_other_instance)

    def _save_whole(self, state: State) -> None:
        state.environment = self.environment
        self._backend.save(state)

    def _save_first(self, state: State) -> None:
        """Save a reading where nothing is stored, and still is not by then."""
        if state.reading_start not in (None, NOTHING_STORED):
            raise StateConflictError(
                "the stored state was deleted since this reading began. Sync again, "
                "then save"
            )
        before, state.base_version = state.base_version, NO_BASE
        try:
            self._save_whole(state)
        finally:
            if state.base_version == NO_BASE:  # Not saved, or by a backend without.
                state.base_version = before
        state.reading_start = ReadingStart.from_stored(state)

    def merge_and_save(
        self,
        state: State,
        stored: State,
        allow_other_instance: bool = False,
        deleted: Collection[str] = (),
    ) -> State:
        """Merge the state that a sync read into the stored one, and save the result.

        Args:
            state: what the sync read.
            stored: the stored state, as loaded; of the projects that were read, at
                least.
            allow_other_instance: whether it may be of another DSS instance.
            deleted: ids of single objects that no longer exist.

        Returns:
            The state, as it is stored now; of these projects, at least.

        Raises:
            StateConflictError: if something that the sync read was stored since it
                began.
            InstanceConflictError: if the stored state is of another DSS instance.
            EnvironmentMismatchError: if it is of another environment.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        with self._backend.lock(f"saving {state!r}"):
            if stored.base_version is None:
                # The backend detects no conflict, so only what is loaded under the lock
                # is what a save replaces.
                stored = self.load()
            for _ in range(_ATTEMPTS):
                try:
                    return self._merge_over(
                        stored, state, allow_other_instance, deleted
                    )
                except StateConflictError:
                    before, stored = ReadingStart.from_stored(stored), self.load()
                    if ReadingStart.from_stored(stored) == before:
                        raise
            return self._merge_over(stored, state, allow_other_instance, deleted)

    def update(
        self, stored: State, fresh: State, deleted: Collection[str], dry_run: bool
    ) -> State:
        """Return the stored state with what was read again, and save it.

        Args:
            stored: the stored state, as loaded.
            fresh: what was read.
            deleted: ids of single objects that no longer exist.
            dry_run: do not save it.

        Raises:
            StateWriteError: see :meth:`merge_and_save`.
        """
        save = self.preview_merge if dry_run else self.merge_and_save
        merged = save(fresh, stored, deleted=deleted)
        merged.unknown, merged.unknown_in_part = fresh.unknown, fresh.unknown_in_part
        return merged

    def preview(self, state: State) -> StatePair:
        """Return what is stored, and what :meth:`save` would store instead."""
        is_reading = state.reading_start is not None or state.base_version is None
        is_partial = is_reading and state.scope is not None
        stored = self.load(touched_projects(state) if is_partial else None)
        if is_reading and stored.base_version != NO_BASE:
            state = self.preview_merge(state, stored)
        return StatePair(stored, state)

    def preview_merge(
        self,
        state: State,
        stored: State,
        allow_other_instance: bool = False,
        deleted: Collection[str] = (),
    ) -> State:
        """Return what :meth:`merge_and_save` would save; nothing is stored.

        The state itself, if it has no scope; it then replaces everything.
        """
        self._require_environment(stored.environment)
        if not allow_other_instance:
            _require_same_instance(stored, state)
        require_not_outdated(stored, state, deleted)
        return state if state.scope is None else merge(stored, state, deleted)

    def _merge_over(
        self,
        stored: State,
        state: State,
        allow_other_instance: bool,
        deleted: Collection[str],
    ) -> State:
        """Merge and save once; the backend refuses if something else is stored now."""
        if stored.base_version == NO_BASE:
            self._save_first(state)
            return state

        def change(now: State) -> State:
            changed = self.preview_merge(state, now, allow_other_instance, deleted)
            changed.environment = self.environment
            return changed

        if self._has_parts and state.scope is not None:
            keys = touched_projects(state, deleted)
            merged = self._backend.update_projects(keys, change)
        else:
            merged = change(stored)
            self._backend.save(merged)
        if merged is not state:
            follow(state, merged)
        return merged

    def _stored_environment(self) -> str:
        """Return the environment of the stored state; "" if there is none to ask."""
        if not self._backend.exists():
            return ""
        try:
            return self._backend.load().environment
        except (StateNotFoundError, StateCorruptedError):
            return ""

    def _require_environment(self, environment: str) -> None:
        if environment not in ("", self.environment):
            raise EnvironmentMismatchError(
                f"{self._backend!r} has the state of environment {environment!r}, and "
                f"this manager is for {self.environment!r}. Use another state file, or "
                f"environment {environment!r}"
            )

    def load_version(self, serial: int) -> State:
        """Return a stored version; see :meth:`StateBackend.load_version`."""
        return self._backend.load_version(serial)


def _require_same_instance(stored: State, state: State) -> None:
    try:
        require_same_instance(stored, state)
    except InstanceMismatchError as error:
        raise InstanceConflictError(
            f"{error}, or save with allow_other_instance=True if it is the same one or "
            "is to be replaced"
        ) from error
