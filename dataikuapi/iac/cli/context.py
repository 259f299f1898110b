"""What commands work with: the backend, the manager and the ignore rules."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac import LocalFileBackend, StateManager, read_ignore_file
from dataikuapi.iac.backends.local import default_state_file
from dataikuapi.iac.cli import values
from dataikuapi.iac.cli.errors import UsageError
from dataikuapi.iac.cli.output import is_terminal
from dataikuapi.iac.ignore.file import default_rules
from dataikuapi.iac.ignore.rules import IgnoreRule

__all__ = ["open_backend", "open_manager", "read_project", "read_rules"]


def open_backend(arguments: argparse.Namespace) -> LocalFileBackend:
    """Return the backend that the options name.

    Raises:
        UsageError: if DATAIKU_ENVIRONMENT is not a valid name.
    """
    default = default_state_file(_environment(arguments))
    return LocalFileBackend(arguments.state_file or default)


def open_manager(arguments: argparse.Namespace) -> StateManager:
    """Return a manager of the instance and the backend that the options name.

    Raises:
        UsageError: if host or API key are missing, or a variable is invalid.
    """
    host = arguments.host or _variable("DATAIKU_HOST", values.host)
    if host is None:
        raise UsageError("no DSS URL: pass --host or set DATAIKU_HOST")
    backend, environment = open_backend(arguments), _environment(arguments)
    key = _variable("DATAIKU_API_KEY", values.text) or _ask_for_key(host)
    client = DSSClient(host, key)
    try:
        return StateManager(backend, client, environment)
    except ValueError as error:  # An environment variable that it reads is invalid.
        raise UsageError(str(error)) from error


def read_project(arguments: argparse.Namespace) -> str | None:
    """Return the project that option or variable name, if any.

    Raises:
        UsageError: if DATAIKU_PROJECT is not a valid key.
    """
    project: str | None = arguments.project
    return project or _variable("DATAIKU_PROJECT", values.project_key)


def read_rules(arguments: argparse.Namespace) -> list[IgnoreRule]:
    """Return the ignore rules that apply.

    Raises:
        IgnoreFileError: if the file is not valid, or the one asked for is missing.
    """
    return read_ignore_file(arguments.ignore) if arguments.ignore else default_rules()


def _environment(arguments: argparse.Namespace) -> str:
    name: str | None = arguments.environment
    return name or _variable("DATAIKU_ENVIRONMENT", values.environment) or "dev"


def _variable(name: str, check: Callable[[str], str]) -> str | None:
    """Return an environment variable; an empty one counts as not set.

    Raises:
        UsageError: if its value is invalid.
    """
    value = os.environ.get(name)
    if not value:
        return None
    try:
        return check(value)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{name}: {error}") from error


def _ask_for_key(host: str) -> str:
    key = ""
    if is_terminal(sys.stdin):
        with suppress(EOFError):  # Ctrl-D: there is no key.
            key = getpass.getpass(f"API key for {host}: ")
    if not key.strip():
        raise UsageError("no API key: set DATAIKU_API_KEY")
    return key
