"""Renders diffs as text, for a terminal."""

import os
from collections.abc import Iterable, Iterator
from typing import IO

from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.formatting import (
    change_lines,
    last_editor,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)

__all__ = ["render_text", "wants_color"]

_COLORS = {"+": "32", "-": "31", "~": "33", ">": "36", "?": "35", "@": "36"}
"""SGR parameters by the sign that a line begins with."""

_SIGN_INDENTS = (0, 4, 8)
"""Of a resource, a change, and a changed line of a script; other lines have no sign."""


def wants_color(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal, or FORCE_COLOR is set.

    NO_COLOR (no-color.org) wins over both.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def render_text(
    diffs: Iterable[ResourceDiff],
    include_unchanged: bool = False,
    *,
    color: bool = False,
) -> str:
    """Return the diffs as text, with the counts in the last line.

    Args:
        diffs: in the order in which to show them.
        include_unchanged: list unchanged resources too.
        color: color what was added, removed and modified.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    lines = list(_lines(diffs, include_unchanged))
    if lines and lines[-1]:
        lines.append("")
    lines.append(summary_line(diffs))
    lines = [printable(line) for line in lines]
    return "\n".join(_colored(line) if color else line for line in lines)


def _lines(diffs: ResourceDiffs, include_unchanged: bool) -> Iterator[str]:
    yield from upgrade_lines(diffs)
    if diffs.title:
        yield from (diffs.title, "")
    for diff in diffs:
        if diff.has_changed or include_unchanged:
            editor = last_editor(diff)
            yield f"{diff}  ({editor})" if editor else str(diff)
            for change in diff.changes:
                yield from (f"    {line}" for line in change_lines(change))
    yield from unknown_lines(diffs.unknown)
    yield from uncompared_lines(diffs.uncompared)
    yield from rule_lines(diffs.rules)


def _colored(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    code = _COLORS.get(line[indent : indent + 1]) if indent in _SIGN_INDENTS else None
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
