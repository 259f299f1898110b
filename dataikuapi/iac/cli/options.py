"""The options and arguments that several commands share."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.context import Settings
from dataikuapi.iac.cli.parameters import (
    ENVIRONMENT,
    FILE,
    FOLDER,
    KEY_OR_INSTANCE,
    LOCATION,
    PROJECT_KEY,
    SELECTOR,
    TEXT,
    TYPE,
    Checked,
)
from dataikuapi.iac.cli.rendering import FORMATS
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.reports.page import require_page

__all__ = [
    "allow_unknown",
    "apply_format_options",
    "display_options",
    "dry_run_option",
    "file_argument",
    "file_options",
    "grouped",
    "host_options",
    "ids_argument",
    "ignore_option",
    "message_option",
    "output_options",
    "page_options",
    "plan_format_options",
    "project_option",
    "reading_options",
    "report_options",
    "selection_options",
    "state_options",
    "type_option",
]

Command = Callable[..., Any]
F = TypeVar("F", bound=Command)


def _shared(name: str, *declarations: str, **options: Any) -> Callable[[F], F]:
    """Return an option whose value goes to the settings, wherever it is given."""

    def store(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Settings), name, value)

    return click.option(
        *declarations, default=None, expose_value=False, callback=store, **options
    )


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def grouped(
    name: str, group: type[Any], *options: Callable[[Command], Command]
) -> Callable[[Command], Command]:
    """Return a decorator that adds options, which a command gets as one argument.

    Args:
        name: of the argument.
        group: a dataclass with a field for each of the options.
        *options: the options.
    """
    names = [item.name for item in fields(group)]

    def decorate(function: Command) -> Command:
        @wraps(function)
        def command(*args: Any, **given: Any) -> Any:
            given[name] = group(**{each: given.pop(each) for each in names})
            return function(*args, **given)

        return _all(*options)(command)

    return decorate


state_options = _all(
    _shared(
        "environment",
        "-e",
        "--environment",
        type=ENVIRONMENT,
        help="Name of the environment [DATAIKU_ENVIRONMENT, or dev].",
    ),
    _shared(
        "config_file",
        "--config",
        type=FILE,
        help="Configuration file [dataiku-iac.yaml, here or in a folder above].",
    ),
    _shared(
        "state",
        "--state",
        "--state-file",
        type=LOCATION,
        help="Path or URL of the state [that of the environment].",
    ),
    _shared(
        "lock_timeout",
        "--lock-timeout",
        type=Checked("seconds", values.seconds),
        help="How long to wait while others save the state [60]; -1 for ever.",
    ),
)

host_options = _all(
    _shared(
        "host",
        "--host",
        type=Checked("url", values.host),
        help="URL of DSS [that of the environment, DATAIKU_HOST, DKU_DSS_URL, or "
        "~/.dataiku/config.json].",
    ),
    _shared(
        "ca_file",
        "--ca-file",
        type=FILE,
        help="Certificates of the authorities to trust, as PEM.",
    ),
    _shared(
        "client_certificate",
        "--client-certificate",
        type=FILE,
        help="The client's own certificate, as PEM.",
    ),
    _shared(
        "client_key",
        "--client-key",
        type=FILE,
        help="Its key, if that is in another file.",
    ),
    _shared(
        "no_check_certificate",
        "--no-check-certificate",
        is_flag=True,
        help="Accept any certificate of DSS.",
    ),
)


def _add_verbosity(ctx: click.Context, _: click.Parameter, value: int) -> None:
    ctx.ensure_object(Settings).verbose += value


def _no_color(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Settings).color = "never"


def _set_output(ctx: click.Context, _: click.Parameter, value: Path) -> None:
    settings = ctx.ensure_object(Settings)
    if settings.output is not None:
        raise click.UsageError("--output and FILE both say where to write", ctx)
    settings.output = value


file_argument = click.argument(
    "file", type=FILE, metavar="FILE", expose_value=False, callback=_set_output
)

display_options = _all(
    _shared(
        "color",
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        help="Color the text [auto: on a terminal, as NO_COLOR and FORCE_COLOR say].",
    ),
    click.option(
        "--no-color", is_flag=True, hidden=True, expose_value=False, callback=_no_color
    ),
    _shared(
        "quiet",
        "-q",
        "--quiet",
        is_flag=True,
        help="Write results and errors only.",
    ),
    click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_add_verbosity,
        help="List all names, changes and ignore rules; -vv for all that is logged.",
    ),
)

output_options = _all(
    _shared(
        "output",
        "-o",
        "--output",
        type=FILE,
        help="Write the output to a file, which is replaced.",
    ),
    display_options,
)


def _project_option(key: Checked, text: str) -> Callable[[F], F]:
    return click.option("--project", "projects", type=key, multiple=True, help=text)


_READ_PROJECT = (
    "Project key; may be repeated [those of the environment, DATAIKU_PROJECT, or all: "
    "sync and pull take those in DSS, drift and refresh those in the state]."
)

project_option = _project_option(PROJECT_KEY, _READ_PROJECT)

file_options = _all(
    click.option(
        "--key",
        "project_key",
        type=PROJECT_KEY,
        help="Key of a project in files that do not say it [the folder's name].",
    ),
    click.option(
        "--git-dir",
        type=FOLDER,
        help="Repository of revisions, which may be bare [that of the current folder].",
    ),
)

reading_options = _all(
    _project_option(KEY_OR_INSTANCE, _READ_PROJECT),
    click.option(
        "--instance",
        "is_instance",
        is_flag=True,
        help="What is in no project, such as connections and groups, as --project "
        f"{INSTANCE}; with --project, both.",
    ),
)

type_option = click.option(
    "--type", "types", type=TYPE, multiple=True, help="Only this type; may be repeated."
)

selection_options = _all(
    type_option,
    _project_option(
        KEY_OR_INSTANCE, f"Only this project, or {INSTANCE}; may be repeated."
    ),
)


def _note_format(ctx: click.Context, _: click.Parameter, value: str) -> str:
    if value == "html":
        require_page()  # Before anything is read, which may take minutes.
    ctx.ensure_object(Settings).report_format = value
    return value


def _format_options(formats: Sequence[str], default: str = "text") -> Callable[[F], F]:
    return _all(
        click.option(
            "--format",
            "format_name",
            type=click.Choice(formats),
            default=default,
            show_default=True,
            callback=_note_format,
            help="Format of the output.",
        ),
        _shared(
            "full", "--full", is_flag=True, help="Show long values and scripts whole."
        ),
    )


_hide_derived = click.option(
    "--hide-derived",
    is_flag=True,
    help="Leave out what DSS changed by itself, such as schemas that follow a recipe; "
    "it is counted, and not drift.",
)

report_options = _all(_format_options(FORMATS), _hide_derived)

page_options = _all(_format_options(FORMATS, "html"), _hide_derived)

plan_format_options = _format_options(["text", "markdown", "json"])

apply_format_options = _format_options(["text", "json"])

ids_argument = click.argument("ids", nargs=-1, type=SELECTOR, metavar="[ID]...")

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would change, and store nothing."
)

ignore_option = click.option(
    "--ignore",
    type=FILE,
    help="File with ignore rules [that of the environment, or .dataikuignore].",
)

allow_unknown = click.option(
    "--allow-unknown",
    is_flag=True,
    help="Exit with 0, not 3, where objects or permissions could not be read and "
    "nothing else is to be reported.",
)

message_option = click.option(
    "-m",
    "--message",
    type=TEXT,
    help="Why; shown by dataiku-iac history.",
)
