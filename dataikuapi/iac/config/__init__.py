"""The file ``dataiku-iac.yaml``, and where the connection to DSS comes from."""

from dataikuapi.iac.config.client import open_client
from dataikuapi.iac.config.connection import Connection, Options, resolve_connection
from dataikuapi.iac.config.file import find_config_file, load_config, read_config_file
from dataikuapi.iac.config.model import Configuration, Environment, Tls
from dataikuapi.iac.config.opening import open_environment

__all__ = [
    "Configuration",
    "Connection",
    "Environment",
    "Options",
    "Tls",
    "find_config_file",
    "load_config",
    "open_client",
    "open_environment",
    "read_config_file",
    "resolve_connection",
]
