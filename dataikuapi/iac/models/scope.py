"""Which types of which projects a state has read completely, and when."""

from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypedDict, cast, overload

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON, copy_json
from dataikuapi.iac.models.times import as_utc, format_time, parse_time

__all__ = ["Part", "Scope", "ScopeEntry", "part_of"]


Part = tuple[str, str]
"""One type of one project: the project key, and the name of the type."""


def part_of(resource_id: str) -> Part:
    """Return the part that an object belongs to.

    Raises:
        ValueError: if the id is malformed.
    """
    rid = ResourceId.parse(resource_id)
    return rid.project_key, rid.resource_type


class _Required(TypedDict):
    project: str
    types: list[str]
    read_at: str


class ScopeEntry(_Required, total=False):
    """Some types of one project, all of whose objects were read at that time.

    ``serial`` is that of the version in which they were last stored; an entry without
    it, as older releases wrote them, counts as stored in the serial of its state.
    """

    serial: int


class Scope(Sequence[ScopeEntry]):
    """What was read completely, and when: immutable, and parsed once.

    As a sequence, it has the entries of the state file, each as a copy; it equals a
    list of the same entries. Where a part is in several entries, the last one counts.

    Args:
        entries: as the state file has them. Unknown keys are kept.

    Raises:
        ValueError: if an entry is incomplete or has a value of the wrong type, or its
            ``read_at`` is not a time.

    Example:
        .. code-block:: python

            state = manager.sync_project("SHOP")
            state.scope.covers("dataset.SHOP.orders")
            state.scope[0]["read_at"]
    """

    def __init__(self, entries: Iterable[Mapping[str, Any]] = ()) -> None:
        self._entries = tuple(map(_Entry.parse, entries))

    @classmethod
    def from_parts(cls, parts: Iterable[Part], read_at: datetime) -> "Scope":
        """Return the scope of one reading, with one entry per project.

        Args:
            parts: project keys, each with a type that was listed there.
            read_at: when reading began. Naive means UTC.
        """
        types: dict[str, set[str]] = {}
        for project_key, resource_type in parts:
            types.setdefault(project_key, set()).add(resource_type)
        return cls._from_entries(
            _Entry(key, tuple(sorted(types[key])), as_utc(read_at))
            for key in sorted(types)
        )

    @classmethod
    def _from_entries(cls, entries: Iterable["_Entry"]) -> "Scope":
        scope = cls()
        scope._entries = tuple(entries)
        return scope

    @cached_property
    def _by_part(self) -> dict[Part, "_Entry"]:
        """The entry that counts for each part."""
        return {
            (entry.project, resource_type): entry
            for entry in self._entries
            for resource_type in entry.types
        }

    @cached_property
    def projects(self) -> frozenset[str]:
        """Keys of the projects of which at least one type was read completely."""
        return frozenset(entry.project for entry in self._entries if entry.types)

    @property
    def parts(self) -> Set[Part]:
        """What was read completely: project keys, each with a type."""
        return self._by_part.keys()

    def covers(self, resource_id: str) -> bool:
        """Return whether all objects of that type and project were read.

        If the state lacks such an object, it did not exist when it was read.

        Raises:
            ValueError: if the id is malformed.
        """
        return part_of(resource_id) in self._by_part

    def read_at(self, resource_id: str) -> datetime | None:
        """Return when the part of an object was read; ``None`` if it was not.

        Raises:
            ValueError: if the id is malformed.
        """
        entry = self._by_part.get(part_of(resource_id))
        return None if entry is None else entry.read_at

    def newer_than(self, serial: int, within: "Scope | None" = None) -> list[Part]:
        """Return the parts that this scope stored after a serial.

        Args:
            serial: of the version that was stored when another reading began.
            within: what that reading covers; everything when omitted.
        """
        return [
            part
            for part, entry in self._by_part.items()
            if (within is None or part in within.parts)
            and entry.serial is not None
            and entry.serial > serial
        ]

    def parts_stored_in(self, serial: int) -> set[Part]:
        """Return the parts that were last stored in that serial."""
        return {part for part, entry in self._by_part.items() if entry.serial == serial}

    def with_serial(self, serial: int) -> "Scope":
        """Return the scope with this serial in the entries that have none."""
        return self._from_entries(
            entry if entry.serial is not None else replace(entry, serial=serial)
            for entry in self._entries
        )

    def stored_in(self, serial: int, parts: Collection[Part]) -> "Scope":
        """Return the scope with some parts, as far as it has them, in that serial."""
        rest = (entry.without(parts) for entry in self._entries)
        moved = (replace(entry.only(parts), serial=serial) for entry in self._entries)
        return self._from_entries(_sorted((*rest, *moved)))

    def with_project_keys(self, keys: Mapping[str, str]) -> "Scope":
        """Return the scope with the new key of each project that gets another one."""
        return self._from_entries(
            replace(entry, project=keys.get(entry.project, entry.project))
            for entry in self._entries
        )

    def of_projects(self, keys: Collection[str]) -> "Scope":
        """Return what it covers of some projects."""
        return self._from_entries(
            entry for entry in self._entries if entry.project in keys
        )

    def merge(self, fresh: "Scope") -> "Scope":
        """Return both scopes as one; where they overlap, the fresh one counts."""
        kept = (entry.without(fresh.parts) for entry in self._entries)
        return self._from_entries(_sorted((*kept, *fresh._entries)))

    @overload
    def __getitem__(self, index: int) -> ScopeEntry: ...

    @overload
    def __getitem__(self, index: slice) -> "Scope": ...

    def __getitem__(self, index: int | slice) -> "ScopeEntry | Scope":
        if isinstance(index, slice):
            return self._from_entries(self._entries[index])
        return self._entries[index].to_dict()

    def __iter__(self) -> Iterator[ScopeEntry]:
        return (entry.to_dict() for entry in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Scope):
            return self._entries == other._entries
        return list(self) == other if isinstance(other, list) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._entries)

    def __repr__(self) -> str:
        return f"Scope({list(self)!r})"


@dataclass(frozen=True)
class _Entry:
    """An entry, parsed."""

    project: str
    types: tuple[str, ...]
    read_at: datetime
    serial: int | None = None
    extra: dict[str, JSON] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "_Entry":
        missing = [name for name in _KEYS if name not in document]
        if missing:
            raise ValueError(f"scope entry lacks {', '.join(missing)}")
        project, types = document["project"], document["types"]
        if not isinstance(project, str):
            raise ValueError(f"scope of {project!r:.80}: project is not a string")
        if isinstance(types, str) or not isinstance(types, Iterable):
            raise ValueError(f"scope of {project!r:.80}: types is not a list")
        types = tuple(types)
        if not all(isinstance(name, str) for name in types):
            raise ValueError(f"scope of {project!r:.80}: types has more than strings")
        try:
            read_at = parse_time(document["read_at"])
        except ValueError as error:
            raise ValueError(f"scope of {project!r:.80}: {error}") from error
        serial = document.get("serial")
        if serial is not None and type(serial) is not int:
            raise ValueError(f"scope of {project!r:.80}: serial is not an integer")
        extra = {
            key: value
            for key, value in document.items()
            if key not in (*_KEYS, "serial")
        }
        return cls(project, types, read_at, serial, _copy(extra))

    def without(self, parts: Collection[Part]) -> "_Entry":
        left = [name for name in self.types if (self.project, name) not in parts]
        return replace(self, types=tuple(left))

    def only(self, parts: Collection[Part]) -> "_Entry":
        left = [name for name in self.types if (self.project, name) in parts]
        return replace(self, types=tuple(left))

    def to_dict(self) -> ScopeEntry:
        entry: dict[str, Any] = {
            "project": self.project,
            "types": list(self.types),
            "read_at": format_time(self.read_at),
            **({} if self.serial is None else {"serial": self.serial}),
            **_copy(self.extra),
        }
        return cast(ScopeEntry, entry)


def _copy(extra: dict[str, JSON]) -> dict[str, JSON]:
    return cast(dict[str, JSON], copy_json(extra))


def _sorted(entries: Iterable[_Entry]) -> list[_Entry]:
    """Return the entries that have types, in order."""
    return sorted(
        (entry for entry in entries if entry.types),
        key=lambda entry: (entry.project, entry.read_at, entry.types),
    )


_KEYS = ("project", "types", "read_at")
