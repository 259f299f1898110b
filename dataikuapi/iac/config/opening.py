"""Opens what an environment names: its state and its DSS."""

from pathlib import Path
from typing import NamedTuple

from dataikuapi.dssclient import DSSClient

from dataikuapi.iac.backends.base import StateBackend
from dataikuapi.iac.backends.registry import open_backend
from dataikuapi.iac.config.client import open_client
from dataikuapi.iac.config.connection import resolve_connection
from dataikuapi.iac.config.file import load_config
from dataikuapi.iac.config.model import Environment

__all__ = ["open_environment"]


class OpenEnvironment(NamedTuple):
    """An environment, with the backend of its state and a client of its DSS."""

    settings: Environment
    backend: StateBackend
    client: DSSClient
    types: tuple[str, ...] | None


def open_environment(
    name: str | None = None, config_file: str | Path | None = None
) -> OpenEnvironment:
    """Return what a manager of an environment works with.

    Args:
        name: of the environment. Defaults to ``DATAIKU_ENVIRONMENT``, or ``dev``.
        config_file: Defaults to the nearest ``dataiku-iac.yaml``.

    Raises:
        ConfigurationError: if the file is not valid or does not have the environment,
            or if URL or API key are missing.
        ValueError: if the name is not valid.
    """
    configuration = load_config(config_file)
    selected = configuration.select(name)
    client = open_client(resolve_connection(configuration, selected))
    backend = open_backend(selected.state)
    return OpenEnvironment(selected, backend, client, configuration.types)
