"""The version that a save stores: made before it is stored, and recorded after."""

import copy
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from dataikuapi.iac.backends.conflicts import (
    begins_line,
    is_unchanged_reading,
    next_scope,
    next_version,
)
from dataikuapi.iac.models import State
from dataikuapi.iac.models.save_note import with_message
from dataikuapi.iac.models.stored_version import BaseVersion
from dataikuapi.iac.partial_saves import is_same_record
from dataikuapi.iac.statefile.serialization import Document, Encoded, encode

__all__ = ["NewVersion"]

T = TypeVar("T")


@dataclass(frozen=True)
class NewVersion(Generic[T]):
    """What a save is about to store.

    Args:
        state: that is saved; it is not changed before it is stored.
        version: the same with serial, lineage, scope and note, as it is to be stored.
        encoded: what is written of it.
        is_unchanged: whether it is a reading in which no object changed.
        base: the version that it replaces.
    """

    state: State
    version: State
    encoded: Encoded[T]
    is_unchanged: bool
    base: BaseVersion

    @property
    def serial(self) -> int:
        """The serial under which it is to be stored."""
        return self.version.serial

    @classmethod
    def of(
        cls,
        state: State,
        base: BaseVersion,
        force: bool,
        last_serial: int,
        message: str,
        make: Callable[[Document], T],
        *,
        marks_all: bool = False,
    ) -> "NewVersion[T]":
        """Return the version that follows another one.

        Args:
            state: to be stored.
            base: the version that it replaces.
            force: whether that may be of another lineage.
            last_serial: the greatest of the older versions.
            message: why it is saved.
            make: writes its document.
            marks_all: note the serial in all that the first version has, too. Without
                a note, something counts as stored in the serial of the whole state,
                which others then move on.

        Raises:
            StateConflictError: if the lineages differ, unless forced.
            StateWriteError: if the state has a value that the format cannot carry.
        """
        lineage, serial = next_version(state, base, force, last_serial)
        version = copy.copy(state)
        version.lineage = lineage or str(uuid.uuid4())
        version.serial = serial
        version.scope = next_scope(state, base, serial)
        version.extra = with_message(state.extra, message)
        known: Mapping[str, str] | None = base.checksums
        if begins_line(state, base):
            known = {} if marks_all else None
            if marks_all and version.scope is not None:
                version.scope = version.scope.with_serial(serial)
        encoded = encode(version, make, known)
        unchanged = is_unchanged_reading(version, base, encoded.checksums)
        return cls(state, version, encoded, unchanged, base)

    def is_stored_in(self, found: State) -> bool:
        """Return whether an earlier save of the state stored this, though it failed.

        A line that begins gets a lineage that is another one each time.

        Args:
            found: what is stored, of the projects that were to be replaced.
        """
        version, checksums = self.version, self.encoded.checksums
        return (
            self.state.may_be_stored
            and (found.serial, found.updated_at) == (version.serial, version.updated_at)
            and self.state.lineage in (None, found.lineage)
            and (found.environment, found.extra) == (version.environment, version.extra)
            and found.scope == version.scope
            and checksums
            == {key: r.metadata.checksum for key, r in found.resources.items()}
            and all(
                is_same_record(item, found.resources[key])
                for key, item in version.resources.items()
            )
        )

    def record_as_stored(self, token: str) -> None:
        """Let the state say that it is stored as this version.

        Args:
            token: of what was written.
        """
        state, version = self.state, self.version
        state.may_be_stored = False
        state.lineage, state.serial = version.lineage, version.serial
        state.scope, state.extra = version.scope, version.extra
        for key in self.encoded.changed:
            state.resources[key].metadata.serial = self.serial
        state.base_version = BaseVersion(
            state.lineage,
            self.serial,
            token,
            self.encoded.checksums,
            self.base.projects,
        )
