"""Checks the values of options and arguments; empty never means absent."""

import re
from argparse import ArgumentTypeError
from pathlib import Path

from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.registry import PROJECT, require_known_type

__all__ = [
    "environment",
    "file",
    "host",
    "project_key",
    "resource_id",
    "serial",
    "text",
    "version",
]

_PROJECT_KEY = re.compile(r"[\w-]+")
_SERIAL = re.compile(r"[0-9]{1,18}")


def text(value: str) -> str:
    """Return a text that is not blank.

    Raises:
        ArgumentTypeError: if it is.
    """
    if not value.strip():
        raise ArgumentTypeError(
            f"{value!r} is blank: pass a value, or omit it altogether"
        )
    return value


def file(value: str) -> Path:
    """Return the path of a file.

    Raises:
        ArgumentTypeError: if it is blank, or names no file.
    """
    path = Path(text(value))
    if path.name in ("", "..") or "\0" in value:
        raise ArgumentTypeError(f"{value!r} is not the path of a file")
    return path


def host(value: str) -> str:
    """Return the URL of an instance.

    Raises:
        ArgumentTypeError: if it is blank or has whitespace in it.
    """
    if not value or any(char.isspace() or not char.isprintable() for char in value):
        raise ArgumentTypeError(
            f"{value!r} is not a URL such as https://dss.example.com:11200; omit it to "
            "use DATAIKU_HOST"
        )
    return value


def environment(value: str) -> str:
    """Return the name of an environment.

    Raises:
        ArgumentTypeError: if it is not a valid one.
    """
    try:
        return check_environment(value)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def project_key(value: str) -> str:
    """Return a project key: letters, digits, ``_`` and ``-``.

    DSS itself has more keys than its documentation allows, but none with other
    characters.

    Raises:
        ArgumentTypeError: if it is not a valid one.
    """
    try:
        ResourceId(PROJECT.name, value)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    if not _PROJECT_KEY.fullmatch(value):
        raise ArgumentTypeError(
            f"invalid project key {value[:80]!r}: use letters, digits, '_' and '-'"
        )
    return value


def resource_id(value: str) -> str:
    """Return the id of an object of a known type.

    Raises:
        ArgumentTypeError: if it is malformed, or the type is unknown.
    """
    try:
        require_known_type(value, TYPES)
        project_key(ResourceId.parse(value).project_key)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    return value


def serial(value: str) -> int:
    """Return a serial, which is 0 or more.

    Raises:
        ArgumentTypeError: if it is not.
    """
    if not _SERIAL.fullmatch(value):
        raise ArgumentTypeError(
            f"{value[:80]!r} is not a serial such as 3; list them: dataiku-iac history"
        )
    return int(value)


def version(value: str) -> int | Path:
    """Return a serial, if it is a number, or the path of a state file.

    Raises:
        ArgumentTypeError: if it is neither.
    """
    return serial(value) if value.isdecimal() else file(value)
