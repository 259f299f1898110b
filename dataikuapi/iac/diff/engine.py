"""What changed between two states?"""

from collections import Counter
from collections.abc import Iterable

from dataikuapi.iac.models import AttributeDiffs, ChangeType, ResourceDiff, State
from dataikuapi.iac.models.json_values import JSON, same
from dataikuapi.iac.models.resource import UNKNOWN_WHEN_MISSING, Resource
from dataikuapi.iac.models.scope import covers
from dataikuapi.iac.reports.text import render_text

__all__ = ["DiffEngine"]


class DiffEngine:
    """Compares states. It reads nothing, and it changes neither of them.

    Example:
        .. code-block:: python

            engine = DiffEngine()
            diffs = engine.diff(stored, manager.sync_project("SHOP"))
            print(engine.format_output(diffs))
    """

    def diff(self, old_state: State, new_state: State) -> list[ResourceDiff]:
        """Compare two states, resource by resource.

        Two configurations are the same where their checksums are: 1, 1.0 and true
        differ. An attribute that one side could not read is not compared.

        Args:
            old_state: what was.
            new_state: what is.

        Returns:
            One diff for each id that either state has, unchanged ones included, in the
            order of the ids. Left out is what cannot be told: what the new state did
            not look for, since it is outside its scope, and what could not be read.
        """
        known = old_state.resources.keys() | new_state.resources.keys()
        unread = old_state.unknown.keys() | new_state.unknown.keys()
        ids = [
            resource_id
            for resource_id in sorted(known - unread)
            if new_state.has_resource(resource_id)
            or covers(new_state.scope, resource_id)
        ]
        return [
            self._diff_resource(
                resource_id,
                old_state.get_resource(resource_id),
                new_state.get_resource(resource_id),
            )
            for resource_id in ids
        ]

    def summary(self, diffs: Iterable[ResourceDiff]) -> dict[str, int]:
        """Count the diffs under ``added``, ``removed``, ``modified``, ``unchanged``."""
        counts = Counter(diff.change_type for diff in diffs)
        return {change_type.value: counts[change_type] for change_type in ChangeType}

    def format_output(
        self, diffs: Iterable[ResourceDiff], include_unchanged: bool = False
    ) -> str:
        """Return the diffs as text for a terminal, the counts in the last line.

        Args:
            diffs: what :meth:`diff` returned, or a part of it.
            include_unchanged: list unchanged resources too, instead of counting them.
        """
        return render_text(list(diffs), include_unchanged)

    def _diff_resource(
        self, resource_id: str, old: Resource | None, new: Resource | None
    ) -> ResourceDiff:
        resource_type = resource_id.partition(".")[0]
        if old is None or new is None:
            change_type = ChangeType.ADDED if old is None else ChangeType.REMOVED
            return ResourceDiff(change_type, resource_id, resource_type, old, new)
        hidden = _unknown_in_either(old, new)
        before, after = _less(old.attributes, hidden), _less(new.attributes, hidden)
        if same(before, after):
            return ResourceDiff(
                ChangeType.UNCHANGED, resource_id, resource_type, old, new
            )
        attribute_diffs = self._diff_attributes(before, after)
        return ResourceDiff(
            ChangeType.MODIFIED, resource_id, resource_type, old, new, attribute_diffs
        )

    def _diff_attributes(
        self, old: dict[str, JSON], new: dict[str, JSON]
    ) -> AttributeDiffs:
        """Compare two sets of attributes, one top-level attribute at a time."""
        return {
            "added": {name: new[name] for name in new if name not in old},
            "removed": {name: old[name] for name in old if name not in new},
            "modified": {
                name: {"old": old[name], "new": new[name]}
                for name in old
                if name in new and not same(old[name], new[name])
            },
        }


def _unknown_in_either(old: Resource, new: Resource) -> set[str]:
    may_hide = UNKNOWN_WHEN_MISSING.get(old.resource_type, frozenset())
    return {
        name
        for name in may_hide
        if name not in old.attributes or name not in new.attributes
    }


def _less(attributes: dict[str, JSON], hidden: set[str]) -> dict[str, JSON]:
    if not hidden:
        return attributes
    return {name: value for name, value in attributes.items() if name not in hidden}
