"""Which objects of an instance are selected: projects, ids, patterns of ids."""

import re
from collections.abc import Callable, Collection, Iterable, Sized
from dataclasses import dataclass, replace

from dataikuapi.iac.exceptions import ResourceNotFoundError
from dataikuapi.iac.ignore.file import default_rules
from dataikuapi.iac.ignore.patterns import exact_id, id_pattern
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import ResourceId, State
from dataikuapi.iac.models.ids import INSTANCE, as_keys, unique
from dataikuapi.iac.models.scope import Part
from dataikuapi.iac.models.suggestions import did_you_mean
from dataikuapi.iac.types.naming import (
    require_known_type,
    require_normal_name,
    select_types,
)
from dataikuapi.iac.types.registry import TYPES

__all__ = ["Defaults", "Selection"]


class Selection:
    """Projects, and all objects in them or some.

    Args:
        stored: the stored state.
        watched: names of the resource types that are read.
        projects: the key of a project, or of several; that of the instance selects
            what is in no project. Defaults to the projects in the state.
        ids: ids such as ``dataset.SHOP.orders``, and patterns as ignore rules write
            them. Defaults to everything.
        types: names of some of the types. Defaults to all that are read.

    Raises:
        ValueError: if there is no project, id or type in a list, an id is malformed or
            of another type, a pattern has an invalid escape, or a type is not read.

    Attributes:
        project_keys: of the projects.
        types: the selected types.
        chosen_types: the same if the caller chose some, else ``None``.
        is_whole: whether it is everything of these types in the projects.
        ids: those that are not patterns.
    """

    def __init__(
        self,
        stored: State,
        watched: Collection[str],
        projects: str | Iterable[str] | None = None,
        ids: Iterable[str] | None = None,
        types: Iterable[str] | None = None,
    ) -> None:
        self.types = list(watched) if types is None else select_types(types, watched)
        self.chosen_types = None if types is None else self.types
        self.project_keys = as_keys(projects, stored.project_keys())
        if projects is not None and not self.project_keys:
            raise ValueError("there is no project key, so nothing would be read")
        self.is_whole = ids is None
        self._texts = unique(ids or (), "ids")
        if not (self.is_whole or self._texts):
            raise ValueError(
                "ids is empty, so nothing is selected; omit it to take all"
            )
        self._part_keys = list(self.project_keys)
        if projects is None and any(item.project_key == INSTANCE for item in stored):
            self._part_keys.append(INSTANCE)
        self._known_keys = frozenset(self._part_keys)
        exact = {text: exact_id(text) for text in self._texts}
        self.ids = [
            _known_id(rid, self.types) for rid in exact.values() if rid is not None
        ]
        self._exact = frozenset(self.ids)
        self._patterns = {text: id_pattern(text) for text in self._texts}
        self._beginnings = [
            beginning
            for text, rid in exact.items()
            if rid is None
            for beginning in _beginnings(text)
        ]

    def __str__(self) -> str:
        """Return the ids and patterns as they were written; "" for everything."""
        return ", ".join(self._texts)

    def matches(self, resource_id: str) -> bool:
        """Return whether an object is selected.

        An id selects it wherever it is, a pattern only in the selected projects.
        """
        if resource_id in self._exact:
            return True
        resource_type, key, *_ = resource_id.split(".", 2)
        is_read = key in self._known_keys and resource_type in self.types
        return is_read and any(
            item.fullmatch(resource_id) for item in self._patterns.values()
        )

    @property
    def disabled_types(self) -> list[str]:
        """The types of what is selected, projects or the instance, that nobody reads.

        There are none if the selection itself leaves some out.
        """
        if not self.is_whole or self.chosen_types is not None:
            return []
        places = {key == INSTANCE for key in self.project_keys}
        return [
            name
            for name, kind in TYPES.items()
            if name not in self.types and kind.is_on_instance in places
        ]

    @property
    def parts(self) -> list[Part]:
        """The parts that may have objects that a pattern matches.

        Those of the projects, and of the instance itself if the state has any.
        """
        return [
            (key, name)
            for key in self._part_keys
            for name in self.types
            if TYPES[name].is_on_instance is (key == INSTANCE)
            and self._may_match(ResourceId(name, key))
        ]

    def _may_match(self, part: ResourceId) -> bool:
        if not TYPES[part.resource_type].identity.is_named:
            return self.matches(str(part))
        return any(item.fullmatch(f"{part}.") for item in self._beginnings)

    def of(self, state: State) -> State:
        """Return a state with the selected objects alone.

        If everything of some types is selected, it is the same state: what was read has
        a scope, which says what to compare.
        """
        if self.is_whole:
            return state
        selected = {
            key: item for key, item in state.resources.items() if self.matches(key)
        }
        return replace(state, resources=selected)

    def require_found(self, found: Collection[str], known: Collection[str]) -> None:
        """Check that each id and each pattern matches an object.

        Args:
            found: ids of the objects that are in the state, or in DSS.
            known: ids to suggest instead.

        Raises:
            ResourceNotFoundError: if one matches none.
        """
        for text, pattern in self._patterns.items():
            if not any(map(pattern.fullmatch, found)):
                raise ResourceNotFoundError(
                    f"{text} matches nothing, neither in the state nor in DSS."
                    f"{did_you_mean(text, known)}"
                )


@dataclass(frozen=True)
class Defaults:
    """What a manager takes where its caller does not say.

    Args:
        project_keys: of the projects; empty for all.
        read_rules: reads the ignore rules.
    """

    project_keys: Collection[str] = ()
    read_rules: Callable[[], list[IgnoreRule]] = default_rules

    def keys(self, projects: Iterable[str] | None) -> list[str] | None:
        """Return the keys of the projects to read; ``None`` for all.

        Raises:
            ValueError: if a single string is passed for several keys.
        """
        if projects is None:
            return [*self.project_keys] or None
        return unique(projects, "projects")

    def needed_keys(
        self, projects: str | Iterable[str] | None, ids: Iterable[str] | None
    ) -> list[str] | None:
        """Return the keys of the projects that a selection may look at.

        Returns:
            ``None`` for all: neither projects nor ids are named, or there is a pattern,
            or the ids can be read but once.
        """
        if ids is None:
            return as_keys(projects, [*self.project_keys]) or None
        if projects is not None or isinstance(ids, str) or not isinstance(ids, Sized):
            return None
        exact = [exact_id(text) for text in ids]
        if not exact or None in exact:
            return None
        try:
            return sorted({ResourceId.parse(text or "").project_key for text in exact})
        except ValueError:
            return None  # Selecting says what is wrong.

    def select(
        self,
        stored: State,
        watched: Collection[str],
        projects: str | Iterable[str] | None,
        ids: Iterable[str] | None,
        types: Iterable[str] | None,
    ) -> Selection:
        """Return what is selected; see :class:`Selection`."""
        projects = self.keys(None) if projects is None else projects
        return Selection(stored, watched, projects, ids, types)

    def rules(
        self, ignore: Iterable[IgnoreRule | str] | None
    ) -> Iterable[IgnoreRule | str]:
        """Return the ignore rules that apply.

        Raises:
            IgnoreFileError: if the ignore file is missing or not valid.
        """
        return self.read_rules() if ignore is None else ignore


def _known_id(text: str, types: Collection[str]) -> str:
    require_known_type(text, types)
    rid = ResourceId.parse(text)
    require_normal_name(rid)
    return str(rid)


def _beginnings(text: str) -> list[re.Pattern[str]]:
    """Return a pattern for each beginning of a pattern that is not in an escape."""
    ends = range(1, len(text) + 1)
    return [id_pattern(text[:end]) for end in ends if text[end - 1] != "~"]
