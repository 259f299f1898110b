"""Which types of which projects a state has read completely, and when."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypedDict, cast, overload

from dataikuapi.iac.models.ids import ResourceId
from dataikuapi.iac.models.json_values import JSON, copy_json
from dataikuapi.iac.models.times import as_utc, format_time, parse_time

__all__ = ["Scope", "ScopeEntry", "ScopePart"]


class ScopeEntry(TypedDict):
    """Some types of one project, all of whose objects were read at that time."""

    project: str
    types: list[str]
    read_at: str


class ScopePart(NamedTuple):
    """One type of one project, and when all its objects were read."""

    project_key: str
    resource_type: str
    read_at: datetime


class Scope(Sequence[ScopeEntry]):
    """What was read completely, and when: immutable, and parsed once.

    As a sequence, it has the entries of the state file, each as a copy; it equals a
    list of the same entries. Where a part is in several entries, the last one counts.

    Args:
        entries: as the state file has them. Unknown keys are kept.

    Raises:
        ValueError: if an entry is incomplete, or its ``read_at`` is not a time.

    Example:
        .. code-block:: python

            state = manager.sync_project("SHOP")
            state.scope.covers("dataset.SHOP.orders")
            state.scope[0]["read_at"]
    """

    def __init__(self, entries: Iterable[Mapping[str, Any]] = ()) -> None:
        self._entries = tuple(map(_Entry.parse, entries))

    @classmethod
    def from_parts(cls, parts: Iterable[tuple[str, str]], read_at: datetime) -> "Scope":
        """Return the scope of one reading, with one entry per project.

        Args:
            parts: project keys, each with a type that was listed there.
            read_at: when reading began. Naive means UTC.
        """
        types: dict[str, set[str]] = {}
        for project_key, resource_type in parts:
            types.setdefault(project_key, set()).add(resource_type)
        return cls._of(
            _Entry(key, tuple(sorted(types[key])), as_utc(read_at))
            for key in sorted(types)
        )

    @classmethod
    def _of(cls, entries: Iterable["_Entry"]) -> "Scope":
        scope = cls()
        scope._entries = tuple(entries)
        return scope

    @cached_property
    def _times(self) -> dict[tuple[str, str], datetime]:
        """When each part, a project key and a type, was read."""
        return {
            (entry.project, resource_type): entry.read_at
            for entry in self._entries
            for resource_type in entry.types
        }

    def covers(self, resource_id: str) -> bool:
        """Return whether all objects of that type and project were read.

        One that a state of this scope does not have was not there.

        Raises:
            ValueError: if the id is malformed.
        """
        rid = ResourceId.parse(resource_id)
        return (rid.project_key, rid.resource_type) in self._times

    def newer_than(self, other: "Scope") -> list[ScopePart]:
        """Return the parts that both scopes have, and that this one read later."""
        return [
            ScopePart(*part, read_at)
            for part, read_at in self._times.items()
            if part in other._times and read_at > other._times[part]
        ]

    def merge(self, fresh: "Scope") -> "Scope":
        """Return both scopes as one; where they overlap, the fresh one counts."""
        kept = (entry.without(fresh._times.keys()) for entry in self._entries)
        entries = (entry for entry in (*kept, *fresh._entries) if entry.types)
        return self._of(sorted(entries, key=lambda it: (it.project, it.read_at)))

    @overload
    def __getitem__(self, index: int) -> ScopeEntry: ...

    @overload
    def __getitem__(self, index: slice) -> "Scope": ...

    def __getitem__(self, index: int | slice) -> "ScopeEntry | Scope":
        if isinstance(index, slice):
            return self._of(self._entries[index])
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
    extra: dict[str, JSON] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "_Entry":
        missing = [name for name in _KEYS if name not in document]
        if missing:
            raise ValueError(f"scope entry lacks {', '.join(missing)}")
        project, types = document["project"], document["types"]
        if isinstance(types, str):
            raise ValueError(f"scope of {project!r:.80}: types is not a list")
        try:
            read_at = parse_time(document["read_at"])
        except ValueError as error:
            raise ValueError(f"scope of {project!r:.80}: {error}") from error
        extra = {key: value for key, value in document.items() if key not in _KEYS}
        return cls(project, tuple(types), read_at, _copy(extra))

    def without(self, parts: Collection[tuple[str, str]]) -> "_Entry":
        left = [name for name in self.types if (self.project, name) not in parts]
        return replace(self, types=tuple(left))

    def to_dict(self) -> ScopeEntry:
        entry: dict[str, Any] = {
            "project": self.project,
            "types": list(self.types),
            "read_at": format_time(self.read_at),
            **_copy(self.extra),
        }
        return cast(ScopeEntry, entry)


def _copy(extra: dict[str, JSON]) -> dict[str, JSON]:
    return cast(dict[str, JSON], copy_json(extra))


_KEYS = tuple(ScopeEntry.__annotations__)
