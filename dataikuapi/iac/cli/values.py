"""Checks the values of options and arguments; empty never means absent."""

import re
from datetime import date
from pathlib import Path

from dataikuapi.iac.config.variables import check_host, check_text
from dataikuapi.iac.models import ResourceId
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.ids import INSTANCE
from dataikuapi.iac.models.stored_version import parse_serial
from dataikuapi.iac.models.urls import scheme_of
from dataikuapi.iac.types import TYPES
from dataikuapi.iac.types.naming import (
    reason_unknown,
    require_known_type,
    require_normal_name,
)
from dataikuapi.iac.types.registry import PROJECT

__all__ = [
    "ENVIRONMENT_PREFIX",
    "day",
    "file",
    "folder",
    "host",
    "key_or_instance",
    "location",
    "project_key",
    "resource_id",
    "resource_type",
    "seconds",
    "selector",
    "serial",
    "source",
    "stored",
    "text",
]

ENVIRONMENT_PREFIX = "env:"
"""What stands before the name of an environment, for its state."""

text = check_text


def host(value: str) -> str:
    """Return the URL of an instance, with a hint where it is not one."""
    try:
        return check_host(value)
    except ValueError as error:
        raise ValueError(f"{error}; omit it to use DATAIKU_HOST") from error


_PROJECT_KEY = re.compile(r"[\w-]+")
_SECONDS = re.compile(r"-1|[0-9]{1,9}(\.[0-9]{1,3})?")


def file(value: str) -> Path:
    """Return the path of a file.

    Raises:
        ValueError: if it is blank, or names no file.
    """
    path = Path(check_text(value))
    if path.name in ("", "..") or "\0" in value:
        raise ValueError(f"{value!r} is not the path of a file")
    return path


def location(value: str) -> str:
    """Return the path of a file, or a URL.

    Raises:
        ValueError: if it is blank, or names no file.
    """
    return text(value) if scheme_of(value) else str(file(value))


def folder(value: str) -> Path:
    """Return the path of a folder.

    Raises:
        ValueError: if it is blank, or none.
    """
    if "\0" in value:
        raise ValueError(f"{value!r} is not the path of a folder")
    return Path(check_text(value))


def project_key(value: str) -> str:
    """Return a project key: letters, digits, ``_`` and ``-``.

    DSS itself has more keys than its documentation allows, but none with other
    characters.

    Raises:
        ValueError: if it is not a valid one.
    """
    ResourceId(PROJECT.name, value)  # Raises for an empty key.
    if not _PROJECT_KEY.fullmatch(value):
        raise ValueError(
            f"invalid project key {value[:80]!r}: use letters, digits, '_' and '-'"
        )
    return value


def key_or_instance(value: str) -> str:
    """Return a project key, or ``@instance`` for what is in no project.

    Raises:
        ValueError: if it is neither.
    """
    return value if value == INSTANCE else project_key(value)


def resource_id(value: str) -> str:
    """Return the id of an object of a known type.

    Raises:
        ValueError: if it is malformed, or the type is unknown.
    """
    kind = TYPES[require_known_type(value, TYPES)]
    key = ResourceId.parse(value).project_key
    if not kind.is_on_instance:
        project_key(key)
    elif key != INSTANCE:
        raise ValueError(
            f"{kind.plural} are in no project: write {kind.name}.{INSTANCE}.NAME"
        )
    return value


def selector(value: str) -> str:
    """Return the id of an object of a known type, or a pattern of ids.

    Raises:
        ValueError: if it is neither.
    """
    if "*" in value:
        return text(value)
    # Not above: from a state, an id in another spelling is removed, or moved.
    require_normal_name(ResourceId.parse(resource_id(value)))
    return value


def resource_type(value: str) -> str:
    """Return the name of a known type.

    Raises:
        ValueError: if it is unknown.
    """
    if value not in TYPES:
        raise ValueError(f"{value[:80]!r}: {reason_unknown(value)}")
    return value


def serial(value: str) -> int:
    """Return a serial, which is 0 or more.

    Raises:
        ValueError: if it is not.
    """
    try:
        return parse_serial(value)
    except ValueError as error:
        raise ValueError(f"{error}; list them: dataiku-iac history") from error


def source(value: str) -> str:
    """Return what names a state: a serial, an environment or a file.

    Raises:
        ValueError: if it is blank, or a number that is not a serial.
    """
    number = value.removeprefix("version:")
    if number != value or value.isdecimal():
        serial(number)
    return text(value)


def stored(value: str) -> str:
    """Return where a state is stored: a path, a URL, or ``env:NAME``.

    Raises:
        ValueError: if it is none of them.
    """
    name = value.removeprefix(ENVIRONMENT_PREFIX)
    if name != value:
        check_environment(name)
        return value
    return location(value)


def seconds(value: str) -> float:
    """Return a number of seconds, 0 or more; -1 means forever.

    Raises:
        ValueError: if it is not one.
    """
    if not _SECONDS.fullmatch(value):
        raise ValueError(f"{value[:80]!r} is not a number of seconds such as 30 or -1")
    return float(value)


def day(value: str) -> date:
    """Return a day.

    Raises:
        ValueError: if it is not one.
    """
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"invalid date {value[:80]!r}: write 2027-01-31") from error
