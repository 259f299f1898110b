"""Weighs changes, by what the types declare about their attributes."""

from collections.abc import Iterable

from dataikuapi.iac.models import Change, ChangeType, ResourceDiff
from dataikuapi.iac.models.changes import member_names
from dataikuapi.iac.models.severity import Severity
from dataikuapi.iac.types.base import Path
from dataikuapi.iac.types.lookup import severity_of

__all__ = ["heaviest", "names_of", "severity_of_change", "severity_of_diff"]

_OF_WHOLE = {
    ChangeType.ADDED: Severity.ADDED,
    ChangeType.REMOVED: Severity.REMOVED,
}


def names_of(change: Change) -> Path:
    """Return the path to the changed value, without positions in lists."""
    return member_names(change.segments)


def severity_of_change(resource_type: str, change: Change) -> Severity:
    """Return what a change inside a resource affects."""
    return severity_of(resource_type, names_of(change))


def severity_of_diff(diff: ResourceDiff) -> Severity:
    """Return the heaviest of what a diff affects.

    A resource that was deleted and recreated weighs as much as a removed one.
    """
    weights = [severity_of_change(diff.resource_type, item) for item in diff.changes]
    if diff.is_recreated:
        weights.append(Severity.REMOVED)
    return _OF_WHOLE.get(diff.change_type) or heaviest(weights)


def heaviest(severities: Iterable[Severity]) -> Severity:
    """Return the heaviest; :attr:`Severity.OTHER` if there is none."""
    return min(severities, key=lambda item: item.rank, default=Severity.OTHER)
