"""What commands work with: settings, the backend, the manager and the ignore rules."""

import getpass
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dataikuapi.iac import StateBackend, StateManager, read_ignore_file
from dataikuapi.iac.backends import open_backend as open_location
from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.output import is_terminal, write_error
from dataikuapi.iac.config import (
    Configuration,
    Connection,
    Environment,
    Options,
    Tls,
    load_config,
    open_client,
    resolve_connection,
)
from dataikuapi.iac.config.variables import read_variable
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models.urls import shown_location
from dataikuapi.iac.types.registry import default_types

__all__ = [
    "Settings",
    "open_backend",
    "open_connection",
    "open_manager",
    "open_stored",
    "read_projects",
    "read_rules",
]


@dataclass
class Settings:
    """The options that commands share, given before the command or after it."""

    config_file: Path | None = None
    environment: str | None = None
    state: str | None = None
    lock_timeout: float | None = None
    host: str | None = None
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    no_check_certificate: bool | None = None
    output: Path | None = None
    color: str = "auto"
    full: bool = False
    quiet: bool = False
    verbose: int = 0
    report_format: str = ""
    has_report: bool = False

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration file, or an empty configuration.

        Raises:
            ConfigurationError: if the file is not valid.
        """
        return load_config(self.config_file)

    @cached_property
    def selected(self) -> Environment:
        """The environment.

        Raises:
            ConfigurationError: if the file does not have it.
        """
        return self.configuration.select(self.environment)

    @property
    def tls(self) -> Tls:
        """How the options say that certificates are checked."""
        return Tls(
            self.ca_file,
            self.client_certificate,
            self.client_key,
            self.no_check_certificate,
        )

    @property
    def location(self) -> str:
        """The path or URL of the state, which may have credentials.

        Raises:
            ConfigurationError: if the file does not have the environment.
        """
        return self.state or self.selected.state

    @property
    def display_location(self) -> str:
        """The path or URL of the state, for messages.

        Raises:
            ConfigurationError: if the file does not have the environment.
        """
        return shown_location(self.location)

    @property
    def shows_progress(self) -> bool:
        """Whether somebody sees a progress bar, and wants one."""
        return is_terminal(sys.stderr) and not self.quiet

    def note(self, text: str) -> None:
        """Write a line to standard error, unless only results are wanted."""
        if not self.quiet:
            write_error(text)


def open_backend(settings: Settings, environment: str | None = None) -> StateBackend:
    """Return the backend of the state that the options name.

    Args:
        settings: the options.
        environment: another one than they name.

    Raises:
        ConfigurationError: if the environment or its state is not configured properly.
    """
    if environment is None:
        return _open(settings, settings.location)
    return _open(settings, settings.configuration.environment(environment).state)


def open_stored(settings: Settings, place: str) -> StateBackend:
    """Return the backend of a state.

    Args:
        settings: the options.
        place: a path or URL, or ``env:NAME`` for the state of an environment.

    Raises:
        ConfigurationError: if there is no such environment, or the URL has an
            unsupported scheme.
    """
    if place.startswith(values.ENVIRONMENT_PREFIX):
        return open_backend(settings, place.removeprefix(values.ENVIRONMENT_PREFIX))
    return _open(settings, place)


def _open(settings: Settings, location: str) -> StateBackend:
    backend = open_location(location)
    if settings.lock_timeout is not None:
        backend.lock_timeout = settings.lock_timeout
    return backend


def open_manager(
    settings: Settings, types: Iterable[str], message: str | None = None
) -> StateManager:
    """Return a manager of the instance and the backend that the options name.

    Args:
        settings: the options.
        types: to be read even if the configuration leaves them out.
        message: why the manager will save; shown in the history.

    Raises:
        ConfigurationError: if host or API key are missing, or a variable is invalid.
    """
    backend = open_backend(settings)
    backend.save_message = message or ""
    client = open_client(open_connection(settings))
    name, workers = settings.selected.name, settings.selected.workers
    watched = settings.configuration.types
    if types:
        watched = (*(watched or default_types()), *types)
    try:
        return StateManager(backend, client, name, max_workers=workers, types=watched)
    except ValueError as error:  # The secret key is too short.
        raise ConfigurationError(str(error)) from error


def open_connection(settings: Settings) -> Connection:
    """Return how to reach DSS; prompts for the API key on a terminal.

    Raises:
        ConfigurationError: if host or API key are missing, or a variable is invalid.
    """
    connection = resolve_connection(
        settings.configuration,
        settings.selected,
        Options(settings.host, settings.tls),
        ask_for_key=_ask_for_key,
    )
    if connection.tls.no_check_certificate:
        settings.note(
            "warning: the certificate of DSS is not checked, so others may read the "
            "API key"
        )
    return connection


def read_projects(settings: Settings, projects: tuple[str, ...]) -> list[str]:
    """Return the projects that options, variable or file name; none for all.

    Raises:
        ConfigurationError: if DATAIKU_PROJECT is not a valid key, or not one of those
            that the file has.
    """
    if projects:
        return list(projects)
    configured = list(settings.selected.project_keys.values())
    named = read_variable(os.environ, "DATAIKU_PROJECT", values.project_key)
    if named and configured and named not in configured:
        raise ConfigurationError(
            f"DATAIKU_PROJECT is {named}, but environment {settings.selected.name!r} "
            f"({settings.selected.where}) has the projects {', '.join(configured)}: "
            "unset it, or pass --project"
        )
    return [named] if named else configured


def read_rules(settings: Settings, ignore: Path | None) -> list[IgnoreRule]:
    """Return the ignore rules that apply.

    Args:
        settings: the options.
        ignore: the file that was asked for.

    Raises:
        IgnoreFileError: if the file is not valid, or the one asked for is missing.
    """
    return read_ignore_file(ignore) if ignore else settings.selected.ignore_rules()


def _ask_for_key(host: str) -> str | None:
    key = ""
    if is_terminal(sys.stdin):
        with suppress(EOFError):  # Ctrl-D: there is no key.
            key = getpass.getpass(f"API key for {host}: ")
    return key if key.strip() else None
