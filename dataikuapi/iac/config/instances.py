"""Reads ``~/.dataiku/config.json``, where Dataiku's own tools keep their instances.

Its format is documented under "Using the APIs outside of DSS" in Dataiku's developer
guide: ``dss_instances`` by name, each with ``url``, ``api_key`` and
``no_check_certificate``, and the name of the ``default_instance``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dataikuapi.iac.config.variables import check_host, check_text, read_variable
from dataikuapi.iac.exceptions import ConfigurationError

__all__ = ["Instance", "Instances", "read_instances"]

T = TypeVar("T")

_EXPECTED: Mapping[type, str] = {
    dict: "an object",
    str: "a string",
    bool: "true or false",
}


@dataclass(frozen=True)
class Instance:
    """One DSS, as Dataiku's tools know it; its key is not in its ``repr``."""

    name: str
    url: str
    api_key: str | None = field(default=None, repr=False)
    no_check_certificate: bool | None = None


@dataclass(frozen=True)
class Instances:
    """The instances in one file, or none without a file."""

    path: Path
    by_name: Mapping[str, Instance]
    default: str | None = None

    def get(self, name: str) -> Instance:
        """Return the instance of that name.

        Raises:
            ConfigurationError: if there is none.
        """
        if name not in self.by_name:
            known = ", ".join(self.by_name) or "none"
            raise ConfigurationError(
                f"no DSS instance {name!r} in {self.path}; it has: {known}"
            )
        return self.by_name[name]


def read_instances(variables: Mapping[str, str]) -> Instances:
    """Read the file that ``DKU_CONFIG_FILE`` names, or the default one if it exists.

    Raises:
        ConfigurationError: if it is not valid, or the one that is named is missing.
    """
    named = read_variable(variables, "DKU_CONFIG_FILE", check_text)
    path = Path(named or "~/.dataiku/config.json").expanduser()
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        if named:
            raise ConfigurationError(f"DKU_CONFIG_FILE: no file {path}") from error
        return Instances(path, {})
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # Not JSON, or not UTF-8. Its text may quote a key.
        raise ConfigurationError(f"{path} is not valid JSON") from error
    return _parse(path, document)


def _parse(path: Path, document: Any) -> Instances:
    entries = _member(document, "dss_instances", dict, f"{path}") or {}
    default = _member(document, "default_instance", str, f"{path}")
    by_name = {
        name: _instance(name, entry, f"{path}: dss_instances.{name}")
        for name, entry in entries.items()
    }
    return Instances(path, by_name, default or None)


def _instance(name: str, entry: Any, place: str) -> Instance:
    try:
        url = check_host(_member(entry, "url", str, place) or "")
    except ValueError as error:
        raise ConfigurationError(f"{place}.url: {error}") from error
    key = _member(entry, "api_key", str, place)
    # Not by bool(): the text "false" would turn the check off.
    no_check = _member(entry, "no_check_certificate", bool, place)
    return Instance(name, url, key or None, no_check)


def _member(entry: Any, name: str, kind: type[T], place: str) -> T | None:
    """Return a member of an object in the file; ``None`` if it is not there.

    Raises:
        ConfigurationError: if it is of another type. The value, which may be a key, is
            not quoted.
    """
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{place}: expected an object")
    value = entry.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise ConfigurationError(f"{place}: {name}: expected {_EXPECTED[kind]}")
