"""Renders diffs as JSON, for other programs."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

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

__all__ = ["render_json"]


def render_json(diffs: Iterable[ResourceDiff]) -> str:
    """Return the diffs as JSON; the same diffs give the same text.

    Its schema is ``diff_report_v1.schema.json``. ``format_version`` is raised by a
    change that breaks readers.

    Args:
        diffs: in the order in which to list them.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    document: dict[str, JSON] = {
        "format_version": 1,
        "title": diffs.title,
        "dss_version": dict(diffs.dss_versions._asdict()),
        "summary": _summary(diffs),
        "masked": diffs.masked.total,
        "coverage": dict(diffs.coverage._asdict()) if diffs.coverage else None,
        "resources": [_resource(diff) for diff in diffs if diff.has_changed],
        "unknown": [_unreadable(item) for item in diffs.unknown],
        "not_compared": [dict(item._asdict()) for item in diffs.uncompared],
        "ignored": [dict(usage._asdict()) for usage in diffs.rules],
    }
    return printable_json(json.dumps(document, ensure_ascii=False, indent=2))


def _summary(diffs: ResourceDiffs) -> dict[str, JSON]:
    counts = Counter(diff.change_type for diff in diffs)
    return {
        **{kind.value: counts[kind] for kind in ChangeType},
        "unknown": len(diffs.unknown),
        "unknown_in_part": len(diffs.unknown_in_part),
    }


def _resource(diff: ResourceDiff) -> dict[str, JSON]:
    return {
        "change": diff.change_type.value,
        "resource_id": diff.resource_id,
        "resource_type": diff.resource_type,
        "last_modified_by": diff.last_modified_by,
        "last_modified_at": _time(diff.last_modified_at),
        "editor_recorded": diff.editor_is_recorded,
        "recreated": diff.is_recreated,
        "changes": [_change(change) for change in diff.changes],
    }


def _change(change: Change) -> dict[str, JSON]:
    entry: dict[str, JSON] = {
        "kind": change.kind.value,
        "path": change.path,
        "pointer": change.pointer,
        "from_pointer": change.from_pointer,
    }
    if change.kind in (ValueChangeType.REMOVED, ValueChangeType.MODIFIED):
        entry["old"] = _finite(change.old)
    if change.kind in (ValueChangeType.ADDED, ValueChangeType.MODIFIED):
        entry["new"] = _finite(change.new)
    return entry


def _finite(value: JSON) -> JSON:
    """Replace NaN and infinities, which JSON does not have, by strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _unreadable(item: UnreadableResource) -> dict[str, JSON]:
    metadata = item.last_known.metadata if item.last_known else None
    return {
        "resource_id": item.resource_id,
        "reason": item.reason,
        "last_modified_by": metadata.last_modified_by if metadata else None,
        "last_modified_at": _time(metadata.last_modified_at) if metadata else None,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
