"""What the configuration says: environments, and how to connect to their DSS."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from dataikuapi.iac.backends.local import default_state_file
from dataikuapi.iac.config.variables import read_variable
from dataikuapi.iac.exceptions import ConfigurationError
from dataikuapi.iac.ignore.file import DEFAULT_IGNORE_FILE, read_ignore_file
from dataikuapi.iac.ignore.rules import IgnoreRule
from dataikuapi.iac.models.environments import check_environment
from dataikuapi.iac.models.suggestions import did_you_mean
from dataikuapi.iac.overlay import NO_OVERLAY, Overlay

__all__ = [
    "NO_TLS",
    "Configuration",
    "Environment",
    "Management",
    "Tls",
    "default_environment",
    "default_name",
]

_DEFAULT_WORKERS = 10
_NO_KEYS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Tls:
    """How the certificates of a connection are checked.

    Args:
        ca_file: certificates of the authorities to trust; the usual ones if omitted.
        client_certificate: the client's own, with its key unless that is separate.
        client_key: the key of the client's certificate.
        no_check_certificate: whether any certificate is accepted; ``None`` if not set.
    """

    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    no_check_certificate: bool | None = None


NO_TLS = Tls()


@dataclass(frozen=True)
class Environment:
    """One environment.

    Args:
        name: e.g. ``dev`` or ``prod``.
        state: the URL or path of its state.
        where: the place in the configuration file, for messages; "" without one.
        host: URL of its DSS.
        instance: name of its DSS in Dataiku's own ``config.json``.
        project_keys: its projects, by the name that all environments share; empty for
            all projects that the API key may see.
        ignore: the file with ignore rules.
        workers: how many requests to DSS are made concurrently.
        tls: how certificates are checked.
        overlay: what it has instead of what the code says.
    """

    name: str
    state: str
    where: str = ""
    host: str | None = None
    instance: str | None = None
    project_keys: Mapping[str, str] = field(default_factory=lambda: _NO_KEYS)
    ignore: Path | None = None
    workers: int = _DEFAULT_WORKERS
    tls: Tls = NO_TLS
    overlay: Overlay = NO_OVERLAY

    def ignore_rules(self) -> list[IgnoreRule]:
        """Return the rules in its ignore file; none if it has no file.

        Raises:
            IgnoreFileError: if the file is missing or not valid.
        """
        return read_ignore_file(self.ignore) if self.ignore else []


@dataclass(frozen=True)
class Management:
    """What of the projects that are held as code is changed with the code.

    Args:
        types: names of the types that the code holds whole, even where it has no
            object of a type. Empty if the folders say so themselves.
        protect: patterns of ids of objects that are never deleted.
    """

    types: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """What one configuration file says; without a file, nothing.

    Args:
        path: of the file.
        environments: by name.
        types: names of the resource types to read; ``None`` for the default ones.
        sources: folders of the projects that are held as code, by their key there.
        manage: what is changed with the code.
    """

    path: Path | None = None
    environments: Mapping[str, Environment] = field(default_factory=dict)
    types: tuple[str, ...] | None = None
    sources: Mapping[str, Path] = field(default_factory=dict)
    manage: Management = Management()

    def select(
        self, name: str | None, variables: Mapping[str, str] | None = None
    ) -> Environment:
        """Return an environment; by default that of ``DATAIKU_ENVIRONMENT``, or dev.

        Args:
            name: of the environment.
            variables: Defaults to ``os.environ``.

        Raises:
            ConfigurationError: if the variable is not a valid name, or the file does
                not have the environment.
            ValueError: if the name is not valid.
        """
        variables = os.environ if variables is None else variables
        return self.environment(name or default_name(variables))

    def environment(self, name: str) -> Environment:
        """Return the environment of that name.

        Where the file has no environments, each name is one, with the defaults.

        Raises:
            ConfigurationError: if the file has others, but not this one.
            ValueError: if that is not a valid name.
        """
        if name in self.environments:
            return self.environments[name]
        if self.environments:
            raise ConfigurationError(
                f"no environment {name!r} in {self.path}; it has: "
                f"{', '.join(self.environments)}."
                f"{did_you_mean(name, self.environments)}"
            )
        return default_environment(name, self.path)


def default_name(variables: Mapping[str, str]) -> str:
    """Return the name of the environment where none is named.

    Raises:
        ConfigurationError: if ``DATAIKU_ENVIRONMENT`` is not a valid name.
    """
    return read_variable(variables, "DATAIKU_ENVIRONMENT", check_environment) or "dev"


def default_environment(name: str, config_file: Path | None) -> Environment:
    """Return an environment with the defaults, relative to the configuration file.

    Raises:
        ValueError: if that is not a valid name.
    """
    folder = config_file.parent if config_file else Path()
    ignore = folder / DEFAULT_IGNORE_FILE
    return Environment(
        name,
        str(folder / default_state_file(name)),
        ignore=ignore if ignore.exists() else None,
    )
