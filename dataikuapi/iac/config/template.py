"""Writes a first ``dataiku-iac.yaml``."""

import os
import sys
from dataclasses import fields
from pathlib import Path

import yaml

from dataikuapi.iac.config.locations import NO_CREDENTIALS, has_credentials
from dataikuapi.iac.config.model import NO_TLS, Tls
from dataikuapi.iac.config.schema import find_problem
from dataikuapi.iac.config.yaml_reader import parse_yaml
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.models.urls import scheme_of

__all__ = ["write_config_file"]

_TEMPLATE = """\
# Configuration of dataiku-iac. API keys are never stored here: set DATAIKU_API_KEY, or
# let an environment name an instance of ~/.dataiku/config.json.

environments:
  {environment}:
    {source}
    # project_keys: [SHOP]        # default: all projects that the API key may see
    {state}
    # ignore: .dataikuignore
    # workers: 10                 # concurrent requests to DSS
    {tls}

# types: [project, dataset, recipe]  # what is read; default: nearly everything
"""

_TLS_EXAMPLE = """\
# tls:
    #   ca_file: company-ca.pem
    #   client_certificate: client.pem
    #   client_key: client.key"""


def write_config_file(
    path: Path,
    environment: str,
    *,
    host: str | None,
    instance: str | None,
    state: str | None = None,
    tls: Tls = NO_TLS,
) -> None:
    """Write a first configuration file, with one environment.

    Args:
        path: of the file.
        environment: the name of the environment.
        host: URL of DSS.
        instance: name of the instance in Dataiku's ``config.json``, if there is no URL.
        state: the URL of its state, or its path, relative to the current folder.
            Defaults to a file beside the configuration.
        tls: how certificates are checked; paths are relative to the current folder.

    Raises:
        ConfigurationError: if there is such a file already, or it cannot be written; or
            if the URL of the state has credentials.
    """
    if state is not None and has_credentials(state):
        raise ConfigurationError(f"--state: {NO_CREDENTIALS}")
    source = f"host: {_scalar(host or 'https://dss.example.com')}"
    if instance and not host:
        source = f"instance: {_scalar(instance)}"
    location = f"# state: .dataiku/state/{environment}.state.json"
    if state is not None:
        location = f"state: {_scalar(_from_file(path, state))}"
    text = _TEMPLATE.format(
        environment=_scalar(environment),
        source=source,
        state=location,
        tls=_tls(path, tls),
    )
    problem = find_problem(parse_yaml(text).data)
    if problem:
        raise ConfigurationError(f"{problem[0][-1]}: {problem[1]}")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} exists already; edit it instead") from error
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error


def _scalar(text: str) -> str:
    """Return YAML of a text, in quotes where it would be read as something else."""
    style = None if text.isprintable() else '"'
    dumped = yaml.safe_dump(
        text, default_style=style, allow_unicode=True, width=sys.maxsize
    )
    return dumped.removesuffix("...\n").rstrip("\n")


def _from_file(path: Path, location: str) -> str:
    """Return a location as the file has it: a path is relative to the file's folder."""
    if scheme_of(location) or os.path.isabs(location):
        return location
    return os.path.relpath(location, path.parent)


def _tls(path: Path, tls: Tls) -> str:
    """Return the TLS settings as lines, or as an example if nothing is set."""
    values = {item.name: getattr(tls, item.name) for item in fields(Tls)}
    lines = [
        f"{name}: {'true' if value is True else _scalar(_from_file(path, str(value)))}"
        for name, value in values.items()
        if value
    ]
    if not lines:
        return _TLS_EXAMPLE
    return "\n      ".join(["tls:", *lines])
