"""Applying ignore rules to the result of a comparison."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    HiddenResource,
    ResourceDiff,
    RuleUsage,
    UncomparedAttribute,
    UnreadableResource,
)

__all__ = ["IgnoreFilter"]


class IgnoreFilter:
    """Applies ignore rules to one comparison and counts what each one suppresses.

    Rules are applied in order, each to what the previous ones left. A change that
    several rules match is counted for the first of them.

    Args:
        rules: the rules, in order.
        today: rules that expired before this day are not applied.
    """

    def __init__(self, rules: Sequence[IgnoreRule], today: date) -> None:
        self._rules = rules
        self._today = today
        self._suppressed = [0] * len(rules)
        self._without: dict[str, int] = {}
        self._hidden: dict[str, int] = {}
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
        """Return the diffs without the changes that the rules suppress.

        A suppressed addition or removal is omitted, and so is a suppressed project that
        was deleted and recreated. A modified resource becomes unchanged if all its
        changes are suppressed.
        """
        filtered = (self._filter(diff) for diff in diffs)
        return [diff for diff in filtered if diff is not None]

    def apply_to_unreadable(
        self, unknown: Iterable[UnreadableResource]
    ) -> list[UnreadableResource]:
        """Return what could not be read, without what is ignored as a whole."""
        return [unread for unread in unknown if not self._ignores(unread)]

    def apply_to_uncompared(
        self, uncompared: Iterable[UncomparedAttribute]
    ) -> list[UncomparedAttribute]:
        """Return the attributes that were not compared, without the ignored ones."""
        return [item for item in uncompared if not self._ignores_attribute(item)]

    def suppresses(self, diff: ResourceDiff, change: Change) -> bool:
        """Return whether a rule suppresses a change; it is not counted.

        Args:
            diff: of the resource.
            change: of a value in it, which need not be one of the diff.
        """
        rules = map(self._rules.__getitem__, self._matching_rules(diff.resource_id))
        return any(rule.suppresses(diff, change) for rule in rules)

    def usage(self) -> list[RuleUsage]:
        """Return how much each rule has suppressed so far."""
        return [
            RuleUsage(str(rule), suppressed, rule.is_expired(self._today))
            for rule, suppressed in zip(self._rules, self._suppressed, strict=True)
        ]

    def hidden(self) -> list[HiddenResource]:
        """Return the resources of which nothing is left to report so far."""
        return [
            HiddenResource(resource_id, str(self._rules[number]))
            for resource_id, number in sorted(self._hidden.items())
        ]

    def _filter(self, diff: ResourceDiff) -> ResourceDiff | None:
        if diff.change_type is ChangeType.UNCHANGED and not diff.is_recreated:
            return diff
        changes = diff.changes
        for number in self._matching_rules(diff.resource_id):
            rule = self._rules[number]
            if rule.suppresses(diff):
                self._suppressed[number] += 1
                self._without[diff.resource_id] = number
                self._hidden[diff.resource_id] = number
                return _without_resource(diff)
            remaining = tuple(
                change for change in changes if not rule.suppresses(diff, change)
            )
            self._suppressed[number] += len(changes) - len(remaining)
            # That it was recreated is still to be reported, or for the next rule.
            if changes and not remaining and not diff.is_recreated:
                self._hidden[diff.resource_id] = number
                return diff.with_changes(())
            changes = remaining
        return diff.with_changes(changes)

    def _ignores(self, unread: UnreadableResource) -> bool:
        for number in self._matching_rules(unread.resource_id):
            rule = self._rules[number]
            if rule.path is None and rule.fingerprint is None:
                self._suppressed[number] += 1
                return True
        return False

    def _ignores_attribute(self, item: UncomparedAttribute) -> bool:
        for number in self._matching_rules(item.resource_id):
            if self._rules[number].suppresses_all_of(item.attribute):
                # Of a resource that is left out as a whole, that counts already.
                is_counted = self._without.get(item.resource_id) == number
                self._suppressed[number] += not is_counted
                return True
        return False

    def _matching_rules(self, resource_id: str) -> list[int]:
        """Return the indices of the active rules that match the id, in order.

        A baseline has a rule per change; testing all of them for each resource would be
        slow.
        """
        by_pattern = [
            number
            for number in self._by_pattern
            if self._rules[number].matches_id(resource_id)
        ]
        return sorted([*self._by_id.get(resource_id, ()), *by_pattern])


def _without_resource(diff: ResourceDiff) -> ResourceDiff | None:
    """Return what remains of a diff if the whole resource is ignored."""
    if diff.change_type is ChangeType.MODIFIED and not diff.is_recreated:
        return replace(
            diff, change_type=ChangeType.UNCHANGED, changes=(), attribute_diffs=None
        )
    return None
