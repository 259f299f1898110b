"""The diff engine, which compares two states."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime

from dataikuapi.iac.diff.masked import Comparable, comparable, count_masked
from dataikuapi.iac.diff.uncompared import uncompared_attributes
from dataikuapi.iac.diff.values import diff_values
from dataikuapi.iac.ignore.filter import IgnoreFilter
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import (
    AttributeDiffs,
    ChangeType,
    ComparedStates,
    DSSVersions,
    ResourceDiff,
    ResourceDiffs,
    ResourceId,
    State,
    UncomparedAttribute,
    UnreadableResource,
)
from dataikuapi.iac.models.ids import project_key_of
from dataikuapi.iac.models.json_values import JSON, equal_bytes, json_equal
from dataikuapi.iac.models.resource import Resource
from dataikuapi.iac.models.times import utc_now
from dataikuapi.iac.reports.text import render_text, wants_color
from dataikuapi.iac.types.lookup import is_recreated, sets_of, without_noise

__all__ = ["DiffEngine"]


class DiffEngine:
    """Compares states, without I/O and without modifying them.

    Args:
        ignore: ignore rules, also as lines of a ``.dataikuignore`` file. What they
            suppress counts as unchanged or is omitted.
        today: returns the current date, by which rules expire.

    Raises:
        ValueError: if a line is not a valid rule, or a single line is passed instead of
            a list.

    Example:
        .. code-block:: python

            engine = DiffEngine(ignore=["dataset.SHOP.* schema.columns[*].comment"])
            diffs = engine.diff(stored, manager.sync_project("SHOP"))
            print(engine.format_output(diffs))
    """

    def __init__(
        self,
        ignore: Iterable[IgnoreRule | str] = (),
        *,
        today: Callable[[], date] = lambda: utc_now().date(),
    ) -> None:
        if isinstance(ignore, str):
            raise ValueError(f"ignore is {ignore!r}; it takes a list: [{ignore!r}]")
        self._rules = [
            IgnoreRule.parse(rule) if isinstance(rule, str) else rule for rule in ignore
        ]
        self._today = today

    def diff(self, old_state: State, new_state: State) -> ResourceDiffs:
        """Compare two states, resource by resource.

        Configurations are equal if their checksums are: 1, 1.0 and true differ. They
        are compared without what this version of the library takes for noise, whichever
        version stored them. An attribute that is unknown on one side is not compared.

        Args:
            old_state: the state before.
            new_state: the state after.

        Returns:
            One diff for each id in either state, unchanged ones included, sorted by id.
            Resources whose change is unknown are omitted: those outside the scope of
            the new state, those of a type that the old one does not record, and those
            that could not be read. The last are in the list's ``unknown``, and
            attributes that were not compared in its ``uncompared``.
        """
        known = old_state.resources.keys() | new_state.resources.keys()
        reasons = {**old_state.unknown, **new_state.unknown}
        ignore = IgnoreFilter(self._rules, self._today())
        unwatched = set(filter(old_state.is_unwatched, new_state.resources))
        compared = [
            self._diff_resource(resource_id, old_state, new_state)
            for resource_id in sorted(known - reasons.keys() - unwatched)
            if new_state.has_resource(resource_id) or new_state.covers(resource_id)
        ]
        diffs = [diff for diff, _ in compared]
        uncompared = [item for _, items in compared for item in items]
        unknown = [
            UnreadableResource(key, reasons[key], old_state.get_resource(key))
            for key in sorted(reasons)
        ]
        return ResourceDiffs(
            ignore.apply(diffs),
            unknown=ignore.apply_to_unreadable(unknown),
            uncompared=ignore.apply_to_uncompared(uncompared),
            rules=ignore.usage(),
            dss_versions=DSSVersions(_version(old_state), _version(new_state)),
            states=_compared_states(old_state, new_state, diffs),
            hidden=ignore.hidden(),
            unwatched_types=sorted({key.partition(".")[0] for key in unwatched}),
            unsupported=new_state.unsupported,
            scope=new_state.scope,
        )

    def compare(
        self, old: Resource | None, new: Resource | None
    ) -> ResourceDiff | None:
        """Compare two versions of one resource, of which one may be missing.

        Args:
            old: the earlier version.
            new: the later version.

        Returns:
            ``None`` if the rules suppress its addition or removal, or there is no
            version.
        """
        known = old if new is None else new
        if known is None:
            return None
        diff, _ = self._diff_pair(known.resource_id, old, new)
        ignore = IgnoreFilter(self._rules, self._today())
        return next(iter(ignore.apply([diff])), None)

    def summary(self, diffs: Iterable[ResourceDiff]) -> dict[str, int]:
        """Count diffs as ``added``, ``removed``, ``modified`` and ``unchanged``."""
        counts = Counter(diff.change_type for diff in diffs)
        return {change_type.value: counts[change_type] for change_type in ChangeType}

    def format_output(
        self,
        diffs: Iterable[ResourceDiff],
        include_unchanged: bool = False,
        *,
        full: bool = False,
    ) -> str:
        """Format diffs as text for a terminal, ending with a line of counts.

        Color is used if standard output is a terminal and NO_COLOR is not set.

        Args:
            diffs: what :meth:`diff` returned, or a part of it.
            include_unchanged: list unchanged resources instead of only counting them.
            full: show long values and added scripts whole.
        """
        return render_text(
            ResourceDiffs.from_iterable(diffs),
            include_unchanged,
            color=wants_color(sys.stdout),
            full=full,
        )

    def _diff_resource(
        self, resource_id: str, old_state: State, new_state: State
    ) -> tuple[ResourceDiff, list[UncomparedAttribute]]:
        """Compare two versions of a resource; also return what cannot be compared."""
        diff, uncompared = self._diff_pair(
            resource_id,
            old_state.get_resource(resource_id),
            new_state.get_resource(resource_id),
        )
        if diff.is_recreated and _are_apart(old_state, new_state):
            # Created once in each of them, not again in the same one.
            diff = replace(diff, is_recreated=False)
        if diff.change_type is not ChangeType.UNCHANGED:
            diff = replace(diff, old_read_at=_read_at(old_state, resource_id))
        return diff, uncompared

    def _diff_pair(
        self, resource_id: str, old: Resource | None, new: Resource | None
    ) -> tuple[ResourceDiff, list[UncomparedAttribute]]:
        if old is not None and new is not None:
            uncompared = uncompared_attributes(old, new)
            diff = self._diff_versions(
                old, new, {item.attribute for item in uncompared}
            )
        else:
            uncompared = []
            diff = ResourceDiff(
                ChangeType.ADDED if old is None else ChangeType.REMOVED,
                resource_id,
                ResourceId.parse(resource_id).resource_type,
                old,
                new,
            )
        return diff, uncompared

    def _diff_versions(
        self, old: Resource, new: Resource, unknown: set[str]
    ) -> ResourceDiff:
        """Compare two versions of a resource, except for unknown attributes."""
        old, new, compared = _compared(old, new, unknown)
        if compared.is_equal:
            return ResourceDiff(
                ChangeType.UNCHANGED,
                new.resource_id,
                new.resource_type,
                old,
                new,
                is_recreated=is_recreated(old, new),
                masked=count_masked(compared),
            )
        changes = diff_values(compared.old, compared.new, sets_of(new.resource_type))
        return ResourceDiff(
            ChangeType.MODIFIED,
            new.resource_id,
            new.resource_type,
            old,
            new,
            self._diff_attributes(compared.old, compared.new),
            changes,
            is_recreated(old, new),
            count_masked(compared, changes),
        )

    def _diff_attributes(
        self, old: dict[str, JSON], new: dict[str, JSON]
    ) -> AttributeDiffs:
        """Compare two sets of attributes by top-level attribute."""
        return {
            "added": {name: new[name] for name in new if name not in old},
            "removed": {name: old[name] for name in old if name not in new},
            "modified": {
                name: {"old": old[name], "new": new[name]}
                for name in old
                if name in new and not json_equal(old[name], new[name])
            },
        }


def _compared(
    old: Resource, new: Resource, unknown: set[str]
) -> tuple[Resource, Resource, Comparable]:
    """Compare two resources, if they differ as this version of the library reads them.

    Args:
        old: the earlier version.
        new: the later version.
        unknown: names of the attributes that are not compared.
    """
    data = equal_bytes(old.attributes, new.attributes)
    if data is None:
        old, new = _without_noise(old), _without_noise(new)
    before = _without(old.attributes, unknown)
    after = _without(new.attributes, unknown)
    if data is None:
        return old, new, comparable(old.resource_type, before, after)
    return old, new, Comparable.of_equal(before, after, data)


def _without_noise(resource: Resource) -> Resource:
    attributes = without_noise(resource.resource_type, resource.attributes)
    if json_equal(attributes, resource.attributes):
        return resource
    return Resource._from_parts(
        resource.resource_type,
        resource.resource_id,
        attributes,
        replace(resource.metadata, checksum=""),
        resource.extra,
    )


def _without(attributes: dict[str, JSON], names: set[str]) -> dict[str, JSON]:
    if not names:
        return attributes
    return {name: value for name, value in attributes.items() if name not in names}


def _are_apart(old: State, new: State) -> bool:
    """Return whether states are known to be of two environments or instances."""
    sides = [
        (state.environment, (state.instance or {}).get("address"))
        for state in (old, new)
    ]
    return any(
        before and after and before != after
        for before, after in zip(*sides, strict=True)
    )


def _version(state: State) -> str | None:
    """Return the version of the DSS that a state was read from, if it is known."""
    version = (state.instance or {}).get("dss_version")
    return version if isinstance(version, str) else None


def _read_at(state: State, resource_id: str) -> datetime | None:
    return state.scope.read_at(resource_id) if state.scope is not None else None


def _compared_states(
    old: State, new: State, diffs: Iterable[ResourceDiff]
) -> ComparedStates:
    addresses = ((state.instance or {}).get("address") for state in (new, old))
    return ComparedStates(
        environment=old.environment or new.environment,
        serial=old.serial,
        url=next((item for item in addresses if isinstance(item, str)), None),
        projects=tuple(sorted({project_key_of(diff.resource_id) for diff in diffs})),
        read_at=new.updated_at,
    )
