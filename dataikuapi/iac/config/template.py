"""Writes a first ``dataiku-iac.yaml``."""

import json
from pathlib import Path

from dataikuapi.iac.config.file import CONFIG_FILE
from dataikuapi.iac.config.locations import NO_CREDENTIALS, has_credentials
from dataikuapi.iac.config.schema import find_problem
from dataikuapi.iac.config.yaml_reader import InvalidYamlError, parse_yaml
from dataikuapi.iac.exceptions import ConfigurationError

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
    # tls:
    #   ca_file: company-ca.pem
    #   client_certificate: client.pem
    #   client_key: client.key

# types: [project, dataset, recipe]  # what is read; default: nearly everything
"""


def write_config_file(
    folder: Path,
    environment: str,
    *,
    host: str | None,
    instance: str | None,
    state: str | None = None,
) -> Path:
    """Write a first configuration file, with one environment.

    Args:
        folder: where the file goes.
        environment: its name.
        host: URL of DSS.
        instance: name of the instance in Dataiku's ``config.json``, if there is no URL.
        state: the path or URL of its state. Defaults to the usual file.

    Returns:
        The path of the file.

    Raises:
        ConfigurationError: if there is such a file already, or it cannot be written; or
            if the URL of the state has credentials.
    """
    if state is not None and has_credentials(state):
        raise ConfigurationError(f"--state: {NO_CREDENTIALS}")
    path = folder / CONFIG_FILE
    source = f"host: {_quoted(host or 'https://dss.example.com')}"
    if instance and not host:
        source = f"instance: {json.dumps(instance)}"
    location = f"# state: .dataiku/state/{environment}.state.json"
    if state is not None:
        location = f"state: {json.dumps(state)}"
    name = _quoted(environment)
    text = _TEMPLATE.format(environment=name, source=source, state=location)
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
    return path


def _quoted(text: str) -> str:
    """Return a text as YAML has it, in quotes where it would be something else."""
    try:
        is_plain = parse_yaml(f"{text}: {text}").data == {text: text}
    except InvalidYamlError:
        is_plain = False
    return text if is_plain else json.dumps(text)
