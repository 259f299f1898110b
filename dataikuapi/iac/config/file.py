"""Finds and reads ``dataiku-iac.yaml``."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataikuapi.iac.config.locations import NO_CREDENTIALS, has_credentials
from dataikuapi.iac.config.model import (
    Configuration,
    Environment,
    Management,
    Tls,
    default_environment,
)
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.ignore.patterns import id_pattern
from dataikuapi.iac.models.json_values import JSON, find_unsupported
from dataikuapi.iac.models.urls import scheme_of
from dataikuapi.iac.overlay import Overlay, Patch
from dataikuapi.iac.types.secrets import redact, redact_constant

if TYPE_CHECKING:
    from dataikuapi.iac.config.yaml_reader import Document

__all__ = ["CONFIG_FILE", "find_config_file", "load_config", "read_config_file"]

CONFIG_FILE = "dataiku-iac.yaml"


def load_config(path: str | Path | None = None) -> Configuration:
    """Return the configuration.

    Args:
        path: of the file. Defaults to what :func:`find_config_file` finds; without a
            file, the configuration is empty.

    Raises:
        ConfigurationError: if the file cannot be read or is not valid.
    """
    found = find_config_file(Path.cwd()) if path is None else Path(path)
    return Configuration() if found is None else read_config_file(found)


def find_config_file(folder: Path) -> Path | None:
    """Return the ``dataiku-iac.yaml`` of a folder or of the nearest one above it.

    A folder above that everybody may write to, such as ``/tmp``, is skipped: a file in
    it could send the API key to a host of somebody else's choice.
    """
    for number, parent in enumerate([folder, *folder.parents]):
        path = parent / CONFIG_FILE
        if path.is_file() and (number == 0 or not _is_writable_by_all(parent)):
            return path
    return None


def _is_writable_by_all(folder: Path) -> bool:
    return os.name == "posix" and bool(folder.stat().st_mode & stat.S_IWOTH)


def read_config_file(path: Path) -> Configuration:
    """Read a configuration file.

    Raises:
        ConfigurationError: if it cannot be read or is not valid. The message names the
            line and the key, and quotes no value.
    """
    # Costly to import, and few commands find a file.
    from dataikuapi.iac.config.schema import find_problem
    from dataikuapi.iac.config.yaml_reader import InvalidYamlError, parse_yaml

    try:
        document = parse_yaml(_read_text(path))
    except InvalidYamlError as error:
        raise ConfigurationError(f"{path}:{error.line}: {error}") from error
    data = {} if document.data is None else document.data
    problem = find_problem(data)
    if problem:
        where, reason = problem
        key = ".".join(map(str, where))
        prefix = f"{path}:{document.line_of(where)}: "
        raise ConfigurationError(f"{prefix}{key}: {reason}" if key else prefix + reason)
    manage = data.get("manage", {})
    shared = {"ignore": manage["ignore"]} if "ignore" in manage else {}
    sources = {
        key: path.parent / Path(entry["source"]).expanduser()
        for key, entry in data.get("projects", {}).items()
    }
    _require_distinct(document, path, data, sources)
    return Configuration(
        path,
        {
            name: _environment(document, path, name, {**shared, **entry})
            for name, entry in data.get("environments", {}).items()
        },
        tuple(data["types"]) if "types" in data else None,
        sources,
        _management(document, path, manage),
    )


def _require_distinct(
    document: "Document",
    path: Path,
    data: Mapping[str, Any],
    sources: Mapping[str, Path],
) -> None:
    """Refuse one folder, or one key in an environment, for two projects."""
    maps: list[tuple[list[str | int], Mapping[str, object]]] = [
        (["projects"], {key: folder.resolve() for key, folder in sources.items()})
    ]
    for name, entry in data.get("environments", {}).items():
        keys = entry.get("project_keys")
        if isinstance(keys, dict):
            maps.append((["environments", name, "project_keys"], keys))
    for place, values in maps:
        found: dict[object, str] = {}
        for key, value in values.items():
            other = found.setdefault(value, key)
            if other != key:
                raise _invalid(document, path, [*place, key], f"the same as {other}")


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"there is no file {path}; create one with: dataiku-iac init"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} is not UTF-8 (byte {error.start}); save it in that encoding"
        ) from error


def _environment(
    document: "Document", path: Path, name: str, entry: Mapping[str, Any]
) -> Environment:
    line = document.line_of(["environments", name])
    folder, default = path.parent, default_environment(name, path)
    return Environment(
        name,
        _location(document, path, name, entry.get("state")) or default.state,
        where=f"{path}:{line}",
        host=entry.get("host"),
        instance=entry.get("instance"),
        project_keys=_project_keys(entry.get("project_keys", {})),
        ignore=_path(folder, entry.get("ignore")) or default.ignore,
        workers=entry.get("workers", default.workers),
        tls=_tls(folder, entry.get("tls", {})),
        overlay=_overlay(document, path, name, entry),
    )


def _management(
    document: "Document", path: Path, entry: Mapping[str, Any]
) -> Management:
    patterns = tuple(entry.get("protect", ()))
    for number, pattern in enumerate(patterns):
        try:
            id_pattern(pattern)
        except ValueError as error:
            place: list[str | int] = ["manage", "protect", number]
            raise _invalid(document, path, place, str(error)) from error
    return Management(tuple(entry.get("types", ())), patterns)


def _location(
    document: "Document", path: Path, name: str, location: str | None
) -> str | None:
    """Return where a state is stored; a path is relative to the file.

    Raises:
        ConfigurationError: if it is a URL with credentials.
    """
    if location is None:
        return None
    if not scheme_of(location):
        return str(_path(path.parent, location))
    if has_credentials(location):
        place: list[str | int] = ["environments", name, "state"]
        raise _invalid(document, path, place, NO_CREDENTIALS)
    return location


def _path(folder: Path, path: str | None) -> Path | None:
    return None if path is None else folder / Path(path).expanduser()


def _project_keys(keys: list[str] | dict[str, str]) -> dict[str, str]:
    return keys if isinstance(keys, dict) else {key: key for key in keys}


def _overlay(document: "Document", path: Path, name: str, entry: Any) -> Overlay:
    """Return the overlay of an environment.

    Raises:
        ConfigurationError: if a pattern or pointer is not valid, or a value is not one
            of JSON, or is a secret: nothing that is masked is compared or written.
    """
    variables, patches = entry.get("variables", {}), []
    for variable, value in variables.items():
        place = ["environments", name, "variables", variable]
        _check_value(document, path, place, {variable: value})
    for number, patch in enumerate(entry.get("patch", ())):
        place = ["environments", name, "patch", number]
        try:
            patches.append(Patch(**patch))
        except ValueError as error:
            raise _invalid(document, path, place, str(error)) from error
        member = patches[-1].tokens[-1]
        _check_value(document, path, [*place, "value"], {member: patch["value"]})
    return Overlay(
        entry.get("connections", {}),
        entry.get("code_envs", {}),
        variables,
        tuple(patches),
    )


def _check_value(
    document: "Document", path: Path, place: list[str | int], value: dict[str, JSON]
) -> None:
    problem = find_unsupported(value, "value")
    if problem:
        raise _invalid(document, path, place, f"expected a value of JSON: {problem}")
    if redact(value, redact_constant) != value:
        reason = "it looks like a secret, and secrets are not stored in this file"
        raise _invalid(document, path, place, reason)


def _invalid(
    document: "Document", path: Path, place: list[str | int], reason: str
) -> ConfigurationError:
    key = ".".join(map(str, place))
    return ConfigurationError(f"{path}:{document.line_of(place)}: {key}: {reason}")


def _tls(folder: Path, entry: Mapping[str, Any]) -> Tls:
    return Tls(
        _path(folder, entry.get("ca_file")),
        _path(folder, entry.get("client_certificate")),
        _path(folder, entry.get("client_key")),
        entry.get("no_check_certificate"),
    )
