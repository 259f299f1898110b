"""Reads ``~/.dataiku/config.json``, where Dataiku's own tools keep their instances.

Its format is documented under "Using the APIs outside of DSS" in Dataiku's developer
guide: ``dss_instances`` by name, each with ``url``, ``api_key`` and
``no_check_certificate``, and the name of the ``default_instance``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataikuapi.iac.config.variables import check_host, check_text, read_variable
from dataikuapi.iac.exceptions import ConfigurationError

__all__ = ["Instance", "Instances", "read_instances"]


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
    try:
        return _parse(path, document)
    except ConfigurationError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{path} does not have dss_instances, each with a url, and default_instance"
        ) from error


def _parse(path: Path, document: Any) -> Instances:
    entries = document.get("dss_instances") or {}
    by_name = {name: _instance(path, name, entry) for name, entry in entries.items()}
    return Instances(path, by_name, document.get("default_instance") or None)


def _instance(path: Path, name: str, entry: Any) -> Instance:
    no_check = entry.get("no_check_certificate")
    if no_check is not None and not isinstance(no_check, bool):
        raise ConfigurationError(
            f"{path}: no_check_certificate of {name} is {no_check!r:.40}; it has to be "
            "true or false"
        )
    return Instance(
        name,
        check_host(entry["url"]),
        entry.get("api_key") or None,
        no_check,
    )
