"""How do diffs look in a terminal?"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO

from dataikuapi.iac.models import (
    Change,
    ChangeKind,
    ChangeType,
    ResourceDiff,
    ResourceDiffs,
    RuleUse,
    Unread,
)
from dataikuapi.iac.models.changes import line_changes
from dataikuapi.iac.models.json_values import JSON

__all__ = ["render_text", "wants_color"]

_WIDTH = 110
"""Characters that are shown of a value that is too long; how many follow is said."""

_TOO_LONG = 140
"""Characters of a value that is cut; one of a little over the width is not."""

_COLORS = {"+": "32", "-": "31", "~": "33", ">": "36", "?": "35", "@": "36"}
"""SGR parameters by the sign with which a line begins."""


def wants_color(stream: IO[str]) -> bool:
    """Tell whether a stream is a terminal, and NO_COLOR is not set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def render_text(
    diffs: Iterable[ResourceDiff],
    include_unchanged: bool = False,
    *,
    color: bool = False,
) -> str:
    """Return what changed, an entry a resource, and the counts in the last line.

    Args:
        diffs: in the order in which they are to be shown.
        include_unchanged: list unchanged resources too.
        color: mark what was added, removed and modified by colors.
    """
    diffs = ResourceDiffs.of(diffs)
    lines = list(_lines(diffs, include_unchanged))
    if lines:
        lines.append("")
    lines.append(_counts(diffs))
    lines = [_printable(line) for line in lines]
    return "\n".join(_colored(line) if color else line for line in lines)


def _lines(diffs: ResourceDiffs, include_unchanged: bool) -> Iterator[str]:
    if diffs.title:
        yield from (diffs.title, "")
    for diff in diffs:
        changed = diff.change_type is not ChangeType.UNCHANGED
        if changed or include_unchanged or diff.is_recreated:
            yield f"{diff}{_editor(diff)}"
            for change in diff.changes:
                yield from (f"    {line}" for line in _change_lines(change))
    yield from _unknown_lines(diffs.unknown)
    yield from _rule_lines(diffs.rules)


def _editor(diff: ResourceDiff) -> str:
    """Say who edited last, where DSS tells; who removed something it does not."""
    if diff.is_recreated and diff.new_resource is not None:
        when = diff.new_resource.metadata.created_at
        return f"  (deleted and created again on {when:%Y-%m-%d})"
    if diff.change_type is ChangeType.UNCHANGED or not diff.last_modified_by:
        return ""
    by = "by" if diff.new_resource else "last edited by"
    when = diff.last_modified_at
    return (
        f"  ({by} {diff.last_modified_by}{f', {when:%Y-%m-%d %H:%M}' if when else ''})"
    )


def _change_lines(change: Change) -> Iterator[str]:
    if change.is_text:
        yield f"{change}:"
        yield from _script_lines(str(change.old), str(change.new))
    elif change.kind is ChangeKind.MODIFIED:
        yield f"{change}: {_short(change.old)} -> {_short(change.new)}"
    elif change.kind is ChangeKind.MOVED and change.from_steps:
        before, after = change.from_steps[-1].name, change.steps[-1].name
        yield f"{change}: moved from position {before} to {after}"
    else:
        is_added = change.kind is ChangeKind.ADDED
        yield f"{change}: {_short(change.new if is_added else change.old)}"


def _script_lines(old: str, new: str) -> Iterator[str]:
    if old.splitlines() == new.splitlines():
        yield "    only line ends differ"
        return
    for line in line_changes(old, new):
        yield f"    {line}" if line[0] == "@" else f"    {line[0]} {line[1:]}"


def _unknown_lines(unknown: Iterable[Unread]) -> Iterator[str]:
    """List what could not be read, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for unread in unknown:
        by_reason.setdefault(unread.reason, []).append(unread.resource_id)
    for reason, ids in by_reason.items():
        yield from (f"? {resource_id}" for resource_id in ids)
        yield f"    not read: {reason}"


def _rule_lines(rules: Iterable[RuleUse]) -> Iterator[str]:
    for use in rules:
        if use.expired:
            yield f"ignored nothing: {use.rule}  (expired)"
        else:
            yield f"ignored {use.hidden or 'nothing'}: {use.rule}"


def _counts(diffs: ResourceDiffs) -> str:
    counts = Counter(diff.change_type for diff in diffs)
    told = [f"{counts[kind]} {kind.value}" for kind in ChangeType]
    if diffs.unknown:
        told.append(f"{len(diffs.unknown)} unknown")
    changed = len(diffs) - counts[ChangeType.UNCHANGED]
    text = ", ".join(told) if changed or diffs.unknown else f"No changes. {told[-1]}."
    if diffs.coverage is not None:
        tracked, existing = diffs.coverage
        text = f"{text.rstrip('.')}. The state has {tracked} of {existing} objects."
    return text


def _short(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _TOO_LONG:
        return text
    return f"{text[:_WIDTH]}… ({len(text) - _WIDTH:,} more characters)"


def _printable(line: str) -> str:
    """Return the line without what would steer the terminal."""
    return "".join(
        char if char.isprintable() or char == "\t" else ascii(char)[1:-1]
        for char in line
    )


def _colored(line: str) -> str:
    code = _COLORS.get(line.lstrip()[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
