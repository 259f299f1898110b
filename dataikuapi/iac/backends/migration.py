"""Moves a state to another storage, with its history and its journal of applies."""

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.exceptions import (
    JournalNotSupportedError,
    StateConflictError,
    StateCorruptedError,
    StateLockedError,
    StateNotFoundError,
    StateWriteError,
)
from dataikuapi.iac.models import Resource, State
from dataikuapi.iac.models.capabilities import Capability
from dataikuapi.iac.models.journal import JournalEntry
from dataikuapi.iac.models.locks import APPLY_LOCK
from dataikuapi.iac.models.save_note import note_of, with_message
from dataikuapi.iac.models.scope import Scope
from dataikuapi.iac.models.stored_version import NO_BASE
from dataikuapi.iac.statefile.serialization import dumps

__all__ = ["Migration", "migrate"]

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Migration:
    """What a target has after a migration.

    Args:
        lineage: of the state.
        versions: the serials that it keeps, oldest first; the last one is the state.
        journal_entries: how many entries its journal has.
        left: what it does not have of the source, a sentence each.
    """

    lineage: str | None
    versions: tuple[int, ...]
    journal_entries: int
    left: tuple[str, ...] = ()


def migrate(
    source: StateBackend,
    target: StateBackend,
    *,
    allow_loss: bool = False,
    progress: Progress | None = None,
) -> Migration:
    """Move a state to another storage, and read back all that was moved.

    Lineage, serials, notes and the journal of applies are those of the source, which is
    locked meanwhile, and stays as it is. The times of the versions are those at which
    the target stores them. A migration that was interrupted goes on when it is
    repeated.

    Args:
        source: has the state.
        target: has nothing, or what an interrupted migration left there.
        allow_loss: go on if the target keeps no history or no journal, and the source
            has one.
        progress: receives how many versions were looked at, and how many there are.

    Returns:
        What the target has now.

    Raises:
        StateNotFoundError: if the source has no state.
        StateConflictError: if the target has something else; or if the source changed
            meanwhile, which it can where it has no locks.
        StateLockedError: if somebody is applying, or holds the lock of either.
        StateReadError: if something could not be read.
        StateCorruptedError: if the state of the source is not valid.
        StateWriteError: if something could not be stored, is not the same when it is
            read back, or would be lost.

    Example:
        .. code-block:: python

            source = LocalFileBackend(".dataiku/state/prod.state.json")
            migrate(source, open_backend("s3://team/prod.state.json"))
    """
    with (
        source.lock(f"migrate to {target!r}"),
        target.lock(f"migrate from {source!r}"),
    ):
        _require_no_apply(source)
        migration = _Running(source, target, allow_loss)
        migration.move_versions(progress)
        migration.move_journal()
        migration.require_unchanged_source()
        return migration.verified()


class _Running:
    """A migration under way, of which nothing was moved yet.

    Args:
        source: has the state.
        target: gets it.
        allow_loss: see :func:`migrate`.

    Raises:
        StateConflictError: if the target has something else.
        StateWriteError: if something would be lost.
    """

    def __init__(
        self, source: StateBackend, target: StateBackend, allow_loss: bool
    ) -> None:
        self._source, self._target = source, target
        self._state = source.load()
        self._identity = self._state.lineage, self._state.serial
        self._older = source.history()[::-1]
        self._read = _journal_entries(source) or []
        self._entries: Sequence[JournalEntry] = self._read
        self._digests: dict[int, str] = {}
        """Of what the target is to have, by serial."""
        self._left: list[str] = []
        self._require_room(allow_loss)
        self._moved_before = self._what_was_moved_before()

    def _require_room(self, allow_loss: bool) -> None:
        if self._older and Capability.HISTORY not in self._target.capabilities:
            number = len(self._older)
            self._left.append(f"older versions ({number}): the target keeps none")
            self._older = []
        if self._entries and _journal_entries(self._target) is None:
            number = len(self._entries)
            self._left.append(f"the journal ({number} entries): the target keeps none")
            self._entries = []
        if self._left and not allow_loss:
            raise StateWriteError(
                f"nothing was moved to {self._target!r}, since this would be lost: "
                f"{'; '.join(self._left)}. To move the rest, pass allow_loss=True"
            )

    def _what_was_moved_before(self) -> State | None:
        """Return the state that an interrupted migration left in the target."""
        entries = list(_journal_entries(self._target) or [])
        if not self._target.exists():
            if entries or self._target.history():
                raise self._occupied("has what is left of a state that was deleted")
            return None
        stored = self._target.load()
        if self._state.lineage not in (None, stored.lineage):
            raise self._occupied(f"has a state of lineage {stored.lineage}")
        try:
            same = _digest(self._source.load_version(stored.serial)) == _digest(stored)
        except StateNotFoundError:
            same = False
        if not same:
            raise self._occupied(
                f"has a serial {stored.serial} that the source does not have"
            )
        if entries != list(self._entries[: len(entries)]):
            raise self._occupied("has a journal of other applies")
        return stored

    def _occupied(self, reason: str) -> StateConflictError:
        return StateConflictError(
            f"nothing was moved to {self._target!r}, which {reason}. Move the state to "
            "a place where nothing is"
        )

    def move_versions(self, progress: Progress | None) -> None:
        """Store each version that the target does not have yet, oldest first."""
        last, number = self._moved_before, len(self._older) + 1
        message = self._target.save_message
        try:
            for version in self._versions():
                serial = version.serial
                self._digests[serial] = _digest(version)
                if last is None or serial > last.serial:
                    self._store(version, last)
                    last = version
                if progress is not None:
                    progress(len(self._digests), number)
        finally:
            self._target.save_message = message

    def _versions(self) -> Iterator[State]:
        """Yield the versions of the line of the state, oldest first, it at last."""
        last = -1
        for listed in self._older:
            try:
                version = listed.load()
            except (StateCorruptedError, StateNotFoundError) as error:
                self._left.append(f"version {listed.serial}: {error}")
                continue
            if version.lineage not in (None, self._state.lineage):
                self._left.append(f"version {version.serial}: of another lineage")
            elif last < version.serial < self._state.serial:
                last = version.serial
                yield version
        yield self._state

    def _store(self, version: State, last: State | None) -> None:
        serial = version.serial
        if last is None:
            version.base_version, version.lineage = NO_BASE, self._state.lineage
        else:
            version.base_version, version.lineage = last.base_version, last.lineage
        self._target.save_message = note_of(version).message
        self._target.save(version)
        if version.serial != serial:
            raise self._not_verified(serial, f"was stored as serial {version.serial}")

    def move_journal(self) -> None:
        """Add the entries that the journal of the target does not have yet."""
        moved = _journal_entries(self._target) or []
        if len(moved) == len(self._entries):
            return
        journal = self._target.journal()
        if moved:
            journal.clear()  # So that it is not compacted while entries are added.
        journal.append(*self._entries)
        if list(journal.read()) != list(self._entries):
            raise StateWriteError(
                f"the journal in {self._target!r} is not that of {self._source!r}, "
                "which has not been changed: use the source, and report this"
            )

    def require_unchanged_source(self) -> None:
        """Check that nobody applied, or saved where there is no lock.

        Raises:
            StateConflictError: if somebody did.
        """
        entries = _journal_entries(self._source) or []
        stored = self._source.load()
        same = (stored.lineage, stored.serial) == self._identity
        if not same or list(entries) != list(self._read):
            raise StateConflictError(
                f"{self._source!r} was changed while it was moved to {self._target!r}. "
                "Let nobody use it, and migrate again, which moves the rest"
            )

    def verified(self) -> Migration:
        """Read back all that was moved, and return what the target has.

        Raises:
            StateWriteError: if something is not the same.
        """
        state = self._target.load()
        kept = {version.serial for version in self._target.history()}
        for serial, digest in self._digests.items():
            if serial == state.serial:
                version = state
            elif serial in kept:
                version = self._target.load_version(serial)
            else:
                self._left.append(f"version {serial}: the target keeps fewer")
                continue
            if version.lineage != state.lineage or _digest(version) != digest:
                raise self._not_verified(serial, "is not the same when it is read back")
        found = sorted(kept & self._digests.keys() | {state.serial})
        return Migration(
            state.lineage, tuple(found), len(self._entries), tuple(self._left)
        )

    def _not_verified(self, serial: int, reason: str) -> StateWriteError:
        return StateWriteError(
            f"version {serial} {reason} in {self._target!r}. {self._source!r} has not "
            "been changed: use that, and report this"
        )


def _require_no_apply(source: StateBackend) -> None:
    for holder in source.locks():
        if holder.name.startswith(APPLY_LOCK):
            raise StateLockedError(
                f"nothing was moved from {source!r}: an apply to "
                f"{holder.name.removeprefix(APPLY_LOCK)} goes on there, by {holder}. "
                "Wait until it is done"
            )


def _journal_entries(backend: StateBackend) -> Sequence[JournalEntry] | None:
    """Return what is in the journal; ``None`` if the backend keeps none."""
    try:
        return backend.journal().read()
    except JournalNotSupportedError:
        return None


def _digest(version: State) -> str:
    """Return a digest of a version, without what depends on where it is stored.

    That is its lineage, where it had none, and in which serial an object counts as
    stored: where versions between are missing, that is the next one.
    """
    plain = copy.copy(version)
    plain.lineage = None
    plain.extra = with_message(version.extra, note_of(version).message)
    if version.scope is not None:
        types: dict[tuple[str, str], set[str]] = {}
        for entry in version.scope:
            key = entry["project"], entry["read_at"]
            types.setdefault(key, set()).update(entry["types"])
        plain.scope = Scope(
            {"project": project, "types": sorted(found), "read_at": read_at}
            for (project, read_at), found in sorted(types.items())
        )
    plain.resources = {
        key: _without_serial(item) for key, item in version.resources.items()
    }
    return hashlib.sha256(dumps(plain)).hexdigest()


def _without_serial(resource: Resource) -> Resource:
    if resource.metadata.serial is None:
        return resource
    plain = copy.copy(resource)
    plain.metadata = replace(resource.metadata, serial=None)
    return plain
