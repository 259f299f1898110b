"""A backend that keeps the projects of a state apart, so that cost goes with change."""

import copy
import random
import time
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable

from dataikuapi.iac.backends.base import ATTEMPTS, PAUSE, StateBackend
from dataikuapi.iac.backends.conflicts import (
    based_on,
    require_successor,
    succeed_stored,
)
from dataikuapi.iac.backends.new_version import NewVersion
from dataikuapi.iac.exceptions import (
    StateConflictError,
    StateCorruptedError,
    StateNotFoundError,
    StateReadError,
    StateWriteError,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.slices import scope_of
from dataikuapi.iac.models.stored_version import NO_BASE, BaseVersion
from dataikuapi.iac.statefile.parts import StateParts, divide
from dataikuapi.iac.statefile.serialization import Document, write

__all__ = ["PartitionedBackend"]


class PartitionedBackend(StateBackend):
    """Stores a state project by project.

    Subclass it with the abstract methods, and those of :class:`StateBackend` that are
    abstract and not here. What is compared, refused, numbered and marked is decided
    here, so that each storage does it alike.
    """

    @abstractmethod
    def read_parts(self, project_keys: Collection[str] | None) -> State:
        """Return what is stored, without looking at more than is asked for.

        Args:
            project_keys: of the projects; ``None`` for all.

        Returns:
            A state with what is stored of these projects, with the part of the scope
            that is theirs, and with a base version whose token identifies the whole.

        Raises:
            StateNotFoundError: if nothing is stored.
            StateReadError: if what is stored could not be read.
            StateCorruptedError: if what is stored is not a valid state.
        """

    @abstractmethod
    def read_version(self, serial: int) -> State:
        """Return the whole state as it was in a serial; the stored one is one of them.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if it could not be read.
            StateCorruptedError: if it is not a valid state.
        """

    @abstractmethod
    def replace_parts(self, new: NewVersion[StateParts], force: bool) -> str:
        """Store a version in place of its base, in one atomic step.

        The projects in ``new.base.projects``, or all, are replaced; those that the
        version has nothing of are dropped. What the base was is kept as a version.

        Args:
            new: what to store; ``new.base`` is what has to be stored.
            force: replace whatever is stored.

        Returns:
            The token of what is stored now.

        Raises:
            StateConflictError: if something else than the base is stored.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """

    @abstractmethod
    def last_serial(self) -> int:
        """Return the greatest serial that was ever stored here, or 0.

        Raises:
            StateReadError: if that cannot be found out.
        """

    def load(self) -> State:
        """Return the stored state, validated; see :meth:`StateBackend.load`."""
        return self.read_parts(None)

    def load_projects(self, project_keys: Iterable[str]) -> State:
        """Return what is stored of some projects.

        See :meth:`StateBackend.load_projects`.
        """
        keys = frozenset(project_keys)
        state = self.read_parts(keys)
        base = state.base_version
        state.scope = scope_of(state, keys)
        state.base_version = base and base._replace(projects=keys)
        return state

    def save(self, state: State, *, force: bool = False) -> None:
        """Replace the stored state, unless it changed since this one was loaded.

        The first save keeps the serial of the state; later ones give it the next one.
        The state then carries what was stored.

        Args:
            state: one that was never loaded continues what is stored.
            force: replace whatever is stored, even what is not a valid state.

        Raises:
            StateConflictError: if the stored state is of another lineage, or changed
                since this one was loaded.
            StateLockedError: if somebody else holds the lock.
            StateWriteError: if it was not stored, or nobody knows whether it was.
        """
        with self.lock("save"):
            base, last = state.base_version, self._last_serial()
            if base is None or base.projects is not None or force:
                base = self._stored_version(state, force, last)
            self._store(state, base, force, last)

    def update_projects(
        self, project_keys: Collection[str], change: Callable[[State], State]
    ) -> State:
        """Replace what is stored of some projects, in one atomic step.

        See :meth:`StateBackend.update_projects`.
        """
        keys = frozenset(project_keys)
        with self.lock("save"):
            for attempt in range(1, ATTEMPTS + 1):
                stored = self.read_parts(keys)
                changed = copy.copy(change(stored))
                _require_within(changed, keys)
                base = stored.base_version or NO_BASE
                try:
                    self._store(
                        changed,
                        base._replace(projects=keys),
                        False,
                        self._last_serial(),
                    )
                except StateConflictError:
                    if attempt == ATTEMPTS or self._token() == base.token:
                        raise
                    time.sleep(random.uniform(0, PAUSE * attempt))
                else:
                    return changed
        raise AssertionError("not reached")

    def load_version(self, serial: int) -> State:
        """Return the version of that serial; the stored state is one of them.

        Raises:
            StateNotFoundError: if there is no version of that serial.
            StateReadError: if the versions cannot be read.
        """
        return self.read_version(serial)

    def restore(self, serial: int) -> State:
        """Store an older version again, as the newest one.

        What is stored, valid or not, is kept as a version; see
        :meth:`StateBackend.restore`.
        """
        with self.lock(f"restore serial {serial}"):
            state = self.read_version(serial)
            last = self._last_serial()
            force = succeed_stored(state, last, lambda: self.read_parts(None))
            self.save(state, force=force)
            return state

    def _store(self, state: State, base: BaseVersion, force: bool, last: int) -> None:
        message = self.save_message
        new = NewVersion.of(
            state, base, force, last, message, _divide_exactly, marks_all=True
        )
        try:
            token = self.replace_parts(new, force)
        except StateConflictError:
            found = self._found(new.base.projects)
            if found is None or not new.is_stored_in(found):
                raise
            new.version.lineage = found.lineage
            token = found.base_version.token if found.base_version else ""
        except BaseException:  # Also an interrupt, after it was stored.
            state.may_be_stored = True
            raise
        new.record_as_stored(token)

    def _found(self, project_keys: Collection[str] | None) -> State | None:
        """Return what is stored of some projects; ``None`` if nothing can be read."""
        try:
            return self.read_parts(project_keys)
        except (StateNotFoundError, StateCorruptedError):
            return None

    def _token(self) -> str:
        """Return the token of what is stored; "" if nothing is, or it is broken."""
        found = self._found(())
        base = found.base_version if found else None
        return base.token if base is not None else NO_BASE.token

    def _last_serial(self) -> int:
        try:
            return self.last_serial()
        except StateReadError as error:
            raise StateWriteError(
                f"{error}, so the serials that were used before are unknown"
            ) from error

    def _stored_version(self, state: State, force: bool, last: int) -> BaseVersion:
        """Return what is stored, as the base of a state that was not loaded from it.

        Raises:
            StateConflictError: if the state may not replace it, unless forced.
        """
        try:
            found = self.read_parts(None)
        except StateNotFoundError:
            return NO_BASE
        except StateReadError as error:
            raise StateWriteError(
                f"{error}, so the state that a save would overwrite is unknown"
            ) from error
        except StateCorruptedError as error:
            if force:
                return BaseVersion(None, max(state.serial - 1, last), "")
            raise StateConflictError(
                f"what is stored cannot be read: {error}. Restore a version, or save "
                "with force=True to replace it"
            ) from error
        if not force:
            require_successor(state, found)
        token = found.base_version.token if found.base_version else ""
        return based_on(found, token)


def _require_within(changed: State, project_keys: frozenset[str]) -> None:
    """Refuse objects of projects that are not replaced."""
    for item in changed:
        if item.project_key not in project_keys:
            raise ValueError(
                f"{item.resource_id} is of project {item.project_key}, and only "
                f"{', '.join(sorted(project_keys)) or 'nothing'} is to be saved. "
                "Add its key to project_keys"
            )


def _divide_exactly(document: Document) -> StateParts:
    """Divide the document of a state, if a file could hold it.

    Project by project: to write the whole takes much memory, and so twice the time.

    Raises:
        TypeError, ValueError, RecursionError: if JSON cannot carry a value exactly.
    """
    parts = divide(document)
    write(parts.head)
    for part in parts.projects.values():
        write({"resources": part.resources})
    return parts
