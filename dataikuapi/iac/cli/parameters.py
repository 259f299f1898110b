"""The types of options and arguments: what is valid, and what the shell offers."""

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.context import Settings, open_backend
from dataikuapi.iac.exceptions import DataikuIaCError
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.types import TYPES

__all__ = [
    "ENVIRONMENT",
    "FILE",
    "FOLDER",
    "KEY_OR_INSTANCE",
    "LOCATION",
    "LOCK",
    "PROJECT_KEY",
    "RESOURCE_ID",
    "SELECTOR",
    "SERIAL",
    "SOURCE",
    "STORED",
    "TEXT",
    "TEXT_OR_ID",
    "TYPE",
    "Checked",
]

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


def _keys_or_instance(settings: Settings) -> list[str]:
    return [*_project_keys(settings), INSTANCE]


def _resource_ids(settings: Settings) -> list[str]:
    return list(open_backend(settings).load().resources)


def _serials(settings: Settings) -> list[str]:
    return [str(version.serial) for version in open_backend(settings).history()]


def _locks(settings: Settings) -> list[str]:
    return [holder.name for holder in open_backend(settings).locks()]


def _sources(settings: Settings) -> list[str]:
    return [*_environments(settings), *_serials(settings)]


FILE = _File("file", values.file)
LOCATION = _File("path or url", values.location)
STORED = _File("path or url", values.stored)
FOLDER = _File("folder", values.folder)
ENVIRONMENT = Checked("name", check_environment, _environments)
PROJECT_KEY = Checked("key", values.project_key, _project_keys)
KEY_OR_INSTANCE = Checked("key", values.key_or_instance, _keys_or_instance)
TEXT = Checked("text", values.text)
TEXT_OR_ID = Checked("id", values.text, _resource_ids)
SERIAL = Checked("serial", values.serial, _serials)
SOURCE = Checked("state", values.source, _sources)
LOCK = Checked("name", values.text, _locks)
TYPE = Checked("type", values.resource_type, lambda _: list(TYPES))
RESOURCE_ID = Checked("id", values.resource_id, _resource_ids)
SELECTOR = Checked("id", values.selector, _resource_ids)
