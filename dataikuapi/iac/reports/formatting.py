"""Describes changes in the words that all reports use."""

from collections.abc import Iterable, Iterator

from dataikuapi.iac.analysis.summary import total_changes
from dataikuapi.iac.models import (
    Change,
    ChangeType,
    Coverage,
    MaskedValues,
    ResourceDiff,
    ResourceDiffs,
    ResourceId,
    RuleUsage,
    UncomparedAttribute,
    UnreadableResource,
    ValueChangeType,
)
from dataikuapi.iac.models.changes import format_path
from dataikuapi.iac.models.times import format_minute
from dataikuapi.iac.reports.excerpts import (
    WIDTH,
    columns,
    common_prefix,
    from_difference,
    json_text,
    json_texts,
    shortened,
    telling_text,
    words,
    wrapped,
)
from dataikuapi.iac.reports.unified import line_excerpts, unified_diff

__all__ = [
    "ONLY_LINE_ENDINGS",
    "change_lines",
    "counted",
    "coverage_sentence",
    "derived_lines",
    "describe_move",
    "group_by_reason",
    "is_script",
    "last_editor",
    "masked_sentences",
    "no_changes_sentence",
    "rule_lines",
    "script_diff",
    "summary_line",
    "uncompared_lines",
    "unknown_lines",
    "upgrade_lines",
]

ONLY_LINE_ENDINGS = "only line endings differ"
"""Said of two scripts of which :func:`script_diff` returns nothing."""

_INDENT = " " * 4
"""Of the changes of an object, and of the lines of a script below its path."""

_VALUE = f"{_INDENT}  "
"""Indent of the second line of a value, and width of what is before the first."""

_MAX_LINES = 10
"""Lines shown of a script that was added or removed, followed by how many are left."""


def last_editor(diff: ResourceDiff) -> str:
    """Describe the last edit, if it is known; DSS does not record who deleted what."""
    return "; ".join(filter(None, [_recreation(diff), _last_edit(diff)]))


def _recreation(diff: ResourceDiff) -> str:
    if not diff.is_recreated:
        return ""
    when = diff.new_resource.metadata.created_at if diff.new_resource else None
    return f"deleted and created again{f' on {when:%Y-%m-%d}' if when else ''}"


def _last_edit(diff: ResourceDiff) -> str:
    if not diff.has_changed or not diff.last_modified_by:
        return ""
    when = diff.last_modified_at
    if diff.editor_is_recorded is False:
        on = f" on {format_minute(when)}" if when else ""
        before = ", before the state was read" if diff.predates_old_state else ""
        return f"editor not recorded; last saved by {diff.last_modified_by}{on}{before}"
    by = "by" if diff.new_resource else "last edited by"
    return f"{by} {diff.last_modified_by}{f', {format_minute(when)}' if when else ''}"


def change_lines(
    change: Change, *, full: bool = False, indent: int = len(_INDENT)
) -> Iterator[str]:
    """Describe a change in lines that fit a terminal.

    Of two long values, what is shown begins where they differ. Of a script, it is the
    lines that differ.

    Args:
        change: what to describe.
        full: cut nothing: a long value takes as many lines as it needs.
        indent: columns by which the lines are going to be indented.
    """
    width = WIDTH - indent
    label = f"{change.kind} {_shown_path(change)}:"
    if change.kind is ValueChangeType.MOVED:
        yield from wrapped(words(f"{label} {describe_move(change)}"), width, "  ")
    elif is_script(change):
        yield label
        yield from _script_lines(change, full, width)
    elif change.kind is ValueChangeType.MODIFIED:
        yield from _two_values(label, change, full, width)
    else:
        yield from _one_value(label, change, full, width)


def is_script(change: Change) -> bool:
    """Return whether a text of several lines was added, removed or modified."""
    values = [value for value in (change.old, change.new) if value is not None]
    is_text = all(isinstance(value, str) for value in values)
    return is_text and any("\n" in str(value).rstrip("\n") for value in values)


def _shown_path(change: Change) -> str:
    """Return the path; without the key of an item of a set that is its key itself."""
    value = change.new if change.kind is ValueChangeType.ADDED else change.old
    is_own_key = isinstance(value, str) and change.segments[-1].key == value
    return format_path(change.segments[:-1]) if is_own_key else change.path


def _one_value(label: str, change: Change, full: bool, width: int) -> Iterator[str]:
    value = change.new if change.kind is ValueChangeType.ADDED else change.old
    text = json_text(value)
    if full or columns(f"{label} {text}") <= width:
        parts = words(f"{label} {text}")
    else:
        position = change.segments[-1].name
        text = telling_text(value, change.siblings, position)
        parts = [label, *shortened(f" {text}", width - len(_VALUE))]
    yield from wrapped(parts, width, _VALUE)


def _two_values(label: str, change: Change, full: bool, width: int) -> Iterator[str]:
    old, new = json_texts(change.old, change.new)
    line = f"{label} {old} -> {new}"
    if columns(line) <= width:
        yield line
        return
    yield label
    room = width - len(_VALUE)
    is_cut = not full and max(columns(old), columns(new)) > room
    same = common_prefix(old, new)
    for sign, text in (("-", old), ("+", new)):
        shown = (
            shortened(from_difference(text, room, same), room)
            if is_cut
            else words(text)
        )
        first, *rest = shown
        yield from wrapped([f"{_INDENT}{sign} {first}", *rest], width, _VALUE)


def describe_move(change: Change) -> str:
    """Describe the place from which an item moved in its list, and the one it has now.

    Each is after an item that did not move, so both are counted alike whatever was
    added or removed before.
    """
    if change.neighbors is None:
        return "moved"
    before, after = (
        f"after {format_path((segment,))}" if segment else "the start"
        for segment in change.neighbors
    )
    return f"moved from {before} to {after}"


def script_diff(change: Change) -> list[str]:
    """Return the lines in which two scripts differ, as git writes them.

    Nothing is returned if they differ in nothing but their line endings.
    """
    old, new = str(change.old or ""), str(change.new or "")
    return [] if _normalized(old) == _normalized(new) else unified_diff(old, new)


def _normalized(script: str) -> str:
    return script.replace("\r\n", "\n").replace("\r", "\n")


def group_by_reason(unreadable: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Group what could not be read, given as pairs of id and reason, by reason."""
    ids: dict[str, list[str]] = {}
    for resource_id, reason in unreadable:
        ids.setdefault(reason, []).append(resource_id)
    return ids


def unknown_lines(unknown: Iterable[UnreadableResource]) -> Iterator[str]:
    """List what could not be read, grouped by reason."""
    for reason, ids in group_by_reason(item[:2] for item in unknown).items():
        yield f"? not read: {reason}"
        yield from (f"    ? {resource_id}" for resource_id in ids)


def uncompared_lines(uncompared: Iterable[UncomparedAttribute]) -> Iterator[str]:
    """List the attributes that were not compared; unknown ones have a sign."""
    groups: dict[tuple[str, ...], list[UncomparedAttribute]] = {}
    for item in uncompared:
        kind = ResourceId.parse(item.resource_id).resource_type
        groups.setdefault((item.attribute, item.reason, kind), []).append(item)
    for (attribute, reason, kind), items in groups.items():
        sign = "? " if items[0].is_unknown else ""
        if len(items) == 1:
            yield f"{sign}{items[0]}"
            continue
        of_all = f"{attribute} of {counted(len(items), kind)}"
        yield f"{sign}{of_all} not compared: {reason}"
        yield from (f"    {sign}{item.resource_id}" for item in items)


def coverage_sentence(coverage: Coverage) -> str:
    """Say how much of what was read is in the state."""
    tracked, existing = coverage
    if tracked == existing and existing > 1:
        return f"All {existing:,} objects in DSS are in the state."
    are = "is" if tracked == 1 else "are"
    return f"Of {counted(existing, 'object')} in DSS, {tracked:,} {are} in the state."


def upgrade_lines(diffs: ResourceDiffs) -> Iterator[str]:
    """Return one line if DSS was upgraded in between; nothing if that is unknown."""
    versions = diffs.dss_versions
    if versions.differ:
        yield f"DSS was {versions.old}, is {versions.new}"


def rule_lines(rules: Iterable[RuleUsage], verbose: bool) -> Iterator[str]:
    """Count what ignore rules suppressed, or list it by rule.

    Args:
        rules: what each rule suppressed.
        verbose: whether to list the rules.
    """
    rules = list(rules)
    if rules and not verbose:
        yield _rules_line(rules)
        return
    for usage in rules:
        if usage.expired:
            yield f"ignored nothing: {usage.rule}  (expired)"
        else:
            yield f"ignored {usage.suppressed or 'nothing'}: {usage.rule}"


def _rules_line(rules: list[RuleUsage]) -> str:
    suppressed = counted(sum(usage.suppressed for usage in rules), "change")
    used = counted(sum(usage.suppressed > 0 for usage in rules), "rule")
    expired = sum(usage.expired for usage in rules)
    unused = sum(not usage.suppressed and not usage.expired for usage in rules)
    others = [
        *([f"{unused} unused"] if unused else []),
        *([f"{expired} expired"] if expired else []),
    ]
    more = f"; {', '.join(others)}" if others else ""
    return f"ignored {suppressed} by {used}{more} (-v lists them)"


def derived_lines(diffs: ResourceDiffs) -> Iterator[str]:
    """Count the derived changes that are hidden, if any."""
    if diffs.hidden_derived:
        yield f"hidden: {counted(diffs.hidden_derived, 'derived change')}"


def summary_line(diffs: ResourceDiffs) -> str:
    """Return the number of resources by type of change, in one line."""
    found = total_changes(diffs)
    names = [kind.value for kind in ChangeType]
    names += [name for name in ("recreated", "unknown") if found[name]]
    in_part = len(diffs.unknown_in_part)
    partly = [f"{in_part:,} unknown in part"] if in_part else []
    if diffs.unknown or any(diff.has_changed for diff in diffs):
        text = ", ".join([*(f"{found[name]:,} {name}" for name in names), *partly])
    else:
        unchanged = f"{found[ChangeType.UNCHANGED.value]:,} unchanged"
        text = f"{no_changes_sentence(diffs)} {', '.join([unchanged, *partly])}."
    if diffs.coverage is not None:
        text = f"{text.rstrip('.')}. {coverage_sentence(diffs.coverage)}"
    masked = list(masked_sentences(diffs.masked))
    return ". ".join([text.rstrip("."), *masked]) + "." if masked else text


def no_changes_sentence(diffs: ResourceDiffs) -> str:
    """Say that nothing changed, as far as that is known."""
    known = " in what was compared" if diffs.unknown_in_part else ""
    known = " in what could be read" if diffs.unknown else known
    return f"No changes{known}."


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 object" or "2,000 objects"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def masked_sentences(masked: MaskedValues) -> Iterator[str]:
    """Count the values that were not compared, and say how to compare them."""
    if masked.without_key:
        yield (
            f"{_values(masked.without_key)} masked and not compared; set "
            "DATAIKU_IAC_SECRET_KEY to compare them"
        )
    if masked.other_key:
        yield (
            f"{_values(masked.other_key)} masked and not compared, because the states "
            "were read with different secret keys; refresh with one "
            "DATAIKU_IAC_SECRET_KEY to compare them from then on"
        )
    if masked.encrypted:
        yield f"{_values(masked.encrypted)} encrypted by DSS, masked and not compared"


def _values(count: int) -> str:
    return f"{count:,} value{' is' if count == 1 else 's are'}"


def _script_lines(change: Change, full: bool, width: int) -> Iterator[str]:
    lines = script_diff(change)
    if not lines:
        yield f"{_INDENT}{ONLY_LINE_ENDINGS}"
        return
    rest = 0 if (change.old and change.new) or full else len(lines) - _MAX_LINES
    shown = lines[:-rest] if rest > 1 else lines
    for line in shown if full else line_excerpts(shown, width - len(_INDENT)):
        yield f"{_INDENT}{line}"
    if rest > 1:
        yield f"{_INDENT}… ({rest:,} more lines)"
