"""Renders diffs as JSON, for other programs."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from dataikuapi.iac.analysis import Analysis, ObjectFact, SharedFact, analyze
from dataikuapi.iac.analysis.grouping import key_of
from dataikuapi.iac.analysis.summary import display_name
from dataikuapi.iac.analysis.weights import severity_of_change
from dataikuapi.iac.console import printable_json
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    ResourceDiff,
    ResourceDiffs,
    UnreadableResource,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.models.times import format_time

__all__ = [
    "FORMAT_VERSION",
    "attributes_of",
    "change_entry",
    "dump",
    "finite",
    "render_error",
    "render_json",
    "time_text",
]

FORMAT_VERSION = 2
"""Of the documents; see ``diff_report_v2.schema.json``."""

_NOTHING: Mapping[str, JSON] = {}


def render_json(diffs: Iterable[ResourceDiff], *, verbose: bool = False) -> str:
    """Return the diffs as JSON; the same diffs give the same text.

    Its schema is ``diff_report_v2.schema.json``. ``format_version`` is raised by a
    change that breaks readers.

    Args:
        diffs: in the order in which to list them.
        verbose: has no effect: everything is listed.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    analysis = analyze(diffs)
    states = diffs.states
    resources = _Resources(analysis)
    return dump(
        {
            "format_version": FORMAT_VERSION,
            "title": diffs.title,
            "environment": states.environment,
            "serial": states.serial,
            "instance": {"url": states.url},
            "projects": list(states.projects),
            "read_at": time_text(states.read_at),
            "dss_version": dict(diffs.dss_versions._asdict()),
            "summary": _summary(analysis),
            "masked": diffs.masked.total,
            "coverage": dict(diffs.coverage._asdict()) if diffs.coverage else None,
            "resources": [resources.entry(diff) for diff in diffs if diff.has_changed],
            "groups": [_group(fact) for fact in resources.groups],
            "dangling": [dict(item._asdict()) for item in analysis.dangling],
            "unknown": [_unreadable(item) for item in diffs.unknown],
            "not_compared": [dict(item._asdict()) for item in diffs.uncompared],
            "unwatched_projects": list(diffs.unwatched),
            "unwatched_types": list(diffs.unwatched_types),
            "unsupported_types": list(diffs.unsupported),
            "disabled_types": list(diffs.disabled_types),
            "ignored": [dict(usage._asdict()) for usage in diffs.rules],
            "hidden": [dict(item._asdict()) for item in diffs.hidden],
        }
    )


def render_error(error: Exception, message: str = "") -> str:
    """Return an error as JSON, in the place of a report.

    Args:
        error: what happened.
        message: Defaults to the error's own.
    """
    about: JSON = {"type": type(error).__name__, "message": message or str(error)}
    return dump({"format_version": FORMAT_VERSION, "error": about})


def dump(document: dict[str, JSON]) -> str:
    """Return a document as indented JSON that is safe to print."""
    return printable_json(json.dumps(document, ensure_ascii=False, indent=2))


def _summary(analysis: Analysis) -> dict[str, JSON]:
    diffs = analysis.diffs
    counts = Counter(diff.change_type for diff in diffs)
    return {
        **{kind.value: counts[kind] for kind in ChangeType},
        "unknown": len(diffs.unknown),
        "unknown_in_part": len(diffs.unknown_in_part),
        "renamed": len(analysis.renamed_from),
        "recreated": sum(diff.is_recreated for diff in diffs),
        "derived": sum(map(len, analysis.causes.values())),
        "hidden_derived": diffs.hidden_derived,
        "unread_attributes": sum(item.is_unknown for item in diffs.uncompared),
        "unwatched_projects": len(diffs.unwatched),
    }


class _Resources:
    """Makes the entries of resources.

    Args:
        analysis: of the diffs.

    Attributes:
        groups: the facts about several resources, in the order of weight.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._renamed_to = {
            old.resource_id: new for new, old in analysis.renamed_from.items()
        }
        self.groups = [fact for fact in analysis.facts if isinstance(fact, SharedFact)]
        # Not for each of many resources with the same change: the group has it.
        self._downstream = {
            fact.diff.resource_id: fact.downstream
            for fact in analysis.facts
            if isinstance(fact, ObjectFact)
        }
        self._numbers = {
            (diff.resource_id, key_of(change)): number
            for number, fact in enumerate(self.groups)
            for diff in fact.diffs
            for change in fact.changes
        }

    def entry(self, diff: ResourceDiff) -> dict[str, JSON]:
        """Return the entry of a resource."""
        renamed_from = self._analysis.renamed_from.get(diff.resource_id)
        return {
            "change": diff.change_type.value,
            "resource_id": diff.resource_id,
            "resource_type": diff.resource_type,
            "project_key": diff.project_key,
            "display_name": display_name(diff) or None,
            "severity": self._analysis.severity(diff).value,
            "last_modified_by": diff.last_modified_by,
            "last_modified_at": time_text(diff.last_modified_at),
            "editor_recorded": diff.editor_is_recorded,
            "recreated": diff.is_recreated,
            "renamed_from": renamed_from.resource_id if renamed_from else None,
            "renamed_to": self._renamed_to.get(diff.resource_id),
            "downstream": list(self._downstream.get(diff.resource_id, ())),
            "attributes": attributes_of(diff),
            "changes": [
                self._change(diff, position, change)
                for position, change in enumerate(diff.changes)
            ],
        }

    def _change(
        self, diff: ResourceDiff, position: int, change: Change
    ) -> dict[str, JSON]:
        cause = self._analysis.cause(diff, position)
        # A derived change is shown under its cause, not with others like it.
        number = (
            None if cause else self._numbers.get((diff.resource_id, key_of(change)))
        )
        about: dict[str, JSON] = {
            "cause": dict(cause._asdict()) if cause else None,
            "group_index": number,
        }
        return change_entry(diff.resource_type, change, about)


def change_entry(
    resource_type: str, change: Change, about: Mapping[str, JSON] = _NOTHING
) -> dict[str, JSON]:
    """Return the entry of a change.

    Args:
        resource_type: of the resource.
        change: inside it.
        about: what else is known of the change.
    """
    entry: dict[str, JSON] = {
        "kind": change.kind.value,
        "path": change.path,
        "pointer": change.pointer,
        "from_pointer": change.from_pointer,
        "severity": severity_of_change(resource_type, change).value,
        **about,
    }
    if change.kind in (ValueChangeType.REMOVED, ValueChangeType.MODIFIED):
        entry["old"] = finite(change.old)
    if change.kind in (ValueChangeType.ADDED, ValueChangeType.MODIFIED):
        entry["new"] = finite(change.new)
    return entry


def _group(fact: SharedFact) -> dict[str, JSON]:
    return {
        "severity": fact.severity.value,
        "resource_ids": [diff.resource_id for diff in fact.diffs],
        "paths": [change.path for change in fact.changes],
        "downstream": list(fact.downstream),
    }


def attributes_of(diff: ResourceDiff) -> JSON:
    """Return the attributes of an added or removed resource."""
    if diff.change_type not in (ChangeType.ADDED, ChangeType.REMOVED):
        return None
    resource = diff.new_resource or diff.old_resource
    return None if resource is None else finite(resource.attributes)


def finite(value: JSON) -> JSON:
    """Replace NaN and infinities, which JSON does not have, by strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value


def _unreadable(item: UnreadableResource) -> dict[str, JSON]:
    metadata = item.last_known.metadata if item.last_known else None
    return {
        "resource_id": item.resource_id,
        "reason": item.reason,
        "last_modified_by": metadata.last_modified_by if metadata else None,
        "last_modified_at": time_text(metadata.last_modified_at) if metadata else None,
    }


def time_text(moment: datetime | None) -> str | None:
    """Return a time, or ``None`` for none."""
    return None if moment is None else format_time(moment)
