"""What do the rules hide of what was found?"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dataikuapi.iac.models import Change, ChangeType, ResourceDiff, RuleUse, Unread
from dataikuapi.iac.models.diff import AttributeDiffs
from dataikuapi.iac.models.ignore import IgnoreRule

__all__ = ["Ignored"]


class Ignored:
    """Applies rules to one comparison, and counts what each hides.

    What several rules would hide is counted for the first of them.

    Args:
        rules: in their order.
        today: those that expired before hide nothing.
    """

    def __init__(self, rules: Sequence[IgnoreRule], today: date) -> None:
        self._rules = rules
        self._today = today
        self._in_force = [
            (number, rule)
            for number, rule in enumerate(rules)
            if not rule.is_expired(today)
        ]
        self._hidden = [0] * len(rules)

    def less_hidden(self, diffs: Iterable[ResourceDiff]) -> list[ResourceDiff]:
        """Return the diffs without what the rules hide.

        A resource that was added or removed is left out if that is hidden; a modified
        one is unchanged if all its changes are.
        """
        shown = (self._shown(diff) for diff in diffs)
        return [diff for diff in shown if diff is not None]

    def less_hidden_unread(self, unknown: Iterable[Unread]) -> list[Unread]:
        """Return what could not be read, without what nobody watches at all."""
        return [
            unread
            for unread in unknown
            if not self._count(
                rule.is_about(unread.resource_id)
                and rule.path is None
                and rule.fingerprint is None
                for _, rule in self._in_force
            )
        ]

    def uses(self) -> list[RuleUse]:
        """Return what each rule has hidden so far."""
        return [
            RuleUse(str(rule), hidden, rule.is_expired(self._today))
            for rule, hidden in zip(self._rules, self._hidden)
        ]

    def _shown(self, diff: ResourceDiff) -> ResourceDiff | None:
        if diff.change_type is ChangeType.UNCHANGED or not self._in_force:
            return diff
        if self._hides(diff, None):
            return _unchanged(diff)
        if diff.change_type is not ChangeType.MODIFIED:
            return diff
        changes = tuple(
            change for change in diff.changes if not self._hides(diff, change)
        )
        if not changes:
            return _unchanged(diff)
        return replace(
            diff, changes=changes, attribute_diffs=_of(changes, diff.attribute_diffs)
        )

    def _hides(self, diff: ResourceDiff, change: Change | None) -> bool:
        return self._count(rule.hides(diff, change) for _, rule in self._in_force)

    def _count(self, hides: Iterable[bool]) -> bool:
        for (number, _), is_hidden in zip(self._in_force, hides):
            if is_hidden:
                self._hidden[number] += 1
                return True
        return False


def _unchanged(diff: ResourceDiff) -> ResourceDiff | None:
    if diff.change_type is not ChangeType.MODIFIED:
        return None
    return replace(
        diff, change_type=ChangeType.UNCHANGED, changes=(), attribute_diffs=None
    )


def _of(
    changes: Sequence[Change], parts: AttributeDiffs | None
) -> AttributeDiffs | None:
    """Return the attribute diffs of those attributes in which a change is shown."""
    if parts is None:
        return None
    names = {change.steps[0].name for change in changes}
    return {
        "added": {key: value for key, value in parts["added"].items() if key in names},
        "removed": {
            key: value for key, value in parts["removed"].items() if key in names
        },
        "modified": {
            key: value for key, value in parts["modified"].items() if key in names
        },
    }
