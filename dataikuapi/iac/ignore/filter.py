"""Applying ignore rules to the diffs of a comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    ResourceDiff,
    RuleUsage,
    UnreadableResource,
)
from dataikuapi.iac.models.diff import AttributeDiffs

__all__ = ["IgnoreFilter"]


class IgnoreFilter:
    """Applies rules to one comparison, and counts what each suppresses.

    The rules are applied one after the other, each to what the ones before left, so a
    change that several of them match is counted for the first.

    Args:
        rules: in their order.
        today: rules that expired before this date suppress nothing.
    """

    def __init__(self, rules: Sequence[IgnoreRule], today: date) -> None:
        self._rules = rules
        self._today = today
        self._suppressed = [0] * len(rules)
        self._by_id: dict[str, list[int]] = {}
        self._by_pattern: list[int] = []
        for number, rule in enumerate(rules):
            if rule.is_expired(today):
                continue
            resource_id = rule.exact_id
            if resource_id is None:
                self._by_pattern.append(number)
            else:
                self._by_id.setdefault(resource_id, []).append(number)

    def apply(self, diffs: Iterable[ResourceDiff]) -> list[ResourceDiff]:
        """Return the diffs without what the rules suppress.

        A resource that was added or removed is omitted if that is suppressed, and so is
        a project that was deleted and created again. Any other modified one is
        unchanged if all its changes are suppressed.
        """
        left = (self._apply_to(diff) for diff in diffs)
        return [diff for diff in left if diff is not None]

    def apply_to_unreadable(
        self, unknown: Iterable[UnreadableResource]
    ) -> list[UnreadableResource]:
        """Return what could not be read, without resources ignored as a whole."""
        return [item for item in unknown if not self._ignores(item)]

    def usage(self) -> list[RuleUsage]:
        """Return what each rule has suppressed so far."""
        return [
            RuleUsage(str(rule), suppressed, rule.is_expired(self._today))
            for rule, suppressed in zip(self._rules, self._suppressed)
        ]

    def _apply_to(self, diff: ResourceDiff) -> ResourceDiff | None:
        if diff.change_type is ChangeType.UNCHANGED and not diff.is_recreated:
            return diff
        changes = diff.changes
        for number in self._matching(diff.resource_id):
            rule = self._rules[number]
            if rule.suppresses(diff):
                self._suppressed[number] += 1
                return _ignored(diff)
            left = tuple(
                change for change in changes if not rule.suppresses(diff, change)
            )
            self._suppressed[number] += len(changes) - len(left)
            if changes and not left:
                return _unchanged(diff)
            changes = left
        return _with(diff, changes)

    def _ignores(self, item: UnreadableResource) -> bool:
        for number in self._matching(item.resource_id):
            rule = self._rules[number]
            if rule.path is None and rule.fingerprint is None:
                self._suppressed[number] += 1
                return True
        return False

    def _matching(self, resource_id: str) -> list[int]:
        """Return the rules that match the id and have not expired, in their order.

        A baseline has a rule per change; trying them all for each resource would take
        long.
        """
        by_pattern = [
            number
            for number in self._by_pattern
            if self._rules[number].matches_id(resource_id)
        ]
        return sorted([*self._by_id.get(resource_id, ()), *by_pattern])


def _ignored(diff: ResourceDiff) -> ResourceDiff | None:
    """Return what is left of a diff if the resource is ignored as a whole."""
    if diff.change_type is ChangeType.MODIFIED and not diff.is_recreated:
        return _unchanged(diff)
    return None


def _unchanged(diff: ResourceDiff) -> ResourceDiff:
    return replace(
        diff, change_type=ChangeType.UNCHANGED, changes=(), attribute_diffs=None
    )


def _with(diff: ResourceDiff, changes: tuple[Change, ...]) -> ResourceDiff:
    """Return the diff with some of its changes."""
    if len(changes) == len(diff.changes):
        return diff
    return replace(
        diff, changes=changes, attribute_diffs=_parts(changes, diff.attribute_diffs)
    )


def _parts(
    changes: Sequence[Change], parts: AttributeDiffs | None
) -> AttributeDiffs | None:
    """Return the attribute diffs of the attributes that still have a change."""
    if parts is None:
        return None
    names = {change.segments[0].name for change in changes}
    return {
        "added": {key: value for key, value in parts["added"].items() if key in names},
        "removed": {
            key: value for key, value in parts["removed"].items() if key in names
        },
        "modified": {
            key: value for key, value in parts["modified"].items() if key in names
        },
    }
