"""The state: the recorded configuration of an instance, or of a part of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from dataikuapi.iac.models.ids import INSTANCE, make_resource_id
from dataikuapi.iac.models.json_values import JSON, copy_json
from dataikuapi.iac.models.resource import Resource, ResourceMetadata
from dataikuapi.iac.models.scope import Scope, part_of
from dataikuapi.iac.models.stored_version import BaseVersion, ReadingStart
from dataikuapi.iac.models.times import as_utc, format_time, parse_time, utc_now

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Resource", "ResourceMetadata", "State", "make_resource_id"]


class _ScopeField:
    """A field of a dataclass that parses the entries of a state file when it is set."""

    def __get__(self, state: "State | None", owner: "type[State]") -> Scope | None:
        # What the class itself has is the default.
        return None if state is None else state.__dict__["scope"]

    def __set__(
        self, state: "State", value: Scope | Iterable[Mapping[str, Any]] | None
    ) -> None:
        if value is not None and not isinstance(value, Scope):
            value = Scope(value)
        state.__dict__["scope"] = value


@dataclass(repr=False)
class State:
    """The objects of DSS that are tracked, by id, and the version of their state.

    A collection of resources, in the order in which they were added: ``len(state)`` is
    their number, ``state[resource_id]`` one of them, and ``resource_id in state`` is
    whether there is one. Resources are copied when they are added, and not when they
    are returned.

    Args:
        version: of the file format; always 1.
        serial: increases with every change.
        lineage: identifies the history that this state belongs to; ``None`` until it
            is first stored.
        environment: e.g. ``dev`` or ``prod``.
        updated_at: when it last changed. Naive means UTC.
        resources: by id.
        instance: the DSS that it came from: node id, install id, version; ``None`` if
            unknown.
        scope: what was read completely, and when; ``None`` means everything. An
            object outside the scope is unknown, rather than known to be missing. Set to
            a list of entries, as the state file has them, it parses them.
        unknown: what could not be read, with the reason, by id. Not stored.
        unknown_in_part: attributes that the API key may not read, as a project's
            ``permissions``, by the id of an object that was read otherwise. Not stored.
        unsupported: names of the types that were to be read, and that DSS does not
            have. Not stored.
        extra: keys of a state file that this version does not know; kept as they are.

    Example:
        .. code-block:: python

            state = State(environment="dev")
            state.add_resource(Resource("dataset", "dataset.SHOP.orders"))
            "dataset.SHOP.orders" in state
            [resource.resource_name for resource in state]
    """

    version: int = 1
    serial: int = 0
    lineage: str | None = None
    environment: str = ""
    updated_at: datetime = field(default_factory=utc_now)
    resources: dict[str, Resource] = field(default_factory=dict)
    instance: dict[str, JSON] | None = None
    scope: _ScopeField = _ScopeField()
    unknown: dict[str, str] = field(default_factory=dict, compare=False)
    unknown_in_part: dict[str, list[str]] = field(default_factory=dict, compare=False)
    unsupported: list[str] = field(default_factory=list, compare=False)
    extra: dict[str, JSON] = field(default_factory=dict)
    # Not init=False: dataclasses.replace() would drop them from the copy.
    _base_version: BaseVersion | None = field(default=None, compare=False)
    _reading_start: ReadingStart | None = field(default=None, compare=False)
    _may_be_stored: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        """Copy what the caller passed."""
        self.updated_at = as_utc(self.updated_at)
        self.resources = {key: replace(item) for key, item in self.resources.items()}
        self.instance = cast(dict[str, JSON] | None, copy_json(self.instance))
        self.unknown = dict(self.unknown)
        self.unknown_in_part = {
            key: list(names) for key, names in self.unknown_in_part.items()
        }
        self.unsupported = list(self.unsupported)
        self.extra = cast(dict[str, JSON], copy_json(self.extra))

    def __repr__(self) -> str:
        """Return a summary in one line."""
        counts = Counter(item.resource_type for item in self.resources.values())
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        unknown = f", {len(self.unknown)} unknown" if self.unknown else ""
        return (
            f"<State {self.environment or 'without environment'}, serial {self.serial}"
            f", {format_time(self.updated_at)}: {held or 'empty'}{unknown}>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from dataikuapi.iac.reports.notebook import state_html

        return state_html(self)

    def to_dataframe(self) -> "pd.DataFrame":
        """Return a table with one row per resource, its attributes in one column.

        Raises:
            ImportError: if pandas is not installed.
        """
        from dataikuapi.iac.reports.dataframe import state_dataframe

        return state_dataframe(self)

    def __len__(self) -> int:
        return len(self.resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __contains__(self, item: object) -> bool:
        """Return whether an id, or a resource of that id, is tracked."""
        key = item.resource_id if isinstance(item, Resource) else item
        return key in self.resources

    def __getitem__(self, resource_id: str) -> Resource:
        """Return the resource of that id.

        Raises:
            KeyError: if there is none; :meth:`get_resource` returns ``None`` instead.
        """
        return self.resources[resource_id]

    @property
    def base_version(self) -> BaseVersion | None:
        """What the state was loaded from; backends compare and swap by it."""
        return self._base_version

    @base_version.setter
    def base_version(self, version: BaseVersion | None) -> None:
        self._base_version = version

    @property
    def reading_start(self) -> ReadingStart | None:
        """What was stored when reading began; ``None`` if this is not a reading."""
        return self._reading_start

    @reading_start.setter
    def reading_start(self, start: ReadingStart | None) -> None:
        self._reading_start = start

    @property
    def may_be_stored(self) -> bool:
        """Whether a save of it failed, so that nobody knows if it was stored."""
        return self._may_be_stored

    @may_be_stored.setter
    def may_be_stored(self, value: bool) -> None:
        self._may_be_stored = value

    def get_resource(self, resource_id: str) -> Resource | None:
        """Return the resource of that id, or ``None``; it is not a copy."""
        return self.resources.get(resource_id)

    def has_resource(self, resource_id: str) -> bool:
        """Return whether an object of that id is tracked."""
        return resource_id in self.resources

    def covers(self, resource_id: str) -> bool:
        """Return whether the id is in scope.

        If it is not in the state then, the object did not exist when it was read.

        Raises:
            ValueError: if the id is malformed.
        """
        return self.scope is None or self.scope.covers(resource_id)

    def is_unwatched(self, resource_id: str) -> bool:
        """Return whether objects of that type were never read in a project that was.

        So an object that the state lacks may have been there all along. A project that
        was not read at all is another matter: it is new to the state.

        Raises:
            ValueError: if the id is malformed.
        """
        if self.scope is None or self.has_resource(resource_id):
            return False
        project_key, _ = part = part_of(resource_id)
        return project_key in self.scope.projects and part not in self.scope.parts

    def list_resources(self, resource_type: str | None = None) -> list[Resource]:
        """Return the tracked resources, in the order in which they were added.

        Args:
            resource_type: only those of this type; all types when omitted.

        Returns:
            A new list; the resources in it are not copies.
        """
        return [
            resource
            for resource in self.resources.values()
            if resource_type is None or resource.resource_type == resource_type
        ]

    def project_keys(self) -> list[str]:
        """Return the keys of all projects that have a resource in the state, sorted."""
        keys = {resource.project_key for resource in self.resources.values()}
        return sorted(keys - {INSTANCE})

    def add_resource(self, resource: Resource) -> None:
        """Add a copy of the resource, or replace the one of the same id."""
        self.resources[resource.resource_id] = replace(resource)
        self._touch()

    def remove_resource(self, resource_id: str) -> Resource | None:
        """Remove an object from the state.

        Returns:
            The removed resource; ``None``, and nothing changes, if there was none.
        """
        removed = self.resources.pop(resource_id, None)
        if removed is not None:
            self._touch()
        return removed

    def _touch(self) -> None:
        self.serial += 1
        self.updated_at = utc_now()

    def to_dict(self) -> dict[str, JSON]:
        """Return the document of the state file, as a copy, with sorted resources."""
        return {
            "version": self.version,
            "serial": self.serial,
            "environment": self.environment,
            "updated_at": format_time(self.updated_at),
            "resources": {
                key: self.resources[key].to_dict() for key in sorted(self.resources)
            },
            "lineage": self.lineage,
            **self._instance_and_scope(),
            **cast(dict[str, JSON], copy_json(self.extra)),
        }

    def _instance_and_scope(self) -> dict[str, JSON]:
        """Return where the state came from, as far as it is known."""
        origin: dict[str, JSON] = {}
        if self.instance is not None:
            origin["instance"] = copy_json(self.instance)
        if self.scope is not None:
            origin["scope"] = cast(JSON, list(self.scope))
        return origin

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "State":
        """Build it from the document of a state file; the inverse of :meth:`to_dict`.

        A missing key takes its default. Whether a document is complete, and its values
        of the right types, is checked by
        :func:`~dataikuapi.iac.validation.validate_state`.

        Raises:
            ValueError: if a value is invalid, or a resource is filed under another id.
        """
        return cls._from_dict_nocopy(cast(dict[str, Any], copy_json(data)))

    @classmethod
    def _from_dict_nocopy(cls, data: dict[str, Any]) -> "State":
        """Like :meth:`from_dict`, but take the document over instead of copying it."""
        known = {name: data[name] for name in _KEYS if name in data}
        for name in ("version", "serial"):
            if type(known.get(name, 0)) is not int:
                raise ValueError(f"{name} is {known[name]!r:.40}, not an integer")
        if "updated_at" in known:
            known["updated_at"] = parse_time(known["updated_at"])
        entries = known.pop("resources", {})
        extra = {key: value for key, value in data.items() if key not in _KEYS}
        state = cls(**known, extra=extra)
        state.resources = {key: _entry(key, item) for key, item in entries.items()}
        return state


_KEYS = (
    "version",
    "serial",
    "environment",
    "updated_at",
    "resources",
    "lineage",
    "instance",
    "scope",
)


def _entry(key: str, data: dict[str, Any]) -> Resource:
    try:
        resource = Resource._from_dict_nocopy(data)
    except ValueError as error:
        raise ValueError(f"resources[{key[:200]!r}]: {error}") from error
    if resource.resource_id != key:
        raise ValueError(
            f"resources[{key[:200]!r}] holds another id: {resource.resource_id[:200]!r}"
        )
    return resource
