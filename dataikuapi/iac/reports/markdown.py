"""Renders diffs as Markdown, for comments on pull requests."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from dataikuapi.iac.console import printable
from dataikuapi.iac.models import ResourceDiff, ResourceDiffs
from dataikuapi.iac.reports.formatting import (
    change_lines,
    counted,
    last_editor,
    rule_lines,
    summary_line,
    uncompared_lines,
    unknown_lines,
    upgrade_lines,
)

__all__ = ["MAX_CHARACTERS", "render_markdown"]

MAX_CHARACTERS = 60_000
"""GitHub's limit for a comment is 65,536; this leaves room for text around it."""

_MAX_BLOCK, _MIN_BLOCK, _MAX_LINE = 8_000, 500, 400
"""Most characters of a code block, of each of very many blocks, and of a line."""

_RESERVE = 200
"""Characters reserved for the line that says how much was omitted."""


def render_markdown(diffs: Iterable[ResourceDiff]) -> str:
    """Return the diffs as collapsed sections, within the size limit of a comment.

    What exceeds the limit is omitted from the end, and counted. Ids and values are
    formatted as code, so that they create no mentions or links.

    Args:
        diffs: in the order in which to show them.
    """
    diffs = ResourceDiffs.from_iterable(diffs)
    parts = [
        *map(_code, upgrade_lines(diffs)),
        f"### {_code(diffs.title or 'Changes')}",
        f"**{summary_line(diffs)}**",
    ]
    ends = [
        *_collapsed("could not be read", list(unknown_lines(diffs.unknown))),
        *_collapsed("not compared", list(uncompared_lines(diffs.uncompared))),
        *_collapsed("ignore rules", list(rule_lines(diffs.rules))),
    ]
    room = MAX_CHARACTERS - _RESERVE - sum(len(part) + 2 for part in [*parts, *ends])
    shown = [diff for diff in diffs if diff.has_changed]
    block = min(_MAX_BLOCK, max(_MIN_BLOCK, room // max(len(shown), 1) - _MAX_LINE))
    for number, diff in enumerate(shown):
        entry = _entry(diff, block)
        room -= len(entry) + 2
        if room < 0:
            changes = sum(len(other.changes) for other in shown[number:])
            parts.append(
                f"_{counted(len(shown) - number, 'more resource')} with "
                f"{counted(changes, 'change')} omitted (comment size limit)._"
            )
            break
        parts.append(entry)
    return "\n\n".join([*parts, *ends])


def _entry(diff: ResourceDiff, block: int) -> str:
    editor = last_editor(diff)
    title = f"{_html(str(diff))}{f' {_html(editor)}' if editor else ''}"
    # Lines of a script are indented; without that, the diff syntax colors them.
    lines = [
        line.removeprefix("    ")
        for change in diff.changes
        for line in change_lines(change)
    ]
    if not lines:
        return f"<details><summary>{title}</summary></details>"
    return _details(f"{title}, {counted(len(diff.changes), 'change')}", lines, block)


def _collapsed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield _details(title, lines, _MAX_BLOCK)


def _details(summary: str, lines: list[str], room: int) -> str:
    text = "\n".join(_fitting(room, [_truncated(printable(line)) for line in lines]))
    fence = "`" * max(3, _longest_run(text) + 1)
    return (
        f"<details><summary>{summary}</summary>\n\n"
        f"{fence}diff\n{text}\n{fence}\n\n</details>"
    )


def _fitting(room: int, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            yield f"… ({len(lines) - number:,} more lines)"
            return
        yield line


def _truncated(line: str) -> str:
    if len(line) <= _MAX_LINE:
        return line
    return f"{line[:_MAX_LINE]}… ({len(line) - _MAX_LINE:,} more characters)"


def _html(text: str) -> str:
    return f"<code>{escape(_truncated(printable(text)))}</code>"


def _code(text: str) -> str:
    """Return a code span, with a fence longer than any run of backticks inside."""
    text = _truncated(printable(text))
    longest = _longest_run(text)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
