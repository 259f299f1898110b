"""In which words is told what changed?"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from dataikuapi.iac.models import (
    Change,
    ChangeType,
    ResourceDiff,
    ResourceDiffs,
    RuleUsage,
    UnreadableResource,
    ValueChangeType,
)
from dataikuapi.iac.models.json_values import JSON
from dataikuapi.iac.reports.unified import unified_diff

__all__ = [
    "change_lines",
    "group_by_reason",
    "has_changes",
    "last_editor",
    "moved",
    "only_line_endings_differ",
    "printable",
    "rule_lines",
    "summary_line",
    "unknown_lines",
]

_WIDTH = 110
"""Characters that are shown of a value that is too long; how many follow is said."""

_TOO_LONG = 140
"""Characters of a value that is cut; one of a little over the width is not."""


def has_changes(diff: ResourceDiff) -> bool:
    """Tell whether anything happened to the resource."""
    return diff.change_type is not ChangeType.UNCHANGED or diff.is_recreated


def last_editor(diff: ResourceDiff) -> str:
    """Say who edited last, where DSS tells; who removed something it does not."""
    if diff.is_recreated and diff.new_resource is not None:
        when = diff.new_resource.metadata.created_at
        return f"deleted and created again on {when:%Y-%m-%d}"
    if diff.change_type is ChangeType.UNCHANGED or not diff.last_modified_by:
        return ""
    by = "by" if diff.new_resource else "last edited by"
    when = diff.last_modified_at
    return f"{by} {diff.last_modified_by}{f', {when:%Y-%m-%d %H:%M}' if when else ''}"


def change_lines(change: Change) -> Iterator[str]:
    """Tell one change: in one line, or, of a script, with the lines that differ."""
    if change.is_text:
        yield f"{change}:"
        yield from _script_lines(change)
    elif change.kind is ValueChangeType.MODIFIED:
        yield f"{change}: {_short(change.old)} -> {_short(change.new)}"
    elif change.kind is ValueChangeType.MOVED:
        yield f"{change}: {moved(change)}"
    else:
        is_added = change.kind is ValueChangeType.ADDED
        yield f"{change}: {_short(change.new if is_added else change.old)}"


def moved(change: Change) -> str:
    """Say of what moved inside its list from where to where it did."""
    if not change.from_segments:
        return "moved"
    before, after = change.from_segments[-1].name, change.segments[-1].name
    return f"moved from position {before} to {after}"


def only_line_endings_differ(change: Change) -> bool:
    """Tell whether two scripts have the same lines, with other ends."""
    return str(change.old).splitlines() == str(change.new).splitlines()


def group_by_reason(unread: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the ids of what could not be read, by reason, given as id and reason."""
    ids: dict[str, list[str]] = {}
    for resource_id, reason in unread:
        ids.setdefault(reason, []).append(resource_id)
    return ids


def unknown_lines(unknown: Iterable[UnreadableResource]) -> Iterator[str]:
    """List what could not be read under its reason, each reason once."""
    for reason, ids in group_by_reason(item[:2] for item in unknown).items():
        yield f"? not read: {reason}"
        yield from (f"    ? {resource_id}" for resource_id in ids)


def rule_lines(rules: Iterable[RuleUsage]) -> Iterator[str]:
    """Say what each rule hid; nothing, if it matched nothing or expired."""
    for use in rules:
        if use.expired:
            yield f"ignored nothing: {use.rule}  (expired)"
        else:
            yield f"ignored {use.suppressed or 'nothing'}: {use.rule}"


def summary_line(diffs: ResourceDiffs) -> str:
    """Count what happened to how many, in one line."""
    found = Counter(diff.change_type for diff in diffs)
    told = [f"{found[kind]} {kind.value}" for kind in ChangeType]
    if diffs.unknown:
        told.append(f"{len(diffs.unknown)} unknown")
    changed = len(diffs) - found[ChangeType.UNCHANGED]
    text = ", ".join(told) if changed or diffs.unknown else f"No changes. {told[-1]}."
    if diffs.coverage is not None:
        tracked, existing = diffs.coverage
        text = f"{text.rstrip('.')}. The state has {tracked} of {existing} objects."
    return text


def printable(line: str) -> str:
    """Return the line without what would steer a terminal, or end the line."""
    return "".join(
        char if char.isprintable() or char == "\t" else ascii(char)[1:-1]
        for char in line
    )


def _script_lines(change: Change) -> Iterator[str]:
    if only_line_endings_differ(change):
        yield "    only line ends differ"
        return
    for line in unified_diff(str(change.old), str(change.new)):
        yield f"    {line}" if line[0] == "@" else f"    {line[0]} {line[1:]}"


def _short(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _TOO_LONG:
        return text
    return f"{text[:_WIDTH]}… ({len(text) - _WIDTH:,} more characters)"
