"""Hides changes that DSS made by itself."""

from dataikuapi.iac.analysis.facts import Analysis, analyze
from dataikuapi.iac.models import ResourceDiff, ResourceDiffs

__all__ = ["without_derived"]


def without_derived(diffs: ResourceDiffs) -> ResourceDiffs:
    """Return the diffs without derived changes, which it counts.

    A resource of which all changes are derived becomes unchanged.
    """
    analysis = analyze(diffs)
    kept = diffs.replaced(_without_derived(diff, analysis) for diff in diffs)
    kept.hidden_derived = diffs.hidden_derived + sum(
        len(causes) for causes in analysis.causes.values()
    )
    return kept


def _without_derived(diff: ResourceDiff, analysis: Analysis) -> ResourceDiff:
    changes = tuple(
        change
        for position, change in enumerate(diff.changes)
        if not analysis.cause(diff, position)
    )
    return diff.with_changes(changes)
