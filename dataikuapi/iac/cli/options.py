"""The options and arguments that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.context import Settings, open_backend
from dataikuapi.iac.cli.rendering import FORMATS
from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.types import TYPES

__all__ = [
    "ENVIRONMENT",
    "FILE",
    "FOLDER",
    "PROJECT_KEY",
    "RESOURCE_ID",
    "SELECTOR",
    "SERIAL",
    "SOURCE",
    "TEXT",
    "TEXT_OR_ID",
    "TYPE",
    "Checked",
    "allow_unknown",
    "dry_run_option",
    "git_dir_option",
    "host_options",
    "ids_argument",
    "ignore_option",
    "instance_option",
    "message_option",
    "output_options",
    "project_option",
    "report_options",
    "selection_options",
    "state_options",
    "type_option",
]

F = TypeVar("F", bound=Callable[..., Any])
Names = Callable[[Settings], list[str]]


class Checked(click.ParamType):  # type: ignore[type-arg]  # Not one in 8.1.
    """A type whose values a function checks and converts.

    Args:
        name: shown in the help.
        check: raises ValueError for what is not valid.
        complete: returns what the shell offers.
    """

    def __init__(
        self, name: str, check: Callable[[str], Any], complete: Names | None = None
    ) -> None:
        self.name = name
        self._check = check
        self._complete = complete

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Return the value, converted."""
        try:
            return self._check(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin with what was typed."""
        if self._complete is None:
            return []
        try:
            names = self._complete(ctx.find_object(Settings) or Settings())
        except (DataikuIaCError, ValueError, OSError):  # No place for an error.
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class _File(Checked):
    """The path of a file; the shell completes it."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type="file")]


def _environments(settings: Settings) -> list[str]:
    return list(settings.configuration.environments)


def _project_keys(settings: Settings) -> list[str]:
    return open_backend(settings).load().project_keys()


def _resource_ids(settings: Settings) -> list[str]:
    return list(open_backend(settings).load().resources)


def _serials(settings: Settings) -> list[str]:
    return [str(version.serial) for version in open_backend(settings).history()]


def _sources(settings: Settings) -> list[str]:
    return [*_environments(settings), *_serials(settings)]


FILE = _File("file", values.file)
FOLDER = _File("folder", values.folder)
ENVIRONMENT = Checked("name", check_environment, _environments)
PROJECT_KEY = Checked("key", values.project_key, _project_keys)
TEXT = Checked("text", values.text)
TEXT_OR_ID = Checked("id", values.text, _resource_ids)
SERIAL = Checked("serial", values.serial, _serials)
SOURCE = Checked("state", values.source, _sources)
TYPE = Checked("type", values.resource_type, lambda _: list(TYPES))
RESOURCE_ID = Checked("id", values.resource_id, _resource_ids)
SELECTOR = Checked("id", values.selector, _resource_ids)


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
        "state_file",
        "--state-file",
        type=FILE,
        help="State file [that of the environment].",
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


output_options = _all(
    _shared(
        "output",
        "-o",
        "--output",
        type=FILE,
        help="Write the output to a file, which is replaced.",
    ),
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

project_option = click.option(
    "--project",
    "projects",
    type=PROJECT_KEY,
    multiple=True,
    help="Project key; may be repeated [those of the environment, DATAIKU_PROJECT, or "
    "all: sync and pull take those in DSS, drift and refresh those in the state].",
)

git_dir_option = click.option(
    "--git-dir",
    type=FILE,
    help="Repository of revisions, which may be bare [that of the current folder].",
)

instance_option = click.option(
    "--instance",
    "is_instance",
    is_flag=True,
    help="What is in no project, such as connections and groups; with --project, both.",
)

type_option = click.option(
    "--type", "types", type=TYPE, multiple=True, help="Only this type; may be repeated."
)

selection_options = _all(
    type_option,
    click.option(
        "--project",
        "projects",
        type=PROJECT_KEY,
        multiple=True,
        help="Only this project; may be repeated.",
    ),
)


def _note_format(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.ensure_object(Settings).report_format = value
    return value


report_options = _all(
    click.option(
        "--format",
        "format_name",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        callback=_note_format,
        help="Format of the output.",
    ),
    click.option(
        "--hide-derived",
        is_flag=True,
        help="Leave out what DSS changed by itself, such as schemas that follow a "
        "recipe; it is counted, and not drift.",
    ),
    _shared("full", "--full", is_flag=True, help="Show long values and scripts whole."),
)

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
