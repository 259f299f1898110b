"""What do the rules hide of what was found?"""

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
    """Applies rules to one comparison, and counts what each hides.

    The rules are applied one after the other, each to what the others left over; so
    what several of them would hide is counted for the first.

    Args:
        rules: in their order.
        today: those that expired before hide nothing.
    """

    def __init__(self, rules: Sequence[IgnoreRule], today: date) -> None:
        self._rules = rules
        self._today = today
        self._hidden = [0] * len(rules)
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
        """Return the diffs without what the rules hide.

        A resource that was added or removed is left out if that is hidden, and so is a
        project that was deleted and made again. Another modified one is unchanged if
        all its changes are hidden.
        """
        shown = (self._shown(diff) for diff in diffs)
        return [diff for diff in shown if diff is not None]

    def apply_to_unreadable(
        self, unknown: Iterable[UnreadableResource]
    ) -> list[UnreadableResource]:
        """Return what could not be read, without what nobody watches at all."""
        return [unread for unread in unknown if not self._hides_unread(unread)]

    def usage(self) -> list[RuleUsage]:
        """Return what each rule has hidden so far."""
        return [
            RuleUsage(str(rule), hidden, rule.is_expired(self._today))
            for rule, hidden in zip(self._rules, self._hidden)
        ]

    def _shown(self, diff: ResourceDiff) -> ResourceDiff | None:
        if diff.change_type is ChangeType.UNCHANGED and not diff.is_recreated:
            return diff
        changes = diff.changes
        for number in self._about(diff.resource_id):
            rule = self._rules[number]
            if rule.suppresses(diff):
                self._hidden[number] += 1
                return _unwatched(diff)
            left = tuple(
                change for change in changes if not rule.suppresses(diff, change)
            )
            self._hidden[number] += len(changes) - len(left)
            if changes and not left:
                return _unchanged(diff)
            changes = left
        return _with(diff, changes)

    def _hides_unread(self, unread: UnreadableResource) -> bool:
        for number in self._about(unread.resource_id):
            rule = self._rules[number]
            if rule.path is None and rule.fingerprint is None:
                self._hidden[number] += 1
                return True
        return False

    def _about(self, resource_id: str) -> list[int]:
        """Return the rules in force that name the id, in their order.

        A baseline has a rule for each change; looking at all of them for each resource
        would take long.
        """
        matching = [
            number
            for number in self._by_pattern
            if self._rules[number].matches_id(resource_id)
        ]
        return sorted([*self._by_id.get(resource_id, ()), *matching])


def _unwatched(diff: ResourceDiff) -> ResourceDiff | None:
    """Return what is left of a diff if nothing of the resource is to be seen."""
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
        diff, changes=changes, attribute_diffs=_of(changes, diff.attribute_diffs)
    )


def _of(
    changes: Sequence[Change], parts: AttributeDiffs | None
) -> AttributeDiffs | None:
    """Return the attribute diffs of those attributes in which a change is shown."""
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
