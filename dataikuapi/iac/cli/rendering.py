"""Writes diffs in the format that was asked for, and reports on what was saved."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dataikuapi.iac import State
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.errors import OutputError
from dataikuapi.iac.cli.output import write_document, write_text
from dataikuapi.iac.models import ResourceDiffs
from dataikuapi.iac.reports import (
    render_json,
    render_junit,
    render_markdown,
    render_text,
)
from dataikuapi.iac.reports.text import wants_color

__all__ = ["FORMATS", "saved_as", "write_diffs"]

_DOCUMENTS: dict[str, Callable[[ResourceDiffs], str]] = {
    "markdown": render_markdown,
    "json": render_json,
    "junit": render_junit,
}

FORMATS = ("text", *_DOCUMENTS)


def write_diffs(diffs: ResourceDiffs, format_name: str, settings: Settings) -> None:
    """Write diffs to standard output.

    Args:
        diffs: what to write.
        format_name: one of ``FORMATS``.
        settings: say whether to use color.

    Raises:
        OutputError: if they cannot be written.
    """
    if format_name == "text":
        write_text(render_text(diffs, color=_in_color(settings)))
    else:
        write_document(_DOCUMENTS[format_name](diffs))


def _in_color(settings: Settings) -> bool:
    if settings.color == "auto":
        return wants_color(sys.stdout)
    return settings.color == "always"


@contextmanager
def saved_as(state: State) -> Iterator[None]:
    """While reporting on a state that was saved, say so if the report fails.

    Raises:
        OutputError: as raised inside, with the serial of the state.
    """
    try:
        yield
    except OutputError as error:
        raise OutputError(
            f"{error}; the state was saved all the same, as serial {state.serial}"
        ) from error
