"""Writes diffs in the format that was asked for, and reports on what was saved."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from dataikuapi.iac import State
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.errors import OutputError
from dataikuapi.iac.cli.output import write_document, write_error, write_text
from dataikuapi.iac.cli.wording import without_python
from dataikuapi.iac.models import ResourceDiffs
from dataikuapi.iac.models.exit_codes import ExitCode
from dataikuapi.iac.reports import (
    render_error,
    render_html_page,
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.reports.text import wants_color

__all__ = [
    "FORMATS",
    "in_color",
    "saved_as",
    "write_comparison",
    "write_diffs",
    "write_error_document",
    "write_rendered",
]

_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Names the file whose Markdown GitHub shows with the run of a workflow."""


class _Renderer(Protocol):
    def __call__(self, diffs: ResourceDiffs, *, verbose: bool, full: bool) -> str: ...


def _json(diffs: ResourceDiffs, *, verbose: bool, full: bool) -> str:
    return render_json(diffs, verbose=verbose)  # It never cuts anything.


def _html(diffs: ResourceDiffs, *, verbose: bool, full: bool) -> str:
    return render_html_page(diffs)  # It lists all rules, and folds what is long.


_DOCUMENTS: dict[str, _Renderer] = {
    "markdown": render_markdown,
    "html": _html,
    "json": _json,
    "junit": render_junit,
}

FORMATS = ("text", *_DOCUMENTS)


def write_diffs(diffs: ResourceDiffs, format_name: str, settings: Settings) -> None:
    """Write diffs to standard output; as Markdown, to GitHub's step summary as well.

    Args:
        diffs: what to write.
        format_name: one of ``FORMATS``.
        settings: say whether to use color, and how much to list; they remember that
            there is a report.

    Raises:
        OutputError: if they cannot be written.
    """
    settings.has_report = True
    diffs = _without_python(diffs)
    verbose, full = settings.verbose > 0, settings.full
    if format_name == "text":
        color = in_color(settings)
        write_text(render_text(diffs, color=color, verbose=verbose, full=full))
        return
    write_rendered(
        _DOCUMENTS[format_name](diffs, verbose=verbose, full=full), format_name
    )


def write_rendered(document: str, format_name: str) -> None:
    """Write a document; Markdown goes to GitHub's step summary as well.

    Raises:
        OutputError: if it cannot be written.
    """
    write_document(document)
    if format_name == "markdown":
        _add_to_step_summary(document)


def write_comparison(
    diffs: ResourceDiffs, format_name: str, settings: Settings, allow_unknown: bool
) -> ExitCode:
    """Write what differs between two states; return the exit code.

    Args:
        diffs: what to write.
        format_name: one of ``FORMATS``.
        settings: see :func:`write_diffs`.
        allow_unknown: whether what could not be read is no reason for an exit code of
            its own.

    Raises:
        OutputError: if they cannot be written.
    """
    write_diffs(diffs, format_name, settings)
    is_different = any(diff.has_changed for diff in diffs)
    is_incomplete = bool(diffs.unknown or diffs.unknown_in_part)
    return ExitCode.from_comparison(is_different, is_incomplete and not allow_unknown)


def _without_python(diffs: ResourceDiffs) -> ResourceDiffs:
    """Return the diffs with reasons in the terms of the command line."""
    shown = diffs.copy()
    shown.unknown = tuple(
        item._replace(reason=without_python(item.reason)) for item in diffs.unknown
    )
    return shown


def in_color(settings: Settings) -> bool:
    """Return whether text is colored."""
    if settings.color == "auto":
        return wants_color(sys.stdout)
    return settings.color == "always"


def write_error_document(error: Exception, settings: Settings) -> None:
    """Write an error in the place of a report that was to be JSON, if there is none.

    Raises:
        OutputError: if it cannot be written.
    """
    if settings.report_format == "json" and not settings.has_report:
        write_document(render_error(error, without_python(str(error))))


def _add_to_step_summary(document: str) -> None:
    path = os.environ.get(_STEP_SUMMARY)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as summary:
            summary.write(f"{document}\n")
    except OSError as error:
        # The report is written, so the exit code is that of the comparison.
        reason = error.strerror or type(error).__name__
        write_error(f"warning: cannot write {_STEP_SUMMARY} ({path}): {reason}")


@contextmanager
def saved_as(state: State | None) -> Iterator[None]:
    """While reporting on a state that was saved, say so if the report fails.

    Args:
        state: the state; ``None`` if it was not saved after all.

    Raises:
        OutputError: as raised inside, with the serial of the state.
    """
    try:
        yield
    except OutputError as error:
        if state is None:
            raise
        raise OutputError(
            f"{error}; the state was saved all the same, as serial {state.serial}"
        ) from error
