"""ResourceDiffs: what a comparison of two states found, with its context."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, SupportsIndex, overload

from dataikuapi.iac.models.diff import ChangeType, MaskedValues, ResourceDiff
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.scope import Scope

__all__ = [
    "ComparedStates",
    "Coverage",
    "DSSVersions",
    "HiddenResource",
    "ResourceDiffs",
    "RuleUsage",
    "UncomparedAttribute",
    "UnreadableResource",
]


class UnreadableResource(NamedTuple):
    """An object that could not be read, so whether it changed is unknown.

    Args:
        resource_id: of the object, or the key of a listing that failed.
        reason: why it could not be read.
        last_known: the resource in the old state; ``None`` if it has none.
    """

    resource_id: str
    reason: str
    last_known: Resource | None = None


class UncomparedAttribute(NamedTuple):
    """An attribute of a resource that was not compared: one side does not have it.

    Args:
        resource_id: of the resource, which is otherwise compared.
        attribute: its name, such as ``permissions``.
        reason: why a side does not have it, and which one.
        is_unknown: whether it could not be read, so that nobody knows whether it
            changed. False if the old state is of a version of this library that did not
            read it yet, which lasts until the next sync, or if one of the states comes
            from files that leave it out.
    """

    resource_id: str
    attribute: str
    reason: str
    is_unknown: bool = True

    def __str__(self) -> str:
        """Return all of it in one line."""
        return f"{self.resource_id}: {self.attribute} not compared: {self.reason}"


class DSSVersions(NamedTuple):
    """The versions of DSS from which two states were read; ``None`` if unknown."""

    old: str | None = None
    new: str | None = None

    @property
    def differ(self) -> bool:
        """Whether DSS is certain to have been upgraded, or downgraded."""
        return None not in self and self.old != self.new


class RuleUsage(NamedTuple):
    """What an ignore rule suppressed.

    Args:
        rule: as it is written, with its author, reason and expiry date.
        suppressed: number of changes, and of whole resources.
        expired: whether it is past its date; then it suppresses nothing.
    """

    rule: str
    suppressed: int
    expired: bool = False


class Coverage(NamedTuple):
    """How much of what exists is in a state.

    Args:
        tracked: number of objects that were read and are in the state.
        existing: number of objects that were read.
    """

    tracked: int
    existing: int

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where nothing exists."""
        return self.tracked / self.existing if self.existing else 1.0


class HiddenResource(NamedTuple):
    """A resource that changed, but of which ignore rules hide all changes.

    Args:
        resource_id: of the resource.
        rule: the last of these rules, as it is written.
    """

    resource_id: str
    rule: str


class ComparedStates(NamedTuple):
    """Where the compared states are from.

    Args:
        environment: of the old state, or of the new one; "" if neither has one.
        serial: of the old state.
        url: of the DSS that the new state was read from, or the old one; ``None`` if
            neither says.
        projects: the keys of the projects that were compared.
        read_at: when the new state was read; when it was last updated, if it was
            loaded.
    """

    environment: str = ""
    serial: int | None = None
    url: str | None = None
    projects: tuple[str, ...] = ()
    read_at: datetime | None = None


_NO_VERSIONS = DSSVersions()
_NO_STATES = ComparedStates()


class ResourceDiffs(list[ResourceDiff]):
    """A list with one diff per resource, and the context of the comparison.

    The context, which is everything but the diffs, describes the comparison as a whole.
    A part of the list keeps it unchanged: a slice, a copy (also by :mod:`copy` or
    :mod:`pickle`), and what :meth:`of_type`, :meth:`filter` and :meth:`sorted_by`
    return. A report of a part counts the diffs in the part; its coverage, its rules and
    what could not be read are still those of the comparison.

    As with any list, ``+``, ``*``, ``sorted()``, ``list()`` and comprehensions return
    plain lists. They have no context, so a report shows the diffs and nothing else.
    ``==`` compares the diffs alone.

    Args:
        diffs: in the order of the ids.
        unknown: what could not be read, in the order of the ids.
        uncompared: attributes that were not compared, in the order of the ids.
        rules: the ignore rules that applied, in their order, and what each suppressed.
        coverage: of the old state; ``None`` where DSS was not read.
        title: what was compared with what, in one line; may be "".
        dss_versions: the versions of DSS from which the states were read.
        states: where the states are from.
        hidden: resources that would have changed without the ignore rules, in the order
            of the ids.
        hidden_derived: how many changes that DSS made by itself are hidden.
        whole: all diffs of the comparison that these are a part of; by default, these.
        unwatched: keys of the projects in DSS that are neither in the old state nor
            were read: what happens there does not show.
        unwatched_types: types of objects that are in DSS and that the old state has
            never recorded, so that nobody knows which of them are new.
        unsupported: types that were to be read, and that DSS does not have.
        scope: of the new state: of which types and projects it has all objects.
        disabled_types: types that the configuration or the default leaves out.

    Example:
        .. code-block:: python

            diffs = DiffEngine().diff(old, new)
            recipes = diffs.filter(lambda diff: diff.resource_type == "recipe")
            print(render_markdown(recipes[:10]))
    """

    def __init__(
        self,
        diffs: Iterable[ResourceDiff] = (),
        *,
        unknown: Iterable[UnreadableResource] = (),
        uncompared: Iterable[UncomparedAttribute] = (),
        rules: Iterable[RuleUsage] = (),
        coverage: Coverage | None = None,
        title: str = "",
        dss_versions: DSSVersions = _NO_VERSIONS,
        states: ComparedStates = _NO_STATES,
        hidden: Iterable[HiddenResource] = (),
        hidden_derived: int = 0,
        whole: Sequence[ResourceDiff] | None = None,
        unwatched: Iterable[str] = (),
        unwatched_types: Iterable[str] = (),
        unsupported: Iterable[str] = (),
        scope: Scope | None = None,
        disabled_types: Iterable[str] = (),
    ) -> None:
        super().__init__(diffs)
        self.unknown = tuple(unknown)
        self.uncompared = tuple(uncompared)
        self.rules = tuple(rules)
        self.coverage = coverage
        self.title = title
        self.dss_versions = dss_versions
        self.states = states
        self.hidden = tuple(hidden)
        self.hidden_derived = hidden_derived
        self._whole = whole
        self.unwatched = tuple(unwatched)
        self.unwatched_types = tuple(unwatched_types)
        self.unsupported = tuple(unsupported)
        self.scope = scope
        self.disabled_types = tuple(disabled_types)

    @property
    def whole(self) -> Sequence[ResourceDiff]:
        """All diffs of the comparison, of which the list may be a part."""
        return self if self._whole is None else self._whole

    @property
    def unknown_in_part(self) -> tuple[str, ...]:
        """Ids of resources with an attribute of which nobody knows if it changed."""
        ids = (item.resource_id for item in self.uncompared if item.is_unknown)
        return tuple(dict.fromkeys(ids))

    @property
    def masked(self) -> MaskedValues:
        """How many values of the resources in the list could not be compared."""
        counts = [diff.masked for diff in self]
        return MaskedValues(*map(sum, zip(*counts, strict=True)))

    @property
    def is_whole(self) -> bool:
        """Whether the list has all diffs of the comparison, or as many."""
        return len(self) == len(self.whole)

    @classmethod
    def from_iterable(cls, diffs: Iterable[ResourceDiff]) -> "ResourceDiffs":
        """Return the same object if it has a context, else the diffs without one."""
        return diffs if isinstance(diffs, cls) else cls(diffs)

    def replaced(self, diffs: Iterable[ResourceDiff]) -> "ResourceDiffs":
        """Return other diffs, with the same context."""
        return self._part(diffs)

    def of_type(self, change_type: ChangeType) -> "ResourceDiffs":
        """Return the diffs of that type."""
        return self.filter(lambda diff: diff.change_type is change_type)

    def filter(self, predicate: Callable[[ResourceDiff], object]) -> "ResourceDiffs":
        """Return the diffs for which the predicate is true, in the same order."""
        return self._part(diff for diff in self if predicate(diff))

    def sorted_by(
        self, key: Callable[[ResourceDiff], Any], *, reverse: bool = False
    ) -> "ResourceDiffs":
        """Return the diffs in another order, as ``sorted()`` does."""
        return self._part(sorted(self, key=key, reverse=reverse))

    def with_context(
        self,
        *,
        title: str,
        coverage: Coverage,
        projects: tuple[str, ...],
        unwatched: Iterable[str] = (),
        disabled_types: Iterable[str] = (),
    ) -> "ResourceDiffs":
        """Return the diffs with another context; see the class."""
        part = self._part(self)
        part.title, part.coverage = title, coverage
        part.states = part.states._replace(projects=projects)
        part.unwatched = tuple(unwatched)
        part.disabled_types = tuple(disabled_types)
        return part

    def copy(self) -> "ResourceDiffs":
        """Return a shallow copy."""
        return self._part(self)

    def _part(self, diffs: Iterable[ResourceDiff]) -> "ResourceDiffs":
        return ResourceDiffs(
            diffs,
            unknown=self.unknown,
            uncompared=self.uncompared,
            rules=self.rules,
            coverage=self.coverage,
            title=self.title,
            dss_versions=self.dss_versions,
            states=self.states,
            hidden=self.hidden,
            hidden_derived=self.hidden_derived,
            whole=tuple(self) if self._whole is None else self._whole,
            unwatched=self.unwatched,
            unwatched_types=self.unwatched_types,
            unsupported=self.unsupported,
            scope=self.scope,
            disabled_types=self.disabled_types,
        )

    @overload
    def __getitem__(self, index: SupportsIndex) -> ResourceDiff: ...

    @overload
    def __getitem__(self, index: slice) -> "ResourceDiffs": ...

    def __getitem__(
        self, index: SupportsIndex | slice
    ) -> "ResourceDiff | ResourceDiffs":
        if isinstance(index, slice):
            return self._part(super().__getitem__(index))
        return super().__getitem__(index)

    def __repr__(self) -> str:
        """Return the counts in one line, without values of attributes."""
        found = Counter(diff.change_type for diff in self)
        counts = [f"{found[kind]} {kind.value}" for kind in ChangeType]
        if self.unknown:
            counts.append(f"{len(self.unknown)} unknown")
        if self.unknown_in_part:
            counts.append(f"{len(self.unknown_in_part)} unknown in part")
        return f"<ResourceDiffs: {', '.join(counts)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from dataikuapi.iac.reports.html import render_html

        return render_html(self)
