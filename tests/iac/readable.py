"""What a reader of a diff in a terminal of 80 columns may expect, checked line by line.

Made apart from the code under test, of which it uses only the lines themselves.
"""

import unicodedata
from itertools import groupby
from typing import Any

from dataikuapi.iac.diff import apply_changes
from dataikuapi.iac.diff.values import diff_values
from dataikuapi.iac.models import ValueChangeType
from dataikuapi.iac.models.json_values import canonical_bytes, json_equal
from dataikuapi.iac.reports.formatting import change_lines

WIDTH = 76
"""Columns that the changes of an object have beside their indent."""

ADDED, REMOVED = ValueChangeType.ADDED, ValueChangeType.REMOVED


def problems(diff):
    """Yield what is wrong with the lines that are shown of a modified object."""
    for change in diff.changes:
        lines = list(change_lines(change))
        yield from (f"{change}: {problem}" for problem in alike(change, lines))
        yield from (f"too wide: {line}" for line in lines if is_too_wide(line))
    yield from (f"replaced: {change}" for change in replaced_for_nothing(diff))


def alike(change, lines):
    """Yield lines of the old and the new side that look the same."""
    if change.kind is ValueChangeType.MOVED:
        before, _, after = lines[0].rpartition(" to ")
        if before.endswith(f"from {after}"):
            yield lines[0]
    if change.kind is not ValueChangeType.MODIFIED:
        return
    if len(lines) == 1 and " -> " in lines[0]:
        old, _, new = lines[0].removeprefix(f"{change}: ").partition(" -> ")
        if look(old) == look(new):
            yield lines[0]
    elif not any(line.startswith("    @@") for line in lines):
        old, new = sides_of(lines[1:])
        if look("".join(old)) == look("".join(new)):
            yield from lines
    is_noted = False
    for is_change, group in groupby(lines[1:], key=lambda line: line[4] in "-+\\"):
        block = list(group)
        if is_change and not is_noted:
            old, new = sides_of(block)
            if set(map(look, old)) & set(map(look, new)):
                yield from block
        for line in block:
            if line.startswith("    @@"):  # Its note holds for the whole hunk.
                is_noted = "only whitespace" in line


def sides_of(block):
    """Return the lines of the old and of the new side; a value may take several."""
    sides: dict[str, list[str]] = {"-": [], "+": []}
    for line in block:
        if line[4] in sides:
            side = sides[line[4]]
            side.append(line[5:])
        elif line[4] == " ":
            side[-1] += line
    return sides.values()


def look(text):
    """Return a text as it looks: forms of letters, and blanks at its ends, do not."""
    return unicodedata.normalize("NFKC", text).strip()


def is_too_wide(line):
    """Return whether a line could be broken between words, and is too wide."""
    if line.lstrip().startswith("@@") or (
        line[0] != " " and line.endswith(":")
    ):  # Paths.
        return False
    width = sum(
        (
            0
            if unicodedata.combining(char)
            else 1 + (unicodedata.east_asian_width(char) in "WF")
        )
        for char in line
    )
    return width > WIDTH and " " in line.strip().lstrip("+-~> ")


def replaced_for_nothing(diff):
    """Yield what was added where an edit of what was removed says the same in less."""
    removed = {change.path: change for change in diff.changes if change.kind is REMOVED}
    for change in diff.changes:
        other = removed.get(change.path)
        if change.kind is not ADDED or other is None:
            continue
        edits = diff_values({"x": other.old}, {"x": change.new})
        extra = (len(change.path) - len("x")) * len(edits)
        is_shorter = length(edits) + extra < length([other, change])
        if is_shorter and is_at_one_place(diff, other, change):
            yield change


def is_at_one_place(diff, removed, added):
    """Return whether the one is where the other was, if all else changes as it did."""
    rest = [change for change in diff.changes if change not in (removed, added)]
    try:
        value: Any = apply_changes(diff.old_resource.attributes, rest)
        for segment in added.segments:
            value = value[segment.name]
    except (ValueError, LookupError):
        return False
    return json_equal(value, removed.old)


def length(changes):
    """Return the number of characters of all changes, each value as JSON."""
    total = 0
    for change in changes:
        values = ([] if change.kind is ADDED else [change.old]) + (
            [] if change.kind is REMOVED else [change.new]
        )
        total += len(f"    {change}: \n") + sum(map(len, map(canonical_bytes, values)))
    return total
